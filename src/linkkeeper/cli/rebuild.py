"""``linkkeeper rebuild``: rows from the archive and the journal."""

import typer

from linkkeeper.assembly import open_store
from linkkeeper.cli.options import ConfigOption
from linkkeeper.cli.output import complain, console, counted
from linkkeeper.settings import load


def register(app: typer.Typer) -> None:
    app.command("rebuild")(rebuild)


def rebuild(config: ConfigOption = None) -> int:
    """Recreate the rows of captures from their manifests, and their access from the journal."""
    with open_store(load(config)) as store:
        rebuilt = store.recovery.rebuild()
    for trouble in rebuilt.trouble:
        complain(trouble)
    console().print(
        f"{counted(rebuilt.captures, 'capture')} in the archive, {counted(rebuilt.added, 'row')} recreated,"
        f" {rebuilt.dark} kept dark"
    )
    return 1 if rebuilt.trouble else 0
