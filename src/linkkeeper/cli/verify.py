"""``linkkeeper verify``: is every byte of every capture still what was published?"""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from linkkeeper.archive.fixity import Damage, FixityReport, missing_capture, verify, verify_editions
from linkkeeper.archive.journal import TornLine
from linkkeeper.assembly import Store, open_store
from linkkeeper.assembly.store import EDITIONS
from linkkeeper.cli.options import ConfigOption, JsonOption
from linkkeeper.cli.output import complain, console, json_line
from linkkeeper.errors import StorageError
from linkkeeper.settings import load
from linkkeeper.vocabulary.views import CaptureView

_BATCH = 500


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""

    @app.command("verify")
    def verify_command(
        capture_ids: Annotated[
            list[str] | None,
            typer.Argument(help="Captures; none means all, editions and journal too.", metavar="ID…"),
        ] = None,
        as_json: JsonOption = False,
        config: ConfigOption = None,
    ) -> int:
        """Check every file and record against its digests; exits 1 where anything differs."""
        with open_store(load(config)) as store:
            return _verify(store, capture_ids or [], as_json=as_json)


def _verify(store: Store, capture_ids: list[str], *, as_json: bool) -> int:
    sound, damaged = 0, 0
    for report in _chosen(store, capture_ids) if capture_ids else _all(store):
        sound, damaged = sound + report.sound, damaged + (not report.sound)
        if report.sound:
            store.captures.verified(report.capture_id, now=store.clock.now())
        _show(report, as_json=as_json)
    unknown = [capture_id for capture_id in capture_ids if not _known(store, capture_id)]
    for capture_id in unknown:
        complain(StorageError("verify", subject=capture_id, reason="no such capture"))
    others = [] if capture_ids else _other_trouble(store, as_json=as_json)
    if not as_json:
        console().print(f"{sound} sound, {damaged} damaged")
    return int(bool(damaged or unknown or others))


def _all(store: Store) -> Iterator[FixityReport]:
    """Every folder on the shelf, with a row or without, and every row that lost its folder."""
    rows = {view.id: view for view in _rows(store) if view.same_as is None}
    for directory in store.shelf.directories():
        row = rows.pop(directory.name, None)
        yield verify(directory, manifest_sha256=row.manifest_sha256 if row else None)
    for row in rows.values():
        yield missing_capture(row.id, store.shelf.root / row.directory)


def _chosen(store: Store, capture_ids: list[str]) -> Iterator[FixityReport]:
    for capture_id in capture_ids:
        row = store.catalogue.capture(capture_id)
        held_by = row.same_as or row.id if row else capture_id
        directory = store.shelf.directory(held_by)
        if directory is not None:
            yield verify(directory, manifest_sha256=row.manifest_sha256 if row else None)
        elif row is not None:
            yield missing_capture(row.id, store.shelf.root / row.directory)


def _known(store: Store, capture_id: str) -> bool:
    return store.catalogue.capture(capture_id) is not None or store.shelf.directory(capture_id) is not None


def _rows(store: Store) -> Iterator[CaptureView]:
    offset = 0
    while batch := store.catalogue.captures(limit=_BATCH, offset=offset):
        yield from batch
        offset += len(batch)


def _other_trouble(store: Store, *, as_json: bool) -> list[str]:
    """Editions that are not what their name says, and torn lines of the journal."""
    count, damages = verify_editions(store.settings.storage.path / EDITIONS)
    found = [f"edition {damage}" for damage in damages]
    torn = [line for line in store.journal.read() if isinstance(line, TornLine)]
    found += [f"journal {line.file}, line {line.number}: {line.reason}" for line in torn]
    if as_json:
        json_line({"editions": count, "trouble": found})
    else:
        for sentence in found:
            console().print(sentence)
    return found


def _show(report: FixityReport, *, as_json: bool) -> None:
    if as_json:
        json_line(_as_object(report))
        return
    for damage in report.damages:
        console().print(f"{report.capture_id}: {damage}")


def _as_object(report: FixityReport) -> dict[str, Any]:
    return {
        "capture_id": report.capture_id,
        "directory": str(report.directory),
        "sound": report.sound,
        "files": report.files,
        "records": report.records,
        "bytes": report.read_bytes,
        "damages": [_damage(damage) for damage in report.damages],
    }


def _damage(damage: Damage) -> dict[str, Any]:
    return {
        "file": damage.file,
        "problem": damage.problem,
        "offset": damage.offset,
        "record_id": damage.record_id or None,
        "url": damage.url or None,
    }
