"""Capture requests in SQL: claimed under leases. Leases use the system's clock, due times the clock port."""

import json
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, func, select

from linkkeeper.adapters.sqlmodel_capture_rows import insert_capture
from linkkeeper.adapters.sqlmodel_engine import Database
from linkkeeper.adapters.sqlmodel_hosts import LEASE
from linkkeeper.adapters.sqlmodel_tables import (
    CaptureRow,
    LinkRow,
    RequestRow,
    as_number,
)
from linkkeeper.errors import StaleLeaseError
from linkkeeper.vocabulary.capture import PRIORITIES, RequestReason, RequestState, StepReport
from linkkeeper.vocabulary.moment import to_timestamp
from linkkeeper.vocabulary.records import ClaimedRequest, NewCapture

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


class SqlRequests:
    """The part of :class:`linkkeeper.pipeline.ports.CaptureLedger` that hands out work."""

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

    def let_go(self, request: ClaimedRequest, *, counted: bool = False) -> None:
        """Put a request back to waiting, its attempt *counted* or not; nothing if it is no longer ours."""
        with self._database.writing() as session:
            row = session.get(RequestRow, request.id)
            if row is not None and row.token == request.token and row.state == RequestState.RUNNING:
                row.state, row.token, row.lease_until = RequestState.WAITING.value, None, None
                row.attempt -= 0 if counted else 1
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
        look_now: bool = False,
    ) -> None:
        """
        Close a request, with its capture if it left one, in one transaction.

        Args:
            capture: None where the visit left nothing to keep (the request fails).
            retry_at: When the link is to be captured again, if at all.
            look_now: The visit met an error: the next look comes forward.

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
            if look_now:
                link = session.get_one(LinkRow, row.link_id)
                link.next_check_at = min(link.next_check_at or now, now)
                session.add(link)
            if retry_at is not None:
                ask_in(session, row.link_id, reason=RequestReason.RETRY, now=now, not_before=retry_at)

    def leased_tokens(self) -> frozenset[str]:
        """Tokens of requests that somebody works on now."""
        with self._database.reading() as session:
            rows = session.exec(
                select(RequestRow.token).where(
                    RequestRow.state == RequestState.RUNNING, col(RequestRow.lease_until) >= datetime.now(UTC)
                )
            )
            return frozenset(token for token in rows if token)

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


def _held(session: Session, request: ClaimedRequest) -> RequestRow:
    row = session.get(RequestRow, request.id)
    if row is None or row.token != request.token or row.state != RequestState.RUNNING:
        raise StaleLeaseError(
            "accept the result", subject=request.id, reason="the request was taken over or cancelled meanwhile"
        )
    return row


def _step(step: StepReport) -> dict[str, Any]:
    return {"name": step.name, "outcome": step.outcome.value, "elapsed_s": step.elapsed_s, "detail": step.detail}
