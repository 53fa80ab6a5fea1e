"""
The catalogue: frozen read models for pages, reports and the command line.

Pages that only show take these; whatever judges works on the vocabulary's
values instead. Satisfied by :mod:`linkkeeper.adapters.sqlmodel_catalogue`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from linkkeeper.vocabulary.capture import AccessLevel, Quality, RequestReason, RequestState
from linkkeeper.vocabulary.observation import ObservationKind
from linkkeeper.vocabulary.state import LinkState

StateCounts = tuple[tuple[LinkState, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """A followed source of analyses; *removed_at* is set once it is no longer followed."""

    id: int
    kind: str
    location: str
    schedule: str
    apply: str
    policy: str
    added_at: datetime
    last_polled_at: datetime | None
    next_poll_at: datetime | None
    last_error: str | None
    analyses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisSummary:
    """*counts* are of distinct links by state; *changed_at* is the last change of one of their states."""

    id: int
    title: str
    location: str
    published: date | None
    first_seen_at: datetime
    notes: int
    links: int
    counts: StateCounts
    changed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureView:
    """
    A capture, or a "same as" row (*same_as* names the capture that holds the bytes).

    *files* are names in *directory* (relative to storage). *timestamp* is the
    14-digit form of *moment* used in its URI-M.
    """

    id: str
    link_id: int
    url: str
    moment: datetime
    timestamp: str
    quality: Quality
    reason: str
    title: str | None
    media_type: str | None
    language: str | None
    http_status: int | None
    access: AccessLevel
    access_until: datetime | None
    access_reason: str | None
    directory: str
    files: tuple[str, ...]
    manifest_sha256: str
    total_bytes: int
    confirmed: bool
    note_words: str
    same_as: str | None
    uploaded_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """One stored look; *state* is the link's state after it."""

    moment: datetime
    observation: ObservationKind
    rule: str
    http_status: int | None
    final_url: str | None
    evidence: dict[str, Any]
    state: LinkState
    void: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CitationView:
    """
    A citation as its note shows it.

    *as_cited* is empty for an Ibid., whose source is *link*.
    """

    id: int
    as_cited: str
    link: "LinkSummary"
    is_repeat: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSummary:
    """*capture* is the best one that may be shown, newest first among equals."""

    id: int
    url: str
    host: str
    state: LinkState
    since: datetime
    words: str
    pinned: bool
    confirmed: bool
    last_checked_at: datetime | None
    last_ok_at: datetime | None
    next_check_at: datetime | None
    capture: CaptureView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteView:
    """*citations* in the note's order, the resolved source of an Ibid. among them."""

    id: int
    label: str
    text: str
    ibid_of: str | None
    citations: tuple[CitationView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisPage:
    """An analysis with its notes and, apart, the links of its running text."""

    summary: AnalysisSummary
    notes: tuple[NoteView, ...]
    links: tuple[CitationView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedIn:
    analysis_id: int
    analysis_title: str
    file: str
    label: str | None
    note_text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPage:
    """Everything of one link; *checks* and *captures* newest first."""

    summary: LinkSummary
    rule: str
    evidence: dict[str, Any]
    checks: tuple[CheckView, ...]
    captures: tuple[CaptureView, ...]
    cited_in: tuple[CitedIn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSummary:
    """*backoff_until* is set while the host asked us to wait."""

    key: str
    links: int
    counts: StateCounts
    backoff_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    name: str
    outcome: str
    elapsed_s: float
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """A request for a capture; its id is the capture's. *quality* is set once it ended."""

    capture_id: str
    link_id: int
    url: str
    state: RequestState
    reason: RequestReason
    attempt: int
    requested_by: str | None
    created_at: datetime
    ended_at: datetime | None
    words: str
    steps: tuple[StepView, ...]
    capture: CaptureView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairView:
    """A repair that is proposed, made, undone or refused; *why* in an editor's words."""

    id: int
    analysis_id: int
    file: str
    label: str | None
    url: str
    uri_m: str | None
    state: str
    why: str
    who: str | None
    moment: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A search hit: *kind* is ``analysis``, ``link`` or ``capture``; *snippet* is plain text."""

    kind: str
    key: str
    title: str
    snippet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatesOn:
    """How many links were in each state at the end of one day; for plots."""

    day: date
    counts: StateCounts


class Catalogue(Protocol):
    """Reading only; every method is one short read transaction. Unknown ids give None."""

    def sources(self) -> Sequence[SourceView]: ...
    def analyses(self, *, limit: int = 200, offset: int = 0) -> Sequence[AnalysisSummary]: ...
    def analysis(self, analysis_id: int) -> AnalysisPage | None: ...
    def analysis_at(self, location: str) -> AnalysisPage | None: ...
    def link(self, link_id: int) -> LinkPage | None: ...
    def link_of_url(self, url: str) -> LinkPage | None:
        """By identity key of *url*, in any of its cited spellings."""
        ...

    def links(
        self, *, state: LinkState | None = None, host: str | None = None, limit: int = 200, offset: int = 0
    ) -> Sequence[LinkSummary]: ...
    def hosts(self, *, limit: int = 200) -> Sequence[HostSummary]: ...
    def host(self, key: str) -> HostSummary | None: ...
    def capture(self, capture_id: str) -> CaptureView | None: ...
    def captures_of_url(self, url: str) -> Sequence[CaptureView]:
        """All captures of *url*'s link, ascending by moment, withheld ones included."""
        ...

    def captures(self, *, limit: int = 100, offset: int = 0) -> Sequence[CaptureView]: ...
    def request(self, capture_id: str) -> RequestView | None: ...
    def requests(self, *, state: RequestState | None = None, limit: int = 100) -> Sequence[RequestView]:
        """Newest first; waiting and running before ended ones."""
        ...

    def repairs(self, *, state: str | None = None, limit: int = 200) -> Sequence[RepairView]: ...
    def counts(self) -> StateCounts: ...
    def states_over_time(
        self, *, analysis_id: int | None = None, link_id: int | None = None, host: str | None = None, days: int = 90
    ) -> Sequence[StatesOn]: ...
    def search(self, words: str, *, limit: int = 50) -> Sequence[Finding]: ...
