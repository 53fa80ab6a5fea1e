"""APScheduler: the clock of the daemon. It ticks idempotent beats and computes when a schedule fires next."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from linkkeeper.errors import UsageError

_EVERY = re.compile(r"every\s+(\d+)\s*(s|m|h|d|w)(?:[a-z]*)", re.IGNORECASE)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _trigger(schedule: str, *, start: datetime) -> CronTrigger | IntervalTrigger:
    every = _EVERY.fullmatch(schedule.strip())
    if every and int(every[1]) > 0:
        return IntervalTrigger(**{_UNITS[every[2].lower()]: int(every[1])}, start_date=start, timezone=UTC)
    try:
        return CronTrigger.from_crontab(schedule, timezone=UTC)
    except ValueError as error:
        raise UsageError(
            "read the schedule",
            subject=schedule,
            reason=str(error),
            hint='write "every 6h" or a cron line such as "15 3 * * *" (UTC)',
        ) from error


def next_time(schedule: str, after: datetime) -> datetime:
    """
    When *schedule* fires next after *after*.

    Raises:
        UsageError: neither ``every N(s|m|h|d|w)`` nor a cron line.
    """
    trigger = _trigger(schedule, start=after)
    fire = trigger.get_next_fire_time(after, after + timedelta(microseconds=1))
    if fire is None:
        raise UsageError("read the schedule", subject=schedule, reason="it never fires")
    return datetime.fromtimestamp(fire.timestamp(), UTC)


class _Executor(AsyncIOExecutor):  # type: ignore[misc]  # APScheduler 3 has no types
    """Quirk of APScheduler 3: what is cancelled when it stops would be logged as a beat that failed."""

    def _run_job_error(self, job_id: str, error: BaseException, traceback: Any = None) -> None:
        if isinstance(error, asyncio.CancelledError):
            self._run_job_success(job_id, [])
        else:
            super()._run_job_error(job_id, error, traceback)


class Beats:
    """Runs coroutines on schedules in this process; a beat that is still running is not started again."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC, executors={"default": _Executor()})

    def add(self, name: str, schedule: str, beat: Callable[[], Awaitable[None]], *, at_once: bool = False) -> None:
        first = {"next_run_time": datetime.now(UTC)} if at_once else {}
        self._scheduler.add_job(
            beat,
            _trigger(schedule, start=datetime.now(UTC)),
            id=name,
            name=name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            **first,
        )

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
