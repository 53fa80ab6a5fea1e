"""Asking the siblings of a cited address, once per directory and week, however many links doubt."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

from linkkeeper.checks.case import Sibling
from linkkeeper.checks.ports import Fetch, SiblingMemory
from linkkeeper.checks.soft404 import SIBLINGS_KEPT_DAYS, sibling_key, sibling_of, sibling_urls


class Siblings:
    """
    Answers of addresses that cannot exist, asked politely and remembered.

    Args:
        fetch: Queues each request on its own host.
        memory: Keeps answers for :data:`SIBLINGS_KEPT_DAYS`.
    """

    def __init__(self, fetch: Fetch, memory: SiblingMemory) -> None:
        self._fetch = fetch
        self._memory = memory
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of(self, url: str, *, now: datetime) -> tuple[Sibling, ...]:
        """Answers beside *url*; empty for a front page, or when no sibling answered."""
        key = sibling_key(url)
        lock = self._asking.setdefault(key, asyncio.Lock())
        async with lock:
            kept = self._memory.siblings(key, now=now)
            if kept is not None and (read := _read(kept)) is not None:
                return read
            year, week, _ = now.isocalendar()
            asked = [sibling_of(await self._fetch.look(one)) for one in sibling_urls(url, seed=f"{year}-{week}")]
            answered = tuple(sibling for sibling in asked if sibling.status is not None)
            if answered:
                self._memory.remember_siblings(key, [sibling.to_json() for sibling in answered], now=now)
            return answered


def _read(kept: Sequence[dict[str, Any]]) -> tuple[Sibling, ...] | None:
    """What was remembered; None where another release wrote it, whose sketches compare with nothing of ours."""
    try:
        return tuple(Sibling.from_json(item) for item in kept)
    except ValueError:
        return None


class SiblingsInMemory:
    """A memory for one process; satisfies :class:`linkkeeper.checks.ports.SiblingMemory`."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[datetime, list[dict[str, Any]]]] = {}

    def siblings(self, directory: str, *, now: datetime) -> list[dict[str, Any]] | None:
        moment, answers = self._kept.get(directory, (None, []))
        fresh = moment is not None and now - moment < timedelta(days=SIBLINGS_KEPT_DAYS)
        return answers if fresh else None

    def remember_siblings(self, directory: str, answers: list[dict[str, Any]], *, now: datetime) -> None:
        self._kept[directory] = (now, answers)
