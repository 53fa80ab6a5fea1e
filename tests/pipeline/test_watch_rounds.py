"""A round takes up all that is due at once, however many hosts it is of, and writes in few transactions."""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from linkkeeper.adapters.sqlmodel_captures import SqlCaptures
from linkkeeper.adapters.sqlmodel_checks import SqlChecks
from linkkeeper.adapters.sqlmodel_engine import Database, open_database
from linkkeeper.adapters.sqlmodel_hosts import SqlHosts
from linkkeeper.adapters.sqlmodel_links import get_or_create_link, must
from linkkeeper.adapters.sqlmodel_tables import AnalysisRow, CitationRow, EditionRow, NoteRow
from linkkeeper.archive.shelf import Shelf
from linkkeeper.checks.case import Case
from linkkeeper.checks.observe import Leave, Observed
from linkkeeper.checks.outage import Weather
from linkkeeper.pipeline.hosts import HeldHosts
from linkkeeper.pipeline.watch import MANY_OF_A_HOST, Watcher, WatchRules
from linkkeeper.vocabulary.digest import short_digest
from linkkeeper.vocabulary.observation import Evidence, Observation, ObservationKind

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
DIGEST = hashlib.sha256(b"the page").hexdigest()


class Still:
    """A clock."""

    def now(self) -> datetime:
        return NOW


class Web:
    """Answers everything at once; remembers the cases."""

    def __init__(self) -> None:
        self.cases: dict[str, Case] = {}
        self.targets: dict[str, str] = {}
        self.validators: list[tuple[str | None, str | None]] = []

    async def observe(
        self,
        case: Case,
        *,
        leave: Leave | None = None,
        forms: Sequence[str] = (),
        validators: tuple[str | None, str | None] = (None, None),
    ) -> Observed:
        self.cases[case.cited] = case
        self.validators.append(validators)
        await asyncio.sleep(0)
        look = Observation(
            url=case.cited,
            moment=NOW,
            kind=ObservationKind.OK,
            rule="test@1",
            evidence=Evidence(words="there", etag='"v1"', body_sha256=DIGEST, target=self.targets.get(case.cited)),
            http_status=200,
            final_url=case.cited,
        )
        return Observed(observation=look, look=None)


class Fair:
    """An outage guard in good weather, and a pace without limits."""

    def saw(self, observation: Observation, *, before: ObservationKind | None) -> None: ...
    async def weather(self, now: datetime) -> Weather:
        return Weather.GOOD

    def expect(self, key: str, more: int) -> None: ...
    def forgive(self, key: str) -> None: ...


class Counted(SqlHosts):
    """Counts transactions of leases."""

    claims = 0

    def claim_all(self, keys: Sequence[str], *, token: str, now: datetime) -> frozenset[str]:
        self.claims += 1
        return super().claim_all(keys, token=token, now=now)


@pytest.fixture(name="database")
def _database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path / 'x.db'}", backups=tmp_path, now=NOW)
    yield database
    database.close()


def add(database: Database, urls: Sequence[tuple[str, str]]) -> None:
    with database.writing() as session:
        for host, url in urls:
            get_or_create_link(
                session, identity_key=url, fetch_form=url, host=host, supported=True, now=NOW - timedelta(hours=1)
            )


def watcher_of(database: Database, web: Web, hosts: HeldHosts, folder: Path) -> Watcher:
    return Watcher(
        ledger=SqlChecks(database),
        notes=SqlCaptures(database),
        hosts=hosts,
        observer=web,
        guard=Fair(),
        pace=Fair(),
        shelf=Shelf(folder),
        clock=Still(),
        rules=WatchRules(),
    )


def test_a_first_import_of_many_hosts_is_one_round(database: Database, tmp_path: Path) -> None:
    hosts, web = Counted(database), Web()
    add(database, [(f"h{number}.example", f"http://h{number}.example/") for number in range(1_500)])

    async def act() -> int:
        holds = HeldHosts(hosts, token="one", linger_s=60.0)
        summary = await watcher_of(database, web, holds, tmp_path).run()
        await holds.let_all_go()
        return summary.looks

    assert asyncio.run(act()) == 1_500
    assert hosts.claims <= 150
    assert SqlChecks(database).count_due(now=NOW) == 0


def test_a_host_with_very_many_links_is_taken_up_in_portions(database: Database, tmp_path: Path) -> None:
    web = Web()
    add(database, [("big.example", f"http://big.example/{number}") for number in range(MANY_OF_A_HOST + 50)])
    add(database, [("small.example", "http://small.example/")])

    async def act() -> list[int]:
        watcher = watcher_of(database, web, HeldHosts(SqlHosts(database), token="one"), tmp_path)
        return [(await watcher.run()).looks for _ in range(3)]

    assert asyncio.run(act()) == [MANY_OF_A_HOST + 1, 50, 0]


def test_each_link_is_judged_by_the_first_of_its_own_notes_that_says_something(
    database: Database, tmp_path: Path
) -> None:
    web = Web()
    urls = [f"http://a.example/{number}" for number in range(3)]
    add(database, [("a.example", url) for url in urls])
    with database.writing() as session:
        analysis = AnalysisRow(location="/x.md", title="X", first_seen_at=NOW, read_at=NOW)
        session.add(analysis)
        session.flush()
        of = must(analysis.id)
        edition = EditionRow(analysis_id=of, sha256="0" * 64, moment=NOW, format="markdown", encoding="utf-8", size=1)
        session.add(edition)
        session.flush()
        for position, (link_id, text) in enumerate([(1, ""), (1, "Bell, “Ice”"), (1, "Bell again"), (2, "Cole")]):
            note = NoteRow(
                analysis_id=of, edition_id=must(edition.id), position=position, label=str(position), text=text
            )
            session.add(note)
            session.flush()
            session.add(
                CitationRow(
                    analysis_id=of, link_id=link_id, note_id=note.id, position=position, as_cited="x", first_seen_at=NOW
                )
            )

    async def act() -> None:
        await watcher_of(database, web, HeldHosts(SqlHosts(database), token="one"), tmp_path).run()

    asyncio.run(act())
    notes = [web.cases[url].note for url in urls]
    assert [note and note.text for note in notes] == ["Bell, “Ice”", "Cole", None]


def test_the_next_look_knows_what_the_last_one_found(database: Database, tmp_path: Path) -> None:
    """All but every fourth: rules and baselines change while pages and their validators do not."""
    url = "https://one.example/a"
    add(database, [("one.example", url)])
    web = Web()
    ledger = SqlChecks(database)
    known = []

    async def act() -> None:
        watcher = watcher_of(database, web, HeldHosts(SqlHosts(database), token="a"), tmp_path)
        for _ in range(6):
            ledger.postpone([1], until=NOW)
            await watcher.run()
            known.append((web.cases[url].last_hash, web.cases[url].last_kind))

    asyncio.run(act())
    same, first = (short_digest(DIGEST), ObservationKind.OK), (None, None)
    again = (None, ObservationKind.OK)
    assert known == [first, same, same, same, again, same]
    told = ('"v1"', None)
    assert web.validators == [(None, None), told, told, told, (None, None), told]


def test_the_target_of_a_short_form_gets_looks_of_its_own(database: Database, tmp_path: Path) -> None:
    short, long = "https://bit.ly/3abc", "https://www.old-institute.example/reports/2019/water"
    add(database, [("bit.ly", short)])
    web = Web()
    web.targets[short] = long
    ledger = SqlChecks(database)

    async def act() -> None:
        watcher = watcher_of(database, web, HeldHosts(SqlHosts(database), token="a"), tmp_path)
        await watcher.run()
        assert list(web.cases) == [short]

    asyncio.run(act())
    (target,) = ledger.due("old-institute.example", now=NOW + timedelta(days=2))
    assert target.fetch_form == long
    (again,) = ledger.due("bit.ly", now=NOW + timedelta(days=2))
    assert target.next_check_at == again.next_check_at


@pytest.mark.parametrize("target", ["https://", "https://[::1/report", "/reports/2019/water"])
def test_a_target_that_is_no_address_loses_no_looks(database: Database, tmp_path: Path, target: str) -> None:
    short, other = "https://bit.ly/3abc", "https://www.old-institute.example/reports/2019/water"
    add(database, [("bit.ly", short), ("old-institute.example", other)])
    web = Web()
    web.targets[short] = target
    ledger = SqlChecks(database)

    async def act() -> None:
        watcher = watcher_of(database, web, HeldHosts(SqlHosts(database), token="a"), tmp_path)
        assert (await watcher.run()).looks == 2

    asyncio.run(act())
    seen = [*ledger.due("bit.ly", now=NOW + timedelta(days=2))]
    seen += ledger.due("old-institute.example", now=NOW + timedelta(days=2))
    assert [(link.fetch_form, link.looks, link.last_checked_at) for link in seen] == [(short, 1, NOW), (other, 1, NOW)]


def test_a_link_whose_host_another_process_holds_is_put_off_and_told(database: Database, tmp_path: Path) -> None:
    """So that a run of `archive` knows that it has to ask again."""
    web = Web()
    add(database, [("h.example", "http://h.example/")])

    async def act() -> int:
        other, own = HeldHosts(SqlHosts(database), token="other"), HeldHosts(SqlHosts(database), token="own")
        async with other.hold("h.example"):
            summary = await watcher_of(database, web, own, tmp_path).run()
        return summary.put_off

    assert asyncio.run(act()) == 1
    assert web.cases == {}
