"""``linkkeeper demo``: sources captured, dying, repaired, on this machine alone."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from linkkeeper import logs
from linkkeeper.assembly import Engine, open_engine
from linkkeeper.cli.options import ConfigOption, VerboseOption
from linkkeeper.cli.output import console, side_console
from linkkeeper.cli.progress import RoundProgress
from linkkeeper.daemon.run import Daemon
from linkkeeper.demo.clock import MovableClock
from linkkeeper.demo.run import DemoResult, demo_settings, prepare_folder, run_demo
from linkkeeper.demo.small_web import SmallWeb
from linkkeeper.pipeline.first_login import FIRST_LOGIN
from linkkeeper.pipeline.report import SourceFound
from linkkeeper.settings import Settings, load
from linkkeeper.vocabulary.edition import Edition
from linkkeeper.vocabulary.state import REPAIRED_STATES
from linkkeeper.web.servers import replaying, serving

#: Characters shown of a line ahead of its repair.
_CONTEXT = 60

NOTE = "This is the demo: its web is small and stands on this machine, and its clock was moved."

OutOption = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for everything that the demo makes.")]
ServeOption = Annotated[
    bool, typer.Option("--serve", help="Then run the desk and the reading room on it, until Ctrl-C.")
]


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(
    out: OutOption = Path("linkkeeper-demo"),
    serve: ServeOption = False,
    config: ConfigOption = None,
    verbose: VerboseOption = 0,
) -> None:
    """Show the main job on a bundled analysis and a bundled small web, offline, in under a minute."""
    logs.configure(verbosity=verbose)
    own, folder, clock = load(config), prepare_folder(out), MovableClock()
    with SmallWeb() as web:
        began = time.monotonic()
        say = partial(side_console().print)
        result = asyncio.run(run_demo(own, folder, web, clock, say=say, watching=_progress))
        show(result, console(), elapsed_s=time.monotonic() - began)
        if serve:
            asyncio.run(_serve(demo_settings(own, web, folder), clock))


@contextlib.contextmanager
def _progress(engine: Engine, editions: Sequence[Edition]) -> Iterator[None]:
    run = engine.archive_run
    with RoundProgress(side_console(), tally=run.tally(run.links_of(editions))) as progress:
        engine.keeper.on_event = progress.capture_moved
        engine.watcher.on_event = progress.look_ended
        yield


async def _serve(settings: Settings, clock: MovableClock) -> None:
    async with open_engine(settings, clock=clock, allow_unsandboxed=True) as engine:
        daemon = Daemon(engine, settings, serve=partial(serving, note=NOTE), replay=replaying)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, daemon.stop)
        await daemon.run(on_ready=partial(_say_ready, settings.storage.path))


def _say_ready(storage: Path, url: str) -> None:
    side_console().print(
        f"\nreading room {url}/   desk {url}/desk/ (name and password are in {storage / FIRST_LOGIN})   Ctrl-C ends it",
        markup=False,
    )


def show(result: DemoResult, to: Console, *, elapsed_s: float) -> None:
    to.print(_table(result), soft_wrap=False)
    to.print("\nBefore and after, in the published texts:", style="bold")
    for line in result.repaired:
        before, after = _cut(line.before.strip(), line.after.strip())
        to.print(Text(f"\n{line.file}", style="bold"))
        # Not wrapped: an address must be copied whole.
        to.print(Text(f"  - {before}", style="red"))
        to.print(Text(f"  + {after}", style="green"))
    to.print(
        f"\n{len(result.repaired)} lines were repaired in {elapsed_s:.0f} s. The report: {result.report}", markup=False
    )
    to.print(
        "The repaired copies lead to pages in that folder: they are for reading, not for publishing."
        " Links that may be published need [web] public_url and replay_url.",
        markup=False,
    )


def _cut(before: str, after: str) -> tuple[str, str]:
    """Both lines without what they share at their beginning, save for some words."""
    shared = next((place for place, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), 0)
    start = max(0, shared - _CONTEXT)
    mark = "…" if start else ""
    return mark + before[start:], mark + after[start:]


def _table(result: DemoResult) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("source", "captured", "later", "why"):
        table.add_column(heading, overflow="fold")
    for url, source in result.found.items():
        first = result.captured[url].capture
        table.add_row(url.removeprefix("https://"), str(first.quality) if first else "no", _later(source), source.words)
    return table


def _later(source: SourceFound) -> Text:
    style = "red" if source.state in REPAIRED_STATES else "green"
    return Text(source.state.value.replace("_", " "), style=style)
