"""
Repairing one text: find the places, splice, prove; what can't be proven is refused and listed.

Pure: bytes in, bytes out. Carrying a plan out belongs to
:mod:`linkkeeper.relinking.files` and the git tree adapter.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from linkkeeper.relinking import html_splice, markdown, org, plain, rst, wikitext
from linkkeeper.relinking.anchors import ENGLISH, Words
from linkkeeper.relinking.html_places import in_running_text
from linkkeeper.relinking.html_quick import places_of
from linkkeeper.relinking.places import Answer, Cut, Place, Task, join
from linkkeeper.relinking.ports import ReadCitations
from linkkeeper.relinking.prove import proves_html, proves_reading, proves_undo
from linkkeeper.relinking.verbatim import is_within, verbatim_parts
from linkkeeper.relinking.wanted import Wanted, is_identifier
from linkkeeper.vocabulary.citation import OccurrenceForm, Reading, SourceFormat
from linkkeeper.vocabulary.edition import Span
from linkkeeper.vocabulary.relink import (
    CONTEXT_BYTES,
    Edit,
    Refusal,
    RefusalReason,
    Repair,
    RepairPlan,
    RepairPolicy,
)

_SPLICES: dict[SourceFormat, Callable[[Task], Answer]] = {
    SourceFormat.MARKDOWN: markdown.splice,
    SourceFormat.ORG: org.splice,
    SourceFormat.RST: rst.splice,
    SourceFormat.TEXT: plain.add_suffix,
    SourceFormat.WIKITEXT: wikitext.splice,
}
_HTML_FORMS = frozenset({OccurrenceForm.HTML_HREF, OccurrenceForm.HTML_TEXT})
_HTML_START = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*|<\?xml.*?\?>\s*)*<(?:!doctype\s+html|html|head|body)\b", re.S | re.I
)
#: Right before a DOI these make it a target, which a suffix would break.
_BEFORE_TARGET = {SourceFormat.RST: (b"<", b"`"), SourceFormat.WIKITEXT: (b"[",)}
#: A DOI among the words of a link, which stay: behind it the target (reStructuredText), before it (wikitext).
_WORDS_END = re.compile(rb"[^`<>]{0,500}<[^`<>]{1,2000}>`_")
_WORDS_BEGIN = re.compile(rb"\[(?:https?:)?//[^\s\[\]]+[ \t][^\[\]\n]*\Z")
_PACKED = (b"%PDF-", b"PK\x03\x04")
_BYTEWISE_UNSAFE = ("utf-16", "utf-32", "iso-2022")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """
    A text to repair.

    Attributes:
        location: File path or URL that it came from.
        format: Where the caller knows it; None asks the text itself.
        own_bases: Public addresses of ours, so that our own links are known.
    """

    data: bytes
    location: str = ""
    declared_type: str | None = None
    format: SourceFormat | None = None
    own_bases: Sequence[str] = ()
    publisher_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Found:
    """
    Where wanted URLs stand; *prove* parses a new text and compares.

    *refusals* are of URLs without any place that may be changed.
    """

    format: SourceFormat
    encoding: str
    places: Sequence[Place]
    prove: Callable[[bytes, Sequence[Edit]], bool]
    refusals: Sequence[Refusal] = ()


@dataclass(slots=True)
class _Spliced:
    """Answers of the splices, sorted by kind."""

    cuts: list[tuple[Cut, Task]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    repaired: list[Span] = field(default_factory=list)


def plan(
    text: Text,
    repairs: Iterable[Repair],
    *,
    policy: RepairPolicy = RepairPolicy.SWAP_WHEN_DEAD,
    words: Words = ENGLISH,
    read: ReadCitations | None = None,
    notes_only: bool = False,
    wanted: Wanted | None = None,
) -> RepairPlan:
    """
    Plan the repair of one text.

    Args:
        repairs: What each dead URL is to lead to; those that the text does
            not cite are passed over.
        words: In the publication's language.
        read: Reads citations. Needed for every format but HTML; there it
            settles what stands in navigation, comments and the like.
        notes_only: Links of the running text stay as they are.
        wanted: *repairs* made ready for searching, where the caller repairs
            many texts with the same ones.

    Returns:
        Proven new bytes with their edits; refusals, each with its reason.
    """
    wanted = wanted if wanted is not None else Wanted(repairs)
    if policy is RepairPolicy.OFF or not _may_cite(text, wanted, read):
        return RepairPlan(before=text.data, after=text.data, edits=())
    found = _find(text, wanted, read, notes_only=notes_only)
    spliced = _splice_all(text.data, found, wanted, policy=policy, words=words)
    return _proven(text.data, found, spliced)


@dataclass(frozen=True, slots=True)
class Standing:
    """A wanted URL that stands in a text unrepaired; *repair* is the one that wants it."""

    url: str
    repair: Repair
    span: Span
    form: OccurrenceForm


def standing(
    text: Text, repairs: Iterable[Repair], *, read: ReadCitations | None = None, notes_only: bool = False
) -> tuple[Standing, ...]:
    """Find the places of *repairs* that are not repaired yet, ascending; nothing is planned."""
    wanted = Wanted(repairs)
    if not wanted.may_stand_in(text.data):
        return ()
    found = _find(text, wanted, read, notes_only=notes_only)
    spliced = _splice_all(text.data, found, wanted, policy=RepairPolicy.SWAP_WHEN_DEAD, words=ENGLISH)
    done = set(spliced.repaired)
    left = [place for place in found.places if place.span not in done]
    pairs = ((place, wanted.repair_of(place.url)) for place in left)
    return tuple(Standing(place.url, repair, place.span, place.form) for place, repair in pairs if repair is not None)


def looks_like_html(text: Text) -> bool:
    """Tell a whole page by its declared type or its first bytes; a fragment is left to the reader of citations."""
    if text.format is not None:
        return text.format is SourceFormat.HTML
    declared = (text.declared_type or "").partition(";")[0].strip().lower()
    return declared in ("text/html", "application/xhtml+xml") or _HTML_START.match(text.data[:4096]) is not None


def _may_cite(text: Text, wanted: Wanted, read: ReadCitations | None) -> bool:
    """What is packed can't be searched as bytes: it must be read to be listed as what can't be repaired."""
    return (read is not None and text.data.startswith(_PACKED)) or wanted.may_stand_in(text.data)


def _find(text: Text, wanted: Wanted, read: ReadCitations | None, *, notes_only: bool) -> _Found:
    if looks_like_html(text) and not notes_only:
        return _find_in_html(text, wanted, _reader(text, read) if read is not None else None)
    if read is None:
        words = "only HTML pages can be repaired without a reader of citations"
        raise ValueError(words)
    again = _reader(text, read)
    reading = again(text.data)
    if reading.format is SourceFormat.HTML:
        return _find_in_html(text, wanted, again, reading=reading, notes_only=notes_only)
    return _find_by_reading(text, wanted, reading, again, notes_only=notes_only)


def _reader(text: Text, read: ReadCitations) -> Callable[[bytes], Reading]:
    def again(data: bytes) -> Reading:
        return read(
            data,
            location=text.location,
            declared_type=text.declared_type,
            own_bases=text.own_bases,
            publisher_hosts=text.publisher_hosts,
        )

    return again


def _find_in_html(
    text: Text,
    wanted: Wanted,
    read: Callable[[bytes], Reading] | None,
    *,
    reading: Reading | None = None,
    notes_only: bool = False,
) -> _Found:
    found = places_of(text.data, wanted, declared_type=text.declared_type)
    places = list(found.certain)
    asked = [*found.certain, *found.doubtful] if notes_only else found.doubtful
    if asked and read is not None:
        reading = reading or read(text.data)
        cited = {place.span for place in _cited_places(reading, wanted, notes_only=notes_only)}
        kept = [place for place in asked if place.span in cited]
        places = kept if notes_only else sorted([*places, *kept], key=lambda place: place.span.start)

    if read is not None and wanted.identifiers_may_stand_in(text.data):
        # Only a reader of citations tells a cited DOI that stands by itself from the page's own.
        reading = reading or read(text.data)
        named = [place for place in _cited_places(reading, wanted) if is_identifier(place.url)]
        places += in_running_text(text.data, named, declared_type=text.declared_type)
        places = sorted({place.span: place for place in places}.values(), key=lambda place: place.span.start)

    def prove(after: bytes, edits: Sequence[Edit]) -> bool:
        return proves_html(text.data, after, edits, encoding=found.encoding)

    return _Found(SourceFormat.HTML, found.encoding, places, prove)


def _find_by_reading(
    text: Text, wanted: Wanted, reading: Reading, read: Callable[[bytes], Reading], *, notes_only: bool
) -> _Found:
    places = _cited_places(reading, wanted, notes_only=notes_only)

    def prove(after: bytes, edits: Sequence[Edit]) -> bool:
        return proves_reading(reading, after, edits, read)

    kept, left = _by_verbatim(text.data, reading, places)
    refusals = [_packed(url, reading.format) for url in _placeless(reading, wanted)]
    refusals += _verbatim_only(kept, left, wanted)
    return _Found(reading.format, reading.encoding, kept, prove, refusals)


def _by_verbatim(data: bytes, reading: Reading, places: Sequence[Place]) -> tuple[list[Place], list[Place]]:
    """The places that may be changed, and those in code and the like."""
    kept: list[Place] = []
    left: list[Place] = []
    is_bytewise = bool(places) and not reading.encoding.lower().startswith(_BYTEWISE_UNSAFE)
    parts = verbatim_parts(data, reading.format) if is_bytewise else ()
    for place in places:
        (left if is_within(parts, place.span) else kept).append(place)
    return kept, left


def _verbatim_only(kept: Sequence[Place], left: Sequence[Place], wanted: Wanted) -> list[Refusal]:
    """An editor is told of code only where nothing else cites the source: elsewhere it is no citation."""
    elsewhere = {id(wanted.repair_of(place.url)) for place in kept}
    words = "it stands in code or in a tag of the site's generator, which stays as it is"
    return [
        Refusal(url=place.url, reason=RefusalReason.NO_ROOM, words=words, span=place.span)
        for place in left
        if id(wanted.repair_of(place.url)) not in elsewhere
    ]


def _placeless(reading: Reading, wanted: Wanted) -> list[str]:
    """Wanted URLs of formats whose bytes are packed (DOCX, PDF)."""
    cited = [*(url for note in reading.notes for url in note.urls), *reading.links]
    urls = (
        url.as_cited
        for url in cited
        if url.occurrences and all(one.span is None for one in url.occurrences) and wanted.repair_of(url.as_cited)
    )
    return list(dict.fromkeys(urls))


def _cited_places(reading: Reading, wanted: Wanted, *, notes_only: bool = False) -> list[Place]:
    """Places of wanted URLs that a reading names, ascending, each once; repaired ones count by their original."""
    places: dict[tuple[int, int], Place] = {}
    cited = [url for note in reading.notes for url in note.urls]
    for url in cited if notes_only else [*cited, *reading.links]:
        if wanted.repair_of(url.as_cited) is None:
            continue
        for one in url.occurrences:
            if one.span is not None and one.form is not OccurrenceForm.ATTRIBUTE_COPY:
                places[one.span.start, one.span.end] = Place(url.as_cited, one.span, one.form)
    return [places[key] for key in sorted(places)]


def _splice_all(data: bytes, found: _Found, wanted: Wanted, *, policy: RepairPolicy, words: Words) -> _Spliced:
    spliced = _Spliced(refusals=list(found.refusals))
    for place in found.places:
        repair = wanted.repair_of(place.url)
        if repair is None:
            continue
        # While a stranger holds the address, nothing that we write may link it.
        annotate = policy is RepairPolicy.ANNOTATE and not repair.hostile
        task = Task(data=data, encoding=found.encoding, place=place, repair=repair, words=words, annotate=annotate)
        answer = _splice(task, found.format)
        if answer is None:
            spliced.repaired.append(place.span)
        elif isinstance(answer, Refusal):
            spliced.refusals.append(answer)
        else:
            spliced.cuts += [(cut, task) for cut in answer]
    return spliced


def _packed(url: str, format: SourceFormat) -> Refusal:
    words = f"a {format.value.upper()} file can't be repaired in place; repair the text that it is made from"
    return Refusal(url=url, reason=RefusalReason.NO_PLACE, words=words)


def _splice(task: Task, format: SourceFormat) -> Answer:
    if task.place.form in _HTML_FORMS:
        splice: Callable[[Task], Answer] | None = html_splice.splice
    else:
        splice = _SPLICES.get(format)
    if splice is None:
        return _packed(task.place.url, format)
    if splice is not plain.add_suffix and task.encoding.lower().startswith(_BYTEWISE_UNSAFE):
        return task.refuse(
            RefusalReason.UNREADABLE, f"{format.value} in {task.encoding} can't be repaired in place; save it as UTF-8"
        )
    if is_identifier(task.place.url) and format in _BEFORE_TARGET:
        start, end = task.place.span.start, task.place.span.end
        if _WORDS_END.match(task.data, end) or _WORDS_BEGIN.search(task.data, max(0, start - 2_000), start):
            return None
        if task.data[max(0, start - 1) : start] in _BEFORE_TARGET[format]:
            return task.refuse(RefusalReason.NO_ROOM, "it is the target of a link, which takes an address alone")
    return splice(task)


def _proven(data: bytes, found: _Found, spliced: _Spliced) -> RepairPlan:
    cuts, clashes = _apart(spliced.cuts)
    refusals = [*spliced.refusals, *clashes]
    after, edits = _edited(data, cuts)
    if edits and not _holds(data, after, edits, found):
        kept = _most_provable(data, [], _by_place(cuts), found)
        after, edits = _edited(data, kept)
        refusals += [_unproven(group[0][1]) for group in _by_place(cuts) if group[0] not in kept]
    return RepairPlan(
        before=data, after=after, edits=tuple(edits), refusals=tuple(refusals), repaired=tuple(spliced.repaired)
    )


def _holds(data: bytes, after: bytes, edits: Sequence[Edit], found: _Found) -> bool:
    return proves_undo(data, after, edits) and found.prove(after, edits)


_Cuts = list[tuple[Cut, Task]]


def _most_provable(data: bytes, kept: _Cuts, groups: Sequence[_Cuts], found: _Found) -> _Cuts:
    """*kept* and as many of *groups* as can be proven with it, by halving."""
    tried = sorted([*kept, *(pair for group in groups for pair in group)], key=_order)
    if _holds(data, *_edited(data, tried), found):
        return tried
    if len(groups) <= 1:
        return kept
    half = len(groups) // 2
    kept = _most_provable(data, kept, groups[:half], found)
    return _most_provable(data, kept, groups[half:], found)


def _by_place(cuts: Sequence[tuple[Cut, Task]]) -> list[_Cuts]:
    """The cuts of one place stand or fall together (a template's three parameters)."""
    groups: dict[tuple[int, int], _Cuts] = {}
    for cut, task in cuts:
        groups.setdefault((task.place.span.start, task.place.span.end), []).append((cut, task))
    return list(groups.values())


def _order(pair: tuple[Cut, Task]) -> tuple[int, int]:
    return pair[0].span.start, pair[0].span.end


def _unproven(task: Task) -> Refusal:
    words = "parsing the new text again did not show exactly the intended change"
    return task.refuse(RefusalReason.NOT_PROVEN, words)


def _apart(cuts: Sequence[tuple[Cut, Task]]) -> tuple[list[tuple[Cut, Task]], list[Refusal]]:
    """Cuts ascending, without those that reach into another's range."""
    kept: list[tuple[Cut, Task]] = []
    refusals: list[Refusal] = []
    for cut, task in sorted(cuts, key=_order):
        if kept and cut.span.start < kept[-1][0].span.end:
            refusals.append(task.refuse(RefusalReason.AMBIGUOUS, "its place overlaps that of another repair"))
        else:
            kept.append((cut, task))
    return kept, refusals


def _edited(data: bytes, cuts: Sequence[tuple[Cut, Task]]) -> tuple[bytes, Sequence[Edit]]:
    after = join(data, (cut for cut, _ in cuts))
    edits: list[Edit] = []
    shift = 0
    for cut, task in cuts:
        start = cut.span.start + shift
        end = start + len(cut.after)
        edits.append(
            Edit(
                span=cut.span,
                before=cut.span.of(data),
                after=cut.after,
                url=task.place.url,
                uri_m=task.repair.uri_m,
                form=task.place.form,
                why=task.reason,
                left=after[max(0, start - CONTEXT_BYTES) : start],
                right=after[end : end + CONTEXT_BYTES],
                shift=shift,
            )
        )
        shift += len(cut.after) - len(edits[-1].before)
    return after, edits
