"""Repairs: replacing a dead link in a published text by an archived link, edit by edit, reversibly."""

import base64
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from linkkeeper.vocabulary.citation import OccurrenceForm
from linkkeeper.vocabulary.digest import sha256_hex
from linkkeeper.vocabulary.edition import Span
from linkkeeper.vocabulary.moment import from_iso, to_iso
from linkkeeper.vocabulary.state import HOSTILE_STATES, LinkState

#: Bytes kept on each side of an edit, so that it is found again after the text around it changed.
CONTEXT_BYTES = 64


class RepairPolicy(StrEnum):
    """How a source's dead links are repaired; the source's setting ``policy``."""

    SWAP_WHEN_DEAD = "swap-when-dead"
    ANNOTATE = "annotate"
    OFF = "off"


class Apply(StrEnum):
    """Who may carry a repair out; the source's setting ``apply``."""

    PROPOSE = "propose"
    BRANCH = "branch"
    WRITE = "write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """
    The wish to let one cited URL lead to one memento.

    Attributes:
        url: As cited.
        spellings: Further forms in which the same link is cited.
        uri_m: Absolute address of the memento.
        moment: When the memento was captured.
        intended: The date that the author saw the source; None when nothing
            tells it (the memento's own date then stands in).
        state: Of the link; decides whether the live page may still be linked.
        why: A sentence for an editor.
    """

    url: str
    uri_m: str
    moment: datetime
    spellings: tuple[str, ...] = ()
    intended: date | None = None
    state: LinkState = LinkState.DEAD
    why: str = ""

    @property
    def hostile(self) -> bool:
        """True while nothing that we write may link the live page."""
        return self.state in HOSTILE_STATES


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """
    One changed place of a text.

    Attributes:
        span: In the text before the repair.
        before: The bytes there; empty where something is only added.
        after: What replaces them; never empty.
        left, right: Up to :data:`CONTEXT_BYTES` around it in the text *after*
            the repair, with which undo finds the place again.
        shift: ``span.start`` plus this is the place in the repaired text.
    """

    span: Span
    before: bytes
    after: bytes
    url: str
    uri_m: str
    form: OccurrenceForm
    why: str = ""
    left: bytes = b""
    right: bytes = b""
    shift: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "start": self.span.start,
            "end": self.span.end,
            "shift": self.shift,
            **{name: _packed(getattr(self, name)) for name in ("before", "after", "left", "right")},
            "url": self.url,
            "uri_m": self.uri_m,
            "form": self.form.value,
            "why": self.why,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Edit":
        """
        The inverse of :meth:`as_json`.

        Raises:
            KeyError, ValueError: *data* is not such an object.
        """
        return cls(
            span=Span(data["start"], data["end"]),
            shift=data["shift"],
            **{name: _unpacked(data[name]) for name in ("before", "after", "left", "right")},
            url=data["url"],
            uri_m=data["uri_m"],
            form=OccurrenceForm(data["form"]),
            why=data["why"],
        )


class RefusalReason(StrEnum):
    """Why a place is left as it is and listed for an editor."""

    NO_PLACE = "no_place"
    ALREADY_ARCHIVED = "already_archived"
    UNKNOWN_TEMPLATE = "unknown_template"
    NO_ROOM = "no_room"
    UNWRITABLE = "unwritable"
    NOT_PROVEN = "not_proven"
    CHANGED_SINCE = "changed_since"
    AMBIGUOUS = "ambiguous"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A place that was not edited, and why, in an editor's words."""

    url: str
    reason: RefusalReason
    words: str
    span: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairPlan:
    """
    What a repair does to one text; nothing is written yet.

    Attributes:
        after: The proven new bytes; *before* itself when nothing changes.
        edits: Ascending by place, not overlapping.
        refusals: Places and URLs that stay as they are.
        repaired: Places that had been repaired before.
    """

    before: bytes
    after: bytes
    edits: tuple[Edit, ...]
    refusals: tuple[Refusal, ...] = ()
    repaired: tuple[Span, ...] = ()

    @property
    def changes(self) -> bool:
        return bool(self.edits)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRepair:
    """
    One carried-out repair of one file: the row and the journal line.

    Attributes:
        location: Absolute path, or ``<repository>#<branch>:<path>`` of a git tree.
        before_sha256, after_sha256: Of the whole file.
        undoes: The id of the repair that this one takes back, wholly or in part.
    """

    id: str
    location: str
    moment: datetime
    who: str
    why: str
    before_sha256: str
    after_sha256: str
    edits: tuple[Edit, ...]
    undoes: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "location": self.location,
            "moment": to_iso(self.moment),
            "who": self.who,
            "why": self.why,
            "before_sha256": self.before_sha256,
            "after_sha256": self.after_sha256,
            "edits": [edit.as_json() for edit in self.edits],
            "undoes": self.undoes,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "FileRepair":
        """
        The inverse of :meth:`as_json`.

        Raises:
            KeyError, ValueError: *data* is not such an object.
        """
        return cls(
            id=data["id"],
            location=data["location"],
            moment=from_iso(data["moment"]),
            who=data["who"],
            why=data["why"],
            before_sha256=data["before_sha256"],
            after_sha256=data["after_sha256"],
            edits=tuple(Edit.from_json(item) for item in data["edits"]),
            undoes=data["undoes"],
        )

    def made(self, data: bytes) -> bool:
        """True if the file that now holds *data* shows that this repair was carried out."""
        return sha256_hex(data) == self.after_sha256


def _packed(data: bytes) -> str | dict[str, str]:
    """Text as text, so that a journal can be read; anything else as base 64."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}


def _unpacked(packed: str | dict[str, str]) -> bytes:
    if isinstance(packed, str):
        return packed.encode("utf-8")
    return base64.b64decode(packed["base64"], validate=True)
