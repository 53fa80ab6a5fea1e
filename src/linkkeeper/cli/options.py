"""Options that many commands share."""

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="PATH", help="Settings file; config.toml of this folder if it is there."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line on standard output, nothing else.")]
VerboseOption = Annotated[
    int, typer.Option("-v", "--verbose", count=True, help="Log every unit of work; twice for everything.")
]
