"""An HTML page prepared for reading: names, links inside it, text with places."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

from linkkeeper.pages.markup import BLOCK, Attribute, Markup, entities, unescape, words_of
from linkkeeper.pages.nodes import Element, Text
from linkkeeper.pages.regions import Regions, regions_of
from linkkeeper.vocabulary.numbers import whole_number

#: Names of marks and notes in pages that were copied from one address to another.
_COPIED_NAME = re.compile(r"_?(?:ftn|edn|fn|cite_|footnote|endnote|note|ref)", re.I)
#: How nearly all links begin.
_FIRST_HREF = '<a href="'
_VALUE = re.compile("value", re.I)
_BREAKS = BLOCK | {"br"}
NOTE_TAGS = frozenset(
    {"d-footnote", "dt-fn", "footnote", "foot-note", "fn", "tufte-note"}
    | {"sidenote", "side-note", "marginnote", "margin-note"}
)
_HOST_PART = re.compile(r"(?:https?:)?//(?:www\.)?([^/?#]*)", re.I)
_PATH = re.compile(r"^(?:https?:)?//[^/]+")
_BACK_WORDS = re.compile(
    r"\W*(?:(?:return|back|jump|go)(?:\s+(?:back|up))*(?:\s+to)?(?:\s+(?:the\s+)?(?:text|top|content|article|citation|reference|"
    r"note|main text|footnote|body))*\s*(?:\d{1,4})?|zurück|retour|volver|torna)\W*",
    re.I,
)
_BACK_NAMES = re.compile(r"back-?(?:ref|link|reference)|doc-backlink|return")
_POINTING_BACK = re.compile(r"#(?:.*[-_:])?(?:fn|cite|foot|end|note)?-?_?(?:ref|back|anchor|mark)", re.I)


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
        return self.markup.nodes.elements(element.index + 1, element.stop)

    def inside_named(self, element: Element, name: str) -> Iterator[Element]:
        """Yield the elements of one name inside *element*, in order."""
        names, known = self.markup.nodes.names, self.markup.nodes.known
        return (known(index) for index in range(element.index + 1, element.stop) if names[index] == name)

    def names_in(self, element: Element) -> list[str | None]:
        """Return the names of the elements inside *element* in order, None for each text run."""
        return self.markup.nodes.names[element.index + 1 : element.stop]

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
                if child.name == "li":
                    value = whole_number(self.value(child, "value")) if self.says(child, _VALUE) else None
                    number = number if value is None else value
                    self._positions[child.index] = number
                    number += 1
        return self._positions.get(item.index, 0)

    def fragment(self, link: Element) -> str | None:
        """Return the name that *link* points to within this page; None for other links."""
        return self.fragment_in(self.href(link))

    def fragment_in(self, href: str) -> str | None:
        """Return the name that the address *href* points to within this page; None for others."""
        address, mark, fragment = href.strip().partition("#")
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

    def href(self, link: Element) -> str:
        """Return where *link* leads; quick."""
        text, start = self.markup.text, link.start + len(_FIRST_HREF)
        if text.startswith(_FIRST_HREF, link.start):
            end = text.find('"', start, link.inner)
            if end >= 0:
                return unescape(text[start:end])
        found = self.markup.attribute(link, "href")
        return found.value if found is not None else ""

    def leads_within(self, link: Element) -> bool:
        """Tell whether *link* leads to this page itself, its full address written out or not."""
        address, mark, _ = self.href(link).strip().partition("#")
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
        names, starts, ends, source = markup.nodes.names, markup.starts, markup.ends, markup.text
        first, stop = element.index + 1, element.stop
        if stop == first + 1 and names[first] is None:
            return _words_of(source[starts[first] : ends[first]])
        parts: list[str] = []
        length = 0
        for index in range(first, min(stop, first + 20 * limit)):
            name = names[index]
            if name is None:
                start, end = starts[index], ends[index]
                parts.append(source[start:end])
                length += end - start
                if length > limit:
                    break
            elif name in _BREAKS:
                parts.append(" ")
        return _words_of("".join(parts))


def _words_of(text: str) -> str:
    return " ".join(("".join(_with_entities(text)) if "&" in text else text).split())


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
    href = page.href(link)
    if "#" not in href or (page.fragment_in(href) is None and not _points_back(href)):
        return False
    text = page.text_of(link, 60)
    if len(text) <= 4 or _BACK_WORDS.fullmatch(text) or not any(character.isalpha() for character in text):
        return True
    return _BACK_NAMES.search(page.words(link).lower() + " " + page.value(link, "rev").lower()) is not None


def _points_back(href: str) -> bool:
    return _POINTING_BACK.search(href) is not None
