"""What a page names and what never comes does not keep the rest of the page from being captured."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from captures.truth_server import Answering, Request, TruthServer
from captures.truth_web import MAIN, NAMES, head, page, send
from captures.visiting import TIGHT, Visitor
from linkkeeper.vocabulary.capture import Quality, StepOutcome, Truncation

pytestmark = pytest.mark.browser

_LIMITS = replace(TIGHT, load_timeout_s=8)
_SCRIPTS = "".join(f"<script src=/silent.js?{number}></script>" for number in range(8))
_REST = "<img src=/silent.png><iframe src=/silent.html></iframe><p>The words after it.</p>"
PAGES = {
    "/silent": page("silent", f"<link rel=stylesheet href=/silent.css>{_SCRIPTS}{_REST}"),
    "/half": page("half", "<script src=/half.js></script><p>The words after it.</p>"),
    "/made-late": b"<!doctype html><title>Made late</title><div id=all>Loading</div><script>fetch('/slow.txt')"
    b".then(answer => answer.text()).then(text => { document.getElementById('all').textContent = text })</script>",
    "/made-later": b"<!doctype html><title>Made later</title><p id=all>Loading</p><script>setTimeout(() => {"
    b"document.getElementById('all').textContent = 'A word that a timer brought. '.repeat(9) }, 1500)</script>",
    "/asks": page("asks", "<script>fetch('/silent.json')</script><p>The words after it.</p>"),
}


async def serve(request: Request, answer: Answering) -> None:
    path = request.path.split("?")[0]
    if path in PAGES:
        await send(answer, PAGES[path])
    elif path.startswith("/half"):
        await answer.head(head("200 OK", "Content-Type: text/javascript", length=5_000))
        await answer.body(b"document.title = 'half';")
        await asyncio.sleep(60)
    elif path == "/slow.txt":
        await asyncio.sleep(TIGHT.settle_timeout_s + 2)
        await send(answer, b"The words that came late. " * 6, "text/plain")
    elif path.startswith("/silent"):
        await asyncio.sleep(60)
    else:
        await send(answer, b"nothing", status="404 Not Found")


@pytest.fixture(scope="module")
def visitor() -> Iterator[Visitor]:
    visitor = Visitor(TruthServer(serve, names=NAMES), limits=_LIMITS).open()
    yield visitor
    visitor.close()


@pytest.mark.parametrize("path", ["/silent", "/half"])
def test_the_page_goes_on_without_what_hangs(visitor: Visitor, path: str) -> None:
    visited = visitor.visit(f"https://{MAIN}{path}", keep_renderings=False)
    visit = visited.visit
    assert visited.step_outcomes["load"] == StepOutcome.DONE
    assert "The words after it." in visit.text
    assert visit.quality is Quality.PARTIAL
    assert "missing or not whole" in visit.reason
    if path == "/half":
        (half,) = [kept.exchange for kept in visited.sink.kept if kept.exchange.url.endswith("/half.js")]
        assert (half.truncated, half.response_body.length) == (Truncation.TIME, 24)
        assert visit.metadata.title == "half"
    else:
        assert {failure.reason for failure in visit.failures} == {"no answer while the page waited for it"}


def test_what_holds_nothing_up_is_left_its_time(visitor: Visitor) -> None:
    visited = visitor.visit(f"https://{MAIN}/asks", keep_renderings=False)
    assert visited.visit.quality is Quality.COMPLETE
    assert [failure.reason for failure in visited.visit.failures] == ["no answer before the visit ended"]


@pytest.mark.parametrize("path", ["/made-late", "/made-later"])
def test_a_page_that_shows_nothing_yet_is_waited_for(visitor: Visitor, path: str) -> None:
    visited = visitor.visit(f"https://{MAIN}{path}", keep_renderings=False)
    (settled,) = [step.detail for step in visited.visit.steps if step.name == "settle"]
    assert settled == "waited longer for a page that showed nothing yet"
    assert "Loading" not in visited.visit.text
    assert visited.visit.quality is Quality.COMPLETE
