"""The visible text of a part of an HTML page, with its links, each character with its place."""

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from linkkeeper.citations.drafts import Links
from linkkeeper.citations.flat import Flat
from linkkeeper.citations.html_page import Page, is_back_link
from linkkeeper.pages.markup import BLOCK, Attribute, Markup, entities
from linkkeeper.pages.nodes import Element

#: Several white spaces, or a line end; patterns that begin with a set of characters are searched much faster.
_SPACES = re.compile(r"[ \t\r\n\f](?:[ \t\r\n\f]++|(?<=[\r\n]))")
#: Content that is for machines, for pressing or for readers of the screen's text only.
_UNREAD = frozenset({"button", "select", "input", "label", "audio", "video", "canvas", "math", "rt", "rp"})
#: Elements that make a difference to the text; most others only look so.
_HEEDED = _UNREAD | BLOCK | {"a", "br"}
_LABEL_CELL = re.compile(r"(?:^|\n)[\s\u00a0]*[\[(]?\d{1,4}[\])]?[.:]?[ \u00a0]*$")
_AROUND_LABEL = " \u00a0.:])"
_PREFIX = re.compile(r"(?i)^(?:(?:https?:)?//web\.archive\.org)?/web/\d{14}(?:[a-z]{2}_)?/(?=https?:)")
#: Journals add links that search for a reference; nobody cited those.
_LOOK_UP = re.compile(
    r"(?i)(?:https?:)?//(?:scholar\.google\.[a-z.]+/scholar|www\.google\.[a-z.]+/search\?|\w+\.scopus\.com/inward|"
    r"gateway\.webofknowledge\.com|ui\.adsabs\.harvard\.edu/link_gateway)"
)


@dataclass(slots=True)
class Taken:
    """Text of a part of the page, with its links."""

    flat: Flat
    destinations: Links


def take(page: Page, start: int, end: int, *, skip: Iterable[tuple[int, int]] = (), backs: bool = False) -> Taken:
    """
    Take the visible text between two places of the source.

    Line breaks become ``\\n``, paragraphs end with ``\\n\\n``.

    Args:
        skip: Stretches to leave out, in order.
        backs: Keep links that lead back to the text.
    """
    return _Taker(page, start, end, sorted(skip), backs).run()


class _Taker:
    def __init__(self, page: Page, start: int, end: int, skip: list[tuple[int, int]], backs: bool) -> None:
        self.page, self.start, self.end, self.backs = page, start, end, backs
        self.text, self.ends = page.markup.text, page.markup.ends
        self.behind = len(self.text) + 1
        self.skip = iter(skip)
        self.left, self.right = self._following()
        self.flat = Flat()
        self.destinations = Links()
        self.open: list[tuple[Element, int, Attribute]] = []
        self.blocks: list[int] = []
        self.may_be_repaired = page.may_be_repaired
        #: Where the next open link or block ends.
        self.due = self.behind

    def run(self) -> Taken:
        markup = self.page.markup
        names, starts, ends, stops = markup.nodes.names, markup.starts, markup.ends, markup.stops
        index, last, hidden = _first_at(markup, self.start), bisect_left(starts, self.end), self.page.hidden
        while index < last:
            name, start = names[index], starts[index]
            if start >= self.due:
                self._close_before(start)
            if name is None:
                end = ends[index]
                if end > self.left or start < self.start or end > self.end:
                    self._text(max(start, self.start), min(end, self.end))
                else:
                    self._run(start, end)
                index += 1
            elif start < self.left and name not in _HEEDED and index not in hidden:
                index += 1
            elif self._left_out(index, name, start):
                index = stops[index]
            else:
                self._element(index, name, start)
                index += 1
        self._close_before(self.behind)
        return Taken(self.flat, self.destinations)

    def _following(self) -> tuple[int, int]:
        """Return the next stretch to leave out; one behind all text where there is none."""
        return next(self.skip, (self.behind, self.behind))

    def _left_out(self, index: int, name: str, start: int) -> bool:
        if self.left <= start:
            while self.right <= start:
                self.left, self.right = self._following()
            if self.left <= start and self.ends[index] <= self.right:
                return True
        if name in _UNREAD or index in self.page.hidden:
            return True
        return name == "a" and not self.backs and is_back_link(self.page, self.page.markup.nodes.known(index))

    def _element(self, index: int, name: str, start: int) -> None:
        if name == "br":
            self.flat.put("\n", start, self.ends[index])
        elif name in BLOCK:
            self._break(start)
            self.blocks.append(index)
            end = self.ends[index]
            if end < self.due:
                self.due = end
        elif name == "a" and self.left > start:
            # A link that begins in what is left out may end behind it (at the end of a note's text).
            element = self.page.markup.nodes.known(index)
            href = self.page.markup.attribute(element, "href")
            if href is not None and href.raw.strip() and not ("#" in href.raw and self.page.leads_within(element)):
                self.open.append((element, len(self.flat), href))
                self.due = min(self.due, element.end)

    def _close_before(self, position: int) -> None:
        while self.open and self.open[-1][0].end <= position:
            element, begin, href = self.open.pop()
            url = href.value
            if _LOOK_UP.match(url.strip()):
                continue
            original = self.page.markup.attribute(element, "data-originalurl") if self.may_be_repaired else None
            self.destinations.add(
                self._cited(url),
                (begin, len(self.flat)),
                (href.start, href.end),
                self._cited(original.value) if original else None,
            )
        ends = self.ends
        while self.blocks and ends[self.blocks[-1]] <= position:
            self._break(self.page.markup.inner_ends[self.blocks.pop()])
        self.due = ends[self.blocks[-1]] if self.blocks else self.behind
        if self.open:
            self.due = min(self.due, self.open[-1][0].end)

    def _cited(self, url: str) -> str:
        # No author writes an archive's address without its host.
        return _unprefixed(url) if self.page.is_saved_copy or url.startswith("/web/") else url

    def _break(self, position: int) -> None:
        if self.flat.ends_with_number(_AROUND_LABEL) and _LABEL_CELL.search(self.flat.tail()):
            # The number of a note in a cell or a block of its own goes with the text in the next.
            if not self.flat.ends_with_space():
                self.flat.put(" ", position, position)
        elif len(self.flat) and not self.flat.ends_with_paragraph():
            self.flat.put("\n\n", position, position)

    def _text(self, start: int, end: int) -> None:
        while True:
            while self.right <= start:
                self.left, self.right = self._following()
            if self.left >= end:
                self._run(start, end)
                return
            if start < self.left:
                self._run(start, self.left)
            if self.right >= end:
                return
            start = self.right

    def _run(self, start: int, end: int) -> None:
        text, flat = self.text, self.flat
        piece = text[start:end]
        if piece.isspace():
            # Between tags stands mostly what indents them.
            if piece == " ":
                flat.put(piece, start, end)
            elif not flat.ends_with_space():
                flat.put(" ", start, end)
            return
        # Most runs hold nothing to change; plain searches are the quickest.
        changes: list[tuple[int, int, str]] = []
        if "\n" in piece or "  " in piece or "\t" in piece or "\r" in piece or "\f" in piece:
            changes = [(match.start(), match.end(), " ") for match in _SPACES.finditer(text, start, end)]
        if "&" in piece:
            changes = sorted([*changes, *entities(text, start, end)])
        if not changes:
            flat.put(piece, start, end)
            return
        position = start
        for begin, stop, value in changes:
            flat.copy(text, position, begin)
            if value != " " or not flat.ends_with_space():
                flat.put(value, begin, stop)
            position = stop
        flat.copy(text, position, end)


def _first_at(markup: Markup, position: int) -> int:
    """Return the first node that lies (or, a text, reaches) at or after *position*."""
    index = bisect_left(markup.starts, position)
    if index and markup.nodes.names[index - 1] is None and markup.ends[index - 1] > position:
        return index - 1
    return index


def _unprefixed(url: str) -> str:
    return _PREFIX.sub("", url.strip(), count=1)
