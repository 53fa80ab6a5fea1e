"""
One visit to a source: its steps, and what they found.

:func:`visit` needs a browser, the egress gate and a sink; it always returns a
:class:`Visit` whose quality says what the capture is worth, unless the browser
does not start or the sink can't write.
"""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from linkkeeper.captures.ledger import Asked, Ledger
from linkkeeper.captures.limits import LimitHit, VisitLimits
from linkkeeper.captures.ports import BrowserLease, BrowserPool, Gate, RecordSink, TabLost
from linkkeeper.captures.quality import Judgement, judge
from linkkeeper.captures.recorder import NAME, Recorder
from linkkeeper.captures.source_kind import SourceKind
from linkkeeper.captures.stay import Stay
from linkkeeper.captures.steps import StepRunner
from linkkeeper.vocabulary.capture import ExchangeFailure, PageMetadata, Quality, StepReport, Truncation
from linkkeeper.vocabulary.observation import Hop


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitOrder:
    """
    What to visit, and how.

    Attributes:
        url: Fetch form.
        service_workers: Let them run: for the one retry after an ``empty`` capture.
        consent: Dismiss consent banners.
        srcset: Also fetch the other picture sizes.
        keep_renderings: Make pictures, PDF and DOM; False for a mere look.
    """

    url: str
    service_workers: bool = False
    consent: bool = True
    srcset: bool = False
    keep_renderings: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MainAnswer:
    """
    The final answer of the main resource.

    Attributes:
        url: That answered, after redirects.
        hops: Each redirect on the way, in order, HTTP's and the page's own.
        moment: Of the response's WARC-Date.
        body_bytes: As received.
    """

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    media_type: str
    moment: datetime
    address: str
    kind: SourceKind
    hops: tuple[Hop, ...] = ()
    body_bytes: int = 0
    truncated: Truncation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """
    What a visit found and kept.

    Attributes:
        reason: For the quality, as a sentence part; "" when complete.
        main: None if the source gave no answer.
        hops: Also known when the main answer never came.
        exchanges: Recorded.
        received_bytes: Of all bodies, as they came.
        failed: Requests of the page that got no answer.
        hits: Limits that bit.
        sandbox: Of the browser, in words.
        text: Visible text as rendered; of a PDF, its text.
        dom: The document as scripts left it, UTF-8; empty without a page.
        body: The document as the server sent it, decoded, cut at 256 KiB;
            empty without a page.
    """

    url: str
    quality: Quality
    reason: str
    started: datetime
    elapsed_s: float
    steps: tuple[StepReport, ...]
    metadata: PageMetadata
    main: MainAnswer | None
    hops: tuple[Hop, ...]
    failures: tuple[ExchangeFailure, ...]
    exchanges: int
    received_bytes: int
    failed: int
    hits: tuple[LimitHit, ...]
    text: str
    recorder: str
    browser_version: str
    sandbox: str
    dom: bytes
    body: bytes = b""


async def visit(
    order: VisitOrder,
    *,
    browser: BrowserPool,
    gate: Gate,
    tls: ssl.SSLContext,
    sink: RecordSink,
    limits: VisitLimits,
    on_step: Callable[[StepReport], None] = lambda report: None,
) -> Visit:
    """
    Visit *order.url* and record everything.

    A page or browser that crashes is tried once more in a fresh browser; the
    exchanges of both tries are kept.

    Args:
        browser: Where a browser comes from.
        gate: Opens every connection.
        tls: Verifying context for origins.
        sink: Gets the records; publishing is its caller's business.
        on_step: Hears of every step as it ends.

    Raises:
        BrowserError: no browser starts.
        StorageError: the sink can't write.
    """
    started = datetime.now(UTC)
    runner = StepRunner(total_s=limits.total_timeout_s, on_step=on_step)
    ledger = Ledger(sink=sink, limits=limits)
    staying = asyncio.create_task(
        _stay_with_retry(
            order, browser=browser, gate=gate, tls=tls, sink=sink, limits=limits, ledger=ledger, runner=runner
        )
    )
    try:
        stay = await _while_writing(staying, ledger)
        await ledger.finish_writing()
        await stay.hand_over(sink)
    finally:
        ledger.forget()
    return _conclude(order, stay, judge(stay.facts()), started=started)


async def _while_writing(staying: asyncio.Task[Stay], ledger: Ledger) -> Stay:
    """Wait for the stay, with the ledger writing beside it; a failed write ends both at once."""
    writer = asyncio.create_task(ledger.write())
    try:
        await asyncio.wait({staying, writer}, return_when=asyncio.FIRST_COMPLETED)
        if writer.done():
            writer.result()
        return await staying
    finally:
        for task in (staying, writer):
            task.cancel()
        await asyncio.wait({staying, writer})
        if not writer.cancelled() and (error := writer.exception()) is not None:
            raise error


async def _stay_with_retry(
    order: VisitOrder,
    *,
    browser: BrowserPool,
    gate: Gate,
    tls: ssl.SSLContext,
    sink: RecordSink,
    limits: VisitLimits,
    ledger: Ledger,
    runner: StepRunner,
) -> Stay:
    for attempt in (1, 2):
        async with browser.lease() as lease:
            stay = Stay(order.url, ledger=ledger, limits=limits, runner=runner, lease=lease)
            recorder = Recorder(gate=gate, tls=tls, key=lease.key, ledger=ledger, limits=limits, folder=sink.scratch())
            try:
                async with recorder:
                    await _stay(order, stay, recorder, lease)
            except TabLost as error:
                stay.lost = str(error)
                if error.crashed and attempt == 1:
                    ledger.restart()
                    continue
            return stay
    return stay


async def _stay(order: VisitOrder, stay: Stay, recorder: Recorder, lease: BrowserLease) -> None:
    async with AsyncExitStack() as opened:
        tab = await opened.enter_async_context(
            lease.tab(recorder.proxy, service_workers=order.service_workers, on_landing=stay.landed)
        )
        await stay.run(tab, recorder, consent=order.consent, srcset=order.srcset, keep_renderings=order.keep_renderings)
        await stay.close(opened.aclose)


def _main_answer(asked: Asked | None, stay: Stay, hops: tuple[Hop, ...]) -> MainAnswer | None:
    if asked is None or asked.answer is None or asked.moment is None:
        return None
    return MainAnswer(
        url=asked.url,
        status=asked.answer.status,
        headers=asked.answer.text_fields(),
        media_type=asked.answer.media_type,
        moment=asked.moment,
        address=asked.address,
        kind=stay.kind,
        hops=hops,
        body_bytes=asked.body_bytes,
        truncated=asked.truncated,
    )


def _conclude(order: VisitOrder, stay: Stay, judgement: Judgement, *, started: datetime) -> Visit:
    ledger, runner = stay.ledger, stay.runner
    return Visit(
        url=order.url,
        quality=judgement.quality,
        reason=judgement.reason,
        started=started,
        elapsed_s=round((datetime.now(UTC) - started).total_seconds(), 3),
        steps=tuple(runner.reports),
        metadata=stay.metadata,
        main=_main_answer(ledger.main, stay, ledger.hops),
        hops=ledger.hops,
        failures=tuple(ledger.failures),
        exchanges=ledger.exchanges,
        received_bytes=ledger.bytes,
        failed=len(ledger.failures),
        hits=tuple(ledger.hits),
        text=stay.text,
        recorder=NAME,
        browser_version=stay.lease.version,
        sandbox=str(stay.lease.sandbox),
        dom=stay.dom,
        body=stay.body,
    )
