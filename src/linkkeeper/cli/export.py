"""``linkkeeper export``: take captures elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from linkkeeper.archive.export import ExportFormat, export
from linkkeeper.assembly import Store, open_store
from linkkeeper.cli.options import ConfigOption, JsonOption
from linkkeeper.cli.output import complain, console, json_line
from linkkeeper.errors import InputError, LinkkeeperError
from linkkeeper.settings import load
from linkkeeper.vocabulary.capture import AccessLevel


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""

    @app.command("export")
    def export_command(
        capture_ids: Annotated[list[str], typer.Argument(help="Captures to export.", metavar="ID…")],
        kind: Annotated[
            ExportFormat, typer.Option("--format", help="A WACZ, a bare WARC, or a BagIt bag with every file.")
        ] = ExportFormat.WACZ,
        out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write into.")] = Path(),
        as_json: JsonOption = False,
        config: ConfigOption = None,
    ) -> int:
        """Write captures as files of their own; withheld ones are refused."""
        failed = False
        with open_store(load(config)) as store:
            for capture_id in capture_ids:
                try:
                    path = _export(store, capture_id, target=out, kind=kind)
                except LinkkeeperError as error:
                    complain(error)
                    failed = True
                    continue
                _show(capture_id, path, as_json=as_json)
        return int(failed)


def _export(store: Store, capture_id: str, *, target: Path, kind: ExportFormat) -> Path:
    row = store.catalogue.capture(capture_id)
    _refuse_withheld(store, capture_id)
    held_by = row.same_as or row.id if row else capture_id
    if held_by != capture_id:
        _refuse_withheld(store, held_by)
    return export(store.shelf.require(held_by), target=target, kind=kind)


def _refuse_withheld(store: Store, capture_id: str) -> None:
    row = store.catalogue.capture(capture_id)
    if row is None or row.access is AccessLevel.OPEN:
        return
    ended = row.access is AccessLevel.EMBARGO and row.access_until and row.access_until <= store.clock.now()
    if not ended:
        raise InputError(
            "export the capture",
            subject=capture_id,
            reason=f"it is withheld ({row.access.value})",
            hint=f"linkkeeper restore {capture_id} --reason … makes it visible again",
        )


def _show(capture_id: str, path: Path, *, as_json: bool) -> None:
    if as_json:
        json_line({"capture_id": capture_id, "path": str(path)})
    else:
        console().print(str(path))
