"""
Memory that visits take: of one with a 50 MB sub-resource, and of many in a row.

Run: ``python benchmarks/capture_memory.py [VISITS] [--trace]``. Printed for the
row: memory and descriptors of this process and memory of the browser, every
tenth of the way; what failed; and what was added after the first fifty. Memory
of this process is the median of that tenth, looked at after each visit: between
two visits it moves by more than a hundred of them add.
With ``--trace`` (slower) also where Python objects were made that were there at
the end and not after the first fifty.
"""

import asyncio
import gc
import ssl
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from uuid import uuid4

from capture_web import running_web

from linkkeeper.adapters import chromium
from linkkeeper.adapters.playwright_browser import BrowserOptions, PlaywrightPool
from linkkeeper.archive.draft import Draft
from linkkeeper.captures.limits import VisitLimits
from linkkeeper.captures.visit import VisitOrder, visit
from linkkeeper.egress.gate import EgressGate, EgressRules
from linkkeeper.egress.resolver import Resolver
from linkkeeper.egress.tls import client_context
from linkkeeper.vocabulary.capture import Quality

HOST = "https://www.truth.example"
MEGABYTE = 1 << 20
#: Growth is counted from here on.
WARM = 50


def resident() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@dataclass
class Peak:
    """The highest memory of this process while it is watched."""

    bytes: int = 0
    _end: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watch(self) -> Iterator["Peak"]:
        thread = threading.Thread(target=self._look, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._end.set()
            thread.join()

    def _look(self) -> None:
        while not self._end.wait(0.01):
            self.bytes = max(self.bytes, resident())


@dataclass
class Bench:
    pool: PlaywrightPool
    gate: EgressGate
    tls: ssl.SSLContext
    root: Path
    failed: int = 0
    seen: list[int] = field(default_factory=list)

    async def visit(self, path: str) -> None:
        name = uuid4().hex
        draft = Draft.open(self.root, token=name, capture_id=name, url=HOST + path, software="benchmark")
        found = await visit(
            VisitOrder(url=HOST + path),
            browser=self.pool,
            gate=self.gate,
            tls=self.tls,
            sink=draft,
            limits=VisitLimits(),
        )
        if found.quality is not Quality.COMPLETE:
            self.failed += 1
            print(f"  {path}: {found.quality}: {found.reason}", flush=True)
        draft.abandon()
        self.seen.append(resident())

    async def large(self) -> None:
        for _ in range(3):
            await self.visit("/forty")
        small, large = Peak(), Peak()
        with small.watch():
            await self.visit("/forty")
        with large.watch():
            await self.visit("/large")
        print(f"added by a 50 MB sub-resource: {(large.bytes - small.bytes) / MEGABYTE:.1f} MB")

    async def row(self, count: int) -> None:
        started = time.perf_counter()
        print("visits  process MB  descriptors  browser MB")
        await self._visit_all(min(WARM, count))
        warm, before = await self._report(min(WARM, count)), _snapshot()
        step = max(10, count // 10)
        tenths = [warm]
        for number in range(min(WARM, count), count, step):
            await self._visit_all(min(step, count - number))
            tenths.append(await self._report(min(number + step, count)))
        first, last = tenths[min(1, len(tenths) - 1)], tenths[-1]
        print(f"{count} visits, {self.failed} not complete, {time.perf_counter() - started:.0f} s")
        more = (last[0] - first[0]) / MEGABYTE
        added = f"{more:+.1f} MB from the next {step} to the last, {last[1] - warm[1]:+} descriptors"
        print(f"after the first {WARM}: {added}")
        if before is not None:
            _show_growth(before)

    async def _visit_all(self, count: int) -> None:
        """Two at a time."""
        left = iter(range(count))

        async def slot() -> None:
            for _ in left:
                await self.visit("/forty")

        await asyncio.gather(slot(), slot())

    async def _report(self, number: int) -> tuple[int, int]:
        """Print and return memory and descriptors of this process, while nothing runs."""
        async with self.pool.lease() as browser:
            memory = chromium.memory_of(browser.marker)
        # Connections that were aborted are closed a moment later.
        await asyncio.sleep(0.5)
        gc.collect()
        found = int(median(self.seen)), descriptors()
        self.seen.clear()
        print(f"{number:6}  {found[0] / MEGABYTE:10.1f}  {found[1]:11}  {memory / MEGABYTE:10.0f}", flush=True)
        return found


def _snapshot() -> tracemalloc.Snapshot | None:
    return tracemalloc.take_snapshot() if tracemalloc.is_tracing() else None


def _show_growth(before: tracemalloc.Snapshot) -> None:
    after = tracemalloc.take_snapshot()
    grown = after.compare_to(before, "traceback")
    print(f"Python objects: {sum(item.size_diff for item in grown) / MEGABYTE:+.2f} MB; most of it made at")
    for item in grown[:12]:
        print(f"{item.size_diff / 1024:+9.1f} KB in {item.count_diff:+6} objects")
        print("\n".join(item.traceback.format(limit=6, most_recent_first=True)))


async def main(count: int) -> None:
    with running_web() as web, tempfile.TemporaryDirectory() as folder:
        rules = EgressRules.read(allow_addresses=("127.0.0.0/8",), connect_to=web.connect_to)
        gate = EgressGate(rules, Resolver())
        async with PlaywrightPool(BrowserOptions()) as pool:
            bench = Bench(pool, gate, client_context(web.ca_file), Path(folder))
            await bench.large()
            await bench.row(count)
        gate.close()


if __name__ == "__main__":
    numbers = [argument for argument in sys.argv[1:] if argument != "--trace"]
    if "--trace" in sys.argv:
        tracemalloc.start(12)
    asyncio.run(main(int(numbers[0]) if numbers else 100))
