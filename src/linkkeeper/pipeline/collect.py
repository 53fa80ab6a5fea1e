"""Collect: an edition is kept, read, and its citations become rows; new links ask for their first capture."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, Protocol

from linkkeeper.pipeline.ports import AnalysisLedger, CaptureLedger, EditionShelf
from linkkeeper.vocabulary.capture import RequestReason
from linkkeeper.vocabulary.citation import ArchiveKind, CitedUrl, Note, Reading
from linkkeeper.vocabulary.edition import Edition
from linkkeeper.vocabulary.moment import Clock
from linkkeeper.vocabulary.records import CitationMark, CollectedCitation, StoredCitation
from linkkeeper.vocabulary.uri import (
    UnusableUrl,
    fetch_form,
    host_of,
    identity_key,
    is_supported,
    politeness_key,
)

#: Told which stored citation each new one is: ids or None, in the order of the new ones.
SameCitations = Callable[[Sequence[StoredCitation], Sequence[CitationMark]], Sequence[int | None]]


class ReadEdition(Protocol):
    """Satisfied by :func:`linkkeeper.citations.read.read`, its bases and hosts bound."""

    def __call__(self, data: bytes, *, location: str, declared_type: str | None = None) -> Reading: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """A cited URL that no browser could open; reported, never silently dropped."""

    label: str | None
    as_cited: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What came of one edition; not *changed* where its bytes were known already."""

    changed: bool
    unusable: tuple[Unusable, ...] = ()


class Collector:
    """
    Takes in editions.

    Args:
        scope: ``all`` counts links of the running text as citations too.
        recapture_after: A link that another analysis cites again is captured
            again when its last good capture is older.
    """

    def __init__(
        self,
        *,
        ledger: AnalysisLedger,
        captures: CaptureLedger,
        shelf: EditionShelf,
        read: ReadEdition,
        same: SameCitations,
        clock: Clock,
        scope: Literal["all", "notes"],
        recapture_after: timedelta,
    ) -> None:
        self._ledger = ledger
        self._captures = captures
        self._shelf = shelf
        self._read = read
        self._same = same
        self._clock = clock
        self._scope = scope
        self._recapture_after = recapture_after

    def take_in(self, edition: Edition, *, source_id: int | None = None) -> Collected:
        """
        Keep, read and store one edition; the same bytes again change nothing but which source holds them.

        Raises:
            InputError: the bytes are no analysis.
            StorageError: they can't be kept.
        """
        analysis_id = self._ledger.analysis_id(edition.location)
        if analysis_id is not None and self._ledger.current_edition(edition.location) == edition.sha256:
            if source_id is not None:
                self._ledger.belong_to(analysis_id, source_id=source_id)
            return Collected(changed=False)
        reading = self._read(edition.data, location=edition.location, declared_type=edition.declared_type)
        self._shelf.keep(edition)
        citations, unusable = self._citations(reading, edition.location)
        again = self._ledger.store(edition, reading, citations, source_id=source_id)
        self._renew_captures(again)
        return Collected(changed=True, unusable=unusable)

    def _citations(self, reading: Reading, location: str) -> tuple[list[CollectedCitation], tuple[Unusable, ...]]:
        found: list[CollectedCitation] = []
        unusable: list[Unusable] = []
        for note_index, cited, is_repeat in _flattened(reading, with_links=self._scope == "all"):
            try:
                found.append(_collected(cited, note_index=note_index, position=len(found), is_repeat=is_repeat))
            except UnusableUrl as error:
                label = None if note_index is None else reading.notes[note_index].label
                unusable.append(Unusable(label=label, as_cited=cited.as_cited, reason=str(error)))
        numbered = _numbered(found)
        wanted = [
            CitationMark(
                identity_key=item.identity_key,
                note_text="" if item.note_index is None else reading.notes[item.note_index].text,
                kind=item.kind,
                ordinal=item.ordinal,
            )
            for item in numbered
        ]
        same = self._same(self._ledger.citations_at(location), wanted)
        return [replace(item, same_as=known) for item, known in zip(numbered, same, strict=True)], tuple(unusable)

    def _renew_captures(self, links: Sequence[int]) -> None:
        now = self._clock.now()
        for link_id in links:
            last = self._captures.last_capture_moment(link_id)
            if last is None or now - last > self._recapture_after:
                self._captures.ask(link_id, reason=RequestReason.CITED_AGAIN, now=now)


def _flattened(reading: Reading, *, with_links: bool) -> Iterator[tuple[int | None, CitedUrl, bool]]:
    """Note index (None for the running text), the URL, and whether the note only repeats it."""
    #: Of several notes with one label (each chapter counts from one) the last before a note is meant.
    by_label: dict[str, Note] = {}
    for index, note in enumerate(reading.notes):
        for cited in note.urls:
            yield index, cited, False
        source = by_label.get(note.same_source_as) if note.same_source_as else None
        if source is not None and not note.urls and source.urls:
            # An Ibid. means the source named last before it.
            yield index, source.urls[-1], True
        by_label[note.label] = note
    if with_links:
        for cited in reading.links:
            yield None, cited, False


def _collected(cited: CitedUrl, *, note_index: int | None, position: int, is_repeat: bool) -> CollectedCitation:
    fetch = fetch_form(_source_of(cited))
    return CollectedCitation(
        note_index=note_index,
        position=position,
        cited=None if is_repeat else cited,
        fetch_form=fetch,
        identity_key=identity_key(fetch),
        host=politeness_key(host_of(fetch)),
        supported=is_supported(fetch),
        ordinal=0,
        same_as=None,
        is_repeat=is_repeat,
    )


def _source_of(cited: CitedUrl) -> str:
    """What a citation means: for an archived link of ours the URL that it stands for."""
    archive = cited.archive
    if archive is not None and archive.kind is ArchiveKind.OURS and archive.original:
        return archive.original
    return cited.as_cited


def _numbered(citations: Sequence[CollectedCitation]) -> list[CollectedCitation]:
    """Number citations of the same source and kind, so that the n-th stays the n-th across editions."""
    seen: dict[tuple[str, str], int] = {}
    numbered = []
    for item in citations:
        key = (item.identity_key, item.kind)
        seen[key] = seen.get(key, -1) + 1
        numbered.append(replace(item, ordinal=seen[key]))
    return numbered
