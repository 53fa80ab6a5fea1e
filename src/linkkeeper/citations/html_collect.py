"""One way through all elements of an HTML page, which collects what the searches for notes and links begin with."""

import re
from collections.abc import Sequence
from functools import lru_cache

from linkkeeper.citations.html_page import NOTE_TAGS, Page
from linkkeeper.pages.markup import VALUED, Markup, unescape
from linkkeeper.pages.regions import RegionFinder

_HIDDEN_CLASS = re.compile(
    r"(?:^|\s)(?:screen-reader-text|sr-only|visually-hidden|visuallyhidden|mw-cite-up-arrow-accessibility-label"
    r"|cite-accessibility-label|show-for-sr|offscreen|assistive-text)(?:$|\s)",
    re.I,
)
#: Citations for machines, in a span that shows nothing.
_COINS = re.compile(r"(?:^|\s)z3988(?:$|\s)", re.I)
_ABSOLUTE = re.compile(r"""<a\s[^<>]*?\bhref\s*=\s*["']?(?:https?:)?//""", re.I)
_PREFIXED = re.compile(
    r"""<a\s[^<>]*?\bhref\s*=\s*["']?(?:(?:https?:)?//web\.archive\.org)?/web/\d{14}(?:[a-z]{2}_)?/""", re.I
)
#: Elements that may be notes, or hold them, by their class, id or role.
_MAY_BE_NOTES = re.compile("note|fn|ref|bibliography|citation|works|marginalia", re.I)
_DIGITS = dict.fromkeys(map(ord, "123456789"), "0")
_HEAD = frozenset({"html", "title", "meta", "time", "link"})
_GATHERED = _HEAD | {"ol"}
_STREAMED = re.compile(r"S:[0-9a-f]+")
#: Nobody hides such a share of a page's text from its readers.
_MUCH = 0.4
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)


def prepare(markup: Markup, location: str = "") -> Page:
    """Go through all elements once and collect what the searches for notes and links begin with."""
    page = Page(markup)
    finder = RegionFinder(markup)
    collector = _Collector(page)
    for index, name in enumerate(markup.nodes.names):
        if name is not None:
            finder.see(index, name, collector.see(index, name))
    page.known_regions = finder.regions()
    page.hidden = {index for index in page.hidden if not _shows_later(page, index, finder.weights)}
    own = location if location.startswith(("http://", "https://")) else _canonical(page)
    page.base = own.partition("#")[0] if own.startswith(("http://", "https://")) else ""
    page.may_be_repaired = "data-originalurl" in markup.text or "DATA-ORIGINALURL" in markup.text
    page.is_saved_copy = _is_saved_copy(markup.text)
    return page


#: How attributes are read, by name in the ways that they are written.
_KINDS = {
    written: kind
    for kind, names in {
        "words": ("class", "role", "epub:type"),
        "id": ("id",),
        "name": ("name",),
        "style": ("style",),
    }.items()
    for name in names
    for written in (name, name.upper(), name.capitalize())
}


def _shows_later(page: Page, index: int, weights: Sequence[int]) -> bool:
    """
    Tell whether a hidden element is text that a script shows at once.

    Quirk: frameworks that stream a page send its parts as ``<div hidden id="S:1">``.
    """
    element = page.markup.nodes.element(index)
    if element is None:
        return False
    share = (weights[element.stop] - weights[index]) / max(1, weights[-1])
    return share > _MUCH or _STREAMED.fullmatch(page.value(element, "id")) is not None


class _Collector:
    """Sorts the elements of a page by what they may be."""

    def __init__(self, page: Page) -> None:
        self.page, self.text = page, page.markup.text
        #: Most pages hold none of these: asked once instead of at each element.
        self.may_mark = "data-mfn" in self.text

    def see(self, index: int, name: str) -> str:
        """
        Take up the next element.

        Returns:
            Its class, id and role, each digit as 0: no rule by words asks for another, and so the answers
            for one of many numbered elements serve all of them.
        """
        page, markup = self.page, self.page.markup
        start, end = markup.starts[index] + 1 + len(name), markup.inners[index]
        if name in _GATHERED:
            (page.lists if name == "ol" else page.head).append(markup.nodes.known(index))
        if end - start <= 2:
            if name in NOTE_TAGS:
                page.named.append(markup.nodes.known(index))
            return ""
        if name == "a" and self._is_bare_link(start, end):
            return self._sorted(index, name, "", start, end)
        words: list[str] = []
        for key, double, single, bare in VALUED.findall(self.text, start, end):
            kind = _KINDS.get(key)
            if kind is None:
                continue
            value = double or single or bare
            if kind == "words":
                words.append(value)
            elif kind == "id":
                words.append(value)
                self._name(value, index)
            elif kind == "name":
                if name == "a":
                    self._name(value, index)
            elif _HIDDEN_STYLE.search(value):
                page.hidden.add(index)
        return self._sorted(index, name, " ".join(words), start, end)

    def _is_bare_link(self, start: int, end: int) -> bool:
        """Tell whether a link has no attribute besides its address, as most have."""
        text = self.text
        return text.startswith(' href="', start) and text.find('"', start + 7, end) == end - 2

    def _name(self, raw: str, index: int) -> None:
        self.page.names.setdefault(unescape(raw).strip(), self.page.markup.nodes.known(index))

    def _sorted(self, index: int, name: str, written: str, start: int, end: int) -> str:
        page, text, words = self.page, self.text, written.translate(_DIGITS)
        is_marked = self.may_mark and text.find("data-mfn", start, end) >= 0
        if is_marked or name in NOTE_TAGS or _may_be_notes(words):
            page.named.append(page.markup.nodes.known(index))
        if name == "a" and text.find("#", start, end) >= 0:
            page.fragments.append(page.markup.nodes.known(index))
        if (words and (_is_hidden(words) or ("3988" in written and _COINS.search(written)))) or (
            text.find("hidden", start, end) >= 0 and "hidden" in page.attributes(page.markup.nodes.known(index))
        ):
            page.hidden.add(index)
        return words


@lru_cache(maxsize=512)
def _may_be_notes(words: str) -> bool:
    return _MAY_BE_NOTES.search(words) is not None


@lru_cache(maxsize=512)
def _is_hidden(words: str) -> bool:
    return _HIDDEN_CLASS.search(words) is not None


def _canonical(page: Page) -> str:
    """Return the page's own address as it gives it, or ""."""
    for element in page.head:
        if element.name == "link" and "canonical" in page.value(element, "rel").lower():
            found = page.value(element, "href").strip()
        elif element.name == "meta" and page.value(element, "property") == "og:url":
            found = page.value(element, "content").strip()
        else:
            continue
        if found:
            return found
    return ""


def _is_saved_copy(text: str) -> bool:
    """Tell whether nearly all links of a page, its navigation too, lead through the Wayback Machine."""
    if text.find("/web/") < 0:
        return False
    prefixed = sum(1 for _ in _PREFIXED.finditer(text))
    return prefixed >= 10 and prefixed >= 0.8 * sum(1 for _ in _ABSOLUTE.finditer(text))
