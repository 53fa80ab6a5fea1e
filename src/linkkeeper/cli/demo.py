"""``linkkeeper demo``: sources captured, dying, repaired, on this machine alone."""

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from linkkeeper.cli.output import console, side_console
from linkkeeper.demo.clock import MovableClock
from linkkeeper.demo.run import DemoResult, prepare_folder, run_demo
from linkkeeper.demo.small_web import SmallWeb
from linkkeeper.pipeline.report import SourceFound
from linkkeeper.vocabulary.state import REPAIRED_STATES

OutOption = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for everything that the demo makes.")]
ServeOption = Annotated[bool, typer.Option("--serve", help="Then keep the desk and the reading room running on it.")]


def register(app: typer.Typer) -> None:
    @app.command()
    def demo(out: OutOption = Path("linkkeeper-demo"), serve: ServeOption = False) -> None:
        """Show the main job on a bundled analysis and a bundled small web, offline, in under a minute."""
        began = time.monotonic()
        folder = prepare_folder(out)
        clock = MovableClock()
        with SmallWeb() as web:
            result = asyncio.run(run_demo(folder, web, clock, say=side_console().print))
        show(result, console(), elapsed_s=time.monotonic() - began)


def show(result: DemoResult, to: Console, *, elapsed_s: float) -> None:
    to.print(_table(result))
    to.print("\nBefore and after, in the published texts:\n", style="bold")
    for line in result.repaired:
        to.print(Text(line.file, style="bold"))
        to.print(Padding(Text(f"- {line.before.strip()}", style="red"), (0, 0, 0, 2)))
        to.print(Padding(Text(f"+ {line.after.strip()}", style="green"), (0, 0, 1, 2)))
    to.print(f"{len(result.repaired)} lines were repaired in {elapsed_s:.0f} s. The report: {result.report}")
    to.print(
        "The repaired copies lead to pages in that folder: they are for reading, not for publishing."
        " Links that may be published need [web] public_url and replay_url."
    )


def _table(result: DemoResult) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("source", "captured", "later", "why"):
        table.add_column(heading, overflow="fold")
    for url, source in result.found.items():
        first = result.captured[url].capture
        table.add_row(url, str(first.quality) if first else "no", _later(source), source.words)
    return table


def _later(source: SourceFound) -> Text:
    style = "red" if source.state in REPAIRED_STATES else "green"
    return Text(source.state.value.replace("_", " "), style=style)
