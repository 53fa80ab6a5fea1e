"""
The journal: what the archive alone can't tell, one line before each change.

``journal/YYYY-MM.jsonl`` holds access changes and edits of published files,
appended and synced before they take effect, so that ``rebuild`` never shows
what was withheld and never forgets what was edited.
"""

import errno
import fcntl
import json
import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from linkkeeper.errors import JournalFailed, StorageError
from linkkeeper.vocabulary.capture import AccessLevel
from linkkeeper.vocabulary.moment import from_iso, to_iso, utc

JOURNAL = "journal"


class JournalKind(StrEnum):
    ACCESS = "access"
    EDIT = "edit"
    UNDO = "undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """
    One change.

    Attributes:
        subject: What is changed: a capture's id, or a file.
        actor: Who did it.
        before, after: JSON values; for access see :func:`access_entry`, for
            edits the file's SHA-256 and what else the undoing needs.
    """

    id: str
    moment: datetime
    kind: JournalKind
    subject: str
    actor: str
    reason: str
    before: Any
    after: Any

    def as_line(self) -> bytes:
        content = {
            "id": self.id,
            "moment": to_iso(self.moment),
            "kind": self.kind.value,
            "subject": self.subject,
            "actor": self.actor,
            "reason": self.reason,
            "before": self.before,
            "after": self.after,
        }
        # ASCII only: a torn line then can't end inside a character.
        return json.dumps(content, separators=(",", ":")).encode("ascii") + b"\n"


@dataclass(frozen=True, slots=True)
class TornLine:
    """A line that is no entry, as a crash leaves it; *number* counts from 1."""

    file: str
    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Access:
    """Who may see a capture; *until* ends an embargo."""

    level: AccessLevel
    until: datetime | None = None
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"level": self.level.value, "until": to_iso(self.until) if self.until else None, "reason": self.reason}

    @classmethod
    def from_json(cls, content: Any) -> "Access":
        """Read it; what can't be read is kept dark."""
        try:
            until = content.get("until")
            return cls(
                AccessLevel(content["level"]), from_iso(until) if until else None, str(content.get("reason") or "")
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            return cls(AccessLevel.PRIVATE, None, "the journal's entry can't be read")

    def at(self, moment: datetime) -> "Access":
        """What holds at *moment*: an embargo that has ended is open."""
        over = self.level is AccessLevel.EMBARGO and self.until is not None and utc(moment) >= self.until
        return OPEN if over else self


OPEN = Access(AccessLevel.OPEN)


def new_entry(
    kind: JournalKind,
    *,
    moment: datetime,
    subject: str,
    actor: str,
    reason: str,
    before: Any,
    after: Any,
) -> JournalEntry:
    return JournalEntry(
        id=uuid.uuid4().hex,
        moment=utc(moment).replace(microsecond=0),
        kind=kind,
        subject=subject,
        actor=actor,
        reason=reason,
        before=before,
        after=after,
    )


def access_entry(capture_id: str, *, moment: datetime, actor: str, before: Access, after: Access) -> JournalEntry:
    """Return the line of a change of access; its reason is that of *after*."""
    return new_entry(
        JournalKind.ACCESS,
        moment=moment,
        subject=capture_id,
        actor=actor,
        reason=after.reason,
        before=before.as_json(),
        after=after.as_json(),
    )


class Journal:
    """
    The journal of a storage folder.

    Args:
        root: The storage folder.
    """

    def __init__(self, root: Path) -> None:
        self.folder = root / JOURNAL

    def append(self, entry: JournalEntry) -> None:
        """
        Write and sync one line; on return it is on the disk.

        Raises:
            JournalFailed: it may not be there; the change must not be made.
        """
        path = self.folder / f"{utc(entry.moment):%Y-%m}.jsonl"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                _append(descriptor, entry.as_line())
            finally:
                os.close(descriptor)
            _sync_folder(self.folder)
        except OSError as error:
            hint = "nothing was changed; see to the disk and the folder's rights, then try again"
            raise JournalFailed("write the journal", subject=str(path), reason=str(error), hint=hint) from error

    def read(self) -> Iterator[JournalEntry | TornLine]:
        """
        Every line in the order of writing.

        Raises:
            StorageError: a file can't be read.
        """
        for path in sorted(self.folder.glob("*.jsonl")):
            try:
                lines = path.read_bytes().split(b"\n")
            except OSError as error:
                raise StorageError("read the journal", subject=str(path), reason=str(error)) from error
            for number, line in enumerate(lines, start=1):
                if line:
                    yield _read_line(line, file=path.name, number=number)

    def entries(self) -> Iterator[JournalEntry]:
        """The entries alone; torn lines are passed over (:meth:`read` tells them)."""
        return (item for item in self.read() if isinstance(item, JournalEntry))


def access_of(entries: Iterable[JournalEntry]) -> dict[str, Access]:
    """Return each capture's last change of access; a capture that is not in it is open."""
    return {entry.subject: Access.from_json(entry.after) for entry in entries if entry.kind is JournalKind.ACCESS}


def _append(descriptor: int, line: bytes) -> None:
    size = os.fstat(descriptor).st_size
    # A crash may have left the last line torn: ours must not be glued to it.
    torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
    data = b"\n" + line if torn else line
    written = os.write(descriptor, data)
    if written != len(data):
        # A full disk takes a part; take it back so that the line isn't torn.
        os.ftruncate(descriptor, size)
        raise OSError(errno.ENOSPC, f"only {written} of {len(data)} bytes were written")
    os.fsync(descriptor)


def _read_line(line: bytes, *, file: str, number: int) -> JournalEntry | TornLine:
    try:
        content = json.loads(line)
        return JournalEntry(
            id=str(content["id"]),
            moment=from_iso(content["moment"]),
            kind=JournalKind(content["kind"]),
            subject=str(content["subject"]),
            actor=str(content["actor"]),
            reason=str(content["reason"]),
            before=content["before"],
            after=content["after"],
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        return TornLine(file, number, f"not a journal line: {error!r}")


def _sync_folder(folder: Path) -> None:
    for place in (folder, folder.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
