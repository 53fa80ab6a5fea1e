"""Where notes known by their numbers end: with the next one, the page, the paragraph."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median, quantiles

from linkkeeper.citations.boundaries import find_urls
from linkkeeper.citations.numbered_marks import Announced, Mark
from linkkeeper.citations.page_turns import turn_in

#: What pages say after their last note.
_FURNITURE = re.compile(
    r"(?<=[.!?”\"’)\]/\w] )(?:About the authors?\b|Share (?:this|on|via)\b|Related (?:posts|articles|stories)\b|"
    r"(?:Leave|Post) a (?:comment|reply)\b|Filed under\b|Tags?:|Posted (?:in|on|by)\b|"
    r"(?:Previous|Next) (?:post|article)\b|Subscribe (?:to|now)\b|Sign up (?:for|to)\b|All rights reserved|©)"
)
#: What stands behind a page's turn and is longer is the text of the next page (characters).
_REST = 1_500
_SENTENCE_END = re.compile(r"[.!?][”\"’)\]]?\s*\Z")


@dataclass(frozen=True, slots=True)
class Numbered:
    """
    A note in a text: its label, where the label starts, the text after it, and its end.

    Attributes:
        counted: No label is shown; it is only the note's place in the order.
        holes: What of it is the page's: running headers between two pages.
    """

    label: str
    start: int
    body: int
    end: int
    counted: bool = False
    holes: tuple[tuple[int, int], ...] = ()


def line_width(text: str) -> int | None:
    """Return the length of a full line where *text* is wrapped; None where it isn't."""
    lengths = [len(line) for line in text.split("\n") if line.strip()]
    if len(lengths) < 3 or max(lengths) > 400:
        return None
    return int(quantiles(lengths, n=20)[-1])


def pieces(text: str, chain: list[Mark], known: Announced, turns: Sequence[tuple[int, int]] = ()) -> list[Numbered]:
    """
    Return the notes that begin at the marks of *chain*.

    Args:
        known: Where numbers stand like marks in the text.
        turns: Where its pages turn.
    """
    notes: list[Numbered] = []
    for index, mark in enumerate(chain):
        end = chain[index + 1].start if index + 1 < len(chain) else _end_of_last(text, chain)
        holes: list[tuple[int, int]] = []
        if turns:
            end = _over_pages(turns, mark, end, known, holes)
            if holes and index + 1 == len(chain) and _SENTENCE_END.search(text, mark.end, holes[0][0]):
                end, holes = holes[0][0], []
        end = min(end, _end_of_block(text, mark, end, holes))
        notes.append(Numbered(mark.shown, mark.start, mark.end, max(end, mark.end), holes=tuple(holes)))
    return notes


def _over_pages(
    turns: Sequence[tuple[int, int]], mark: Mark, limit: int, known: Announced, holes: list[tuple[int, int]]
) -> int:
    """
    Return where a note ends at the latest, the pages being what they are.

    Behind a page's turn may stand the running text, with the mark of the next note in it; without that mark,
    and if it is short, it is the rest of this note.
    """
    position = mark.end
    while (turn := turn_in(turns, position, limit)) is not None:
        if turn[1] >= limit or limit - turn[1] > _REST or _is_announced(known, mark.number, turn[1], limit):
            return turn[0]
        holes.append(turn)
        position = turn[1]
    return limit


def _is_announced(known: Announced, number: int, start: int, end: int) -> bool:
    """Tell whether a mark of one of the notes after *number* stands between two places."""
    for following in range(number + 1, number + 4):
        places = known.places.get(following, [])
        index = bisect_left(places, start)
        if index < len(places) and places[index] < end:
            return True
    return False


def _end_of_block(text: str, mark: Mark, limit: int, holes: Sequence[tuple[int, int]] = ()) -> int:
    """
    Return where a note that stands in lines ends.

    Between two notes a blank line may only part paragraphs of one note; but
    what follows a page's bottom (a page number, a running header, a form
    feed, much text) is the next page.
    """
    position = mark.end
    while (blank := re.compile(r"\n[ \t\u00a0]*\n|\f").search(text, position, limit)) is not None:
        hole = next((hole for hole in holes if hole[0] <= blank.start() < hole[1]), None)
        if hole is not None:
            position = hole[1]
            continue
        rest = text[blank.end() : limit]
        if blank.group() == "\f" or limit - blank.end() > 2_500 or _is_page_turn(rest):
            return blank.start()
        position = blank.end()
    return limit


def _is_page_turn(rest: str) -> bool:
    lines = [line for line in rest[:400].split("\n") if line.strip()]
    return bool(lines) and bool(re.fullmatch(r"\s*(?:page )?[-–]?\s*\d{1,4}\s*[-–]?\s*(?:of \d+)?", lines[0], re.I))


def _end_of_last(text: str, chain: list[Mark]) -> int:
    """Return where the last note ends: with its paragraph, or where the other notes would end."""
    start = chain[-1].end
    paragraph = re.compile(r"\n[ \t]*\n|\n(?=#|---)").search(text, start)
    limit = _before_furniture(text, start, paragraph.start() if paragraph else len(text))
    lengths = [after.start - before.end for before, after in pairwise(chain)]
    usual = max(200.0, 1.5 * median(lengths)) if lengths else 400.0
    # Where there are paragraphs, one of them is the note, if it is not far too long.
    if paragraph and limit == paragraph.start() and limit - start <= max(4 * usual, 2_500):
        return limit
    urls = find_urls(text[start : min(limit, start + int(usual) + 400)], width=line_width(text))
    near = [url for url in urls if url.start < usual]
    if limit - start <= usual and not (near and _end_with_urls(text, chain)):
        return limit
    from_here = start + near[-1].end if near else start
    if near and _end_with_urls(text, chain):
        from_here = start + near[0].end
    stop = re.compile(r"[.!?][”\"’)\]]?(?=\s+[^\s\d.,;)a-z]|\s*$)").search(text, from_here, limit)
    return stop.end() if stop else limit


def _before_furniture(text: str, start: int, limit: int) -> int:
    """Return *limit*, or where the page's own words begin that flattening glued to the last note."""
    found = _FURNITURE.search(text, start, limit)
    return found.start() if found else limit


def _end_with_urls(text: str, chain: list[Mark]) -> bool:
    """Tell whether the notes before the last end with their URL, so that more text is the page's."""
    ends = [re.search(r"https?://\S+[\s.;,)]*$", text[before.end : after.start]) for before, after in pairwise(chain)]
    with_url = [
        end
        for end, (before, after) in zip(ends, pairwise(chain), strict=True)
        if "://" in text[before.end : after.start]
    ]
    return bool(with_url) and sum(end is not None for end in with_url) >= 0.7 * len(with_url)


def without_holes(text: str, notes: Sequence[Numbered]) -> str:
    """Blank out the running headers within notes; all places stay."""
    parts: list[str] = []
    position = 0
    for start, end in (hole for note in notes for hole in note.holes):
        parts += [text[position:start], " " * (end - start)]
        position = end
    return "".join([*parts, text[position:]])
