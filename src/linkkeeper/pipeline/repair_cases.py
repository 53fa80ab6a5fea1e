"""What is known of links turned into the cases that relinking decides."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from linkkeeper.pipeline.repair_files import PublishedFile
from linkkeeper.relinking.decide import Case, RepairDecision, decide
from linkkeeper.relinking.files import location_of, repaired_urls
from linkkeeper.relinking.ports import ReadCitations, RepairJournal
from linkkeeper.vocabulary.citation import CitedUrl, Reading
from linkkeeper.vocabulary.memento import Memento
from linkkeeper.vocabulary.moment import Clock
from linkkeeper.vocabulary.records import CitedLink, FileCitation, FollowedSource, GoodCapture
from linkkeeper.vocabulary.relink import Apply, RepairPolicy
from linkkeeper.vocabulary.uri import UnusableUrl, fetch_form, identity_key

#: Two good looks on different days prove that a source is back for good.
SECOND_PROOF_AFTER = timedelta(hours=20)

#: The public address of a capture of ours, or None while there is none.
UriM = Callable[[GoodCapture, str], str | None]


class LinkKnowledge(Protocol):
    """Satisfied by :class:`linkkeeper.adapters.sqlmodel_repairs.SqlRepairs`."""

    def known_links(self, citations: Sequence[FileCitation], *, now: datetime) -> Sequence[CitedLink]: ...
    def source_of(self, location: str) -> FollowedSource | None: ...


class KnownFromStore:
    """Satisfies :class:`linkkeeper.pipeline.repair_files.KnownRepairs` with what the store knows, for any file."""

    def __init__(
        self,
        *,
        ledger: LinkKnowledge,
        journal: RepairJournal,
        read: ReadCitations,
        uri_m: UriM,
        own_bases: Sequence[str],
        clock: Clock,
        policy: RepairPolicy,
    ) -> None:
        self._ledger = ledger
        self.journal = journal
        self._read = read
        self._uri_m = uri_m
        self._own_bases = own_bases
        self._clock = clock
        self._policy = policy

    def decisions_for(self, file: PublishedFile, data: bytes) -> Sequence[RepairDecision]:
        reading = self._read(data, location=str(file.path), own_bases=self._own_bases)
        repaired = repaired_urls(data, self.journal.repairs_of(location_of(file.path)))
        policy = self.policy_for(file)
        links = self._ledger.known_links(file_citations(reading), now=self._clock.now())
        return [
            decide(case_of(link, self._uri_m, policy=policy, apply=Apply.PROPOSE, repaired=repaired)) for link in links
        ]

    def policy_for(self, file: PublishedFile) -> RepairPolicy:
        source = self._ledger.source_of(str(file.path.absolute()))
        return RepairPolicy(source.policy) if source else self._policy


def file_citations(reading: Reading) -> list[FileCitation]:
    """Each cited source of a reading once, with its spellings and the dates to match."""
    found: dict[str, FileCitation] = {}
    for note in reading.notes:
        for cited in note.urls:
            _add(found, cited, label=note.label, accessed=note.accessed, published=reading.published)
    for cited in reading.links:
        _add(found, cited, label=None, accessed=None, published=reading.published)
    return list(found.values())


def _add(
    found: dict[str, FileCitation], cited: CitedUrl, *, label: str | None, accessed: date | None, published: date | None
) -> None:
    try:
        key = identity_key(fetch_form(cited.as_cited))
    except UnusableUrl:
        return
    known = found.get(key)
    found[key] = FileCitation(
        identity_key=key,
        spellings=tuple(dict.fromkeys((*(known.spellings if known else ()), cited.as_cited))),
        label=known.label if known else label,
        accessed=known.accessed if known and known.accessed else accessed,
        published=published,
    )


def case_of(link: CitedLink, uri_m: UriM, *, policy: RepairPolicy, apply: Apply, repaired: frozenset[str]) -> Case:
    """The case of one link in one text; *repaired* are URLs whose repair stands in it."""
    own = [
        Memento(
            uri_r=link.fetch_form,
            uri_m=uri_m(capture, link.fetch_form),
            moment=capture.moment,
            capture_id=capture.id,
            quality=capture.quality,
            confirmed=capture.confirmed,
        )
        for capture in link.captures
    ]
    others = [
        Memento(uri_r=link.fetch_form, uri_m=address, moment=moment, verified=True)
        for address, moment in link.externals
    ]
    return Case(
        url=link.spellings[0],
        spellings=link.spellings[1:],
        state=link.state,
        since=link.since,
        first_seen=link.first_seen_at,
        mementos=(*own, *others),
        pinned=link.pinned,
        drift_confirmed=link.drift_confirmed,
        moved_to=link.moved_to,
        accessed=link.accessed,
        published=link.published,
        repaired=any(url in repaired for url in (link.fetch_form, *link.spellings)),
        good_looks=_good_looks(link),
        policy=policy,
        apply=apply,
    )


def _good_looks(link: CitedLink) -> int:
    if link.last_ok_at is None:
        return 0
    return 2 if link.last_ok_at - link.since >= SECOND_PROOF_AFTER else 1
