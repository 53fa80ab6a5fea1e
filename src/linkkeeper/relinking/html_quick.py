"""
Finding a few places of wanted URLs in a large page without reading all of it here.

A browser's parser, which is compiled, reads a copy of the page in which each
possible place bears a mark. Where the marks come out tells what the places are:
a link's address, running text, or neither (a comment, a script, metadata). Only
the surroundings of these places are then read with positions.

Where its answer could differ from the slow way's (a part that may be navigation,
several articles), it gives none.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser, LexborNode

from linkkeeper.pages.decode import Decoded, decode, in_characters
from linkkeeper.pages.markup import BLOCK, Markup, parse_decoded
from linkkeeper.pages.nodes import Element
from linkkeeper.pages.regions import region_named
from linkkeeper.relinking.html_places import LINKS, NO_TEXT, HtmlPlaces, find_places, link_place, text_places
from linkkeeper.relinking.places import Place
from linkkeeper.relinking.wanted import Wanted
from linkkeeper.vocabulary.edition import Span

#: More possible places than these are found sooner by reading the page once.
_MOST_HITS = 1_000
#: As are more stretches than these around places that need a closer look, in a page of so many characters.
_LEAST_STRETCHES, _CHARACTERS_A_STRETCH = 6, 20_000
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_MARKED_LINKS = ", ".join(f'{name}[href*="{_OPEN}"]' for name in sorted(LINKS))
_MARKED_TEXT = f'*:lexbor-contains("{_OPEN}")'
_BLOCK_TAG = re.compile(rf"</?(?:{'|'.join(sorted(BLOCK))})(?=[\s/>])", re.I)
#: Elements that the slow way passes over whole.
_PASSED = frozenset(
    {"template", "svg", "noscript", "object", "script", "style", "iframe", "noembed", "noframes", "xmp"}
)
_MAIN = frozenset({"main", "article"})
#: A part with a share of the page's words between these may or may not be most of it for the slow way.
_UNSURE = (0.3, 0.7)
_NAMING = frozenset({"class", "id", "role", "epub:type"})
#: Characters before a place in which a block begins, and after it up to where a URL may reach.
_BEFORE = (500, 4_000, 30_000, 200_000)
_BEHIND = 9_000


class Unsure(Exception):
    """The slow way must be asked."""


@dataclass(frozen=True, slots=True)
class _Marked:
    """What a mark came out as: in a link's address or in running text, and the element around it."""

    is_link: bool
    element: LexborNode


def places_of(data: bytes, wanted: Wanted, *, declared_type: str | None = None) -> HtmlPlaces:
    """Find every place of a wanted URL in the page *data*, ascending, in the quicker of two ways."""
    quick = quick_places(data, wanted, declared_type=declared_type)
    return quick if quick is not None else find_places(data, wanted, declared_type=declared_type)


def quick_places(data: bytes, wanted: Wanted, *, declared_type: str | None = None) -> HtmlPlaces | None:
    """
    Find every place of a wanted URL in the page *data*, ascending.

    Returns:
        None where the page must be read whole.
    """
    hits = wanted.places_in(data)
    if hits is None or len(hits) > _MOST_HITS:
        return None
    source = decode(data, declared_type=declared_type, markup=True)
    if _OPEN in source.text or source.encoding.startswith("utf-16"):
        return None
    indexes = sorted({source.index(hit) for hit in hits})
    certain: dict[Span, Place] = {}
    doubtful: dict[Span, Place] = {}
    try:
        for place, is_text in _places(source, indexes, wanted):
            (certain if is_text else doubtful)[place.span] = place
    except Unsure:
        return None
    return HtmlPlaces(source.encoding, _in_order(certain), _in_order(doubtful))


def _in_order(places: dict[Span, Place]) -> tuple[Place, ...]:
    return tuple(places[span] for span in sorted(places, key=lambda span: span.start))


def _places(source: Decoded, indexes: Sequence[int], wanted: Wanted) -> Iterator[tuple[Place, bool]]:
    tree = LexborHTMLParser(_marked(source.text, indexes))
    asked = [(number, marked, list(_chain(marked.element))) for number, marked in _where(tree, wanted).items()]
    asked = [(number, marked, chain) for number, marked, chain in asked if _may_be_place(marked, chain)]
    if len(asked) > _LEAST_STRETCHES + len(source.text) // _CHARACTERS_A_STRETCH:
        raise Unsure
    parts = _Parts(tree)
    for number, marked, chain in asked:
        place = _place(source, indexes[number], marked, wanted)
        if place is not None:
            yield place, parts.is_text(chain)


def _may_be_place(marked: _Marked, chain: Sequence[LexborNode]) -> bool:
    names = {element.tag for element in chain}
    return not names & _PASSED and (marked.is_link or not names & NO_TEXT)


def _marked(text: str, indexes: Sequence[int]) -> str:
    pieces: list[str] = []
    position = 0
    for number, index in enumerate(indexes):
        pieces += [text[position:index], f"{_OPEN}{number}{_CLOSE}"]
        position = index
    # What could not be decoded can't be encoded for the parser either.
    return "".join([*pieces, text[position:]]).encode("utf-8", "replace").decode()


def _where(tree: LexborHTMLParser, wanted: Wanted) -> dict[int, _Marked]:
    found: dict[int, _Marked] = {}
    for node in tree.css(_MARKED_LINKS):
        href = node.attributes.get("href") or ""
        if wanted.repair_of(_MARK.sub("", href).strip()) is not None:
            found.update({int(number): _Marked(True, node) for number in _MARK.findall(href)})
    for node in tree.css(_MARKED_TEXT):
        for number in _MARK.findall(node.text(deep=False)):
            found[int(number)] = _Marked(False, node)
    return found


def _chain(element: LexborNode) -> Iterator[LexborNode]:
    """The element itself and those around it."""
    node: LexborNode | None = element
    while node is not None and node.tag is not None and not node.tag.startswith("-"):
        yield node
        node = node.parent


def _length(element: LexborNode) -> int:
    """Of its words; scripts are none."""
    return len(element.text()) - sum(len(node.text()) for node in element.css("script, style, noscript"))


class _Parts:
    """Which elements are the page's text; as :class:`linkkeeper.pages.regions.TextParts`, or unsure."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self._tree = tree
        self._mains = [node.mem_id for node in tree.css(", ".join(sorted(_MAIN)))]

    @cached_property
    def _length(self) -> int:
        return max(1, _length(self._tree.root)) if self._tree.root is not None else 1

    def is_text(self, chain: Sequence[LexborNode]) -> bool:
        """
        Tell whether the innermost element of *chain* stands in the page's text.

        Raises:
            Unsure: what may be navigation holds about half of all words, or
                there is an article that this is not in.
        """
        if any(self._is_region(element) for element in chain):
            return False
        if not {element.mem_id for element in chain}.issuperset(self._mains):
            raise Unsure
        return True

    def _is_region(self, element: LexborNode) -> bool:
        words = " ".join(value for name, value in element.attributes.items() if value and name in _NAMING)
        if region_named(element.tag or "", words) is None:
            return False
        share = _length(element) / self._length
        if _UNSURE[0] < share < _UNSURE[1]:
            raise Unsure
        return share <= _UNSURE[0]


def _place(source: Decoded, index: int, marked: _Marked, wanted: Wanted) -> Place | None:
    """
    The wanted URL around a mark; None if another one stands there.

    Raises:
        Unsure: reading the surroundings shows something else than the browser's parser.
    """
    base, markup = _surroundings(source.text, index)
    here = index - base
    node = next((node for node in reversed(markup.nodes) if node.start <= here), None)
    if node is None or isinstance(node, Element) is not marked.is_link:
        raise Unsure
    if isinstance(node, Element):
        if here >= node.inner or node.name not in LINKS:
            raise Unsure
        found = link_place(markup, node, wanted)
        candidates = [found] if found is not None else []
    else:
        candidates = list(text_places(markup, node, wanted))
    for place in candidates:
        if place.span.start <= here < place.span.end:
            span = source.span(base + place.span.start, base + place.span.end)
            return Place(place.url, span, place.form)
    return None


def _surroundings(text: str, index: int) -> tuple[int, Markup]:
    """The stretch around a place from the nearest tag of a block on, read with positions (characters)."""
    following = _BLOCK_TAG.search(text, index + 1, index + _BEHIND)
    end = following.start() if following is not None else min(len(text), index + _BEHIND)
    base = 0
    for reach in _BEFORE:
        low = max(0, index - reach)
        tags = [found.start() for found in _BLOCK_TAG.finditer(text, low, index)]
        base = next((start for start in reversed(tags) if _is_tag(text, start)), 0)
        if base or not low:
            break
    return base, parse_decoded(in_characters(text[base:end]))


def _is_tag(text: str, start: int) -> bool:
    """False inside an attribute or a comment, whose own ``<`` is still open."""
    return text.rfind("<", 0, start) <= text.rfind(">", 0, start)
