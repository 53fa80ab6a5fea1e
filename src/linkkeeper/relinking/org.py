"""
Splicing Org files: destinations of links are swapped, bare URLs get the archived link behind them.

Source: the Org manual, "Link Format": brackets and spaces in an address are escaped.
"""

import re

from linkkeeper.relinking.places import Answer, Cut, Task
from linkkeeper.relinking.plain import add_suffix, unwritable
from linkkeeper.vocabulary.citation import OccurrenceForm
from linkkeeper.vocabulary.relink import RefusalReason

_BEHIND = re.compile(rb"\]\]|\]\[[^\n]*?\]\]|>")


def splice(task: Task) -> Answer:
    if task.place.form is not OccurrenceForm.ORG_LINK:
        return add_suffix(task)
    if task.annotate:
        behind = _BEHIND.match(task.data, task.place.span.end)
        if behind is None:
            return task.refuse(RefusalReason.NO_ROOM, "the end of this link was not found")
        return add_suffix(task, at=behind.end())
    if task.place.url == task.repair.uri_m:
        return None
    address = re.sub(r"[\s\[\]<>]", lambda found: f"%{ord(found[0]):02X}", task.repair.uri_m)
    try:
        return [Cut(task.place.span, task.encoded(address))]
    except UnicodeEncodeError:
        return unwritable(task)
