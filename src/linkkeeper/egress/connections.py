"""
HTTP/1.1 connections over the gate, with a short memory of idle ones.

Not httpcore's pool: it compares every request with every connection (1.6
million comparisons in 1,500 checks), and a checker seldom meets a host twice.
"""

import ssl
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import httpcore

from linkkeeper.egress.certificates import not_after
from linkkeeper.egress.exchange import Exchange, Head, Headers
from linkkeeper.egress.stream import GateStream
from linkkeeper.vocabulary.connection import OpenedConnection

_PER_ORIGIN = 2
_MOST_IDLE = 50
_KEEP_S = 5.0
_DEFAULT_PORTS = {"http": 80, "https": 443}

#: The other side does not speak HTTP/1.1, or hung up instead of answering.
ProtocolError = httpcore.ProtocolError
#: What a request on an idle connection meets when the server had closed it.
StaleConnection = (httpcore.NetworkError, httpcore.ProtocolError)
#: Whatever goes wrong on a connection; its cause says what.
ConnectionTrouble = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where requests go: scheme, host as in the URL, port."""

    scheme: str
    host: str
    port: int

    @property
    def tls(self) -> bool:
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


class Connection:
    """
    One connection to one origin.

    Attributes:
        address: IP address connected to.
        tls_expires: End of the server certificate's validity; None for plain HTTP.
        reused: A request went over it before, so that a failure may only mean that it was stale.
    """

    def __init__(self, origin: Origin, opened: OpenedConnection, stream: GateStream) -> None:
        self.origin = origin
        self.address = opened.address
        self.reused = False
        self.proxied = opened.absolute_form
        self._proxy_headers = [(name.encode(), value.encode()) for name, value in opened.proxy_headers]
        secured = stream.get_extra_info("ssl_object")
        # Kept as bytes: reading it costs more than most looks need, and later the socket may be closed.
        self._certificate: bytes | None = secured.getpeercert(binary_form=True) if secured is not None else None
        self._exchange = Exchange(stream, keep_s=_KEEP_S)

    @property
    def tls_expires(self) -> datetime | None:
        return not_after(self._certificate) if self._certificate else None

    async def send(
        self,
        method: bytes,
        target: bytes,
        headers: Headers,
        *,
        timeout_s: float,
        before: Callable[[], Awaitable[None]],
    ) -> Head:
        """
        Send a request without body; its answer must be ended.

        Args:
            target: Path and query, as in the request line.
            headers: ``Host`` included.
            timeout_s: Of each wait for the server.
            before: Awaited right before the request goes out.
        """
        if self.proxied:
            target = f"{self.origin.scheme}://{self.origin.authority}".encode() + target
            headers = headers + self._proxy_headers
        return await self._exchange.ask(method, target, headers, timeout_s=timeout_s, before=before)

    async def more(self) -> bytes:
        """The next piece of the body as it came over the wire; empty at its end."""
        return await self._exchange.more()

    def end(self) -> None:
        """Be done with the answer, whether or not all of it was read."""
        self._exchange.end()

    @property
    def idle(self) -> bool:
        return self._exchange.idle

    def close(self) -> None:
        self._exchange.close()


class Connections:
    """Starts connections and remembers idle ones: two an origin, fifty in all, five seconds."""

    def __init__(self) -> None:
        self._idle: OrderedDict[Connection, float] = OrderedDict()
        self._by_origin: dict[Origin, deque[Connection]] = {}

    def take(self, origin: Origin) -> Connection | None:
        """Take an idle connection to *origin*, if there is a living one."""
        waiting = self._by_origin.get(origin)
        while waiting:
            connection = waiting[-1]
            self._forget(connection)
            if connection.idle:
                connection.reused = True
                return connection
            connection.close()
            waiting = self._by_origin.get(origin)
        return None

    async def start(
        self, origin: Origin, opened: OpenedConnection, *, context: ssl.SSLContext, timeout_s: float
    ) -> Connection:
        """
        Start TLS where the origin wants it.

        Raises:
            TlsTimeout, OSError: the handshake failed; the socket is closed.
        """
        stream = GateStream(opened.socket)
        if origin.tls:
            await stream.start_tls(context, server_hostname=origin.host.strip("[]").rstrip("."), timeout=timeout_s)
        return Connection(origin, opened, stream)

    def put_back(self, connection: Connection) -> None:
        """Keep *connection* for the next request if it can carry one; close it otherwise."""
        self._drop_old()
        waiting = self._by_origin.setdefault(connection.origin, deque())
        if not connection.idle or len(waiting) >= _PER_ORIGIN or len(self._idle) >= _MOST_IDLE:
            if not waiting:
                del self._by_origin[connection.origin]
            connection.close()
            return
        waiting.append(connection)
        self._idle[connection] = time.monotonic() + _KEEP_S

    def close(self) -> None:
        for connection in list(self._idle):
            self._forget(connection)
            connection.close()

    def _drop_old(self) -> None:
        now = time.monotonic()
        while self._idle:
            oldest, expires = next(iter(self._idle.items()))
            if expires > now:
                return
            self._forget(oldest)
            oldest.close()

    def _forget(self, connection: Connection) -> None:
        del self._idle[connection]
        waiting = self._by_origin[connection.origin]
        waiting.remove(connection)
        if not waiting:
            del self._by_origin[connection.origin]
