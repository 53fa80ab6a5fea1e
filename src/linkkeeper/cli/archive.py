"""``linkkeeper archive``: the main job in one go."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from linkkeeper import logs
from linkkeeper.assembly import Engine, open_engine
from linkkeeper.cli.options import ConfigOption, JsonOption, VerboseOption
from linkkeeper.cli.output import complain, console, json_line, side_console
from linkkeeper.cli.progress import RoundProgress
from linkkeeper.cli.summary import print_summary
from linkkeeper.pipeline.archive_run import Intake
from linkkeeper.pipeline.report import report_json
from linkkeeper.settings import Settings, load


def register(app: typer.Typer) -> None:
    app.command("archive")(archive)


def archive(
    inputs: Annotated[
        list[str], typer.Argument(metavar="FILE_OR_URL…", help="Analyses: files, folders, pages, feeds.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where report and copies go.")] = Path(
        "linkkeeper-report"
    ),
    config: ConfigOption = None,
    json: JsonOption = False,
    verbose: VerboseOption = 0,
) -> int:
    """Capture and check every source that some analyses cite, and leave a report and repaired copies."""
    logs.configure(verbosity=verbose)
    return asyncio.run(_archive(inputs, out, load(config), as_json=json))


async def _archive(inputs: list[str], out: Path, settings: Settings, *, as_json: bool) -> int:
    async with open_engine(settings, allow_unsandboxed=True) as engine:
        engine.store.recovery.adopt()
        engine.store.recovery.sweep_abandoned()
        run = engine.archive_run
        intake = await run.take_in(inputs)
        _tell_problems(intake)
        if not intake.editions:
            return 1
        await _round(engine, intake)
        report = await asyncio.to_thread(run.report, intake.editions, out)
    if as_json:
        json_line(report_json(report))
    else:
        print_summary(report, out, console())
    return 1 if intake.problems or report.nothing_visited() else 0


async def _round(engine: Engine, intake: Intake) -> None:
    run = engine.archive_run
    with RoundProgress(side_console(), tally=run.tally(run.links_of(intake.editions))) as progress:
        engine.keeper.on_event = progress.capture_moved
        engine.watcher.on_event = progress.look_ended
        async with engine.hosts.beating():
            continued = await run.round(intake.editions)
    if continued:
        side_console().print("went on with the round that was cut off")


def _tell_problems(intake: Intake) -> None:
    for problem in intake.problems:
        complain(problem)
    for location, unusable in intake.unusable:
        note = f"note {unusable.label}" if unusable.label else "running text"
        side_console().print(f"{location}, {note}: can't open {unusable.as_cited!r}: {unusable.reason}")
