"""
Two visits at a time in one browser against one after another, each in a new browser; paired rounds.

The same page with forty resources and the same artefacts (WARC, pictures, PDF,
text) both ways. Run: ``python benchmarks/capture_slots.py [ROUNDS] [VISITS]``.
"""

import asyncio
import ssl
import statistics
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

from capture_web import running_web

from linkkeeper.adapters.playwright_browser import BrowserOptions, PlaywrightPool
from linkkeeper.archive.draft import Draft
from linkkeeper.captures.limits import VisitLimits
from linkkeeper.captures.visit import VisitOrder, visit
from linkkeeper.egress.gate import EgressGate, EgressRules
from linkkeeper.egress.resolver import Resolver
from linkkeeper.egress.tls import client_context
from linkkeeper.vocabulary.capture import Quality

URL = "https://www.truth.example/forty"


async def one(pool: PlaywrightPool, gate: EgressGate, tls: ssl.SSLContext, root: Path) -> None:
    name = uuid4().hex
    draft = Draft.open(root, token=name, capture_id=name, url=URL, software="benchmark")
    found = await visit(VisitOrder(url=URL), browser=pool, gate=gate, tls=tls, sink=draft, limits=VisitLimits())
    assert found.quality is Quality.COMPLETE, found.reason
    draft.abandon()


async def one_after_another(count: int, gate: EgressGate, tls: ssl.SSLContext, root: Path) -> float:
    started = time.perf_counter()
    for _ in range(count):
        async with PlaywrightPool(BrowserOptions()) as pool:
            await one(pool, gate, tls, root)
    return time.perf_counter() - started


async def two_slots(count: int, pool: PlaywrightPool, gate: EgressGate, tls: ssl.SSLContext, root: Path) -> float:
    started = time.perf_counter()
    left = iter(range(count))

    async def slot() -> None:
        for _ in left:
            await one(pool, gate, tls, root)

    await asyncio.gather(slot(), slot())
    return time.perf_counter() - started


async def main(rounds: int, count: int) -> None:
    with running_web() as web, tempfile.TemporaryDirectory() as folder:
        rules = EgressRules.read(allow_addresses=("127.0.0.0/8",), connect_to=web.connect_to)
        gate, tls, root = EgressGate(rules, Resolver()), client_context(web.ca_file), Path(folder)
        times = []
        async with PlaywrightPool(BrowserOptions()) as pool:
            await two_slots(2, pool, gate, tls, root)
            for _ in range(rounds):
                alone = await one_after_another(count, gate, tls, root)
                together = await two_slots(count, pool, gate, tls, root)
                times.append((alone, together))
        gate.close()
    print(f"one after another {60 * count / statistics.median(a for a, _ in times):.1f} a minute")
    print(f"two slots         {60 * count / statistics.median(b for _, b in times):.1f} a minute")
    ratios = [alone / together for alone, together in times]
    print(f"ratio             {statistics.median(ratios):.2f} (min {min(ratios):.2f}, max {max(ratios):.2f})")


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]] + [3, 8][len(sys.argv) - 1 :]
    asyncio.run(main(*arguments[:2]))
