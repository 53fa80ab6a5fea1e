"""The long-running process: workers, beats, desk and replay host, started together and stopped together."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import structlog

from linkkeeper.assembly import Engine, Store, open_engine
from linkkeeper.daemon.beats import Housekeeping
from linkkeeper.errors import BrowserError, LinkkeeperError, StorageError
from linkkeeper.pipeline.first_login import leave_first_login
from linkkeeper.settings import Settings

log = structlog.get_logger()

#: How long a capture under way may still take after SIGTERM; then it is cleanly abandoned.
GRACE_S = 4.0
IDLE_S = 0.5
TROUBLE_S = 15.0

WATCH_EVERY = "every 15s"
POLL_EVERY = "every 15s"
MEND_EVERY = "every 1m"
REHEARSE_EVERY = "every 1m"
FIXITY_AT = "45 2 * * *"


#: Starts both listeners and gives the desk's address; satisfied by :func:`linkkeeper.web.servers.serving`.
Serve = Callable[[Store], AbstractAsyncContextManager[str]]
#: Starts a replay host for our own browser and gives its address, empty where replay is turned off; satisfied
#: by :func:`linkkeeper.web.servers.replaying`.
Replay = Callable[[Store], AbstractAsyncContextManager[str]]


class Daemon:
    """
    Runs until asked to stop.

    Args:
        serve: The desk and the replay host, joined by the command line.
        replay: A replay host where new captures are rehearsed; None for no rehearsals.
    """

    def __init__(self, engine: Engine, settings: Settings, *, serve: Serve, replay: Replay | None = None) -> None:
        self._engine = engine
        self._settings = settings
        self._stop = asyncio.Event()
        self._serve = serve
        self._replay = replay
        self._house = Housekeeping(engine, settings)

    def stop(self) -> None:
        """Ask for a clean stop; returns at once."""
        self._stop.set()

    async def run(self, *, on_ready: Callable[[str], None]) -> None:
        """
        Serve until :meth:`stop`.

        Args:
            on_ready: Told the desk's address once both listeners answer.

        Raises:
            LinkkeeperError: a port can't be bound, no browser may run here.
        """
        engine = self._engine
        self._recover()
        await self._require_browser()
        beats = engine.beats()
        async with self._serve(engine.store) as desk_url, self._stage() as stage, engine.hosts.beating():
            workers = [asyncio.create_task(self._work()) for _ in range(self._settings.captures.slots)]
            try:
                self._wind_up(beats.add, stage)
                beats.start()
                on_ready(desk_url)
                await self._stop.wait()
            finally:
                beats.stop()
                await self._let_finish(workers)

    def _recover(self) -> None:
        recovery = self._engine.store.recovery
        adopted, swept = recovery.adopt(), recovery.sweep_abandoned()
        log.info("recovered", adopted=adopted, swept=len(swept))
        leave_first_login(self._engine.store.accounts, self._settings.storage.path)

    async def _require_browser(self) -> None:
        async with self._engine.pool.lease():
            pass

    def _stage(self) -> AbstractAsyncContextManager[str]:
        return self._replay(self._engine.store) if self._replay else contextlib.nullcontext("")

    def _wind_up(self, add: Callable[..., None], stage: str) -> None:
        house = self._house
        add("watch", WATCH_EVERY, _guarded(house.watch), at_once=True)
        add("poll", POLL_EVERY, _guarded(house.poll), at_once=True)
        add("mend", MEND_EVERY, _guarded(house.mend))
        add("backup", self._settings.backup.schedule, _guarded(house.backup))
        add("fixity", FIXITY_AT, _guarded(house.verify_some))
        if stage:
            add("rehearse", REHEARSE_EVERY, _guarded(house.rehearsing(stage)))

    async def _work(self) -> None:
        """One capture slot: works while there is work; on trouble of ours it waits instead of spinning."""
        while not self._stop.is_set():
            pause = 0.0
            try:
                if not await self._engine.keeper.work_one():
                    pause = IDLE_S
            except (StorageError, BrowserError) as error:
                log.error("captures pause", reason=str(error))
                pause = TROUBLE_S
            except LinkkeeperError as error:
                log.error("capture failed", reason=str(error))
                pause = IDLE_S
            if pause:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), pause)

    async def _let_finish(self, workers: list["asyncio.Task[None]"]) -> None:
        _, late = await asyncio.wait(workers, timeout=GRACE_S)
        for worker in late:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


def _guarded(beat: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """A beat that tells its trouble and lets the next one try again."""

    async def run() -> None:
        try:
            await beat()
        except LinkkeeperError as error:
            log.error("beat failed", beat=getattr(beat, "__name__", "beat"), reason=str(error))

    return run


@contextlib.asynccontextmanager
async def opened(settings: Settings, *, serve: Serve, replay: Replay | None = None) -> AsyncIterator[Daemon]:
    """A daemon on its own engine; SIGTERM and SIGINT stop it."""
    async with open_engine(settings, allow_unsandboxed=False) as engine:
        daemon = Daemon(engine, settings, serve=serve, replay=replay)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, daemon.stop)
        try:
            yield daemon
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)
