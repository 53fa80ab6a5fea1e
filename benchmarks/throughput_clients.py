"""The Python clients of the throughput benchmark, each a process of its own that prints one JSON line."""

import asyncio
import json
import multiprocessing
import resource
import ssl
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx

from linkkeeper.adapters.httpx_fetch import FetchLimits, HttpxFetch
from linkkeeper.checks.case import Case
from linkkeeper.checks.observe import Observer
from linkkeeper.checks.pacing import Pacer, PaceRules
from linkkeeper.checks.rounds import Outcome, run_round
from linkkeeper.checks.siblings import SiblingsInMemory
from linkkeeper.egress.gate import EgressGate, EgressRules
from linkkeeper.egress.resolver import Resolver
from linkkeeper.egress.tls import client_context
from linkkeeper.vocabulary.moment import SystemClock
from linkkeeper.vocabulary.uri import host_of, identity_key, politeness_key

SLOTS = 100
QUICK = FetchLimits(connect_s=5.0, first_byte_s=5.0, total_s=20.0)
POLITE = PaceRules(slots=SLOTS, per_host=2, interval_s=0.5, per_address=4)
HASTY = PaceRules(slots=SLOTS, per_host=SLOTS, interval_s=0.0, per_address=SLOTS, breaker_failures=1_000_000)

_begun: dict[str, float] = {}


def begin() -> None:
    """Start the clocks: what came before was set-up."""
    _begun.update(cpu=time.process_time(), loop=time.thread_time(), wall=time.monotonic())


async def paced(urls: list[str], ca_file: str, *, rules: PaceRules, judging: bool) -> dict[str, int]:
    """Our own way: the pacer, the gate and httpx; with *judging* a whole observation, siblings left out."""
    gate = EgressGate(EgressRules.read(allow_addresses=("10.77.0.0/16",)), Resolver())
    pacer = Pacer(rules, locate=gate.resolve)
    clock = SystemClock()
    fetch = HttpxFetch(
        gate, context=client_context(ca_file), slots=pacer, clock=clock, user_agent="linkkeeper bench", limits=QUICK
    )
    observer = Observer(fetch, slots=pacer, clock=clock, memory=SiblingsInMemory())
    found: Counter[str] = Counter()

    async def work(url: str, patient: bool) -> Outcome:
        if judging:
            observed = await observer.observe(Case(cited=url))
            found["deferred" if observed.look and observed.look.deferred else observed.observation.kind.value] += 1
            return Outcome.ANSWERED
        look = await fetch.look(url)
        name = look.failure.kind.value if look.failure else str(look.answer.status if look.answer else 0)
        found["deferred" if look.deferred else name] += 1
        return Outcome.ANSWERED

    await run_round(urls, work, address=str, pace=pacer)
    await fetch.aclose()
    gate.close()
    return dict(found)


async def whole(urls: list[str], ca_file: str) -> dict[str, int]:
    """A round as the daemon makes it: leases, looks, judging, states, rows; robots.txt and browsers left out."""
    # Imported here: the other clients must not pay for what they don't use.
    from linkkeeper.assembly import open_engine
    from linkkeeper.logs import configure
    from linkkeeper.settings import load

    configure()
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "config.toml"
        given.write_text(
            f'[storage]\npath = "{folder}/storage"\n'
            f'[network]\nallow_addresses = ["10.77.0.0/16"]\nca_file = "{ca_file}"\nconnect_to = {{ "x:1" = "" }}\n'
            f"[checks]\nslots = {SLOTS}\nobey_robots = false\n"
            '[browser]\nexecutable = "/nonexistent"\n'
        )
        # A process of its own, so that set-up leaves no traces in the memory that is measured.
        child = multiprocessing.get_context("spawn").Process(target=_take_in, args=(given, urls))
        child.start()
        child.join()
        async with open_engine(load(given), allow_unsandboxed=True) as engine:
            found: Counter[str] = Counter()
            begin()
            async with engine.hosts.beating():
                while (summary := await engine.watcher.run()).looks:
                    found.update({kind.value: count for kind, count in summary.kinds.items()})
            return dict(found)


def _take_in(given: Path, urls: list[str]) -> None:
    """Make the database and the links' rows, all due."""
    from sqlalchemy import insert

    from linkkeeper.adapters.sqlmodel_links import identity_hash
    from linkkeeper.adapters.sqlmodel_tables import LinkRow
    from linkkeeper.assembly.store import open_store
    from linkkeeper.settings import load

    now = SystemClock().now()
    rows = [
        {
            "identity_hash": identity_hash(identity_key(url)),
            "identity_rules": 1,
            "fetch_form": url,
            "host": politeness_key(host_of(url)),
            "state": "new",
            "since": now,
            "first_seen_at": now,
            "next_check_at": now,
            "looks": 0,
            "confirmed": True,
        }
        for url in dict.fromkeys(urls)
    ]
    with open_store(load(given)) as store, store.database.writing() as session:
        session.connection().execute(insert(LinkRow.__table__), rows)


async def stock(urls: list[str], ca_file: str) -> dict[str, int]:
    """httpx as it comes, a hundred in flight."""
    found: Counter[str] = Counter()
    context = ssl.create_default_context()
    context.load_verify_locations(ca_file)
    waiting = iter(urls)
    limits = httpx.Limits(max_connections=SLOTS, max_keepalive_connections=20)
    timeout = httpx.Timeout(10.0, connect=5.0, pool=None)
    async with httpx.AsyncClient(
        verify=context, limits=limits, timeout=timeout, follow_redirects=True, max_redirects=10, trust_env=False
    ) as client:

        async def one_after_another() -> None:
            for url in waiting:
                try:
                    async with client.stream("GET", url) as response:
                        size = 0
                        async for chunk in response.aiter_bytes():
                            size += len(chunk)
                            if size >= 262_144:
                                break
                        found[str(response.status_code)] += 1
                except httpx.HTTPError as error:
                    found[type(error).__name__] += 1

        async with asyncio.TaskGroup() as tasks:
            for _ in range(SLOTS):
                tasks.create_task(one_after_another())
    return dict(found)


def main() -> None:
    client, rig_file, ca_file = sys.argv[1:4]
    urls = json.loads(Path(rig_file).read_text())["urls"]
    runs = {
        "polite": lambda: paced(urls, ca_file, rules=POLITE, judging=False),
        "polite-judging": lambda: paced(urls, ca_file, rules=POLITE, judging=True),
        "hasty": lambda: paced(urls, ca_file, rules=HASTY, judging=False),
        "whole": lambda: whole(urls, ca_file),
        "stock": lambda: stock(urls, ca_file),
    }
    begin()
    found = asyncio.run(runs[client]())
    cpu_s, loop_s = time.process_time() - _begun["cpu"], time.thread_time() - _begun["loop"]
    report = {
        "client": client,
        "makespan_s": round(time.monotonic() - _begun["wall"], 2),
        "cpu_s_per_1000": round(cpu_s / len(urls) * 1000, 3),
        "of_it_in_the_loop": round(loop_s / len(urls) * 1000, 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "found": found,
    }
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
