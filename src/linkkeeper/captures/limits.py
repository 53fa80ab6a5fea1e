"""What a visit may cost; every limit is a setting, and each that bites is reported."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitLimits:
    """
    Limits of one visit, named as in ``[captures]``.

    Attributes:
        max_decoded_bytes: Decoded size at which a compressed body counts as a
            decompression bomb and is cut.
    """

    total_timeout_s: float = 120.0
    load_timeout_s: float = 20.0
    consent_timeout_s: float = 3.0
    behaviour_timeout_s: float = 10.0
    settle_timeout_s: float = 4.0
    reading_timeout_s: float = 10.0
    picture_timeout_s: float = 15.0
    pdf_timeout_s: float = 30.0
    close_timeout_s: float = 15.0
    max_body_bytes: int = 200_000_000
    max_capture_bytes: int = 1_000_000_000
    max_exchanges: int = 2_000
    max_header_bytes: int = 262_144
    max_redirects: int = 20
    max_connections: int = 64
    max_decoded_bytes: int = 200_000_000


class LimitHit(StrEnum):
    """A limit that bit, in an editor's words."""

    BODY = "a body was longer than max_body_bytes"
    DECODED = "a body unpacked to more than max_decoded_bytes"
    CAPTURE = "the capture reached max_capture_bytes"
    EXCHANGES = "the page asked for more than max_exchanges"
    HEADER = "a message head was larger than max_header_bytes"
    REDIRECTS = "more redirects than max_redirects"
    CONNECTIONS = "more connections at a time than max_connections"
    TOTAL_TIME = "the visit took longer than total_timeout_s"
