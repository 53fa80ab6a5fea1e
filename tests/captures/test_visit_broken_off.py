"""A page whose document breaks off is kept as far as it came, with what belongs to it."""

import asyncio
import gzip
import socket
import struct
from collections.abc import Iterator

import pytest

from captures.truth_server import Answering, Request, TruthServer
from captures.truth_web import MAIN, NAMES, head, page, png, send
from captures.visiting import TIGHT, Visitor
from linkkeeper.vocabulary.capture import Quality, StepOutcome, Truncation

pytestmark = pytest.mark.browser

_START = (
    b"<!doctype html><html lang=en><title>Broken off</title><link rel=stylesheet href=/late.css>"
    b"<script src=/late.js></script><h1>Half a page</h1><img src=/late.png width=30 height=30>"
)
_SENT = _START + b"<p>All the words that came before the break.</p>" * 1_000 + b"<p>The last words that came.</p>"


async def serve(request: Request, answer: Answering) -> None:
    path = request.path.split("?")[0]
    if path in BREAKS:
        raw_head, body = BREAKS[path]
        await answer.head(raw_head)
        await answer.body(body)
        if path == "/reset":
            # A reset discards what the other side has not read.
            await asyncio.sleep(0.3)
            linger = struct.pack("ii", 1, 0)
            answer.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            answer.writer.transport.abort()
        answer.writer.close()
    elif path == "/framing":
        await send(answer, page("Around it", "<p>The words around it.</p><iframe src=/counted></iframe>"))
    elif path.startswith("/late."):
        # What the page names is still on its way when the document breaks off.
        await asyncio.sleep(0.5)
        body, kind = LATE[path]
        await send(answer, body, kind)
    else:
        await send(answer, b"nothing", status="404 Not Found")


_HTML = "Content-Type: text/html; charset=utf-8"
_CHUNK = b"%x\r\n" % len(_SENT) + _SENT + b"\r\n"
_PACKED = gzip.compress(_SENT)
BREAKS = {
    "/counted": (head("200 OK", _HTML, length=len(_SENT) + 1_000), _SENT),
    "/chunked": (head("200 OK", _HTML, "Transfer-Encoding: chunked"), _CHUNK),
    "/reset": (head("200 OK", _HTML, "Connection: close"), _SENT),
    "/packed": (head("200 OK", _HTML, "Content-Encoding: gzip", length=len(_PACKED) + 50), _PACKED[:-40]),
}
LATE = {
    "/late.css": (b"h1 { color: green }", "text/css"),
    "/late.js": (b"document.title = 'Run'", "text/javascript"),
    "/late.png": (png(30, 30, 5), "image/png"),
}


@pytest.fixture(scope="module")
def visitor() -> Iterator[Visitor]:
    visitor = Visitor(TruthServer(serve, names=NAMES), limits=TIGHT).open()
    yield visitor
    visitor.close()


@pytest.mark.parametrize("path", BREAKS)
def test_what_came_is_read_and_what_belongs_to_it_arrives(visitor: Visitor, path: str) -> None:
    visited = visitor.visit(f"https://{MAIN}{path}")
    visit = visited.visit
    assert (visit.quality, visit.reason) == (Quality.PARTIAL, "the main resource is not whole")
    assert visit.main is not None
    assert visit.main.truncated is Truncation.DISCONNECT
    (load,) = [step for step in visit.steps if step.name == "load"]
    assert (load.outcome, load.detail) == (StepOutcome.DONE, "the document broke off")
    assert load.elapsed_s < TIGHT.load_timeout_s
    assert "that came before the break" in visit.text
    assert {kept.exchange.url.rpartition("/")[2] for kept in visited.sink.kept} >= {"late.css", "late.js", "late.png"}
    if path != "/packed":
        assert visit.text.rstrip().endswith("The last words that came.")


def test_a_frame_that_breaks_off_does_not_hold_the_page_up(visitor: Visitor) -> None:
    visited = visitor.visit(f"https://{MAIN}/framing")
    (load,) = [step for step in visited.visit.steps if step.name == "load"]
    assert (load.outcome, load.detail) == (StepOutcome.DONE, "")
    assert "The words around it." in visited.visit.text
    assert "that came before the break" in visited.visit.text
    assert visited.visit.quality is Quality.PARTIAL
    assert "not whole" in visited.visit.reason
