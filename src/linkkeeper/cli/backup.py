"""``linkkeeper backup``: a consistent copy of the database."""

from pathlib import Path
from typing import Annotated

import typer

from linkkeeper.assembly import open_store
from linkkeeper.cli.options import ConfigOption
from linkkeeper.cli.output import console
from linkkeeper.settings import load


def register(app: typer.Typer) -> None:
    app.command("backup")(backup)


def backup(
    target: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Default: the storage folder's backups/.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Copy the database while it is in use; captures and journal are files: copy the storage folder for them."""
    with open_store(load(config)) as store:
        console().print(str(store.backup(target)))
