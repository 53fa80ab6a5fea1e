"""Analyses, editions, notes and citations in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from linkkeeper.adapters.sqlmodel_engine import Database
from linkkeeper.adapters.sqlmodel_links import get_or_create_link, key_of, must
from linkkeeper.adapters.sqlmodel_requests import ask_in
from linkkeeper.adapters.sqlmodel_tables import AnalysisRow, CitationRow, EditionRow, LinkRow, NoteRow, SourceRow
from linkkeeper.vocabulary.capture import RequestReason
from linkkeeper.vocabulary.citation import CitedUrl, Note, Reading
from linkkeeper.vocabulary.edition import Edition
from linkkeeper.vocabulary.records import CitationMark, CollectedCitation, StoredCitation


class SqlAnalyses:
    """Satisfies :class:`linkkeeper.pipeline.ports.AnalysisLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def current_edition(self, location: str) -> str | None:
        """SHA-256 of the edition last read at *location*."""
        with self._database.reading() as session:
            return session.exec(
                select(EditionRow.sha256)
                .join(AnalysisRow, col(AnalysisRow.edition_id) == col(EditionRow.id))
                .where(AnalysisRow.location == location)
            ).first()

    def citations_at(self, location: str) -> Sequence[StoredCitation]:
        """Citations that stand in the analysis now, in its order."""
        with self._database.reading() as session:
            rows = session.exec(
                select(CitationRow, LinkRow, NoteRow.text)
                .join(AnalysisRow, col(AnalysisRow.id) == col(CitationRow.analysis_id))
                .join(LinkRow, col(LinkRow.id) == col(CitationRow.link_id))
                .outerjoin(NoteRow, col(NoteRow.id) == col(CitationRow.note_id))
                .where(AnalysisRow.location == location, col(CitationRow.gone_at).is_(None))
                .order_by(col(CitationRow.position))
            ).all()
            return [
                StoredCitation(
                    id=must(citation.id),
                    mark=CitationMark(
                        identity_key=key_of(link),
                        note_text=note_text or "",
                        kind=_kind(citation),
                        ordinal=citation.ordinal,
                    ),
                )
                for citation, link, note_text in rows
            ]

    def analysis_id(self, location: str) -> int | None:
        with self._database.reading() as session:
            return session.exec(select(AnalysisRow.id).where(AnalysisRow.location == location)).first()

    def store(
        self,
        edition: Edition,
        reading: Reading,
        citations: Sequence[CollectedCitation],
        *,
        source_id: int | None,
    ) -> Sequence[int]:
        """Write a new edition, its notes, its citations and the captures that they ask for, in one transaction."""
        with self._database.writing() as session:
            analysis = _analysis_row(session, edition, reading, source_id)
            row = EditionRow(
                analysis_id=must(analysis.id),
                sha256=edition.sha256,
                moment=edition.moment,
                format=reading.format,
                encoding=reading.encoding,
                size=len(edition.data),
            )
            session.add(row)
            session.flush()
            analysis.edition_id = row.id
            notes = _store_notes(session, reading.notes, analysis_id=must(analysis.id), edition_id=must(row.id))
            new, again = _store_citations(
                session, citations, analysis_id=must(analysis.id), notes=notes, now=edition.moment
            )
            for link_id in new:
                ask_in(session, link_id, reason=RequestReason.FIRST_SEEN, now=edition.moment)
            return again

    def belong_to(self, analysis_id: int, *, source_id: int) -> None:
        """Let an analysis that no followed source holds belong to one."""
        with self._database.reading() as session:
            if _is_held(session, analysis_id):
                return
        with self._database.writing() as session:
            if not _is_held(session, analysis_id):
                analysis = session.get_one(AnalysisRow, analysis_id)
                analysis.source_id = source_id
                session.add(analysis)


def _is_held(session: Session, analysis_id: int) -> bool:
    held = select(SourceRow.id).join(AnalysisRow, col(AnalysisRow.source_id) == col(SourceRow.id))
    return (
        session.exec(held.where(AnalysisRow.id == analysis_id, col(SourceRow.removed_at).is_(None))).first() is not None
    )


def _kind(row: CitationRow) -> str:
    if row.is_repeat:
        return "repeat"
    return "link" if row.note_id is None else "note"


def _analysis_row(session: Session, edition: Edition, reading: Reading, source_id: int | None) -> AnalysisRow:
    row = session.exec(select(AnalysisRow).where(AnalysisRow.location == edition.location)).first()
    if row is None:
        row = AnalysisRow(location=edition.location, first_seen_at=edition.moment)
        session.add(row)
    row.source_id = source_id if source_id is not None else row.source_id
    row.title = reading.title or row.title or edition.location.rstrip("/").rsplit("/", 1)[-1]
    row.language = reading.language
    row.published = reading.published
    row.read_at = edition.moment
    session.flush()
    return row


def _store_notes(session: Session, notes: Sequence[Note], *, analysis_id: int, edition_id: int) -> list[int]:
    rows = [
        NoteRow(
            analysis_id=analysis_id,
            edition_id=edition_id,
            position=position,
            label=note.label,
            text=note.text,
            span_start=note.span.start if note.span else None,
            span_end=note.span.end if note.span else None,
            ibid_of=note.ibid_of,
            refers_to=list(note.refers_to) or None,
            same_source_as=note.same_source_as,
            published=note.published,
            accessed=note.accessed,
            archived=note.archived,
            passages=list(note.passages) or None,
        )
        for position, note in enumerate(notes)
    ]
    session.add_all(rows)
    session.flush()
    return [must(row.id) for row in rows]


def _store_citations(
    session: Session,
    citations: Sequence[CollectedCitation],
    *,
    analysis_id: int,
    notes: Sequence[int],
    now: datetime,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    standing = {
        must(row.id): row
        for row in session.exec(
            select(CitationRow).where(CitationRow.analysis_id == analysis_id, col(CitationRow.gone_at).is_(None))
        )
    }
    new: dict[int, None] = {}
    again: dict[int, None] = {}
    for citation in citations:
        link, made = get_or_create_link(
            session,
            identity_key=citation.identity_key,
            fetch_form=citation.fetch_form,
            host=citation.host,
            supported=citation.supported,
            now=now,
        )
        row = standing.pop(citation.same_as, None) if citation.same_as is not None else None
        if row is None:
            row = CitationRow(analysis_id=analysis_id, link_id=must(link.id), position=0, first_seen_at=now)
            if citation.supported:
                (new if made else again)[must(link.id)] = None
        _fill(row, citation, note_id=None if citation.note_index is None else notes[citation.note_index])
        session.add(row)
    for gone in standing.values():
        gone.gone_at = now
        session.add(gone)
    return tuple(new), tuple(link for link in again if link not in new)


def _fill(row: CitationRow, citation: CollectedCitation, *, note_id: int | None) -> None:
    row.note_id = note_id
    row.position = citation.position
    row.ordinal = citation.ordinal
    row.is_repeat = citation.is_repeat
    row.as_cited = citation.cited.as_cited if citation.cited else ""
    row.occurrences = _occurrences(citation.cited)
    row.archive_copy = citation.cited.archive.uri_m if citation.cited and citation.cited.archive else None


def _occurrences(cited: CitedUrl | None) -> list[list[Any]] | None:
    if cited is None:
        return None
    return [
        [item.span.start if item.span else None, item.span.end if item.span else None, item.form.value]
        for item in cited.occurrences
    ]
