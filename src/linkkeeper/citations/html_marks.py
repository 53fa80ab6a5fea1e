"""
Marks in an HTML page: the links from the text to its notes, and their labels.

A mark is a link within the page whose text is a label. Where it points, a
note begins, whatever the site names its ids.
"""

import re
from dataclasses import dataclass

from linkkeeper.citations.html_page import Page
from linkkeeper.pages.nodes import Element, Text
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
    r"(?:^|\s)(?:aff|affil\w*|inst|corresp?|cor|fig|figure|tab|tbl|table|eqn?|comment|reply)[-_:.]?\w{0,4}(?=\s|$)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A link from the text to a note: its label, its element, where it points."""

    label: str
    link: Element
    target: Element | None
    raised: bool


def label_in(text: str) -> str | None:
    """Return the label that *text* is and nothing else: ``[3]``, ``3.``, ``iv``, ``*``, ``note 2``."""
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
        label = label_in(page.text_of(element, 40))
        if label is None:
            continue
        target = page.names.get(name)
        if target is not None and target.start <= element.start:
            continue
        if page.regions.at(element.start) is Region.NAVIGATION:
            continue
        marks.append(Mark(label, element, target, _is_raised(page, element)))
    return marks


def _is_raised(page: Page, link: Element) -> bool:
    """Tell whether the mark looks like one: raised, bracketed, or named so."""
    if any(isinstance(node, Element) and node.name == "sup" for node in page.inside(link)):
        return True
    text = page.text_of(link, 40)
    if text.startswith(("[", "(", "*", "†")):
        return True
    parent: Element | None = link.parent
    for _ in range(3):
        if parent is None:
            break
        if parent.name == "sup":
            return True
        parent = parent.parent
    return is_note_name(page.words(link)) or _in_brackets(page, link)


def _in_brackets(page: Page, link: Element) -> bool:
    text = page.markup.text
    return text[link.start - 1 : link.start] in ("[", "(") and text[link.end : link.end + 1] in ("]", ")")


def text_before(page: Page, outer: Element, inner: Element, limit: int = 200) -> int:
    """Return how many characters of text stand in *outer* before *inner*; stops counting past *limit*."""
    count = 0
    for node in page.markup.nodes[outer.index + 1 : inner.index]:
        if isinstance(node, Text):
            count += len(page.markup.text[node.start : node.end].strip())
            if count > limit:
                break
    return count
