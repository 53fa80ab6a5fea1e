"""What a page shows only in frames, behind a dialog that locks it, or while it is looked at, is on paper too."""

import io
from collections.abc import Iterator

import pytest
from pypdf import PdfReader

from captures.truth_server import Answering, Request, TruthServer
from captures.truth_web import MAIN, NAMES, send
from captures.visiting import TIGHT, Visitor
from linkkeeper.vocabulary.capture import Quality

pytestmark = pytest.mark.browser

_TEXT = "".join(
    f"<p>Finding number {number} of the long report on salt, ships and weather.</p>" for number in range(60)
)
_LOCKED = "<style>body { position: fixed; overflow: hidden; height: 100%; margin: 0 }</style>"
_FADED = "<style>section { opacity: 0; min-height: 400px } section.seen { opacity: 1 }</style>"
_SEEN = """<script>
  const observer = new IntersectionObserver(entries => entries.forEach(entry => {
    const kept = location.pathname === '/once' && entry.target.className;
    entry.target.className = kept || (entry.isIntersecting ? 'seen' : '');
  }));
  for (const section of document.querySelectorAll('section')) observer.observe(section);
</script>"""
_SECTIONS = _TEXT.replace("<p>", "<section><p>").replace("</p>", "</p></section>")
_FOLDED = f"<a href=# onclick='this.nextSibling.hidden = false'>Continue reading</a><div hidden>{_TEXT}</div>"
_CUT = "<style>main { max-height: 300px; overflow: hidden }</style>"
PAGES = {
    "/cut": f"<!doctype html>{_CUT}<h1>Cut</h1><main>{_TEXT}</main>",
    "/more": f"<!doctype html><a href=/menu>Read more of us</a><form><button>Show more</button></form>{_FOLDED}",
    "/once": f"<!doctype html>{_FADED}{_SECTIONS}{_SEEN}",
    "/while": f"<!doctype html>{_FADED}{_SECTIONS}{_SEEN}",
    "/frameset": "<html><frameset cols='20%,80%'><frame src=/menu><frame src=/text></frameset></html>",
    "/menu": "<!doctype html><a href=/text>The menu</a>",
    "/text": f"<!doctype html><h1>Report</h1>{_TEXT}",
    "/framed": "<!doctype html><h1>Around it</h1><iframe src=/text width=700 height=300></iframe><p>Below it.</p>",
    "/locked": f"<!doctype html>{_LOCKED}<h1>Locked</h1>{_TEXT}",
}


async def serve(request: Request, answer: Answering) -> None:
    path = request.path.split("?")[0]
    if path in PAGES:
        await send(answer, PAGES[path].encode())
    else:
        await send(answer, b"nothing", status="404 Not Found")


@pytest.fixture(scope="module")
def visitor() -> Iterator[Visitor]:
    visitor = Visitor(TruthServer(serve, names=NAMES), limits=TIGHT).open()
    yield visitor
    visitor.close()


@pytest.mark.parametrize("path", ["/frameset", "/framed", "/locked", "/once", "/while", "/more", "/cut"])
def test_the_print_has_all_of_it(visitor: Visitor, path: str) -> None:
    visited = visitor.visit(f"https://{MAIN}{path}")
    pdf = PdfReader(io.BytesIO(visited.sink.renderings["page.pdf"]))
    printed = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    assert "Finding number 0 of" in printed
    assert "Finding number 59 of" in printed
    assert visited.visit.quality is Quality.COMPLETE, visited.visit.reason
