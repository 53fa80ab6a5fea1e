"""Other archives' mementos in SQL: which links need one, and what was found."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from linkkeeper.adapters.sqlmodel_captures import SqlCaptures
from linkkeeper.adapters.sqlmodel_checks import check_row
from linkkeeper.adapters.sqlmodel_engine import Database
from linkkeeper.adapters.sqlmodel_links import must
from linkkeeper.adapters.sqlmodel_tables import (
    AnalysisRow,
    CaptureRow,
    CitationRow,
    ExternalMementoRow,
    LinkRow,
    NoteRow,
)
from linkkeeper.relinking.mementos import ASK_AGAIN_AFTER, ExternalMemento, SoughtLink
from linkkeeper.vocabulary.capture import SHOWN_QUALITIES
from linkkeeper.vocabulary.observation import Observation
from linkkeeper.vocabulary.records import LinkRecord, NoteContext
from linkkeeper.vocabulary.state import REPAIRED_STATES, LinkState


class SqlMementos:
    """Satisfies :class:`linkkeeper.pipeline.seek.MementoLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._captures = SqlCaptures(database)

    def to_seek(self, *, now: datetime) -> Sequence[SoughtLink]:
        """Lost links that are cited, have no good capture of ours, and were not asked for lately."""
        good = select(CaptureRow.link_id).where(
            col(CaptureRow.quality).in_([quality.value for quality in SHOWN_QUALITIES]),
            col(CaptureRow.confirmed).is_(True),
        )
        asked = select(ExternalMementoRow.link_id).where(
            col(ExternalMementoRow.verified).is_(True) | (col(ExternalMementoRow.asked_at) > now - ASK_AGAIN_AFTER)
        )
        with self._database.reading() as session:
            rows = session.exec(
                select(LinkRow, CitationRow, NoteRow, AnalysisRow)
                .join(CitationRow, col(CitationRow.link_id) == col(LinkRow.id))
                .join(AnalysisRow, col(AnalysisRow.id) == col(CitationRow.analysis_id))
                .outerjoin(NoteRow, col(NoteRow.id) == col(CitationRow.note_id))
                .where(
                    col(LinkRow.state).in_([state.value for state in REPAIRED_STATES]),
                    col(CitationRow.gone_at).is_(None),
                    col(LinkRow.id).not_in(good),
                    col(LinkRow.id).not_in(asked),
                )
                .order_by(col(LinkRow.since).desc(), col(CitationRow.id))
            ).all()
        sought: dict[int, SoughtLink] = {}
        for link, citation, note, analysis in rows:
            accessed = note.accessed if note else None
            intended = accessed or analysis.published or citation.first_seen_at.date()
            link_id = must(link.id)
            sought.setdefault(link_id, SoughtLink(link_id=link_id, fetch_form=link.fetch_form, intended=intended))
        return list(sought.values())

    def keep(self, link_id: int, found: Sequence[ExternalMemento], *, now: datetime) -> None:
        """Write what was looked at; a memento that was looked at before gets the new verdict."""
        with self._database.writing() as session:
            for one in found:
                row = session.exec(
                    select(ExternalMementoRow).where(
                        ExternalMementoRow.link_id == link_id, ExternalMementoRow.uri_m == one.memento.uri_m
                    )
                ).first()
                row = row or ExternalMementoRow(
                    link_id=link_id,
                    uri_m=one.memento.uri_m or one.named,
                    moment=one.memento.moment,
                    archive=one.archive,
                    words=one.words,
                    asked_at=now,
                )
                row.verified, row.words, row.asked_at = one.memento.verified, one.words, now
                session.add(row)

    def notes_of(self, link_id: int) -> Sequence[NoteContext]:
        return self._captures.notes_of(link_id)

    def link(self, link_id: int) -> LinkRecord:
        return self._captures.link(link_id)

    def conclude(
        self, before: LinkRecord, observation: Observation, *, state: LinkState, since: datetime, standing: str
    ) -> bool:
        """Move a link without a look and keep why as a row; False where its standing is no longer *before*'s."""
        with self._database.writing() as session:
            row = session.get_one(LinkRow, before.id)
            if (row.state, row.standing) != (before.state.value, before.standing):
                return False
            row.state, row.since, row.standing = state.value, since, standing
            session.add_all([row, check_row(before.id, observation, state=state.value, void=False)])
            return True
