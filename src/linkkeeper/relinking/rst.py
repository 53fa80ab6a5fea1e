"""
Splicing reStructuredText: bare URLs get the archived link behind them, targets are swapped.

Source: reStructuredText Markup Specification, hyperlink targets, embedded URIs, grid tables.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from unicodedata import combining, east_asian_width

from linkkeeper.pages.decode import codec_of
from linkkeeper.relinking.places import Answer, Cut, Task
from linkkeeper.relinking.plain import add_suffix, unwritable
from linkkeeper.vocabulary.citation import OccurrenceForm
from linkkeeper.vocabulary.edition import Span
from linkkeeper.vocabulary.relink import RefusalReason

_GRID_ROW = re.compile(rb"[ \t]*\|.*\|[ \t]*\r?$")
_GRID_RULE = re.compile(rb"[ \t]*\+[-=+]+\+[ \t]*\r?$")
_SIMPLE_RULE = re.compile(rb"^[ \t]*=+(?: +=+)+[ \t]*\r?$", re.M)
_FOLLOWS_EMBEDDED = re.compile(rb">`__?")


def splice(task: Task) -> Answer:
    if _in_grid_table(task) or _in_simple_table(task):
        return task.refuse(
            RefusalReason.NO_ROOM, "it stands in a drawn table, whose columns the archived link would burst"
        )
    if task.place.form is not OccurrenceForm.RST_TARGET:
        return add_suffix(task)
    if task.annotate:
        embedded = _FOLLOWS_EMBEDDED.match(task.data, task.place.span.end)
        if embedded is None:
            return task.refuse(
                RefusalReason.NO_ROOM,
                'a link target has no room for a second link beside it; `policy = "swap-when-dead"` swaps it',
            )
        return add_suffix(task, at=embedded.end())
    if task.place.url == task.repair.uri_m:
        return None
    if re.search(r"[\s<>`]", task.repair.uri_m):
        return task.refuse(RefusalReason.UNWRITABLE, "the memento's address holds a space or a bracket")
    # A trailing underscore would make the target a reference to another one.
    address = re.sub(r"_$", r"\\_", task.repair.uri_m)
    try:
        return [Cut(task.place.span, task.encoded(address))]
    except UnicodeEncodeError:
        return unwritable(task)


def _in_grid_table(task: Task) -> bool:
    """A row of a grid table: drawn with bars, above or below a drawn rule."""
    start, end = _line(task.data, task.place.span.start)
    if not _GRID_ROW.match(task.data[start:end]):
        return False
    return any(_reaches_rule(task.data, start, step) for step in (-1, 1))


def _in_simple_table(task: Task) -> bool:
    """A column of a simple table other than the last, whose text alone may go on beyond its rule."""
    start = task.place.span.start
    tables = _simple_tables(task.data)
    index = bisect_right(tables, start, key=lambda table: table[0].start) - 1
    if index < 0 or tables[index][0].end <= start:
        return False
    before_last = tables[index][1].rstrip().rpartition(b" ")[0]
    line, _ = _line(task.data, start)
    return _width(task.data[line:start], task.encoding) < _width(before_last, task.encoding)


@lru_cache(maxsize=1)
def _simple_tables(data: bytes) -> Sequence[tuple[Span, bytes]]:
    """Find the simple tables of a text, ascending, each with its rule."""
    tables: list[tuple[Span, bytes]] = []
    position = 0
    while (top := _SIMPLE_RULE.search(data, position)) is not None:
        position = _end_of_table(data, top)
        tables.append((Span(top.start(), position), top[0]))
    return tables


def _end_of_table(data: bytes, top: re.Match[bytes]) -> int:
    """
    A table ends at its third rule, or at one that a blank line follows; blank lines may part its rows.

    One whose last rule is missing ends at its first blank line.
    """
    depth = len(top[0]) - len(top[0].lstrip())
    blank = rule = 0
    position = top.end() + 1
    while position < len(data):
        end = _line(data, position)[1]
        line = data[position:end]
        if not line.strip():
            blank = blank or position
        elif _SIMPLE_RULE.match(line):
            if rule or not data[slice(*_line(data, end + 1))].strip():
                return end
            rule = end
        elif len(line) - len(line.lstrip()) < depth:
            break
        position = end + 1
    return rule or blank or min(position, len(data))


def _width(text: bytes, encoding: str) -> int:
    """In columns, as docutils counts: wide characters take two, combining ones none."""
    characters = text.decode(codec_of(encoding), "replace").expandtabs(8)
    if characters.isascii():
        return len(characters)
    return sum(0 if combining(one) else 1 + (east_asian_width(one) in "WF") for one in characters)


def _reaches_rule(data: bytes, start: int, step: int) -> bool:
    position = start
    while True:
        position = data.rfind(b"\n", 0, position - 1) + 1 if step < 0 else data.find(b"\n", position) + 1
        if position <= 0 and step > 0:
            return False
        line = data[position : _line(data, position)[1]]
        if _GRID_RULE.match(line):
            return True
        if not _GRID_ROW.match(line) or (step < 0 and position == 0):
            return False


def _line(data: bytes, position: int) -> tuple[int, int]:
    end = data.find(b"\n", position)
    return data.rfind(b"\n", 0, position) + 1, len(data) if end < 0 else end
