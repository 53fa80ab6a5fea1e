"""The words of the pages: states, qualities and moments as readers see them."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from linkkeeper.replay.likeness import GOOD_LIKENESS
from linkkeeper.vocabulary.capture import Quality, RequestReason, RequestState
from linkkeeper.vocabulary.state import LinkState
from linkkeeper.vocabulary.views import CaptureView


@dataclass(frozen=True, slots=True)
class StateWords:
    """
    A state as a reader meets it.

    Attributes:
        label: One or two words, for a mark.
        sentence: About the original, to follow "The original".
        symbol: Says the same without colour.
        tone: ``good``, ``fair``, ``poor`` or ``none``; picks the colour.
    """

    label: str
    sentence: str
    symbol: str
    tone: str


STATES = {
    LinkState.NEW: StateWords("not checked", "has not been checked yet", "○", "none"),
    LinkState.ALIVE: StateWords("alive", "is still there", "●", "good"),
    LinkState.REDIRECTED: StateWords("redirected", "is still there, at another address", "↪", "good"),
    LinkState.MOVED: StateWords("moved", "has moved to another address", "➜", "fair"),
    LinkState.EDITED: StateWords("edited", "is still there, but was edited", "✎", "fair"),
    LinkState.DRIFTED: StateWords("changed", "now shows something else than when it was cited", "≠", "poor"),
    LinkState.RESTRICTED: StateWords("restricted", "now asks for a login or payment", "⚿", "fair"),
    LinkState.BLOCKED: StateWords("not checkable", "refuses automatic checks; it may well be there", "⊘", "none"),
    LinkState.FAILING: StateWords("failing", "could not be reached lately", "!", "fair"),
    LinkState.SOFT_404: StateWords("gone", "is gone: its address shows an error page", "✕", "poor"),
    LinkState.PARKED: StateWords("domain parked", "is gone: its domain is for sale or shows advertising", "✕", "poor"),
    LinkState.USURPED: StateWords("taken over", "is gone: somebody else's content is on its address", "⚠", "poor"),
    LinkState.DEAD: StateWords("dead", "is gone", "✕", "poor"),
    LinkState.NEVER_EXISTED: StateWords("never existed", "was never found at this address", "?", "none"),
}

#: Order of states in bars and plots: the good ones first.
STATE_ORDER = tuple(STATES)

QUALITIES = {
    Quality.COMPLETE: StateWords("complete", "This capture is complete.", "●", "good"),
    Quality.PARTIAL: StateWords(
        "partial", "This capture is not complete: some parts of the page are missing.", "◐", "fair"
    ),
    Quality.BLOCKED: StateWords(
        "blocked", "The site refused our visit: this shows its refusal, not the source.", "⊘", "poor"
    ),
    Quality.LOGIN_WALL: StateWords(
        "login wall", "The site asked for a login: this may not show the source.", "⚿", "poor"
    ),
    Quality.CONSENT_WALL: StateWords(
        "consent wall", "A consent form covered the page: this may not show the source.", "▣", "fair"
    ),
    Quality.EMPTY: StateWords("empty", "The page stayed empty when it was captured.", "○", "poor"),
    Quality.ERROR: StateWords(
        "error page", "The site answered with an error: this shows its error page, not the source.", "✕", "poor"
    ),
}

REQUEST_STATES = {
    RequestState.WAITING: StateWords("waiting", "waits for its turn", "○", "none"),
    RequestState.RUNNING: StateWords("running", "is being captured", "◔", "fair"),
    RequestState.DONE: StateWords("done", "was captured", "●", "good"),
    RequestState.FAILED: StateWords("failed", "could not be captured", "✕", "poor"),
    RequestState.CANCELLED: StateWords("cancelled", "was cancelled", "–", "none"),
}

REQUEST_REASONS = {
    RequestReason.EDITOR: "an editor asked",
    RequestReason.FIRST_SEEN: "first seen",
    RequestReason.RETRY: "another try",
    RequestReason.CITED_AGAIN: "cited again",
    RequestReason.CHANGED: "the source changed",
}

REPAIR_STATES = {
    "proposed": StateWords("proposed", "waits for an editor", "○", "fair"),
    "approved": StateWords("approved", "will be made", "◔", "fair"),
    "made": StateWords("made", "stands in the published text", "●", "good"),
    "undone": StateWords("undone", "was taken back", "↩", "none"),
    "dismissed": StateWords("dismissed", "was dismissed", "–", "none"),
    "refused": StateWords("refused", "could not be proven safe", "⊘", "poor"),
    "waiting": StateWords("waiting", "waits for the setting web.public_url", "○", "none"),
}


GOOD_REPLAY = StateWords("like the picture", "", "●", "good")
BAD_REPLAY = StateWords("not like the picture", "", "✕", "poor")
UNSEEN_REPLAY = StateWords("not compared yet", "", "○", "none")
NO_REPLAY = StateWords("can't be compared", "", "–", "none")


def replay_words(capture: CaptureView) -> StateWords:
    """How well a capture replays, as far as that was seen; with the score, of 1."""
    score = capture.replay_score
    if score is None:
        return NO_REPLAY if capture.replay_words else UNSEEN_REPLAY
    said = GOOD_REPLAY if score >= GOOD_LIKENESS else BAD_REPLAY
    return replace(said, label=f"{said.label} ({score:.2f})")


def repair_words(state: str) -> StateWords:
    return REPAIR_STATES.get(state, StateWords(state.replace("_", " "), "", "○", "none"))


def day(moment: datetime | date) -> str:
    """``22 November 2026``, in UTC."""
    if isinstance(moment, datetime):
        moment = moment.astimezone(UTC)
    return f"{moment.day} {moment:%B %Y}"


def minute(moment: datetime) -> str:
    """``22 November 2026, 09:00 UTC``."""
    return f"{day(moment)}, {moment.astimezone(UTC):%H:%M} UTC"


def size(count: int) -> str:
    """A number of bytes as ``340 kB`` or ``2.1 MB``."""
    if count < 1_000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{count / 1_000:.0f} kB"
    return f"{count / 1_000_000:.1f} MB"


def title_of(capture: CaptureView) -> str:
    """What to call a capture: the page's own title, else its address."""
    return (capture.title or "").strip() or capture.url
