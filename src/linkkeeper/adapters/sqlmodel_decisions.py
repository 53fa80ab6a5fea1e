"""What editors decide, in SQL: requests by hand, pins, baselines and access."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from linkkeeper.adapters.sqlmodel_engine import Database
from linkkeeper.adapters.sqlmodel_links import find_link, get_or_create_link, must, records_of
from linkkeeper.adapters.sqlmodel_requests import OPEN_STATES, ask_in
from linkkeeper.adapters.sqlmodel_tables import CaptureRow, DecisionRow, LinkRow, RequestRow
from linkkeeper.errors import InputError
from linkkeeper.vocabulary.capture import AccessLevel, RequestReason, RequestState
from linkkeeper.vocabulary.records import Decision, LinkRecord
from linkkeeper.vocabulary.state import LinkState


class SqlDecisions:
    """Satisfies :class:`linkkeeper.pipeline.ports.DecisionLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def link_for(self, *, identity_key: str, fetch_form: str, host: str, now: datetime) -> int:
        """The id of a link, made if nobody cites it yet."""
        with self._database.writing() as session:
            row, _ = get_or_create_link(
                session, identity_key=identity_key, fetch_form=fetch_form, host=host, supported=True, now=now
            )
            return must(row.id)

    def ask(self, link_id: int, *, now: datetime, by: str) -> tuple[str, RequestState]:
        """Ask for a capture by hand; returns its id and the request's state."""
        with self._database.writing() as session:
            request_id = ask_in(session, link_id, reason=RequestReason.EDITOR, now=now, by=by)
            return request_id, RequestState(session.get_one(RequestRow, request_id).state)

    def cancel(self, capture_id: str, *, now: datetime) -> None:
        with self._database.writing() as session:
            row = session.get(RequestRow, capture_id)
            if row is None or row.state not in OPEN_STATES:
                raise InputError("cancel the capture", subject=capture_id, reason="it is not waiting or running")
            row.state, row.token, row.lease_until = RequestState.CANCELLED.value, None, None
            row.ended_at, row.words = now, "cancelled"
            session.add(row)

    def link_by_key(self, identity_key: str) -> LinkRecord | None:
        with self._database.reading() as session:
            row = find_link(session, identity_key)
            return None if row is None else records_of(session, [row])[0]

    def hold(
        self,
        link_id: int,
        *,
        state: LinkState,
        since: datetime,
        standing: str | None,
        pinned: LinkState | None,
        decision: Decision,
    ) -> None:
        """Write a pinned (or freed) standing together with the decision."""
        with self._database.writing() as session:
            row = session.get_one(LinkRow, link_id)
            row.state, row.since, row.standing = state.value, since, standing
            row.pinned = pinned.value if pinned else None
            if pinned is None:
                # What looks say counts again: one is made at once.
                row.next_check_at = min(row.next_check_at or decision.moment, decision.moment)
            session.add(row)
            session.add(_decision_row(decision))

    def confirm(self, capture_id: str, *, decision: Decision) -> None:
        """Make a capture the link's baseline, by an editor's word."""
        with self._database.writing() as session:
            capture = _capture(session, capture_id)
            capture.confirmed, capture.confirmed_by = True, decision.actor
            link = session.get_one(LinkRow, capture.link_id)
            link.baseline_id, link.confirmed = capture.same_as or capture.id, True
            session.add_all([capture, link, _decision_row(decision)])

    def access_of(self, capture_id: str) -> tuple[AccessLevel, datetime | None]:
        """Raises InputError where there is no such capture."""
        with self._database.reading() as session:
            row = _capture(session, capture_id)
            return AccessLevel(row.access), row.access_until

    def set_access(self, capture_id: str, level: AccessLevel, *, until: datetime | None, decision: Decision) -> None:
        """Withhold or restore a capture, and every "same as" record of it."""
        with self._database.writing() as session:
            rows = session.exec(
                select(CaptureRow).where((CaptureRow.id == capture_id) | (CaptureRow.same_as == capture_id))
            ).all()
            for row in rows:
                row.access, row.access_until = level.value, until
                row.access_reason = decision.reason if level is not AccessLevel.OPEN else None
            session.add_all([*rows, _decision_row(decision)])

    def note(self, decision: Decision) -> None:
        """Keep a decision that changes nothing by itself (a reader's report)."""
        with self._database.writing() as session:
            session.add(_decision_row(decision))

    def journaled(self) -> frozenset[str]:
        """Ids of the journal lines that have taken effect here."""
        with self._database.reading() as session:
            ids = session.exec(select(DecisionRow.journal_id).where(col(DecisionRow.journal_id).is_not(None)))
            return frozenset(item for item in ids if item)

    def decisions_on(self, subject: str) -> Sequence[Decision]:
        with self._database.reading() as session:
            rows = session.exec(select(DecisionRow).where(DecisionRow.subject == subject).order_by(col(DecisionRow.id)))
            return [
                Decision(
                    moment=row.moment,
                    kind=row.kind,
                    subject=row.subject,
                    actor=row.actor,
                    reason=row.reason,
                    before=row.before,
                    after=row.after,
                    journal_id=row.journal_id,
                )
                for row in rows
            ]


def _capture(session: Session, capture_id: str) -> CaptureRow:
    row = session.get(CaptureRow, capture_id)
    if row is None:
        raise InputError("find the capture", subject=capture_id, reason="there is no capture of that id")
    return row


def _decision_row(decision: Decision) -> DecisionRow:
    return DecisionRow(
        moment=decision.moment,
        kind=decision.kind,
        subject=decision.subject,
        actor=decision.actor,
        reason=decision.reason,
        before=decision.before,
        after=decision.after,
        journal_id=decision.journal_id,
    )
