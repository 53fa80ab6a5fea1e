"""One look through the real client: what each pathology of the web is called, and what is never done."""

import asyncio
import datetime
import ssl
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from checks import pathological_web as pathology
from checks.network import Network, on, trusting_context
from checks.pathological_web import PAGE, Web, answer, redirect
from egress.forbidden import REFUSED, SPELLINGS
from linkkeeper.adapters.httpx_fetch import HttpxFetch
from linkkeeper.checks.look import FailureKind, Look, Phase
from linkkeeper.checks.pacing import Pacer, PaceRules
from linkkeeper.egress.addresses import is_within, networks
from linkkeeper.egress.gate import EgressGate, EgressRules
from linkkeeper.egress.resolver import Resolver
from linkkeeper.errors import InputError
from linkkeeper.vocabulary.moment import SystemClock


def look(web: Web, path: str = "/", *, host: str = "site.example", scheme: str = "http", **options) -> Look:
    keywords = {key: options.pop(key) for key in ("validators", "patient") if key in options}
    return on(web, lambda there: there.fetch.look(f"{scheme}://{host}{path}", **keywords), **options)


def test_a_living_page_is_seen_whole() -> None:
    seen = look(Web({"/": answer(x_test="yes")}))
    assert seen.failure is None
    assert seen.answer is not None
    assert (seen.answer.status, seen.answer.body, seen.answer.whole) == (200, PAGE, True)
    assert (seen.answer.address, seen.answer.header("X-Test")) == ("127.0.0.1", "yes")
    assert seen.elapsed_s > 0


def test_the_request_says_who_asks_and_carries_nothing_else() -> None:
    web = Web({"/": answer(set_cookie="a=1")})
    on(web, lambda there: _twice(there.fetch, "http://user:secret@site.example/#part"))
    for arrival in web.arrivals:
        assert arrival.headers["user-agent"] == "linkkeeper/0 (tests; +https://example.org/contact)"
        assert not {"authorization", "cookie", "referer"} & set(arrival.headers)
        assert arrival.path == "/"
    assert web.arrivals[0].host == "site.example"


async def _twice(fetch, url: str) -> None:
    await fetch.look(url)
    await fetch.look(url)


@pytest.mark.parametrize(
    ("respond", "kind", "phase"),
    [
        (pathology.silent, FailureKind.TIMEOUT, Phase.FIRST_BYTE),
        (pathology.slow_body, FailureKind.TIMEOUT, Phase.BODY),
        (pathology.reset, FailureKind.RESET, Phase.FIRST_BYTE),
        (pathology.hang_up, FailureKind.RESET, Phase.FIRST_BYTE),
        (pathology.reset_mid_body, FailureKind.RESET, Phase.BODY),
        (pathology.nonsense, FailureKind.MALFORMED, Phase.FIRST_BYTE),
        (answer(200, b"\x1f\x8bno gzip at all", content_encoding="gzip"), FailureKind.MALFORMED, Phase.BODY),
    ],
)
def test_each_way_to_fail_is_told_apart_with_its_phase(respond, kind: FailureKind, phase: Phase) -> None:
    seen = look(Web({"/": respond}))
    assert seen.answer is None
    assert seen.failure is not None
    assert (seen.failure.kind, seen.failure.phase) == (kind, phase)
    assert seen.failure.words


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_coding_that_is_only_named_is_none(coding: str) -> None:
    found = look(Web({"/": answer(200, b"<p>Plain words", content_encoding=coding)})).answer
    assert found is not None
    assert found.body == b"<p>Plain words"


def test_a_reset_carries_its_errno() -> None:
    failure = look(Web({"/": pathology.reset})).failure
    assert failure is not None
    assert failure.errno == 104


def test_a_missing_name_is_a_fact_and_no_exception() -> None:
    failure = look(Web(), connect_to={"site.example:80": ""}).failure
    assert failure is not None
    assert (failure.kind, failure.phase) == (FailureKind.DNS_MISSING, Phase.RESOLVE)


def test_nobody_listening_is_refused() -> None:
    failure = look(Web(), connect_to={"site.example:80": "127.0.0.1:1"}).failure
    assert failure is not None
    assert (failure.kind, failure.phase, failure.errno) == (FailureKind.REFUSED, Phase.CONNECT, 111)


def test_a_slow_page_is_seen_by_the_patient_retry_only() -> None:
    web = Web({"/": answer(delay_s=0.5)})
    assert look(web).failure is not None
    assert look(web, patient=True).answer is not None


def test_a_huge_page_is_cut_at_the_limit() -> None:
    seen = look(Web({"/": pathology.huge}))
    assert seen.answer is not None
    assert (len(seen.answer.body), seen.answer.whole) == (262_144, False)


def test_a_decompression_bomb_never_unfolds() -> None:
    seen = look(Web({"/": pathology.bomb()}))
    assert seen.answer is not None
    assert (len(seen.answer.body), seen.answer.whole) == (262_144, False)


def test_raw_deflate_is_read_as_browsers_read_it() -> None:
    seen = look(Web({"/": pathology.raw_deflate(PAGE)}))
    assert seen.answer is not None
    assert seen.answer.body == PAGE


def test_redirects_are_followed_by_hand_and_told() -> None:
    web = Web({"/a": redirect("b?x=1#part"), "/b": redirect("//other.example/c", 302), "/c": answer()})
    seen = look(web, "/a")
    assert [(hop.url, hop.status) for hop in seen.hops] == [
        ("http://site.example/a", 301),
        ("http://site.example/b?x=1", 302),
    ]
    assert seen.answer is not None
    assert seen.answer.url == "http://other.example/c"
    assert [arrival.host for arrival in web.arrivals] == ["site.example", "site.example", "other.example"]


def test_a_backslash_in_location_is_read_as_browsers_read_it() -> None:
    seen = look(Web({"/a": redirect("http:\\\\other.example\\b"), "/b": answer()}), "/a")
    assert seen.answer is not None
    assert seen.answer.url == "http://other.example/b"


def test_a_redirect_without_location_is_an_answer() -> None:
    seen = look(Web({"/": answer(302, b"")}))
    assert seen.answer is not None
    assert seen.answer.status == 302


def test_a_circle_is_called_one_after_a_try_with_cookies() -> None:
    web = Web({"/a": redirect("/b"), "/b": redirect("/a")})
    seen = look(web, "/a")
    assert seen.failure is not None
    assert seen.failure.kind is FailureKind.REDIRECT_LOOP
    assert seen.cookies


def test_an_endless_road_ends_at_the_limit() -> None:
    web = Web({f"/{n}": redirect(f"/{n + 1}") for n in range(40)})
    seen = look(web, "/0")
    assert seen.failure is not None
    assert seen.failure.kind is FailureKind.REDIRECT_LOOP
    assert len(seen.hops) == 11


async def _consent(arrival, writer) -> None:
    agreed = "agreed=yes" in arrival.headers.get("cookie", "")
    respond = answer() if agreed else redirect("/consent", 302)
    await respond(arrival, writer)


def test_a_consent_wall_that_loops_without_cookies_is_passed_with_them() -> None:
    web = Web({"/": _consent, "/consent": redirect("/", 302, set_cookie="agreed=yes; Path=/; HttpOnly")})
    seen = look(web)
    assert seen.answer is not None
    assert (seen.answer.status, seen.cookies) == (200, True)


def test_cookies_of_one_host_never_reach_another() -> None:
    web = Web({"/": redirect("/two", 302, set_cookie="a=1"), "/two": redirect("http://other.example/3", 302)})
    look(web)
    assert all("cookie" not in arrival.headers for arrival in web.arrivals if arrival.host == "other.example")


async def _picky(arrival, writer) -> None:
    respond = answer() if "accept-language" in arrival.headers else answer(406, b"")
    await respond(arrival, writer)


def test_a_server_that_dislikes_our_headers_is_asked_once_more_as_browsers_ask() -> None:
    web = Web({"/": _picky})
    seen = look(web)
    assert seen.answer is not None
    assert (seen.answer.status, seen.browser_headers, len(web.arrivals)) == (200, True, 2)


def test_a_captcha_with_405_is_not_asked_again() -> None:
    web = Web({"/": answer(405, b"Human Verification", x_amzn_waf_action="captcha")})
    assert look(web).answer is not None
    assert len(web.arrivals) == 1


def test_an_unchanged_page_costs_no_body() -> None:
    async def conditional(arrival, writer) -> None:
        await (answer(304, b"") if arrival.headers.get("if-none-match") == '"v1"' else answer())(arrival, writer)

    seen = look(Web({"/": conditional}), validators=('"v1"', None))
    assert seen.not_modified
    assert look(Web({"/": conditional})).not_modified is False


def test_a_redirect_to_a_forbidden_address_is_refused_at_connect() -> None:
    """Every address of the list but loopback, which this test web is allowed to stand on."""
    allowed = networks(["127.0.0.0/8"])
    hosts = [f"[{text}]" if ":" in text else text for text in REFUSED if not is_within(ip_address(text), allowed)]
    web = Web({f"/{n}": redirect(f"http://{host}/latest/meta-data/", 302) for n, host in enumerate(hosts)})

    async def ask_all(there: Network) -> list[Look]:
        return [await there.fetch.look(f"http://site.example/{n}") for n in range(len(hosts))]

    seen = on(web, ask_all)
    kinds = {host: look.failure and look.failure.kind for host, look in zip(hosts, seen, strict=True)}
    assert {host for host, kind in kinds.items() if kind is not FailureKind.FORBIDDEN_ADDRESS} == set()
    assert len(web.arrivals) == len(hosts)
    assert len(hosts) >= 46


def test_a_forbidden_host_in_any_spelling_is_never_asked() -> None:
    """Whatever the URL parser makes of it: without an allowance nothing but a refusal comes back."""

    async def ask_all() -> list[Look]:
        gate = EgressGate(EgressRules(), Resolver(threads=1, timeout_s=1.0))
        fetch = HttpxFetch(
            gate,
            context=trusting_context(),
            slots=Pacer(PaceRules(interval_s=0.0)),
            clock=SystemClock(),
            user_agent="linkkeeper",
        )
        try:
            return [await fetch.look(f"http://{spelling}/") for spelling in spellings]
        finally:
            await fetch.aclose()
            gate.close()

    # A zone has no place in a URL: the parser refuses it before anybody could connect.
    spellings = [spelling for spelling in SPELLINGS if "%25" not in spelling]
    kinds = [seen.failure and seen.failure.kind for seen in asyncio.run(ask_all())]
    assert set(kinds) == {FailureKind.FORBIDDEN_ADDRESS}


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://site.example/", "gopher://site.example/", "data:,x"])
def test_a_redirect_out_of_http_is_unsupported(target: str) -> None:
    seen = look(Web({"/": redirect(target, 302)}))
    assert seen.failure is not None
    assert seen.failure.kind is FailureKind.UNSUPPORTED


def test_a_redirect_to_a_port_of_no_web_is_refused() -> None:
    seen = look(Web({"/": redirect("http://93.184.216.34:22/", 302)}))
    assert seen.failure is not None
    assert seen.failure.kind is FailureKind.FORBIDDEN_ADDRESS


async def _one_answer_per_connection(arrival, writer) -> None:
    await answer()(arrival, writer)
    await writer.drain()
    await pathology.hang_up(arrival, writer)


def test_an_idle_connection_that_the_server_closed_is_no_failure_of_the_page() -> None:
    web = Web({"/": _one_answer_per_connection})

    async def three_times(there: Network) -> list[Look]:
        return [await there.fetch.look("http://site.example/") for _ in range(3)]

    assert all(seen.answer is not None for seen in on(web, three_times))


def test_silence_on_a_reused_connection_is_waited_for_once() -> None:
    web = Web({"/": redirect("/silent", 302), "/silent": pathology.silent})
    seen = look(web)
    assert seen.failure is not None
    assert (seen.failure.kind, seen.failure.phase) == (FailureKind.TIMEOUT, Phase.FIRST_BYTE)
    assert web.paths() == ["/", "/silent"]


# TLS


def authority(folder: Path, host: str, *, expired: bool = False, trusted: bool = True):
    """A server context for *host* and a client context that trusts its authority, or does not."""
    key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    ca = _signed(issuer, issuer, key.public_key(), key, None)
    leaf = _signed(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]), issuer, leaf_key.public_key(), key, host, expired
    )
    pem = serialization.Encoding.PEM
    private = leaf_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "leaf.pem").write_bytes(private + leaf.public_bytes(pem))
    (folder / "ca.pem").write_bytes(ca.public_bytes(pem))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "leaf.pem")
    client = ssl.create_default_context()
    if trusted:
        client.load_verify_locations(folder / "ca.pem")
    return server, client


def _signed(subject, issuer, public_key, key, host, expired=False) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    end = now - datetime.timedelta(days=1) if expired else now + datetime.timedelta(days=9)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=30))
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
    )
    if host is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return builder.sign(key, hashes.SHA256())


def test_a_verified_certificate_tells_when_it_expires(tmp_path: Path) -> None:
    server, client = authority(tmp_path, "site.example")
    seen = look(Web({"/": answer()}), scheme="https", tls=server, trusted=client)
    assert seen.answer is not None
    assert seen.answer.tls_expires is not None


@pytest.mark.parametrize(
    ("trouble", "codes"),
    [({"expired": True}, {10}), ({"trusted": False}, {18, 19, 20, 21}), ({"host": "else.example"}, {62})],
)
def test_each_trouble_with_certificates_keeps_its_code_and_what_stands_behind(
    tmp_path: Path, trouble: dict, codes: set[int]
) -> None:
    options = dict(trouble)
    server, client = authority(tmp_path, options.pop("host", "site.example"), **options)
    web = Web({"/": answer()})
    seen = look(web, scheme="https", tls=server, trusted=client)
    assert seen.failure is not None
    assert seen.failure.kind is FailureKind.TLS
    assert seen.failure.verify_code in codes
    assert seen.tls_tried
    assert seen.behind_tls is not None
    assert seen.behind_tls.body == PAGE
    assert seen.behind_tls.tls_expires is not None
    assert "cookie" not in web.arrivals[0].headers


def test_a_server_that_speaks_no_tls_is_a_tls_failure(tmp_path: Path) -> None:
    seen = look(Web({"/": answer()}), scheme="https", connect_to={"site.example:443": "127.0.0.1:1"})
    assert seen.failure is not None
    assert seen.failure.kind is FailureKind.REFUSED


# Proxy


def test_plain_http_goes_to_the_proxy_in_absolute_form() -> None:
    web = Web({"http://site.example/page": answer()})
    seen = look(web, "/page", proxy="http://127.0.0.1:{port}")
    assert seen.answer is not None
    assert web.paths() == ["http://site.example/page"]


@pytest.mark.parametrize("status", [407, 502, 503, 504])
def test_what_the_proxy_itself_answers_is_its_own_failure(status: int) -> None:
    web = Web({"http://site.example/": answer(status, b"")})
    seen = look(web, proxy="http://127.0.0.1:{port}")
    assert seen.failure is not None
    assert seen.failure.kind is FailureKind.PROXY_ERROR


def test_a_proxy_that_refuses_a_tunnel_is_its_own_failure() -> None:
    seen = look(Web(), scheme="https", proxy="http://127.0.0.1:{port}")
    assert seen.failure is not None
    assert seen.failure.kind is FailureKind.PROXY_ERROR


# Downloads


def test_a_download_is_whole_and_tells_its_way() -> None:
    web = Web({"/feed": redirect("/feed.xml"), "/feed.xml": answer(200, b"<rss/>", content_type="application/rss+xml")})
    got = on(web, lambda there: there.fetch.download("http://site.example/feed"))
    assert (got.final_url, got.status, got.body) == ("http://site.example/feed.xml", 200, b"<rss/>")
    assert got.header("Content-Type") == "application/rss+xml"


def test_a_download_over_its_limit_is_refused_not_cut() -> None:
    web = Web({"/": answer(200, b"x" * 2000)})
    with pytest.raises(InputError, match="larger than 1000"):
        on(web, lambda there: there.fetch.download("http://site.example/", max_bytes=1000))


def test_a_download_that_fails_says_why() -> None:
    with pytest.raises(InputError, match="hung up"):
        on(Web({"/": pathology.hang_up}), lambda there: there.fetch.download("http://site.example/"))
