"""A million links on SQLite: size of the database, claiming due work (p95), recording results a second."""

import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from linkkeeper.adapters.sqlmodel_checks import SqlChecks
from linkkeeper.adapters.sqlmodel_engine import Database, open_database
from linkkeeper.adapters.sqlmodel_hosts import SqlHosts
from linkkeeper.adapters.sqlmodel_links import identity_hash
from linkkeeper.adapters.sqlmodel_tables import LinkRow
from linkkeeper.checks.recheck import next_check
from linkkeeper.checks.standing import standing_of
from linkkeeper.checks.states import advance
from linkkeeper.vocabulary.observation import Evidence, Observation, ObservationKind
from linkkeeper.vocabulary.records import LinkRecord, LookResult

LINKS = 1_000_000
HOSTS = 60_000
CLAIMS = 300
BATCH = 500
BATCHES = 20
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "linkkeeper.db"
        database = open_database(f"sqlite:///{path}", backups=Path(folder), now=NOW)
        _fill(database)
        database.close()
        size = sum(file.stat().st_size for file in Path(folder).iterdir()) / 1e6
        print(f"{LINKS:,} links on {HOSTS:,} hosts: {size:.0f} MB (must be below 400)")
        claims = _claim(database)
        p95 = statistics.quantiles(claims, n=20)[-1] * 1000
        median = statistics.median(claims) * 1000
        print(f"claiming a host with its due links: median {median:.1f} ms, p95 {p95:.1f} ms (must be below 15)")
        rate = _record(database)
        print(f"recording in batches of {BATCH}: {rate:,.0f} results a second (must be at least 3,000)")
        database.close()


def _fill(database: Database) -> None:
    standing = _advanced(standing_of(None, first_seen=NOW - timedelta(days=90)), NOW - timedelta(days=5)).to_json()
    table = LinkRow.__table__  # type: ignore[attr-defined]  # SQLModel does not type it
    with database.writing() as session:
        for start in range(0, LINKS, 10_000):
            session.connection().execute(
                insert(table), [_row(number, standing) for number in range(start, start + 10_000)]
            )


def _row(number: int, standing: str) -> dict[str, object]:
    host = f"www.host-{number % HOSTS}.example"
    url = f"https://{host}/articles/2019/{number:07d}-how-the-river-froze-early-that-year"
    return {
        "identity_hash": identity_hash(url),
        "identity_rules": 1,
        "fetch_form": url,
        "host": host.removeprefix("www."),
        "state": "alive",
        "since": NOW - timedelta(days=90),
        "standing": standing,
        "first_seen_at": NOW - timedelta(days=90),
        "last_checked_at": NOW - timedelta(days=5),
        "last_ok_at": NOW - timedelta(days=5),
        "next_check_at": NOW + timedelta(seconds=(number * 7919) % (14 * 86_400) - 1800),
        "looks": 9,
        "evidence_class": "ok",
        "confirmed": True,
        "etag": '"5d8c72a5edda8"',
        "body_hash": -(2**62) + number,
    }


def _advanced(standing, moment):  # type: ignore[no-untyped-def]
    return advance(standing, _observation("https://a.example/", moment))


def _observation(url: str, moment: datetime) -> Observation:
    evidence = Evidence(words="the source answers", etag='"5d8c72a5edda8"')
    return Observation(url=url, moment=moment, kind=ObservationKind.OK, rule="answers@1", evidence=evidence)


def _claim(database: Database) -> list[float]:
    checks, hosts = SqlChecks(database), SqlHosts(database)
    due = checks.due_hosts(now=NOW, limit=CLAIMS)
    taken = []
    for host, _ in due:
        began = time.perf_counter()
        hosts.claim(host, token="benchmark", now=datetime.now(UTC))
        assert checks.due(host, now=NOW)
        taken.append(time.perf_counter() - began)
    return taken


def _record(database: Database) -> float:
    checks = SqlChecks(database)
    due: list[LinkRecord] = []
    for host, _ in checks.due_hosts(now=NOW + timedelta(days=14), limit=2_000):
        due += checks.due(host, now=NOW + timedelta(days=14))
        if len(due) >= BATCH * BATCHES:
            break
    batches = [[_result(link) for link in due[start : start + BATCH]] for start in range(0, BATCH * BATCHES, BATCH)]
    began = time.perf_counter()
    for batch in batches:
        checks.record(batch)
    return BATCH * BATCHES / (time.perf_counter() - began)


def _result(link: LinkRecord) -> LookResult:
    observation = _observation(link.fetch_form, NOW)
    after = advance(standing_of(link.standing, first_seen=link.first_seen_at), observation)
    return LookResult(
        link_id=link.id,
        observation=observation,
        state=after.state,
        since=after.since,
        standing=after.to_json(),
        next_check_at=next_check(after, moment=NOW, key=link.identity_key),
        is_ok=True,
        kept=False,
        evidence_class="ok",
    )


if __name__ == "__main__":
    main()
