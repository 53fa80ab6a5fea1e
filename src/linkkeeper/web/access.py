"""Who may see a capture: open, or dark with the words of its tombstone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from linkkeeper.pipeline.catalogue import Catalogue
from linkkeeper.vocabulary.capture import AccessLevel
from linkkeeper.vocabulary.views import CaptureView

UNAVAILABLE_FOR_LEGAL_REASONS = 451
FORBIDDEN = 403


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """What stands in the place of a capture that is withheld."""

    status: int
    title: str
    words: str


def effective_level(capture: CaptureView, now: datetime) -> AccessLevel:
    """The access level in force at *now*: an embargo ends by itself."""
    if capture.access is AccessLevel.EMBARGO and capture.access_until is not None and capture.access_until <= now:
        return AccessLevel.OPEN
    return capture.access


def tombstone(capture: CaptureView, now: datetime) -> Tombstone | None:
    """The tombstone of *capture*, or None while it is open."""
    match effective_level(capture, now):
        case AccessLevel.OPEN:
            return None
        case AccessLevel.TAKEDOWN:
            return Tombstone(
                status=UNAVAILABLE_FOR_LEGAL_REASONS,
                title="Taken down",
                words="This capture was taken down after a request and is no longer shown.",
            )
        case AccessLevel.EMBARGO:
            until = f" until {capture.access_until:%-d %B %Y}" if capture.access_until else ""
            return Tombstone(
                status=FORBIDDEN, title="Under embargo", words=f"This capture is kept, but not shown{until}."
            )
        case AccessLevel.PRIVATE:
            return Tombstone(
                status=FORBIDDEN, title="Not public", words="This capture is kept, but not shown to the public."
            )


def holder(catalogue: Catalogue, capture: CaptureView, *, among: Iterable[CaptureView] = ()) -> CaptureView | None:
    """The capture that holds the bytes shown for *capture*: itself, or the one that it is the same as."""
    if not capture.same_as:
        return capture
    near = next((one for one in among if one.id == capture.same_as), None)
    return near or catalogue.capture(capture.same_as)


def shown_or_tombstone(
    catalogue: Catalogue, capture: CaptureView, now: datetime, *, among: Iterable[CaptureView] = ()
) -> Tombstone | None:
    """
    As :func:`tombstone`; a "same as" row is dark when the capture that holds its bytes is.

    Args:
        among: Captures that are read already; only another one has to be asked for.
    """
    own = tombstone(capture, now)
    if own or not capture.same_as:
        return own
    held_by = holder(catalogue, capture, among=among)
    return tombstone(held_by, now) if held_by else None
