"""
A small HTTP server whose paths name pathologies, reached through the real network settings.

Every request is logged with its moment, so that politeness can be proven.
"""

import asyncio
import contextlib
import gzip
import itertools
import socket as sockets
import ssl
import struct
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

PAGE = (
    b"<html><head><title>A report</title></head><body><h1>A report</h1><p>"
    + b"Words of a report. " * 60
    + b"</p></body>"
)


@dataclass
class Arrival:
    """One request as the server saw it."""

    moment: float
    host: str
    path: str
    headers: dict[str, str]
    reader: asyncio.StreamReader
    ended: float = 0.0


Respond = Callable[[Arrival, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Web:
    """The server's log and its ways to answer; *answers* maps a path to a responder."""

    answers: dict[str, Respond] = field(default_factory=dict)
    arrivals: list[Arrival] = field(default_factory=list)
    port: int = 0
    tls_port: int = 0

    def paths(self) -> list[str]:
        return [arrival.path for arrival in self.arrivals]

    def gaps(self) -> list[float]:
        moments = sorted(arrival.moment for arrival in self.arrivals)
        return [later - earlier for earlier, later in itertools.pairwise(moments)]

    def connect_to(self) -> dict[str, str]:
        table = {"*:80": f"127.0.0.1:{self.port}"}
        if self.tls_port:
            table["*:443"] = f"127.0.0.1:{self.tls_port}"
        return table

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                lines = head.split("\r\n")
                headers = {
                    name.lower(): value.strip()
                    for name, _, value in (line.partition(":") for line in lines[1:] if line)
                }
                arrival = Arrival(time.monotonic(), headers.get("host", ""), lines[0].split(" ")[1], headers, reader)
                self.arrivals.append(arrival)
                respond = self.answers.get(arrival.path.partition("?")[0], missing)
                await respond(arrival, writer)
                await writer.drain()
                arrival.ended = time.monotonic()


def answer(status: int = 200, body: bytes = PAGE, *, delay_s: float = 0.0, **headers: str) -> Respond:
    """Answer with a status, a body and headers (``retry_after`` becomes ``retry-after``)."""

    async def respond(arrival: Arrival, writer: asyncio.StreamWriter) -> None:
        if delay_s:
            await asyncio.sleep(delay_s)
        writer.write(message(status, body, **headers))

    return respond


def redirect(location: str, status: int = 301, **headers: str) -> Respond:
    return answer(status, b"", location=location, **headers)


def message(status: int, body: bytes, **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


missing = answer(404, b"<html><title>Not found</title>no such page</html>")


async def silent(arrival: Arrival, writer: asyncio.StreamWriter) -> None:
    """Never answer; end when the client gives up."""
    await arrival.reader.read()
    raise ConnectionResetError


async def slow_body(arrival: Arrival, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf")
    await writer.drain()
    await silent(arrival, writer)


async def reset(arrival: Arrival, writer: asyncio.StreamWriter) -> None:
    raw: sockets.socket = writer.get_extra_info("socket")
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    raise ConnectionResetError


async def hang_up(arrival: Arrival, writer: asyncio.StreamWriter) -> None:
    writer.close()
    raise ConnectionResetError


async def reset_mid_body(arrival: Arrival, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf")
    await writer.drain()
    await hang_up(arrival, writer)


async def nonsense(arrival: Arrival, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    await writer.drain()
    await hang_up(arrival, writer)


async def huge(arrival: Arrival, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n")
    for _ in range(1525):
        writer.write(b"x" * 65536)
        await writer.drain()


def bomb() -> Respond:
    return answer(200, gzip.compress(bytes(50_000_000), 1), content_encoding="gzip")


def raw_deflate(body: bytes) -> Respond:
    engine = zlib.compressobj(wbits=-15)
    return answer(200, engine.compress(body) + engine.flush(), content_encoding="deflate")


@contextlib.asynccontextmanager
async def opened(web: Web, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Web]:
    """Serve *web* on loopback, port 0, and over TLS beside it where a context is given."""
    tasks: set[asyncio.Task[None]] = set()

    async def track(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        with contextlib.suppress(asyncio.CancelledError):
            await web.serve(reader, writer)
        writer.transport.abort()

    servers = [await asyncio.start_server(track, "127.0.0.1", 0)]
    web.port = servers[0].sockets[0].getsockname()[1]
    if tls is not None:
        servers.append(await asyncio.start_server(track, "127.0.0.1", 0, ssl=tls))
        web.tls_port = servers[1].sockets[0].getsockname()[1]
    try:
        yield web
    finally:
        for server in servers:
            server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks)
        for server in servers:
            await server.wait_closed()
        # Aborted transports say good-bye in the loop's next round.
        await asyncio.sleep(0)
