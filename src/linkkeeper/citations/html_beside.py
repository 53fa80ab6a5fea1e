"""
Notes beside their marks, told by position alone: whatever their names.

Serves pages whose build tool renamed all classes, and side notes folded by a
checkbox. A mark is a short number in the running text, or a checkbox with its
label; what stands right behind it, a phrase in an element of its own, is the
note. Numbers must count 1, 2, 3 …
"""

import re
from bisect import bisect_right

from linkkeeper.citations.html_inline import InlineNote, label_of
from linkkeeper.citations.html_marks import stands_in_text
from linkkeeper.citations.html_page import Page
from linkkeeper.citations.numbered import likeness
from linkkeeper.pages.nodes import Element, Text

_NOTE_HOSTS = frozenset({"span", "aside", "cite", "small", "div", "em", "i", "ins", "details", "section"})
_MARK_HOSTS = frozenset({"sup", "a", "button", "span", "label", "small"})
_CHECKBOX = re.compile(r"""<input\b[^<>]*?\btype\s*=\s*["']?checkbox""", re.I)
_NUMBER = re.compile(r"\s*[\[(]?\s*(\d{1,3})\s*[\])]?\s*")
#: A number has at most so many elements around it; a mark has no more characters than that.
_SMALL = 12
_SHORT = 16
_MIN_NOTE = 12
#: So much, on average, what stands behind numbers must read like notes.
_LIKE_NOTES = 0.2
#: Behind a checkbox in the running text stands nothing else.
_MIN_FOLDED = 3


def find_beside(page: Page) -> list[InlineNote]:
    """Return such notes in order; empty where their numbers don't count."""
    folded = _folded(page)
    return folded or _unfolded(page)


def _folded(page: Page) -> list[InlineNote]:
    """Notes behind ``<label for="x"></label><input type="checkbox" id="x">``."""
    found: list[InlineNote] = []
    for match in _CHECKBOX.finditer(page.markup.text):
        box = page.markup.nodes.element(bisect_right(page.markup.starts, match.start()) - 1)
        if box is None or not _is_labelled(page, box):
            continue
        note = _next_element(page, box)
        if note is not None and _reads_like_note(page, note, _MIN_FOLDED) and page.regions.at(note.start) is None:
            label, skip = label_of(page, note)
            found.append(InlineNote(note, label or str(len(found) + 1), label is None, skip))
    return _apart(found)


def _is_labelled(page: Page, box: Element) -> bool:
    """Tell whether the label of a checkbox stands right before it and shows no more than a mark."""
    nearest = list(page.markup.nodes.elements(max(0, box.index - 6), box.index))
    before = nearest[-1] if nearest else None
    while before is not None and before.name != "label":
        before = before.parent
    return before is not None and len(page.text_of(before, 40)) <= _SHORT and stands_in_text(page, before)


def _unfolded(page: Page) -> list[InlineNote]:
    """Notes behind a number that stands in an element of its own."""
    found: list[InlineNote] = []
    wanted = 1
    markup = page.markup
    for index, name in enumerate(markup.nodes.names):
        if name is not None or markup.ends[index] - markup.starts[index] > _SHORT:
            continue
        if _NUMBER.fullmatch(markup.text, markup.starts[index], markup.ends[index]) is None:
            continue
        element = _mark_around(page, markup.nodes[index])
        number = _NUMBER.fullmatch(page.text_of(element, _SHORT)) if element is not None else None
        if element is None or number is None or int(number[1]) != wanted:
            continue
        note = _next_element(page, element)
        if note is None or page.regions.at(note.start) is not None:
            continue
        if _reads_like_note(page, note, _MIN_NOTE if wanted == 1 else _MIN_FOLDED) and stands_in_text(page, element):
            found.append(InlineNote(note, number[1], False, label_of(page, note)[1]))
            wanted += 1
    like = sum(likeness(page.text_of(note.element, 300)) for note in found)
    return _apart(found) if len(found) > 1 and like >= _LIKE_NOTES * len(found) else []


def _mark_around(page: Page, text: Element | Text) -> Element | None:
    """Return the outermost element that shows nothing but the number in *text*."""
    element = text.parent
    mark: Element | None = None
    while element is not None and element.stop - element.index <= _SMALL:
        if _NUMBER.fullmatch(page.text_of(element, _SHORT)) is None:
            break
        if element.name in _MARK_HOSTS:
            mark = element
        element = element.parent
    return mark


def _next_element(page: Page, element: Element) -> Element | None:
    """Return the element right behind *element*, or behind what wraps it alone; nothing but space between."""
    markup = page.markup
    inner = element
    for index in range(element.stop, min(element.stop + 3, len(markup.nodes))):
        node = markup.nodes.element(index)
        if node is not None:
            return node if node.name in _NOTE_HOSTS and _wraps_alone(page, inner, node) else None
        if markup.text[markup.starts[index] : markup.ends[index]].strip():
            return None
    return None


def _wraps_alone(page: Page, mark: Element, note: Element) -> bool:
    """Tell whether *note* follows *mark* in the same element, or in the one around it."""
    parent = mark.parent
    return note.parent == parent or (parent is not None and note.parent == parent.parent)


def _reads_like_note(page: Page, note: Element, least: int) -> bool:
    text = page.text_of(note, 200)
    return len(text) >= least and any(character.isalpha() for character in text)


def _apart(notes: list[InlineNote]) -> list[InlineNote]:
    kept: list[InlineNote] = []
    for note in notes:
        if not kept or note.element.start >= kept[-1].element.end:
            kept.append(note)
    return kept
