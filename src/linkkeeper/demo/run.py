"""
The demo: the main job on the bundled analyses against the bundled web, over two editions of time.

Everything is the product's own: the gate, the browser, the archive, the rules,
the splices. Only the web is small, and the clock is moved.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkkeeper.assembly import Engine, open_engine
from linkkeeper.demo import content
from linkkeeper.demo.clock import MovableClock
from linkkeeper.demo.small_web import SmallWeb
from linkkeeper.errors import UsageError
from linkkeeper.pipeline.archive_run import ArchiveRun
from linkkeeper.pipeline.report import Report, SourceFound
from linkkeeper.settings import Settings
from linkkeeper.vocabulary.edition import Edition

#: Days between the last look at the living sources and the first at the dying ones.
ABSENCE_DAYS = 60
#: Daily rounds after that; time enough for every verdict of the small web.
ROUNDS = 16
MARK = ".linkkeeper-demo"

Watching = Callable[[Engine, Sequence[Edition]], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """A line of a published text before and after its repair; *before* is empty where a line was added."""

    file: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """
    What the demo did.

    Attributes:
        captured: The sources after the first edition, by URL.
        found: The same after the second.
        repaired: Changed lines of the published texts, in order.
    """

    folder: Path
    captured: Mapping[str, SourceFound]
    found: Mapping[str, SourceFound]
    repaired: Sequence[ChangedLine]

    @property
    def report(self) -> Path:
        return self.folder / "report" / "report.html"


def prepare_folder(folder: Path) -> Path:
    """
    Make *folder*, fresh; an earlier demo's is replaced.

    Raises:
        UsageError: *folder* holds something that no demo put there.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise UsageError(
            "run the demo",
            subject=str(folder),
            reason="the folder is not empty and not from an earlier demo",
            hint="name another one with --out",
        )
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARK).write_text("made by linkkeeper demo; the next demo replaces this folder\n", "utf-8")
    return folder


def demo_settings(own: Settings, web: SmallWeb, folder: Path) -> Settings:
    """The user's *own* settings (browser, ports), led to the small web and nowhere else."""
    tables: dict[str, dict[str, Any]] = {
        "storage": {"path": folder / "storage", "min_free_bytes": 0},
        "database": {"url": ""},
        "network": {
            "connect_to": web.connect_to(),
            "ca_file": str(web.ca_file),
            "allow_addresses": web.allow_addresses,
            "canaries": (),
            "proxy": "",
        },
        # A small web on this machine needs no politeness, and its pages are light.
        "checks": {"host_interval_s": 0.0},
        "captures": {"slots": 4},
        "web": {"public_url": "", "replay_url": ""},
    }
    return own.model_copy(
        update={name: getattr(own, name).model_copy(update=values) for name, values in tables.items()}
    )


async def run_demo(
    own: Settings, folder: Path, web: SmallWeb, clock: MovableClock, *, say: Callable[[str], None], watching: Watching
) -> DemoResult:
    """
    Run both editions.

    Args:
        own: The user's settings.
        folder: From :func:`prepare_folder`.
        web: Running; placed and aged here.
        say: Told what happens, a sentence at a time.
        watching: Put around the round that captures, so that somebody can show how far it is.

    Raises:
        LinkkeeperError: no browser, no space: whatever the main job raises.
    """
    content.first_edition(web)
    analyses = content.copy_analyses(folder / "analyses")
    say(f"{len(analyses)} analyses cite {len(content.sources())} sources. All are alive; each is captured.")
    async with open_engine(demo_settings(own, web, folder), clock=clock, allow_unsandboxed=True) as engine:
        editions = await _take_in(engine.archive_run, analyses)
        async with engine.hosts.beating():
            with watching(engine, editions):
                await engine.archive_run.round(editions)
        captured = engine.archive_run.report(editions, folder / "report")

    content.second_edition(web)
    clock.move(days=ABSENCE_DAYS)
    say(f"{ABSENCE_DAYS} days pass (the clock is moved). Then a round a day, as the daemon makes them.")
    async with open_engine(demo_settings(own, web, folder), clock=clock, allow_unsandboxed=True) as engine:
        found = await _daily_rounds(engine, editions, clock, folder / "report")
    return DemoResult(
        folder=folder,
        captured=_by_url(captured),
        found=_by_url(found),
        repaired=[
            line for analysis in analyses for line in changed_lines(analysis, _relinked(found, analysis, folder))
        ],
    )


async def _daily_rounds(engine: Engine, editions: Sequence[Edition], clock: MovableClock, out: Path) -> Report:
    async with engine.hosts.beating():
        for _ in range(ROUNDS):
            await engine.archive_run.round(editions)
            clock.move(days=1)
    return engine.archive_run.report(editions, out)


async def _take_in(run: ArchiveRun, analyses: Sequence[Path]) -> Sequence[Edition]:
    intake = await run.take_in([str(path) for path in analyses])
    for problem in intake.problems:
        raise problem
    return intake.editions


def _by_url(report: Report) -> dict[str, SourceFound]:
    return {source.url: source for source in report.sources()}


def _relinked(report: Report, analysis: Path, folder: Path) -> Path:
    copies = {Path(item.location).name: item.relinked for item in report.analyses}
    return folder / "report" / (copies[analysis.name] or "")


def changed_lines(before: Path, after: Path) -> list[ChangedLine]:
    """Lines that a repair changed; it adds none and takes none away, so lines stand side by side."""
    pairs = zip(before.read_text("utf-8").splitlines(), after.read_text("utf-8").splitlines(), strict=True)
    return [ChangedLine(before.name, old, new) for old, new in pairs if old != new]
