"""
Notes in an ordered list that only the browser numbers: no ids, no links back.

Serves articles whose author typed raised or bracketed numbers and put the
notes into an ordinary list below. A list counts where numbers like those of
its items stand before it as marks; a heading of notes above it vouches too.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from linkkeeper.citations.html_listed import Place
from linkkeeper.citations.html_page import Page
from linkkeeper.citations.numbered import HEADING, NOTES_HEADING, likeness
from linkkeeper.pages.nodes import Element, Text
from linkkeeper.pages.regions import Region

_NUMBERS = re.compile(r"\s*[\[(]?\s*(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\s*[\])]?\s*[.,;]?\s*")
_BRACKETED = re.compile(r"\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\]")
_RAISED = re.compile(r"vertical-align\s*:\s*super|\b(?:sup|superscript|note-?ref|foot-?note|citation)\b", re.I)
_MAY_RAISE = re.compile("sup|note|citation", re.I)
#: The first dozen items tell enough.
_SAMPLE = 12


@dataclass(slots=True)
class _Marks:
    """Where each number stands like a mark, ascending."""

    places: dict[int, list[int]] = field(default_factory=dict)

    def add(self, numbers: str, position: int) -> None:
        for number in _expanded(numbers):
            self.places.setdefault(number, []).append(position)

    def share_before(self, numbers: list[int], position: int) -> float:
        """Return the share of *numbers* that stand as marks before *position* (and don't go on behind it)."""
        known = sum(bool(bisect_right(self.places.get(number, []), position)) for number in numbers)
        first = self.places.get(max(numbers) + 1, [])
        return 0.0 if first and first[0] > position else known / len(numbers)


def find_counted(page: Page) -> list[Place]:
    """Return the items of such lists, in order; empty where nothing vouches for any."""
    lists = page.lists
    marks = _marks(page) if lists else _Marks()
    places: list[Place] = []
    for element in lists:
        if places and element.start < places[-1].block.end:
            continue
        if page.regions.at(element.start) in (Region.COMMENTS, Region.NAVIGATION, Region.RELATED):
            continue
        items = _items(page, element)
        if items and _are_notes(page, element, items, marks, go_on=bool(places) and _goes_on(places, items)):
            places += items
    for place in places:
        place.start, place.end = place.block.start, place.block.end
    return places


def _items(page: Page, element: Element) -> list[Place]:
    items = [child for child in page.markup.children(element) if child.name == "li"]
    return [Place(item, item, position=page.position_of(item)) for item in items]


def _goes_on(places: list[Place], items: list[Place]) -> bool:
    """Tell whether a list counts on where the last one of notes ended."""
    return places[-1].position is not None and items[0].position == places[-1].position + 1


def _are_notes(page: Page, element: Element, items: list[Place], marks: _Marks, *, go_on: bool) -> bool:
    sample = items[:_SAMPLE]
    announced = marks.share_before([item.position or 0 for item in sample], element.start)
    above = _text_above(page, element)
    headed = go_on or bool(HEADING.search(above))
    if announced < 0.3 and not NOTES_HEADING.search(above):
        return False
    average = sum(likeness(page.text_of(item.block, 700)) for item in sample) / len(sample)
    if announced >= 0.6:
        return average >= (0.05 if headed else 0.3) and (headed or len(items) > 1)
    return headed and average >= 0.25


def _text_above(page: Page, element: Element) -> str:
    """Return the words right above a list, a button's or a summary's too."""
    markup = page.markup
    for index in range(element.index - 1, max(-1, element.index - 40), -1):
        if markup.nodes.names[index] is None and (
            words := markup.text[markup.starts[index] : markup.ends[index]].strip()
        ):
            return " " + words[-80:]
    return ""


def _marks(page: Page) -> _Marks:
    marks, text = _Marks(), page.markup.text
    for node in page.markup.nodes:
        if isinstance(node, Text):
            for match in _BRACKETED.finditer(text, node.start, node.end):
                marks.add(match.group(1), match.start())
        elif node.name == "sup" or (
            node.name in ("span", "a", "small") and page.says(node, _MAY_RAISE) and page.says(node, _RAISED)
        ):
            numbers = _NUMBERS.fullmatch(page.text_of(node, 40))
            if numbers is not None:
                marks.add(numbers.group(1), node.start)
    return marks


def _expanded(numbers: str) -> list[int]:
    """Read "3, 5-7" as 3, 5, 6, 7."""
    found: list[int] = []
    for part in re.split(r"[,;]", numbers):
        ends = [int(end) for end in re.findall(r"\d+", part)]
        found += range(ends[0], ends[-1] + 1) if ends and 0 <= ends[-1] - ends[0] <= 20 else ends
    return found
