"""
Which parts of a page are not the text: navigation, sharing, comments, related pieces.

Decided by element, role and the words of class and id, never by site. An
element that holds most of the page's text is text, whatever it is called
(themes name their outer box ``content-sidebar-wrap``).
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate
from operator import itemgetter

from linkkeeper.pages.markup import Markup
from linkkeeper.pages.nodes import Element, Text


class Region(StrEnum):
    NAVIGATION = "navigation"
    SHARE = "share"
    COMMENTS = "comments"
    RELATED = "related"
    BYLINE = "byline"
    FORM = "form"
    ADVERT = "advert"


_BY_TAG = {
    "nav": Region.NAVIGATION,
    "header": Region.NAVIGATION,
    "footer": Region.NAVIGATION,
    "menu": Region.NAVIGATION,
    "form": Region.FORM,
    "button": Region.FORM,
    "select": Region.FORM,
    "dialog": Region.FORM,
    "amp-sidebar": Region.NAVIGATION,
    "amp-ad": Region.ADVERT,
}
_BY_ROLE = {
    "navigation": Region.NAVIGATION,
    "banner": Region.NAVIGATION,
    "contentinfo": Region.NAVIGATION,
    "menu": Region.NAVIGATION,
    "menubar": Region.NAVIGATION,
    "search": Region.FORM,
    "complementary": Region.RELATED,
    "dialog": Region.FORM,
    "alertdialog": Region.FORM,
}
_BY_WORD = (
    (Region.COMMENTS, "comments?|comment-?list|comment-?form|respond|reply|disqus|discussion|replies"),
    (
        Region.SHARE,
        "shar(?:e|ing|e-?bar|e-?buttons?|edaddy)|social(?:-?links|-?icons|-?media)?|addtoany|addthis|follow(?:-?us)?",
    ),
    (
        Region.RELATED,
        "related(?:-?posts|-?articles|-?content|-?links)?|recommend(?:ed|ations)?|read-?more|more-?(?:from|on|stories|articles)"
        "|further-?posts|you-?may|also-?like|trending|popular|(?:sphinx|left|right|primary|secondary)?side-?bar|widgets?|teasers?|promo|newsletter|subscribe|subscription"
        "|next-?prev(?:ious)?|prev-?next|post-?navigation|jp-relatedposts|latest-?(?:posts|news)",
    ),
    (
        Region.NAVIGATION,
        "(?:left|right|main|top|side|sub|nav)?-?(?:nav|menu)(?:bar|igation)?|breadcrumbs?|masthead|site-?header|site-?footer|page-?footer|global-?footer|footer"
        "|pagination|pager|toc|table-?of-?contents|skip-?links?|toolbar|topbar|tool-?box|cat-?links|tags?-?links|post-?tags"
        "|cookies?|consent|gdpr|copyright|navbox|catlinks|mw-editsection|printfooter",
    ),
    (
        Region.BYLINE,
        "byline|v-?card|h-card|(?:post|entry)-?authors?|author-?(?:bio|box|info|card|profile|meta)|about-?(?:the-?)?authors?|post-?meta|entry-?meta|bio",
    ),
    (Region.ADVERT, "ads?|advert(?:isement)?s?|sponsor(?:ed)?|donat(?:e|ion)|paywall"),
)
_WORDS = [(region, re.compile(rf"(?:^|[\s_-])(?:{words})(?:$|[\s_-])", re.I)) for region, words in _BY_WORD]
_ANY_WORD = re.compile(rf"(?:^|[\s_-])(?:{'|'.join(words for _, words in _BY_WORD)})(?:$|[\s_-])", re.I)
#: What these words name is notes or sources wherever it stands, also in a footer.
NOTE_WORDS = re.compile(
    r"(?:^|[\s_\-:])(?:(?:foot|end|side|margin)-?notes?(?:-?list|-?section|-?content|-?area|s)?|fn|fns|references|reflist|ref-?list|"
    r"mw-references-wrap|bibliography|citations?|works-?cited|notes)(?:$|[\s_\-:])",
    re.I,
)
#: Build tools name classes ``CookieBanner_root__x1``: the words in them are parted like others.
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_MAIN = frozenset({"main", "article"})
_NEVER = _MAIN | {"html", "body"}
_CHECKED = frozenset(
    {"div", "section", "aside", "ul", "ol", "p", "span", "td", "tr", "table", "dl", "li", "details", "figure", "a"}
)
_ROLE_MAIN = re.compile(r"""\brole\s*=\s*["']?main\b""", re.I)
_MOST = 0.5
_start_of = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Regions:
    """
    The parts of a page that are not its text.

    Attributes:
        parts: Outermost ones only, in order, apart: start, end (characters), kind.
        main: Where the text stands; the whole page if nothing tells.
    """

    parts: tuple[tuple[int, int, Region], ...]
    main: tuple[int, int]

    def at(self, position: int) -> Region | None:
        """Return the region at a character, None in the text itself."""
        if not self.parts:
            return None
        index = bisect_right(self.parts, position, key=_start_of) - 1
        if index >= 0 and position < self.parts[index][1]:
            return self.parts[index][2]
        return None

    def is_text(self, position: int) -> bool:
        return self.main[0] <= position < self.main[1] and self.at(position) is None


def regions_of(markup: Markup) -> Regions:
    """Find the parts of *markup* that are not its text."""
    finder = RegionFinder(markup)
    for element in markup.elements():
        finder.see(element.index, element.name, markup.words(element))
    return finder.regions()


class RegionFinder:
    """Finds the regions of a page on the way through all its elements, which others go too."""

    def __init__(self, markup: Markup) -> None:
        self._markup = markup
        self._found: list[tuple[int, Region]] = []
        self._main: list[int] = []
        self._noted: list[int] = []
        #: How much text stands before each node, once the regions were asked for.
        self.weights: Sequence[int] = ()

    def see(self, index: int, name: str, words: str) -> None:
        """
        Take up the next element in order.

        Args:
            index, name: Of the element.
            words: :meth:`Markup.words` of it.
        """
        if name in _NEVER:
            if name in _MAIN:
                self._main.append(index)
        elif words and names_notes(words):
            self._noted.append(index)
        elif "main" in words and _has_main_role(self._markup, index):
            self._main.append(index)
        elif name in _BY_TAG or (words and name in _CHECKED):
            region = _region_by(name, words)
            if region is not None:
                self._found.append((index, region))

    def regions(self) -> Regions:
        markup = self._markup
        weights = self.weights = _weights(markup)
        most = _MOST * max(1, weights[-1])
        found = [(at, region) for at, region in self._found if weights[markup.stops[at]] - weights[at] <= most]
        return Regions(_outermost(markup, found, self._noted), _main_part(markup, self._main, weights))


def _has_main_role(markup: Markup, index: int) -> bool:
    return _ROLE_MAIN.search(markup.text, markup.starts[index], markup.inners[index]) is not None


def _outermost(
    markup: Markup, found: Sequence[tuple[int, Region]], noted: Sequence[int]
) -> tuple[tuple[int, int, Region], ...]:
    """Keep the outermost parts; one that holds notes (a footer with footnotes) is none."""
    parts: list[tuple[int, int, Region]] = []
    for at, region in found:
        if parts and markup.starts[at] < parts[-1][1]:
            continue
        if bisect_left(noted, markup.stops[at]) > bisect_right(noted, at):
            continue
        parts.append((markup.starts[at], markup.ends[at], region))
    return tuple(parts)


def _weights(markup: Markup) -> "array[int]":
    """Return how much text stands before each node, and before the end."""
    places = zip(markup.nodes.names, markup.starts, markup.ends, strict=True)
    return array("I", accumulate((end - start if name is None else 0 for name, start, end in places), initial=0))


@lru_cache(maxsize=512)
def names_notes(words: str) -> bool:
    """Tell whether the words of class, id and role name notes or sources."""
    return NOTE_WORDS.search(words) is not None


@lru_cache(maxsize=512)
def _region_by(name: str, words: str) -> Region | None:
    """Decide by element name and by the words of class, id and role."""
    parts = words.lower().split()
    words = _HUMP.sub("-", words)
    # Only as written: roles begin with "doc-", the class "docSidebar" names no role.
    if any(part.startswith("doc-") for part in parts) or NOTE_WORDS.search(words):
        return None
    role = next((_BY_ROLE[part] for part in parts if part in _BY_ROLE), None)
    if role is not None:
        return role
    if name in _BY_TAG:
        return _BY_TAG[name]
    if not words or _ANY_WORD.search(words) is None:
        return None
    return next((region for region, pattern in _WORDS if pattern.search(words)), None)


def _main_part(markup: Markup, candidates: Sequence[int], weights: Sequence[int]) -> tuple[int, int]:
    """The innermost ``main`` or ``article`` that holds most of the text of all of them."""
    best: int | None = None
    heaviest = 0
    for at in candidates:
        weight = weights[markup.stops[at]] - weights[at]
        if weight > heaviest or (best is not None and best <= at < markup.stops[best] and weight > 0.8 * heaviest):
            best, heaviest = at, max(weight, heaviest)
    if best is None or heaviest < 0.3 * weights[-1]:
        return 0, len(markup.text)
    return markup.starts[best], markup.ends[best]


class TextParts:
    """
    The same answers as :func:`regions_of`, for a few places of a large page.

    Only the elements around a place are looked at, so that a page with three
    places of interest costs hardly more than its parsing.
    """

    def __init__(self, markup: Markup) -> None:
        self._markup = markup
        self._weights = _weights(markup)
        self._main: tuple[int, int] | None = None
        self._tells_main = _ROLE_MAIN.search(markup.text) is not None

    def is_text(self, node: Element | Text) -> bool:
        """Tell whether *node* stands in the page's text."""
        if self._main is None:
            names = self._markup.nodes.names
            candidates = [
                index for index, name in enumerate(names) if name is not None and self._may_be_main(index, name)
            ]
            self._main = _main_part(self._markup, candidates, self._weights)
        return self._main[0] <= node.start < self._main[1] and self.region(node) is None

    def _may_be_main(self, index: int, name: str) -> bool:
        return name in _MAIN or (self._tells_main and _has_main_role(self._markup, index))

    def region(self, node: Element | Text) -> Region | None:
        """Return the region around *node*, None in the text itself."""
        element = node if isinstance(node, Element) else node.parent
        regions = (self._region(one) for one in (element, *element.ancestors())) if element is not None else ()
        return next((region for region in regions if region is not None), None)

    def _region(self, element: Element) -> Region | None:
        if self._weights[element.stop] - self._weights[element.index] > _MOST * max(1, self._weights[-1]):
            return None
        return region_named(element.name, self._markup.words(element))


def region_named(name: str, words: str) -> Region | None:
    """
    What an element is by its name, and by its class, id and role, however much text it holds.

    Args:
        words: :meth:`Markup.words` of it.
    """
    if name in _NEVER or (name not in _CHECKED and name not in _BY_TAG):
        return None
    return _region_by(name, words)
