"""
Splicing reStructuredText: bare URLs get the archived link behind them, targets are swapped.

Source: reStructuredText Markup Specification, hyperlink targets, embedded URIs, grid tables.
"""

import re
from collections.abc import Iterator

from linkkeeper.relinking.places import Answer, Cut, Task
from linkkeeper.relinking.plain import add_suffix, unwritable
from linkkeeper.vocabulary.citation import OccurrenceForm
from linkkeeper.vocabulary.relink import RefusalReason

_GRID_ROW = re.compile(rb"[ \t]*\|.*\|[ \t]*\r?$")
_GRID_RULE = re.compile(rb"[ \t]*\+[-=+]+\+[ \t]*\r?$")
_SIMPLE_RULE = re.compile(rb"[ \t]*=+(?: +=+)+[ \t]*\r?$")
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
    start, _ = _line(task.data, task.place.span.start)
    rule = next((line for line in _lines_above(task.data, start) if _SIMPLE_RULE.match(line)), None)
    if rule is None:
        return False
    return task.place.span.start - start < len(rule.rstrip().rpartition(b" ")[0])


def _lines_above(data: bytes, start: int) -> Iterator[bytes]:
    """The lines of the same block above *start*, the nearest first."""
    while start > 0:
        above = data.rfind(b"\n", 0, start - 1) + 1
        line = data[above : start - 1]
        if not line.strip():
            return
        yield line
        start = above


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
