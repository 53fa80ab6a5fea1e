"""
Undo: taking edits back exactly, also when the text around them has changed since.

A place is found again by the bytes that the edit wrote and the bytes around
them. If these no longer tell the place for certain, it is refused and listed:
a wrong undo would be worse than none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from linkkeeper.vocabulary.relink import Edit, Refusal, RefusalReason

#: At least so many bytes must still stand beside a place, on one side, for it to count as the same.
LEAST_CONTEXT = 12
#: More places than this with the same bytes are a hostile or broken text, not a repaired one.
MOST_CANDIDATES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """*data* is the text with *edits* taken back; *refusals* name the others."""

    data: bytes
    edits: tuple[Edit, ...]
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """A place where an edit's bytes stand, and how much of its surroundings with them."""

    start: int
    left: int
    right: int
    at_edge: bool

    @property
    def likeness(self) -> int:
        return self.left + self.right


def undo(data: bytes, edits: Sequence[Edit]) -> Undone:
    """
    Take *edits* back.

    Args:
        data: The repaired text, possibly changed elsewhere since.
        edits: Of one repair, ascending; also some of them only.

    Returns:
        The text with every edit taken back whose place is certain.
    """
    places = _exact_places(data, edits) or _find_places(data, edits)
    taken: list[tuple[int, Edit]] = []
    refusals: list[Refusal] = []
    for edit, place in zip(edits, places, strict=True):
        if isinstance(place, Refusal):
            refusals.append(place)
        else:
            taken.append((place, edit))
    taken.sort(key=lambda pair: pair[0])
    kept, clashing = _without_overlaps(taken)
    refusals.extend(clashing)
    return Undone(data=_taken_back(data, kept), edits=tuple(edit for _, edit in kept), refusals=tuple(refusals))


def _taken_back(data: bytes, places: Sequence[tuple[int, Edit]]) -> bytes:
    pieces: list[bytes] = []
    position = 0
    for start, edit in places:
        pieces += [data[position:start], edit.before]
        position = start + len(edit.after)
    return b"".join([*pieces, data[position:]])


def _exact_places(data: bytes, edits: Sequence[Edit]) -> Sequence[int | Refusal] | None:
    """The places that the edits themselves name, if each still stands there with all its surroundings."""
    places: list[int | Refusal] = []
    for edit in edits:
        start = edit.span.start + edit.shift
        around = data[max(0, start - len(edit.left)) : start + len(edit.after) + len(edit.right)]
        if around != edit.left + edit.after + edit.right:
            return None
        places.append(start)
    return places


def _find_places(data: bytes, edits: Sequence[Edit]) -> Sequence[int | Refusal]:
    """The surest places first, so that an edit whose passage was removed can't claim another's."""
    found = [[place for place in _candidates(data, edit) if _certain(place)] for edit in edits]
    sureness = [max((place.likeness for place in places), default=-1) for places in found]
    places: dict[int, int | Refusal] = {}
    claimed: set[int] = set()
    for index in sorted(range(len(edits)), key=lambda index: -sureness[index]):
        edit = edits[index]
        twins = sum(_same_look(edit, other) for other in edits[index + 1 :])
        free = [place for place in found[index] if place.start not in claimed]
        place = _choose(edit, free, twins_after=twins)
        if not isinstance(place, Refusal):
            claimed.add(place)
        places[index] = place
    return [places[index] for index in range(len(edits))]


def _choose(edit: Edit, found: Sequence[_Found], *, twins_after: int) -> int | Refusal:
    if not found:
        words = "the repaired passage was changed or removed since; nothing was taken back there"
        return Refusal(url=edit.url, reason=RefusalReason.CHANGED_SINCE, words=words, span=edit.span)
    best = max(place.likeness for place in found)
    equal = [place for place in found if place.likeness == best]
    # Edits that look the same (a paragraph that stands twice) are taken in their order.
    if len(equal) > 1 + twins_after:
        words = f"{len(equal)} passages look alike; which one was repaired can't be told"
        return Refusal(url=edit.url, reason=RefusalReason.AMBIGUOUS, words=words, span=edit.span)
    return equal[0].start


def _same_look(one: Edit, other: Edit) -> bool:
    return (one.before, one.after, one.left, one.right) == (other.before, other.after, other.left, other.right)


def _candidates(data: bytes, edit: Edit) -> list[_Found]:
    found: list[_Found] = []
    start = data.find(edit.after)
    while start >= 0 and len(found) < MOST_CANDIDATES:
        end = start + len(edit.after)
        left = _common(data[max(0, start - len(edit.left)) : start][::-1], edit.left[::-1])
        right = _common(data[end : end + len(edit.right)], edit.right)
        at_start = start == len(edit.left) == left
        at_end = len(data) - end == len(edit.right) == right
        # Bytes put directly beside it may have become a part of the address.
        if (left or not edit.left) and (right or not edit.right):
            found.append(_Found(start, left, right, at_edge=at_start or at_end))
        start = data.find(edit.after, start + 1)
    return found


def _certain(place: _Found) -> bool:
    """Beside a place at the very edge of the text there is less to see than :data:`LEAST_CONTEXT`."""
    return place.at_edge or max(place.left, place.right) >= LEAST_CONTEXT


def _common(one: bytes, other: bytes) -> int:
    for index, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return index
    return min(len(one), len(other))


def _without_overlaps(taken: Sequence[tuple[int, Edit]]) -> tuple[list[tuple[int, Edit]], list[Refusal]]:
    kept: list[tuple[int, Edit]] = []
    refusals: list[Refusal] = []
    end = 0
    for start, edit in taken:
        if start < end:
            words = "its passage overlaps that of another repair"
            refusals.append(Refusal(url=edit.url, reason=RefusalReason.AMBIGUOUS, words=words, span=edit.span))
            continue
        kept.append((start, edit))
        end = start + len(edit.after)
    return kept, refusals
