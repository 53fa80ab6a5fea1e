"""What visits in tests need: a browser, a gate that leads to the test web, and one event loop for both."""

import asyncio
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from captures.memory_sink import MemorySink
from captures.truth_server import Sent, TruthServer
from linkkeeper.adapters.playwright_browser import BrowserOptions, PlaywrightPool
from linkkeeper.captures.limits import VisitLimits
from linkkeeper.captures.visit import Visit, VisitOrder, visit
from linkkeeper.egress.gate import EgressGate, EgressRules
from linkkeeper.egress.resolver import Resolver
from linkkeeper.egress.tls import client_context

T = TypeVar("T")

#: Short ones, so that pages that never end do so in seconds.
TIGHT = VisitLimits(
    total_timeout_s=30,
    load_timeout_s=5,
    behaviour_timeout_s=3,
    settle_timeout_s=2,
    picture_timeout_s=8,
    pdf_timeout_s=8,
    max_body_bytes=4_000_000,
    max_capture_bytes=16_000_000,
    max_exchanges=200,
    max_decoded_bytes=40_000_000,
)


@dataclass(frozen=True, slots=True)
class Visited:
    """A visit, what it left, and what the web says that it sent."""

    visit: Visit
    sink: MemorySink
    truth: list[Sent]

    @property
    def step_outcomes(self) -> dict[str, str]:
        return {step.name: step.outcome for step in self.visit.steps}


@dataclass(slots=True)
class Visitor:
    """Visits a web of the tests."""

    web: TruthServer
    allow: tuple[str, ...] = ("127.0.0.0/8",)
    names: dict[str, str] = field(default_factory=dict)
    options: BrowserOptions = field(default_factory=lambda: BrowserOptions(allow_unsandboxed=True))
    limits: VisitLimits = field(default_factory=VisitLimits)
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)
    pool: PlaywrightPool = field(init=False)
    gate: EgressGate = field(init=False)

    def open(self) -> "Visitor":
        self.web.start()
        table = {**self.web.connect_to, **self.names}
        rules = EgressRules.read(allow_addresses=self.allow, connect_to=table)
        self.gate = EgressGate(rules, Resolver())
        self.pool = PlaywrightPool(self.options)
        self.run(self.pool.__aenter__())
        return self

    def close(self) -> None:
        self.run(self.pool.__aexit__(None, None, None))
        self.gate.close()
        self.runner.close()
        self.web.stop()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def attend(self, url: str, *, limits: VisitLimits | None = None, **order: Any) -> Visited:
        self.web.log.clear()
        with tempfile.TemporaryDirectory(prefix="visit-sink-") as folder:
            sink = MemorySink(Path(folder))
            result = await visit(
                VisitOrder(url=url, **order),
                browser=self.pool,
                gate=self.gate,
                tls=client_context(str(self.web.ca_file)),
                sink=sink,
                limits=limits or self.limits,
            )
            assert sink.spooled() == [], "a spooled body was left behind"
        return Visited(result, sink, list(self.web.log))

    def visit(self, url: str, *, limits: VisitLimits | None = None, **order: Any) -> Visited:
        return self.run(self.attend(url, limits=limits, **order))
