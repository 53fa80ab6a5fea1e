"""
Repairing published files: find them, ask what is known, plan, write, take back, check.

What is known comes from a publisher's own map or from the store; both satisfy
:class:`KnownRepairs`.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from linkkeeper.errors import InputError, UsageError
from linkkeeper.relinking.anchors import ENGLISH, Words
from linkkeeper.relinking.decide import Outcome, RepairDecision, repairs_of
from linkkeeper.relinking.files import (
    Act,
    UndonePlan,
    carry_out,
    carry_out_undo,
    location_of,
    plan_undo,
    read_file,
    replace_file,
)
from linkkeeper.relinking.patch import line_at
from linkkeeper.relinking.ports import ReadCitations, RepairJournal
from linkkeeper.relinking.repair import Standing, Text, plan, standing
from linkkeeper.vocabulary.moment import Clock, from_iso
from linkkeeper.vocabulary.relink import FileRepair, Repair, RepairPlan, RepairPolicy
from linkkeeper.vocabulary.state import REPAIRED_STATES, LinkState

#: File names that are read in a folder; a file that is named itself is read whatever its name.
SUFFIXES = frozenset(
    {
        *(".html", ".htm", ".xhtml", ".md", ".markdown", ".mdx", ".qmd", ".txt", ".rst", ".org"),
        *(".wiki", ".wikitext", ".mediawiki"),
    }
)
_STAND_IN = "about:blank"


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file to repair; *name* is its path below the folder that was named, for copies and diffs."""

    path: Path
    name: str


class KnownRepairs(Protocol):
    """What is known of the URLs that a file cites."""

    def decisions_for(self, file: PublishedFile, data: bytes) -> Sequence[RepairDecision]:
        """One decision for each link of the file; those that it does not cite are passed over."""
        ...

    def policy_for(self, file: PublishedFile) -> RepairPolicy: ...


@dataclass(frozen=True, slots=True)
class MementoMap:
    """A publisher's own list of mementos: every URL in it is repaired wherever it is cited."""

    repairs: tuple[Repair, ...]
    policy: RepairPolicy = RepairPolicy.SWAP_WHEN_DEAD

    def decisions_for(self, file: PublishedFile, data: bytes) -> Sequence[RepairDecision]:
        return [
            RepairDecision(url=one.url, outcome=Outcome.REPAIR, why=one.why, state=one.state, repair=one)
            for one in self.repairs
        ]

    def policy_for(self, file: PublishedFile) -> RepairPolicy:
        return self.policy


class NothingKnown:
    """For what needs no knowledge of sources: taking repairs back."""

    def decisions_for(self, file: PublishedFile, data: bytes) -> Sequence[RepairDecision]:
        return ()

    def policy_for(self, file: PublishedFile) -> RepairPolicy:
        return RepairPolicy.OFF


def read_map(path: Path, *, policy: RepairPolicy = RepairPolicy.SWAP_WHEN_DEAD) -> MementoMap:
    """
    Read a map: ``[{"url", "memento", "moment"}]``, moments in ISO 8601 with an offset.

    Two more keys may be given: ``intended`` (a date, ``2026-11-22``) and ``state``.

    Raises:
        UsageError: it is missing, no JSON, or not of this form; names the entry.
    """
    try:
        entries = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError("read the map", subject=str(path), reason=error.strerror or str(error)) from error
    except ValueError as error:
        raise UsageError("read the map", subject=str(path), reason=f"not JSON: {error}") from error
    if not isinstance(entries, list):
        raise UsageError("read the map", subject=str(path), reason='not a list of {"url", "memento", "moment"}')
    return MementoMap(tuple(_entry(path, number, entry) for number, entry in enumerate(entries, 1)), policy)


def _entry(path: Path, number: int, entry: Any) -> Repair:
    hint = '{"url": "https://…", "memento": "https://…", "moment": "2026-11-22T09:00:00Z"}'
    try:
        url, memento, moment = (str(entry[key]).strip() for key in ("url", "memento", "moment"))
        intended = date.fromisoformat(entry["intended"]) if entry.get("intended") else None
        state = LinkState(entry.get("state", "dead"))
        when = from_iso(moment)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError("read the map", subject=f"{path}, entry {number}", reason=str(error), hint=hint) from error
    if not url or not memento.lower().startswith(("http://", "https://")):
        raise UsageError("read the map", subject=f"{path}, entry {number}", reason="no absolute address", hint=hint)
    return Repair(url=url, uri_m=memento, moment=when, intended=intended, state=state, why="in the publisher's map")


def published_files(paths: Iterable[Path]) -> Iterator[PublishedFile]:
    """
    Name the files to repair: each given one, and in folders all of :data:`SUFFIXES`.

    Folders are walked in order; hidden files and folders are left out.

    Raises:
        InputError: a path that is not there.
    """
    taken: set[str] = set()
    for path in paths:
        if path.is_dir():
            for found in sorted(path.rglob("*")):
                below = found.relative_to(path)
                hidden = any(part.startswith(".") for part in below.parts)
                if found.is_file() and not hidden and found.suffix.lower() in SUFFIXES:
                    yield PublishedFile(found, _free_name(found, below.as_posix(), taken))
        elif path.exists():
            yield PublishedFile(path, _free_name(path, path.name, taken))
        else:
            raise InputError("read the file", subject=str(path), reason="no such file or folder")


def _free_name(path: Path, name: str, taken: set[str]) -> str:
    """*name*, with as many folders before it as tell it from those of other files: copies must not overwrite."""
    parts = path.resolve().parts
    for count in range(name.count("/") + 1, len(parts)):
        if name not in taken:
            break
        name = "/".join(parts[-count - 1 :])
    taken.add(name)
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePlan:
    """What is to be done to one file; *waiting* are decisions that no repair can follow yet."""

    file: PublishedFile
    plan: RepairPlan
    waiting: tuple[RepairDecision, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLink:
    """A dead link that stands unrepaired in a file, for ``--check``."""

    file: PublishedFile
    line: int
    decision: RepairDecision
    place: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRepairs:
    """
    Repairs files with what is known.

    Attributes:
        read: Reads citations.
        own_bases: Public addresses of ours, present and former.
        backups: Folder that keeps the bytes from before.
    """

    read: ReadCitations
    known: KnownRepairs
    journal: RepairJournal
    clock: Clock
    who: str
    backups: Path
    words: Words = ENGLISH
    own_bases: tuple[str, ...] = ()
    notes_only: bool = False

    def waiting_for_public_url(self, file: PublishedFile) -> int:
        """
        Count the repairs of a file that would link captures of ours while these have no public address.

        Raises:
            InputError: it can't be read.
        """
        return sum(one.needs_public_url for one in self.known.decisions_for(file, read_file(file.path)))

    def plan(self, file: PublishedFile) -> FilePlan:
        """
        Plan one file; nothing is written.

        Raises:
            InputError: it can't be read.
        """
        data = read_file(file.path)
        decisions = self.known.decisions_for(file, data)
        planned = plan(
            self._text(file, data),
            repairs_of(decisions),
            policy=self.known.policy_for(file),
            words=self.words,
            read=self.read,
            notes_only=self.notes_only,
        )
        waiting = tuple(one for one in decisions if one.outcome in (Outcome.WAIT, Outcome.SUGGEST))
        return FilePlan(file=file, plan=planned, waiting=waiting)

    def write(self, planned: FilePlan, *, target: Path | None = None) -> FileRepair | None:
        """Carry a plan out on its file, or on a copy at *target*; None where nothing changed."""
        path = target or planned.file.path
        if not planned.plan.changes:
            if target is not None:
                replace_file(path, planned.plan.after)
            return None
        act = Act(who=self.who, moment=self._now(), why=_why(planned.plan))
        if target is not None:
            replace_file(path, planned.plan.before)
        return carry_out(planned.plan, path, act=act, journal=self.journal, backups=self.backups)

    def plan_undo(self, file: PublishedFile, *, only: frozenset[str] | None = None) -> UndonePlan:
        """Plan to take all standing repairs of a file back, or those of some URLs."""
        return plan_undo(read_file(file.path), self.journal.repairs_of(location_of(file.path)), only=only)

    def undo(self, file: PublishedFile, undone: UndonePlan, *, why: str, target: Path | None = None) -> None:
        """Carry an undo out on its file, or leave it as a copy at *target*, where nothing is journaled."""
        if target is not None:
            replace_file(target, undone.after)
        elif undone.parts:
            act = Act(who=self.who, moment=self._now(), why=why)
            carry_out_undo(undone, file.path, act=act, journal=self.journal, backups=self.backups)

    def check(self, file: PublishedFile) -> tuple[DeadLink, ...]:
        """Every place where a dead link stands unrepaired, in the order of the file."""
        data = read_file(file.path)
        decisions = [one for one in self.known.decisions_for(file, data) if _is_lost(one)]
        wanted = {one.url: one for one in decisions}
        repairs = [one.repair or _stand_in(one) for one in decisions]
        places = standing(self._text(file, data), repairs, read=self.read, notes_only=self.notes_only)
        return tuple(
            DeadLink(file=file, line=line_at(data, place.span.start), decision=wanted[place.repair.url], place=place)
            for place in places
        )

    def _text(self, file: PublishedFile, data: bytes) -> Text:
        return Text(data=data, location=str(file.path), own_bases=self.own_bases)

    def _now(self) -> datetime:
        return self.clock.now().replace(microsecond=0)


def _why(plan: RepairPlan) -> str:
    return "; ".join(dict.fromkeys(edit.why for edit in plan.edits))


def _is_lost(decision: RepairDecision) -> bool:
    waits = decision.outcome in (Outcome.REPAIR, Outcome.WAIT, Outcome.SUGGEST)
    return waits and decision.state in REPAIRED_STATES


def _stand_in(decision: RepairDecision) -> Repair:
    """For looking only: a dead link without a memento is found like one that has one."""
    moment = from_iso("1970-01-01T00:00:00Z")
    return Repair(url=decision.url, spellings=decision.spellings, uri_m=_STAND_IN, moment=moment, state=decision.state)
