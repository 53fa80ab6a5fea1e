"""Visits that end early: cancelled, or because the sink can't write; and what they leave."""

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from captures.memory_sink import MemorySink
from captures.truth_web import CASES, MAIN, truth_web
from captures.visiting import Visitor
from linkkeeper.adapters.browser_look import PlaywrightLook
from linkkeeper.captures.limits import LimitHit, VisitLimits
from linkkeeper.captures.visit import VisitOrder, visit
from linkkeeper.checks.look import FailureKind
from linkkeeper.egress.tls import client_context
from linkkeeper.errors import BrowserError, StorageError
from linkkeeper.vocabulary.capture import Exchange, Quality, StepOutcome
from linkkeeper.vocabulary.moment import SystemClock

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def visitor() -> Iterator[Visitor]:
    visitor = Visitor(truth_web(), names={"no-such.example:443": ""}).open()
    yield visitor
    visitor.close()


@dataclass(slots=True)
class FullDisk(MemorySink):
    """Takes one exchange, and then no more."""

    async def exchange(self, exchange: Exchange) -> None:
        if self.kept:
            raise StorageError("write to a capture", subject="draft", reason="no space left on device")
        await super(FullDisk, self).exchange(exchange)


async def begin(visitor: Visitor, sink: MemorySink, url: str, *, probed: asyncio.Event | None = None) -> None:
    await visit(
        VisitOrder(url=url),
        browser=visitor.pool,
        gate=visitor.gate,
        tls=client_context(str(visitor.web.ca_file)),
        sink=sink,
        limits=VisitLimits(),
        on_step=lambda report: probed.set() if probed is not None else None,
    )


def test_a_sink_that_can_not_write_fails_the_visit_at_once(visitor: Visitor) -> None:
    with tempfile.TemporaryDirectory() as folder:
        sink = FullDisk(Path(folder))
        with pytest.raises(StorageError, match="no space left"):
            visitor.run(begin(visitor, sink, CASES["article"]))
        assert sink.spooled() == []
        assert sink.renderings == {}


def test_a_cancelled_visit_leaves_nothing_and_the_next_is_sound(visitor: Visitor) -> None:
    async def cancel_midway() -> None:
        with tempfile.TemporaryDirectory() as folder:
            sink = MemorySink(Path(folder))
            probed = asyncio.Event()
            task = asyncio.create_task(begin(visitor, sink, f"https://{MAIN}/large", probed=probed))
            await probed.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert sink.spooled() == []

    visitor.run(cancel_midway())
    assert visitor.visit(CASES["redirects"]).visit.quality is Quality.COMPLETE


def test_a_look_keeps_nothing_and_tells_what_was_rendered(visitor: Visitor) -> None:
    tls = client_context(str(visitor.web.ca_file))
    looker = PlaywrightLook(browser=visitor.pool, gate=visitor.gate, tls=tls, limits=VisitLimits(), clock=SystemClock())
    look = visitor.run(looker.look(CASES["redirects"]))
    assert look.by_browser
    assert look.answer is not None
    assert look.answer.status == 200
    assert look.answer.url == f"https://{MAIN}/redirected"
    assert [hop.status for hop in look.hops] == [301, 302, 307]
    assert "After three redirects" in (look.answer.rendered_text or "")
    missing = visitor.run(looker.look("https://no-such.example/"))
    assert missing.failure is not None
    assert missing.failure.kind is FailureKind.DNS_MISSING
    hasty = replace(VisitLimits(), load_timeout_s=0.7)
    looker = PlaywrightLook(browser=visitor.pool, gate=visitor.gate, tls=tls, limits=hasty, clock=SystemClock())
    late = visitor.run(looker.look(CASES["slow"]))
    assert late.failure is not None
    assert (late.failure.kind, late.failure.words) == (
        FailureKind.TIMEOUT,
        "no answer before the visit ended: none within 0.7 s",
    )


def test_a_way_that_ends_at_no_page_says_where(visitor: Visitor) -> None:
    visited = visitor.visit(f"https://{MAIN}/mail-address")
    assert visited.visit.quality is Quality.ERROR
    assert (
        visited.visit.reason == "the way ended at a status 302 that leads to mailto:kay@truth.example, which is no page"
    )
    assert visited.visit.main is not None


@pytest.mark.parametrize("path", ["/two-lengths", "/undecodable"])
def test_what_only_our_browser_could_not_do_is_no_look(visitor: Visitor, path: str) -> None:
    """The recorder refuses what browsers may show; the browser shows no body in another coding than is named."""
    limits = replace(VisitLimits(), load_timeout_s=3.0)
    tls = client_context(str(visitor.web.ca_file))
    looker = PlaywrightLook(browser=visitor.pool, gate=visitor.gate, tls=tls, limits=limits, clock=SystemClock())
    with pytest.raises(BrowserError):
        visitor.run(looker.look(f"https://{MAIN}{path}"))


def test_a_visit_that_runs_out_of_time_says_so_and_closes_its_page(visitor: Visitor) -> None:
    visited = visitor.visit(CASES["article"], limits=VisitLimits(total_timeout_s=0.8))
    assert LimitHit.TOTAL_TIME in visited.visit.hits
    assert visited.visit.quality is not Quality.COMPLETE
    assert visited.visit.reason
    last = visited.visit.steps[-1]
    assert (last.name, last.outcome) == ("close", StepOutcome.DONE)


def test_the_browser_names_itself_without_headless(visitor: Visitor) -> None:
    visited = visitor.visit(f"https://{MAIN}/redirected")
    asked = b"".join(sent.request_head for sent in visited.truth)
    assert b"Chrome/" in asked
    assert b"Headless" not in asked
