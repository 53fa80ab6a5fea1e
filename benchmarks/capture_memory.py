"""
Memory that visits take: of one with a 50 MB sub-resource, and of many in a row.

Run: ``python benchmarks/capture_memory.py [VISITS]``. Printed for the row:
memory and descriptors of this process and memory of the browser, every tenth
of the way, and what failed.
"""

import asyncio
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
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
        left = iter(range(count))
        print("visits  process MB  descriptors  browser MB")

        async def slot() -> None:
            for number in left:
                if number % max(1, count // 10) == 0:
                    await self._report(number)
                await self.visit("/forty")

        await asyncio.gather(slot(), slot())
        await self._report(count)
        print(f"{count} visits, {self.failed} not complete, {time.perf_counter() - started:.0f} s")

    async def _report(self, number: int) -> None:
        async with self.pool.lease() as browser:
            memory = chromium.memory_of(browser.marker)
        line = f"{number:6}  {resident() / MEGABYTE:10.1f}  {descriptors():11}  {memory / MEGABYTE:10.0f}"
        print(line, flush=True)


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
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
