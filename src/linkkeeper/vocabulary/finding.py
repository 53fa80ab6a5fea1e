"""Findings: what an examination of this installation saw, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    GOOD = "good"
    WARNING = "warning"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    One thing that was examined.

    Attributes:
        subject: ``browser``, ``sandbox``, ``storage``, ``database``, ``clock`` or ``network``.
        found: What is there, as a sentence.
        advice: What to do; empty where all is well.
    """

    subject: str
    health: Health
    found: str
    advice: str = ""
