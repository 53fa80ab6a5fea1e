"""
Notes inside the running text of an HTML page: margin notes, asides, pop-ups.

Told by the names that markup gives them (``footnote``, ``sidenote``,
``data-mfn``, ``<d-footnote>``, ``role="doc-footnote"``): an element with such a
name that holds more than a label is a note, standing where its mark would be.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from linkkeeper.citations.html_marks import label_in, text_before
from linkkeeper.citations.html_page import NOTE_TAGS, Page
from linkkeeper.citations.numbered import likeness
from linkkeeper.pages.nodes import Element, Text

_NAME = re.compile(
    r"(?:^|[\s_-])(?:foot-?note|side-?note|margin-?note|end-?note|aside-?note|inline-?note|mfn)(?:$|[\s_-])|"
    r"(?:^|[\s_-])footnotes?__(?:note|content|text)|footnote-(?:text|content|body)|(?:^|\s)marginalia(?:$|\s)|doc-footnote",
    re.I,
)
#: Also what marks up people's names ("formatted name"): such an element must read like a note.
_SHORT_NAME = re.compile(r"(?:^|[\s_-])(?<!\bno[-_])fn(?:$|[\s_-])", re.I)
_LIKE_NOTE = 0.2
_HEADINGS = frozenset({"h1", "h2", "h3"})
#: So many nodes of an element tell whether it is a part of the page with a heading of its own.
_LOOK_INTO = 400
#: Names of marks, buttons and containers around notes.
_NOT = re.compile(
    r"footnotes(?:$|[\s_-])|(?:ref|reference|mark|marker|number|num|link|anchor|toggle|button|btn|icon|count|counter|backlink|"
    r"back-link|back|label|show|hide|close|wrapper|container|list|section|area|header|heading|title|url|wrap)s?(?:$|[\s_-])",
    re.I,
)
#: Build tools name classes ``FootnoteText_root__x1``: the words in them are parted like others.
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_HOSTS = frozenset({"span", "aside", "cite", "small", "div", "p", "li", "em", "i", "section", "label", "details"})
_NUMBER_DATA = (
    "data-mfn",
    "data-footnote",
    "data-footnote-number",
    "data-fn",
    "data-note",
    "data-number",
    "data-index",
)
_LEAD = re.compile(
    r"\s*(?:[\[(]|[*^](?=\d))?(?P<label>\d{1,3}(?=[\])]|[.:]\s)|(?<=[*^])\d{1,3}|[*†‡§](?!\d))[\])]?[.:]?\s*(?=\S)"
)


@dataclass(frozen=True, slots=True)
class InlineNote:
    """A note in the text: its element, its label, whether the label is shown or counted, what to leave out."""

    element: Element
    label: str
    counted: bool
    skip: tuple[tuple[int, int], ...]


def find_inline(page: Page, is_listed: Callable[[Element], bool] = lambda element: False) -> list[InlineNote]:
    """
    Return the notes inside the running text, in order; outermost elements only.

    Args:
        is_listed: Tells the elements of notes that are known already.
    """
    candidates = [element for element in page.named if not is_listed(element) and _is_inline_note(page, element)]
    found: list[InlineNote] = []
    end = -1
    for index, element in enumerate(candidates):
        if element.start < end or _is_container(page, candidates, index):
            continue
        end = element.end
        label, skip = label_of(page, element)
        found.append(InlineNote(element, label or str(len(found) + 1), label is None, skip))
    return found


def _is_inline_note(page: Page, element: Element) -> bool:
    if element.name not in NOTE_TAGS:
        if element.name not in _HOSTS:
            return False
        words = _HUMP.sub("-", page.words(element))
        is_named = (_NAME.search(words) or _is_short_named(page, element, words)) and not _NOT.search(words)
        if not is_named and "data-mfn" not in page.attributes(element):
            return False
    text = page.text_of(element, 60)
    if len(text) < 3 or label_in(text) is not None:
        return False
    return page.regions.at(element.start) is None


def _is_short_named(page: Page, element: Element, words: str) -> bool:
    return _SHORT_NAME.search(words) is not None and likeness(page.text_of(element, 300)) >= _LIKE_NOTE


def _is_container(page: Page, candidates: list[Element], index: int) -> bool:
    """
    Tell whether a candidate only holds other notes, or text with notes in it.

    Quirk: Word's paragraph style "FootNote" ends up as the class of ordinary paragraphs.
    """
    element = candidates[index]
    if element.name in ("div", "section") and _holds_heading(page, element):
        return True
    inner = next((other for other in candidates[index + 1 : index + 2] if other.start < element.end), None)
    if inner is None:
        return element.name in ("div", "section") and "li" in page.names_in(element)
    after = next((other for other in candidates[index + 2 : index + 40] if other.start >= inner.end), None)
    return (after is not None and after.start < element.end) or text_before(page, element, inner) > 20


def _holds_heading(page: Page, element: Element) -> bool:
    names = page.markup.nodes.names[element.index + 1 : min(element.stop, element.index + _LOOK_INTO)]
    return not _HEADINGS.isdisjoint(names)


def label_of(page: Page, element: Element) -> tuple[str | None, tuple[tuple[int, int], ...]]:
    """Return the label that a reader sees at a note, and where in the note it stands."""
    for node in page.inside(element):
        if isinstance(node, Text):
            shown = page.markup.text[node.start : node.end].strip()
            if shown and label_in(shown) is not None and _is_number(shown) and node.parent != element:
                return label_in(shown), ((node.start, node.end),)
            if shown:
                lead = _LEAD.match(page.markup.text, node.start, node.end)
                return (lead["label"], ((node.start, lead.end()),)) if lead else _named_label(page, element)
        elif node.name in ("span", "sup", "b", "strong", "a", "label", "i"):
            label = label_in(page.text_of(node, 20))
            if label is not None and _is_number(label):
                return label, ((node.start, node.end),)
    return _named_label(page, element)


def _is_number(label: str) -> bool:
    """Tell whether a label is a number or a sign; a year is none."""
    return len(label) < 4 and any(character.isdigit() or character in "*†‡§" for character in label)


def _named_label(page: Page, element: Element) -> tuple[str | None, tuple[tuple[int, int], ...]]:
    """Return the label that an attribute of a note, or the mark before it, gives."""
    for name in _NUMBER_DATA:
        value = page.value(element, name)
        if value.isdigit():
            return value, ()
    return _mark_before(page, element), ()


def _mark_before(page: Page, element: Element) -> str | None:
    """Return the label of the mark that stands right before a note."""
    count = 0
    for node in reversed(page.markup.nodes[max(0, element.index - 14) : element.index]):
        if isinstance(node, Text):
            if page.markup.text[node.start : node.end].strip():
                count += 1
                if count > 1:
                    return None
        elif node.name in ("sup", "label", "a", "button", "i") and node.end <= element.start + 1:
            label = label_in(page.text_of(node, 20))
            if label is not None and _is_number(label):
                return label
    return None
