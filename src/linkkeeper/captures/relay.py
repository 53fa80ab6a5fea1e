"""One exchange: the request to the origin, the answer to the browser and into the book."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from math import inf
from pathlib import Path

from linkkeeper.captures.decoding import Expansion
from linkkeeper.captures.framing import BodyEnd, CountedBody, body_end
from linkkeeper.captures.handing_on import HandingOn
from linkkeeper.captures.ledger import Asked, Ledger
from linkkeeper.captures.limits import LimitHit, VisitLimits
from linkkeeper.captures.messages import (
    Framing,
    HeadTooLarge,
    MalformedMessage,
    RequestHead,
    ResponseHead,
    closes,
    for_origin,
    read_response,
    request_framing,
    response_framing,
)
from linkkeeper.captures.spool import Spool
from linkkeeper.captures.upstream import NoConnection, Upstream, UpstreamFailed
from linkkeeper.captures.wire import Wire, WireLost
from linkkeeper.vocabulary.capture import Body, Exchange, Truncation

#: Compressed bodies above this are unpacked on the side, to catch decompression bombs.
_WATCHED_BYTES = 1 << 18
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})

#: How the reasons of messages begin that two readers could take differently.
MALFORMED = "refused, malformed"
#: The reason of a request that was still waiting when the visit ended.
NO_ANSWER_YET = "no answer before the visit ended"
#: The reason of a request that we gave up because the page waited for it.
HUNG = "no answer while the page waited for it"
#: The reason of a request that the browser itself gave up.
TAKEN_BACK = "the page took its request back"
#: What is fetched for no place in the page (``Sec-Fetch-Dest``), and pages themselves.
_HOLD_NOTHING_UP = frozenset({"", "empty", "document", "worker", "sharedworker", "serviceworker", "report"})
#: What an upstream proxy answers when the trouble is its own.
_PROXY_TROUBLE = frozenset({407, 502, 503, 504})


#: The server's answer to a request that the browser took back is still recorded,
#: if it comes this soon and so little of it is missing.
_PATIENCE_S = 3.0
_PATIENCE_BYTES = 1 << 18


class NoAnswer(Exception):
    """The exchange brought no answer; the argument says why."""

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.refused = refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    Which connections can carry another exchange.

    Attributes:
        break_hidden: The answer broke off, and only a broken connection tells the browser.
    """

    browser_reusable: bool
    origin_reusable: bool
    break_hidden: bool = False


class Relay:
    """
    Args:
        browser: None when the completer asks, so that nobody waits for the answer.
    """

    def __init__(
        self,
        asked: Asked,
        request: RequestHead,
        *,
        target: str,
        upstream: Upstream,
        browser: Wire | None,
        ledger: Ledger,
        limits: VisitLimits,
        folder: Path,
    ) -> None:
        self._asked = asked
        self._request = request
        self._target = target
        self._upstream = upstream
        self._browser = browser
        self._ledger = ledger
        self._limits = limits
        self._sent = for_origin(request, target=target)
        self._request_body = Spool(folder)
        self._body = Spool(folder)
        self._expansion: Expansion | None = None
        self._early_pieces: list[bytes] = []
        self._truncated: Truncation | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._given_up = False
        self._hung = False
        self._answering = asyncio.timeout(None)
        self._moved = asyncio.get_running_loop().time()

    async def run(self) -> Outcome:
        """
        Carry the exchange out and enter it in the ledger.

        Raises:
            NoAnswer: nothing came back; the ledger knows, the browser does not yet.
        """
        try:
            wire, head = await self._answer_or_give_up()
            try:
                return await self._deliver(wire, head)
            except asyncio.CancelledError:
                self._truncated = self._truncated or Truncation.TIME
                raise
            finally:
                self._enter(head)
        finally:
            if self._patience is not None:
                self._patience.cancel()

    async def _answer_or_give_up(self) -> tuple[Wire, ResponseHead]:
        try:
            async with self._answering:
                return await self._answer()
        except TimeoutError as error:
            self._give_up(HUNG)
            raise NoAnswer(HUNG) from error
        except (UpstreamFailed, NoAnswer) as error:
            self._give_up(str(error), refused=error.refused)
            raise NoAnswer(str(error), refused=error.refused) from error
        except MalformedMessage as error:
            if isinstance(error, HeadTooLarge):
                self._ledger.hit(LimitHit.HEADER, self._asked.url)
            self._give_up(f"{MALFORMED}: {error}")
            raise NoAnswer(str(error)) from error
        except WireLost as error:
            taken_back = self._browser_left() and not self._asked.main
            reason = TAKEN_BACK if taken_back else str(error) or "the connection ended without an answer"
            self._give_up(reason)
            raise NoAnswer(reason) from error
        except asyncio.CancelledError:
            self._give_up(NO_ANSWER_YET)
            raise

    def _give_up(self, reason: str, *, refused: bool = False) -> None:
        self._request_body.discard()
        self._body.discard()
        self._ledger.drop(self._asked, reason, refused=refused)

    # request

    async def _answer(self) -> tuple[Wire, ResponseHead]:
        """Send the request and read the head of the final answer, once more on a fresh connection if need be."""
        framing, length = request_framing(self._request)
        while True:
            wire = await self._upstream.wire()
            reused = self._upstream.reused
            try:
                await self._send_request(wire, framing, length)
                return wire, await self._final_head(wire)
            except WireLost:
                # The origin closed a kept connection just as we used it: only
                # what may be repeated is (RFC 9112 section 9.3.1).
                if not reused or self._request.method not in _REPEATABLE or self._browser_left():
                    raise
                self._upstream.abort()

    async def _send_request(self, wire: Wire, framing: Framing, length: int) -> None:
        opened = self._upstream.opened
        head = self._sent
        if opened is not None and opened.absolute_form:
            line = f"{self._request.method} {self._asked.url} {self._request.version}\r\n"
            added = "".join(f"{name}: {value}\r\n" for name, value in opened.proxy_headers)
            head = line.encode("latin-1") + added.encode("latin-1") + head.split(b"\r\n", 1)[1]
        await wire.send(head)
        if framing is Framing.NONE or self._browser is None:
            return
        end = body_end(framing, length)
        while not end.done:
            piece = await self._browser.some()
            if not piece:
                raise WireLost(TAKEN_BACK)
            used = end.feed(piece)
            self._browser.unread(piece[used:]) if used < len(piece) else None
            self._request_body.add(piece[:used])
            await wire.send(piece[:used])

    async def _final_head(self, wire: Wire) -> ResponseHead:
        while True:
            raw = await wire.head(limit=self._limits.max_header_bytes)
            if raw is None:
                raise WireLost("")
            head = read_response(raw)
            opened = self._upstream.opened
            if opened is not None and opened.absolute_form and head.status in _PROXY_TROUBLE:
                raise NoAnswer(f"{NoConnection.PROXY}: it answered {head.status}")
            response_framing(head, method=self._request.method)
            if head.status >= 200 or head.status == 101:
                self._ledger.answered(self._asked, head)
                self._asked.address = self._upstream.opened.address if self._upstream.opened else ""
                if self._asked.navigation:
                    certificates = self._upstream.certificates()
                    self._asked.certificate = certificates[0] if certificates else None
                    self._asked.chain = certificates[1:]
                return head

    def _browser_left(self) -> bool:
        return self._browser is not None and self._browser.lost

    # answer

    async def _deliver(self, wire: Wire, head: ResponseHead) -> Outcome:
        framing, length = response_framing(head, method=self._request.method)
        handing_on = HandingOn(self._browser, self._asked, head, framing)
        await handing_on.head()
        if head.status == 101:
            await self._switch(wire)
            return Outcome(browser_reusable=False, origin_reusable=False)
        end = body_end(framing, length)
        if head.text(b"content-encoding").strip():
            self._expansion = Expansion()
        whole = await self._pass_body(wire, end, handing_on)
        return Outcome(
            browser_reusable=whole and not handing_on.ends_with_connection,
            origin_reusable=whole and framing is not Framing.UNTIL_CLOSE and not closes(head),
            break_hidden=not whole and handing_on.hides_breaks,
        )

    async def _pass_body(self, wire: Wire, end: BodyEnd, handing_on: HandingOn) -> bool:
        """Pass the body on to its end; False if it was cut, by whom is in the truncation."""
        while not end.done:
            try:
                piece = await wire.some()
            except WireLost:
                return self._cut(self._break)
            if not piece:
                ended = end.finish_at_close() and not self._given_up
                return ended or self._cut(self._break)
            try:
                used = end.feed(piece)
            except MalformedMessage as error:
                self._ledger.fail(self._asked.url, f"{MALFORMED}: {error}")
                self._body.add(piece)
                return self._cut(Truncation.UNSPECIFIED)
            if used < len(piece):
                wire.unread(piece[used:])
                piece = piece[:used]
            if not await self._room_for(piece):
                return self._cut(Truncation.LENGTH)
            self._body.add(piece)
            # As long as the browser does not take it, nobody waits for the origin.
            self._moved = inf
            await handing_on.piece(piece, end)
            self._moved = asyncio.get_running_loop().time()
            if self._gives_up(end):
                return self._cut(Truncation.DISCONNECT)
        return True

    async def _room_for(self, piece: bytes) -> bool:
        if self._body.length + len(piece) > self._limits.max_body_bytes:
            self._ledger.hit(LimitHit.BODY, self._asked.url)
            return False
        if not self._ledger.take(len(piece)):
            self._ledger.hit(LimitHit.CAPTURE, self._asked.url)
            return False
        if self._expansion is not None and await self._bursts(piece, self._expansion):
            self._ledger.hit(LimitHit.DECODED, self._asked.url)
            return False
        return True

    async def _bursts(self, piece: bytes, expansion: Expansion) -> bool:
        """Unpack on the side what is large enough to matter; a chunked one as far as its framing lets us."""
        if self._body.length + len(piece) <= _WATCHED_BYTES:
            self._early_pieces.append(piece)
            return False
        early, self._early_pieces = self._early_pieces, []
        for part in (*early, piece):
            for total in expansion.feed(part):
                if total > self._limits.max_decoded_bytes:
                    return True
                # A bomb must not stop the other captures.
                await asyncio.sleep(0)
        return False

    def browser_left(self) -> None:
        """
        Hear that the browser closed its connection.

        The main resource is fetched to its end, though the browser turns a
        download down; of everything else, what is about to arrive.
        """
        if not self._asked.main:
            self._patience = asyncio.get_running_loop().call_later(_PATIENCE_S, self._give_up_waiting)

    def _give_up_waiting(self) -> None:
        self._given_up = True
        self._upstream.abort()

    @property
    def idle_s(self) -> float:
        """How long the origin has been waited for."""
        return asyncio.get_running_loop().time() - self._moved

    @property
    def holds_up(self) -> bool:
        """Whether the page's loading waits for it: whatever its scripts fetch does not hold it up."""
        asked = self._asked
        return not (asked.main or asked.by_us or asked.streaming or asked.destination in _HOLD_NOTHING_UP)

    def hang_up(self) -> None:
        """Give up an answer for which the page waits, or the rest of it, so that the page goes on without."""
        if self._asked.answer is None:
            self._answering.reschedule(asyncio.get_running_loop().time())
        else:
            self._hung = True
            self._give_up_waiting()

    @property
    def _break(self) -> Truncation:
        return Truncation.TIME if self._hung else Truncation.DISCONNECT

    def _gives_up(self, end: BodyEnd) -> bool:
        if self._asked.main or not self._browser_left():
            return False
        left = end.left if isinstance(end, CountedBody) else self._body.length
        self._given_up = self._asked.streaming or left > _PATIENCE_BYTES
        return self._given_up

    def _cut(self, why: Truncation) -> bool:
        self._asked.left = self._browser_left()
        self._truncated = why
        return False

    async def _switch(self, wire: Wire) -> None:
        """After 101: bytes both ways until one side ends; counted, not kept."""
        browser = self._browser
        if browser is None:
            return
        ways = [asyncio.create_task(self._copy(browser, wire)), asyncio.create_task(self._copy(wire, browser))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()

    async def _copy(self, source: Wire, target: Wire) -> None:
        try:
            while piece := await source.some():
                if not self._ledger.take(len(piece)):
                    return
                await target.send(piece)
        except WireLost:
            return

    # record

    def _enter(self, head: ResponseHead) -> None:
        version, cipher = self._upstream.tls_facts
        response_body = self._body.body()
        request_body = self._request_body.body() if self._request_body.length else Body(0, data=b"")
        self._ledger.finish(
            self._asked,
            Exchange(
                url=self._asked.url,
                moment=_moment(self._asked),
                request_head=self._sent,
                request_body=request_body,
                response_head=head.raw,
                response_body=response_body,
                address=self._asked.address,
                protocol="websocket" if head.status == 101 else head.version.lower(),
                status=head.status,
                tls_version=version,
                tls_cipher=cipher,
                truncated=None if head.status == 101 else self._truncated,
            ),
        )


def _moment(asked: Asked) -> datetime:
    assert asked.moment is not None, "an exchange is entered after its answer"
    return asked.moment
