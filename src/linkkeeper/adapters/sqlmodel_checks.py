"""Looks and what they did to links, in SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, bindparam, update
from sqlmodel import Session, col, func, select

from linkkeeper.adapters.sqlmodel_engine import Database
from linkkeeper.adapters.sqlmodel_links import get_or_create_link, records_of
from linkkeeper.adapters.sqlmodel_requests import ask_in
from linkkeeper.adapters.sqlmodel_tables import CheckRow, LinkRow, SiblingRow
from linkkeeper.vocabulary.capture import RequestReason
from linkkeeper.vocabulary.digest import short_digest
from linkkeeper.vocabulary.observation import Observation
from linkkeeper.vocabulary.records import LinkRecord, LookResult
from linkkeeper.vocabulary.uri import UnusableUrl, host_of, identity_key, is_supported, politeness_key

# One prepared statement for a whole batch: the ORM's own bulk update can't count up a column.
_LINKS = LinkRow.__table__  # type: ignore[attr-defined]  # SQLModel does not type it
_MOVE = (
    update(_LINKS)
    .where(_LINKS.c.id == bindparam("key"))
    .values(
        state=bindparam("new_state"),
        since=bindparam("new_since"),
        standing=bindparam("new_standing"),
        next_check_at=bindparam("new_next"),
        last_checked_at=bindparam("looked"),
        evidence_class=bindparam("new_class"),
        looks=_LINKS.c.looks + 1,
    )
)

_SEEN_OK = update(_LINKS).where(_LINKS.c.id == bindparam("key")).values(last_ok_at=bindparam("looked"))
#: Of a look that brought the page itself: a "not modified" says nothing new of it.
_SEEN_WHOLE = (
    update(_LINKS)
    .where(_LINKS.c.id == bindparam("key"))
    .values(etag=bindparam("new_etag"), last_modified=bindparam("new_modified"), body_hash=bindparam("new_hash"))
)
_BROWSED = update(_LINKS).where(_LINKS.c.id == bindparam("key")).values(browser_look_at=bindparam("looked"))

_POSTPONE = update(_LINKS).where(_LINKS.c.id == bindparam("key")).values(next_check_at=bindparam("new_next"))

SIBLINGS_KEPT = timedelta(days=7)


class SqlChecks:
    """Satisfies :class:`linkkeeper.pipeline.ports.CheckLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due_hosts(
        self, *, now: datetime, limit: int = 1000, links: frozenset[int] | None = None
    ) -> Sequence[tuple[str, int]]:
        """Hosts with due links (of *links* only, if given) and how many, most first."""
        amount = func.count()
        with self._database.reading() as session:
            return list(
                session.exec(
                    select(LinkRow.host, amount)
                    .where(*_due(now, links))
                    .group_by(LinkRow.host)
                    .order_by(amount.desc(), LinkRow.host)
                    .limit(limit)
                )
            )

    def due(
        self, host: str, *, now: datetime, limit: int = 200, links: frozenset[int] | None = None
    ) -> Sequence[LinkRecord]:
        """Links of *host* whose time has come, longest due first."""
        with self._database.reading() as session:
            rows = session.exec(
                select(LinkRow)
                .where(LinkRow.host == host, *_due(now, links))
                .order_by(col(LinkRow.next_check_at))
                .limit(limit)
            ).all()
            return records_of(session, rows)

    def due_at(
        self, hosts: Sequence[str], *, now: datetime, links: frozenset[int] | None = None
    ) -> Sequence[LinkRecord]:
        """All due links of *hosts*, in one query; the caller knows from :meth:`due_hosts` that they are few."""
        with self._database.reading() as session:
            rows = session.exec(
                select(LinkRow)
                .where(col(LinkRow.host).in_(hosts), *_due(now, links))
                .order_by(col(LinkRow.next_check_at))
            ).all()
            return records_of(session, rows)

    def count_due(self, *, now: datetime, links: frozenset[int] | None = None) -> int:
        with self._database.reading() as session:
            return session.exec(select(func.count()).select_from(LinkRow).where(*_due(now, links))).one()

    def record(self, results: Sequence[LookResult], *, capture_again: frozenset[int] = frozenset()) -> None:
        """
        Write a batch of looks in one transaction.

        Args:
            capture_again: Links seen changed while alive: a capture is asked for.
        """
        targets = [one for result in results if (one := _target_of(result))]
        with self._database.writing() as session:
            connection = session.connection()
            _execute_all(connection, _MOVE, [_link_values(result) for result in results])
            seen = [result for result in results if result.is_ok]
            _execute_all(connection, _SEEN_OK, [_looked_values(result) for result in seen])
            whole = [result for result in seen if result.observation.evidence.body_sha256]
            _execute_all(connection, _SEEN_WHOLE, [_whole_values(result) for result in whole])
            _execute_all(connection, _BROWSED, [_looked_values(result) for result in results if result.by_browser])
            session.add_all([_check_row(result) for result in results if result.kept])
            for result in results:
                if result.link_id in capture_again:
                    ask_in(session, result.link_id, reason=RequestReason.CHANGED, now=result.observation.moment)
            for target in targets:
                _keep_target(session, target)

    def record_void(self, observations: Sequence[tuple[LinkRecord, Observation]]) -> None:
        """Write looks made during an outage of our own: kept as rows, touching no link."""
        with self._database.writing() as session:
            session.add_all(
                [
                    check_row(link.id, observation, state=link.state.value, void=True)
                    for link, observation in observations
                ]
            )

    def postpone(self, link_ids: Sequence[int], *, until: datetime) -> None:
        """Move the next look of links, without a look having been made."""
        with self._database.writing() as session:
            session.execute(update(LinkRow).where(col(LinkRow.id).in_(link_ids)).values(next_check_at=until))

    def call_up_unseen(self, link_ids: Sequence[int], *, now: datetime) -> None:
        """Bring the next look forward to *now* for links of which no look has told anything yet."""
        with self._database.writing() as session:
            session.execute(
                update(LinkRow)
                .where(col(LinkRow.id).in_(link_ids), col(LinkRow.last_checked_at).is_(None))
                .where(col(LinkRow.next_check_at) > now)
                .values(next_check_at=now)
            )

    def postpone_each(self, moments: Mapping[int, datetime]) -> None:
        """Move the next look of each link to its own moment, in one transaction."""
        with self._database.writing() as session:
            values = [{"key": link_id, "new_next": moment} for link_id, moment in moments.items()]
            _execute_all(session.connection(), _POSTPONE, values)

    def siblings(self, directory: str, *, now: datetime) -> list[dict[str, Any]] | None:
        """Remembered answers of a directory's impossible addresses; None if there are none or they are old."""
        with self._database.reading() as session:
            row = session.get(SiblingRow, directory)
            return None if row is None or row.moment < now - SIBLINGS_KEPT else row.answers

    def remember_siblings(self, directory: str, answers: list[dict[str, Any]], *, now: datetime) -> None:
        with self._database.writing() as session:
            session.merge(SiblingRow(directory=directory, moment=now, answers=answers))


@dataclass(frozen=True, slots=True)
class _Target:
    """The address that a short form was seen to stand for."""

    url: str
    key: str
    result: LookResult


def _target_of(result: LookResult) -> _Target | None:
    """None too where the address is unusable: nothing could look at it, and the other results must be written."""
    url = result.observation.evidence.target
    if not (url and result.is_ok and result.kept):
        return None
    try:
        return _Target(url, identity_key(url), result)
    except UnusableUrl:
        return None


def _keep_target(session: Session, target: _Target) -> None:
    """
    The address that a short form stands for is a link of its own, looked at on its own: shorteners close.

    It was seen just now, so it is due when the short form is.
    """
    row, new = get_or_create_link(
        session,
        identity_key=target.key,
        fetch_form=target.url,
        host=politeness_key(host_of(target.url)),
        supported=is_supported(target.url),
        now=target.result.observation.moment,
    )
    if new and is_supported(target.url):
        row.next_check_at = target.result.next_check_at
        session.add(row)


def _due(now: datetime, links: frozenset[int] | None) -> list[ColumnElement[bool]]:
    due: list[ColumnElement[bool]] = [col(LinkRow.next_check_at) <= now]
    return due if links is None else [*due, col(LinkRow.id).in_(links)]


def _link_values(result: LookResult) -> dict[str, Any]:
    observation = result.observation
    return {
        "key": result.link_id,
        "new_state": result.state.value,
        "new_since": result.since,
        "new_standing": result.standing,
        "new_next": result.next_check_at,
        "looked": observation.moment,
        "new_class": result.evidence_class,
    }


def _execute_all(connection: Connection, statement: Update, values: Sequence[dict[str, Any]]) -> None:
    if values:
        connection.execute(statement, values)


def _looked_values(result: LookResult) -> dict[str, Any]:
    return {"key": result.link_id, "looked": result.observation.moment}


def _whole_values(result: LookResult) -> dict[str, Any]:
    evidence = result.observation.evidence
    return {
        "key": result.link_id,
        "new_etag": evidence.etag,
        "new_modified": evidence.last_modified,
        "new_hash": short_digest(evidence.body_sha256) if evidence.body_sha256 else None,
    }


def _check_row(result: LookResult) -> CheckRow:
    return check_row(result.link_id, result.observation, state=result.state.value, void=False)


def check_row(link_id: int, observation: Observation, *, state: str, void: bool) -> CheckRow:
    """A line of the history; lines are added and never changed."""
    return CheckRow(
        link_id=link_id,
        moment=observation.moment,
        observation=observation.kind.value,
        rule=observation.rule,
        http_status=observation.http_status,
        final_url=observation.final_url,
        redirects=[[hop.url, hop.status] for hop in observation.redirects] or None,
        evidence=observation.evidence.as_json(),
        elapsed_s=round(observation.elapsed_s, 3),
        state=state,
        void=void,
    )
