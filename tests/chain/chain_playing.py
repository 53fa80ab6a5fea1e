"""Playing the three acts on one storage: all alive; the web ages; thirty days of daily rounds."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from linkkeeper.assembly import Engine, open_engine
from linkkeeper.pipeline.report import Report
from linkkeeper.settings import load
from linkkeeper.vocabulary.views import LinkPage
from testweb import TestWeb, acts

DAYS = 30


class MovedClock:
    """The clock port, moved by hand; it starts now because captures carry the system's time."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What the acts left: reports after each, and every link's page at the end by fate's position."""

    folder: Path
    original: bytes
    roles: tuple[acts.Role, ...]
    alive: Report
    aged: Report
    ended: Report
    pages: tuple[LinkPage, ...]
    asked_after_first: int
    captures_after_first: int


def play(analysis: Path, folder: Path) -> Played:
    """Play *analysis*' sources through all three acts under *folder*."""
    copy = folder / "analysis.txt"
    copy.write_bytes(analysis.read_bytes())
    roles = acts.cast(copy.read_text("utf-8"))
    clock = MovedClock()
    with TestWeb() as web:
        acts.first_act(web, roles)
        alive, captures = asyncio.run(_act(web, folder, clock, days=0))
        asked = len(web.requests)
        acts.second_act(web, roles)
        clock.at += timedelta(days=1)
        aged, _ = asyncio.run(_act(web, folder, clock, days=0))
        ended, _ = asyncio.run(_act(web, folder, clock, days=DAYS))
        pages = asyncio.run(_pages(web, folder, clock, roles))
    return Played(
        folder=folder,
        original=copy.read_bytes(),
        roles=roles,
        alive=alive,
        aged=aged,
        ended=ended,
        pages=pages,
        asked_after_first=asked,
        captures_after_first=captures,
    )


async def _act(web: TestWeb, folder: Path, clock: MovedClock, *, days: int) -> tuple[Report, int]:
    """One round, or one a day for *days*; the report is written under ``out``."""
    async with _engine(web, folder, clock) as engine:
        run = engine.archive_run
        intake = await run.take_in([str(folder / "analysis.txt")])
        for _ in range(max(1, days)):
            if days:
                clock.at += timedelta(days=1)
            await run.round(intake.editions)
        report = run.report(intake.editions, folder / "out")
        return report, len(engine.store.catalogue.captures(limit=1000))


async def _pages(web: TestWeb, folder: Path, clock: MovedClock, roles: tuple[acts.Role, ...]) -> tuple[LinkPage, ...]:
    async with _engine(web, folder, clock) as engine:
        found = [engine.store.catalogue.link_of_url(role.url) for role in roles]
        return tuple(page for page in found if page is not None)


def _engine(web: TestWeb, folder: Path, clock: MovedClock):  # type: ignore[no-untyped-def]
    config = web.write_config(folder / "config.toml", storage=folder / "storage")
    return open_engine(load(config), clock=clock, allow_unsandboxed=True)


__all__ = ["DAYS", "Engine", "MovedClock", "Played", "play"]
