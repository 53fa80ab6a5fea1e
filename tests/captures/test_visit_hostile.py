"""Hostile pages end within their limits, with an honest quality, and the next visit is none the worse."""

import time
from collections.abc import Iterator

import pytest

from captures.hostile_web import ALL, RAW, hostile_web
from captures.truth_web import MAIN
from captures.visiting import TIGHT, Visited, Visitor
from linkkeeper.captures.limits import LimitHit
from linkkeeper.vocabulary.capture import SHOWN_QUALITIES, Quality, Truncation

pytestmark = pytest.mark.browser

#: Beyond the visit's limit: closing what hangs.
GRACE_S = 15.0
#: The limits themselves are tested without a browser, with the recorder; the other pages run with the battery.
QUICK = ("/endless-redirects", "/tampered", "/two-lengths", "/huge-header")


@pytest.fixture(scope="module")
def visitor() -> Iterator[Visitor]:
    visitor = Visitor(hostile_web(), limits=TIGHT).open()
    yield visitor
    visitor.close()


def end_of(visitor: Visitor, path: str) -> Visited:
    started = time.monotonic()
    visited = visitor.visit(f"https://{MAIN}{path}")
    assert time.monotonic() - started < TIGHT.total_timeout_s + GRACE_S
    return visited


@pytest.mark.parametrize(
    "path", [path if path in QUICK else pytest.param(path, marks=pytest.mark.battery) for path in ALL]
)
def test_it_ends_within_its_limits_and_the_next_visit_is_sound(visitor: Visitor, path: str) -> None:
    visited = end_of(visitor, path)
    assert visited.visit.received_bytes <= TIGHT.max_capture_bytes + (1 << 20)
    assert visited.visit.exchanges <= TIGHT.max_exchanges
    if visited.visit.quality is not Quality.COMPLETE:
        assert visited.visit.reason
    if path in RAW:
        assert visited.visit.quality is Quality.ERROR
    CHECKS.get(path, lambda visited: None)(visited)


def check_redirects(visited: Visited) -> None:
    assert visited.visit.reason == str(LimitHit.REDIRECTS)
    assert visited.visit.main is None
    assert len(visited.visit.hops) == visited.visit.exchanges


def check_alerts(visited: Visited) -> None:
    """The loop is broken, and the page is there to be seen."""
    assert "screenshot.png" in visited.sink.renderings
    assert visited.visit.quality is Quality.PARTIAL
    assert "dialogs dismissed" in last_words(visited)


def check_popups(visited: Visited) -> None:
    assert "popups closed" in last_words(visited)
    assert visited.visit.quality is Quality.COMPLETE


def last_words(visited: Visited) -> str:
    """What the closing step says."""
    last = visited.visit.steps[-1]
    assert last.name == "close"
    return last.detail


def check_bomb(visited: Visited) -> None:
    (bomb,) = [kept.exchange for kept in visited.sink.kept if kept.exchange.url.endswith("/bomb-page")]
    assert bomb.truncated is Truncation.LENGTH
    assert LimitHit.DECODED in visited.visit.hits
    assert visited.visit.quality is Quality.PARTIAL


def check_stream(visited: Visited) -> None:
    (stream,) = [kept.exchange for kept in visited.sink.kept if kept.exchange.url.endswith("/endless-stream")]
    assert stream.truncated is Truncation.LENGTH
    assert stream.response_body.length <= TIGHT.max_body_bytes
    assert LimitHit.BODY in visited.visit.hits
    assert visited.visit.quality is Quality.PARTIAL


def check_tampered(visited: Visited) -> None:
    """What a page does to the language's own objects does not touch us."""
    assert visited.visit.quality is Quality.COMPLETE, visited.visit.reason


def check_two_lengths(visited: Visited) -> None:
    assert "differing Content-Length" in visited.visit.reason
    assert visited.sink.kept == []


def check_huge_header(visited: Visited) -> None:
    assert LimitHit.HEADER in visited.visit.hits or "max_header_bytes" in visited.visit.reason


def check_sockets(visited: Visited) -> None:
    assert LimitHit.CONNECTIONS in visited.visit.hits
    assert visited.visit.quality in SHOWN_QUALITIES


CHECKS = {
    "/endless-redirects": check_redirects,
    "/alert-loop": check_alerts,
    "/popups": check_popups,
    "/bomb-page": check_bomb,
    "/endless-stream": check_stream,
    "/tampered": check_tampered,
    "/two-lengths": check_two_lengths,
    "/huge-header": check_huge_header,
    "/sockets": check_sockets,
}
