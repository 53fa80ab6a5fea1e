"""
The recording proxy of one visit: on a port of its own, for one browser context.

It speaks HTTP/1.1 to both sides. Towards the browser it answers TLS with the
browser's own key; towards origins it goes through the egress gate and verifies
certificates itself. Nobody without the visit's credentials is served.
"""

import asyncio
import base64
import hmac
import secrets
import socket
import ssl
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from linkkeeper.captures.browser_key import BrowserKey
from linkkeeper.captures.ledger import Ledger
from linkkeeper.captures.limits import LimitHit, VisitLimits
from linkkeeper.captures.messages import HeadTooLarge, MalformedMessage, RequestHead, head_end, read_request
from linkkeeper.captures.ports import Gate, ProxyAddress
from linkkeeper.captures.relay import NoAnswer, Relay
from linkkeeper.captures.upstream import Origin, Upstream
from linkkeeper.captures.wire import Wire, WireLost

NAME = "linkkeeper-proxy/1"
#: The browser fetches this once per context, so that it learns our credentials.
GREETING_HOST = "recorder.invalid"
_USER = "visit"
#: How long answers may still come in when the page is closed.
_LAST_ANSWERS_S = 1.0
_TLS_RECORD = 0x16
_CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_GREETING = b"HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: *\r\n\r\n"
_UNKNOWN = (
    b"HTTP/1.1 407 Proxy Authentication Required\r\n"
    b'Proxy-Authenticate: Basic realm="linkkeeper"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
)
_NO_ANSWER = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_MALFORMED = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Recorder:
    """
    Use as an asynchronous context manager: it listens within.

    Args:
        gate: Opens every connection to the outside.
        tls: Verifying context for origins.
        key: Of the browser that will connect.
        folder: For bodies too large for memory.
    """

    def __init__(
        self, *, gate: Gate, tls: ssl.SSLContext, key: BrowserKey, ledger: Ledger, limits: VisitLimits, folder: Path
    ) -> None:
        self._gate = gate
        self._tls = tls
        self._key = key
        self._ledger = ledger
        self._limits = limits
        self._folder = folder
        self._password = secrets.token_urlsafe(24)
        self._credentials = b"Basic " + base64.b64encode(f"{_USER}:{self._password}".encode("ascii"))
        self._listener: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._relays: dict[Relay, Origin] = {}
        self._hung: set[Origin] = set()
        self._connections = 0

    async def __aenter__(self) -> "Recorder":
        listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        listener.setblocking(False)
        self._listener = listener
        self._spawn(self._accept(listener))
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Stop: what is still open after a last moment is entered as truncated or unanswered."""
        if kind is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LAST_ANSWERS_S):
                    await self._ledger.quiet(for_s=0)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._listener is not None:
            self._listener.close()

    @property
    def proxy(self) -> ProxyAddress:
        assert self._listener is not None, "the recorder listens only as a context manager"
        return ProxyAddress(port=self._listener.getsockname()[1], user=_USER, password=self._password)

    async def fetch(self, url: str, request: RequestHead) -> None:
        """
        Send *request* ourselves and record the answer like any other.

        Trouble is entered in the ledger, as with the page's own requests.
        """
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        origin = Origin(parts.hostname or "", parts.port or (443 if tls else 80), tls)
        upstream = self._upstream(origin, tunnel=tls)
        try:
            await self._exchange(url, _path(url), request, upstream=upstream, browser=None, by_us=True)
        finally:
            upstream.abort()

    def hang_up(self, *, idle_s: float) -> None:
        """
        Give up what the page waits for and what does not come.

        Args:
            idle_s: How long nothing has come. An origin that has been given up once is not waited for again.
        """
        for relay, origin in tuple(self._relays.items()):
            if relay.holds_up and relay.idle_s >= (0 if origin in self._hung else idle_s):
                self._hung.add(origin)
                relay.hang_up()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _upstream(self, origin: Origin, *, tunnel: bool) -> Upstream:
        return Upstream(origin, gate=self._gate, tls=self._tls, tunnel=tunnel, on_open=self._count)

    def _count(self, change: int) -> bool:
        if change > 0 and self._connections >= self._limits.max_connections:
            self._ledger.hit(LimitHit.CONNECTIONS, "")
            return False
        self._connections += change
        return True

    # one connection of the browser

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(listener)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._spawn(self._serve(connection))

    async def _serve(self, connection: socket.socket) -> None:
        try:
            raw, rest = await self._first_head(connection)
            request = read_request(raw)
            await self._serve_first(connection, request, rest)
        except (MalformedMessage, WireLost, OSError, ssl.SSLError):
            # A browser connection that ends or fails: what was under way is in the ledger.
            return
        finally:
            with suppress(OSError):
                connection.close()

    async def _first_head(self, connection: socket.socket) -> tuple[bytes, bytes]:
        """
        Read the first head from the bare socket.

        Not through a transport: that would swallow the start of a TLS handshake.
        """
        loop = asyncio.get_running_loop()
        buffer = b""
        while (end := head_end(buffer)) < 0:
            piece = await loop.sock_recv(connection, 65536)
            if not piece or len(buffer) > self._limits.max_header_bytes:
                raise WireLost("no request")
            buffer += piece
        return buffer[:end], buffer[end:]

    async def _serve_first(self, connection: socket.socket, request: RequestHead, rest: bytes) -> None:
        loop = asyncio.get_running_loop()
        given = request.first(b"proxy-authorization") or b""
        if not hmac.compare_digest(given, self._credentials):
            await loop.sock_sendall(connection, _UNKNOWN)
            return
        if request.method == "CONNECT":
            await self._serve_tunnel(connection, request.target)
        elif urlsplit(request.target).hostname == GREETING_HOST:
            await loop.sock_sendall(connection, _GREETING)
        else:
            wire = await self._wire(connection, initial=request.raw + rest)
            await self._serve_plain(wire)

    async def _wire(self, connection: socket.socket, *, initial: bytes = b"", tls: bool = False) -> Wire:
        # The transport gets the descriptor itself: nobody else may close it then.
        _, wire = await asyncio.get_running_loop().connect_accepted_socket(
            lambda: Wire(initial),
            socket.socket(fileno=connection.detach()),
            ssl=self._key.server_context if tls else None,
            ssl_handshake_timeout=30.0 if tls else None,
        )
        return wire

    async def _serve_tunnel(self, connection: socket.socket, target: str) -> None:
        parts = urlsplit(f"//{target}")
        host, port = parts.hostname or "", parts.port or 443
        upstream = self._upstream(Origin(host, port, True), tunnel=True)
        upstream.connect_early()
        try:
            await asyncio.get_running_loop().sock_sendall(connection, _CONNECTED)
            first = await _peek(connection)
            if first is None:
                await self._note_unused(upstream)
                return
            tls = first == _TLS_RECORD
            upstream.origin = Origin(host, port, tls)
            if tls:
                upstream.shake_hands_early()
            wire = await self._wire(connection, tls=tls)
            try:
                await self._serve_origin(wire, upstream)
            finally:
                wire.close()
        finally:
            upstream.abort()

    async def _note_unused(self, upstream: Upstream) -> None:
        """A preconnect that our gate refused is a refusal like any other."""
        failure = await upstream.early_failure()
        if failure is not None and failure.refused:
            self._ledger.fail(upstream.origin.url + "/", str(failure), refused=True)

    async def _serve_origin(self, wire: Wire, upstream: Upstream) -> None:
        served = False
        while (request := await self._next_request(wire, upstream.origin)) is not None:
            served = True
            if not await self._answer(wire, request, upstream, origin_form=True):
                return
        if not served:
            await self._note_unused(upstream)

    async def _serve_plain(self, wire: Wire) -> None:
        """Plain HTTP: every request names its origin, and may name another one."""
        upstream: Upstream | None = None
        try:
            while (request := await self._next_request(wire, upstream.origin if upstream else None)) is not None:
                parts = urlsplit(request.target)
                origin = Origin(parts.hostname or "", parts.port or 80, False)
                if upstream is None or upstream.origin != origin:
                    if upstream is not None:
                        upstream.abort()
                    upstream = self._upstream(origin, tunnel=False)
                if not await self._answer(wire, request, upstream, origin_form=False):
                    return
        finally:
            if upstream is not None:
                upstream.abort()
            wire.close()

    async def _next_request(self, wire: Wire, origin: Origin | None) -> RequestHead | None:
        """The next request; None at the end, or after one that is refused."""
        try:
            raw = await wire.head(limit=self._limits.max_header_bytes)
            return None if raw is None else read_request(raw)
        except MalformedMessage as error:
            url = f"{origin.url}/" if origin is not None else ""
            if isinstance(error, HeadTooLarge):
                self._ledger.hit(LimitHit.HEADER, url)
            self._ledger.fail(url, f"the page's request was refused, malformed: {error}")
            await wire.send(_MALFORMED)
            return None

    async def _answer(self, wire: Wire, request: RequestHead, upstream: Upstream, *, origin_form: bool) -> bool:
        """Answer one request; False when the browser's connection must end."""
        url = upstream.origin.url + request.target if origin_form else request.target.split("#")[0]
        path = request.target if origin_form else _path(url)
        if request.first(b"upgrade") is not None:
            url = "ws" + url.removeprefix("http")
        return await self._exchange(url, path, request, upstream=upstream, browser=wire)

    async def _exchange(
        self,
        url: str,
        path: str,
        request: RequestHead,
        *,
        upstream: Upstream,
        browser: Wire | None,
        by_us: bool = False,
    ) -> bool:
        asked = self._ledger.begin(url, request, by_us=by_us)
        if asked is None:
            if browser is not None:
                await browser.send(_NO_ANSWER)
            return False
        relay = Relay(
            asked,
            request,
            target=path,
            upstream=upstream,
            browser=browser,
            ledger=self._ledger,
            limits=self._limits,
            folder=self._folder,
        )
        if browser is not None:
            browser.on_lost = relay.browser_left
        self._relays[relay] = upstream.origin
        try:
            outcome = await relay.run()
        except NoAnswer:
            if browser is not None and not browser.lost:
                await browser.send(_NO_ANSWER)
            return False
        finally:
            del self._relays[relay]
            if browser is not None:
                browser.on_lost = None
        if not outcome.origin_reusable:
            upstream.abort()
        if outcome.break_hidden and browser is not None:
            browser.abort()
        return outcome.browser_reusable


async def _peek(connection: socket.socket) -> int | None:
    """The next byte without taking it: in a tunnel ``ws:`` is plain, everything else TLS."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    descriptor = connection.fileno()

    def note() -> None:
        loop.remove_reader(descriptor)
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(descriptor, note)
    try:
        await ready
    finally:
        loop.remove_reader(descriptor)
    first = connection.recv(1, socket.MSG_PEEK)
    return first[0] if first else None


def _path(url: str) -> str:
    """The origin form of an absolute URL."""
    parts = urlsplit(url)
    path = url.split("#", 1)[0].split(parts.netloc, 1)[1]
    return path if path.startswith("/") else f"/{path}"
