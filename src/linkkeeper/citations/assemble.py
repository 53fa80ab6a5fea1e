"""Drafts to notes: which URLs a note cites, each once, with all its places."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from linkkeeper.citations.boundaries import FoundUrl, find_identifiers, find_urls
from linkkeeper.citations.drafts import Destination, LinkDraft, NoteDraft
from linkkeeper.citations.flat import Flat
from linkkeeper.citations.forwarding import unwrap_forwarding
from linkkeeper.pages.decode import printable
from linkkeeper.vocabulary.archived import unwrap_archive
from linkkeeper.vocabulary.citation import ArchiveCopy, ArchiveKind, CitedUrl, Occurrence, OccurrenceForm, UrlFlag
from linkkeeper.vocabulary.edition import Span
from linkkeeper.vocabulary.uri import INVISIBLE, fetch_form, identity_key

#: What relinking writes after a bare URL.
OWN_NOTE = re.compile(r"[ \t\n]?\[(?:[^\W\d_][^\[\]\d]{1,40} \d{4}-\d\d-\d\d: *)?$")
_ARCHIVE_DATE = re.compile(r"\s*archived \d{4}-\d\d-\d\d")
_OWN_PHRASE = re.compile(r"[^\W\d_][^\[\]\d]{1,40} \d{4}-\d\d-\d\d: *\S*$")
_NOT_CITED = re.compile(r"(?i)(?:javascript|mailto|tel|sms|data|about|blob|file|chrome|whatsapp|fb-messenger):")
_IDENTIFIER = re.compile(r"(?i)doi:\s*+(?=10\.\d{4,9}/\S)")
_SCHEME = re.compile(r"(?i)[a-z][a-z0-9+.-]*:")
_DOI = re.compile(r"(?i)(?:doi\.org/|/doi/(?:abs/|full/|pdf/|epdf/|book/)?)(10\.\d{4,9}/[^\s?#]+)")
_HANDLE = re.compile(r"(?i)hdl\.handle\.net/([^\s?#]+)")
_PLAIN = ("https://", "http://")
_LINE_ENDS = re.compile(r"[\t\r\n]+\s*")
_SCHEME_PART = re.compile(r"^(?:https?:)?//")
_ARROW = re.compile("[↩↵⤴⏎⮐↑]")
_ARROWS = re.compile(r"(?:\s?[↩↵⤴⏎⮐↑][\ufe0e\ufe0f]?\s?\d{0,2})+$")
_INVISIBLE = re.compile(f"[{INVISIBLE}]")

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
        known = {item.url for item in items}
        for copy in draft.copies:
            others, _ = self._items(copy.flat, copy.destinations, copy.begin, copy.width, copy.text_form)
            if copy.text_form is OccurrenceForm.ATTRIBUTE_COPY:
                # Titles are cut off, in the middle of a URL too.
                others = [item for item in others if item.url in known]
            items += [moved(item, len(draft.flat)) for item in others]
        places = {item.url: (item.start, item.end) for item in reversed(items)}
        return text, _pair(_merge(items), places, draft.flat.text)

    def links(self, drafts: Sequence[LinkDraft]) -> tuple[CitedUrl, ...]:
        """Return the URLs of running text, each once, in order."""
        items: list[_Item] = []
        offset = 0
        for draft in drafts:
            # In the running text, a DOI by itself is mostly the page's own.
            found = self._items(draft.flat, draft.destinations, 0, draft.width, draft.text_form, identifiers=False)[0]
            items += [moved(item, offset) for item in found]
            del found
            offset += len(draft.flat) + 1
        return _merge(items)

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
        found = [url for url in find_urls(text, width=width) if url.start >= begin]
        starts = [url.start for url in found]
        covered: set[int] = set()
        items: list[_Item] = []
        for link in destinations:
            inside = range(*_overlap(found, starts, link))
            covered.update(inside)
            item = self._from_link(link, [found[index] for index in inside], text)
            if item is not None:
                items.append(item)
        items += [self._from_text(url, flat, form) for index, url in enumerate(found) if index not in covered]
        if identifiers:
            items += [self._from_text(one, flat, form) for one in find_identifiers(text) if one.start >= begin]
        items.sort(key=lambda item: (item.start, item.end))
        return self._without_own(items, text)

    def _from_link(self, link: Destination, inside: Sequence[FoundUrl], text: str) -> _Item | None:
        url, cleaned = _cleaned(link.url)
        if not _is_citable(url):
            return None
        item = _Item(link.start, link.end, url)
        if self.span_of is not None and link.source is not None:
            item.occurrences += (Occurrence(self.span_of(*link.source), link.form),)
        elif link.source is None:
            item.occurrences += (Occurrence(None, link.form),)
        if cleaned:
            item.flags |= {UrlFlag.CLEANED}
        if len(inside) == 1 and not _shows(inside[0].url, url, text[inside[0].end : link.end]):
            item.shown = inside[0].url
            item.flags |= {UrlFlag.SHOWN_DIFFERS}
        item.archive = self._copy(url)
        if link.original and item.archive is not None:
            item.archive = replace(item.archive, original=_cleaned(link.original)[0])
            item.repaired = True
        _flag(item)
        return item

    def _from_text(self, found: FoundUrl, flat: Flat, form: OccurrenceForm) -> _Item:
        item = _Item(found.start, found.end, printable(found.url), rejoined=found.rejoined)
        if self.span_of is not None:
            item.occurrences += (Occurrence(self.span_of(*flat.source_range(found.start, found.end)), form),)
        if found.rejoined:
            item.flags |= {UrlFlag.REJOINED}
        if found.cleaned:
            item.flags |= {UrlFlag.CLEANED}
        item.archive = self._copy(item.url)
        _flag(item)
        return item

    def _copy(self, url: str) -> ArchiveCopy | None:
        return unwrap_archive(url, self.own_bases)

    def _without_own(self, items: list[_Item], text: str) -> tuple[list[_Item], list[_Change]]:
        """
        Put the URLs that archived links of ours stand for in their place.

        Returns:
            The items, and how the text read before relinking wrote into it.
        """
        kept: list[_Item] = []
        changes: list[_Change] = []
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
            if item.shown is not None and _shows(item.shown, original, ""):
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


def moved(item: _Item, by: int) -> _Item:
    """Place an item of one text behind another text."""
    item.start += by
    item.end += by
    return item


def key_of(url: str) -> str:
    """Return the identity key of a URL as cited; the URL itself where it has none."""
    try:
        return identity_key(fetch_form(url))
    except ValueError:
        return url


def _cleaned(destination: str) -> tuple[str, bool]:
    raw = printable(destination)
    url = _INVISIBLE.sub("", raw).strip()
    url = _LINE_ENDS.sub("", url)
    while url.endswith("%20"):
        url = url[:-3].rstrip()
    url = (
        _IDENTIFIER.sub("doi:", unwrap_forwarding(url), count=1)
        if url[:4].lower() == "doi:"
        else unwrap_forwarding(url)
    )
    return url, url != raw


def _is_citable(url: str) -> bool:
    """Tell whether a destination points to another address at all (not within the site, no mail, no script)."""
    if not url or url.startswith("#") or _NOT_CITED.match(url):
        return False
    if url.startswith("//"):
        return len(url) > 4 and "." in url
    if _IDENTIFIER.match(url):
        return True
    if _SCHEME.match(url):
        return "://" in url and "." in url.partition("://")[2] and not re.search(r"\s", url.partition("://")[2][:20])
    return url.lower().startswith("www.")


def _flag(item: _Item) -> None:
    if item.url.startswith(_PLAIN):
        return
    if item.url.startswith("//"):
        item.flags |= {UrlFlag.PROTOCOL_RELATIVE}
    elif not _SCHEME.match(item.url):
        item.flags |= {UrlFlag.SCHEMELESS}
    elif item.url.startswith("doi:"):
        item.flags |= {UrlFlag.IDENTIFIER}
    elif not item.url.lower().startswith(("http:", "https:")):
        item.flags |= {UrlFlag.UNSUPPORTED_SCHEME}


def _shows(shown: str, url: str, after: str) -> bool:
    """Tell whether the URL in a link's text is its destination, perhaps shortened."""
    if shown == url:
        return True
    one, other = _bare(shown), _bare(url)
    if one == other or one == _bare(unquote(url)):
        return True
    if other.startswith(one.rstrip("/")) and (after.startswith(("…", "...", "..")) or not after.strip()):
        return True
    return one.startswith(other) and len(one) - len(other) <= 1


def _bare(url: str) -> str:
    text = _SCHEME_PART.sub("", url.strip().lower())
    return unquote(text.removeprefix("www.")).rstrip("/.,;")


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


def _merge(items: list[_Item]) -> tuple[CitedUrl, ...]:
    """Put the places of each URL together; order of first occurrence. Empties *items*, so that none is held twice."""
    merged: dict[str, _Item] = {}
    repeated: dict[str, list[Occurrence]] = {}
    linked = (item for item in items if UrlFlag.IDENTIFIER not in item.flags) if _names_doi(items) else ()
    linked_keys = {key_of(item.url) for item in linked}
    for item in items:
        if linked_keys and UrlFlag.IDENTIFIER in item.flags and key_of(item.url) in linked_keys:
            # The same source stands as a link beside it.
            continue
        known = merged.get(item.url)
        if known is None:
            merged[item.url] = item
            continue
        repeated.setdefault(item.url, [*known.occurrences]).extend(item.occurrences)
        known.flags |= item.flags
        known.shown = known.shown or item.shown
        known.rejoined = known.rejoined or item.rejoined
        known.archive = known.archive or item.archive
    items.clear()
    for url, occurrences in repeated.items():
        merged[url].occurrences = tuple(dict.fromkeys(occurrences))
    return tuple([_cited(merged.pop(url)) for url in list(merged)])


def _names_doi(items: Sequence[_Item]) -> bool:
    return len(items) > 1 and any(UrlFlag.IDENTIFIER in item.flags for item in items)


def _cited(item: _Item) -> CitedUrl:
    return CitedUrl(
        as_cited=item.url,
        occurrences=item.occurrences,
        flags=item.flags,
        shown=item.shown,
        rejoined=item.rejoined,
        archive=item.archive,
        identifier=identifier_of(item.url),
    )


def identifier_of(url: str) -> str | None:
    """Return ``doi:…`` or ``hdl:…`` where *url* is one."""
    if url.startswith("doi:"):
        return "doi:" + unquote(url[4:]).lower()
    if "10." in url and (match := _DOI.search(url)) is not None:
        return "doi:" + unquote(match.group(1)).lower()
    if "andle" in url.lower() and (match := _HANDLE.search(url)) is not None:
        return "hdl:" + unquote(match.group(1))
    return None


def _pair(urls: tuple[CitedUrl, ...], places: dict[str, tuple[int, int]], text: str) -> tuple[CitedUrl, ...]:
    """Say of each archive copy which other URL of the note it archives."""
    if not any(url.archive is not None and url.archive.kind is ArchiveKind.OTHER for url in urls):
        return urls
    has_original = any(url.archive is not None and url.archive.original for url in urls)
    by_key = {key_of(url.as_cited): url.as_cited for url in urls if url.archive is None} if has_original else {}
    paired: list[CitedUrl] = []
    before: CitedUrl | None = None
    for url in urls:
        if url.archive is None or url.archive.kind is not ArchiveKind.OTHER:
            paired.append(url)
            before = url if url.archive is None else before
            continue
        original = url.archive.original
        partner = by_key.get(key_of(original)) if original else None
        if original is None and before is not None:
            between = text[places[before.as_cited][1] : places[url.as_cited][0]][:200]
            if len(between) < 60 or "archiv" in between.lower():
                partner = before.as_cited
        paired.append(replace(url, paired_with=partner) if partner is not None else url)
    return tuple(paired)
