"""
Proofs: what a repair must show before it counts.

The new text is parsed again. Its links must be the old ones, in the old order,
but for the intended change, and taking the edits back must give the old bytes.
"""

import html
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

from selectolax.lexbor import LexborHTMLParser, LexborNode

from linkkeeper.pages.decode import codec_of
from linkkeeper.relinking.places import unsplice
from linkkeeper.relinking.wanted import address_of, is_identifier
from linkkeeper.vocabulary.citation import CitedUrl, OccurrenceForm, Reading
from linkkeeper.vocabulary.relink import Edit

#: Reads a text again; the location and type are those of the original.
Reread = Callable[[bytes], Reading]

_VERSION = {"url": "data-versionurl", "date": "data-versiondate"}
#: What a repair puts behind the original's address, if the link had it not.
_ADDED = re.compile(
    rb"""(?:\sdata-versionurl=(?P<mark>["'])(?P<url>(?:(?!(?P=mark)).)*)(?P=mark))?"""
    rb"""(?:\sdata-versiondate=["'](?P<date>[^"']*)["'])?\Z""",
    re.S,
)


def proves_undo(before: bytes, after: bytes, edits: Sequence[Edit]) -> bool:
    """Each edit says what stood in its place, and taking all back gives *before*."""
    return all(edit.span.of(before) == edit.before for edit in edits) and unsplice(after, edits) == before


def proves_html(before: bytes, after: bytes, edits: Sequence[Edit], *, encoding: str) -> bool:
    """
    Take the repairs out of the new page's tree and compare it whole with the old one's.

    Both are trees of a browser's parser, another one than that which found the
    places, so that an error of the one does not vouch for itself. Every
    element, attribute, comment and word is compared.
    """
    repaired = frozenset(edit.uri_m for edit in edits)
    added = _added_attributes(edits, encoding)
    old, repairs_before = _without_repairs(before, repaired, added, encoding)
    new, repairs_after = _without_repairs(after, repaired, added, encoding)
    made = Counter((edit.uri_m, _way_of(edit)) for edit in edits)
    return repairs_after == repairs_before + made and old == new


class _Way(StrEnum):
    """How a repair stands in a page: the link's address is the memento, or still its own, or a link was added."""

    SWAPPED = "swapped"
    KEPT = "kept"
    ADDED = "added"


def _way_of(edit: Edit) -> _Way:
    if edit.form is not OccurrenceForm.HTML_HREF:
        return _Way.ADDED
    return _Way.SWAPPED if edit.before else _Way.KEPT


def _added_attributes(edits: Sequence[Edit], encoding: str) -> frozenset[tuple[str, str]]:
    """What the edits added to links. A link may have had one of these for its own ends; then a repair leaves it."""
    added: set[tuple[str, str]] = set()
    for edit in edits:
        found = _ADDED.search(edit.after)
        for name, value in found.groupdict().items() if found is not None else ():
            if name in _VERSION and value is not None:
                text = value.decode(codec_of(encoding), "replace")
                added.add((_VERSION[name], html.unescape(text)))
    return frozenset(added)


def _without_repairs(
    data: bytes, repaired: frozenset[str], added: frozenset[tuple[str, str]], encoding: str
) -> tuple[str, Counter[tuple[str, _Way]]]:
    """
    The page written out without repairs that lead to one of *repaired*, and how many they were.

    A link that bears the marks of a repair and leads elsewhere is none, and
    stays as it is.
    """
    parser = _parsed(data, encoding)
    repairs: Counter[tuple[str, _Way]] = Counter()
    for node in parser.css("a[data-originalurl], area[data-originalurl]"):
        attributes = node.attributes
        memento = (attributes.get("data-versionurl") or "").partition(" ")[0]
        if memento not in repaired:
            continue
        href, original = attributes.get("href"), attributes["data-originalurl"]
        before, behind = node.prev, node.next
        if href == memento and before is not None and behind is not None and _is_added(node, memento):
            before.replace_with(before.text()[: -len(" [")])
            behind.replace_with(behind.text()[len("]") :])
            node.decompose()
            repairs[memento, _Way.ADDED] += 1
            continue
        if href not in (memento, original):
            continue
        repairs[memento, _Way.SWAPPED if href == memento else _Way.KEPT] += 1
        node.attrs["href"] = original
        del node.attrs["data-originalurl"]
        for name in _VERSION.values():
            if (name, attributes.get(name)) in added:
                del node.attrs[name]
    return parser.html or "", repairs


def _is_added(node: LexborNode, memento: str) -> bool:
    """Tell a link that a repair put behind a bare URL: its words end in the memento's address."""
    previous, following = node.prev, node.next
    return (
        node.text().endswith(f": {memento}")
        and previous is not None
        and following is not None
        and previous.tag == following.tag == "-text"
        and previous.text().endswith(" [")
        and following.text().startswith("]")
    )


def _parsed(data: bytes, encoding: str) -> LexborHTMLParser:
    """The parser takes UTF-8; what is none becomes U+FFFD, in both texts alike."""
    if encoding == "utf-8" and data.isascii():
        return LexborHTMLParser(data)
    return LexborHTMLParser(data.decode(codec_of(encoding), "replace"))


def proves_reading(before: Reading, after: bytes, edits: Sequence[Edit], reread: Reread) -> bool:
    """
    Compare what two texts cite.

    Every occurrence that was not edited must stand at its (shifted) place with
    the same URL, each edited one must stand at its own, and the only new ones
    are those that the edits added. The DOI in the words of a link to its own
    address is named as soon as the link leads elsewhere.
    """
    again = reread(after)
    if again.format is not before.format:
        return False
    shifts = _Shifts(edits)
    left = {(one.start, one.end): one.url for one in _occurrences(again)}
    broken: list[tuple[int, int]] = []
    for one in _occurrences(before):
        if shifts.is_edited(one.start, one.end):
            continue
        moved = shifts.moved(one.start, one.end)
        if left.pop(moved, None) != one.url:
            if not one.rejoined:
                return False
            broken.append(moved)
    repaired = {address_of(edit.url) for edit in edits}
    return all(
        shifts.is_new(*place) or _within(place, broken) or (is_identifier(url) and address_of(url) in repaired)
        for place, url in left.items()
    )


def _within(place: tuple[int, int], broken: Sequence[tuple[int, int]]) -> bool:
    """
    Tell whether a place is a piece of a URL that is broken over lines.

    Whether pieces belong together is guessed from the text's other lines, and
    a repair makes one of them longer; the pieces' bytes are untouched.
    """
    return any(start <= place[0] and place[1] <= end for start, end in broken)


@dataclass(frozen=True, slots=True)
class _One:
    url: str
    start: int
    end: int
    rejoined: bool


def _occurrences(reading: Reading) -> list[_One]:
    """Every place that the reading names, each once."""
    cited: list[CitedUrl] = [url for note in reading.notes for url in note.urls]
    places = {
        (one.span.start, one.span.end): _One(url.as_cited, one.span.start, one.span.end, bool(url.rejoined))
        for url in [*cited, *reading.links]
        for one in url.occurrences
        if one.span is not None
    }
    return list(places.values())


class _Shifts:
    """Where places of the old text stand in the new one; edits ascending."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._edits = edits
        self._ends = [edit.span.end for edit in edits]
        self._news = [edit.span.start + edit.shift for edit in edits]
        self._grown = [0, *accumulate(len(edit.after) - len(edit.before) for edit in edits)]

    def moved(self, start: int, end: int) -> tuple[int, int]:
        """Of an occurrence that no edit touches; what is added right behind it leaves it in place."""
        shift = self._grown[bisect_right(self._ends, start)]
        return start + shift, end + shift

    def is_edited(self, start: int, end: int) -> bool:
        index = bisect_right(self._ends, start)
        return index < len(self._edits) and self._edits[index].span.start < end

    def is_new(self, start: int, end: int) -> bool:
        index = bisect_right(self._news, start) - 1
        return index >= 0 and end <= self._news[index] + len(self._edits[index].after)
