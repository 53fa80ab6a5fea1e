"""Following: which sources of analyses are polled, and when."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from linkkeeper.errors import InputError, UsageError
from linkkeeper.vocabulary.moment import Clock
from linkkeeper.vocabulary.records import FollowedSource
from linkkeeper.vocabulary.relink import Apply, RepairPolicy

KINDS = ("file", "folder", "git", "page", "feed", "sitemap")

#: When a schedule fires next after a moment; refuses words that are no schedule with UsageError.
NextTime = Callable[[str, datetime], datetime]


class FollowLedger(Protocol):
    """Satisfied by :class:`linkkeeper.adapters.sqlmodel_sources.SqlSources`."""

    def follow(self, *, kind: str, location: str, schedule: str, apply: str, policy: str, now: datetime) -> int: ...
    def unfollow(self, location: str, *, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowDefaults:
    """What a source gets that does not say otherwise."""

    schedule: str
    apply: str
    policy: str


class Following:
    """Starts and stops following sources."""

    def __init__(self, *, ledger: FollowLedger, clock: Clock, defaults: FollowDefaults, next_time: NextTime) -> None:
        self._ledger = ledger
        self._clock = clock
        self._defaults = defaults
        self._next_time = next_time

    def follow(
        self,
        location: str,
        *,
        kind: str | None = None,
        schedule: str | None = None,
        apply: str | None = None,
        policy: str | None = None,
    ) -> FollowedSource:
        """
        Follow a source; following it again changes how.

        Raises:
            InputError: a path that is not there.
            UsageError: a kind, schedule, apply or policy that does not exist.
        """
        place = canonical_location(location)
        source = FollowedSource(
            id=0,
            kind=_one_of(kind, KINDS, "kind") if kind else kind_of(place),
            location=place,
            schedule=schedule or self._defaults.schedule,
            apply=_one_of(apply or self._defaults.apply, tuple(Apply), "apply"),
            policy=_one_of(policy or self._defaults.policy, tuple(RepairPolicy), "policy"),
        )
        now = self._clock.now()
        self._next_time(source.schedule, now)
        followed = self._ledger.follow(
            kind=source.kind,
            location=place,
            schedule=source.schedule,
            apply=source.apply,
            policy=source.policy,
            now=now,
        )
        return replace(source, id=followed)

    def unfollow(self, location: str) -> None:
        place = location if _is_url(location) else str(Path(location).absolute())
        self._ledger.unfollow(place, now=self._clock.now())


def _is_url(location: str) -> bool:
    return urlsplit(location).scheme in ("http", "https")


def canonical_location(location: str) -> str:
    """
    The form under which an analysis or source is known: absolute path or URL.

    Raises:
        InputError: a path that is not there, or a URL of another scheme.
    """
    if _is_url(location):
        return location
    if "://" in location:
        raise InputError("read the source", subject=location, reason="only http, https and paths can be read")
    path = Path(location)
    if not path.exists():
        raise InputError("read the source", subject=location, reason="no such file or folder")
    return str(path.absolute())


def kind_of(place: str) -> str:
    """Tell the kind of a source from its name; for URLs the content has the last word at each poll."""
    if _is_url(place):
        path = urlsplit(place).path.lower()
        if "sitemap" in path and path.endswith((".xml", ".xml.gz", ".txt")):
            return "sitemap"
        return "feed" if path.rstrip("/").endswith(("/feed", "/rss", "/atom", ".xml", ".rss", ".atom")) else "page"
    path_there = Path(place)
    if path_there.is_dir():
        return "git" if (path_there / ".git").exists() else "folder"
    return "file"


def _one_of(value: str, known: tuple[str, ...], name: str) -> str:
    if value not in known:
        raise UsageError(
            "follow the source", subject=f"--{name} {value}", reason="unknown", hint=f"known: {', '.join(known)}"
        )
    return str(value)
