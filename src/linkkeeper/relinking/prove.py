"""
Proofs: what a repair must show before it counts.

The new text is parsed again. Its links must be the old ones, in the old order,
but for the intended change, and taking the edits back must give the old bytes.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from selectolax.lexbor import LexborHTMLParser, LexborNode

from linkkeeper.pages.decode import codec_of
from linkkeeper.relinking.places import unsplice
from linkkeeper.vocabulary.citation import CitedUrl, Reading
from linkkeeper.vocabulary.relink import Edit

#: Reads a text again; the location and type are those of the original.
Reread = Callable[[bytes], Reading]


def proves_undo(before: bytes, after: bytes, edits: Sequence[Edit]) -> bool:
    """Each edit says what stood in its place, and taking all back gives *before*."""
    return all(edit.span.of(before) == edit.before for edit in edits) and unsplice(after, edits) == before


def proves_html(before: bytes, after: bytes, edits: Sequence[Edit], *, encoding: str) -> bool:
    """
    Compare the links and the words of two pages, as a browser's parser sees them.

    The parser is another one than that which found the places, so that an
    error of the one does not vouch for itself.
    """
    repaired = frozenset(edit.uri_m for edit in edits)
    old = _Page.read(before, repaired, encoding)
    new = _Page.read(after, repaired, encoding)
    return new.repairs - old.repairs == len(edits) and old.links == new.links and old.words == new.words


@dataclass(frozen=True, slots=True)
class _Page:
    """
    What must stay the same: *links* with repaired ones as they were, *words*
    without what repairs add; *repairs* counts them.
    """

    links: tuple[tuple[str | None, str], ...]
    words: str
    repairs: int

    @classmethod
    def read(cls, data: bytes, repaired: frozenset[str], encoding: str) -> "_Page":
        parser = _parsed(data, encoding)
        links: list[tuple[str | None, str]] = []
        added: list[str] = []
        repairs = 0
        for node in parser.css("a, area"):
            attributes = node.attributes
            memento = (attributes.get("data-versionurl") or "").partition(" ")[0]
            original = attributes.get("data-originalurl")
            if original is None or memento not in repaired:
                links.append((attributes.get("href"), _others(attributes)))
                continue
            repairs += 1
            if _is_added(node, memento):
                added.append(f" [{node.text()}]")
            else:
                links.append((original, _others(attributes)))
        words = parser.root.text() if parser.root is not None else ""
        for piece in added:
            words = words.replace(piece, "", 1)
        return cls(tuple(links), words, repairs)


def _is_added(node: LexborNode, memento: str) -> bool:
    """Tell a link that a repair put behind a bare URL: its words end in the memento's address."""
    previous, following = node.prev, node.next
    return (
        node.text().endswith(f": {memento}")
        and previous is not None
        and following is not None
        and previous.text().endswith(" [")
        and following.text().startswith("]")
    )


def _others(attributes: dict[str, str | None]) -> str:
    kept = [f"{name}={value}" for name, value in attributes.items() if name != "href" and not _is_ours(name)]
    return "\n".join(kept)


def _is_ours(name: str) -> bool:
    return name in ("data-originalurl", "data-versionurl", "data-versiondate")


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
    are those that the edits added.
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
    return all(shifts.is_new(*place) or _within(place, broken) for place in left)


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
