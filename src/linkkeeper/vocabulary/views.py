"""
Views: frozen read models that pages, reports and the command line show.

They are filled by the catalogue port; whatever judges works on the other
values of the vocabulary instead.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

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
    14-digit form of *moment* used in its URI-M. *replay_score* (0 to 1) says how
    like its picture its replay was seen, None while nobody compared them.
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
    replay_score: float | None = None
    replay_words: str | None = None


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
class PinView:
    """Somebody held a link in *state* against the looks; None: let them decide again."""

    moment: datetime
    actor: str
    reason: str
    state: LinkState | None


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
    """
    *capture* is the best one that may be shown, newest first among equals;
    *counted* says how far evidence is counted, ``missing, look 1 of 3``.
    """

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
    counted: str | None = None


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
    """*cited_on* is the note's access date, else the publication date of the analysis."""

    analysis_id: int
    analysis_title: str
    file: str
    label: str | None
    note_text: str | None
    cited_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPage:
    """Everything of one link; *checks*, *captures* and *pins* newest first."""

    summary: LinkSummary
    rule: str
    evidence: dict[str, Any]
    checks: tuple[CheckView, ...]
    captures: tuple[CaptureView, ...]
    cited_in: tuple[CitedIn, ...]
    pins: tuple[PinView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSource:
    """What a memento's page needs of its link: the original's state, all captures ascending, who cites it."""

    link_id: int
    state: LinkState
    since: datetime
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
    """A repair that is proposed, made, undone or refused; *why* in an editor's words, *diff* unified or empty."""

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
    diff: str = ""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """
    A signed-in editor; *csrf* must come back with every form.

    *must_change* is set until a one-time password was replaced by an own one.
    """

    editor_id: int
    name: str
    csrf: str
    must_change: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One answer to :meth:`Decisions.ask`; *problem* is set when the URL was refused."""

    url: str
    capture_id: str | None
    request_state: str | None
    problem: str | None = None
