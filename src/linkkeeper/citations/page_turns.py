"""
Where the pages of a printed text turn: page numbers, running headers, form feeds.

Serves the text of PDFs, with or without form feeds and blank lines. A line
that stands three times with nothing but its digits changed is the page's.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, pairwise

_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(r"(?:page )?[-–—|]?\s*(?:\d{1,4}|[ivxl]{1,6})\s*[-–—|]?(?:\s*(?:of|/) \d{1,4})?", re.I)
#: Short notes repeat themselves too.
_NOTE = re.compile(
    r"\W*\d{0,4}\W*(?:ibid|id\b|see\b|ebd|cf\b)|[\[(*†‡]|\d{1,4}[.)|:]\s|"
    r".*(?:\b(?:supra|infra|op\. ?cit|note|ibid|fn\.)\b|\bat \d|\bpp?\. ?\d|https?:|www\.)",
    re.I,
)
#: A running header has so many letters, and no more characters.
_LETTERS = 5
_SHORTEST, _LONGEST = 5, 250
_TIMES = 3
_PAGE_STEP = 4
#: Pages have more lines than this between two of their headers.
_LINES_APART = 4
_MAX_LINES = 400_000


def page_turns(text: str) -> list[tuple[int, int]]:
    """Return the stretches between the text of one page and the next, in order; empty where no page turns."""
    lines = text.replace("\f", "\n").split("\n")
    if len(lines) < 3 * _LINES_APART or len(lines) > _MAX_LINES:
        return []
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    running = _running(lines)
    if not running and "\f" not in text:
        return []
    turns: list[tuple[int, int]] = []
    index = 0
    while index < len(lines):
        if index not in running and not text.startswith("\f", starts[index] - 1, starts[index]):
            index += 1
            continue
        first = _back(lines, index, running)
        last = _on(lines, index, running)
        if last > first:
            turns.append((max(0, starts[first] - 1), starts[last] - 1))
        index = max(last, index + 1)
    return turns


def _running(lines: Sequence[str]) -> set[int]:
    """Return the lines that are running headers or footers."""
    places: dict[str, list[int]] = {}
    for index, line in enumerate(lines):
        if _SHORTEST < len(line) <= _LONGEST:
            places.setdefault(_DIGITS.sub("0", line).strip(), []).append(index)
    often = [found for shape, found in places.items() if len(found) >= _TIMES and _may_head_pages(shape)]
    spread = (found for found in often if found[-1] - found[0] > _LINES_APART * (len(found) - 1))
    return {index for found in spread if _count_pages([lines[index] for index in found]) for index in found}


def _count_pages(lines: Sequence[str]) -> bool:
    """Tell whether the first or the last numbers of lines that are alike are those of pages; or there are none."""
    numbers = [[int(number[-6:]) for number in _DIGITS.findall(line)] for line in lines]
    if not all(numbers):
        return True
    return any(_is_paging([found[place] for found in numbers]) for place in (0, -1))


def _is_paging(numbers: Sequence[int]) -> bool:
    """Pages count on by one, or by two; what stays the same is the number of a volume, or a year."""
    steps = [after - before for before, after in pairwise(numbers)]
    return sum(0 <= step <= _PAGE_STEP for step in steps) >= 0.8 * len(steps)


def _may_head_pages(shape: str) -> bool:
    return sum(character.isalpha() for character in shape) >= _LETTERS and not _NOTE.match(shape)


def _is_bare(line: str) -> bool:
    """Tell whether a line beside a running header is empty, or holds a page number alone."""
    words = line.strip()
    return not words or _PAGE_NUMBER.fullmatch(words) is not None


def _back(lines: Sequence[str], index: int, running: set[int]) -> int:
    while index > 0 and (index - 1 in running or _is_bare(lines[index - 1])):
        index -= 1
    return index


def _on(lines: Sequence[str], index: int, running: set[int]) -> int:
    """A number by itself may be that of the page's first note: only one that a blank line follows is the page's."""
    while index < len(lines):
        words = lines[index].strip()
        following = lines[index + 1].strip() if index + 1 < len(lines) else ""
        if index not in running and words and not (_PAGE_NUMBER.fullmatch(words) and not following):
            break
        index += 1
    return index


def turn_in(turns: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int] | None:
    """Return the first of *turns* that begins between two places."""
    index = bisect_left(turns, (start, 0))
    return turns[index] if index < len(turns) and turns[index][0] < end else None


def is_within(turns: Sequence[tuple[int, int]], position: int) -> bool:
    index = bisect_left(turns, (position + 1, 0)) - 1
    return index >= 0 and position < turns[index][1]
