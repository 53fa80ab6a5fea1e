"""Capture requests and captures in SQL. Leases and tokens use the system's clock, due times the clock port."""

import json
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, func, select

from linkkeeper.adapters.sqlmodel_engine import Database
from linkkeeper.adapters.sqlmodel_hosts import LEASE
from linkkeeper.adapters.sqlmodel_links import must, records_of
from linkkeeper.adapters.sqlmodel_tables import (
    AnalysisRow,
    CaptureRow,
    CitationRow,
    LinkRow,
    NoteRow,
    RequestRow,
    UTCDateTime,
)
from linkkeeper.errors import StaleLeaseError
from linkkeeper.vocabulary.capture import PRIORITIES, SHOWN_QUALITIES, Quality, RequestReason, RequestState, StepReport
from linkkeeper.vocabulary.moment import to_timestamp
from linkkeeper.vocabulary.records import ClaimedRequest, LinkRecord, NewCapture, NoteContext

OPEN_STATES = (RequestState.WAITING.value, RequestState.RUNNING.value)

# The hosts a worker may not touch now are few; the rest of the choice is one index walk.
_CLAIM = text(
    """
    UPDATE request SET state = 'running', token = :token, lease_until = :until, attempt = attempt + 1
    WHERE id = (
        SELECT id FROM request
        WHERE (state = 'waiting' OR (state = 'running' AND lease_until < :now))
          AND not_before <= :due AND host NOT IN (SELECT value FROM json_each(:busy))
          AND (:links IS NULL OR link_id IN (SELECT value FROM json_each(:links)))
        ORDER BY priority DESC, created_at, id LIMIT 1
    )
    RETURNING id, link_id, url, host, reason, attempt
    """
)


def new_capture_id(now: datetime) -> str:
    """Allot an id: sortable by time, safe as a path, a DNS label and a URL part."""
    return f"{to_timestamp(now)}-{secrets.token_hex(5)}"


def as_number(moment: datetime) -> Any:
    return UTCDateTime().process_bind_param(moment, None)  # type: ignore[arg-type]  # the dialect is unused


class SqlCaptures:
    """Satisfies :class:`linkkeeper.pipeline.ports.CaptureLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(
        self,
        link_id: int,
        *,
        reason: RequestReason,
        now: datetime,
        not_before: datetime | None = None,
        by: str | None = None,
    ) -> str:
        """
        Ask for a capture of a link.

        An open request of the link is moved up instead of being doubled.

        Returns:
            The id of the request, which is the capture's.
        """
        with self._database.writing() as session:
            return ask_in(session, link_id, reason=reason, now=now, not_before=not_before, by=by)

    def claim(
        self, *, due: datetime, busy_hosts: frozenset[str], token: str, links: frozenset[int] | None = None
    ) -> ClaimedRequest | None:
        """
        Take the most urgent waiting request whose host is not in *busy_hosts*.

        A running one whose lease ran out (its worker died) is taken over.

        Args:
            links: Only requests of these links; None means all.
        """
        now = datetime.now(UTC)
        values = {
            "token": token,
            "until": as_number(now + LEASE),
            "now": as_number(now),
            "due": as_number(due),
            "busy": json.dumps(sorted(busy_hosts)),
            "links": None if links is None else json.dumps(sorted(links)),
        }
        with self._database.writing() as session:
            row = session.connection().execute(_CLAIM, values).first()
        if row is None:
            return None
        return ClaimedRequest(
            id=row.id,
            token=token,
            link_id=row.link_id,
            url=row.url,
            host=row.host,
            reason=RequestReason(row.reason),
            attempt=row.attempt,
        )

    def beat(self, request: ClaimedRequest, *, steps: Sequence[StepReport] = ()) -> None:
        """
        Renew the lease and show the steps so far.

        Raises:
            StaleLeaseError: another worker took the request over, or it was cancelled.
        """
        with self._database.writing() as session:
            row = _held(session, request)
            row.lease_until = datetime.now(UTC) + LEASE
            row.steps = [_step(step) for step in steps]
            session.add(row)

    def let_go(self, request: ClaimedRequest) -> None:
        """Put a request back as it was, its attempt not counted; nothing if it is no longer ours."""
        with self._database.writing() as session:
            row = session.get(RequestRow, request.id)
            if row is not None and row.token == request.token and row.state == RequestState.RUNNING:
                row.state, row.token, row.lease_until = RequestState.WAITING.value, None, None
                row.attempt -= 1
                session.add(row)

    def release_dead(self, is_dead: Callable[[str], bool]) -> int:
        """Put requests of processes that are no more back to waiting; returns how many."""
        with self._database.writing() as session:
            rows = [
                row
                for row in session.exec(select(RequestRow).where(RequestRow.state == RequestState.RUNNING))
                if row.token is not None and is_dead(row.token)
            ]
            for row in rows:
                row.state, row.token, row.lease_until = RequestState.WAITING.value, None, None
                session.add(row)
            return len(rows)

    def finish(
        self,
        request: ClaimedRequest,
        *,
        capture: NewCapture | None,
        words: str,
        now: datetime,
        steps: Sequence[StepReport] = (),
        retry_at: datetime | None = None,
    ) -> None:
        """
        Close a request, with its capture if it left one, in one transaction.

        Args:
            capture: None where the visit left nothing to keep (the request fails).
            retry_at: When the link is to be captured again, if at all.

        Raises:
            StaleLeaseError: a late result; nothing is written.
        """
        with self._database.writing() as session:
            row = _held(session, request)
            row.state = RequestState.DONE.value if capture else RequestState.FAILED.value
            row.token = row.lease_until = None
            row.ended_at, row.words = now, words
            row.steps = [_step(step) for step in steps]
            session.add(row)
            session.flush()
            if capture is not None:
                insert_capture(session, capture)
            if retry_at is not None:
                ask_in(session, row.link_id, reason=RequestReason.RETRY, now=now, not_before=retry_at)

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

    def leased_tokens(self) -> frozenset[str]:
        """Tokens of requests that somebody works on now."""
        with self._database.reading() as session:
            rows = session.exec(
                select(RequestRow.token).where(
                    RequestRow.state == RequestState.RUNNING, col(RequestRow.lease_until) >= datetime.now(UTC)
                )
            )
            return frozenset(token for token in rows if token)

    def known(self) -> frozenset[str]:
        """Ids of all captures that have a row and bytes of their own."""
        with self._database.reading() as session:
            return frozenset(session.exec(select(CaptureRow.id).where(col(CaptureRow.same_as).is_(None))))

    def open_requests(self, *, due: datetime | None = None, links: frozenset[int] | None = None) -> int:
        """How many requests wait or run; with *due*, only those whose time has come by then."""
        query = select(func.count()).select_from(RequestRow).where(col(RequestRow.state).in_(OPEN_STATES))
        if links is not None:
            query = query.where(col(RequestRow.link_id).in_(links))
        if due is not None:
            query = query.where(col(RequestRow.not_before) <= due)
        with self._database.reading() as session:
            return session.exec(query).one()

    def running(self, links: frozenset[int]) -> int:
        """How many requests of these links somebody works on."""
        with self._database.reading() as session:
            return session.exec(
                select(func.count())
                .select_from(RequestRow)
                .where(RequestRow.state == RequestState.RUNNING, col(RequestRow.link_id).in_(links))
            ).one()

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
            return None if row is None else _as_value(row)

    def tries(self, link_id: int) -> int:
        """Visits of a link since its last complete capture."""
        with self._database.reading() as session:
            last = session.exec(
                select(func.max(CaptureRow.moment)).where(
                    CaptureRow.link_id == link_id, CaptureRow.quality == "complete"
                )
            ).first()
            query = (
                select(func.count())
                .select_from(RequestRow)
                .where(RequestRow.link_id == link_id, col(RequestRow.state).in_(["done", "failed"]))
            )
            if last is not None:
                query = query.where(col(RequestRow.ended_at) > last)
            return session.exec(query).one()

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


def ask_in(
    session: Session,
    link_id: int,
    *,
    reason: RequestReason,
    now: datetime,
    not_before: datetime | None = None,
    by: str | None = None,
) -> str:
    """:meth:`SqlCaptures.ask` within a transaction that is under way."""
    due = not_before or now
    priority = PRIORITIES[reason]
    row = session.exec(
        select(RequestRow).where(RequestRow.link_id == link_id, col(RequestRow.state).in_(OPEN_STATES))
    ).first()
    if row is None:
        link = session.get_one(LinkRow, link_id)
        row = RequestRow(
            id=new_capture_id(datetime.now(UTC)),
            link_id=link_id,
            url=link.fetch_form,
            host=link.host,
            reason=reason.value,
            priority=priority,
            state=RequestState.WAITING.value,
            not_before=due,
            created_at=now,
            requested_by=by,
        )
    elif priority > row.priority:
        row.priority, row.reason = priority, reason.value
        row.requested_by = by or row.requested_by
        row.not_before = min(row.not_before, due)
    session.add(row)
    session.flush()
    return row.id


def insert_capture(session: Session, capture: NewCapture) -> None:
    """Write the row, its searchable text, and make it the link's baseline where it is the first complete one."""
    session.add(_as_row(capture))
    session.flush()
    if capture.same_as is None:
        session.connection().execute(
            text("INSERT INTO captured_text (capture_id, title, url, body) VALUES (:id, :title, :url, :body)"),
            {"id": capture.id, "title": capture.title or "", "url": capture.url, "body": capture.text},
        )
    link = session.get_one(LinkRow, capture.link_id)
    if link.baseline_id is None and capture.quality == "complete" and capture.same_as is None:
        link.confirmed = capture.confirmed
        if capture.confirmed:
            link.baseline_id = capture.id
        session.add(link)


def _held(session: Session, request: ClaimedRequest) -> RequestRow:
    row = session.get(RequestRow, request.id)
    if row is None or row.token != request.token or row.state != RequestState.RUNNING:
        raise StaleLeaseError(
            "accept the result", subject=request.id, reason="the request was taken over or cancelled meanwhile"
        )
    return row


def _step(step: StepReport) -> dict[str, Any]:
    return {"name": step.name, "outcome": step.outcome.value, "elapsed_s": step.elapsed_s, "detail": step.detail}


def _as_row(capture: NewCapture) -> CaptureRow:
    return CaptureRow(
        id=capture.id,
        link_id=capture.link_id,
        url=capture.url,
        moment=capture.moment,
        quality=capture.quality.value,
        reason=capture.reason,
        title=capture.title,
        media_type=capture.media_type,
        language=capture.language,
        http_status=capture.http_status,
        final_url=capture.final_url,
        directory=capture.directory,
        files=list(capture.files),
        manifest_sha256=capture.manifest_sha256,
        total_bytes=capture.total_bytes,
        text_sha256=capture.text_sha256,
        note_score=capture.note_score,
        note_words=capture.note_words,
        confirmed=capture.confirmed,
        same_as=capture.same_as,
        uploaded_by=capture.uploaded_by,
    )


def _as_value(row: CaptureRow) -> NewCapture:
    return NewCapture(
        id=row.id,
        link_id=row.link_id,
        url=row.url,
        moment=row.moment,
        quality=Quality(row.quality),
        reason=row.reason,
        directory=row.directory,
        files=tuple(row.files or ()),
        manifest_sha256=row.manifest_sha256,
        total_bytes=row.total_bytes,
        title=row.title,
        media_type=row.media_type,
        language=row.language,
        http_status=row.http_status,
        final_url=row.final_url,
        text_sha256=row.text_sha256,
        note_score=row.note_score,
        note_words=row.note_words,
        confirmed=row.confirmed,
        same_as=row.same_as,
        uploaded_by=row.uploaded_by,
    )
