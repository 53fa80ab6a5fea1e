"""Observations: the facts of one look at a source."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any


class ObservationKind(StrEnum):
    """What one look found; exactly one per look. Rules in :mod:`linkkeeper.checks.judge`."""

    OK = "ok"
    EDITED = "edited"
    DRIFTED = "drifted"
    MOVED = "moved"
    HOME_REDIRECT = "home_redirect"
    LOGIN = "login"
    USURPED_SUSPECT = "usurped_suspect"
    MISSING = "missing"
    GONE = "gone"
    LEGAL = "legal"
    FORBIDDEN = "forbidden"
    BLOCKED = "blocked"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    EMPTY = "empty"
    JS_SHELL = "js_shell"
    SOFT_404_SUSPECT = "soft_404_suspect"
    SOFT_404 = "soft_404"
    PARKED = "parked"
    DNS_MISSING = "dns_missing"
    DNS_FAILING = "dns_failing"
    REFUSED = "refused"
    NO_ROUTE = "no_route"
    RESET = "reset"
    TIMEOUT = "timeout"
    REDIRECT_LOOP = "redirect_loop"
    TLS_EXPIRED = "tls_expired"
    TLS_WRONG_HOST = "tls_wrong_host"
    TLS_SELF_SIGNED = "tls_self_signed"
    TLS_CHAIN = "tls_chain"
    TLS_OLD = "tls_old"
    UNSUPPORTED = "unsupported"
    FORBIDDEN_ADDRESS = "forbidden_address"
    PROXY_ERROR = "proxy_error"


@dataclass(frozen=True, slots=True)
class Hop:
    """One redirect: the address that answered with *status* and pointed on."""

    url: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """
    Why an observation was made, in an editor's words (*words*) and as facts.

    Every fact is optional: only what the rule rested on, or what a later
    reader needs to judge it again, is set. *target* is the address that a
    short form stands for. *simhash* names the version of its hashes before a
    colon: two of different versions have nothing to say to each other.
    """

    words: str
    phase: str | None = None
    errno: int | None = None
    verify_code: int | None = None
    vendor: str | None = None
    geography: bool | None = None
    marks: tuple[str, ...] = ()
    retry_after_s: int | None = None
    siblings: tuple[str, ...] = ()
    kept_share: float | None = None
    title_likeness: float | None = None
    links_kept: float | None = None
    note_score: float | None = None
    quote_found: bool | None = None
    title: str | None = None
    word_count: int | None = None
    content_type: str | None = None
    content_length: int | None = None
    body_sha256: str | None = None
    simhash: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    server: str | None = None
    address: str | None = None
    tls_expires: str | None = None
    content_behind_tls: bool | None = None
    by_browser: bool | None = None
    patient: bool | None = None
    target: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Only the facts that are set, JSON-ready."""
        pairs = ((item.name, getattr(self, item.name)) for item in fields(self))
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in pairs if value not in (None, ())
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Evidence":
        """The inverse of :meth:`as_json`; unknown facts of a newer release are left out."""
        known = {item.name for item in fields(cls)}
        kept: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in data.items() if key in known
        }
        return cls(**kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """
    The outcome of one look.

    Attributes:
        url: The fetch form that was asked.
        moment: Of the look, by the clock port.
        rule: ``name@version`` of the rule that decided.
        http_status: Of the last answer; None where none came.
        final_url: Where the look ended; None where it never got an answer.
        redirects: Each hop before the last answer, in order.
        elapsed_s: Wall time of the look in seconds.
        void: True when our own network was in doubt: never evidence.
    """

    url: str
    moment: datetime
    kind: ObservationKind
    rule: str
    evidence: Evidence
    http_status: int | None = None
    final_url: str | None = None
    redirects: tuple[Hop, ...] = ()
    elapsed_s: float = 0.0
    void: bool = field(default=False)
