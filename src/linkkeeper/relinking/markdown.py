"""
Splicing Markdown: the destination of a link, an autolink, a reference definition, a bare URL.

HTML inside Markdown goes through :mod:`linkkeeper.relinking.html`.
Source: CommonMark 0.31 sections 6.3 (links), 4.7 (definitions), 6.5 (autolinks).
"""

import re

from linkkeeper.relinking.anchors import copy_date
from linkkeeper.relinking.places import Answer, Cut, Task
from linkkeeper.relinking.plain import add_suffix, is_repaired, unwritable
from linkkeeper.vocabulary.citation import OccurrenceForm
from linkkeeper.vocabulary.edition import Span
from linkkeeper.vocabulary.relink import RefusalReason

#: What may stand between a destination and the bracket that closes its link: a title.
_REST_OF_LINK = re.compile(rb">?[ \t\r\n]*(?:\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|\((?:\\.|[^()\\])*\))?[ \t\r\n]*\)")
_LONGEST_TITLE = 2000
_BEFORE_DESTINATION = re.compile(rb"\]\([ \t]*\n?[ \t]*<?\Z")
#: A footnote's definition (``[^1]:``) holds text, not a destination.
_BEFORE_DEFINITION = re.compile(rb"(?:\A|\n)[ >]{0,12}\[(?!\^)(?:[^\[\]\\]|\\.)+\]:[ \t]*\n?[ \t]*<?\Z")
#: What ends the words of a link: the rest of them, and then a destination or a label.
_AFTER_WORDS = re.compile(rb"[^\[\]\n]*\](?:\(|\[)")


def splice(task: Task) -> Answer:
    form = form_of(task)
    if form is None:
        return None
    if form is OccurrenceForm.BARE_TEXT:
        return _bare(task)
    if task.annotate:
        return _annotate(task, form)
    if task.place.url == task.repair.uri_m:
        return None
    try:
        if form is OccurrenceForm.AUTOLINK and is_relative(task.repair.uri_m):
            return [_as_inline_link(task)]
        return [Cut(task.place.span, task.encoded(_destination(task)))]
    except UnicodeEncodeError:
        return unwritable(task)
    except ValueError as error:
        return task.refuse(RefusalReason.UNWRITABLE, str(error))


def form_of(task: Task) -> OccurrenceForm | None:
    """
    How the URL stands, by the characters around it.

    They are what the splice must fit, whatever the reader called the place.
    None where it is the words of a link, which stay.
    """
    data, span = task.data, task.place.span
    if _BEFORE_DESTINATION.search(data, max(0, span.start - 200), span.start):
        return OccurrenceForm.MARKDOWN_DESTINATION
    if _BEFORE_DEFINITION.search(data, max(0, span.start - 1000), span.start):
        return OccurrenceForm.MARKDOWN_DEFINITION
    if data[span.start - 1 : span.start] == b"<" and data[span.end : span.end + 1] == b">":
        return OccurrenceForm.AUTOLINK
    if _AFTER_WORDS.match(data, span.end, span.end + 1000) and _opened(data, span.start):
        return None
    return OccurrenceForm.BARE_TEXT


def _opened(data: bytes, position: int) -> bool:
    """True if a bracket of this line is open at *position*."""
    line = data[data.rfind(b"\n", 0, position) + 1 : position]
    depth = 0
    for byte in line.replace(b"\\[", b"").replace(b"\\]", b""):
        depth = max(0, depth + (byte == 0x5B) - (byte == 0x5D))
    return depth > 0


def is_relative(address: str) -> bool:
    """True for a path to a copy on the same disk, without a scheme of its own."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", address) is None


def _bare(task: Task) -> Answer:
    # "[archived …](" or "[archived …][" would become a link of its own.
    if task.data[task.place.span.end : task.place.span.end + 1] in (b"(", b"["):
        return task.refuse(RefusalReason.NO_ROOM, "a bracket follows the URL at once and would make it another link")
    return _add_suffix(task, task.place.span.end)


def _add_suffix(task: Task, position: int) -> Answer:
    """As in plain text; a copy on the reader's own disk is linked, as its relative path alone leads nowhere."""
    if not is_relative(task.repair.uri_m) or is_repaired(task, position):
        return add_suffix(task, at=position)
    try:
        words = f" [{task.words.archived} {copy_date(task.repair)}]({_destination(task)})"
        return [Cut(Span(position, position), task.encoded(words))]
    except UnicodeEncodeError:
        return unwritable(task)
    except ValueError as error:
        return task.refuse(RefusalReason.UNWRITABLE, str(error))


def _as_inline_link(task: Task) -> Cut:
    """``<URL>`` as ``[URL](path)``: a relative path in angle brackets is no link."""
    span = task.place.span
    words = re.sub(rb"([\\`*_\[\]<>])", rb"\\\1", span.of(task.data))
    destination = task.encoded(f"]({_destination(task)})")
    return Cut(Span(span.start - 1, span.end + 1), task.encoded("[") + words + destination)


def _annotate(task: Task, form: OccurrenceForm) -> Answer:
    end = task.place.span.end
    if form is OccurrenceForm.AUTOLINK:
        return _add_suffix(task, end + 1)
    if form is OccurrenceForm.MARKDOWN_DEFINITION:
        return task.refuse(
            RefusalReason.NO_ROOM,
            'a reference definition has no room for a second link beside it; `policy = "swap-when-dead"` swaps it',
        )
    rest = _REST_OF_LINK.match(task.data, end, end + _LONGEST_TITLE)
    if rest is None:
        return task.refuse(RefusalReason.NO_ROOM, "the end of this link was not found")
    if task.data[rest.end() : rest.end() + 1] in (b"(", b"["):
        return task.refuse(RefusalReason.NO_ROOM, "a bracket follows the link at once and would make it another one")
    return _add_suffix(task, rest.end())


def _destination(task: Task) -> str:
    address = task.repair.uri_m
    if re.search(r"[\s<>]", address):
        raise ValueError("the memento's address holds a space or an angle bracket")
    angled = task.data[task.place.span.start - 1 : task.place.span.start] == b"<"
    if not angled and not _balanced(address):
        address = re.sub(r"([()\\])", r"\\\1", address)
    return address


def _balanced(address: str) -> bool:
    """CommonMark lets brackets stand in a bare destination if they come in pairs."""
    depth = 0
    for character in address:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0 and "\\" not in address
