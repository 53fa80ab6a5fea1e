"""An HTML page prepared for reading: names, links inside it, text with places."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

from linkkeeper.citations.drafts import Destination
from linkkeeper.citations.flat import Flat
from linkkeeper.pages.markup import BLOCK, Attribute, Markup, entities, unescape, words_of
from linkkeeper.pages.nodes import Element, Text
from linkkeeper.pages.regions import Regions, regions_of
from linkkeeper.vocabulary.citation import OccurrenceForm
from linkkeeper.vocabulary.numbers import whole_number

#: Several white spaces, or a line end; patterns that begin with a set of characters are searched much faster.
_SPACES = re.compile(r"[ \t\r\n\f](?:[ \t\r\n\f]++|(?<=[\r\n]))")
_WHITE = re.compile(r"[\t\r\n\f]")
#: Content that is for machines, for pressing or for readers of the screen's text only.
_UNREAD = frozenset({"button", "select", "input", "label", "audio", "video", "canvas", "math", "rt", "rp"})
#: Names of marks and notes in pages that were copied from one address to another.
_COPIED_NAME = re.compile(r"_?(?:ftn|edn|fn|cite_|footnote|endnote|note|ref)", re.I)
_LABEL_CELL = re.compile(r"(?:^|\n)[\s\u00a0]*[\[(]?\d{1,4}[\])]?[.:]?[ \u00a0]*$")
_PREFIX = re.compile(r"(?i)^(?:(?:https?:)?//web\.archive\.org)?/web/\d{14}(?:[a-z]{2}_)?/(?=https?:)")
NOTE_TAGS = frozenset(
    {"d-footnote", "dt-fn", "footnote", "foot-note", "fn", "tufte-note"}
    | {"sidenote", "side-note", "marginnote", "margin-note"}
)
#: Journals add links that search for a reference; nobody cited those.
_LOOK_UP = re.compile(
    r"(?i)(?:https?:)?//(?:scholar\.google\.[a-z.]+/scholar|www\.google\.[a-z.]+/search\?|\w+\.scopus\.com/inward|"
    r"gateway\.webofknowledge\.com|ui\.adsabs\.harvard\.edu/link_gateway)"
)
_HOST_PART = re.compile(r"(?:https?:)?//(?:www\.)?([^/?#]*)", re.I)
_PATH = re.compile(r"^(?:https?:)?//[^/]+")
_BACK_WORDS = re.compile(
    r"\W*(?:(?:return|back|jump|go)(?:\s+(?:back|up))*(?:\s+to)?(?:\s+(?:the\s+)?(?:text|top|content|article|citation|reference|"
    r"note|main text|footnote|body))*\s*(?:\d{1,4})?|zurück|retour|volver|torna)\W*",
    re.I,
)


@dataclass(slots=True)
class Page:
    """
    A parsed page with what its readers ask for again and again.

    Attributes:
        names: Element by ``id`` or ``<a name>``; the first of a name.
        fragments: Links that lead to a place within some page.
        named: Elements whose class, id or role may mean notes.
        lists: Ordered lists.
        head: Elements that say something of the page itself.
        hidden: Elements that a reader does not see, by index.
        may_be_repaired: Some link may stand in the place of another.
        base: The page's own address without fragment, if it tells.
        is_saved_copy: Saved from a web archive that put its own address in
            front of every link; nobody cited those.
    """

    markup: Markup
    names: dict[str, Element] = field(default_factory=dict)
    fragments: list[Element] = field(default_factory=list)
    named: list[Element] = field(default_factory=list)
    lists: list[Element] = field(default_factory=list)
    head: list[Element] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    may_be_repaired: bool = False
    base: str = ""
    is_saved_copy: bool = False
    _positions: dict[int, int] = field(default_factory=dict)
    _counted: set[int] = field(default_factory=set)
    _last: tuple[int, dict[str, Attribute]] = (-1, {})
    _valued: tuple[int, list[tuple[str, str]]] = (-1, [])
    known_regions: Regions | None = None

    def attributes(self, element: Element) -> dict[str, Attribute]:
        """Return the attributes of *element*; those of the last one asked for are kept."""
        if self._last[0] != element.index:
            self._last = (element.index, self.markup.attributes(element))
        return self._last[1]

    def says(self, element: Element, pattern: re.Pattern[str]) -> bool:
        """Tell, before attributes are taken apart, whether any of them holds *pattern*."""
        if not element.has_attributes:
            return False
        return pattern.search(self.markup.text, element.attributes_start, element.inner) is not None

    def value(self, element: Element, name: str) -> str:
        for key, raw in self.valued(element):
            if key == name:
                return unescape(raw)
        return ""

    def words(self, element: Element) -> str:
        """Class, id and role of *element*, for rules by word."""
        return words_of(self.valued(element)) if element.has_attributes else ""

    def valued(self, element: Element) -> list[tuple[str, str]]:
        """Return names and raw values of attributes; rules ask an element several things in a row."""
        if self._valued[0] != element.index:
            self._valued = (element.index, self.markup.valued(element))
        return self._valued[1]

    @property
    def regions(self) -> Regions:
        if self.known_regions is None:
            self.known_regions = regions_of(self.markup)
        return self.known_regions

    def elements_in(self, element: Element) -> Iterator[Element]:
        """Yield the elements inside *element* in order; quick, as no text is made a node for it."""
        return filter(None, self.markup.nodes.elements[element.index + 1 : element.stop])

    def inside(self, element: Element) -> Iterator[Element | Text]:
        """Yield the descendants of *element* in order."""
        nodes = self.markup.nodes
        for index in range(element.index + 1, element.stop):
            yield nodes[index]

    def position_of(self, item: Element) -> int:
        """Return the number that a browser shows at an item of an ordered list."""
        parent = item.parent
        if parent is not None and parent.index not in self._counted:
            self._counted.add(parent.index)
            start = whole_number(self.value(parent, "start"))
            number = 1 if start is None else start
            for child in self.markup.children(parent):
                if isinstance(child, Element) and child.name == "li":
                    value = whole_number(self.value(child, "value"))
                    number = number if value is None else value
                    self._positions[child.index] = number
                    number += 1
        return self._positions.get(item.index, 0)

    def fragment(self, link: Element) -> str | None:
        """Return the name that *link* points to within this page; None for other links."""
        address, mark, fragment = self.value(link, "href").strip().partition("#")
        if not mark or not fragment:
            return None
        if not address or (self.base and _same_page(address, self.base)):
            return unquote(fragment)
        # Saved pages carry their full address in every link back; journals serve a text under several paths.
        name = unquote(fragment)
        if name not in self.names:
            return None
        same_host = not self.base or _host_part(address) in ("", _host_part(self.base))
        return name if same_host or _COPIED_NAME.match(name) else None

    def leads_within(self, link: Element) -> bool:
        """Tell whether *link* leads to this page itself, its full address written out or not."""
        address, mark, _ = self.value(link, "href").strip().partition("#")
        if not mark or not address or not self.base:
            return bool(mark) and (not address or self.fragment(link) is not None)
        # One script serves many pages by their queries, and a path may end like ours.
        elsewhere = address.partition("?")[2] != self.base.partition("?")[2]
        same_host = _host_part(address) in ("", _host_part(self.base))
        if elsewhere or (same_host and _path_of(address) != _path_of(self.base)):
            return False
        return _same_page(address, self.base)

    def text_of(self, element: Element, limit: int = 400) -> str:
        """Return the visible text of a small element, white space folded; cut at *limit*."""
        markup = self.markup
        nodes, starts, ends, source = markup.nodes.elements, markup.starts, markup.ends, markup.text
        parts: list[str] = []
        length = 0
        first = element.index + 1
        for index in range(first, min(element.stop, first + 20 * limit)):
            node = nodes[index]
            if node is None:
                start, end = starts[index], ends[index]
                parts.append(source[start:end])
                length += end - start
                if length > limit:
                    break
            elif node.name in BLOCK or node.name == "br":
                parts.append(" ")
        text = "".join(parts)
        if "&" in text:
            text = "".join(_with_entities(text))
        return " ".join(text.split())


def _unprefixed(url: str) -> str:
    return _PREFIX.sub("", url.strip(), count=1)


def _same_page(address: str, base: str) -> bool:
    """Tell whether *address* is the page itself, whatever archive or scheme stands before it."""
    host, own, path = _host_part(base), _path_of(base), _path_of(address)
    if _host_part(address) in ("", host):
        return path == own or (len(own) > 1 and path.endswith(own))
    return path.endswith(f"{host}{own}")


def _path_of(address: str) -> str:
    return _PATH.sub("", address.partition("?")[0]).rstrip("/")


def _host_part(address: str) -> str:
    match = _HOST_PART.match(address)
    return match.group(1).lower() if match else ""


def _with_entities(text: str) -> Iterator[str]:
    last = 0
    for start, end, value in entities(text, 0, len(text)):
        yield text[last:start]
        yield value
        last = end
    yield text[last:]


def is_back_link(page: Page, link: Element) -> bool:
    """Tell whether *link* leads back from a note into the text: an arrow, a caret, a letter or "return"."""
    if page.markup.text.find("#", link.start, link.inner) < 0:
        return False
    href = page.value(link, "href")
    if "#" not in href or (page.fragment(link) is None and not _points_back(href)):
        return False
    text = page.text_of(link, 60)
    words = page.words(link).lower() + " " + page.value(link, "rev").lower()
    if re.search(r"back-?(?:ref|link|reference)|doc-backlink|return", words):
        return True
    return len(text) <= 4 or bool(_BACK_WORDS.fullmatch(text)) or not any(character.isalpha() for character in text)


def _points_back(href: str) -> bool:
    return bool(re.search(r"#(?:.*[-_:])?(?:fn|cite|foot|end|note)?-?_?(?:ref|back|anchor|mark)", href, re.I))


@dataclass(slots=True)
class Taken:
    """Text of a part of the page, with its links."""

    flat: Flat
    destinations: list[Destination]


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
        self.skip = iter(skip)
        self.left, self.right = self._following()
        self.flat = Flat()
        self.destinations: list[Destination] = []
        self.open: list[tuple[Element, int, Attribute]] = []
        self.blocks: list[Element] = []
        self.may_be_repaired = page.may_be_repaired
        #: Where the next open link or block ends.
        self.due = len(page.markup.text) + 1

    def run(self) -> Taken:
        markup = self.page.markup
        nodes, starts, ends = markup.nodes.elements, markup.starts, markup.ends
        index, last = _first_at(markup, self.start), bisect_left(starts, self.end)
        while index < last:
            node, start = nodes[index], starts[index]
            if start >= self.due:
                self._close_before(start)
            if node is None:
                end = ends[index]
                if end > self.left or start < self.start or end > self.end:
                    self._text(max(start, self.start), min(end, self.end))
                else:
                    self._run(start, end)
                index += 1
                continue
            index += 1
            if self._left_out(node):
                index = node.stop
            else:
                self._element(node)
        self._close_before(len(self.page.markup.text) + 1)
        return Taken(self.flat, self.destinations)

    def _following(self) -> tuple[int, int]:
        """Return the next stretch to leave out; one behind all text where there is none."""
        behind = len(self.page.markup.text) + 1
        return next(self.skip, (behind, behind))

    def _left_out(self, element: Element) -> bool:
        start = element.start
        if self.left <= start:
            while self.right <= start:
                self.left, self.right = self._following()
            if self.left <= start and element.end <= self.right:
                return True
        if element.name in _UNREAD or element.index in self.page.hidden:
            return True
        return element.name == "a" and not self.backs and is_back_link(self.page, element)

    def _element(self, element: Element) -> None:
        if element.name == "br":
            self.flat.put("\n", element.start, element.end)
        elif element.name in BLOCK:
            self._break(element.start)
            self.blocks.append(element)
            self.due = min(self.due, element.end)
        elif element.name == "a" and self.left > element.start:
            # A link that begins in what is left out may end behind it (at the end of a note's text).
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
            self.destinations.append(
                Destination(
                    start=begin,
                    end=len(self.flat),
                    url=self._cited(url),
                    source=(href.start, href.end),
                    form=OccurrenceForm.HTML_HREF,
                    original=self._cited(original.value) if original else None,
                )
            )
        while self.blocks and self.blocks[-1].end <= position:
            block = self.blocks.pop()
            self._break(block.inner_end)
        self.due = min(
            self.open[-1][0].end if self.open else len(self.page.markup.text) + 1,
            self.blocks[-1].end if self.blocks else len(self.page.markup.text) + 1,
        )

    def _cited(self, url: str) -> str:
        return _unprefixed(url) if self.page.is_saved_copy else url

    def _break(self, position: int) -> None:
        if _LABEL_CELL.search(self.flat.tail()):
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
        text, flat = self.page.markup.text, self.flat
        piece = text[start:end]
        if piece.isspace():
            # Between tags stands mostly what indents them.
            if piece == " ":
                flat.put(piece, start, end)
            elif not flat.ends_with_space():
                flat.put(" ", start, end)
            return
        # Most runs hold nothing to change.
        changes: list[tuple[int, int, str]] = []
        if "  " in piece or _WHITE.search(piece) is not None:
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
    if index and markup.nodes.elements[index - 1] is None and markup.ends[index - 1] > position:
        return index - 1
    return index
