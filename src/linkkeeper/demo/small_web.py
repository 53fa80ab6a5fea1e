"""
A small web on this machine: invented hosts, real HTTP and TLS, pages that age.

It runs in a thread of its own, so that commands in this process and in others
can visit it. Nothing reaches it by name: ``[network] connect_to`` leads the
invented hosts here, and ``ca_file`` trusts its authority.
"""

import asyncio
import socket
import ssl
import struct
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

from linkkeeper.demo.authority import Authority, CertificateFault

_ADDRESS = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request that arrived; *target* is path and query as sent."""

    moment: datetime
    tls: bool
    method: str
    host: str
    target: str
    headers: tuple[tuple[str, str], ...]

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}{self.target}"

    def header(self, name: str) -> str | None:
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """
    What the server sends.

    Attributes:
        headers: Beside Date, Content-Length and Connection, which the server adds.
        wait_s: Before the first byte.
        pause_s: Between pieces of *piece_bytes* of the body.
        reset_after: Bytes of the body after which the connection is reset.
        silent: Never answer; the client has to give up.
        claimed_length: Content-Length that is told instead of the true one.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    wait_s: float = 0.0
    pause_s: float = 0.0
    piece_bytes: int = 65_536
    reset_after: int | None = None
    silent: bool = False
    claimed_length: int | None = None


class Behaviour(Protocol):
    """How a page answers; *whole_host* behaviours also answer for addresses of the host that nobody placed."""

    @property
    def whole_host(self) -> bool: ...

    def reply(self, asked: Asked) -> Reply: ...

    def resources(self) -> Mapping[str, "Behaviour"]:
        """Other addresses of the host that the page needs, by path."""
        ...


@dataclass(frozen=True, slots=True)
class NotPlaced:
    """An honest 404, for addresses that nobody placed."""

    whole_host: bool = False

    def reply(self, asked: Asked) -> Reply:
        body = f"<!doctype html><html lang=en><title>404 Not Found</title><h1>Not Found</h1><p>{asked.host}</p></html>"
        return Reply(status=404, headers=(("Content-Type", "text/html; charset=utf-8"),), body=body.encode())

    def resources(self) -> Mapping[str, Behaviour]:
        return {}


@dataclass(slots=True)
class _Host:
    """What one invented host shows today."""

    pages: dict[str, Behaviour] = field(default_factory=dict)
    rest: Behaviour = field(default_factory=NotPlaced)
    fault: CertificateFault = CertificateFault.NONE
    speaks_old_tls: bool = False
    exists: bool = True
    listens: bool = True


class SmallWeb:
    """
    The server; a context manager that starts and stops its thread.

    Addresses may be placed and aged at any time, also while it runs.
    ``requests`` is the log of everything that arrived, oldest first.
    """

    def __init__(self) -> None:
        self.requests: list[Asked] = []
        self._hosts: dict[str, _Host] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="small-web", daemon=True)
        self._started = threading.Event()
        self._ports: dict[bool, int] = {}
        self._old_tls_port = 0
        self._closed_port_holder = socket.socket()
        self._folder = tempfile.TemporaryDirectory(prefix="small-web-")
        self._authority = Authority(Path(self._folder.name))

    # What stands where -------------------------------------------------

    def place(self, url: str, behaviour: Behaviour) -> None:
        """Let *behaviour* answer at *url* from now on, whatever stood there before."""
        parts = urlsplit(url)
        host = self._host(parts.hostname or "")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        host.pages[target] = behaviour
        for path, resource in behaviour.resources().items():
            host.pages[path] = resource
        if behaviour.whole_host:
            host.rest = behaviour

    def age(self, url: str, behaviour: Behaviour) -> None:
        """The same as :meth:`place`, for a page that changes while the web runs."""
        self.place(url, behaviour)

    def take_over(self, host: str, behaviour: Behaviour) -> None:
        """Let *behaviour* answer at every address of *host* that was placed; if it is a whole host's, everywhere."""
        known = self._host(host)
        known.pages = dict.fromkeys(known.pages, behaviour) | dict(behaviour.resources())
        known.rest = behaviour if behaviour.whole_host else NotPlaced()

    def certificate(self, host: str, fault: CertificateFault) -> None:
        """Show a faulty certificate for *host* (or a good one again)."""
        self._host(host).fault = fault

    def speak_old_tls(self, host: str) -> None:
        """Let *host* know only an old TLS and refuse ours with an alert; ask :meth:`connect_to` anew."""
        self._host(host).speaks_old_tls = True

    def forget_name(self, host: str) -> None:
        """Let the name of *host* no longer resolve; ask :meth:`connect_to` anew."""
        self._host(host).exists = False

    def stop_listening(self, host: str) -> None:
        """Let connections to *host* be refused; ask :meth:`connect_to` anew."""
        self._host(host).listens = False

    def revive(self, host: str) -> None:
        """Take back everything that was said of the host's name, port and certificate."""
        known = self._host(host)
        known.exists = known.listens = True
        known.fault, known.speaks_old_tls = CertificateFault.NONE, False

    # How to reach it ----------------------------------------------------

    def connect_to(self) -> dict[str, str]:
        """Values for ``[network] connect_to``; names that are not of this web do not exist."""
        targets = {"*:443": "", "*:80": ""}
        for name, host in self._hosts.items():
            for port, tls in ((443, True), (80, False)):
                targets[f"{name}:{port}"] = self._target(host, tls=tls)
        return targets

    def _target(self, host: _Host, *, tls: bool) -> str:
        if not host.exists:
            return ""
        if not host.listens:
            port = self._closed_port_holder.getsockname()[1]
        elif tls and host.speaks_old_tls:
            port = self._old_tls_port
        else:
            port = self._ports[tls]
        return f"{_ADDRESS}:{port}"

    @property
    def allow_addresses(self) -> tuple[str, ...]:
        """Values for ``[network] allow_addresses``."""
        return ("127.0.0.0/8",)

    @property
    def ca_file(self) -> Path:
        """Value for ``[network] ca_file``."""
        return self._authority.ca_file

    def asked_for(self, url: str) -> list[Asked]:
        """The requests for *url*, oldest first."""
        return [asked for asked in self.requests if asked.url == url]

    # Running ---------------------------------------------------------------

    def __enter__(self) -> Self:
        # Bound and never listening: a connection to it is refused for certain.
        self._closed_port_holder.bind((_ADDRESS, 0))
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._closed_port_holder.close()
        self._folder.cleanup()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            servers = self._loop.run_until_complete(self._listen())
            self._started.set()
            self._loop.run_forever()
            self._loop.run_until_complete(_close(servers))
        finally:
            self._loop.close()

    async def _listen(self) -> list[asyncio.Server]:
        plain = await asyncio.start_server(self._serve_plain, _ADDRESS, 0)
        door = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        door.sni_callback = self._choose_certificate
        secure = await asyncio.start_server(self._serve_secure, _ADDRESS, 0, ssl=door)
        for tls, server in ((False, plain), (True, secure)):
            self._ports[tls] = server.sockets[0].getsockname()[1]
        old = await asyncio.start_server(_refuse_tls, _ADDRESS, 0)
        self._old_tls_port = old.sockets[0].getsockname()[1]
        return [plain, secure, old]

    def _choose_certificate(
        self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext
    ) -> None:
        host = self._host(name or "unnamed.example", create=False)
        connection.context = self._authority.context(name or "unnamed.example", host.fault)

    async def _serve_plain(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._serve(reader, writer, tls=False)

    async def _serve_secure(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._serve(reader, writer, tls=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, tls: bool) -> None:
        # Clients of a small web go away at any moment; that is their right and no trouble of ours.
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ssl.SSLError):
            while (asked := await _read_request(reader, tls=tls)) is not None:
                self.requests.append(asked)
                if not await _send(writer, asked, self._answer(asked)):
                    break
        writer.close()

    def _answer(self, asked: Asked) -> Reply:
        host = self._host(asked.host, create=False)
        # A page that is placed without a query answers with any query, as most servers do.
        path = asked.target.partition("?")[0]
        behaviour = host.pages.get(asked.target) or host.pages.get(path) or host.rest
        return behaviour.reply(asked)

    def _host(self, name: str, *, create: bool = True) -> _Host:
        name = name.lower().rstrip(".")
        if create:
            return self._hosts.setdefault(name, _Host())
        return self._hosts.get(name) or _Host()


async def _close(servers: list[asyncio.Server]) -> None:
    for server in servers:
        server.close()
    pending = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)


async def _refuse_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """
    Answer a ClientHello with the fatal alert ``protocol_version`` (RFC 8446 section 6).

    Written by hand because asyncio drops the alerts of a handshake that its own side refuses.
    """
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        record = await reader.readexactly(5)
        await reader.readexactly(int.from_bytes(record[3:5], "big"))
        writer.write(b"\x15\x03\x01\x00\x02\x02\x46")
        await writer.drain()
    writer.close()


async def _read_request(reader: asyncio.StreamReader, *, tls: bool) -> Asked | None:
    """Read one request and its body; None when the client has no more."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    if first.count(" ") != 2:
        return None
    method, target, _ = first.split(" ")
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines) if name)
    asked = Asked(
        moment=datetime.now(UTC), tls=tls, method=method, host=_host_of(headers), target=target, headers=headers
    )
    if length := asked.header("content-length"):
        await reader.readexactly(int(length))
    return asked


def _host_of(headers: tuple[tuple[str, str], ...]) -> str:
    value = next((value for name, value in headers if name.lower() == "host"), "")
    return value.partition(":")[0].lower()


async def _send(writer: asyncio.StreamWriter, asked: Asked, reply: Reply) -> bool:
    """Send *reply*; False when the connection is done."""
    if reply.silent:
        await asyncio.Event().wait()
    await asyncio.sleep(reply.wait_s)
    writer.write(_head(asked, reply))
    body = b"" if asked.method == "HEAD" or reply.status in {204, 304} else reply.body
    end = len(body) if reply.reset_after is None else min(reply.reset_after, len(body))
    for start in range(0, end, reply.piece_bytes):
        writer.write(body[start : min(start + reply.piece_bytes, end)])
        await writer.drain()
        if reply.pause_s:
            await asyncio.sleep(reply.pause_s)
    if reply.reset_after is not None:
        await writer.drain()
        _reset(writer)
        return False
    await writer.drain()
    return (asked.header("connection") or "").lower() != "close" and reply.claimed_length is None


def _head(asked: Asked, reply: Reply) -> bytes:
    phrase = HTTPStatus(reply.status).phrase if reply.status in set(HTTPStatus) else "Unknown"
    lines = [f"HTTP/1.1 {reply.status} {phrase}", f"Date: {format_datetime(datetime.now(UTC), usegmt=True)}"]
    lines += [f"{name}: {value}" for name, value in reply.headers]
    if reply.status not in {204, 304}:
        length = len(reply.body) if reply.claimed_length is None else reply.claimed_length
        lines.append(f"Content-Length: {length}")
    if (asked.header("connection") or "").lower() == "close":
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _reset(writer: asyncio.StreamWriter) -> None:
    """End the connection with RST instead of FIN."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
