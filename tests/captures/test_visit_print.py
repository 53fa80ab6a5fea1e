"""What a person reads of a capture, its print and its text, has what the page shows."""

import io
from collections.abc import Iterator

import pytest
from pypdf import PdfReader

from captures.truth_web import MAIN, truth_web
from captures.visiting import Visited, Visitor
from linkkeeper.captures.limits import VisitLimits
from linkkeeper.vocabulary.capture import Quality

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def visitor() -> Iterator[Visitor]:
    visitor = Visitor(truth_web(), limits=VisitLimits()).open()
    yield visitor
    visitor.close()


def words_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def detail_of(visited: Visited, name: str) -> str:
    return next(step.detail for step in visited.visit.steps if step.name == name)


def test_a_page_that_hides_itself_in_print_is_printed_by_its_screen_style(visitor: Visitor) -> None:
    visited = visitor.visit(f"https://{MAIN}/hidden-in-print")
    step = next(step for step in visited.visit.steps if step.name == "pdf")
    assert step.detail == "by the screen style"
    assert visited.visit.quality is Quality.COMPLETE


def test_text_that_comes_late_and_in_split_words_is_found_in_the_print(visitor: Visitor) -> None:
    visited = visitor.visit(f"https://{MAIN}/late-text")
    assert (visited.visit.quality, visited.visit.reason) == (Quality.COMPLETE, "")


def test_a_page_that_scrolls_in_a_box_is_printed_whole(visitor: Visitor) -> None:
    visited = visitor.visit(f"https://{MAIN}/own-box")
    assert detail_of(visited, "pdf") == "with what only scrolling shows"
    assert "Paragraph 199 of the box" in words_of(visited.sink.renderings["page.pdf"])
    assert visited.visit.quality is Quality.COMPLETE


def test_folded_parts_are_opened_on_paper_only_and_menus_stay_shut(visitor: Visitor) -> None:
    visited = visitor.visit(f"https://{MAIN}/folded-parts")
    assert detail_of(visited, "pdf") == "2 folded parts opened"
    printed = words_of(visited.sink.renderings["page.pdf"])
    assert "Interviewed forty people" in printed
    assert "None was older than sixty" in printed
    assert "Menu words" not in printed
    assert "Overlaid" not in printed
    assert b"<details open" not in visited.sink.renderings["dom.html"]


def test_words_in_a_shadow_root_are_words_of_the_page(visitor: Visitor) -> None:
    visited = visitor.visit(f"https://{MAIN}/shadows")
    assert "Kept in the shadow" in visited.visit.text
    assert "Never shown" not in visited.visit.text
    assert "color: red" not in visited.visit.text


@pytest.mark.battery
def test_a_page_too_wide_for_its_paper_gets_a_larger_one(visitor: Visitor) -> None:
    """Nothing is cut off, and nothing becomes too small to read."""

    def rightmost(pdf: bytes) -> tuple[float, float]:
        sheet = PdfReader(io.BytesIO(pdf)).pages[0]
        places: list[float] = []
        sheet.extract_text(visitor_text=lambda text, cm, tm, font, size: places.append(cm[0] * tm[4] + cm[4]))
        return max(places), float(sheet.mediabox.width)

    plain = visitor.visit(f"https://{MAIN}/redirected")
    wide = visitor.visit(f"https://{MAIN}/wide")
    assert rightmost(plain.sink.renderings["page.pdf"])[1] == pytest.approx(595, abs=2)
    reached, width = rightmost(wide.sink.renderings["page.pdf"])
    assert 595 < reached < width
