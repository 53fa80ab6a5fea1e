"""Mementos: archived, addressable captures, ours or another archive's."""

from dataclasses import dataclass
from datetime import datetime

from linkkeeper.vocabulary.capture import Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Memento:
    """
    One memento of one original.

    Attributes:
        uri_r: The original.
        uri_m: Where it is shown; absolute, or None for a capture of our own
            while ``[web] public_url`` is unset.
        moment: Memento-Datetime.
        capture_id: Of our own capture; None for another archive's.
        verified: For another archive's: fetched and found to be the source.
        confirmed: Matches its note (the baseline rule) or an editor said so.
    """

    uri_r: str
    uri_m: str | None
    moment: datetime
    capture_id: str | None = None
    quality: Quality = Quality.COMPLETE
    verified: bool = False
    confirmed: bool = True


def memento_path(timestamp: str, url: str, *, modifier: str = "") -> str:
    """
    Return the path of the page that shows a capture of our own.

    Args:
        timestamp: 14 digits, of the capture's main response.
        url: Fetch form.
        modifier: Two letters with their underscore, as archives write
            them, for one way of seeing it (``pd_`` for the PDF).
    """
    head, mark, fragment = url.partition("#")
    # A client route is part of what is meant, but a browser would not send it.
    escaped = f"{head}%23{fragment}" if fragment.startswith(("!", "/")) else head + mark + fragment
    return f"/web/{timestamp}{modifier}/{escaped}"
