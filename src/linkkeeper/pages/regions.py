"""
Which parts of a page are not the text: navigation, sharing, comments, related pieces.

Decided by element, role and the words of class and id, never by site. An
element that holds most of the page's text is text, whatever it is called
(themes name their outer box ``content-sidebar-wrap``).
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

from linkkeeper.pages.markup import Attribute, Element, Markup, Text


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
}
_BY_ROLE = {
    "navigation": Region.NAVIGATION,
    "banner": Region.NAVIGATION,
    "contentinfo": Region.NAVIGATION,
    "menu": Region.NAVIGATION,
    "menubar": Region.NAVIGATION,
    "search": Region.FORM,
    "complementary": Region.RELATED,
}
_BY_WORD = (
    (Region.COMMENTS, "comments?|comment-?list|comment-?form|respond|disqus|discussion|replies"),
    (
        Region.SHARE,
        "shar(?:e|ing|e-?bar|e-?buttons?|edaddy)|social(?:-?links|-?icons|-?media)?|addtoany|addthis|follow(?:-?us)?",
    ),
    (
        Region.RELATED,
        "related(?:-?posts|-?articles|-?content|-?links)?|recommend(?:ed|ations)?|read-?more|more-?(?:from|on|stories|articles)"
        "|further-?posts|you-?may|also-?like|trending|popular|side-?bar|widgets?|teasers?|promo|newsletter|subscribe|subscription"
        "|next-?prev(?:ious)?|prev-?next|post-?navigation|jp-relatedposts|latest-?(?:posts|news)",
    ),
    (
        Region.NAVIGATION,
        "nav(?:bar|igation)?|menu|breadcrumbs?|masthead|site-?header|site-?footer|page-?footer|global-?footer|footer"
        "|pagination|pager|toc|table-?of-?contents|skip-?links?|toolbar|topbar|tool-?box|cat-?links|tags?-?links|post-?tags"
        "|cookies?|consent|gdpr|copyright|navbox|catlinks|mw-editsection|printfooter",
    ),
    (
        Region.BYLINE,
        "byline|author-?(?:bio|box|info|card|profile|meta)|about-?(?:the-?)?authors?|post-?meta|entry-?meta|bio",
    ),
    (Region.ADVERT, "ads?|advert(?:isement)?s?|sponsor(?:ed)?|donat(?:e|ion)|paywall"),
)
_WORDS = [(region, re.compile(rf"(?:^|[\s_-])(?:{words})(?:$|[\s_-])", re.I)) for region, words in _BY_WORD]
_ANY_WORD = re.compile("|".join(words for _, words in _BY_WORD), re.I)
#: What these words name is notes or sources wherever it stands, also in a footer.
NOTE_WORDS = re.compile(
    r"(?:^|[\s_\-:])(?:(?:foot|end|side|margin)-?notes?(?:-?list|-?section|-?content|-?area|s)?|fn|fns|references|reflist|ref-?list|"
    r"mw-references-wrap|bibliography|citations?|works-?cited|notes)(?:$|[\s_\-:])",
    re.I,
)
_NEVER = frozenset({"html", "body", "main", "article"})
_CHECKED = frozenset(
    {"div", "section", "aside", "ul", "ol", "p", "span", "td", "tr", "table", "dl", "li", "details", "figure", "a"}
)
_MOST = 0.5


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
        index = bisect_right(self.parts, position, key=lambda part: part[0]) - 1
        if index >= 0 and position < self.parts[index][1]:
            return self.parts[index][2]
        return None

    def is_text(self, position: int) -> bool:
        return self.main[0] <= position < self.main[1] and self.at(position) is None


def regions_of(markup: Markup) -> Regions:
    """Find the parts of *markup* that are not its text."""
    weights = _weights(markup)
    total = max(1, weights[-1])
    parts: list[tuple[int, int, Region]] = []
    main: list[Element] = []
    index, nodes = 0, markup.nodes
    while index < len(nodes):
        node = nodes[index]
        index += 1
        if isinstance(node, Text):
            continue
        if node.name in _NEVER or (node.name not in _CHECKED and node.name not in _BY_TAG):
            if node.name in ("main", "article"):
                main.append(node)
            continue
        region = _region(node, markup.attributes(node))
        if region is not None and weights[node.stop] - weights[node.index] <= _MOST * total:
            parts.append((node.start, node.end, region))
            index = node.stop
    return Regions(tuple(parts), _main_part(main, weights, len(markup.text)))


def _weights(markup: Markup) -> Sequence[int]:
    lengths = (node.end - node.start if isinstance(node, Text) else 0 for node in markup.nodes)
    return [0, *accumulate(lengths)]


def _region(element: Element, attributes: dict[str, Attribute]) -> Region | None:
    names = " ".join(attributes[key].raw for key in ("class", "id") if key in attributes)
    role = attributes["role"].raw.lower() if "role" in attributes else ""
    if role.startswith("doc-") or NOTE_WORDS.search(names):
        return None
    if role in _BY_ROLE:
        return _BY_ROLE[role]
    if element.name in _BY_TAG:
        return _BY_TAG[element.name]
    if not names or not _ANY_WORD.search(names):
        return None
    return next((region for region, pattern in _WORDS if pattern.search(names)), None)


def _main_part(candidates: list[Element], weights: Sequence[int], length: int) -> tuple[int, int]:
    """The innermost ``main`` or ``article`` that holds most of the text of all of them."""
    best: Element | None = None
    heaviest = 0
    for element in candidates:
        weight = weights[element.stop] - weights[element.index]
        if weight > heaviest or (best is not None and best.holds(element) and weight > 0.8 * heaviest):
            best, heaviest = element, max(weight, heaviest)
    if best is None or heaviest < 0.3 * weights[-1]:
        return 0, length
    return best.start, best.end


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

    def is_text(self, node: Element | Text) -> bool:
        """Tell whether *node* stands in the page's text."""
        if self._main is None:
            candidates = [other for other in self._markup.elements() if other.name in ("main", "article")]
            self._main = _main_part(candidates, self._weights, len(self._markup.text))
        return self._main[0] <= node.start < self._main[1] and self.region(node) is None

    def region(self, node: Element | Text) -> Region | None:
        """Return the region around *node*, None in the text itself."""
        element = node if isinstance(node, Element) else node.parent
        regions = (self._region(one) for one in (element, *element.ancestors())) if element is not None else ()
        return next((region for region in regions if region is not None), None)

    def _region(self, element: Element) -> Region | None:
        if element.name in _NEVER or (element.name not in _CHECKED and element.name not in _BY_TAG):
            return None
        if self._weights[element.stop] - self._weights[element.index] > _MOST * max(1, self._weights[-1]):
            return None
        return _region(element, self._markup.attributes(element))
