"""Records: what the rounds hand to and take from the store."""

from dataclasses import dataclass
from datetime import date, datetime

from linkkeeper.vocabulary.capture import Quality, RequestReason
from linkkeeper.vocabulary.citation import CitedUrl
from linkkeeper.vocabulary.observation import Observation
from linkkeeper.vocabulary.state import LinkState


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRecord:
    """
    A link as the rounds see it.

    Attributes:
        standing: As :meth:`linkkeeper.checks.states.Standing.to_json` wrote it.
        spellings: Other cited fetch forms, first cited first.
        evidence_class: Of the last look that was a row.
    """

    id: int
    identity_key: str
    fetch_form: str
    host: str
    state: LinkState
    standing: str | None
    first_seen_at: datetime
    last_checked_at: datetime | None
    last_ok_at: datetime | None
    next_check_at: datetime | None
    looks: int
    confirmed: bool
    spellings: tuple[str, ...] = ()
    evidence_class: str | None = None
    baseline_id: str | None = None
    browser_look_at: datetime | None = None
    etag: str | None = None
    last_modified: str | None = None
    body_hash: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookResult:
    """
    One judged look, ready to be written.

    Attributes:
        standing: After the look, as JSON; None where it is plain.
        kept: True when the look becomes a row of the history.
    """

    link_id: int
    observation: Observation
    state: LinkState
    since: datetime
    standing: str | None
    next_check_at: datetime | None
    is_ok: bool
    kept: bool
    evidence_class: str
    by_browser: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteContext:
    """What a note says of a source; for matching a capture with it."""

    analysis_id: int
    label: str
    text: str
    passages: tuple[str, ...]
    as_cited: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedRequest:
    """A capture request under our lease; results are accepted only with *token*."""

    id: str
    token: str
    link_id: int
    url: str
    host: str
    reason: RequestReason
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCapture:
    """A published capture (or a "same as" record) about to become a row."""

    id: str
    link_id: int
    url: str
    moment: datetime
    quality: Quality
    reason: str
    directory: str
    files: tuple[str, ...]
    manifest_sha256: str
    total_bytes: int
    title: str | None = None
    media_type: str | None = None
    language: str | None = None
    http_status: int | None = None
    final_url: str | None = None
    text: str = ""
    text_sha256: str | None = None
    note_score: float | None = None
    note_words: str = ""
    confirmed: bool = True
    same_as: str | None = None
    uploaded_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CitationMark:
    """
    By what a citation is known again in another edition.

    Attributes:
        note_text: Empty for a link of the running text.
        kind: ``note``, ``link`` (of the running text) or ``repeat`` (an Ibid.).
        ordinal: Counts citations of the same source and kind, from 0.
    """

    identity_key: str
    note_text: str
    kind: str
    ordinal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCitation:
    """A citation that stands in the store."""

    id: int
    mark: CitationMark


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedCitation:
    """One citation of a reading, with the link that it is of, ready to be stored."""

    note_index: int | None
    position: int
    cited: CitedUrl | None
    fetch_form: str
    identity_key: str
    host: str
    supported: bool
    ordinal: int
    same_as: int | None
    is_repeat: bool = False

    @property
    def kind(self) -> str:
        if self.is_repeat:
            return "repeat"
        return "link" if self.note_index is None else "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedSource:
    id: int
    kind: str
    location: str
    schedule: str
    apply: str
    policy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """
    What somebody decided, kept for ever.

    Attributes:
        kind: ``pin``, ``confirm``, ``access``, ``report``, ``repair``.
        subject: Capture id, URL, or repair id.
        before, after: In words or as the journal has them.
        journal_id: Of the journal line that went before, if there is one.
    """

    moment: datetime
    kind: str
    subject: str
    actor: str
    reason: str
    before: str | None = None
    after: str | None = None
    journal_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedLink:
    """
    One link as one analysis cites it, with all that mending rests on.

    Attributes:
        spellings: As cited, each once, in the order of the text.
        citation_id, label: Of the first citation.
        accessed, published: Of that note, and of the analysis.
        captures: Good ones that anybody may see, ascending by moment.
        externals: Verified mementos of other archives: ``(URI-M, moment)``.
        last_ok_at: Of the last good look.
    """

    analysis_id: int
    link_id: int
    citation_id: int
    label: str | None
    fetch_form: str
    spellings: tuple[str, ...]
    state: LinkState
    since: datetime
    pinned: bool
    first_seen_at: datetime
    last_ok_at: datetime | None
    accessed: date | None
    published: date | None
    captures: tuple["GoodCapture", ...]
    externals: tuple[tuple[str, datetime], ...]
    drift_confirmed: bool = False
    moved_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodCapture:
    """A capture that may be offered as the source."""

    id: str
    moment: datetime
    quality: Quality
    confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A repair as the desk lists it; *state* is proposed, made, undone, waiting, suggested, refused or dismissed."""

    analysis_id: int
    link_id: int
    citation_id: int | None
    file: str
    state: str
    why: str
    uri_m: str | None = None
    capture_id: str | None = None
    diff: str = ""
    who: str | None = None
    file_repair_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCitation:
    """One source as one text cites it, read from the text itself; *label* of the first note that does."""

    identity_key: str
    spellings: tuple[str, ...]
    label: str | None
    accessed: date | None
    published: date | None
