"""
Notes held in an attribute of their mark, and nowhere else.

Serves pop-ups and tooltips that a script makes: ``title``, ``data-content``,
``data-footnote`` and whatever else a library calls it, with the note as text
or as markup. The marks must count 1, 2, 3 …, and what they hold must read
like notes. A repair leaves attributes alone.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import chain

from linkkeeper.citations.drafts import Destination, NoteDraft
from linkkeeper.citations.flat import Flat
from linkkeeper.citations.html_collect import prepare
from linkkeeper.citations.html_marks import label_in
from linkkeeper.citations.html_page import Page
from linkkeeper.citations.html_take import take
from linkkeeper.citations.numbered import likeness
from linkkeeper.pages.decode import decode
from linkkeeper.pages.markup import Attribute, entities, parse_decoded
from linkkeeper.pages.nodes import Element
from linkkeeper.vocabulary.citation import OccurrenceForm

#: With plain beginnings, which are found much quicker than names by pattern.
_VALUES = tuple(
    re.compile(rf"""{name}\s*+=\s*+(?:"([^"]{{3,20000}}+)"|'([^']{{3,20000}}+)')""")
    for name in ("(title)", "(tooltip)", r"(?<![\w:-])(data-[\w:-]{1,80}+)")
)
#: Names of what holds a number; of what can't hold a note.
_NUMBERS = ("data-footnote-number", "data-number", "data-index", "data-mfn", "data-fn", "data-footnote-identifier")
_NO_NOTE = re.compile(r"(?i)^data-(?:[\w-]+-)?(?:url|href|src|srcset|id|class|image|link|type|name|date|style)$")
_NOTE_DATA = re.compile(r"(?i)note|fn|tip|pop|content")
#: What holds notes reads like notes, so much on average.
_LIKE_NOTES = 0.3
#: One mark or another may have lost its note.
_MAX_GAP = 3
#: What stands at a shown number is a note, but for what a script reads.
_SETTINGS = re.compile(r"\s*(?:\{|\[\{|&quot;\{|\[&quot;)")
#: Addresses, settings and lists of names are no notes.
_NO_TEXT = re.compile(r"\s*(?:[{\[/.#?]|&quot;|(?!ib\.|ibid|id\.|ebd)\S*$)", re.I)


@dataclass(slots=True)
class _Group:
    """Attributes of one name on elements of one name, as far as their labels count 1, 2, 3 …"""

    values: list[tuple[str, Attribute]] = field(default_factory=list)

    def add(self, label: str, attribute: Attribute) -> None:
        last = int(self.values[-1][0]) if self.values else 0
        if label == "":
            self.values.append((str(last + 1), attribute))
        elif label.isdecimal() and last < int(label) <= last + (_MAX_GAP if self.values else 1):
            self.values.append((label, attribute))

    def likeness(self) -> float:
        """Say how much all of them together read like notes."""
        return sum(likeness(attribute.value) for _, attribute in self.values)


def find_held(page: Page) -> list[NoteDraft]:
    """Return the notes that attributes hold, in order; empty where none do."""
    groups: dict[tuple[str, str], _Group] = {}
    numbers: dict[int, str] = {}
    text = page.markup.text
    for match in chain.from_iterable(values.finditer(text) for values in _VALUES):
        index = bisect_right(page.markup.starts, match.start()) - 1
        element = page.markup.nodes.element(index) if index >= 0 else None
        if element is None or match.end() > element.inner or page.regions.at(element.start) is not None:
            continue
        name = match[1]
        label = _label(page, element, name, numbers) if not _NO_NOTE.match(name) else None
        if label is not None and not (_NO_TEXT if label == "" else _SETTINGS).match(match[2] or match[3]):
            start, end = match.span(2 if match[2] is not None else 3)
            attribute = Attribute(name, text[start:end], start, end)
            groups.setdefault((element.name, name), _Group()).add(label, attribute)
    best = max(groups.values(), key=_Group.likeness, default=_Group())
    if len(best.values) < 2 or best.likeness() < _LIKE_NOTES * len(best.values):
        return []
    return [_note(page, label, attribute) for label, attribute in best.values]


def _label(page: Page, element: Element, name: str, numbers: dict[int, str]) -> str | None:
    """
    Return the label that *element* shows; "" where it shows nothing; None where it is no mark.

    Args:
        numbers: Of elements that were asked before: one may have a thousand attributes.
    """
    text = page.text_of(element, 12)
    if not text and element.stop - element.index < 12:
        if element.index not in numbers:
            values = (page.value(element, key) for key in _NUMBERS)
            numbers[element.index] = next((value for value in values if value.isdecimal()), "")
        number = numbers[element.index]
        return number if number or (name.startswith("data-") and _NOTE_DATA.search(name)) else None
    return label_in(text)


def _note(page: Page, label: str, attribute: Attribute) -> NoteDraft:
    outer, text, position = Flat(), page.markup.text, attribute.start
    for start, end, value in entities(text, attribute.start, attribute.end):
        outer.copy(text, position, start)
        outer.put(value, start, end)
        position = end
    outer.copy(text, position, attribute.end)
    flat, destinations = _read(outer) if "<" in outer.text else (outer, [])
    return NoteDraft(
        label,
        flat,
        attribute.start,
        attribute.end,
        destinations,
        text_form=OccurrenceForm.ATTRIBUTE_COPY,
    )


def _read(outer: Flat) -> tuple[Flat, list[Destination]]:
    """Read the markup that an attribute holds; places are those in the page."""
    data = outer.text.encode("utf-8", "replace")
    inner = prepare(parse_decoded(decode(data, declared_type="text/html; charset=utf-8", markup=True)))
    taken = take(inner, 0, len(inner.markup.text))
    flat = Flat()
    for index, character in enumerate(taken.flat.text):
        start, end = taken.flat.source_range(index, index + 1)
        flat.put(character, *(outer.source_range(start, end) if start < end else (outer.source_start(start),) * 2))
    links = [
        Destination(
            start=link.start,
            end=link.end,
            url=link.url,
            source=outer.source_range(*link.source) if link.source else None,
            form=OccurrenceForm.ATTRIBUTE_COPY,
        )
        for link in taken.destinations
    ]
    return flat, links
