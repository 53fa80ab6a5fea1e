"""The upstream proxy that an operator may set: its address, and the tunnel through it."""

import base64
import re
import socket
import time
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from linkkeeper.egress import sockets
from linkkeeper.errors import ConfigurationError, ProxyFailed

_MAX_HEAD_BYTES = 16_384
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})\b([^\r\n]*)")


@dataclass(frozen=True, slots=True)
class Proxy:
    """
    An HTTP proxy.

    Attributes:
        authorization: Value of ``Proxy-Authorization``; empty means none.
    """

    host: str
    port: int
    authorization: str = ""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return (("Proxy-Authorization", self.authorization),) if self.authorization else ()


def read_proxy(url: str) -> Proxy | None:
    """
    Read the ``[network] proxy`` setting; empty means no proxy.

    Raises:
        ConfigurationError: not ``http://[user:password@]host[:port]``.
    """
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _wrong(url, str(error)) from error
    if parts.scheme != "http" or not host or parts.path not in ("", "/"):
        raise _wrong(url, "not http://host:port")
    authorization = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = "Basic " + base64.b64encode(pair.encode()).decode("ascii")
    return Proxy(host, port or 80, authorization)


async def tunnel(opened: socket.socket, proxy: Proxy, *, host: str, port: int, timeout_s: float | None) -> None:
    """
    Ask *proxy* for a tunnel to *host* (RFC 9110 section 9.3.6).

    Raises:
        ProxyFailed: any answer but 2xx, no answer, or an unreadable one.
    """
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    lines += [f"{name}: {value}" for name, value in proxy.headers]
    try:
        await sockets.send(opened, ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"), timeout_s=timeout_s)
        head = await _head(opened, deadline)
    except (OSError, TimeoutError) as error:
        raise ProxyFailed(
            "open a tunnel through the proxy", subject=authority, reason=str(error) or "no answer in time"
        ) from error
    match = _STATUS_LINE.match(head)
    if match is None:
        raise ProxyFailed("open a tunnel through the proxy", subject=authority, reason="its answer is not HTTP")
    if not 200 <= int(match[1]) < 300:
        words = f"{int(match[1])}{match[2].decode('latin-1')}"
        raise ProxyFailed("open a tunnel through the proxy", subject=authority, reason=f"it answered {words}")


async def _head(opened: socket.socket, deadline: float | None) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        chunk = await sockets.receive(opened, 4096, timeout_s=left)
        head += chunk
        if not chunk or len(head) > _MAX_HEAD_BYTES:
            raise ConnectionResetError("the proxy closed the connection or sent too much")
    return head


def _wrong(url: str, reason: str) -> ConfigurationError:
    # The address may hold a password: show only what stands behind it.
    return ConfigurationError(
        "use the setting",
        subject="network.proxy",
        reason=f"{url.rpartition('@')[2]!r}: {reason}",
        hint="write http://proxy.example:3128 or http://user:password@proxy.example:3128",
    )
