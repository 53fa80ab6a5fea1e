"""The recorder as a proxy, asked by a bare client instead of a browser."""

import asyncio
import base64
import random
import tempfile
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from captures.memory_sink import MemorySink
from linkkeeper.captures.browser_key import new_browser_key
from linkkeeper.captures.ledger import Ledger
from linkkeeper.captures.limits import LimitHit, VisitLimits
from linkkeeper.captures.ports import ProxyAddress
from linkkeeper.captures.recorder import Recorder
from linkkeeper.egress.gate import EgressGate, EgressRules
from linkkeeper.egress.resolver import Resolver
from linkkeeper.egress.tls import client_context
from linkkeeper.vocabulary.capture import Truncation
from linkkeeper.vocabulary.connection import OpenedConnection

Origin = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@dataclass
class Bench:
    """A recorder before one origin on loopback."""

    recorder: Recorder
    ledger: Ledger
    sink: MemorySink
    port: int

    async def ask(self, request: bytes, *, proxy: ProxyAddress | None = None, wait_s: float = 2) -> bytes:
        """Send *request* to the recorder; all that comes back until it closes or pauses."""
        known = self.recorder.proxy
        given = proxy or known
        credentials = base64.b64encode(f"{given.user}:{given.password}".encode())
        reader, writer = await asyncio.open_connection("127.0.0.1", known.port)
        writer.write(request.replace(b"\r\n", b"\r\nProxy-Authorization: Basic " + credentials + b"\r\n", 1))
        answer = b""
        try:
            async with asyncio.timeout(wait_s):
                while piece := await reader.read(65536):
                    answer += piece
                    if answer.endswith(b"hello"):
                        break
        except (TimeoutError, ConnectionResetError):
            pass
        finally:
            writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return answer

    def get(self, path: str = "/", *, fields: bytes = b"") -> bytes:
        target = f"http://127.0.0.1:{self.port}{path}".encode()
        return b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n" + fields + b"\r\n"


@asynccontextmanager
async def bench(origin: Origin, *, limits: VisitLimits | None = None) -> AsyncIterator[Bench]:
    clients: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        clients.add(task)
        try:
            await origin(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    gate = EgressGate(EgressRules.read(allow_addresses=("127.0.0.0/8",)), Resolver())
    with tempfile.TemporaryDirectory() as folder:
        sink = MemorySink(Path(folder))
        chosen = limits or VisitLimits()
        ledger = Ledger(sink=sink, limits=chosen)
        recorder = Recorder(
            gate=gate, tls=client_context(), key=new_browser_key(), ledger=ledger, limits=chosen, folder=Path(folder)
        )
        async with recorder:
            yield Bench(recorder, ledger, sink, server.sockets[0].getsockname()[1])
        await ledger.finish_writing()
    server.close()
    for task in clients:
        task.cancel()
    await asyncio.gather(*clients, return_exceptions=True)
    gate.close()


def always(answer: bytes) -> Origin:
    async def origin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()

    return origin


def test_a_request_that_could_be_read_in_two_ways_is_refused_and_entered() -> None:
    async def run() -> None:
        async with bench(always(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as proxy:
            folded = b"GET http://127.0.0.1/ HTTP/1.1\r\nX-Long: one\r\n two\r\n\r\n"
            answer = await proxy.ask(proxy.get() + folded)
            assert answer.count(b"HTTP/1.1 200 OK") == 1
            assert b"HTTP/1.1 400 Bad Request" in answer
            (failure,) = proxy.ledger.failures
            assert failure.url == f"http://127.0.0.1:{proxy.port}/"
            assert "a folded header line" in failure.reason

    asyncio.run(run())


def test_nobody_without_the_credentials_is_served() -> None:
    async def run() -> None:
        async with bench(always(HELLO)) as proxy:
            stranger = ProxyAddress(0, "visit", "guess")
            assert (await proxy.ask(proxy.get(), proxy=stranger)).startswith(b"HTTP/1.1 407 ")
            assert (await proxy.ask(b"CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n", proxy=stranger)).startswith(
                b"HTTP/1.1 407 "
            )
            assert proxy.ledger.asked == []
            assert (await proxy.ask(proxy.get())).endswith(b"hello")

    asyncio.run(run())


def test_an_answer_passes_and_is_recorded_to_the_byte() -> None:
    odd = b"HTTP/1.1 200 Fine\r\ncontent-LENGTH:  5 \r\nX-Latin: caf\xe9\r\nX-Empty:\r\n\r\nhello"

    async def run() -> None:
        async with bench(always(odd)) as proxy:
            assert await proxy.ask(proxy.get("/a?b#c", fields=b"X-Mine:  two  \r\n")) == odd
        (kept,) = proxy.sink.kept
        assert kept.exchange.response_head + b"hello" == odd
        assert kept.exchange.request_head == b"GET /a?b HTTP/1.1\r\nHost: x\r\nX-Mine:  two  \r\n\r\n"
        assert kept.exchange.url.endswith("/a?b")
        assert kept.exchange.address == "127.0.0.1"

    asyncio.run(run())


def test_challenges_and_other_protocols_are_recorded_but_kept_from_the_browser() -> None:
    answer = (
        b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nProxy-Authenticate: Basic\r\nAlt-Svc: h3\r\n"
        b"Content-Length: 5\r\n\r\nhello"
    )

    async def run() -> None:
        async with bench(always(answer)) as proxy:
            assert await proxy.ask(proxy.get()) == b"HTTP/1.1 401 No\r\nContent-Length: 5\r\n\r\nhello"
        assert proxy.sink.kept[0].exchange.response_head + b"hello" == answer

    asyncio.run(run())


def test_interim_answers_are_dropped() -> None:
    async def run() -> None:
        async with bench(
            always(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Go\r\n\r\n" + HELLO)
        ) as proxy:
            assert await proxy.ask(proxy.get()) == HELLO

    asyncio.run(run())


def test_a_refused_address_is_recorded_as_our_refusal() -> None:
    async def run() -> None:
        async with bench(always(HELLO)) as proxy:
            request = b"GET http://10.0.0.1/x HTTP/1.1\r\nHost: x\r\n\r\n"
            assert (await proxy.ask(request)).startswith(b"HTTP/1.1 502 ")
            await proxy.ask(b"CONNECT 10.0.0.1:443 HTTP/1.1\r\n\r\n")
        refusals = [(failure.url, failure.refused_by_gate) for failure in proxy.sink.failures]
        assert ("http://10.0.0.1/x", True) in refusals
        assert proxy.sink.kept == []

    asyncio.run(run())


def test_a_kept_connection_that_closed_is_opened_again_for_what_may_be_repeated() -> None:
    connections: list[int] = []

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HELLO)
        await writer.drain()

    async def run() -> None:
        async with bench(once) as proxy:
            both = proxy.get("/1") + proxy.get("/2")
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.recorder.proxy.port)
            secret = base64.b64encode(f"visit:{proxy.recorder.proxy.password}".encode())
            for request in (proxy.get("/1"), proxy.get("/2")):
                writer.write(request.replace(b"\r\n", b"\r\nProxy-Authorization: Basic " + secret + b"\r\n", 1))
                assert (await reader.readexactly(len(HELLO))) == HELLO
            writer.close()
            assert both
        assert len(connections) == 2
        assert [kept.exchange.status for kept in proxy.sink.kept] == [200, 200]

    asyncio.run(run())


def test_a_body_that_breaks_off_is_kept_and_marked() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nonly this")
        await writer.drain()

    async def run() -> None:
        async with bench(cut) as proxy:
            assert (await proxy.ask(proxy.get())).endswith(b"only this")
        (kept,) = proxy.sink.kept
        assert (kept.exchange.truncated, kept.exchange.response_body.length) == (Truncation.DISCONNECT, 9)

    asyncio.run(run())


def test_a_stream_that_is_open_at_the_end_is_kept_and_marked() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: hello")
        await writer.drain()
        await asyncio.Event().wait()

    async def run() -> None:
        async with bench(endless) as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.recorder.proxy.port)
            secret = base64.b64encode(f"visit:{proxy.recorder.proxy.password}".encode())
            writer.write(proxy.get().replace(b"\r\n", b"\r\nProxy-Authorization: Basic " + secret + b"\r\n", 1))
            await reader.readuntil(b"hello")
            assert proxy.ledger.busy == 0, "a stream is nothing to wait for"
        writer.close()
        (kept,) = proxy.sink.kept
        assert (kept.exchange.truncated, kept.exchange.response_body.length) == (Truncation.TIME, 11)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("length", "expected"), [(5, None), (5_000_000, Truncation.DISCONNECT)], ids=["small", "large"]
)
def test_what_the_browser_gives_up_is_recorded_if_little_is_missing(length: int, expected: Truncation | None) -> None:
    """The server sent it, so that it belongs to the record; a film is not fetched for that reason."""
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await go_on.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nhello" % length)
        await writer.drain()
        await reader.read()

    async def run() -> None:
        async with bench(slow) as proxy:
            asking = asyncio.create_task(proxy.ask(proxy.get()))
            await asked.wait()
            asking.cancel()
            await asyncio.wait({asking})
            go_on.set()
            async with asyncio.timeout(10):
                await proxy.ledger.quiet(for_s=0)
        (kept,) = proxy.sink.kept
        assert (kept.exchange.truncated, kept.exchange.response_body.length) == (expected, 5)

    asyncio.run(run())


def test_an_answer_that_does_not_come_is_not_waited_for_when_the_browser_has_left() -> None:
    asked = asyncio.Event()

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await reader.read()

    async def run() -> None:
        async with bench(never) as proxy:
            asking = asyncio.create_task(proxy.ask(proxy.get()))
            await asked.wait()
            asking.cancel()
            await asyncio.wait({asking})
            async with asyncio.timeout(10):
                await proxy.ledger.quiet(for_s=0)
        assert [failure.reason for failure in proxy.sink.failures] == ["the page took its request back"]

    asyncio.run(run())


def test_limits_cut_and_refuse() -> None:
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000

    async def run() -> None:
        async with bench(always(long), limits=VisitLimits(max_body_bytes=1000, max_exchanges=1)) as proxy:
            await proxy.ask(proxy.get("/1"))
            assert (await proxy.ask(proxy.get("/2"))).startswith(b"HTTP/1.1 502 ")
        assert [kept.exchange.truncated for kept in proxy.sink.kept] == [Truncation.LENGTH]
        assert set(proxy.ledger.hits) == {LimitHit.BODY, LimitHit.EXCHANGES}
        assert [failure.url.rsplit("/", 1)[1] for failure in proxy.sink.failures] == ["2"]

    asyncio.run(run())


def test_a_decompression_bomb_is_cut_before_the_browser_unpacks_it() -> None:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    grain = random.Random(1).randbytes(8192)
    body = b"".join(packer.compress(bytes(1 << 20) + grain[number:]) for number in range(40)) + packer.flush()
    bomb = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    async def run() -> None:
        async with bench(always(bomb), limits=VisitLimits(max_decoded_bytes=30 << 20)) as proxy:
            assert len(await proxy.ask(proxy.get(), wait_s=30)) < len(bomb)
        assert set(proxy.ledger.hits) == {LimitHit.DECODED}
        assert proxy.sink.kept[0].exchange.truncated is Truncation.LENGTH

    asyncio.run(run())


def test_a_head_beyond_its_limit_is_refused() -> None:
    huge = b"HTTP/1.1 200 OK\r\nX-Huge: " + b"a" * 50_000 + b"\r\nContent-Length: 5\r\n\r\nhello"

    async def run() -> None:
        async with bench(always(huge), limits=VisitLimits(max_header_bytes=10_000)) as proxy:
            assert (await proxy.ask(proxy.get())).startswith(b"HTTP/1.1 502 ")
        assert set(proxy.ledger.hits) == {LimitHit.HEADER}
        assert proxy.sink.kept == []

    asyncio.run(run())


@dataclass
class ProxiedGate:
    """A gate before which an upstream proxy stands."""

    gate: EgressGate

    async def connect(self, host: str, port: int, *, tls: bool, timeout_s: float | None = None) -> OpenedConnection:
        opened = await self.gate.connect(host, port, tls=tls, timeout_s=timeout_s)
        return OpenedConnection(
            socket=opened.socket,
            address=opened.address,
            absolute_form=True,
            proxy_headers=(("Proxy-Authorization", "Basic secret"),),
        )


def test_behind_an_upstream_proxy_its_credentials_are_sent_and_never_recorded() -> None:
    heads: list[bytes] = []

    async def upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(HELLO)
        await writer.drain()

    async def run() -> None:
        async with bench(upstream) as proxy:
            proxy.recorder._gate = ProxiedGate(proxy.recorder._gate)  # type: ignore[arg-type, assignment]
            assert await proxy.ask(proxy.get("/a")) == HELLO
        assert heads[0].startswith(f"GET http://127.0.0.1:{proxy.port}/a HTTP/1.1\r\n".encode())
        assert b"Proxy-Authorization: Basic secret" in heads[0]
        assert proxy.sink.kept[0].exchange.request_head == b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"

    asyncio.run(run())


def test_trouble_of_the_upstream_proxy_is_not_the_sites_answer() -> None:
    answer = b"HTTP/1.1 503 Proxy in trouble\r\nContent-Length: 0\r\n\r\n"

    async def run() -> None:
        async with bench(always(answer)) as proxy:
            proxy.recorder._gate = ProxiedGate(proxy.recorder._gate)  # type: ignore[arg-type, assignment]
            assert (await proxy.ask(proxy.get())).startswith(b"HTTP/1.1 502 ")
        assert proxy.sink.kept == []
        assert [failure.reason for failure in proxy.sink.failures] == ["the upstream proxy failed: it answered 503"]

    asyncio.run(run())


def test_a_large_body_is_spooled_to_a_file_and_the_file_is_gone_afterwards() -> None:
    body = bytes(range(256)) * 8192
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    async def run() -> None:
        async with bench(always(answer)) as proxy:
            assert (await proxy.ask(proxy.get())).endswith(body)
            assert len(list(proxy.sink.scratch().iterdir())) == 1
            await proxy.ledger.finish_writing()
            assert list(proxy.sink.scratch().iterdir()) == []
        assert proxy.sink.kept[0].exchange.response_body.length == len(body)

    asyncio.run(run())
