"""Two processes on one database never break politeness together."""

import asyncio
import itertools
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linkkeeper.adapters.sqlmodel_engine import Database, open_database
from linkkeeper.adapters.sqlmodel_hosts import SqlHosts
from linkkeeper.checks.leases import LeasedSlots
from linkkeeper.checks.pacing import HostDeferred, Pacer, PaceRules
from linkkeeper.pipeline.hosts import HeldHosts

INTERVAL_S = 0.2
HOST = "owner.example"


@pytest.fixture(name="database")
def _database(tmp_path: Path):
    database = open_database(f"sqlite:///{tmp_path / 'x.db'}", backups=tmp_path, now=datetime.now(UTC))
    yield database
    database.close()


class Worker:
    """A process: its own pace in memory, its own token in the rows."""

    def __init__(self, database: Database, token: str) -> None:
        self.holds = HeldHosts(SqlHosts(database), token=token, linger_s=INTERVAL_S)
        self.slots = LeasedSlots(Pacer(PaceRules(interval_s=INTERVAL_S)), self.holds)

    async def send(self, sent: list[float]) -> bool:
        """Send one request if leave is given; False where the other process holds the host."""
        try:
            async with self.slots.slot(f"http://{HOST}/") as slot:
                await slot.sending()
                sent.append(time.monotonic())
                return True
        except HostDeferred:
            return False


def test_requests_of_two_processes_keep_the_interval_between_them(database: Database) -> None:
    sent: list[float] = []
    turns: list[str] = []

    async def work(worker: Worker, name: str) -> None:
        while len(sent) < 6:
            if await worker.send(sent):
                turns.append(name)
                # Longer than the lease lingers, so that the other one gets its turn.
                await asyncio.sleep(INTERVAL_S * 3)
            else:
                await asyncio.sleep(0.01)

    async def act() -> None:
        one, two = Worker(database, "one"), Worker(database, "two")
        await asyncio.gather(work(one, "one"), work(two, "two"))
        await one.holds.let_all_go()
        await two.holds.let_all_go()

    asyncio.run(act())
    assert set(turns) == {"one", "two"}
    assert all(later - earlier >= INTERVAL_S * 0.9 for earlier, later in itertools.pairwise(sorted(sent)))


def test_a_host_used_again_at_once_is_not_claimed_again(database: Database) -> None:
    claims: list[str] = []

    class Counting(SqlHosts):
        def claim(self, key: str, *, token: str, now: datetime) -> bool:
            claims.append(key)
            return super().claim(key, token=token, now=now)

    async def act() -> None:
        holds = HeldHosts(Counting(database), token="one", linger_s=60.0)
        for _ in range(5):
            async with holds.hold(HOST) as held:
                assert held
        await holds.let_all_go()
        async with holds.hold(HOST) as held:
            assert held
        await holds.let_all_go()

    asyncio.run(act())
    assert claims == [HOST, HOST]


def test_what_lingers_is_released_at_the_end(database: Database) -> None:
    async def act() -> bool:
        first = HeldHosts(SqlHosts(database), token="one", linger_s=60.0)
        async with first.hold(HOST):
            pass
        await first.let_all_go()
        async with HeldHosts(SqlHosts(database), token="two").hold(HOST) as held:
            return held

    assert asyncio.run(act())
