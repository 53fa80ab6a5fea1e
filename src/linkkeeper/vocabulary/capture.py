"""Captures: one visit to a source, its exchanges and its renderings."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path


class Quality(StrEnum):
    COMPLETE = "complete"
    PARTIAL = "partial"
    BLOCKED = "blocked"
    LOGIN_WALL = "login_wall"
    CONSENT_WALL = "consent_wall"
    EMPTY = "empty"
    ERROR = "error"


#: Qualities that may be offered to readers as the source.
SHOWN_QUALITIES = frozenset({Quality.COMPLETE, Quality.PARTIAL})


class RequestState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RequestReason(StrEnum):
    """Why a capture was asked for; with its priority in :data:`PRIORITIES`."""

    EDITOR = "editor"
    FIRST_SEEN = "first_seen"
    RETRY = "retry"
    CITED_AGAIN = "cited_again"
    CHANGED = "changed"


#: Higher goes first; an editor's request before everything else.
PRIORITIES = {
    RequestReason.EDITOR: 100,
    RequestReason.FIRST_SEEN: 50,
    RequestReason.CHANGED: 40,
    RequestReason.CITED_AGAIN: 20,
    RequestReason.RETRY: 10,
}


class Truncation(StrEnum):
    """Values of ``WARC-Truncated`` (WARC 1.1 section 5.13)."""

    LENGTH = "length"
    TIME = "time"
    DISCONNECT = "disconnect"
    UNSPECIFIED = "unspecified"


class AccessLevel(StrEnum):
    OPEN = "open"
    PRIVATE = "private"
    EMBARGO = "embargo"
    TAKEDOWN = "takedown"


@dataclass(frozen=True, slots=True)
class Body:
    """
    Bytes of a message body as received, chunk framing included.

    Exactly one of *data* (small) and *path* (spooled to a file that the
    recorder owns until the sink has taken it) is set.
    """

    length: int
    data: bytes | None = None
    path: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """
    One request and its response as they went over the wire.

    Attributes:
        url: Absolute target URI without fragment.
        moment: System clock at the first byte of the response.
        request_head, response_head: Request/status line and header lines,
            exactly as sent and received, ending with the empty line.
        address: IP address connected to.
        protocol: ``http/1.1``, ``http/1.0`` or ``websocket``.
        status: Of the response.
        tls_version, tls_cipher: None for plain HTTP.
        truncated: Why the response body is not whole; None when it is.
        main: True for the visit's main resource (after redirects).
    """

    url: str
    moment: datetime
    request_head: bytes
    request_body: Body
    response_head: bytes
    response_body: Body
    address: str
    protocol: str
    status: int
    tls_version: str | None = None
    tls_cipher: str | None = None
    truncated: Truncation | None = None
    main: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeFailure:
    """A sub-request that got no response, or was refused by the gate."""

    url: str
    moment: datetime
    reason: str
    refused_by_gate: bool = False


class StepOutcome(StrEnum):
    DONE = "done"
    SKIPPED = "skipped"
    TIMED_OUT = "timed_out"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReport:
    """How one step of a visit went; *detail* is a sentence for an editor."""

    name: str
    outcome: StepOutcome
    elapsed_s: float
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMetadata:
    """What the rendered page says of itself."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None
    modified: str | None = None
    language: str | None = None
    canonical_url: str | None = None
    media_type: str | None = None
