"""
HTML with positions: every tag, attribute value and text run knows its bytes.

Reads what publishers serve, not what the standard wishes: implied end tags,
crossed nesting, unquoted values, unclosed tags. Comments, scripts, styles,
templates and drawings are passed over. Never fails, on any text; the work is
linear in its length (:data:`MAX_CLIMB` bounds each look up the open elements).

Source: WHATWG HTML Standard 13.2, simplified: no element is moved, so that
all positions stay those of the bytes.
"""

import html
import re
from array import array
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from sys import intern
from typing import NamedTuple

from linkkeeper.pages.decode import Decoded, decode
from linkkeeper.pages.nodes import Columns, Element, Nodes
from linkkeeper.vocabulary.edition import Span

#: How far up the open elements an end tag or an implied end may reach.
MAX_CLIMB = 256

_TOKEN = re.compile(
    r"""<(?:(?P<close>/)?(?P<name>[A-Za-z][^\s/>]*+)
            (?P<attributes>(?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+'|)|["'])*+)(?:>|\Z)
        |(?P<other>!--|[!?/]))""",
    re.X,
)
_ATTRIBUTE = re.compile(
    r"""(?P<name>[^\s/>="'][^\s/>=]*+)(?:\s*+=\s*+(?:"(?P<double>[^"]*+)"|'(?P<single>[^']*+)'|(?P<bare>[^\s>]++)))?""",
    re.X,
)
#: Attributes that have a value, more quickly than ``_ATTRIBUTE`` finds all. It must see every name, whatever the
#: characters: inside the value of one that it passed over, words like ``style=`` would be taken for attributes.
VALUED = re.compile(r"""[\s/]([^\s"'>/=]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>]++))""")
_NAMING = frozenset({"class", "id", "role", "epub:type"})
_ENTITY = re.compile(r"&(?:#[0-9]{1,8};?|#[xX][0-9a-fA-F]{1,7};?|[A-Za-z][A-Za-z0-9]{1,31}(?:;|(?![A-Za-z0-9=])))")

VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
_RAW = frozenset({"script", "style", "xmp", "iframe", "noembed", "noframes", "textarea", "title"})
_SKIPPED = frozenset({"template", "svg", "noscript", "object"})
_CHILDLESS = VOID | _RAW | _SKIPPED
#: Stands for what is around all elements.
_TOP = -1
_CLOSES_P = frozenset(
    {"address", "article", "aside", "blockquote", "center", "details", "dialog", "dir", "div", "dl", "fieldset"}
    | {"figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "main"}
    | {"menu", "nav", "ol", "p", "pre", "search", "section", "summary", "table", "ul", "li", "dt", "dd"}
)
#: Elements that begin a line of their own.
BLOCK = _CLOSES_P | {"body", "html", "td", "th", "tr", "tbody", "thead", "tfoot", "caption", "option", "legend"}
_SCOPE = frozenset({"table", "td", "th", "caption", "button", "body", "html"})
_ITEM_SCOPE = _SCOPE | {"ol", "ul", "dl", "menu", "section", "article"}
#: Opening one of these ends an open one of those, if no boundary lies between.
_IMPLIED = {
    **{name: (frozenset({"p"}), _SCOPE) for name in _CLOSES_P},
    "li": (frozenset({"li", "p"}), _ITEM_SCOPE),
    "dt": (frozenset({"dt", "dd", "p"}), _ITEM_SCOPE),
    "dd": (frozenset({"dt", "dd", "p"}), _ITEM_SCOPE),
    "tr": (frozenset({"tr", "td", "th"}), frozenset({"table"})),
    "td": (frozenset({"td", "th"}), frozenset({"table", "tr"})),
    "th": (frozenset({"td", "th"}), frozenset({"table", "tr"})),
    "option": (frozenset({"option"}), frozenset({"select"})),
    "a": (frozenset({"a"}), BLOCK),
}


class Attribute(NamedTuple):
    """One attribute; *raw* is the value as written, ``text[start:end]``."""

    name: str
    raw: str
    start: int
    end: int

    @property
    def value(self) -> str:
        return unescape(self.raw)


@dataclass(frozen=True, slots=True)
class Markup:
    """
    A parsed document.

    Attributes:
        nodes: Elements and text runs in the order of the source.
        starts, inners, inner_ends, ends, stops: Of all nodes, for loops that can't afford to ask each.
        steps: Units of work spent, for the bound on work.
    """

    source: Decoded
    nodes: Nodes
    starts: "array[int]"
    inners: "array[int]"
    inner_ends: "array[int]"
    ends: "array[int]"
    stops: "array[int]"
    steps: int

    @property
    def text(self) -> str:
        return self.source.text

    def span(self, start: int, end: int) -> Span:
        return self.source.span(start, end)

    def elements(self) -> Iterator[Element]:
        return self.nodes.elements()

    def attributes(self, element: Element) -> dict[str, Attribute]:
        """Return attributes by lower-case name; the first of a name wins."""
        found: dict[str, Attribute] = {}
        text = self.source.text
        for match in _ATTRIBUTE.finditer(text, element.attributes_start, element.inner):
            name = match["name"].lower()
            if name not in found:
                kind = match.lastgroup or "name"
                start, end = match.span(kind) if kind != "name" else (match.end(), match.end())
                found[name] = Attribute(name, text[start:end], start, end)
        return found

    def attribute(self, element: Element, name: str) -> Attribute | None:
        """Return one attribute with a value by its lower-case name; quicker than all of them."""
        text, first, inner = self.source.text, element.attributes_start, element.inner
        quoted = f' {name}="'
        if text.startswith(quoted, first):
            # Nearly all links begin with their address.
            start = first + len(quoted)
            end = text.find('"', start, inner)
            if end >= 0:
                return Attribute(name, text[start:end], start, end)
        for match in VALUED.finditer(text, first, inner):
            if match[1] == name or match[1].lower() == name:
                start, end = match.span(match.lastindex or 1)
                return Attribute(name, text[start:end], start, end)
        return None

    def words(self, element: Element) -> str:
        """Return class, id and role of *element* as written, for rules by word; quick."""
        if not element.has_attributes:
            return ""
        return words_of(self.valued(element))

    def valued(self, element: Element) -> list[tuple[str, str]]:
        """Return lower-case names and raw values of the attributes that have a value; quick."""
        found = VALUED.findall(self.source.text, element.attributes_start, element.inner)
        return [
            (name if name.islower() else name.lower(), double or single or bare) for name, double, single, bare in found
        ]

    def children(self, element: Element) -> Iterator[Element]:
        """The elements right in *element*, in order."""
        nodes, stops = self.nodes, self.stops
        index, last = element.index + 1, element.stop
        while index < last:
            child = nodes.element(index)
            if child is not None:
                yield child
            index = stops[index]


def words_of(attributes: list[tuple[str, str]]) -> str:
    """Return class, id and role among :meth:`Markup.valued`."""
    return " ".join([value for name, value in attributes if name in _NAMING])


def parse(data: bytes, *, declared_type: str | None = None) -> Markup:
    """Parse bytes of an HTML page; see :func:`parse_decoded`."""
    return parse_decoded(decode(data, declared_type=declared_type, markup=True))


def parse_decoded(source: Decoded) -> Markup:
    """Parse a decoded HTML page, or text that holds some HTML."""
    builder = _Builder(source.text)
    builder.run()
    at = builder.at
    return Markup(source, Nodes(at), at.start, at.inner, at.inner_end, at.end, at.stop, builder.steps)


def unescape(raw: str) -> str:
    """
    Resolve character references as in an attribute value.

    A name without its semicolon before ``=`` or a letter stays, as in
    ``?a=1&copy=2``, which authors write in URLs and browsers leave alone.
    """
    return _ENTITY.sub(lambda match: _resolved(match.group()), raw) if "&" in raw else raw


def entities(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """Yield the character references of ``text[start:end]``: from, to, what they stand for."""
    for match in _ENTITY.finditer(text, start, end):
        reference = match.group()
        value = _resolved(reference)
        if value != reference:
            yield match.start(), match.end(), value


@lru_cache(maxsize=1024)
def _resolved(reference: str) -> str:
    return html.unescape(reference)


class _Lowered(dict[str, str]):
    """Names of elements in lower case, by how they are written; one string for all elements of a name."""

    def __missing__(self, written: str) -> str:
        name = self[written] = intern(written.lower())
        return name


class _Builder:
    """One pass over the text; keeps the open elements."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = Columns()
        #: The elements that are open, by index; below them stands what is around all.
        self.open: list[int] = [_TOP]
        self.count: defaultdict[str, int] = defaultdict(int)
        self.steps = 0
        self._absent: set[str] = set()

    def run(self) -> None:
        text, position, search = self.text, 0, _TOKEN.search
        add, names, opened, count, lowered = self.at.add, self.at.name, self.open, self.count, _Lowered()
        while (match := search(text, position)) is not None:
            start, end = match.span()
            if start > position:
                add(None, position, position, start, opened[-1] + 1)
            self.steps += 1
            close, written = match.group(1, 2)
            if written is None:
                position = self._passed(match)
                continue
            name = lowered[written]
            position = end
            if not close:
                if name in _IMPLIED:
                    self._imply(name, start)
                add(name, start, end, end, opened[-1] + 1)
                if name in _CHILDLESS:
                    position = self._childless(len(names) - 1, name, match)
                else:
                    opened.append(len(names) - 1)
                    count[name] += 1
            elif len(opened) > 1 and names[opened[-1]] == name:
                self._end(opened.pop(), start, end)
                count[name] -= 1
            else:
                self._close(name, start, end)
        if position < len(text):
            add(None, position, position, len(text), opened[-1] + 1)
        self._pop(1, len(text), len(text))

    def _passed(self, match: re.Match[str]) -> int:
        """Pass over a comment, a declaration or what only looks like a tag; return where to go on."""
        mark = "-->" if match["other"] == "!--" else ">"
        found = self.text.find(mark, match.start() + 2)
        return len(self.text) if found < 0 else found + len(mark)

    def _childless(self, index: int, name: str, match: re.Match[str]) -> int:
        """Finish an element that holds none; return where to go on."""
        if name in _RAW:
            return self._raw(index, name, match.end())
        if name in _SKIPPED and not self.text.endswith("/", *match.span("attributes")):
            return self._skip(index, name, match.end())
        return self._finish(index, match.end(), match.end())

    def _finish(self, index: int, inner_end: int, end: int) -> int:
        self._end(index, inner_end, end)
        return end

    def _end(self, index: int, inner_end: int, end: int) -> None:
        at = self.at
        at.inner_end[index], at.end[index], at.stop[index] = inner_end, end, len(at.name)

    def _raw(self, index: int, name: str, inner: int) -> int:
        match = self._find_end(name, inner)
        inner_end, end = match.span() if match else (inner, inner)
        if name == "title" and inner_end > inner:
            self.at.add(None, inner, inner, inner_end, index + 1)
        return self._finish(index, inner_end, end)

    def _find_end(self, name: str, position: int) -> re.Match[str] | None:
        """Find the end tag; once it was not found, there is none further on either."""
        if name in self._absent:
            return None
        match = re.compile(rf"</{name}(?=[\s/>])[^>]*+(?:>|\Z)", re.I).search(self.text, position)
        if match is None:
            self._absent.add(name)
        return match

    def _skip(self, index: int, name: str, inner: int) -> int:
        """Pass over the whole element, nested ones of its name too; unbalanced: to its last end tag."""
        depth, last = 1, None
        if name not in self._absent:
            for match in re.compile(rf"<(/?){name}(?=[\s/>])[^>]*+(?:>|\Z)", re.I).finditer(self.text, inner):
                self.steps += 1
                if match.group(1):
                    depth, last = depth - 1, match
                elif not match.group().endswith("/>"):
                    depth += 1
                if depth == 0:
                    break
        if last is None:
            self._absent.add(name)
            return self._finish(index, inner, inner)
        return self._finish(index, *last.span())

    def _imply(self, name: str, position: int) -> None:
        closes, boundary = _IMPLIED[name]
        count = self.count
        for other in closes:
            if count[other]:
                break
        else:
            return
        lowest = None
        for depth in self._upwards():
            self.steps += 1
            opened = self.at.name[self.open[depth]]
            if opened in closes:
                lowest = depth
            elif opened in boundary:
                break
        if lowest is not None:
            self._pop(lowest, position, position)

    def _upwards(self) -> range:
        """Depths of the open elements, the innermost first, as far as one may climb."""
        top = len(self.open) - 1
        return range(top, max(0, top - MAX_CLIMB), -1)

    def _close(self, name: str, start: int, end: int) -> None:
        if not self.count[name]:
            return
        for depth in self._upwards():
            self.steps += 1
            opened = self.at.name[self.open[depth]]
            if opened == name:
                self._pop(depth, start, end)
                return
            if opened in BLOCK and name not in BLOCK:
                return

    def _pop(self, depth: int, start: int, end: int) -> None:
        """Close all elements from *depth* up; only the outermost gets the end tag."""
        names, closed = self.at.name, self.open[depth:]
        for index in closed:
            self._end(index, start, start)
            self.count[names[index] or ""] -= 1
        if closed:
            self.at.end[closed[0]] = end
        del self.open[depth:]
