"""Connections to origins: through the gate, with TLS that we verify ourselves."""

import asyncio
import errno
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from linkkeeper.captures.ports import Gate, OpenedConnection
from linkkeeper.captures.wire import Wire
from linkkeeper.errors import ConnectTimeout, EgressError, ForbiddenAddress, NameFailing, NameMissing, ProxyFailed

_TLS_TIMEOUT_S = 15.0
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where requests go: one host and port, with TLS or without."""

    host: str
    port: int
    tls: bool

    @property
    def url(self) -> str:
        scheme = "https" if self.tls else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.tls else 80
        return f"{scheme}://{host}" if self.port == default else f"{scheme}://{host}:{self.port}"


class NoConnection(StrEnum):
    """Why a connection was not made, as reasons of failures begin."""

    FORBIDDEN = "refused by our own address rules"
    NAME_MISSING = "the name does not exist"
    NAME_FAILING = "the name could not be resolved"
    REFUSED = "the host refused the connection"
    NO_ROUTE = "no route to the host"
    FAILED = "the connection failed"
    TIMED_OUT = "no connection in time"
    PROXY = "the upstream proxy failed"
    TLS = "TLS"


_KINDS: dict[type[EgressError], NoConnection] = {
    ForbiddenAddress: NoConnection.FORBIDDEN,
    NameMissing: NoConnection.NAME_MISSING,
    NameFailing: NoConnection.NAME_FAILING,
    ConnectTimeout: NoConnection.TIMED_OUT,
    ProxyFailed: NoConnection.PROXY,
}


class UpstreamFailed(Exception):
    """No connection: the argument says why, *refused* that our own gate said no."""

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.refused = refused


def words_for(error: EgressError) -> str:
    """Why there is no connection; begins with one of :class:`NoConnection`."""
    kind = _KINDS.get(type(error), NoConnection.FAILED)
    if error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        kind = NoConnection.NO_ROUTE
    elif error.errno == errno.ECONNREFUSED and kind is NoConnection.FAILED:
        kind = NoConnection.REFUSED
    return f"{kind}: {error.reason}"


class Upstream:
    """
    The connection to one origin, opened when asked for and again when it is gone.

    Args:
        tunnel: The browser asked for a tunnel, so that an upstream proxy is asked for one too.
    """

    def __init__(
        self,
        origin: Origin,
        *,
        gate: Gate,
        tls: ssl.SSLContext,
        tunnel: bool,
        on_open: Callable[[int], bool],
    ) -> None:
        self.origin = origin
        self._gate = gate
        self._tls = tls
        self._tunnel = tunnel
        self._on_open = on_open
        self._connecting: asyncio.Task[OpenedConnection] | None = None
        self._opening: asyncio.Task[Wire] | None = None
        self._wire: Wire | None = None
        self._counted = 0
        self.opened: OpenedConnection | None = None
        self.reused = False

    def connect_early(self) -> None:
        """Connect while the browser still shakes hands with us."""
        self._connecting = _unwatched(self._connect())

    def shake_hands_early(self) -> None:
        """Start TLS as soon as the connection stands."""
        self._opening = _unwatched(self._open())

    async def early_failure(self) -> UpstreamFailed | None:
        """How the early connection failed, if it did."""
        early = self._opening or self._connecting
        if early is None:
            return None
        await asyncio.wait({early})
        error = None if early.cancelled() else early.exception()
        return error if isinstance(error, UpstreamFailed) else None

    async def wire(self) -> Wire:
        """
        The connection, reused while it is alive.

        Raises:
            UpstreamFailed: with the reason in words.
        """
        if self._wire is not None and self._wire.unused:
            self.reused = True
            return self._wire
        self._drop()
        self.reused = False
        opening, self._opening = self._opening, None
        self._wire = await (opening or self._open())
        return self._wire

    async def _open(self) -> Wire:
        connecting, self._connecting = self._connecting or _unwatched(self._connect()), None
        try:
            self.opened = await connecting
        except asyncio.CancelledError:
            connecting.add_done_callback(_close_socket)
            raise
        return await self._attach(self.opened)

    async def _connect(self) -> OpenedConnection:
        if not self._on_open(1):
            raise UpstreamFailed("more connections at a time than max_connections")
        self._counted += 1
        try:
            return await self._gate.connect(self.origin.host, self.origin.port, tls=self._tunnel)
        except EgressError as error:
            raise UpstreamFailed(words_for(error), refused=isinstance(error, ForbiddenAddress)) from error

    async def _attach(self, opened: OpenedConnection) -> Wire:
        loop = asyncio.get_running_loop()
        # From here on asyncio closes the socket, also when this fails or is cancelled.
        try:
            _, wire = await loop.create_connection(
                Wire,
                sock=opened.socket,
                ssl=self._tls if self.origin.tls else None,
                server_hostname=self.origin.host if self.origin.tls else None,
                ssl_handshake_timeout=_TLS_TIMEOUT_S if self.origin.tls else None,
            )
        except ssl.SSLCertVerificationError as error:
            raise UpstreamFailed(
                f"{NoConnection.TLS} certificate: {error.verify_message} (code {error.verify_code})"
            ) from error
        except ssl.SSLError as error:
            raise UpstreamFailed(f"{NoConnection.TLS}: {error.reason or error}") from error
        except (OSError, TimeoutError) as error:
            raise UpstreamFailed(f"connection lost in the TLS handshake: {error}") from error
        return wire

    @property
    def tls_facts(self) -> tuple[str | None, str | None]:
        """Protocol version and cipher; None for plain HTTP."""
        found = self._wire.ssl_object() if self._wire is not None else None
        if found is None:
            return None, None
        cipher = found.cipher()
        return found.version(), cipher[0] if cipher else None

    def certificates(self) -> tuple[bytes, ...]:
        """The origin's certificates in DER, its own first; the chain only where Python (3.13+) offers it."""
        found = self._wire.ssl_object() if self._wire is not None else None
        if found is None:
            return ()
        chain = getattr(found, "get_verified_chain", None)
        if chain is not None:
            return tuple(chain())
        leaf = found.getpeercert(binary_form=True)
        return (leaf,) if leaf else ()

    def abort(self) -> None:
        """Drop the connection, also one that is only being made."""
        if self._connecting is not None:
            self._connecting.cancel()
            self._connecting.add_done_callback(_close_socket)
        if self._opening is not None:
            self._opening.cancel()
            self._opening.add_done_callback(_close_wire)
        self._connecting = self._opening = None
        self._drop()

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.abort()
            self._wire = None
        if self._counted and self._connecting is None and self._opening is None:
            self._on_open(-self._counted)
            self._counted = 0


def _unwatched(work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
    """A task whose failure is asked for later, or by nobody."""
    task = asyncio.create_task(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


def _close_socket(task: asyncio.Task[OpenedConnection]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().socket.close()


def _close_wire(task: asyncio.Task[Wire]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().abort()
