"""Captures in SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, func, select

from linkkeeper.adapters.sqlmodel_capture_rows import capture_value, insert_capture
from linkkeeper.adapters.sqlmodel_links import must, records_of
from linkkeeper.adapters.sqlmodel_requests import OPEN_STATES, SqlRequests
from linkkeeper.adapters.sqlmodel_tables import (
    AnalysisRow,
    CaptureRow,
    CitationRow,
    LinkRow,
    NoteRow,
    RequestRow,
)
from linkkeeper.vocabulary.capture import SHOWN_QUALITIES, RequestState
from linkkeeper.vocabulary.records import LinkRecord, NewCapture, NoteContext


class SqlCaptures(SqlRequests):
    """Satisfies :class:`linkkeeper.pipeline.ports.CaptureLedger`."""

    def adopt(self, capture: NewCapture, *, now: datetime) -> bool:
        """Give a published directory its row after a crash; False if it has one already."""
        with self._database.writing() as session:
            if session.get(CaptureRow, capture.id) is not None:
                return False
            request = session.get(RequestRow, capture.id)
            if request is not None and request.state in OPEN_STATES:
                request.state, request.token, request.lease_until = RequestState.DONE.value, None, None
                request.ended_at, request.words = now, "published before a restart"
                session.add(request)
            insert_capture(session, capture)
            return True

    def known(self) -> frozenset[str]:
        """Ids of all captures that have a row and bytes of their own."""
        with self._database.reading() as session:
            return frozenset(session.exec(select(CaptureRow.id).where(col(CaptureRow.same_as).is_(None))))

    def longest_unverified(self, limit: int) -> Sequence[str]:
        """Ids of captures with bytes of their own, never verified first, then longest ago."""
        with self._database.reading() as session:
            return session.exec(
                select(CaptureRow.id)
                .where(col(CaptureRow.same_as).is_(None))
                .order_by(col(CaptureRow.verified_at).asc().nulls_first(), col(CaptureRow.id))
                .limit(limit)
            ).all()

    def verified(self, capture_id: str, *, now: datetime) -> None:
        with self._database.writing() as session:
            row = session.get_one(CaptureRow, capture_id)
            row.verified_at = now
            session.add(row)

    def link(self, link_id: int) -> LinkRecord:
        with self._database.reading() as session:
            row = session.get_one(LinkRow, link_id)
            return records_of(session, [row])[0]

    def last_good(self, link_id: int) -> NewCapture | None:
        """The newest capture with its own bytes that readers may be shown."""
        with self._database.reading() as session:
            row = session.exec(
                select(CaptureRow)
                .where(
                    CaptureRow.link_id == link_id,
                    col(CaptureRow.same_as).is_(None),
                    col(CaptureRow.quality).in_([quality.value for quality in SHOWN_QUALITIES]),
                )
                .order_by(col(CaptureRow.moment).desc())
            ).first()
            return None if row is None else capture_value(row)

    def notes_of(self, link_id: int) -> Sequence[NoteContext]:
        """The notes that cite a link, in the order they came."""
        with self._database.reading() as session:
            rows = session.exec(
                select(CitationRow, NoteRow, AnalysisRow)
                .join(AnalysisRow, col(AnalysisRow.id) == col(CitationRow.analysis_id))
                .outerjoin(NoteRow, col(NoteRow.id) == col(CitationRow.note_id))
                .where(CitationRow.link_id == link_id, col(CitationRow.gone_at).is_(None))
                .order_by(col(CitationRow.id))
            ).all()
            return [
                NoteContext(
                    analysis_id=must(analysis.id),
                    label=note.label if note else "",
                    text=note.text if note else "",
                    passages=tuple(note.passages or ()) if note else (),
                    as_cited=citation.as_cited,
                )
                for citation, note, analysis in rows
            ]

    def last_capture_moment(self, link_id: int) -> datetime | None:
        """Of the last good capture or "same as" record."""
        with self._database.reading() as session:
            return session.exec(
                select(func.max(CaptureRow.moment)).where(
                    CaptureRow.link_id == link_id,
                    col(CaptureRow.quality).in_([quality.value for quality in SHOWN_QUALITIES]),
                )
            ).first()
