"""
Finding the places of wanted URLs in an HTML page, quickly.

The same places as :mod:`linkkeeper.citations` counts, found the other way
round: from the wanted URLs to the page. Links are told by their tag; text by
the URL that is wanted, wherever it stands whole between two boundaries.

What stands in navigation, share buttons, comments and the like is no
citation; since notes may stand in such a part too, these places come back
apart, and a reader of citations decides.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from linkkeeper.pages.markup import BLOCK, Markup, entities, parse
from linkkeeper.pages.nodes import Element, Text
from linkkeeper.pages.regions import TextParts
from linkkeeper.relinking.places import Place
from linkkeeper.relinking.wanted import Wanted
from linkkeeper.vocabulary.citation import OccurrenceForm
from linkkeeper.vocabulary.uri import INVISIBLE

#: Text inside these is code, a form's or a drawing's, never a citation.
NO_TEXT = frozenset({"a", "code", "pre", "kbd", "samp", "textarea", "title", "option", "select", "button", "head"})
LINKS = frozenset({"a", "area"})
_MAY_START = re.compile(r"//|www\.|&", re.I)
#: Text that was copied from a PDF may be broken right behind the scheme.
_URL_START = re.compile(r"(?:https?:)?//\s{0,3}|www\.", re.I)
_HOST_ENDS = re.compile(
    r"[/\\?#\"'<>&:\s(){}\[\]|,;!*\0\u00ab\u00bb\u2013\u2014\u2018-\u201f\u2026\u2039\u203a]|\.(?![\w%\u00ad])"
)
#: After a URL in running text: what can't belong to it, or a sentence's punctuation and then that.
_URL_END = re.compile(
    r"[.,;:!?)\]}*_\u2026\u3001\u3002\uff0c\uff1b]*"
    r"(?:$|[\s<>\"'\u00ab\u00bb\u2018-\u201f\u2039\u203a\0\[(\u2013\u2014|]|https?://)",
    re.I,
)
#: Before one: anything that could make it a part of a longer URL.
_BEFORE = re.compile(r"[\w/=&?%#@.+~-]")
_MOST_BREAKS = 4
_TOP = -1
#: What a URL in running text may be made of, and what of it may be the sentence's.
_RUN = re.compile(r"[^\s<>\"\u00ab\u00bb\u2018-\u201f\u2039\u203a\0|]{1,8000}")
_TRAILING = ".,;:!?)]}*_'\u2026\u2013\u2014\u3001\u3002\uff0c\uff1b"
#: Characters of ``http://``: nothing before that may be broken.
_SCHEME = 7
_DROPPED = frozenset(INVISIBLE)


@dataclass(frozen=True, slots=True)
class HtmlPlaces:
    """
    Places of wanted URLs.

    Attributes:
        certain: In the text of the page.
        doubtful: In navigation, comments and the like, where only notes count.
    """

    encoding: str
    certain: tuple[Place, ...]
    doubtful: tuple[Place, ...]


def find_places(data: bytes, wanted: Wanted, *, declared_type: str | None = None) -> HtmlPlaces:
    """Find every place of a wanted URL in the page *data*, ascending."""
    markup = parse(data, declared_type=declared_type)
    parts = TextParts(markup)
    certain: list[Place] = []
    doubtful: list[Place] = []
    for node, place in _places(data, markup, wanted):
        (certain if parts.is_text(node) else doubtful).append(place)
    return HtmlPlaces(markup.source.encoding, _in_order(certain), _in_order(doubtful))


def _in_order(places: Sequence[Place]) -> tuple[Place, ...]:
    return tuple(sorted(places, key=lambda place: place.span.start))


def _places(data: bytes, markup: Markup, wanted: Wanted) -> Iterator[tuple[Element | Text, Place]]:
    seen: set[int] = set()
    for node in _candidates(data, markup, wanted):
        if isinstance(node, Element):
            place = link_place(markup, node, wanted)
            if place is not None:
                yield node, place
            continue
        block = _block_of(node)
        index = block.index if block is not None else _TOP
        if index not in seen:
            seen.add(index)
            for place in text_places(markup, node, wanted):
                yield _node_at(markup, place.span.start), place


def _node_at(markup: Markup, byte: int) -> Element | Text:
    return markup.nodes[bisect_right(markup.nodes, markup.source.index(byte), key=_start) - 1]


def _candidates(data: bytes, markup: Markup, wanted: Wanted) -> Iterator[Element | Text]:
    """Links and text runs that a wanted host stands in; all of them where hosts may be escaped."""
    hits = wanted.places_in(data)
    if hits is None:
        for node in markup.nodes:
            if isinstance(node, Element):
                if node.name in LINKS:
                    yield node
            elif _MAY_START.search(markup.text, node.start, node.end):
                yield node
        return
    last = -1
    for hit in hits:
        place = markup.source.index(hit)
        index = bisect_right(markup.nodes, place, key=_start) - 1
        if index <= last:
            continue
        last = index
        node = markup.nodes[index]
        if isinstance(node, Text) or (place < node.inner and node.name in LINKS):
            yield node


def _start(node: Element | Text) -> int:
    return node.start


def link_place(markup: Markup, element: Element, wanted: Wanted) -> Place | None:
    """The address of a link, if it is wanted."""
    href = markup.attributes(element).get("href")
    if href is None or wanted.repair_of(href.value.strip()) is None:
        return None
    start = href.start + len(href.raw) - len(href.raw.lstrip())
    span = markup.span(start, start + len(href.raw.strip()))
    return Place(href.value.strip(), span, OccurrenceForm.HTML_HREF)


def text_places(markup: Markup, node: Text, wanted: Wanted) -> Iterator[Place]:
    """The wanted URLs in the running text of the block that *node* stands in."""
    block = _block_of(node)
    if block is not None:
        if any(element.name in NO_TEXT for element in (block, *block.ancestors())):
            return
        if not wanted.may_stand_in(markup.text[block.start : block.end].encode("utf-8", "surrogatepass")):
            return
    for url, start, end in _Run(markup, block).find(wanted):
        yield Place(url, markup.span(start, end), OccurrenceForm.HTML_TEXT)


def in_running_text(data: bytes, places: Sequence[Place], *, declared_type: str | None = None) -> list[Place]:
    """Those of *places* that stand in text, not in code, in a link's words or in a tag."""
    markup = parse(data, declared_type=declared_type)
    nodes = ((place, _node_at(markup, place.span.start)) for place in places if markup.nodes)
    return [
        place
        for place, node in nodes
        if isinstance(node, Text) and node.parent is not None
        if not any(element.name in NO_TEXT for element in (node.parent, *node.parent.ancestors()))
    ]


def _block_of(node: Text) -> Element | None:
    """The block that holds *node*; None at the top of a fragment, outside all elements."""
    element = node.parent
    while element is not None and element.name not in BLOCK:
        element = element.parent
    return element


class _Run:
    """
    The running text of one block as the reader sees it, each character with its place.

    Links, code and inner blocks are left out; a boundary stands in their place.
    """

    def __init__(self, markup: Markup, block: Element | None) -> None:
        self._markup = markup
        self._characters: list[str] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        index, stop = (block.index + 1, block.stop) if block is not None else (0, len(markup.nodes))
        while index < stop:
            node = markup.nodes[index]
            index += 1
            if isinstance(node, Text):
                self._add(node.start, node.end)
            elif node.name == "br":
                self._put("\n", node.start, node.end)
            elif node.name in NO_TEXT or node.name in BLOCK:
                self._put("\0", node.start, node.end)
                index = node.stop
        self.text = "".join(self._characters)

    def _add(self, start: int, end: int) -> None:
        position = start
        for low, high, value in entities(self._markup.text, start, end):
            self._copy(position, low)
            for character in value:
                self._put(character, low, high)
            position = high
        self._copy(position, end)

    def _copy(self, start: int, end: int) -> None:
        for offset, character in enumerate(self._markup.text[start:end], start):
            self._put(character, offset, offset + 1)

    def _put(self, character: str, start: int, end: int) -> None:
        if character not in _DROPPED:
            self._characters.append(character)
            self._starts.append(start)
            self._ends.append(end)

    def find(self, wanted: Wanted) -> Iterator[tuple[str, int, int]]:
        """Yield wanted URLs that stand whole in the text: as wanted, first and last place."""
        free = 0
        for match in _URL_START.finditer(self.text):
            start = match.start()
            if start < free or (start and _BEFORE.match(self.text, start - 1)):
                continue
            host = _HOST_ENDS.split(self.text[match.end() : match.end() + 260], maxsplit=1)[0]
            urls = wanted.spellings_on(host if "/" in match[0] else match[0] + host)
            found = self._longest(start, urls) or (self._likewise(start, wanted) if urls else None)
            if found is not None:
                url, free = found
                yield url, self._starts[start], self._ends[free - 1]

    def _longest(self, start: int, urls: Sequence[str]) -> tuple[str, int] | None:
        for url in urls:
            end = self._end_of(start, url)
            if end is not None and _URL_END.match(self.text, end):
                return url, end
        return None

    def _likewise(self, start: int, wanted: Wanted) -> tuple[str, int] | None:
        """A wanted URL written in another way: with or without the slash of its root, escaped or not."""
        run = _RUN.match(self.text, start)
        end = run.end() if run else start
        while end > start:
            url = self.text[start:end]
            if wanted.repair_of(url) is not None:
                return url, end
            if url[-1] not in _TRAILING:
                return None
            end -= 1
        return None

    def _end_of(self, start: int, url: str) -> int | None:
        """Where *url* ends if it begins at *start*, broken at a few places at most."""
        text, position, breaks = self.text, start, 0
        head = max(url.find("/", 8), 0) or len(url)
        for count, character in enumerate(url):
            if position < len(text) and text[position].isspace() and count >= _SCHEME:
                breaks += 1
                while position < len(text) and text[position].isspace():
                    position += 1
            if position >= len(text) or breaks > _MOST_BREAKS:
                return None
            same = text[position] == character or (count < head and text[position].lower() == character.lower())
            if not same:
                return None
            position += 1
        return position
