"""The gate: what it connects to, what it refuses, and that it never asks twice."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator

import pytest

from egress.forbidden import REFUSED, SPELLINGS
from linkkeeper.egress.gate import EgressGate, EgressRules
from linkkeeper.egress.resolver import Resolver
from linkkeeper.errors import (
    ConfigurationError,
    ConnectFailed,
    ConnectTimeout,
    EgressError,
    ForbiddenAddress,
    NameFailing,
    NameMissing,
    ProxyFailed,
)


class Names:
    """A name server of our own: a list of answers per name, the last one repeated."""

    def __init__(self, **answers: list[tuple[str, ...] | int]) -> None:
        self.answers = {name.replace("_", "."): list(given) for name, given in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str) -> tuple[str, ...]:
        self.asked.append(host)
        given = self.answers.get(host, [socket.EAI_NONAME])
        answer = given.pop(0) if len(given) > 1 else given[0]
        if isinstance(answer, int):
            raise socket.gaierror(answer, "as told")
        return answer


@contextlib.asynccontextmanager
async def listening(answer: bytes = b"") -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server on loopback that keeps the first bytes of each connection and gives *answer*."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if answer:
                heard.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(answer)
                await writer.drain()
            else:
                heard.append(b"")
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], heard
    finally:
        server.close()
        await server.wait_closed()


def gate(names: Names | None = None, **rules) -> EgressGate:
    rules.setdefault("allow_addresses", ())
    return EgressGate(
        EgressRules.read(**rules), Resolver(threads=4, timeout_s=1.0, lookup=names or Names()), timeout_s=1.0
    )


def run(action):
    return asyncio.run(action)


async def refused(opener: EgressGate, host: str, port: int = 443) -> EgressError:
    with pytest.raises(EgressError) as caught:
        opened = await opener.connect(host, port, tls=True)
        opened.socket.close()
    opener.close()
    return caught.value


@pytest.mark.parametrize("host", REFUSED)
def test_a_literal_forbidden_address_is_refused_before_anything_is_sent(host: str) -> None:
    assert isinstance(run(refused(gate(), host)), ForbiddenAddress)


@pytest.mark.parametrize("host", SPELLINGS)
def test_a_forbidden_address_is_refused_in_every_spelling(host: str) -> None:
    names = Names()
    assert isinstance(run(refused(gate(names), host)), ForbiddenAddress)
    assert names.asked == []


@pytest.mark.parametrize("address", REFUSED)
def test_a_name_that_leads_to_a_forbidden_address_is_refused(address: str) -> None:
    names = Names(bait_example=[(address,)])
    assert isinstance(run(refused(gate(names), "bait.example", 80)), ForbiddenAddress)


def test_one_private_answer_among_public_ones_refuses_the_name() -> None:
    names = Names(mixed_example=[("93.184.216.34", "10.0.0.7")])
    assert isinstance(run(refused(gate(names), "mixed.example")), ForbiddenAddress)


def test_a_name_that_changes_its_answer_is_not_asked_again_before_connecting() -> None:
    """DNS rebinding: the number that was judged is the number that is connected to."""

    async def rebind() -> None:
        async with listening() as (port, _):
            names = Names(rebind_example=[("127.0.0.1",), ("10.0.0.7",)])
            opener = gate(names, allow_addresses=("127.0.0.0/8",))
            opened = await opener.connect("rebind.example", port, tls=False)
            assert opened.address == opened.socket.getpeername()[0] == "127.0.0.1"
            opened.socket.close()
            assert names.asked == ["rebind.example"]
            opener.close()

    run(rebind())


@pytest.mark.parametrize("port", [22, 25, 6379, 7999, 9000, 65535])
def test_a_public_address_is_reached_on_web_ports_only(port: int) -> None:
    failure = run(refused(gate(), "93.184.216.34", port))
    assert isinstance(failure, ForbiddenAddress)
    assert "port" in failure.reason


@pytest.mark.parametrize("host", ["a b.example", "a/b", "user@host", "", "a\x00b", "a\nb.example"])
def test_what_is_no_host_is_refused(host: str) -> None:
    assert isinstance(run(refused(gate(), host)), ForbiddenAddress)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(socket.EAI_NONAME, NameMissing), (socket.EAI_NODATA, NameMissing), (socket.EAI_AGAIN, NameFailing),
     (socket.EAI_FAIL, NameFailing)],
)  # fmt: skip
def test_a_missing_name_and_a_failing_server_are_told_apart(code: int, kind: type[EgressError]) -> None:
    assert isinstance(run(refused(gate(Names(x_example=[code])), "x.example")), kind)


def test_a_silent_name_server_ends_as_failing_in_time_and_blocks_nobody() -> None:
    async def silent() -> None:
        release = threading.Event()

        def lookup(host: str) -> tuple[str, ...]:
            if host.startswith("slow"):
                release.wait(20)
            return ("127.0.0.1",)

        resolver = Resolver(threads=8, timeout_s=0.2, lookup=lookup)
        slow = [asyncio.create_task(resolver.resolve(f"slow{n}.example")) for n in range(6)]
        assert await resolver.resolve("healthy.example") == ("127.0.0.1",)
        for failure in await asyncio.gather(*slow, return_exceptions=True):
            assert isinstance(failure, NameFailing)
        release.set()
        resolver.close()

    run(silent())


def test_a_name_is_looked_up_once_however_many_ask() -> None:
    async def many() -> None:
        names = Names(busy_example=[("127.0.0.1",)])
        resolver = Resolver(lookup=names)
        await asyncio.gather(*(resolver.resolve("busy.example") for _ in range(50)))
        await resolver.resolve("busy.example")
        assert names.asked == ["busy.example"]
        resolver.close()

    run(many())


def test_a_waiter_that_gives_up_leaves_the_look_up_to_the_others() -> None:
    async def gives_up() -> None:
        release = threading.Event()

        def lookup(host: str) -> tuple[str, ...]:
            release.wait(20)
            return ("127.0.0.1",)

        resolver = Resolver(threads=1, lookup=lookup)
        patient = asyncio.create_task(resolver.resolve("x.example"))
        hasty = asyncio.create_task(resolver.resolve("x.example"))
        await asyncio.sleep(0)
        hasty.cancel()
        release.set()
        assert await patient == ("127.0.0.1",)
        resolver.close()

    run(gives_up())


def test_an_answer_expires() -> None:
    async def expires() -> None:
        names = Names(x_example=[socket.EAI_NONAME, ("127.0.0.1",)])
        resolver = Resolver(ttl_s=300, negative_ttl_s=0, lookup=names)
        with pytest.raises(NameMissing):
            await resolver.resolve("x.example")
        assert await resolver.resolve("x.example") == ("127.0.0.1",)
        assert await resolver.resolve("x.example") == ("127.0.0.1",)
        assert len(names.asked) == 2
        resolver.close()

    run(expires())


def test_connect_to_is_asked_before_the_resolver() -> None:
    async def mapped() -> None:
        async with listening() as (port, _):
            names = Names()
            opener = gate(
                names,
                allow_addresses=("127.0.0.0/8",),
                connect_to={"www.example.org:443": f"127.0.0.1:{port}", "*:80": f"127.0.0.1:{port}"},
            )
            for host, asked in (("www.example.org", 443), ("WWW.Example.org.", 443), ("else.example", 80)):
                opened = await opener.connect(host, asked, tls=False)
                assert opened.socket.getpeername() == ("127.0.0.1", port)
                opened.socket.close()
            assert names.asked == []
            opener.close()

    run(mapped())


def test_connect_to_with_an_empty_target_means_that_the_name_does_not_exist() -> None:
    opener = gate(connect_to={"gone.example:443": "", "*:443": "127.0.0.1:1"}, allow_addresses=("127.0.0.0/8",))
    assert isinstance(run(refused(opener, "gone.example")), NameMissing)


def test_the_target_of_connect_to_must_be_public_or_allowed() -> None:
    opener = gate(connect_to={"www.example.org:443": "127.0.0.1:8443"})
    assert isinstance(run(refused(opener, "www.example.org")), ForbiddenAddress)


def test_a_forbidden_literal_stays_forbidden_under_a_star() -> None:
    opener = gate(connect_to={"*:80": "127.0.0.1:8080"}, allow_addresses=("127.0.0.0/8",))
    assert isinstance(run(refused(opener, "169.254.169.254", 80)), ForbiddenAddress)


@pytest.mark.parametrize(
    "table",
    [
        {"a.example:443": "127.0.0.1:http"},
        {"*:443": ":8443"},
        {"x:99999": ""},
        {"": "127.0.0.1:80"},
        {"a b:443": "127.0.0.1:80"},
        {"https://a.example:443": "127.0.0.1:8443"},
        {"a.example:443": "http://127.0.0.1:8443"},
        {"a.example:443:127.0.0.1:8443": "x"},
        {"::1:443": "127.0.0.1:8443"},
        {"a.example:443": "127.0.0.1:8443/"},
    ],
)
def test_a_target_that_is_no_address_is_a_configuration_error(table: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        EgressRules.read(connect_to=table)


def test_nobody_listening_is_a_refusal_with_its_errno() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        failure = run(refused(gate(allow_addresses=("127.0.0.0/8",)), "127.0.0.1", port))
    assert isinstance(failure, ConnectFailed)
    assert failure.errno == 111


def test_the_next_address_is_tried_when_the_first_refuses() -> None:
    async def second() -> None:
        async with listening() as (port, _):
            names = Names(two_example=[("127.0.0.9", "127.0.0.1")])
            opener = gate(names, allow_addresses=("127.0.0.0/8",))
            opened = await opener.connect("two.example", port, tls=False)
            assert opened.address == "127.0.0.1"
            opened.socket.close()
            opener.close()

    run(second())


def test_a_full_backlog_is_a_connect_time_out() -> None:
    async def full() -> None:
        with socket.socket() as silent, contextlib.ExitStack() as stack:
            silent.bind(("127.0.0.1", 0))
            silent.listen(0)
            port = silent.getsockname()[1]
            for _ in range(4):
                filler = stack.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
            opener = gate(allow_addresses=("127.0.0.0/8",))
            with pytest.raises(ConnectTimeout):
                await opener.connect("127.0.0.1", port, tls=False, timeout_s=0.2)
            opener.close()

    run(full())


def test_tls_goes_through_the_proxy_by_a_tunnel_and_plain_http_by_absolute_form() -> None:
    async def proxied() -> None:
        async with listening(b"HTTP/1.1 200 Connection established\r\n\r\n") as (port, heard):
            names = Names()
            opener = gate(names, proxy=f"http://kim:s%40cret@127.0.0.1:{port}")
            opened = await opener.connect("www.example.org", 443, tls=True)
            opened.socket.close()
            assert not opened.absolute_form
            assert heard[0].startswith(b"CONNECT www.example.org:443 HTTP/1.1\r\nHost: www.example.org:443\r\n")
            assert b"Proxy-Authorization: Basic a2ltOnNAY3JldA==\r\n" in heard[0]
            plain = await opener.connect("www.example.org", 80, tls=False)
            plain.socket.close()
            assert plain.absolute_form
            assert plain.proxy_headers == (("Proxy-Authorization", "Basic a2ltOnNAY3JldA=="),)
            assert names.asked == []
            opener.close()

    run(proxied())


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 407 Who\r\n\r\n", b"HTTP/1.1 502 No\r\n\r\n", b"HTTP/1.0 301 x\r\n\r\n", b"nonsense\r\n\r\n"]
)
def test_any_other_answer_to_connect_is_the_proxys_failure(answer: bytes) -> None:
    async def fails() -> None:
        async with listening(answer) as (port, _):
            failure = await refused(gate(proxy=f"http://127.0.0.1:{port}"), "www.example.org")
            assert isinstance(failure, ProxyFailed)

    run(fails())


def test_a_proxy_that_does_not_answer_is_the_proxys_failure() -> None:
    assert isinstance(run(refused(gate(proxy="http://127.0.0.1:1"), "www.example.org")), ProxyFailed)


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f.1", "[::1]", "localhost", "intranet", "printer.local", "10.0.0.1"])
def test_behind_a_proxy_literal_and_local_names_are_still_refused_by_us(host: str) -> None:
    async def refuses() -> None:
        async with listening(b"HTTP/1.1 200 OK\r\n\r\n") as (port, heard):
            failure = await refused(gate(proxy=f"http://127.0.0.1:{port}"), host)
            assert isinstance(failure, ForbiddenAddress)
            assert heard == []

    run(refuses())


@pytest.mark.parametrize("url", ["socks5://x:1", "proxy.example:3128", "http://", "http://x:99999", "http://x/path"])
def test_a_proxy_setting_that_is_none_is_refused_without_showing_a_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        EgressRules.read(proxy=url.replace("//", "//kim:secret@"))
    assert "secret" not in str(caught.value)
