"""
Numbers that markup sets apart at the head of a paragraph or in a cell of their own.

Serves notes without ids whose text may begin with anything, with another
number too: ``<sup>6</sup> 42 U.S.C. § 1983``, ``<td>6</td><td>…</td>``.
"""

import re
from collections.abc import Iterator

from linkkeeper.citations.flat import Flat
from linkkeeper.citations.html_page import Page
from linkkeeper.citations.numbered_marks import Mark

_LABEL = re.compile(r"\s*[\[(]?\s*(?P<n>\d{1,4})\s*[\])]?[.:)]?\s*")
#: No label is longer.
_SHORT = 16
_HEAD = re.compile(r"(?:^|\n)[\s\u00a0\u200b\ufeff\[(]*\Z")
_SPACE = re.compile(r"[\])]?[.:)]?[ \t\u00a0\n]*")


def numbers_set_apart(page: Page, flat: Flat) -> list[Mark]:
    """Return such numbers of a text that was taken from *page*, in order."""
    text = flat.text
    places = list(_candidates(page))
    marks: list[Mark] = []
    for (_, number), start in zip(places, flat.places(place for place, _ in places), strict=True):
        if text.startswith(number, start) and _HEAD.search(text, max(0, start - 12), start):
            behind = _SPACE.match(text, start + len(number))
            marks.append(Mark(int(number), number, start, behind.end() if behind else start + len(number)))
    return [mark for mark in marks if mark.number]


def _candidates(page: Page) -> Iterator[tuple[int, str]]:
    """Yield the texts of the page that are nothing but a number: where its first digit stands, and the number."""
    markup = page.markup
    for index, name in enumerate(markup.nodes.names):
        if name is None and markup.ends[index] - markup.starts[index] <= _SHORT:
            match = _LABEL.fullmatch(markup.text, markup.starts[index], markup.ends[index])
            if match is not None:
                yield match.start("n"), match["n"]
