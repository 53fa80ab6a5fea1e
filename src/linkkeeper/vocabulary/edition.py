"""Editions: the exact bytes of an analysis at one time."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of byte offsets into an edition."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"span {self.start}..{self.end} is not a range")

    def of(self, data: bytes) -> bytes:
        return data[self.start : self.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """
    One version of an analysis.

    Attributes:
        location: File path or URL that the bytes came from.
        sha256: Of *data*, hexadecimal; also its file name under ``editions/``.
        moment: When it was read.
        declared_type: Media type that the carrier named (HTTP header), if any.
    """

    location: str
    sha256: str
    moment: datetime
    data: bytes
    declared_type: str | None = None
