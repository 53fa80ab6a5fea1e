"""Two processes on one database never break politeness together."""

import asyncio
import itertools
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linkkeeper.adapters.sqlmodel_engine import Database, open_database
from linkkeeper.adapters.sqlmodel_hosts import SqlHosts
from linkkeeper.assembly import open_network
from linkkeeper.checks.leases import LeasedSlots
from linkkeeper.checks.pacing import HostDeferred, Pacer, PaceRules
from linkkeeper.errors import DatabaseError
from linkkeeper.pipeline.hosts import HeldHosts
from linkkeeper.settings import load

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
        def claim_all(self, keys: Sequence[str], *, token: str, now: datetime) -> frozenset[str]:
            claims.extend(keys)
            return super().claim_all(keys, token=token, now=now)

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


class Counting(SqlHosts):
    """Counts transactions."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.written: list[int] = []

    def claim_all(self, keys: Sequence[str], *, token: str, now: datetime) -> frozenset[str]:
        self.written.append(len(keys))
        return super().claim_all(keys, token=token, now=now)


def test_hosts_taken_up_together_are_claimed_in_few_transactions(database: Database) -> None:
    hosts = Counting(database)
    keys = [f"h{number}.example" for number in range(50)]

    async def use(holds: HeldHosts, key: str) -> bool:
        async with holds.hold(key) as held:
            return held

    async def act() -> list[bool]:
        holds = HeldHosts(hosts, token="one", linger_s=60.0)
        SqlHosts(database).claim(keys[7], token="two", now=datetime.now(UTC))
        found = await asyncio.gather(*(use(holds, key) for key in keys))
        assert holds.elsewhere == {keys[7]}
        await holds.let_all_go()
        return found

    assert asyncio.run(act()) == [number != 7 for number in range(50)]
    assert hosts.written == [16, 16, 16, 2]
    free = SqlHosts(database)
    assert free.claim_all(keys, token="three", now=datetime.now(UTC)) == set(keys) - {keys[7]}


def test_a_lease_is_kept_until_its_last_user_is_done(database: Database) -> None:
    other = SqlHosts(database)

    async def act() -> list[bool]:
        holds = HeldHosts(SqlHosts(database), token="one")
        entered = asyncio.Event()
        leave = asyncio.Event()

        async def use() -> None:
            async with holds.hold(HOST):
                entered.set()
                await leave.wait()

        long = asyncio.create_task(use())
        async with holds.hold(HOST):
            await entered.wait()
        seen = [other.claim(HOST, token="two", now=datetime.now(UTC))]
        leave.set()
        await long
        return [*seen, other.claim(HOST, token="two", now=datetime.now(UTC))]

    assert asyncio.run(act()) == [False, True]


def test_who_stops_waiting_for_a_lease_leaves_none_behind(database: Database) -> None:
    async def act() -> bool:
        holds = HeldHosts(SqlHosts(database), token="one")

        async def use() -> None:
            async with holds.hold(HOST):
                await asyncio.sleep(60)

        waiting = asyncio.create_task(use())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await holds.let_all_go()
        return SqlHosts(database).claim(HOST, token="two", now=datetime.now(UTC))

    assert asyncio.run(act())


def test_a_database_that_fails_is_told_to_all_who_wait_and_the_next_try_is_free(database: Database) -> None:
    class Failing(SqlHosts):
        broken = True

        def claim_all(self, keys: Sequence[str], *, token: str, now: datetime) -> frozenset[str]:
            if self.broken:
                raise DatabaseError("claim", subject="x", reason="locked")
            return super().claim_all(keys, token=token, now=now)

    hosts = Failing(database)

    async def use(holds: HeldHosts) -> bool:
        async with holds.hold(HOST) as held:
            return held

    async def act() -> bool:
        holds = HeldHosts(hosts, token="one")
        failed = await asyncio.gather(use(holds), use(holds), return_exceptions=True)
        assert [type(error) for error in failed] == [DatabaseError, DatabaseError]
        hosts.broken = False
        return await use(holds)

    assert asyncio.run(act())


def test_a_host_that_wants_a_longer_interval_is_kept_from_other_processes_for_as_long(database: Database) -> None:
    other = SqlHosts(database)

    async def act(seconds: float | None) -> bool:
        holds = HeldHosts(SqlHosts(database), token="one", linger_s=0.01)
        if seconds is not None:
            holds.keep_longer(HOST, seconds)
        async with holds.hold(HOST):
            pass
        free = False
        until = time.monotonic() + (5.0 if seconds is None else 0.6)
        while not free and time.monotonic() < until:
            await asyncio.sleep(0.05)
            free = other.claim(HOST, token="two", now=datetime.now(UTC))
        await holds.let_all_go()
        other.release(HOST, token="two")
        return free

    assert asyncio.run(act(None))
    assert not asyncio.run(act(60.0))


def test_a_crawl_delay_reaches_the_lease(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(f'[storage]\npath = "{tmp_path / "storage"}"\n', "utf-8")
    longer: list[tuple[str, float]] = []

    class Leases:
        def keep_longer(self, key: str, seconds: float) -> None:
            longer.append((key, seconds))

    async def act() -> None:
        async with open_network(load(tmp_path / "config.toml", environment={}), leases=Leases()) as network:
            network.set_crawl_delay(HOST, 10.0)
            network.set_crawl_delay(HOST, 86_400.0)

    asyncio.run(act())
    assert longer == [(HOST, 10.0), (HOST, 60.0)]


def test_a_crawl_delay_outlives_the_process(database: Database) -> None:
    """It is written with the next leases, and a later process begins with it."""

    async def first() -> None:
        holds = HeldHosts(SqlHosts(database), token="first")
        async with holds.hold(HOST):
            holds.keep_longer(HOST, 10.0)
        await holds.let_all_go()

    asyncio.run(first())
    assert HeldHosts(SqlHosts(database), token="second").crawl_delays() == {HOST: 10.0}


def test_a_crawl_delay_reaches_the_other_processes_with_their_next_beat(database: Database) -> None:
    told: list[tuple[str, float]] = []

    async def act() -> None:
        first, second = (HeldHosts(SqlHosts(database), token=name) for name in ("first", "second"))
        second.on_crawl_delay = lambda key, seconds: told.append((key, seconds))
        first.keep_longer(HOST, 10.0)
        async with first.hold(HOST):
            await second.beat()
        await first.let_all_go()

    asyncio.run(act())
    assert told == [(HOST, 10.0)]
