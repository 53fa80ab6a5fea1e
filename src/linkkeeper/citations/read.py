"""Read one edition: notes, links, what they mean. The entrance of this stage."""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

from linkkeeper.citations import docx, html, markdown, org, pdf, plain, rst, wikitext
from linkkeeper.citations.assemble import Assembler
from linkkeeper.citations.dates import dates_of
from linkkeeper.citations.drafts import Draft, NoteDraft
from linkkeeper.citations.ibid import Cited, Meant, meant_by, passages_of
from linkkeeper.citations.sniff import format_of
from linkkeeper.pages.decode import Decoded, decode
from linkkeeper.pages.markup import parse_decoded
from linkkeeper.vocabulary.citation import CitedUrl, Note, Reading, SourceFormat
from linkkeeper.vocabulary.edition import Span
from linkkeeper.vocabulary.uri import fetch_form, host_of, politeness_key

_URL = re.compile(r"https?://\S+")
_PLAIN_HOST = re.compile(r"https?://([A-Za-z0-9.-]*[A-Za-z0-9])(?=[/?#]|$)")
_READERS = {
    SourceFormat.MARKDOWN: markdown.read_markdown,
    SourceFormat.RST: rst.read_rst,
    SourceFormat.WIKITEXT: wikitext.read_wikitext,
    SourceFormat.ORG: org.read_org,
    SourceFormat.TEXT: plain.read_plain,
}


def read(
    data: bytes,
    *,
    location: str,
    declared_type: str | None = None,
    own_bases: Sequence[str] = (),
    publisher_hosts: frozenset[str] = frozenset(),
) -> Reading:
    """
    Read what an edition cites.

    Args:
        location: File path or URL; its ending helps to tell the format.
        declared_type: Media type that the carrier named.
        own_bases: Every public base address of ours that archived links may
            begin with; such links are read as the URL that they stand for.
        publisher_hosts: Hosts whose pages, linked from the running text, are
            the publisher's own and no sources.

    Raises:
        InputError: *data* is empty, binary or damaged.
    """
    kind = format_of(data, location, declared_type)
    if kind is SourceFormat.DOCX:
        return _finish(docx.read_docx(data, location), Assembler(None, own_bases), kind, "utf-8", publisher_hosts)
    if kind is SourceFormat.PDF:
        return _finish(pdf.read_pdf(data, location), Assembler(None, own_bases), kind, "utf-8", publisher_hosts)
    if kind is SourceFormat.HTML:
        source = decode(data, declared_type=declared_type, markup=True)
        # The tree is dropped here: notes are assembled from texts and places alone.
        draft = html.read_html(parse_decoded(source), location=location)
        source = source.without_text()
        return _finish(draft, Assembler(source.span, own_bases), kind, source.encoding, publisher_hosts)
    source = decode(data, declared_type=declared_type)
    text, span = _with_line_feeds(source)
    draft = _READERS[kind](text)
    return _finish(draft, Assembler(span, own_bases), kind, source.encoding, publisher_hosts)


def _with_line_feeds(source: Decoded) -> tuple[str, Callable[[int, int], Span]]:
    """The text with each line ended by a line feed alone, as its readers expect, and the way to its bytes."""
    if "\r" not in source.text:
        return source.text, source.span
    pieces = source.text.split("\r\n")
    shortened = list(accumulate((len(piece) + 1 for piece in pieces[:-1]), initial=-1))[1:]

    def place(index: int) -> int:
        return index + bisect_left(shortened, index)

    text = "\n".join(pieces).replace("\r", "\n")
    return text, lambda start, end: source.span(place(start), place(end))


def _finish(
    draft: Draft, assembler: Assembler, kind: SourceFormat, encoding: str, publisher_hosts: frozenset[str]
) -> Reading:
    notes = _notes(draft.notes, assembler)
    own = draft.own_hosts | publisher_hosts
    links = tuple(url for url in assembler.links(draft.running) if not _is_own(url, own))
    return Reading(
        format=kind,
        encoding=encoding,
        notes=tuple(notes),
        links=links,
        title=draft.title,
        language=draft.language,
        published=draft.published,
    )


def _is_own(url: CitedUrl, own: frozenset[str]) -> bool:
    if not own:
        return False
    plain = _PLAIN_HOST.match(url.as_cited)
    try:
        host = plain.group(1).lower() if plain else host_of(fetch_form(url.as_cited))
    except ValueError:
        return False
    bare = host.removeprefix("www.")
    return any(bare == other.removeprefix("www.") or _same_owner(host, other) for other in own)


def _same_owner(host: str, other: str) -> bool:
    """Tell whether two hosts are one publisher's; names that differ in their last two labels can't be."""
    return host.split(".")[-2:] == other.split(".")[-2:] and politeness_key(host) == politeness_key(other)


class _Read(NamedTuple):
    """A note that is read, but for what it means among the others."""

    label: str
    text: str
    span: Span | None
    urls: tuple[CitedUrl, ...]


def _notes(drafts: list[NoteDraft], assembler: Assembler) -> list[Note]:
    """Finish the notes; *drafts* is emptied on the way, so that a large edition is not held twice."""
    found: list[_Read] = []
    drafts.reverse()
    while drafts:
        draft = drafts.pop()
        text, urls = assembler.note(draft)
        span: Span | None = assembler.span_of(draft.start, draft.end) if assembler.span_of is not None else None
        found.append(_Read(draft.label, text, span, urls))
    meant = meant_by([Cited(note.label, note.text, bool(note.urls)) for note in found])
    return [_note(note, means) for note, means in zip(found, meant, strict=True)]


def _note(note: _Read, means: Meant) -> Note:
    dates = dates_of(note.text)
    return Note(
        label=note.label,
        text=note.text,
        span=note.span,
        urls=note.urls,
        ibid_of=means.ibid_of,
        refers_to=means.refers_to,
        same_source_as=means.same_source_as,
        published=dates.published,
        accessed=dates.accessed,
        archived=dates.archived,
        passages=passages_of(_without_urls(note.text)),
    )


def _without_urls(text: str) -> str:
    return _URL.sub(" ", text)
