"""Drafts to notes: which URLs a note cites, each once, with all its places."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from urllib.parse import unquote

from linkkeeper.citations.addresses import cleaned, identifier_of, is_citable, key_of, shows, unusual
from linkkeeper.citations.boundaries import FoundUrl, find_identifiers, find_urls
from linkkeeper.citations.drafts import Destination, LinkDraft, NoteDraft
from linkkeeper.citations.flat import Flat
from linkkeeper.pages.decode import printable
from linkkeeper.vocabulary.archived import unwrap_archive
from linkkeeper.vocabulary.citation import ArchiveCopy, ArchiveKind, CitedUrl, Occurrence, OccurrenceForm, UrlFlag
from linkkeeper.vocabulary.edition import Span
from linkkeeper.vocabulary.uri import INVISIBLE

#: What relinking writes after a bare URL.
OWN_NOTE = re.compile(r"[ \t\n]?\[(?:[^\W\d_][^\[\]\d]{1,40} \d{4}-\d\d-\d\d: *)?$")
_ARCHIVE_DATE = re.compile(r"\s*archived \d{4}-\d\d-\d\d")
_OWN_PHRASE = re.compile(r"[^\W\d_][^\[\]\d]{1,40} \d{4}-\d\d-\d\d: *\S*$")
_ARROW = re.compile("[↩↵⤴⏎⮐↑]")
_ARROWS = re.compile(r"(?:\s?[↩↵⤴⏎⮐↑][\ufe0e\ufe0f]?\s?\d{0,2})+$")
_INVISIBLE = re.compile(f"[{INVISIBLE}]")

_start_of, _end_of = attrgetter("start"), attrgetter("end")

SpanOf = Callable[[int, int], Span]


@dataclass(slots=True)
class _Item:
    """One place of one URL in a flat text."""

    start: int
    end: int
    url: str
    #: Empty ones are shared: sets and lists of their own would take more than the rest of most items.
    occurrences: tuple[Occurrence, ...] = ()
    flags: frozenset[UrlFlag] = frozenset()
    shown: str | None = None
    rejoined: tuple[str, ...] = ()
    archive: ArchiveCopy | None = None
    paired_with: str | None = None
    #: The markup says that this link was put in the place of another.
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class _Change:
    """A stretch of a flat text and what an editor reads there instead."""

    start: int
    end: int
    value: str


@dataclass(frozen=True, slots=True)
class Assembler:
    """
    Makes cited URLs from drafts of one edition.

    Attributes:
        span_of: Characters of the source to bytes of the edition; None where
            the format has no places.
        own_bases: Every public base address of ours.
    """

    span_of: SpanOf | None
    own_bases: Sequence[str] = ()

    def note(self, draft: NoteDraft) -> tuple[str, tuple[CitedUrl, ...]]:
        """Return the note's text and its URLs in order."""
        items, changes = self._items(draft.flat, draft.destinations, draft.begin, draft.width, draft.text_form)
        text = _readable(draft.flat.text, draft.begin, changes)
        if draft.copies:
            items += list(self._from_copies(draft, {item.url for item in items}))
        merged = _merge(items)
        _pair(merged, draft.flat.text)
        return text, _cited(merged)

    def _from_copies(self, draft: NoteDraft, known: set[str]) -> Iterator[_Item]:
        for copy in draft.copies:
            for item in self._items(copy.flat, copy.destinations, copy.begin, copy.width, copy.text_form)[0]:
                # Titles are cut off, in the middle of a URL too.
                if copy.text_form is not OccurrenceForm.ATTRIBUTE_COPY or item.url in known:
                    yield moved(item, len(draft.flat))

    def links(self, drafts: list[LinkDraft]) -> tuple[CitedUrl, ...]:
        """Return the URLs of running text, each once, in order. Empties *drafts*, so that none is held twice."""
        items: list[_Item] = []
        offset = 0
        drafts.reverse()
        while drafts:
            draft = drafts.pop()
            # In the running text, a DOI by itself is mostly the page's own.
            found = self._items(draft.flat, draft.destinations, 0, draft.width, draft.text_form, identifiers=False)[0]
            items += [moved(item, offset) for item in found] if offset else found
            offset += len(draft.flat) + 1
            del found, draft
        return _cited(_merge(items))

    def _items(
        self,
        flat: Flat,
        destinations: Sequence[Destination],
        begin: int,
        width: int | None,
        form: OccurrenceForm,
        *,
        identifiers: bool = True,
    ) -> tuple[list[_Item], list[_Change]]:
        """Return the places of URLs in a text, and the stretches that only relinking wrote."""
        text = flat.text
        found = find_urls(text, width=width)
        if begin:
            found = [url for url in found if url.start >= begin]
        items: list[_Item] = []
        if destinations:
            found = self._linked(destinations, found, items, text)
        items += [self._from_text(url, flat, form) for url in found]
        if identifiers:
            named = [one for one in find_identifiers(text) if one.start >= begin]
            items += [self._from_text(one, flat, form) for one in _not_shown(named, destinations)]
        if len(items) > 1:
            # Twice, as pairs of numbers to sort by would take as much memory as the items.
            items.sort(key=_end_of)
            items.sort(key=_start_of)
        return self._without_own(items, text)

    def _linked(
        self, destinations: Sequence[Destination], found: list[FoundUrl], items: list[_Item], text: str
    ) -> list[FoundUrl]:
        """Add the links to *items*; return the URLs in the text that none of them covers."""
        starts = [url.start for url in found]
        covered: set[int] = set()
        for link in destinations:
            inside: Sequence[int] = range(*_overlap(found, starts, link)) if found else ()
            covered.update(inside)
            item = self._from_link(link, [found[index] for index in inside], text)
            if item is not None:
                items.append(item)
        return [url for index, url in enumerate(found) if index not in covered]

    def _from_link(self, link: Destination, inside: Sequence[FoundUrl], text: str) -> _Item | None:
        url, mended = cleaned(link.url)
        if not is_citable(url):
            return None
        item = _Item(link.start, link.end, url)
        if self.span_of is not None and link.source is not None:
            item.occurrences = (Occurrence(self.span_of(*link.source), link.form),)
        elif link.source is None:
            item.occurrences = (Occurrence(None, link.form),)
        if mended:
            item.flags |= {UrlFlag.CLEANED}
        if len(inside) == 1 and not shows(inside[0].url, url, text[inside[0].end : link.end]):
            item.shown = inside[0].url
            item.flags |= {UrlFlag.SHOWN_DIFFERS}
        item.archive = unwrap_archive(url, self.own_bases)
        if link.original and item.archive is not None:
            item.archive = replace(item.archive, original=cleaned(link.original)[0])
            item.repaired = True
        return _flagged(item)

    def _from_text(self, found: FoundUrl, flat: Flat, form: OccurrenceForm) -> _Item:
        item = _Item(found.start, found.end, printable(found.url), rejoined=found.rejoined)
        if self.span_of is not None:
            item.occurrences = (Occurrence(self.span_of(*flat.source_range(found.start, found.end)), form),)
        if found.rejoined:
            item.flags |= {UrlFlag.REJOINED}
        if found.cleaned:
            item.flags |= {UrlFlag.CLEANED}
        item.archive = unwrap_archive(item.url, self.own_bases)
        return _flagged(item)

    def _without_own(self, items: list[_Item], text: str) -> tuple[list[_Item], list[_Change]]:
        """
        Put the URLs that archived links of ours stand for in their place.

        Returns:
            The items, and how the text read before relinking wrote into it.
        """
        kept: list[_Item] = []
        changes: list[_Change] = []
        if not any(item.archive for item in items):
            return items, changes
        for item in items:
            original = item.archive.original if item.archive is not None else None
            if item.archive is None or original is None:
                kept.append(item)
                continue
            before = kept[-1] if kept else None
            is_again = before is not None and (before.url == original or key_of(before.url) == key_of(original))
            written = _written_by_us(item, text)
            if before is not None and is_again and written is not None:
                before.archive = item.archive
                changes.append(_Change(*written, ""))
                continue
            if item.archive.kind is not ArchiveKind.OURS and not item.repaired:
                kept.append(item)
                continue
            kept.append(item)
            if text[item.start : item.end].strip() == item.url:
                changes.append(_Change(item.start, item.end, original))
            item.url = original
            item.flags -= {UrlFlag.SHOWN_DIFFERS}
            if item.shown is not None and shows(item.shown, original, ""):
                item.shown = None
        return kept, changes


def _written_by_us(item: _Item, text: str) -> tuple[int, int] | None:
    """Return the stretch that relinking added for *item*: ``[archived DATE: URL]`` or a template's parameters."""
    if any(place.form is OccurrenceForm.WIKITEXT_TEMPLATE for place in item.occurrences):
        if item.archive is None or item.archive.kind is not ArchiveKind.OURS:
            return None
        dated = _ARCHIVE_DATE.match(text, item.end)
        return item.start, dated.end() if dated else item.end
    note = OWN_NOTE.search(text[max(0, item.start - 70) : item.start])
    if note is None or text[item.end : item.end + 1] != "]":
        return None
    start = item.start - (note.end() - note.start())
    return (start, item.end + 1) if _OWN_PHRASE.match(text[start : item.end].lstrip(" [\n\t")) else None


def _flagged(item: _Item) -> _Item:
    flag = unusual(item.url)
    if flag is not None:
        item.flags |= {flag}
    return item


def moved(item: _Item, by: int) -> _Item:
    """Place an item of one text behind another text."""
    item.start += by
    item.end += by
    return item


def _overlap(found: Sequence[FoundUrl], starts: Sequence[int], link: Destination) -> tuple[int, int]:
    """Return which of *found* (apart, in order) share characters with *link*: first, one past the last."""
    first = bisect_right(starts, link.start)
    if first and found[first - 1].end > link.start:
        first -= 1
    return first, max(first, bisect_left(starts, link.end))


def _readable(text: str, begin: int, changes: Sequence[_Change]) -> str:
    parts, position = [], begin
    for change in changes:
        if change.start >= position:
            parts += [text[position : change.start], change.value]
            position = change.end
    parts.append(text[position:])
    whole = "".join(parts)
    if whole.isascii():
        return " ".join(whole.split())
    words = " ".join(_INVISIBLE.sub("", whole).split())
    return printable(_ARROWS.sub("", words) if _ARROW.search(words, max(0, len(words) - 20)) else words)


def _merge(items: list[_Item]) -> list[_Item]:
    """Put the places of each URL together; order of first occurrence. Empties *items*, so that none is held twice."""
    merged: dict[str, _Item] = {}
    repeated: dict[str, list[Occurrence]] = {}
    linked = (item for item in items if UrlFlag.IDENTIFIER not in item.flags) if _names_doi(items) else ()
    linked_keys = {key_of(item.url) for item in linked}
    for item in items:
        if linked_keys and UrlFlag.IDENTIFIER in item.flags and key_of(item.url) in linked_keys:
            # The same source stands as a link beside it.
            continue
        known = merged.setdefault(item.url, item)
        if known is item:
            continue
        repeated.setdefault(item.url, [*known.occurrences]).extend(item.occurrences)
        known.flags |= item.flags
        known.shown = known.shown or item.shown
        known.rejoined = known.rejoined or item.rejoined
        known.archive = known.archive or item.archive
    items.clear()
    for url, occurrences in repeated.items():
        merged[url].occurrences = tuple(dict.fromkeys(occurrences))
    return list(merged.values())


def _names_doi(items: Sequence[_Item]) -> bool:
    return len(items) > 1 and any(UrlFlag.IDENTIFIER in item.flags for item in items)


def _cited(items: list[_Item]) -> tuple[CitedUrl, ...]:
    """Finish the URLs. Empties *items*, so that none is held twice."""
    items.reverse()
    return tuple([_cited_url(items.pop()) for _ in range(len(items))])


def _cited_url(item: _Item) -> CitedUrl:
    return CitedUrl(
        as_cited=item.url,
        occurrences=item.occurrences,
        flags=item.flags,
        shown=item.shown,
        rejoined=item.rejoined,
        archive=item.archive,
        paired_with=item.paired_with,
        identifier=identifier_of(item.url),
    )


def _pair(items: Sequence[_Item], text: str) -> None:
    """Say of each archive copy which other URL of the note it archives."""
    if not any(_is_copy(item) for item in items):
        return
    has_original = any(item.archive is not None and item.archive.original for item in items)
    by_key = {key_of(item.url): item.url for item in items if item.archive is None} if has_original else {}
    before: _Item | None = None
    for item in items:
        if not _is_copy(item):
            before = item if item.archive is None else before
            continue
        original = item.archive.original if item.archive is not None else None
        if original is not None:
            item.paired_with = by_key.get(key_of(original)) if original else None
        elif before is not None:
            between = text[before.end : item.start][:200]
            if len(between) < 60 or "archiv" in between.lower():
                item.paired_with = before.url


def _is_copy(item: _Item) -> bool:
    return item.archive is not None and item.archive.kind is ArchiveKind.OTHER


def _not_shown(identifiers: list[FoundUrl], destinations: Sequence[Destination]) -> list[FoundUrl]:
    """Leave out identifiers that are the text of a link which leads to them, by whatever resolver."""
    if not identifiers or not destinations:
        return identifiers
    links = sorted(destinations, key=attrgetter("start"))
    starts = [link.start for link in links]
    kept = []
    for one in identifiers:
        link = links[max(0, bisect_right(starts, one.start) - 1)]
        name = one.url.partition(":")[2].lower()
        if not (link.start <= one.start < link.end and name in unquote(link.url).lower()):
            kept.append(one)
    return kept
