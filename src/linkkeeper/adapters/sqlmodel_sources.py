"""Followed sources and rounds in SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from linkkeeper.adapters.sqlmodel_engine import Database
from linkkeeper.adapters.sqlmodel_links import must
from linkkeeper.adapters.sqlmodel_tables import RoundRow, SourceRow
from linkkeeper.errors import InputError
from linkkeeper.vocabulary.records import FollowedSource


class SqlSources:
    """Satisfies :class:`linkkeeper.pipeline.ports.SourceLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def follow(self, *, kind: str, location: str, schedule: str, apply: str, policy: str, now: datetime) -> int:
        """Follow a source from now; following one again changes how."""
        with self._database.writing() as session:
            row = session.exec(select(SourceRow).where(SourceRow.location == location)).first()
            if row is None:
                row = SourceRow(
                    kind=kind, location=location, schedule=schedule, apply=apply, policy=policy, added_at=now
                )
            row.kind, row.schedule, row.apply, row.policy = kind, schedule, apply, policy
            row.removed_at, row.next_poll_at = None, now
            session.add(row)
            session.flush()
            return must(row.id)

    def unfollow(self, location: str, *, now: datetime) -> None:
        with self._database.writing() as session:
            row = session.exec(
                select(SourceRow).where(SourceRow.location == location, col(SourceRow.removed_at).is_(None))
            ).first()
            if row is None:
                raise InputError(
                    "remove the source", subject=location, reason="it is not followed", hint="see: linkkeeper sources"
                )
            row.removed_at, row.next_poll_at = now, None
            session.add(row)

    def due(self, *, now: datetime) -> Sequence[FollowedSource]:
        with self._database.reading() as session:
            rows = session.exec(
                select(SourceRow)
                .where(col(SourceRow.removed_at).is_(None), col(SourceRow.next_poll_at) <= now)
                .order_by(col(SourceRow.next_poll_at))
            )
            return [_followed(row) for row in rows]

    def get(self, source_id: int) -> FollowedSource | None:
        with self._database.reading() as session:
            row = session.get(SourceRow, source_id)
            return None if row is None or row.removed_at is not None else _followed(row)

    def polled(self, source_id: int, *, now: datetime, next_at: datetime | None, error: str | None) -> None:
        with self._database.writing() as session:
            row = session.get_one(SourceRow, source_id)
            row.last_polled_at, row.next_poll_at, row.last_error = now, next_at, error
            session.add(row)

    def open_round(self, scope: str, *, now: datetime) -> tuple[int, bool]:
        """
        Go on with the unfinished round over *scope*, or start one.

        Returns:
            The round's id, and whether it is a continued one.
        """
        with self._database.writing() as session:
            row = session.exec(
                select(RoundRow).where(RoundRow.scope == scope, col(RoundRow.finished_at).is_(None))
            ).first()
            if row is not None:
                return must(row.id), True
            row = RoundRow(scope=scope, started_at=now)
            session.add(row)
            session.flush()
            return must(row.id), False

    def finish_round(self, round_id: int, *, now: datetime) -> None:
        with self._database.writing() as session:
            row = session.get_one(RoundRow, round_id)
            row.finished_at = now
            session.add(row)


def _followed(row: SourceRow) -> FollowedSource:
    return FollowedSource(
        id=must(row.id),
        kind=row.kind,
        location=row.location,
        schedule=row.schedule,
        apply=row.apply,
        policy=row.policy,
    )
