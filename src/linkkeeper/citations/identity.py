"""
Which citation of a new edition is which of the old one.

A citation stays itself by its source (identity key), its kind, the likeness
of its note's text, and its place among its like: notes may be renumbered,
inserted, merged or corrected.
"""

import re
from collections import Counter
from collections.abc import Sequence

from linkkeeper.vocabulary.records import CitationMark, StoredCitation

#: Texts with fewer words in common (of all their words) are compared by order only.
LIKE_ENOUGH = 0.5
#: More comparisons than this for one source, and order alone decides.
_MAX_COMPARISONS = 10_000

_WORD = re.compile(r"\w+")
_URL = re.compile(r"https?://\S+")


def match(old: Sequence[StoredCitation], new: Sequence[CitationMark]) -> list[int | None]:
    """
    Say of each new citation which stored one it is.

    Args:
        old: Of the last edition of this analysis, in its order.
        new: Of the new edition, in its order.

    Returns:
        An id of *old* or None (a citation that was not there), in the order
        of *new*; no id twice. First come equal texts, then like ones (the
        likest first, then the nearest in order), then what is left in order.
    """
    found: list[int | None] = [None] * len(new)
    groups: dict[tuple[str, str], list[int]] = {}
    for index, mark in enumerate(new):
        groups.setdefault((mark.identity_key, mark.kind), []).append(index)
    stored: dict[tuple[str, str], list[StoredCitation]] = {}
    for citation in old:
        stored.setdefault((citation.mark.identity_key, citation.mark.kind), []).append(citation)
    for key, places in groups.items():
        _match_group(stored.get(key, []), places, new, found)
    return found


def _match_group(
    old: list[StoredCitation], places: list[int], new: Sequence[CitationMark], found: list[int | None]
) -> None:
    """Match citations of one source and kind."""
    old, places = _equal(old, places, new, found)
    if old and places and len(old) * len(places) <= _MAX_COMPARISONS:
        old, places = _like(old, places, new, found)
    for citation, place in zip(old, places, strict=False):
        found[place] = citation.id


def _equal(
    old: list[StoredCitation], places: list[int], new: Sequence[CitationMark], found: list[int | None]
) -> tuple[list[StoredCitation], list[int]]:
    by_text: dict[str, list[StoredCitation]] = {}
    for citation in reversed(old):
        by_text.setdefault(citation.mark.note_text, []).append(citation)
    taken: set[int] = set()
    for place in places:
        same = by_text.get(new[place].note_text)
        if same:
            found[place] = same.pop().id
            taken.add(found[place] or 0)
    return [citation for citation in old if citation.id not in taken], [p for p in places if found[p] is None]


def _like(
    old: list[StoredCitation], places: list[int], new: Sequence[CitationMark], found: list[int | None]
) -> tuple[list[StoredCitation], list[int]]:
    words = [_words(citation.mark.note_text) for citation in old]
    pairs = []
    for place in places:
        own = _words(new[place].note_text)
        for index, citation in enumerate(old):
            likeness = _likeness(words[index], own)
            if likeness >= LIKE_ENOUGH:
                pairs.append((-likeness, abs(citation.mark.ordinal - new[place].ordinal), place, index))
    taken: set[int] = set()
    for _, _, place, index in sorted(pairs):
        if found[place] is None and index not in taken:
            found[place] = old[index].id
            taken.add(index)
    return [item for index, item in enumerate(old) if index not in taken], [p for p in places if found[p] is None]


def _words(text: str) -> Counter[str]:
    return Counter(word.casefold() for word in _WORD.findall(_URL.sub(" ", text)))


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """Share of all words that both have; 1 for two texts without words."""
    total = (one | other).total()
    return (one & other).total() / total if total else 1.0
