"""Numbers that stand like marks of notes in a text, and how many of them a chain of notes finds there."""

import re
from bisect import bisect_right
from dataclasses import dataclass

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
#: Marks are small numbers; the first dozen notes tell enough.
_NUMBER = re.compile(r"\d\d*+")
_RAISED = re.compile(r"(?<=[^\W\d_]|[.,;:!?”\"’')\]])(?P<n>[¹²³⁴⁵⁶⁷⁸⁹][⁰¹²³⁴⁵⁶⁷⁸⁹]?)")
_ROMAN_MARK = re.compile(r"\[(?P<n>[ivxlc]{1,7})\]")
_WORDED_MARK = re.compile(r"[\[(](?:see )?(?:(?:foot|end)?-?note|fn|anm|nota|fußnote)\.? ?(?P<n>\d{1,3})[\])]", re.I)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_MARKED_AFTER = frozenset(".,;:!?”’\"')]_")
_MARKED_BEFORE = frozenset(" \t\r\n\u00a0,.;:)”[—–-")


@dataclass(frozen=True, slots=True)
class Mark:
    """A number where a note may begin: its value, how it is shown, its place."""

    number: int
    shown: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Announced:
    """Where small numbers stand like marks in a text, and labels that links announce."""

    places: dict[int, list[int]]
    vouched: frozenset[str]


def number_of(shown: str) -> int:
    """Read a number, Roman ones too; 0 where it is none."""
    if shown.isdecimal():
        return int(shown)
    values = [_ROMAN[letter] for letter in shown.lower()]
    return sum(-value if value < max(values[index:]) else value for index, value in enumerate(values))


def announced_share(chain: list[Mark], announced: Announced) -> float:
    """Return the share of the chain's first numbers that stand as marks before it (or are vouched for)."""
    sample = chain[:12]
    if announced.vouched:
        return sum(not announced.vouched.isdisjoint((mark.shown, str(mark.number))) for mark in sample) / len(sample)
    found, position = 0, -1
    for mark in sample:
        # On page bottoms, the mark of note n stands before note n, but not before note 1.
        places = announced.places.get(mark.number, [])
        index = bisect_right(places, position)
        if index < len(places) and places[index] < mark.start:
            found, position = found + 1, places[index]
    return found / len(sample)


def marks_in(text: str) -> dict[int, list[int]]:
    """Find ``[3]``, ``^3``, ``word.3`` and, in flattened text, a bare 3 before a sentence."""
    places: dict[int, list[int]] = {}
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        if end - start > 2:
            continue
        before, after = text[start - 1 : start], text[end : end + 1]
        bracketed = (before == "[" and after == "]") or (before == "(" and after == ")")
        attached = (before.isalpha() or before in _MARKED_AFTER) and (not after or after in _MARKED_BEFORE)
        loose = before == " " and after == " " and text[end + 1 : end + 2].isupper()
        if before and (bracketed or before == "^" or attached or loose):
            places.setdefault(int(match.group()), []).append(start)
    for pattern, signs in ((_RAISED, "¹²³"), (_ROMAN_MARK, "["), (_WORDED_MARK, "[(")):
        for match in () if not any(sign in text for sign in signs) else pattern.finditer(text):
            places.setdefault(number_of(match["n"].translate(SUPERSCRIPTS)), []).append(match.start())
    for found in places.values():
        found.sort()
    return places
