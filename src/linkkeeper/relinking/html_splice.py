"""
Splicing HTML: the ``href`` of a link, or the archived link behind a bare URL.

Only the value's bytes and what follows its closing quote change; quoting,
order and escapes of everything else stay as the publisher wrote them.
"""

import re
from dataclasses import dataclass

from linkkeeper.pages.decode import codec_of
from linkkeeper.relinking.anchors import escaped, html_suffix, robust_attributes
from linkkeeper.relinking.places import Answer, Cut, Task, encode
from linkkeeper.relinking.plain import is_repaired, unwritable
from linkkeeper.vocabulary.citation import OccurrenceForm
from linkkeeper.vocabulary.edition import Span
from linkkeeper.vocabulary.relink import RefusalReason

#: A start tag longer than this is data, not a link.
_LONGEST_TAG = 65_536
_TAG = re.compile(rb"""<[A-Za-z][^\s/>]*+(?P<attributes>(?:[^>"']++|"[^"]*+"|'[^']*+'|["'])*+)>""")
_ATTRIBUTE = re.compile(
    rb"""(?P<name>[^\s/>="'][^\s/>=]*+)(?:\s*+=\s*+(?:"(?P<double>[^"]*+)"|'(?P<single>[^']*+)'|(?P<bare>[^\s>]++)))?"""
)


@dataclass(frozen=True, slots=True)
class Href:
    """
    The attribute that holds a link's address.

    *value* excludes the quotes, *end* follows the closing one; *names* are
    those of all the attributes of its element.
    """

    value: Span
    end: int
    quote: str
    names: frozenset[str]


def splice(task: Task) -> Answer:
    if task.place.form is OccurrenceForm.HTML_TEXT:
        return _behind_text(task)
    href = href_around(task.data, task.place.span)
    if href is None:
        return task.refuse(RefusalReason.NO_PLACE, "the tag around the address could not be read")
    if "data-originalurl" in href.names or task.place.url == task.repair.uri_m:
        return None
    original = href.value.of(task.data).decode(codec_of(task.encoding), "surrogateescape")
    quote = href.quote or '"'
    if quote in original:
        return task.refuse(
            RefusalReason.NO_ROOM, "the old address holds a quotation mark, so it can't be kept in an attribute"
        )
    attributes = robust_attributes(task.repair, original=original, quote=quote, present=href.names)
    return _cut(task, href, attributes)


def _cut(task: Task, href: Href, attributes: str) -> Answer:
    added = _bytes(task, attributes)
    if task.annotate:
        return [Cut(Span(href.end, href.end), added)]
    address = _bytes(task, escaped(task.repair.uri_m, href.quote))
    if not href.quote and re.search(rb"[\s\"'`]", address):
        return task.refuse(RefusalReason.UNWRITABLE, "the memento's address needs quotes, which the page doesn't use")
    closing = task.data[href.value.end : href.end]
    return [Cut(Span(href.value.start, href.end), address + closing + added)]


def _behind_text(task: Task) -> Answer:
    if _is_linked_copy(task):
        return None
    # ``[embed]URL[/embed]``: the site's software takes all of it for the address.
    if task.data.startswith(encode("[/", task.encoding), task.place.span.end):
        return task.refuse(RefusalReason.NO_ROOM, "it is the content of a shortcode, which holds an address alone")
    try:
        return [Cut(Span(task.place.span.end, task.place.span.end), _bytes(task, html_suffix(task.repair, task.words)))]
    except UnicodeEncodeError:
        return unwritable(task)


def _is_linked_copy(task: Task) -> bool:
    """True if an archived link, which we write with the original's address, stands behind the URL already."""
    end = task.place.span.end
    mark = encode(" [<a href=", task.encoding)
    window = task.data[end : end + 4096]
    name = encode("data-originalurl=", task.encoding)
    return (window.startswith(mark) and name in window.partition(b">")[0]) or is_repaired(task, end)


def _bytes(task: Task, text: str) -> bytes:
    """A character that the page's encoding doesn't have becomes a numeric reference."""
    plain = "".join(_reference(character, task.encoding) for character in text)
    return encode(plain, task.encoding, errors="surrogateescape")


def _reference(character: str, encoding: str) -> str:
    if character.isascii() or "\udc80" <= character <= "\udcff":
        return character
    try:
        encode(character, encoding)
    except UnicodeEncodeError:
        return f"&#{ord(character)};"
    return character


def href_around(data: bytes, span: Span) -> Href | None:
    """
    Read the tag around an address.

    Args:
        span: Of the value or a part of it, without quotes.

    Returns:
        None when *span* is in no attribute of a start tag.
    """
    lowest = max(0, span.start - _LONGEST_TAG)
    start = data.rfind(b"<", lowest, span.start)
    while start >= 0:
        tag = _TAG.match(data, start, span.end + _LONGEST_TAG)
        if tag is not None and tag.end() > span.end:
            return _attribute_around(data, tag, span)
        start = data.rfind(b"<", lowest, start)
    return None


def _attribute_around(data: bytes, tag: re.Match[bytes], span: Span) -> Href | None:
    names: set[str] = set()
    found: tuple[Span, int, str] | None = None
    for attribute in _ATTRIBUTE.finditer(data, tag.start("attributes"), tag.end("attributes")):
        names.add(attribute["name"].decode("ascii", "replace").lower())
        kind = attribute.lastgroup
        if kind in (None, "name"):
            continue
        value = Span(*attribute.span(kind or "name"))
        if value.start <= span.start and span.end <= value.end:
            quote = {"double": '"', "single": "'"}.get(kind or "", "")
            found = (value, attribute.end(), quote)
    return None if found is None else Href(*found, frozenset(names))
