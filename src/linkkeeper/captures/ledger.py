"""
The book of one visit: what was asked, answered, failed and refused.

Exchanges are handed to the sink in the background: not before :meth:`Ledger.release`
(writing competes with the browser for the processor while a page loads), and
documents only at the end, when it is known which one was the main resource.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urldefrag, urljoin, urlsplit

from linkkeeper.captures.limits import LimitHit, VisitLimits
from linkkeeper.captures.messages import RequestHead, ResponseHead
from linkkeeper.captures.ports import RecordSink
from linkkeeper.captures.spool import discard
from linkkeeper.vocabulary.capture import Exchange, ExchangeFailure, Truncation
from linkkeeper.vocabulary.observation import Hop

#: Bodies held back in memory before writing starts in spite of a page that is still loading.
_HELD_BYTES = 24 << 20


@dataclass(eq=False, slots=True)
class Asked:
    """
    A request on its way; also the facts of it that are kept.

    Attributes:
        navigation: A document was asked for, in the page or in a frame of it.
        streaming: The answer never ends by design (events, WebSocket).
        by_us: Asked by the completer, not by the page.
        left: The browser closed its connection before the answer was whole.
    """

    url: str
    method: str
    head: bytes
    navigation: bool
    destination: str
    by_us: bool = False
    main: bool = False
    streaming: bool = False
    left: bool = False
    answer: ResponseHead | None = None
    moment: datetime | None = None
    address: str = ""
    truncated: Truncation | None = None
    certificate: bytes | None = None
    chain: tuple[bytes, ...] = ()
    body_bytes: int = 0
    done: bool = False


class Ledger:
    """
    Args:
        sink: Gets every exchange and failure.
        limits: Counted here, enforced by the recorder.
    """

    def __init__(self, *, sink: RecordSink, limits: VisitLimits) -> None:
        self._sink = sink
        self._limits = limits
        self._open: set[Asked] = set()
        self._pending: deque[tuple[Asked, Exchange]] = deque()
        self._documents: list[tuple[Asked, Exchange]] = []
        self._held_bytes = 0
        self._failures_pending: deque[ExchangeFailure] = deque()
        self._released = False
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()
        self._last_change = 0.0
        self._main: Asked | None = None
        self._trail_open = True
        self._hops: list[Hop] = []
        self.main_head = asyncio.Event()
        self.main_done = asyncio.Event()
        self.asked: list[Asked] = []
        self.failures: list[ExchangeFailure] = []
        self.hits: dict[LimitHit, str] = {}
        self.exchanges = 0
        self.bytes = 0

    # what the recorder tells

    def begin(self, url: str, request: RequestHead, *, by_us: bool = False) -> Asked | None:
        """Enter a request; None if a limit forbids it (the failure is entered)."""
        limit = self._refusal()
        if limit is not None:
            self.hit(limit, url)
            self.fail(url, str(limit))
            return None
        asked = Asked(
            url=url,
            method=request.method,
            head=request.raw,
            navigation=not by_us and _is_navigation(request),
            destination=request.text(b"sec-fetch-dest"),
            by_us=by_us,
        )
        asked.main = self._trail_open and asked.navigation and asked.destination in ("", "document")
        if asked.main and len(self._hops) > self._limits.max_redirects:
            self.hit(LimitHit.REDIRECTS, url)
            self.fail(url, str(LimitHit.REDIRECTS))
            return None
        self.asked.append(asked)
        self._open.add(asked)
        self._touch()
        return asked

    def _refusal(self) -> LimitHit | None:
        if len(self.asked) >= self._limits.max_exchanges:
            return LimitHit.EXCHANGES
        if self.bytes >= self._limits.max_capture_bytes:
            return LimitHit.CAPTURE
        return None

    def answered(self, asked: Asked, head: ResponseHead) -> None:
        """Enter the head of the final (not 1xx) answer."""
        asked.answer = head
        asked.moment = datetime.now(UTC)
        asked.streaming = head.status == 101 or head.media_type == "text/event-stream"
        self._touch()
        if not asked.main:
            return
        if _leads_on(asked.url, head):
            self._hops.append(Hop(asked.url, head.status))
        else:
            self._main = asked
            self._trail_open = False
            self.main_head.set()

    def take(self, count: int) -> bool:
        """Count *count* bytes; False when the capture is full."""
        self.bytes += count
        return self.bytes <= self._limits.max_capture_bytes

    def finish(self, asked: Asked, exchange: Exchange) -> None:
        """Enter a whole or truncated exchange."""
        asked.truncated = exchange.truncated
        asked.body_bytes = exchange.response_body.length
        self.exchanges += 1
        self._held_bytes += exchange.response_body.length if exchange.response_body.data is not None else 0
        (self._documents if asked.navigation else self._pending).append((asked, exchange))
        self._close(asked)
        self._wake.set()

    def drop(self, asked: Asked, reason: str, *, refused: bool = False) -> None:
        """Enter a request that got no answer."""
        self.fail(asked.url, reason, refused=refused)
        self._close(asked)
        if asked.main:
            self.main_head.set()

    def fail(self, url: str, reason: str, *, refused: bool = False) -> None:
        failure = ExchangeFailure(url=url, moment=datetime.now(UTC), reason=reason, refused_by_gate=refused)
        self.failures.append(failure)
        self._failures_pending.append(failure)
        self._wake.set()

    def hit(self, limit: LimitHit, subject: str) -> None:
        """Note that a limit bit, with the first thing that it bit on."""
        self.hits.setdefault(limit, subject)

    def _close(self, asked: Asked) -> None:
        asked.done = True
        self._open.discard(asked)
        if asked is self._main or (asked.main and asked.answer is None):
            self.main_done.set()
        self._touch()

    def _touch(self) -> None:
        self._last_change = asyncio.get_running_loop().time()
        self._changed.set()

    # what the visit asks

    @property
    def busy(self) -> int:
        """Requests whose answer is still coming, streams left out."""
        return sum(1 for asked in self._open if not asked.streaming)

    async def quiet(self, *, for_s: float) -> None:
        """Wait until nothing was open or begun for *for_s*."""
        loop = asyncio.get_running_loop()
        while True:
            self._changed.clear()
            if self.busy:
                await self._changed.wait()
                continue
            left = self._last_change + for_s - loop.time()
            if left <= 0:
                return
            await asyncio.sleep(left)

    @property
    def main(self) -> Asked | None:
        return self._main

    @property
    def hops(self) -> tuple[Hop, ...]:
        return tuple(self._hops)

    def landed(self, url: str) -> None:
        """
        Tell the address that the page has in the end.

        If a document was fetched from there, a client-side redirect made it
        the main resource; otherwise the script only changed the address.
        """
        wanted = urldefrag(url)[0]
        if self._main is None or wanted == self._main.url:
            return
        later = self.asked[self.asked.index(self._main) + 1 :]
        found = [asked for asked in later if asked.navigation and asked.url == wanted and asked.answer is not None]
        if not found or found[-1].destination not in ("", "document"):
            return
        if self._main.answer is not None:
            self._hops.append(Hop(self._main.url, self._main.answer.status))
        self._hops += _way_to(found[-1], later)
        self._main = found[-1]
        if self._main.done:
            self.main_done.set()

    def restart(self) -> None:
        """Follow the main resource anew: the browser crashed and starts once more."""
        self._main = None
        self._trail_open = True
        self._hops.clear()
        self.main_head.clear()
        self.main_done.clear()

    def exchange_of(self, asked: Asked) -> Exchange | None:
        """The exchange of a document that is not written yet."""
        return next((exchange for known, exchange in self._documents if known is asked), None)

    # writing

    def release(self) -> None:
        """Start writing: the page has loaded."""
        self._released = True
        self._wake.set()

    async def write(self) -> None:
        """Hand everything but documents to the sink as it comes; runs until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._released or self._held_bytes > _HELD_BYTES:
                await self._write_pending()

    async def finish_writing(self) -> None:
        """Write the rest, the main resource marked."""
        await self._write_pending()
        while self._documents:
            asked, exchange = self._documents[0]
            await self._hand_over(replace(exchange, main=asked is self._main))
            self._documents.pop(0)

    async def _write_pending(self) -> None:
        while self._pending:
            _, exchange = self._pending.popleft()
            self._held_bytes -= exchange.response_body.length if exchange.response_body.data is not None else 0
            await self._hand_over(exchange)
        while self._failures_pending:
            await self._sink.failure(self._failures_pending.popleft())

    async def _hand_over(self, exchange: Exchange) -> None:
        await self._sink.exchange(exchange)
        discard(exchange.request_body)
        discard(exchange.response_body)

    def forget(self) -> None:
        """Drop what nobody will write: the visit failed."""
        for _, exchange in (*self._pending, *self._documents):
            discard(exchange.response_body)
            discard(exchange.request_body)
        self._pending.clear()
        self._documents.clear()


def _is_navigation(request: RequestHead) -> bool:
    mode = request.text(b"sec-fetch-mode")
    return mode == "navigate" if mode else request.first(b"upgrade-insecure-requests") is not None


def _way_to(target: Asked, later: list[Asked]) -> list[Hop]:
    """The HTTP redirects that led to *target*, in order."""
    hops: list[Hop] = []
    wanted = target.url
    for asked in reversed(later[: later.index(target)]):
        if not (asked.navigation and asked.answer is not None and asked.answer.is_redirect):
            continue
        if urldefrag(urljoin(asked.url, asked.answer.text(b"location")))[0] == wanted:
            hops.insert(0, Hop(asked.url, asked.answer.status))
            wanted = asked.url
    return hops


def _leads_on(url: str, head: ResponseHead) -> bool:
    """Whether an answer sends the browser to another page; ``mailto:`` or nothing at all is the end of the way."""
    place = head.text(b"location").strip()
    try:
        return head.is_redirect and bool(place) and urlsplit(urljoin(url, place)).scheme in ("http", "https")
    except ValueError:
        return False
