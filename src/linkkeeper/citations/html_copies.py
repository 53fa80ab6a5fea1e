"""
Second copies of notes: a list for print, a pop-up, an attribute of the mark.

Serves plug-ins and themes that put each note into the page twice or three
times. A copy is no note of its own, and its links are none of the running
text; but whoever repairs a link must know all of its places.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from linkkeeper.citations.drafts import NoteDraft
from linkkeeper.citations.flat import Flat
from linkkeeper.citations.html_marks import Mark
from linkkeeper.citations.html_page import Page
from linkkeeper.citations.html_take import Taken, take
from linkkeeper.pages.markup import Attribute, entities
from linkkeeper.pages.nodes import Element
from linkkeeper.vocabulary.citation import OccurrenceForm

#: A set of letters first: nothing else in a text is looked at.
_URL = re.compile(r"[hw](?:(?<=h)ttps?://|(?<=w)ww\.)[^\s<>\"”“]{4,40}")
_NUMBER = re.compile(r"[\s\[(^↑*]*\d{1,4}[\])]?[.:|]?\s*")
#: How many elements up a copy may reach from a link in it.
_MAX_CLIMB = 8
#: Shorter beginnings ("See also") are shared by different notes.
_BEGINNING = 20
_KEY = 60
_CUT_OFF = re.compile(r"(?:…|\.\.\.)\W*(?:(?:continue|read|show|see)\b[^.]{0,20})?\W*$", re.I)
_ADDRESSES = frozenset({"href", "src", "id", "class", "name", "style", "cite"})


def beginning(text: str) -> str:
    """Return what two copies of a note have in common, however they are spaced."""
    return "".join(text.split())[:60].casefold()


def copies_in_text(page: Page, notes: Sequence[NoteDraft], taken: Taken) -> list[tuple[NoteDraft, NoteDraft]]:
    """Return the copies that stand in the running text, each with its note."""
    cited = {url for note in notes for url in _urls(note)}
    positions = sorted(_positions(taken, cited))
    if not positions:
        return []
    by_beginning = {key: note for note in reversed(notes) if len(key := beginning(note.flat.text[note.begin :])) > 9}
    found: list[tuple[NoteDraft, NoteDraft]] = []
    end = -1
    for position in positions:
        if position < end:
            continue
        pair = _copy_around(page, position, by_beginning)
        if pair is not None:
            found.append(pair)
            end = pair[1].end
    return found


def complete(page: Page, notes: Sequence[NoteDraft]) -> None:
    """
    Put the whole text in the place of tooltips that are cut off ("… Continue reading").

    Serves plug-ins that show the beginning of a note beside its mark and all of it in a list, which a script may
    have hidden.
    """
    shortened = [(note, key) for note in notes if not note.copies and (key := _cut_off(note))]
    by_beginning: dict[str, list[Element]] = {}
    for element in page.named if shortened else ():
        by_beginning.setdefault(_spaceless(page.text_of(element, 3 * _BEGINNING))[:_BEGINNING], []).append(element)
    for note, key in shortened:
        for element in by_beginning.get(key[:_BEGINNING], [])[:_MAX_CLIMB]:
            if element.start >= note.end and _spaceless(page.text_of(element, 3 * _KEY)).startswith(key):
                whole = take(page, element.inner, element.inner_end)
                if len(whole.flat) > len(note.flat):
                    _swap(note, element, whole)
                    break


def _cut_off(note: NoteDraft) -> str:
    """Return how a note that is cut off begins; "" for all others."""
    cut = _CUT_OFF.search(note.flat.text, max(0, len(note.flat.text) - 40))
    key = _spaceless(note.flat.text[note.begin : cut.start()])[:_KEY] if cut is not None else ""
    return key if len(key) >= _BEGINNING else ""


def _swap(note: NoteDraft, element: Element, whole: Taken) -> None:
    """Let *note* have the whole text; its tooltip's place in the order stays."""
    short = NoteDraft(note.label, note.flat, element.start, element.end, note.destinations, text_form=note.text_form)
    note.flat, note.destinations, note.begin = whole.flat, whole.destinations, 0
    note.copies += (short,)


def _spaceless(text: str) -> str:
    return "".join(text.split()).casefold()


def _urls(note: NoteDraft) -> Iterator[str]:
    yield from (link.url.strip()[:40] for link in note.destinations)
    yield from (match.group()[:40] for match in _URL.finditer(note.flat.text))


def _positions(taken: Taken, cited: set[str]) -> Iterator[int]:
    """Yield where, in the source, a URL stands that a note cites too."""
    for url, start in taken.destinations.urls():
        if url.strip()[:40] in cited:
            yield start
    text = taken.flat.text
    for match in _URL.finditer(text) if "://" in text or "www." in text else ():
        if match.group()[:40] in cited:
            yield taken.flat.source_start(match.start())


def _copy_around(page: Page, position: int, notes: dict[str, NoteDraft]) -> tuple[NoteDraft, NoteDraft] | None:
    node = page.markup.nodes[max(0, bisect_right(page.markup.starts, position) - 1)]
    element = node if isinstance(node, Element) else node.parent
    for _ in range(_MAX_CLIMB):
        if element is None or element.name in ("body", "main", "article"):
            return None
        text = page.text_of(element, 120)
        number = _NUMBER.match(text)
        for begin in (0, number.end() if number else 0):
            note = notes.get(beginning(text[begin:]))
            if note is not None and (len(text) - begin >= _BEGINNING):
                copy = take(page, element.start, element.end)
                return note, NoteDraft(
                    note.label,
                    copy.flat,
                    element.start,
                    element.end,
                    copy.destinations,
                    text_form=OccurrenceForm.HTML_TEXT,
                )
        element = element.parent
    return None


def add_attribute_copies(page: Page, notes: Sequence[NoteDraft], marks: Sequence[Mark]) -> None:
    """Give notes the copies that stand in attributes of their marks (``title``, ``data-…``)."""
    by_start = {note.start: note for note in notes}
    starts = sorted(by_start)
    for mark in marks:
        target = mark.target
        if target is None:
            continue
        index = bisect_right(starts, target.start) - 1
        note = by_start[starts[index]] if index >= 0 else None
        if note is None or target.start >= note.end:
            continue
        for element in _around(mark.link):
            if _may_hold_url(page, element):
                values = page.attributes(element).values()
                note.copies += tuple(_attribute(page, one) for one in values if _may_copy(one))


def _around(link: Element) -> Iterator[Element]:
    yield link
    parent = link.parent
    if parent is not None and parent.name in ("sup", "span"):
        yield parent


def _may_hold_url(page: Page, element: Element) -> bool:
    """Tell, before attributes are taken apart, whether any of them may hold a URL besides the link's own."""
    text, start, end = page.markup.text, element.start, element.inner
    return text.find("://", start, end) >= 0 or text.find("www.", start, end) >= 0


def _may_copy(attribute: Attribute) -> bool:
    return attribute.name not in _ADDRESSES and _URL.search(attribute.raw) is not None


def _attribute(page: Page, attribute: Attribute) -> NoteDraft:
    flat, text, position = Flat(), page.markup.text, attribute.start
    for start, end, value in entities(text, attribute.start, attribute.end):
        flat.copy(text, position, start)
        flat.put(value, start, end)
        position = end
    flat.copy(text, position, attribute.end)
    return NoteDraft("", flat, attribute.start, attribute.end, text_form=OccurrenceForm.ATTRIBUTE_COPY)
