"""The demo's analyses and the two editions of its small web."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from linkkeeper.demo.behaviours import (
    Alive,
    AlivePdf,
    BotWall,
    Gone,
    Missing,
    MovedTo,
    Parked,
    Post,
    SoftNotFound,
    TakenOver,
)
from linkkeeper.demo.papers import Article
from linkkeeper.demo.small_web import Behaviour, SmallWeb

ANALYSES = ("ferry-corridor.html", "queue-briefing.md")


class Fate(Enum):
    """What became of a source by the second edition of the small web."""

    ALIVE = "alive"
    MISSING = "missing"
    GONE = "gone"
    SOFT_404 = "soft_404"
    PARKED = "parked"
    TAKEN_OVER = "taken_over"
    MOVED = "moved"
    BOT_WALL = "bot_wall"
    NAME_GONE = "name_gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    url: str
    living: Behaviour
    fate: Fate
    moved_to: str | None = None

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


def sources() -> tuple[Source, ...]:
    """The cited sources, as they stand in ``sources.toml``."""
    table = tomllib.loads(files(__package__).joinpath("sources.toml").read_text("utf-8"))
    return tuple(_source(entry) for entry in table["source"])


def _source(entry: dict[str, Any]) -> Source:
    published: date = entry["published"]
    article = Article(
        site=entry["site"],
        title=entry["title"],
        author=entry["author"],
        published=published,
        paragraphs=tuple(entry["text"].strip().split("\n\n")),
    )
    living: dict[str, Behaviour] = {"article": Alive(article), "pdf": AlivePdf(article), "post": Post(article)}
    return Source(
        url=entry["url"], living=living[entry["kind"]], fate=Fate(entry["fate"]), moved_to=entry.get("moved_to")
    )


def first_edition(web: SmallWeb) -> None:
    """All sources are alive."""
    for source in sources():
        web.place(source.url, source.living)


def second_edition(web: SmallWeb) -> None:
    """Time has passed: each source meets its fate. Ask ``connect_to`` anew afterwards."""
    for source in sources():
        _age(web, source)


def _age(web: SmallWeb, source: Source) -> None:
    match source.fate:
        case Fate.MISSING:
            web.age(source.url, Missing())
        case Fate.GONE:
            web.age(source.url, Gone())
        case Fate.SOFT_404:
            web.age(source.url, SoftNotFound())
        case Fate.PARKED:
            web.take_over(source.host, Parked())
        case Fate.TAKEN_OVER:
            web.take_over(source.host, TakenOver())
        case Fate.BOT_WALL:
            web.age(source.url, BotWall())
        case Fate.NAME_GONE:
            web.forget_name(source.host)
        case Fate.MOVED:
            new_address = source.moved_to or source.url
            web.place(new_address, source.living)
            web.age(source.url, MovedTo(new_address))
        case Fate.ALIVE:
            pass


def copy_analyses(folder: Path) -> tuple[Path, ...]:
    """Write the bundled analyses into *folder*, made if need be, and return their paths, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_copied(folder))


def _copied(folder: Path) -> Iterator[Path]:
    for name in ANALYSES:
        with as_file(files(__package__).joinpath("analyses", name)) as bundled:
            target = folder / name
            target.write_bytes(bundled.read_bytes())
            yield target
