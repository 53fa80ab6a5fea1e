"""One request and one answer on a connection, then the next; the other end is a plain socket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpcore
import pytest

from linkkeeper.egress.exchange import Exchange, Head
from linkkeeper.egress.stream import GateStream

HEADERS = [(b"Host", b"a.example"), (b"Accept", b"*/*")]


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.settimeout(5)
    yield ours, theirs
    ours.close()
    theirs.close()


async def nothing() -> None:
    return None


async def ask(exchange: Exchange, target: bytes = b"/a") -> Head:
    return await exchange.ask(b"GET", target, HEADERS, timeout_s=5, before=nothing)


async def body_of(exchange: Exchange) -> bytes:
    pieces = []
    while piece := await exchange.more():
        pieces.append(piece)
    return b"".join(pieces)


@asynccontextmanager
async def exchange_over(ours: socket.socket, *, keep_s: float = 60) -> AsyncIterator[Exchange]:
    exchange = Exchange(GateStream(ours), keep_s=keep_s)
    yield exchange
    exchange.close()


def test_a_request_is_one_write_and_an_answer_whole(ends: tuple[socket.socket, socket.socket]) -> None:
    """Names keep their case, as evidence; an interim answer is none; chunks are joined."""
    ours, theirs = ends
    theirs.sendall(
        b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nX-Made-By: Hand\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )

    async def run() -> tuple[Head, bytes, bool]:
        async with exchange_over(ours) as exchange:
            head = await ask(exchange)
            body = await body_of(exchange)
            exchange.end()
            return head, body, exchange.idle

    head, body, idle = asyncio.run(run())
    assert theirs.recv(65_536) == b"GET /a HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n"
    assert (head.status, head.headers[0], body, idle) == (200, (b"X-Made-By", b"Hand"), b"abcde", True)


def _said(answer: bytes, ends: tuple[socket.socket, socket.socket]) -> tuple[Head, bytes]:
    ours, theirs = ends
    theirs.sendall(answer)

    async def run() -> tuple[Head, bytes]:
        async with exchange_over(ours) as exchange:
            head = await ask(exchange)
            return head, await body_of(exchange)

    return asyncio.run(run())


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 103 Early Hints\r\nalso stray\r\n\r\n"])
def test_lines_that_are_no_fields_are_passed_over(before: bytes, ends: tuple[socket.socket, socket.socket]) -> None:
    """As browsers do; the body is not touched, though it looks alike."""
    stray = b"PHP Warning: no such file\r\n of line 3\r\nno colon\r\nX Y: blank\r\n"
    body = b"no colon\r\n\r\nX Y: blank\r\n"
    answer = b"HTTP/1.1 200 OK\r\n" + stray + b"X-Long : one\r\n two\r\nContent-Length: %d\r\n\r\n" % len(body)
    head, received = _said(before + answer + body, ends)
    assert head.headers == [(b"X-Long", b"one two"), (b"Content-Length", b"%d" % len(body))]
    assert received == body


@pytest.mark.parametrize("line", [b"Content-Length : 2", b" Transfer-Encoding: chunked", b"Content-Length"])
def test_a_stray_line_about_the_body_is_refused(line: bytes, ends: tuple[socket.socket, socket.socket]) -> None:
    with pytest.raises(httpcore.RemoteProtocolError):
        _said(b"HTTP/1.1 200 OK\r\n" + line + b"\r\n\r\nok", ends)


def test_a_finished_answer_leaves_room_for_the_next_request(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends

    async def run() -> list[int]:
        statuses = []
        async with exchange_over(ours) as exchange:
            for status in (200, 404):
                theirs.sendall(b"HTTP/1.1 %d Said\r\nContent-Length: 2\r\n\r\nok" % status)
                statuses.append((await ask(exchange)).status)
                assert await body_of(exchange) == b"ok"
                exchange.end()
        return statuses

    assert asyncio.run(run()) == [200, 404]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nunre",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["unread", "close", "http-1.0"],
)
def test_other_answers_end_the_connection(ends: tuple[socket.socket, socket.socket], answer: bytes) -> None:
    ours, theirs = ends
    theirs.sendall(answer)

    async def run() -> bool:
        async with exchange_over(ours) as exchange:
            await ask(exchange)
            await exchange.more()
            exchange.end()
            return exchange.idle

    assert not asyncio.run(run())
    assert ours.fileno() == -1


def test_an_idle_connection_that_says_something_is_not_used_again(ends: tuple[socket.socket, socket.socket]) -> None:
    """Only the server's good-bye can come unasked."""
    ours, theirs = ends
    theirs.sendall(b"HTTP/1.1 204 None\r\n\r\n")

    async def run() -> tuple[bool, bool]:
        async with exchange_over(ours) as exchange:
            await ask(exchange)
            await exchange.more()
            exchange.end()
            before = exchange.idle
            theirs.shutdown(socket.SHUT_WR)
            return before, exchange.idle

    assert asyncio.run(run()) == (True, False)


def test_an_early_answer_counts_though_the_request_could_not_be_sent(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = ends
    theirs.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
    theirs.shutdown(socket.SHUT_RD)

    async def run() -> int:
        async with exchange_over(ours) as exchange:
            return (await ask(exchange)).status

    assert asyncio.run(run()) == 503


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "without sending a response"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "illegal status line"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "without sending complete"),
    ],
    ids=["nothing", "no-http", "short"],
)
def test_what_is_no_answer_says_why(ends: tuple[socket.socket, socket.socket], answer: bytes, words: str) -> None:
    ours, theirs = ends
    theirs.sendall(answer)
    theirs.shutdown(socket.SHUT_WR)

    async def run() -> None:
        async with exchange_over(ours) as exchange:
            await ask(exchange)
            await body_of(exchange)

    with pytest.raises(httpcore.RemoteProtocolError, match=words):
        asyncio.run(run())
    assert ours.fileno() == -1


def test_an_endless_head_is_refused(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends

    async def run() -> None:
        async with exchange_over(ours) as exchange:
            pouring = asyncio.get_running_loop().run_in_executor(None, pour)
            with pytest.raises(httpcore.RemoteProtocolError):
                await ask(exchange)
            await pouring

    def pour() -> None:
        try:
            for _ in range(40):
                theirs.sendall(b"HTTP/1.1 200 OK\r\n" + b"x" * 8192)
        except OSError:
            return

    asyncio.run(run())
