"""Repairs in SQL: what mending rests on, what is proposed, and what was carried out."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, delete, select

from linkkeeper.adapters.sqlmodel_engine import Database
from linkkeeper.adapters.sqlmodel_links import find_link, must
from linkkeeper.adapters.sqlmodel_tables import (
    AnalysisRow,
    CaptureRow,
    CheckRow,
    CitationRow,
    DecisionRow,
    ExternalMementoRow,
    FileRepairRow,
    LinkRow,
    NoteRow,
    RepairRow,
    SourceRow,
)
from linkkeeper.errors import InputError
from linkkeeper.vocabulary.capture import SHOWN_QUALITIES, AccessLevel, Quality
from linkkeeper.vocabulary.records import CitedLink, FileCitation, FollowedSource, GoodCapture, Proposal
from linkkeeper.vocabulary.relink import Edit, FileRepair
from linkkeeper.vocabulary.state import REPAIRED_STATES, LinkState

#: Proposals that are renewed by each round; the others are history.
OPEN = ("proposed", "waiting", "suggested", "refused")


class SqlRepairs:
    """Satisfies :class:`linkkeeper.pipeline.mend.RepairLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cited_links(self, location: str, *, now: datetime) -> Sequence[CitedLink]:
        """Every link that the analysis at *location* cites now, in the order of the text."""
        with self._database.reading() as session:
            rows = session.exec(
                select(CitationRow, LinkRow, NoteRow, AnalysisRow)
                .join(LinkRow, col(LinkRow.id) == col(CitationRow.link_id))
                .join(AnalysisRow, col(AnalysisRow.id) == col(CitationRow.analysis_id))
                .outerjoin(NoteRow, col(NoteRow.id) == col(CitationRow.note_id))
                .where(
                    AnalysisRow.location == location,
                    col(CitationRow.gone_at).is_(None),
                    col(CitationRow.is_repeat).is_(False),
                )
                .order_by(col(CitationRow.position))
            ).all()
            groups: dict[int, list[tuple[CitationRow, LinkRow, NoteRow | None, AnalysisRow]]] = {}
            for citation, link, note, analysis in rows:
                groups.setdefault(citation.link_id, []).append((citation, link, note, analysis))
            return [_cited_link(session, group, now=now) for group in groups.values()]

    def known_links(self, citations: Sequence[FileCitation], *, now: datetime) -> Sequence[CitedLink]:
        """What is known of the sources that a text cites; unknown ones are left out."""
        with self._database.reading() as session:
            pairs = ((item, find_link(session, item.identity_key)) for item in citations)
            return [_known_link(session, item, row, now=now) for item, row in pairs if row is not None]

    def to_mend(self) -> Sequence[tuple[str, FollowedSource]]:
        """Analyses of followed sources that cite a lost link, or hold a repair: location and source."""
        lost = [state.value for state in (*REPAIRED_STATES, LinkState.DRIFTED, LinkState.MOVED)]
        with self._database.reading() as session:
            repaired = select(RepairRow.analysis_id).where(RepairRow.state == "made")
            rows = session.exec(
                select(AnalysisRow, SourceRow)
                .join(SourceRow, col(SourceRow.id) == col(AnalysisRow.source_id))
                .join(CitationRow, col(CitationRow.analysis_id) == col(AnalysisRow.id))
                .join(LinkRow, col(LinkRow.id) == col(CitationRow.link_id))
                .where(
                    col(SourceRow.removed_at).is_(None),
                    col(CitationRow.gone_at).is_(None),
                    col(LinkRow.state).in_(lost) | col(AnalysisRow.id).in_(repaired),
                )
                .distinct()
            ).all()
            return [(analysis.location, _followed(source)) for analysis, source in rows]

    def list_proposals(self, analysis_id: int, proposals: Sequence[Proposal], *, now: datetime) -> None:
        """Let *proposals* be the analysis' open ones; those that stand unchanged keep their row."""
        with self._database.writing() as session:
            standing = {
                row.link_id: row
                for row in session.exec(
                    select(RepairRow).where(
                        RepairRow.analysis_id == analysis_id, col(RepairRow.state).in_([*OPEN, "dismissed"])
                    )
                )
            }
            for proposal in proposals:
                row = standing.pop(proposal.link_id, None)
                if row is not None and row.state == "dismissed" and row.uri_m == proposal.uri_m:
                    continue
                row = row or RepairRow(analysis_id=analysis_id, link_id=proposal.link_id, file="", state="", moment=now)
                _fill(row, proposal, now=now)
                session.add(row)
            for row in standing.values():
                if row.state != "dismissed":
                    session.delete(row)

    def keep(self, repair: FileRepair, proposals: Sequence[Proposal], *, now: datetime) -> None:
        """Write a carried-out repair or undo of a file, and what it did to each link."""
        with self._database.writing() as session:
            if session.get(FileRepairRow, repair.id) is None:
                session.add(_repair_row(repair))
                session.flush()
            for proposal in proposals:
                session.exec(
                    delete(RepairRow).where(
                        col(RepairRow.analysis_id) == proposal.analysis_id,
                        col(RepairRow.link_id) == proposal.link_id,
                        col(RepairRow.state).in_([*OPEN, "made"]),
                    )
                )
                row = RepairRow(
                    analysis_id=proposal.analysis_id, link_id=proposal.link_id, file="", state="", moment=now
                )
                _fill(row, proposal, now=now)
                session.add(row)

    def add(self, repair: FileRepair) -> None:
        """Write a carried-out repair of a file that belongs to no followed analysis."""
        self.keep(repair, (), now=repair.moment)

    def repairs_of(self, location: str) -> Sequence[FileRepair]:
        with self._database.reading() as session:
            rows = session.exec(
                select(FileRepairRow)
                .where(FileRepairRow.location == location)
                .order_by(col(FileRepairRow.moment), col(FileRepairRow.id))
            )
            return sorted((_file_repair(row) for row in rows), key=lambda item: (item.moment, item.undoes is not None))

    def known_repairs(self) -> frozenset[str]:
        with self._database.reading() as session:
            return frozenset(session.exec(select(FileRepairRow.id)))

    def proposal(self, repair_id: int) -> tuple[str, str, Proposal]:
        """
        Location of the analysis, fetch form of the link, and the proposal.

        Raises:
            InputError: there is none of that id.
        """
        with self._database.reading() as session:
            row = session.get(RepairRow, repair_id)
            if row is None:
                raise InputError("find the repair", subject=str(repair_id), reason="there is none of that number")
            analysis = session.get_one(AnalysisRow, row.analysis_id)
            link = session.get_one(LinkRow, row.link_id)
            return analysis.location, link.fetch_form, _proposal(row)

    def dismiss(self, repair_id: int, *, who: str, why: str, now: datetime) -> None:
        with self._database.writing() as session:
            row = session.get(RepairRow, repair_id)
            if row is None or row.state not in OPEN:
                raise InputError("dismiss the repair", subject=str(repair_id), reason="it is not open")
            row.state, row.who, row.why, row.moment = "dismissed", who, why, now
            session.add(row)

    def source_of(self, location: str) -> FollowedSource | None:
        with self._database.reading() as session:
            row = session.exec(
                select(SourceRow)
                .join(AnalysisRow, col(AnalysisRow.source_id) == col(SourceRow.id))
                .where(AnalysisRow.location == location, col(SourceRow.removed_at).is_(None))
            ).first()
            return None if row is None else _followed(row)


def _cited_link(
    session: Session, group: Sequence[tuple[CitationRow, LinkRow, NoteRow | None, AnalysisRow]], *, now: datetime
) -> CitedLink:
    citation, link, note, analysis = group[0]
    link_id = must(link.id)
    return CitedLink(
        analysis_id=must(analysis.id),
        link_id=link_id,
        citation_id=must(citation.id),
        label=note.label if note else None,
        fetch_form=link.fetch_form,
        spellings=tuple(dict.fromkeys(item.as_cited for item, _, _, _ in group)),
        state=LinkState(link.state),
        since=link.since,
        pinned=link.pinned is not None,
        first_seen_at=citation.first_seen_at,
        last_ok_at=link.last_ok_at,
        accessed=note.accessed if note else None,
        published=analysis.published,
        captures=_good_captures(session, link_id, now=now),
        externals=_externals(session, link_id),
        drift_confirmed=_drift_confirmed(session, link.fetch_form),
        moved_to=_moved_to(session, link_id) if link.state == LinkState.MOVED else None,
    )


def _known_link(session: Session, item: FileCitation, link: LinkRow, *, now: datetime) -> CitedLink:
    link_id = must(link.id)
    return CitedLink(
        analysis_id=0,
        link_id=link_id,
        citation_id=0,
        label=item.label,
        fetch_form=link.fetch_form,
        spellings=item.spellings,
        state=LinkState(link.state),
        since=link.since,
        pinned=link.pinned is not None,
        first_seen_at=link.first_seen_at,
        last_ok_at=link.last_ok_at,
        accessed=item.accessed,
        published=item.published,
        captures=_good_captures(session, link_id, now=now),
        externals=_externals(session, link_id),
        drift_confirmed=_drift_confirmed(session, link.fetch_form),
        moved_to=_moved_to(session, link_id) if link.state == LinkState.MOVED else None,
    )


def _good_captures(session: Session, link_id: int, *, now: datetime) -> tuple[GoodCapture, ...]:
    rows = session.exec(
        select(CaptureRow)
        .where(
            CaptureRow.link_id == link_id,
            col(CaptureRow.same_as).is_(None),
            col(CaptureRow.quality).in_([quality.value for quality in SHOWN_QUALITIES]),
        )
        .order_by(col(CaptureRow.moment))
    )
    return tuple(
        GoodCapture(id=row.id, moment=row.moment, quality=Quality(row.quality), confirmed=row.confirmed)
        for row in rows
        if _open(row, now=now)
    )


def _open(row: CaptureRow, *, now: datetime) -> bool:
    ended = row.access == AccessLevel.EMBARGO and row.access_until is not None and row.access_until <= now
    return row.access == AccessLevel.OPEN or ended


def _externals(session: Session, link_id: int) -> tuple[tuple[str, datetime], ...]:
    rows = session.exec(
        select(ExternalMementoRow)
        .where(ExternalMementoRow.link_id == link_id, col(ExternalMementoRow.verified).is_(True))
        .order_by(col(ExternalMementoRow.moment))
    )
    return tuple((row.uri_m, row.moment) for row in rows)


def _drift_confirmed(session: Session, url: str) -> bool:
    row = session.exec(select(DecisionRow.after).where(DecisionRow.kind == "drift", DecisionRow.subject == url)).first()
    return row is not None


def _moved_to(session: Session, link_id: int) -> str | None:
    return session.exec(
        select(CheckRow.final_url)
        .where(CheckRow.link_id == link_id, CheckRow.observation == "moved")
        .order_by(col(CheckRow.moment).desc())
    ).first()


def _followed(row: SourceRow) -> FollowedSource:
    return FollowedSource(
        id=must(row.id),
        kind=row.kind,
        location=row.location,
        schedule=row.schedule,
        apply=row.apply,
        policy=row.policy,
    )


def _fill(row: RepairRow, proposal: Proposal, *, now: datetime) -> None:
    unchanged = (row.state, row.uri_m, row.why) == (proposal.state, proposal.uri_m, proposal.why)
    row.citation_id, row.file = proposal.citation_id, proposal.file
    row.state, row.why, row.who = proposal.state, proposal.why, proposal.who
    row.uri_m, row.capture_id, row.diff = proposal.uri_m, proposal.capture_id, proposal.diff
    row.file_repair_id = proposal.file_repair_id
    row.moment = row.moment if unchanged else now


def _proposal(row: RepairRow) -> Proposal:
    return Proposal(
        analysis_id=row.analysis_id,
        link_id=row.link_id,
        citation_id=row.citation_id,
        file=row.file,
        state=row.state,
        why=row.why,
        uri_m=row.uri_m,
        capture_id=row.capture_id,
        diff=row.diff,
        who=row.who,
        file_repair_id=row.file_repair_id,
    )


def _repair_row(repair: FileRepair) -> FileRepairRow:
    return FileRepairRow(
        id=repair.id,
        location=repair.location,
        moment=repair.moment,
        who=repair.who,
        why=repair.why,
        before_sha256=repair.before_sha256,
        after_sha256=repair.after_sha256,
        edits=[edit.as_json() for edit in repair.edits],
        undoes=repair.undoes,
    )


def _file_repair(row: FileRepairRow) -> FileRepair:
    return FileRepair(
        id=row.id,
        location=row.location,
        moment=row.moment,
        who=row.who,
        why=row.why,
        before_sha256=row.before_sha256,
        after_sha256=row.after_sha256,
        edits=tuple(Edit.from_json(item) for item in row.edits or ()),
        undoes=row.undoes,
    )
