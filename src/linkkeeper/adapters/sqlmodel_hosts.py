"""
Host leases in SQL: who may send to a host now, across processes.

A worker holds a host by a row and keeps its pace in memory, so that
politeness holds across processes without a commit per request. Leases use
the system's clock.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import col, select

from linkkeeper.adapters.sqlmodel_engine import Database
from linkkeeper.adapters.sqlmodel_tables import HostRow, as_number

LEASE = timedelta(seconds=60)
BEAT_S = 15.0

_CLAIM = text(
    """
    INSERT INTO host (key, token, lease_until) VALUES (:key, :token, :until)
    ON CONFLICT (key) DO UPDATE SET token = :token, lease_until = :until, wanted_at = NULL
    WHERE host.token IS NULL OR host.token = :token OR host.lease_until < :now
    RETURNING key
    """
)
_SLOW_DOWN = text(
    "INSERT INTO host (key, crawl_delay_s) VALUES (:key, :delay) ON CONFLICT (key) DO UPDATE SET crawl_delay_s = :delay"
)
_RELEASE = text("UPDATE host SET token = NULL, lease_until = NULL WHERE key = :key AND token = :token")


class SqlHosts:
    """Satisfies :class:`linkkeeper.pipeline.ports.HostLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, key: str, *, token: str, now: datetime) -> bool:
        """Take or renew the lease of *key*; False while another worker holds it."""
        return key in self.claim_all([key], token=token, now=now)

    def claim_all(self, keys: Sequence[str], *, token: str, now: datetime) -> frozenset[str]:
        """Take or renew the leases of *keys* in one transaction; returns those that no other worker holds."""
        lease = {"token": token, "until": as_number(now + LEASE), "now": as_number(now)}
        with self._database.writing() as session:
            run = session.connection().execute
            return frozenset(key for key in keys if run(_CLAIM, lease | {"key": key}).first() is not None)

    def beat(self, *, token: str, now: datetime) -> frozenset[str]:
        """Renew every lease of *token*; returns the hosts that an editor's capture elsewhere waits for."""
        with self._database.writing() as session:
            rows = session.exec(select(HostRow).where(HostRow.token == token)).all()
            for row in rows:
                row.lease_until = now + LEASE
                session.add(row)
            return frozenset(row.key for row in rows if row.wanted_at is not None)

    def release(self, key: str, *, token: str) -> None:
        self.release_all([key], token=token)

    def release_all(self, keys: Sequence[str], *, token: str) -> None:
        """End the leases of *keys* in one transaction; another worker's lease stays."""
        with self._database.writing() as session:
            session.connection().execute(_RELEASE, [{"key": key, "token": token} for key in keys])

    def release_dead(self, is_dead: Callable[[str], bool]) -> int:
        """End the leases of processes that are no more; returns how many."""
        with self._database.writing() as session:
            rows = [
                row
                for row in session.exec(select(HostRow).where(col(HostRow.token).is_not(None)))
                if row.token is not None and is_dead(row.token)
            ]
            for row in rows:
                row.token = row.lease_until = None
                session.add(row)
            return len(rows)

    def want(self, key: str, *, now: datetime) -> None:
        """Ask the holder of *key* to let go after the requests in flight."""
        with self._database.writing() as session:
            row = session.get(HostRow, key) or HostRow(key=key)
            row.wanted_at = now
            session.add(row)

    def back_off(self, key: str, *, until: datetime) -> None:
        with self._database.writing() as session:
            row = session.get(HostRow, key) or HostRow(key=key)
            row.backoff_until = until
            session.add(row)

    def slow_down(self, delays: Mapping[str, float]) -> None:
        """Keep the seconds that hosts want between two requests."""
        with self._database.writing() as session:
            values = [{"key": key, "delay": seconds} for key, seconds in delays.items()]
            session.connection().execute(_SLOW_DOWN, values)

    def crawl_delays(self) -> dict[str, float]:
        """The hosts that want more than the usual interval, and how many seconds."""
        with self._database.reading() as session:
            rows = session.exec(select(HostRow.key, HostRow.crawl_delay_s).where(col(HostRow.crawl_delay_s) > 0)).all()
            return {key: delay for key, delay in rows if delay is not None}

    def backing_off(self, *, now: datetime) -> dict[str, datetime]:
        """Hosts that asked us to wait, with until when."""
        with self._database.reading() as session:
            rows = session.exec(select(HostRow).where(col(HostRow.backoff_until) > now)).all()
            return {row.key: row.backoff_until for row in rows if row.backoff_until is not None}
