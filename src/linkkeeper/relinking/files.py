"""
Files: carrying a plan out on one published file, and taking it back.

The order is fixed: the old bytes are kept, the journal line is synced, then
the file is replaced in one step. A crash in between leaves the old file or the
new one, and the journal tells which by the digest of *after*.
"""

import os
import stat
import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from linkkeeper.errors import InputError, RelinkRefused, StorageError
from linkkeeper.relinking.ports import RepairJournal
from linkkeeper.relinking.undo import undo
from linkkeeper.vocabulary.digest import sha256_hex
from linkkeeper.vocabulary.relink import Edit, FileRepair, Refusal, RepairPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who repairs, when (by the clock port) and why, for the row and the journal line."""

    who: str
    moment: datetime
    why: str


def read_file(path: Path) -> bytes:
    """
    Read a published file whole.

    Raises:
        InputError: it is missing or can't be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError("read the file", subject=str(path), reason=error.strerror or str(error)) from error


def location_of(path: Path) -> str:
    """The name under which repairs of a file are kept: its absolute path, links resolved."""
    return str(path.resolve())


def branch_location_of(path: Path) -> str:
    """The name under which repairs are kept that were committed to a branch, and may be merged or not."""
    return f"{location_of(path)}#branch"


def carry_out(plan: RepairPlan, target: Path, *, act: Act, journal: RepairJournal, backups: Path) -> FileRepair:
    """
    Write a plan to *target*.

    Args:
        target: The file that the plan was made of, or a new one (a copy).
        backups: Folder that keeps the old bytes, by their SHA-256.

    Returns:
        The repair as it was journaled.

    Raises:
        RelinkRefused: the file changed since the plan was made.
        StorageError: backup, journal or file can't be written; the file is as it was.
    """
    if target.exists() and read_file(target) not in (plan.before, plan.after):
        reason = "the file changed since its repair was planned"
        raise RelinkRefused("repair the file", subject=str(target), reason=reason, hint="run the command again")
    repair = file_repair(location_of(target), act, before=plan.before, after=plan.after, edits=plan.edits)
    keep_backup(plan.before, backups)
    journal.add(repair)
    replace_file(target, plan.after)
    return repair


def file_repair(
    location: str, act: Act, *, before: bytes, after: bytes, edits: tuple[Edit, ...], undoes: str | None = None
) -> FileRepair:
    """The row and journal line of one change of one file."""
    return FileRepair(
        id=uuid.uuid4().hex,
        location=location,
        moment=act.moment,
        who=act.who,
        why=act.why,
        before_sha256=sha256_hex(before),
        after_sha256=sha256_hex(after),
        edits=edits,
        undoes=undoes,
    )


def keep_backup(data: bytes, folder: Path) -> Path:
    """Keep the bytes of a file under their SHA-256; keeping the same again is nothing new."""
    path = folder / sha256_hex(data)
    if not path.exists():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError("keep the old text", subject=str(folder), reason=error.strerror or str(error)) from error
        replace_file(path, data)
    return path


def replace_file(path: Path, data: bytes) -> None:
    """
    Put *data* in place of a file in one step, with its mode and owner; readers see the old bytes or the new.

    A symbolic link stays one; the file that it names is replaced.

    Raises:
        StorageError: it could not be written; the old file stands.
    """
    target = path.resolve()
    temporary: str | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name[:40]}.", dir=target.parent)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            _dress(stream.fileno(), target)
            os.fsync(stream.fileno())
        Path(temporary).replace(target)
        temporary = None
        _sync_folder(target.parent)
    except OSError as error:
        raise StorageError("replace the file", subject=str(path), reason=error.strerror or str(error)) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def _dress(descriptor: int, target: Path) -> None:
    """Give the new file the mode and, where we may, the owner of the old one."""
    try:
        old = target.stat()
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        os.fchmod(descriptor, 0o666 & ~mask)
        return
    if os.geteuid() == 0:
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True, kw_only=True)
class UndonePlan:
    """What taking repairs back does to one file; *parts* are the repairs concerned with the edits taken back."""

    before: bytes
    after: bytes
    parts: tuple[tuple[FileRepair, tuple[Edit, ...]], ...]
    refusals: tuple[Refusal, ...]


def plan_undo(data: bytes, history: Sequence[FileRepair], *, only: frozenset[str] | None = None) -> UndonePlan:
    """
    Plan to take back what was repaired in a file.

    Args:
        data: The file as it stands.
        history: Its repairs and undos, in the order they were made.
        only: URLs whose repairs are taken back; None means all.
    """
    parts: list[tuple[FileRepair, tuple[Edit, ...]]] = []
    refusals: list[Refusal] = []
    current = data
    for repair, edits in reversed(standing(carried_out(history, data))):
        wanted = [edit for edit in edits if only is None or edit.url in only]
        if not wanted:
            continue
        undone = undo(current, wanted)
        refusals += undone.refusals
        if undone.edits:
            parts.append((repair, undone.edits))
            current = undone.data
    return UndonePlan(before=data, after=current, parts=tuple(parts), refusals=tuple(refusals))


def carried_out(history: Sequence[FileRepair], data: bytes) -> list[FileRepair]:
    """
    Leave out lines whose change never came: a crash stood between line and file.

    The next line, or the file itself, then begins with the same bytes as they.
    Undos with the same digests belong to one change.
    """
    kept: list[FileRepair] = []
    following = sha256_hex(data)
    change: tuple[str, str] | None = None
    came = True
    for item in reversed(history):
        digests = (item.before_sha256, item.after_sha256)
        if digests != change or item.undoes is None:
            if change is not None:
                following = change[0]
            change = digests
            came = item.before_sha256 != following
        if came:
            kept.append(item)
    return kept[::-1]


def repaired_urls(data: bytes, history: Sequence[FileRepair]) -> frozenset[str]:
    """URLs of a file whose repair stands in *data* now, whatever else was done to the file since."""
    return frozenset(edit.url for _, edits in standing(carried_out(history, data)) for edit in undo(data, edits).edits)


def standing(history: Sequence[FileRepair]) -> list[tuple[FileRepair, tuple[Edit, ...]]]:
    """Repairs that are not taken back, oldest first, each with the edits of it that still stand."""
    taken: dict[str, list[Edit]] = {}
    for item in history:
        if item.undoes is not None:
            taken.setdefault(item.undoes, []).extend(item.edits)
    left: list[tuple[FileRepair, tuple[Edit, ...]]] = []
    for item in history:
        if item.undoes is None:
            edits = tuple(edit for edit in item.edits if edit not in taken.get(item.id, ()))
            if edits:
                left.append((item, edits))
    return left


def carry_out_undo(
    plan: UndonePlan, target: Path, *, act: Act, journal: RepairJournal, backups: Path
) -> tuple[FileRepair, ...]:
    """
    Write an undo to *target*; one journal line for each repair that it takes back.

    Raises:
        RelinkRefused, StorageError: as :func:`carry_out`.
    """
    if target.exists() and read_file(target) != plan.before:
        reason = "the file changed since the undo was planned"
        raise RelinkRefused("take the repair back", subject=str(target), reason=reason, hint="run the command again")
    keep_backup(plan.before, backups)
    lines = tuple(
        file_repair(location_of(target), act, before=plan.before, after=plan.after, edits=edits, undoes=repair.id)
        for repair, edits in plan.parts
    )
    for line in lines:
        journal.add(line)
    replace_file(target, plan.after)
    return lines
