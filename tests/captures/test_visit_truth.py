"""Visits against the truth web: every byte that the server logged must be in the record."""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import linkkeeper
from captures.memory_sink import Kept
from captures.truth_web import CASES, CLIPS, MAIN, PAPER, SOUND, truth_web
from captures.visiting import Visited, Visitor
from linkkeeper.adapters.playwright_browser import BrowserOptions
from linkkeeper.captures.limits import VisitLimits
from linkkeeper.captures.source_kind import SourceKind
from linkkeeper.captures.visit import VisitOrder
from linkkeeper.vocabulary.capture import Quality, StepOutcome, Truncation

pytestmark = pytest.mark.browser

RULE_SET = Path(linkkeeper.__file__).parent / "web" / "vendor" / "autoconsent" / "autoconsent.standalone.js"
#: The page that is never idle is not waited for longer than this.
LIMITS = VisitLimits(settle_timeout_s=2)
QUALITIES = {
    "login": Quality.LOGIN_WALL,
    "not found": Quality.ERROR,
    "gone": Quality.ERROR,
    "unavailable": Quality.ERROR,
    "broken pictures": Quality.PARTIAL,
    "bad certificate beside": Quality.PARTIAL,
}


@pytest.fixture(scope="module")
def visitor() -> Iterator[Visitor]:
    options = BrowserOptions(consent_rules=RULE_SET, allow_unsandboxed=True)
    visitor = Visitor(truth_web(), names={"no-such.example:443": ""}, options=options, limits=LIMITS).open()
    yield visitor
    visitor.close()


def recorded(visited: Visited) -> Counter[tuple[str, str, bytes, str]]:
    """Method, URL, exact head, hash of the body of every record."""
    return Counter(
        (
            kept.exchange.request_head.split(b" ")[0].decode(),
            kept.exchange.url,
            kept.exchange.response_head,
            kept.body_sha256,
        )
        for kept in visited.sink.kept
    )


def assert_all_recorded(visited: Visited) -> None:
    """Every answer of which the server sent all is there, byte for byte; every started one is there at all."""
    records = recorded(visited)
    started = Counter((kept.exchange.url, kept.exchange.response_head) for kept in visited.sink.kept)
    for sent in visited.truth:
        if not sent.head:
            continue
        if sent.complete:
            key = (sent.method, sent.url, sent.head, sent.body_sha256)
            assert records[key] > 0, f"not recorded exactly: {sent.method} {sent.url} {sent.status}"
            records[key] -= 1
        assert started[(sent.url, sent.head)] > 0, f"not recorded: {sent.method} {sent.url}"


def assert_requests_exact(visited: Visited) -> None:
    """What we say we asked is what arrived."""
    asked = Counter((kept.exchange.request_head, kept.request_body) for kept in visited.sink.kept)
    for sent in visited.truth:
        if sent.complete:
            assert asked[(sent.request_head, sent.request_body)] > 0, f"request differs: {sent.url}"


#: The others differ little from these; they run with the battery.
QUICK = (
    "article",
    "redirects",
    "media",
    "large download",
    "pdf",
    "attachment",
    "never idle",
    "broken pictures",
    "login",
    "plain http",
    "meta refresh",
)


@pytest.mark.parametrize(
    "case", [case if case in QUICK else pytest.param(case, marks=pytest.mark.battery) for case in CASES]
)
def test_everything_that_the_server_sent_is_recorded_exactly(visitor: Visitor, case: str) -> None:
    visited = visitor.visit(CASES[case])
    assert_all_recorded(visited)
    assert_requests_exact(visited)
    assert visited.visit.quality is QUALITIES.get(case, Quality.COMPLETE), visited.visit.reason
    CHECKS.get(case, lambda visited: None)(visited)


def check_article(visited: Visited) -> None:
    """Late pictures, frames, posts, cookies, a worker, a beacon and a WebSocket are all there."""
    urls = visited.sink.urls()
    for path in ("/picture/15.png", "/picture/20.png", "/form", "/xhr.json", "/from-worker.json", "/beacon"):
        assert f"https://{MAIN}{path}" in urls, path
    socket = next(kept for kept in visited.sink.kept if kept.exchange.protocol == "websocket")
    assert (socket.exchange.url, socket.exchange.status) == (f"wss://{MAIN}/socket", 101)
    assert "cookies came" in visited.visit.text
    assert "Words of the inner frame" in visited.visit.text
    assert b"cookies came" in visited.sink.renderings["dom.html"]
    assert b"Words in the shadow" in visited.sink.renderings["dom.html"]
    assert visited.sink.renderings["page.pdf"].startswith(b"%PDF-")
    assert visited.sink.renderings["screenshot.png"].startswith(b"\x89PNG")
    assert len(visited.sink.renderings["screenshot-full.png"]) > len(visited.sink.renderings["screenshot.png"])
    assert visited.visit.metadata.title == "An article with everything"
    assert visited.visit.metadata.language == "en"
    assert b"BEGIN CERTIFICATE" in visited.sink.metadata_records["application/pem-certificate-chain"]
    assert json.loads(visited.sink.metadata_records["application/json"])["title"] == "An article with everything"
    requests = b"".join(kept.exchange.request_head for kept in visited.sink.kept)
    assert b"zstd" not in requests
    assert b"proxy-" not in requests.lower()


def check_redirects(visited: Visited) -> None:
    main = visited.visit.main
    assert main is not None
    assert main.url == f"https://{MAIN}/redirected"
    assert [hop.status for hop in main.hops] == [301, 302, 307]
    assert [kept.exchange.url for kept in visited.sink.kept if kept.exchange.main] == [main.url]


def check_meta_refresh(visited: Visited) -> None:
    """A redirect by the page itself is one of the way's hops."""
    main = visited.visit.main
    assert main is not None
    assert [(hop.url, hop.status) for hop in main.hops] == [(CASES["meta refresh"], 200)]
    assert [kept.exchange.url for kept in visited.sink.kept if kept.exchange.main] == [main.url]
    assert main.url == f"https://{MAIN}/redirected"


def check_media(visited: Visited) -> None:
    """What the browser only took in part is fetched whole as well."""
    whole = [k.exchange for k in visited.sink.kept if k.exchange.url.endswith("sound.wav") and k.exchange.status == 200]
    assert {exchange.url.rsplit("/", 1)[1] for exchange in whole} == {"sound.wav", "long-sound.wav"}
    assert all(exchange.truncated is None for exchange in whole)


def check_video(visited: Visited) -> None:
    """Both videos are there whole, whichever parts of them the browser asked for."""
    whole = {kept.exchange.url.rsplit("/", 1)[1]: kept.body_sha256 for kept in visited.sink.kept if _is_whole(kept)}
    assert {name: whole.get(name) for name in CLIPS} == {
        name: hashlib.sha256(data).hexdigest() for name, data in CLIPS.items()
    }


def _is_whole(kept: Kept) -> bool:
    return kept.exchange.status == 200 and kept.exchange.truncated is None


def check_modern(visited: Visited) -> None:
    """A server that offers HTTP/2 is spoken to in HTTP/1.1, so that head and body are kept as they came."""
    (main,) = (kept.exchange for kept in visited.sink.kept if kept.exchange.main)
    assert main.protocol == "http/1.1"


def check_sound(visited: Visited) -> None:
    assert visited.visit.main is not None
    assert visited.visit.main.kind is SourceKind.MEDIA
    assert any(k.exchange.status == 200 and k.exchange.response_body.length == len(SOUND) for k in visited.sink.kept)


def check_pdf(visited: Visited) -> None:
    """The PDF of a PDF is the source's own file, to the byte."""
    assert visited.sink.renderings["page.pdf"] == PAPER
    assert "A paper that a footnote cites" in visited.visit.text
    assert len(visited.sink.renderings["screenshot.png"]) > 8_000
    assert "dom.html" not in visited.sink.renderings


def check_attachment(visited: Visited) -> None:
    main = visited.visit.main
    assert main is not None
    assert (main.kind, main.media_type, main.body_bytes) == (SourceKind.FILE, "text/csv", 25)


def check_large_download(visited: Visited) -> None:
    main = visited.visit.main
    assert main is not None
    assert (main.body_bytes, main.truncated) == (5 << 20, None)


def check_never_idle(visited: Visited) -> None:
    """A page that is never idle is left after a while; its stream is kept as far as it went."""
    stream = next(kept.exchange for kept in visited.sink.kept if kept.exchange.url.endswith("/events"))
    assert stream.truncated in (Truncation.TIME, Truncation.DISCONNECT)
    assert stream.response_body.length > 0
    assert visited.step_outcomes["settle"] is StepOutcome.TIMED_OUT


def check_broken_pictures(visited: Visited) -> None:
    cut = next(kept.exchange for kept in visited.sink.kept if kept.exchange.url.endswith("/cut.png"))
    assert (cut.truncated, cut.response_body.length) == (Truncation.DISCONNECT, 3000)
    assert [failure.url for failure in visited.sink.failures] == [f"https://{MAIN}/reset.png"]


def check_bad_certificate(visited: Visited) -> None:
    """The browser trusts our key alone, and we trust no expired certificate."""
    (failure,) = visited.sink.failures
    assert failure.url == "https://expired.example/picture/1.png"
    assert "certificate has expired" in failure.reason
    assert not failure.refused_by_gate


def check_login(visited: Visited) -> None:
    """A 401 is shown and recorded as what it is, not as a browser's error page."""
    assert visited.visit.main is not None
    assert visited.visit.main.status == 401
    assert "Members only" in visited.visit.text
    (main,) = (kept.exchange for kept in visited.sink.kept if kept.exchange.main)
    assert b"WWW-Authenticate" in main.response_head


def check_not_found(visited: Visited) -> None:
    assert visited.visit.main is not None
    assert visited.visit.main.status == 404
    assert "Nothing stands at this address" in visited.visit.text


CHECKS = {
    "article": check_article,
    "redirects": check_redirects,
    "meta refresh": check_meta_refresh,
    "media": check_media,
    "video": check_video,
    "http/2 origin": check_modern,
    "sound": check_sound,
    "pdf": check_pdf,
    "attachment": check_attachment,
    "large download": check_large_download,
    "never idle": check_never_idle,
    "broken pictures": check_broken_pictures,
    "bad certificate beside": check_bad_certificate,
    "login": check_login,
    "not found": check_not_found,
}


@pytest.mark.battery
def test_picture_sizes_are_fetched_when_asked_for(visitor: Visitor) -> None:
    visited = visitor.visit(CASES["article"], srcset=True)
    urls = visited.sink.urls()
    assert f"https://{MAIN}/picture/2.png" in urls
    assert f"https://{MAIN}/picture/3.png" in urls
    assert_all_recorded(visited)


def test_service_workers_run_only_when_allowed(visitor: Visitor) -> None:
    blocked = visitor.visit(CASES["service worker"])
    assert f"https://{MAIN}/sw.js" not in blocked.sink.urls()
    allowed = visitor.visit(CASES["service worker"], service_workers=True)
    assert f"https://{MAIN}/sw.js" in allowed.sink.urls()
    assert f"https://{MAIN}/picture/30.png" in allowed.sink.urls()
    assert "invented by the worker" in allowed.visit.text
    assert_all_recorded(allowed)


def test_a_shell_that_shows_nothing_is_empty(visitor: Visitor) -> None:
    visited = visitor.visit(f"https://{MAIN}/empty-shell")
    assert visited.visit.quality is Quality.EMPTY


@pytest.mark.battery
def test_a_changed_address_without_a_fetch_is_no_redirect(visitor: Visitor) -> None:
    visited = visitor.visit(f"https://{MAIN}/quotes")
    assert visited.visit.main is not None
    assert (visited.visit.main.url, visited.visit.main.hops) == (f"https://{MAIN}/quotes", ())


def test_an_answer_without_content_is_empty(visitor: Visitor) -> None:
    visited = visitor.visit(f"https://{MAIN}/nothing")
    assert visited.visit.main is not None
    assert visited.visit.main.status == 204
    assert visited.visit.quality is Quality.EMPTY


def test_a_consent_banner_is_refused_and_that_is_said(visitor: Visitor) -> None:
    visited = visitor.visit(f"https://{MAIN}/consent")
    step = next(step for step in visited.visit.steps if step.name == "consent")
    assert (step.outcome, step.detail) == (StepOutcome.DONE, "OneTrust: refused")
    assert "We use cookies" not in visited.visit.text
    worded = visitor.visit(f"https://{MAIN}/worded-consent")
    step = next(step for step in worded.visit.steps if step.name == "consent")
    assert step.detail == "banner: refused"


def test_a_banner_that_only_the_fetched_rule_set_knows_is_refused(visitor: Visitor) -> None:
    if not RULE_SET.is_file():
        pytest.skip("the rule set for consent banners was not fetched at build")
    visited = visitor.visit(f"https://{MAIN}/cassie-consent")
    step = next(step for step in visited.visit.steps if step.name == "consent")
    assert step.detail == "cassie: refused"
    assert "We use cookies" not in visited.visit.text


@pytest.mark.battery
def test_a_consent_banner_is_left_alone_when_told_so(visitor: Visitor) -> None:
    untouched = visitor.visit(f"https://{MAIN}/consent", consent=False)
    assert "We use cookies" in untouched.visit.text


def test_show_more_is_pressed_within_bounds(visitor: Visitor) -> None:
    visited = visitor.visit(f"https://{MAIN}/show-more")
    assert visited.visit.text.count("One more paragraph") == 4


def test_a_page_below_stray_header_lines_is_kept_with_them(visitor: Visitor) -> None:
    visited = visitor.visit(f"https://{MAIN}/stray-lines")
    assert_all_recorded(visited)
    assert (visited.visit.quality, visited.visit.metadata.title) == (Quality.COMPLETE, "Below stray lines")


def test_the_browser_asks_nothing_by_itself(visitor: Visitor) -> None:
    """A form makes Chromium ask its maker for the meaning of the fields."""
    visited = visitor.visit(f"https://{MAIN}/sign-up")
    assert visited.visit.failures == ()
    assert {urlsplit(kept.exchange.url).netloc for kept in visited.sink.kept} == {MAIN}


def test_captures_share_no_cookies(visitor: Visitor) -> None:
    first = visitor.visit(f"https://{MAIN}/cookie-setting")
    assert "one=1" in first.visit.text
    again = visitor.visit(f"https://{MAIN}/cookie-echo")
    assert again.visit.text.strip() == ""


def test_a_name_that_does_not_exist_is_an_error_with_its_reason(visitor: Visitor) -> None:
    visited = visitor.visit("https://no-such.example/page")
    assert visited.visit.main is None
    assert visited.visit.quality is Quality.ERROR
    assert "the name does not exist" in visited.visit.reason
    assert visited.sink.renderings == {}


def test_two_visits_at_once_keep_their_records_apart(visitor: Visitor) -> None:
    async def both() -> tuple[Visited, Visited]:
        return await asyncio.gather(visitor.attend(CASES["forty"]), visitor.attend(CASES["redirects"]))

    forty, redirects = visitor.run(both())
    assert len([url for url in forty.sink.urls() if "/many/" in url]) == 40
    assert not [url for url in redirects.sink.urls() if "/many/" in url]


def test_an_order_says_what_is_wanted() -> None:
    order = VisitOrder(url="https://www.example/")
    assert (order.service_workers, order.consent, order.srcset, order.keep_renderings) == (False, True, False, True)
