"""The facts of one look, before anybody judges them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from linkkeeper.vocabulary.observation import Hop


class FailureKind(StrEnum):
    """How a look ended without an answer; read from the cause chain, never from an exception's type alone."""

    DNS_MISSING = "dns_missing"
    DNS_FAILING = "dns_failing"
    REFUSED = "refused"
    NO_ROUTE = "no_route"
    RESET = "reset"
    MALFORMED = "malformed"
    TIMEOUT = "timeout"
    REDIRECT_LOOP = "redirect_loop"
    TLS = "tls"
    UNSUPPORTED = "unsupported"
    FORBIDDEN_ADDRESS = "forbidden_address"
    PROXY_ERROR = "proxy_error"


class Phase(StrEnum):
    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS = "tls"
    SEND = "send"
    FIRST_BYTE = "first_byte"
    BODY = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """
    Why there was no answer.

    Attributes:
        errno: Of the operating system.
        verify_code: OpenSSL's, for certificate trouble.
        tls_reason: OpenSSL's reason word (``TLSV1_ALERT_PROTOCOL_VERSION``).
    """

    kind: FailureKind
    phase: Phase
    words: str
    errno: int | None = None
    verify_code: int | None = None
    tls_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    The last answer of a look.

    Attributes:
        url: That answered (after redirects).
        headers: In order of arrival, names as received.
        body: Decoded, at most the limit of the look.
        whole: False when the body was cut at that limit.
        address: IP address that answered.
        rendered_text: Visible text after scripts, when a browser looked.
    """

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    whole: bool = True
    address: str | None = None
    tls_expires: datetime | None = None
    rendered_text: str | None = None

    def header(self, name: str) -> str | None:
        """The first value of *name*, case-insensitive."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """
    One look at a source: an answer or a failure, and the way there.

    Attributes:
        url: The fetch form that was asked.
        hops: Redirects followed, in order.
        behind_tls: With a TLS failure: the answer fetched once more without
            verification, read-only; None if not tried or not there.
        not_modified: The server answered 304 to our validators.
        by_browser: A real browser looked, not the HTTP client.
        browser_headers: Asked with the Accept headers that browsers send.
        cookies: Asked with a cookie jar kept over the redirects.
        patient: Asked with the long time-outs of the patient retry.
        tls_tried: After a TLS failure, asked once more without verification,
            whether that brought an answer or not.
    """

    url: str
    moment: datetime
    elapsed_s: float
    hops: tuple[Hop, ...] = ()
    answer: Answer | None = None
    failure: Failure | None = None
    behind_tls: Answer | None = None
    not_modified: bool = False
    by_browser: bool = False
    deferred: bool = False
    browser_headers: bool = False
    cookies: bool = False
    patient: bool = False
    tls_tried: bool = False
