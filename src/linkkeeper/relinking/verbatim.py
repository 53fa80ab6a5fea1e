"""
Parts of a text that are shown or run as they stand: code, scripts, a site generator's own tags.

A URL in them is an example or an argument, whatever else cites it; a repair
leaves it. HTML is not asked here: its finder knows the elements.

Source: CommonMark 0.31 sections 4.4 (indented code), 4.5 (fences) and 6.1 (code
spans); reStructuredText's inline literals; tags of Hugo and Jekyll; MDX 3.
"""

import re
import sys
from bisect import bisect_right
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence

from linkkeeper.vocabulary.citation import SourceFormat
from linkkeeper.vocabulary.edition import Span

_ELEMENT = re.compile(rb"<(script|style|pre|code|kbd|samp|tt|textarea)(?:\s[^<>]*)?>", re.I)
_FENCE = re.compile(rb"[ >]{0,9}(?P<fence>`{3,}(?![^\n]*`)|~{3,})(?P<rest>[^\n]*)")
#: The bounds keep a text of openings without ends from being searched over and over.
_CODE_SPAN = re.compile(rb"(?<![`\\])(?P<ticks>`{1,16}+)(?!`).{1,2000}?(?<!`)(?P=ticks)(?!`)", re.S)
#: A site generator's tags, which end at their own closing marks whatever stands between them.
_SITE_TAGS = ((b"{%", b"%}"), (b"{{<", b">}}"), (b"{{%", b"%}}"))
_LONGEST_SITE_TAG = 4_000
_SITE_OUTPUT = re.compile(rb"\{\{[^{}\n]*\}\}")
_MODULE_LINE = re.compile(
    rb"(?:import\s+(?:[\w*{][^\n]*\sfrom\s+)?[\"']|export\s+(?:const|let|var|default|function|async|class|type|[{*])\b)"
)
#: Indented lines behind it go on with it: a list item, a definition, a note, an element.
_CONTAINER = re.compile(
    rb"(?:[ \t]*>)*[ \t]*(?:(?:(?:[-+*]|\d{1,9}[.)])|(?P<note>:|~|\[\^[^\]\s]+\]:))(?:[ \t]{1,4}(?=\S)|[ \t]|$)"
    rb"|(?P<element></?[A-Za-z]))"
)
_TAG_IN_LINE = re.compile(rb"<(?P<closes>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*)(?=[\s/>]|$)(?:[^<>]*(?P<itself>/)>)?")
#: Elements without an end, or whose end may be left out, keep nothing open behind a blank line.
_ENDLESS = frozenset(
    b"area base br col dd dt embed hr img input li link meta option p source tbody td tfoot th thead tr wbr".split()
)
_IN_ELEMENT = sys.maxsize - 4
_LITERAL = re.compile(rb"(?<![`\\])``(?=\S)(?:[^`]|`(?!`)){1,2000}(?<=\S)``(?!`)")


def verbatim_parts(data: bytes, format: SourceFormat) -> Sequence[Span]:
    """
    Find the parts of *data*, ascending and apart.

    Args:
        data: In an encoding that keeps ASCII.
    """
    if format is SourceFormat.MARKDOWN:
        return _apart(sorted(_in_markdown(data)))
    if format is SourceFormat.RST:
        return _apart(match.span() for match in _LITERAL.finditer(data))
    if format is SourceFormat.WIKITEXT:
        return _apart(_elements(data))
    return ()


def is_within(parts: Sequence[Span], place: Span) -> bool:
    index = bisect_right(parts, place.start, key=lambda part: part.start) - 1
    return index >= 0 and place.end <= parts[index].end


def _apart(found: Iterable[tuple[int, int]]) -> Sequence[Span]:
    parts: list[Span] = []
    for start, end in found:
        if parts and start < parts[-1].end:
            last = parts.pop()
            start, end = last.start, max(end, last.end)
        parts.append(Span(start, end))
    return parts


def _elements(data: bytes) -> Iterator[tuple[int, int]]:
    position = 0
    unclosed: set[bytes] = set()
    while (opening := _ELEMENT.search(data, position)) is not None:
        name = opening[1].lower()
        position = opening.end()
        closing = None if name in unclosed else re.compile(rb"</%b\s*>" % name, re.I).search(data, position)
        if closing is None:
            unclosed.add(name)
        else:
            position = closing.end()
            yield opening.start(), position


def _in_markdown(data: bytes) -> Iterator[tuple[int, int]]:
    yield from _elements(data)
    yield from _site_tags(data)
    block = 0
    for start, end, is_prose in _lines_of_markdown(data):
        if not is_prose:
            yield from (match.span() for match in _CODE_SPAN.finditer(data, block, start))
            block = end
            if end > start:
                yield start, end
    yield from (match.span() for match in _CODE_SPAN.finditer(data, block))


def _site_tags(data: bytes) -> Iterator[tuple[int, int]]:
    for opening, closing in _SITE_TAGS:
        start, end = data.find(opening), 0
        while start >= 0:
            inner = start + len(opening)
            # Looked for once only: a text of openings without ends is not searched over and over.
            end = end if end >= inner else data.find(closing, inner)
            if end < 0:
                break
            is_tag = end - inner <= _LONGEST_SITE_TAG
            if is_tag:
                yield start, end + len(closing)
            start = data.find(opening, end + len(closing) if is_tag else inner)
    yield from (match.span() for match in _SITE_OUTPUT.finditer(data))


def _lines_of_markdown(data: bytes) -> Iterator[tuple[int, int, bool]]:
    """
    Yield each line as ``(start, end, is prose)``.

    Prose is not: code by fence or indentation, a module's imports and exports,
    and a blank line, which is yielded empty.
    """
    fence = b""
    is_blank, is_code, in_module = True, False, False
    content = around = opened = 0
    position = len(BOM_UTF8) if data.startswith(BOM_UTF8) else 0
    while position < len(data):
        end = data.find(b"\n", position) + 1 or len(data)
        line = data[position:end].rstrip(b"\r\n")
        mark = _FENCE.match(line)
        if fence:
            yield position, end, False
            if mark is not None and mark["fence"].startswith(fence) and not mark["rest"].strip():
                fence, is_blank = b"", True
        elif not line.strip(b" \t>"):
            yield position, position, False
            is_blank, in_module = True, False
            # An element's own lines end here, unless it is still open.
            if content == _IN_ELEMENT and opened <= 0:
                content = around
        elif mark is not None:
            fence = mark["fence"]
            yield position, end, False
        elif in_module or (is_blank and _MODULE_LINE.match(line)):
            in_module = True
            yield position, end, False
        else:
            starts, depth = _CONTAINER.match(line), _depth(line)
            if starts is not None:
                outer = around if content == _IN_ELEMENT else content
                if content != _IN_ELEMENT:
                    opened = 0
                content, is_code, around = _content_of(starts), False, min(outer, depth)
            else:
                is_code = (is_code or is_blank) and depth >= content + 4
                # A paragraph further out ends the item; a line right below goes on with it.
                content = min(content, depth) if is_blank else content
            if content == _IN_ELEMENT:
                opened += _opened_in(line)
            yield position, end, not is_code
            is_blank = False
        position = end


def _opened_in(line: bytes) -> int:
    """How many more elements the line opens than it closes."""
    tags = (tag for tag in _TAG_IN_LINE.finditer(line) if tag["name"].lower() not in _ENDLESS)
    return sum(-1 if tag["closes"] else not tag["itself"] for tag in tags)


def _depth(line: bytes) -> int:
    """Columns of white space before a line's text; a tab reaches to the next multiple of four."""
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())


def _content_of(opening: re.Match[bytes]) -> int:
    """The column where an item's text begins; code is four columns further in."""
    if opening["element"] is not None:
        return _IN_ELEMENT
    if opening["note"] is not None:
        return 4
    return len(opening[0].expandtabs(4))
