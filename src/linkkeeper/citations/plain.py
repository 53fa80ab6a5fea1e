"""Plain text: flattened web pages, wrapped text, the text layer of PDFs."""

from linkkeeper.citations.dates import byline_date
from linkkeeper.citations.drafts import Draft, LinkDraft, NoteDraft
from linkkeeper.citations.flat import Flat
from linkkeeper.citations.numbered import find_numbered
from linkkeeper.citations.numbered_ends import line_width, without_holes


def read_plain(text: str) -> Draft:
    """Read notes and running text of a plain text."""
    width = line_width(text)
    notes: list[NoteDraft] = []
    links: list[LinkDraft] = []
    position = 0
    numbered = find_numbered(text, paged=True)
    text = without_holes(text, numbered)
    for found in numbered:
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
    return Draft(notes, links, published=byline_date(text[:2_000].lstrip("\ufeff \n")))


def _running(text: str, start: int, end: int, width: int | None) -> LinkDraft:
    flat = Flat()
    flat.copy(text, start, max(start, end))
    return LinkDraft(flat, width=width)
