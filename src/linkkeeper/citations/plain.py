"""Plain text: flattened web pages, wrapped text, the text layer of PDFs."""

import re
from statistics import quantiles

from linkkeeper.citations.drafts import Draft, LinkDraft, NoteDraft
from linkkeeper.citations.flat import Flat
from linkkeeper.citations.numbered import find_numbered

_PAGE_TURN = re.compile(r"\n(?:[ \t]*\n)+[ \t]*\d{1,4}[ \t]*\n(?:[ \t]*\S[^\n]{0,90}\n)?(?:[ \t]*\n)+|\f")


def read_plain(text: str) -> Draft:
    """Read notes and running text of a plain text."""
    width = line_width(text)
    notes: list[NoteDraft] = []
    links: list[LinkDraft] = []
    position = 0
    for found in find_numbered(text):
        flat = Flat()
        flat.copy(text, found.body, found.end)
        notes.append(
            NoteDraft(
                label=found.label, flat=flat, start=found.start, end=found.end, width=width, numbered=not found.counted
            )
        )
        links.append(_running(text, position, found.start, width))
        position = max(position, found.end)
    links.append(_running(text, position, len(text), width))
    return Draft(notes, links)


def _running(text: str, start: int, end: int, width: int | None) -> LinkDraft:
    flat = Flat()
    flat.copy(text, start, max(start, end))
    return LinkDraft(flat, width=width)


def line_width(text: str) -> int | None:
    """Return the length of a full line where *text* is wrapped; None where it isn't."""
    lengths = [len(line) for line in text.split("\n") if line.strip()]
    if len(lengths) < 3 or max(lengths) > 400:
        return None
    return int(quantiles(lengths, n=20)[-1])
