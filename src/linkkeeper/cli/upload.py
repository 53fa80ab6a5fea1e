"""``linkkeeper upload``: keep an editor's own file as the capture of a URL."""

from pathlib import Path
from typing import Annotated

import typer

from linkkeeper.assembly import open_store
from linkkeeper.cli.options import ConfigOption
from linkkeeper.cli.output import console
from linkkeeper.cli.person import operator
from linkkeeper.settings import load


def register(app: typer.Typer) -> None:
    app.command("upload")(upload)


def upload(
    url: Annotated[str, typer.Argument(metavar="URL")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="PDF, HTML, picture, WARC or WACZ.")],
    config: ConfigOption = None,
) -> None:
    """Keep your own file as the capture of a URL, marked as uploaded."""
    with open_store(load(config)) as store:
        capture_id = store.editing.upload(url, file, by=operator())
    console().print(capture_id)
