"""Captures in SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlmodel import col, func, select

from linkkeeper.adapters.sqlmodel_capture_rows import capture_value, insert_capture
from linkkeeper.adapters.sqlmodel_links import records_of
from linkkeeper.adapters.sqlmodel_requests import OPEN_STATES, SqlRequests
from linkkeeper.adapters.sqlmodel_tables import (
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
        """Note that every byte was found sound; a folder that has no row has nothing to note it in."""
        with self._database.writing() as session:
            session.execute(update(CaptureRow).where(col(CaptureRow.id) == capture_id).values(verified_at=now))

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
        return self.notes_of_all([link_id]).get(link_id, ())

    def notes_of_all(self, link_ids: Sequence[int]) -> dict[int, list[NoteContext]]:
        """The notes that cite each link, in the order they came; a link that none cites is left out."""
        with self._database.reading() as session:
            rows = session.exec(
                select(CitationRow, NoteRow)
                .outerjoin(NoteRow, col(NoteRow.id) == col(CitationRow.note_id))
                .where(col(CitationRow.link_id).in_(link_ids), col(CitationRow.gone_at).is_(None))
                .order_by(col(CitationRow.id))
            ).all()
        notes: dict[int, list[NoteContext]] = {}
        for citation, note in rows:
            context = NoteContext(
                analysis_id=citation.analysis_id,
                label=note.label if note else "",
                text=note.text if note else "",
                passages=tuple(note.passages or ()) if note else (),
                as_cited=citation.as_cited,
            )
            notes.setdefault(citation.link_id, []).append(context)
        return notes

    def last_capture_moment(self, link_id: int) -> datetime | None:
        """Of the last good capture or "same as" record."""
        with self._database.reading() as session:
            return session.exec(
                select(func.max(CaptureRow.moment)).where(
                    CaptureRow.link_id == link_id,
                    col(CaptureRow.quality).in_([quality.value for quality in SHOWN_QUALITIES]),
                )
            ).first()
