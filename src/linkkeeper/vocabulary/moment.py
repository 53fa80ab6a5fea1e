"""Moments are aware UTC instants in code; timestamps are their 14-digit form in addresses."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Gives the moment of looks, states, due times, edits and the pages' "now"."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def utc(moment: datetime) -> datetime:
    """
    Return *moment* in UTC.

    Raises:
        ValueError: *moment* is naive.
    """
    if moment.tzinfo is None:
        raise ValueError(f"naive moment {moment!r}: give it a time zone")
    return moment.astimezone(UTC)


def to_timestamp(moment: datetime) -> str:
    """Return the 14-digit timestamp (YYYYMMDDhhmmss, UTC) used in URI-Ms."""
    return utc(moment).strftime("%Y%m%d%H%M%S")


def from_timestamp(text: str) -> datetime:
    """
    Read a 14-digit timestamp.

    Raises:
        ValueError: *text* is not 14 digits or no real date.
    """
    if len(text) != 14 or not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text!r} is not a 14-digit timestamp")
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def to_iso(moment: datetime) -> str:
    """Return ISO 8601 in UTC with second precision, as all JSON of linkkeeper has it."""
    return utc(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_iso(text: str) -> datetime:
    """
    Read an ISO 8601 moment with an offset or ``Z``.

    Raises:
        ValueError: not ISO 8601, or without an offset.
    """
    return utc(datetime.fromisoformat(text))
