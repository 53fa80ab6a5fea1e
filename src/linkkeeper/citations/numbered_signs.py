"""
Notes marked by signs: ``*``, ``†``, ``‡``, ``§``, ``**``, at the foot of a page or text, alone or beside numbers.

A line that begins with a sign is a note where the same sign is attached to a
word before it, one mark for each note. A list with starred items has no marks.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from linkkeeper.citations.numbered_ends import Numbered

_SIGN = r"\*{1,4}|[†‡]{1,4}|[§¶‖](?=[\s\])]*[^\s\d])"
_LINE = re.compile(
    rf"^[ \t\u00a0\u200b\ufeff]*(?:\[(?={_SIGN})|\((?={_SIGN}))?(?P<n>{_SIGN})[\])]?[ \t\u00a0]*(?=[^\s*†‡§¶‖\d])", re.M
)
_MARK = re.compile(
    r"(?P<n>\*{1,4}|[†‡]{1,4}|[§¶‖])(?<=[^\W\d_].|[.,;:!?”\"’')\]*†‡].)(?=[\])]?(?:[\s.,;:!?)”\"—–-]|$))"
)
_OPENED = re.compile(r"(?:^|[\s(“\"‘\[])\*{1,3}(?=[^\s*])[^*\n]*$")
_END = re.compile(r"\n[ \t]*\n|\f")


def with_signed(text: str, notes: list[Numbered]) -> list[Numbered]:
    """Add the notes of *text* that are marked by signs to its numbered ones; those end where such a note begins."""
    if not any(sign in text for sign in "*†‡§¶‖"):
        return notes
    found = list(_signed(text))
    if not found:
        return notes
    starts = sorted([note.start for note in found] + [note.start for note in notes])
    complete = [_cut(note, starts) for note in [*notes, *found]]
    return sorted(complete, key=lambda note: note.start)


def _cut(note: Numbered, starts: Sequence[int]) -> Numbered:
    index = bisect_right(starts, note.start)
    if index == len(starts) or starts[index] >= note.end:
        return note
    return replace(note, end=max(starts[index], note.body))


def _signed(text: str) -> Iterator[Numbered]:
    lines: dict[str, list[re.Match[str]]] = {}
    for match in _LINE.finditer(text):
        lines.setdefault(match["n"], []).append(match)
    if not lines:
        return
    marks = _marks(text, lines)
    for sign, matches in lines.items():
        places = marks.get(sign, [])
        if len(matches) > len(places):
            continue
        for match, place in zip(matches, places, strict=False):
            if place > match.start():
                break
            end = _END.search(text, match.end())
            yield Numbered(sign, match.start("n"), match.end(), end.start() if end else len(text))


def _marks(text: str, lines: dict[str, list[re.Match[str]]]) -> dict[str, list[int]]:
    """Find the signs that are attached to a word; stars that only close emphasis are none."""
    own = {match.start("n") for matches in lines.values() for match in matches}
    marks: dict[str, list[int]] = {}
    for match in _MARK.finditer(text):
        if match["n"] not in lines or match.start() in own:
            continue
        line = text.rfind("\n", max(0, match.start() - 400), match.start()) + 1
        if "*" in match["n"] and _OPENED.search(text[max(line, match.start() - 400) : match.start()]):
            continue
        marks.setdefault(match["n"], []).append(match.start())
    return marks
