"""
Marks in an HTML page: the links from the text to its notes, and their labels.

A mark is a link within the page whose text is a label, or a button in the
running text that opens another element. Where it points, a note begins,
whatever the site names its ids.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from linkkeeper.citations.html_page import Page
from linkkeeper.pages.markup import BLOCK, unescape
from linkkeeper.pages.nodes import Element
from linkkeeper.pages.regions import Region

_LABEL = re.compile(
    r"[\[(\s^↑*]*(?P<label>(?:(?:note|nb|n|fn|ref|lower-alpha|upper-alpha|lower-roman|a|b|ed|anm)\.?\s?)?\d{1,4}[a-z]?"
    r"|(?=[ivxlcdm])m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})|[a-z]|[*†‡§¶#]{1,4})[\])\s.:,;]*",
    re.I,
)
#: What screens read aloud before a mark.
_SPOKEN = re.compile(
    r"^\W*(?:(?:see|go to|jump to|open|read|show|view)\s+)?(?:(?:foot|end)-?note|citation|reference)s?\s*(?=[\[(]?\d)",
    re.I,
)
_SYMBOLS = re.compile(r"[\[(\s]*(?P<label>[*†‡§¶#]{1,4})[\])\s]*")
_NOTE_NAME = re.compile(
    r"(?:^|[-_:.#\s])(?:"
    r"(?:_?(?:ftn|edn|fn)(?:ref)?|(?:foot|end|side|margin)-?_?notes?|cite_(?:note|ref)|noteref|notes?|sdfootnote|sdendnote|"
    r"easy-footnote|ref-link|user-content-fn|fnref|backlink|mfn|modern-footnotes?|post-\d+-(?:foot|end)note|identifier|mpfn|"
    r"gfm-fn)[-_:.]?(?=\d|[-_:.a-z]|$)"
    # Short names begin many words that have nothing to do with notes ("reply", "body").
    r"|(?:en|cite|citation|nb|nh|reference|refs?|r|rf|bib|cr|b)(?=[-_:.]?\d|[-_:.]\w|[\s#]|$))",
    re.I,
)
_OTHER_NAME = re.compile(
    r"(?:^|\s)(?:aff|affil\w*|inst|corresp?|cor|fig|figure|tab|tbl|table|eqn?|comment|cmnt|reply)[-_:.]?\w{0,4}(?=\s|$)",
    re.I,
)
#: How a button names what it opens, and text what describes it.
_OPENS = (
    *("popovertarget", "aria-describedby", "aria-controls", "aria-details", "data-target", "data-bs-target"),
    *("data-note", "data-footnote"),
)
_OPENED = re.compile(r"""(?:-?(?:id|ref|target))?\s*=\s*["']?\s*#?([^\s"'>]{1,200}+)""", re.I)
_MAX_DIGITS = 4
_GLUED = frozenset(".,;:!?”’\"')")
#: So much text right before it makes something stand in the running text.
_RUNNING = 15
#: How far one looks around for that text (nodes of the page).
_NEARBY = 24


class Mark(NamedTuple):
    """A link from the text to a note: its label, its element, where it points."""

    label: str
    link: Element
    target: Element | None
    raised: bool


def label_in(text: str) -> str | None:
    """Return the label that *text* is and nothing else: ``[3]``, ``3.``, ``iv``, ``*``, ``note 2``."""
    if text.isdecimal():
        return text if len(text) <= _MAX_DIGITS else None
    text = _SPOKEN.sub("", text, count=1)
    match = _SYMBOLS.fullmatch(text) or _LABEL.fullmatch(text)
    return " ".join(match["label"].split()) if match else None


def is_note_name(name: str) -> bool:
    """Tell whether an id, class or role names a note or a mark."""
    return bool(_NOTE_NAME.search(name))


def is_other_name(name: str) -> bool:
    """Tell whether an id names what else is marked by raised numbers: institutions, figures, tables."""
    return bool(_OTHER_NAME.search(name))


def find_marks(page: Page) -> list[Mark]:
    """Return all links within the page whose text is a label, and that lead on (not back)."""
    marks: list[Mark] = []
    for element in page.fragments:
        name = page.fragment(element)
        if name is None:
            continue
        target = page.names.get(name)
        if target is not None and target.start <= element.start:
            continue
        label = label_in(page.text_of(element, 40))
        if label is None:
            continue
        if page.regions.at(element.start) is Region.NAVIGATION:
            continue
        marks.append(Mark(label, element, target, _is_raised(page, element)))
    openers = [mark for name in _OPENS for mark in _openers(page, name)]
    return sorted([*marks, *openers], key=lambda mark: mark.link.start) if openers else marks


def _openers(page: Page, name: str) -> Iterator[Mark]:
    """Yield the marks that open their note, or are described by it, in an attribute *name*: pop-ups, tooltips."""
    markup, links = page.markup, page.fragments
    position = -1
    while (position := markup.text.find(name, position + 1)) >= 0:
        opened = _OPENED.match(markup.text, position + len(name))
        target = page.names.get(unescape(opened[1])) if opened else None
        element = markup.nodes.element(bisect_right(markup.starts, position) - 1)
        if target is None or element is None or position > element.inner or target.start <= element.start:
            continue
        if element.holds(target) or any(link.holds(element) for link in _around(links, element)):
            continue
        label = label_in(page.text_of(element, 40))
        if label is not None and stands_in_text(page, element):
            yield Mark(label, element, target, raised=True)


def _around(links: list[Element], element: Element) -> list[Element]:
    """Return the link within the page, if any, that starts last before *element* or is it."""
    index = bisect_right(links, element.index, key=lambda link: link.index)
    return links[max(0, index - 1) : index]


def stands_in_text(page: Page, element: Element) -> bool:
    """Tell whether words of the same paragraph stand right before *element*."""
    block = next((above for above in element.ancestors() if above.name in BLOCK), None)
    if block is None:
        return False
    return _text_back(page, element.index, max(block.index, element.index - _NEARBY), _RUNNING) >= _RUNNING


def text_between(page: Page, first: Element, second: Element, limit: int) -> int:
    """Return how many characters of text stand between two elements; stops counting at *limit*."""
    return _text_back(page, second.index, max(first.stop - 1, second.index - _NEARBY), limit)


def _text_back(page: Page, index: int, stop: int, limit: int) -> int:
    """Count the characters of text before the node *index*, back to the node *stop*."""
    names, starts, ends, text = page.markup.nodes.names, page.markup.starts, page.markup.ends, page.markup.text
    count = 0
    for at in range(index - 1, stop, -1):
        if names[at] is None:
            count += len(text[starts[at] : ends[at]].strip())
            if count >= limit:
                break
    return count


def _is_raised(page: Page, link: Element) -> bool:
    """Tell whether the mark looks like one: raised, bracketed, or named so."""
    if "sup" in page.names_in(link):
        return True
    parent: Element | None = link.parent
    for _ in range(3):
        if parent is None:
            break
        if parent.name == "sup":
            return True
        parent = parent.parent
    if page.text_of(link, 40).startswith(("[", "(", "*", "†")):
        return True
    return is_note_name(page.words(link)) or _in_brackets(page, link) or _is_attached(page, link)


def _is_attached(page: Page, link: Element) -> bool:
    """Tell whether the mark is glued to the word or the full stop before it."""
    before = page.markup.text[link.start - 1 : link.start]
    return (before.isalpha() or before in _GLUED) and stands_in_text(page, link)


def _in_brackets(page: Page, link: Element) -> bool:
    text = page.markup.text
    return text[link.start - 1 : link.start] in ("[", "(") and text[link.end : link.end + 1] in ("]", ")")


def text_before(page: Page, outer: Element, inner: Element, limit: int = 200) -> int:
    """Return how many characters of text stand in *outer* before *inner*; stops counting past *limit*."""
    markup, count = page.markup, 0
    for index in range(outer.index + 1, inner.index):
        if markup.nodes.names[index] is None:
            count += len(markup.text[markup.starts[index] : markup.ends[index]].strip())
            if count > limit:
                break
    return count
