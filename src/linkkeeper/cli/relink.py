"""``linkkeeper relink``: repair the dead links of published files, show, check or take back."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from linkkeeper.archive.journal import Journal
from linkkeeper.citations.read import read
from linkkeeper.cli.options import ConfigOption, JsonOption
from linkkeeper.cli.output import complain, console, json_line, side_console
from linkkeeper.cli.person import operator
from linkkeeper.errors import ConfigurationError, DatabaseError, JournalFailed, LinkkeeperError, UsageError
from linkkeeper.pipeline.repair_files import (
    DeadLink,
    FilePlan,
    FileRepairs,
    KnownRepairs,
    NothingKnown,
    PublishedFile,
    published_files,
    read_map,
)
from linkkeeper.pipeline.repair_journal import JournaledRepairs
from linkkeeper.relinking.anchors import words_of
from linkkeeper.relinking.files import UndonePlan
from linkkeeper.relinking.patch import Change, line_at, unified
from linkkeeper.relinking.ports import RepairJournal
from linkkeeper.settings import Settings, load
from linkkeeper.vocabulary.moment import SystemClock
from linkkeeper.vocabulary.relink import Edit, Refusal, RepairPolicy

_BACKUPS = Path("backups") / "texts"


class Mode(StrEnum):
    DIFF = "diff"
    WRITE = "write"
    UNDO = "undo"
    CHECK = "check"


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command("relink")(relink)


def relink(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Published files, or folders of them.")],
    diff: Annotated[bool, typer.Option("--diff", help="Show what would change (the default).")] = False,
    write: Annotated[bool, typer.Option("--write", help="Repair the files.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take all repairs of the files back.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 where dead, unrepaired links stand.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Leave copies there; the originals stay.")] = None,
    map_file: Annotated[
        Path | None, typer.Option("--map", metavar="MAP.json", help='Mementos: [{"url", "memento", "moment"}].')
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Repair dead links of published files with what is known; nothing but the links changes."""
    mode = _mode(diff=diff, write=write, undo=undo, check=check)
    if mode is Mode.CHECK and out is not None:
        raise UsageError("check the files", subject="--out", reason="--check writes nothing")
    settings = load(config)
    chosen = list(published_files(files))
    with _known(settings, map_file, needed=mode is not Mode.UNDO) as (known, journal):
        run = _Run(_repairs(settings, known, journal), mode=mode, out=out, as_json=as_json)
        return run.all(chosen)


def _mode(**given: bool) -> Mode:
    named = [name for name, value in given.items() if value]
    if len(named) > 1:
        words = " and ".join(f"--{name}" for name in named)
        raise UsageError("relink", subject=words, reason="give one of them")
    return Mode(named[0]) if named else Mode.DIFF


@contextmanager
def _known(settings: Settings, map_file: Path | None, *, needed: bool) -> Iterator[tuple[KnownRepairs, RepairJournal]]:
    """
    What is known, and where edits are kept: the publisher's map, or the store.

    The map needs no database; the rows of its edits are made from the journal
    when the store is opened next.
    """
    policy = RepairPolicy(settings.sources.policy)
    lines = JournaledRepairs(Journal(settings.storage.path))
    if map_file is not None:
        yield read_map(map_file, policy=policy), lines
    elif not needed:
        yield NothingKnown(), lines
    else:
        from linkkeeper.assembly import open_known_repairs

        with open_known_repairs(settings) as known:
            yield known, known.journal


def _repairs(settings: Settings, known: KnownRepairs, journal: RepairJournal) -> FileRepairs:
    root = settings.storage.path
    return FileRepairs(
        read=read,
        known=known,
        journal=journal,
        clock=SystemClock(),
        who=operator(),
        backups=root / _BACKUPS,
        words=words_of(settings.relinking.language),
        own_bases=settings.own_bases,
        notes_only=settings.citations.scope == "notes",
    )


class _Run:
    """One run over all files: what is printed, and the exit status."""

    def __init__(self, repairs: FileRepairs, *, mode: Mode, out: Path | None, as_json: bool) -> None:
        self._repairs = repairs
        self._mode = mode
        self._out = out
        self._as_json = as_json
        self._status = 0
        self._failed: set[PublishedFile] = set()
        self._counts = {"files": 0, "places": 0, "refused": 0}

    def all(self, files: Sequence[PublishedFile]) -> int:
        act = {Mode.UNDO: self._undo, Mode.CHECK: self._check}.get(self._mode, self._repair)
        if self._mode in (Mode.DIFF, Mode.WRITE):
            # Before anything is written: a setting that is missing for one file stops all.
            self._each(files, self._require_public_url)
        self._each(files, act)
        self._summary(len(files))
        return self._status

    def _each(self, files: Sequence[PublishedFile], act: Callable[[PublishedFile], None]) -> None:
        for file in files:
            try:
                act(file)
            except (ConfigurationError, JournalFailed, DatabaseError):
                raise
            except LinkkeeperError as error:
                # One file that fails must not keep the others from being repaired.
                if file not in self._failed:
                    complain(error)
                self._failed.add(file)
                self._status = 1

    def _require_public_url(self, file: PublishedFile) -> None:
        waiting = self._repairs.waiting_for_public_url(file)
        if waiting:
            raise ConfigurationError(
                "link our own captures",
                subject="[web] public_url",
                reason=f"not set, and {waiting} repairs of {file.path} would lead to captures of our own",
                hint="set [web] public_url (and replay_url) to the address under which readers reach this server",
            )

    def _target(self, file: PublishedFile) -> Path | None:
        return None if self._out is None else self._out / file.name

    def _repair(self, file: PublishedFile) -> None:
        planned = self._repairs.plan(file)
        target = self._target(file)
        written = self._mode is Mode.WRITE or target is not None
        if written:
            self._repairs.write(planned, target=target)
        if planned.plan.refusals and written:
            self._status = 1
        self._count(file, planned.plan.edits, planned.plan.refusals)
        if self._as_json:
            json_line(_plan_object(planned, written=written, target=target))
        else:
            if self._mode is Mode.DIFF:
                _show_diff(planned)
            _list_refusals(file, planned.plan.before, planned.plan.refusals)
            for one in planned.waiting:
                side_console().print(f"{file.path}: {one.url} left as it is: {one.why}")

    def _undo(self, file: PublishedFile) -> None:
        undone = self._repairs.plan_undo(file)
        target = self._target(file)
        self._repairs.undo(file, undone, why="taken back on the command line", target=target)
        edits = [edit for _, part in undone.parts for edit in part]
        if undone.refusals:
            self._status = 1
        self._count(file, edits, undone.refusals)
        if self._as_json:
            json_line(_undo_object(file, undone, target=target))
        else:
            _list_refusals(file, undone.before, undone.refusals)

    def _check(self, file: PublishedFile) -> None:
        dead = self._repairs.check(file)
        self._counts["files"] += bool(dead)
        self._counts["places"] += len(dead)
        if dead:
            self._status = 1
        for link in dead:
            if self._as_json:
                json_line(_dead_object(link))
            else:
                console().print(_dead_words(link))

    def _count(self, file: PublishedFile, edits: Sequence[Edit], refusals: Sequence[Refusal]) -> None:
        self._counts["files"] += bool(edits)
        self._counts["places"] += len(edits)
        self._counts["refused"] += len(refusals)

    def _summary(self, files: int) -> None:
        done = {
            Mode.DIFF: "to repair",
            Mode.WRITE: "repaired",
            Mode.UNDO: "taken back",
            Mode.CHECK: "dead and unrepaired",
        }[self._mode]
        words = f"{self._counts['places']} places {done} in {self._counts['files']} of {files} files"
        if self._counts["refused"]:
            words += f"; {self._counts['refused']} left as they are, see above"
        side_console().print(words)


def _show_diff(planned: FilePlan) -> None:
    changes = [Change(edit.span.start, edit.span.end, edit.after) for edit in planned.plan.edits]
    patch = unified(planned.plan.before, changes, name=planned.file.name)
    sys.stdout.flush()
    sys.stdout.buffer.write(patch)
    sys.stdout.buffer.flush()


def _list_refusals(file: PublishedFile, data: bytes, refusals: Sequence[Refusal]) -> None:
    for refusal in refusals:
        place = f"{file.path}:{line_at(data, refusal.span.start)}" if refusal.span else str(file.path)
        side_console().print(f"{place}: {refusal.url} left as it is: {refusal.words}")


def _plan_object(planned: FilePlan, *, written: bool, target: Path | None) -> dict[str, object]:
    data = planned.plan.before
    return {
        "file": str(planned.file.path),
        "changed": planned.plan.changes,
        "written": str(target or planned.file.path) if written else None,
        "edits": [_edit_object(edit, data) for edit in planned.plan.edits],
        "refusals": [_refusal_object(refusal, data) for refusal in planned.plan.refusals],
        "already_repaired": len(planned.plan.repaired),
        "waiting": [{"url": one.url, "outcome": one.outcome.value, "why": one.why} for one in planned.waiting],
    }


def _undo_object(file: PublishedFile, undone: UndonePlan, *, target: Path | None) -> dict[str, object]:
    edits = [edit for _, part in undone.parts for edit in part]
    return {
        "file": str(file.path),
        "changed": undone.after != undone.before,
        "written": str(target or file.path),
        "edits": [{"url": edit.url, "memento": edit.uri_m} for edit in edits],
        "refusals": [_refusal_object(refusal, undone.before) for refusal in undone.refusals],
    }


def _edit_object(edit: Edit, data: bytes) -> dict[str, object]:
    return {
        "url": edit.url,
        "memento": edit.uri_m,
        "form": edit.form.value,
        "line": line_at(data, edit.span.start),
        "start": edit.span.start,
        "end": edit.span.end,
        "before": edit.before.decode("utf-8", "replace"),
        "after": edit.after.decode("utf-8", "replace"),
        "why": edit.why,
    }


def _refusal_object(refusal: Refusal, data: bytes) -> dict[str, object]:
    line = line_at(data, refusal.span.start) if refusal.span else None
    return {"url": refusal.url, "reason": refusal.reason.value, "words": refusal.words, "line": line}


def _dead_object(link: DeadLink) -> dict[str, object]:
    repair = link.decision.repair
    return {
        "file": str(link.file.path),
        "line": link.line,
        "url": link.place.url,
        "state": link.decision.state.value,
        "memento": repair.uri_m if repair else None,
        "why": link.decision.why,
    }


def _dead_words(link: DeadLink) -> str:
    decision = link.decision
    place = f"{link.file.path}:{link.line}: {link.place.url}"
    if decision.repair is None:
        return f"{place}: {decision.why}"
    return f"{place} is {decision.state.value.replace('_', ' ')}; archived at {decision.repair.uri_m}"
