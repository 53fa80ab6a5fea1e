"""``linkkeeper upload``: keep an editor's own file, or another archive's memento, as the capture of a URL."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from linkkeeper.assembly import open_store
from linkkeeper.assembly.seeking import importing
from linkkeeper.cli.options import ConfigOption
from linkkeeper.cli.output import console
from linkkeeper.cli.person import operator
from linkkeeper.settings import load


def register(app: typer.Typer) -> None:
    app.command("upload")(upload)


def upload(
    url: Annotated[str, typer.Argument(metavar="URL")],
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="PDF, HTML, picture, WARC or WACZ; or the address of another archive's memento."
        ),
    ],
    config: ConfigOption = None,
) -> None:
    """Keep your own file, or another archive's memento, as the capture of a URL, marked as uploaded."""
    with open_store(load(config)) as store:
        if file.lower().startswith(("http://", "https://")):
            capture_id = asyncio.run(importing(store)(url, file, operator()))
        else:
            capture_id = store.editing.upload(url, Path(file), by=operator())
    console().print(capture_id)
