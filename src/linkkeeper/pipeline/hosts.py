"""
Hosts held by this process: whoever sends to a host holds its lease; many tasks here share one hold.

A lease is kept for the host's interval after its last use: whoever takes it
next can't know when we sent last, and must not be closer to that than we would be.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from linkkeeper.pipeline.ports import HostLedger

log = structlog.get_logger()

#: How long a host that another process holds is left alone before asking again.
ASK_AGAIN_S = 5.0
BEAT_S = 15.0
#: Leases that end within this time are written together.
RELEASES_EVERY_S = 0.25
#: Of one write: hosts that are all granted at the same moment would all send at the same moment, and be late.
CLAIMS_AT_ONCE = 16


class HeldHosts:
    """
    Leases of hosts for this process.

    Leases that are taken or let go at about the same time are written
    together, by one task: a transaction per host would cost a round more than
    its requests do.

    Args:
        token: Of this process; the same in every row that it holds.
        linger_s: How long a lease is kept after its last use, at least.
        on_crawl_delay: Told, with every beat, what hosts asked other processes for.
    """

    def __init__(self, ledger: HostLedger, *, token: str, linger_s: float = 0.0) -> None:
        self._ledger = ledger
        self._token = token
        self._linger_s = linger_s
        self._longer: dict[str, float] = {}
        self._delays: dict[str, float] = {}
        self._users: Counter[str] = Counter()
        self._lingering: dict[str, asyncio.TimerHandle] = {}
        self._claims: dict[str, list[asyncio.Future[bool]]] = {}
        self._releases: set[str] = set()
        self._release_soon: asyncio.TimerHandle | None = None
        self._writer: asyncio.Task[None] | None = None
        self._elsewhere: dict[str, float] = {}
        self._wanted: frozenset[str] = frozenset()
        self.on_crawl_delay: Callable[[str, float], None] = lambda key, seconds: None

    @property
    def elsewhere(self) -> frozenset[str]:
        """Hosts that another process was found to hold a moment ago."""
        now = time.monotonic()
        self._elsewhere = {key: until for key, until in self._elsewhere.items() if until > now}
        return frozenset(self._elsewhere)

    @property
    def wanted(self) -> frozenset[str]:
        """Hosts that an editor's capture in another process waits for: nothing new is sent to them."""
        return self._wanted

    def keep_longer(self, key: str, seconds: float) -> None:
        """
        Keep the lease of *key* for at least *seconds* after its last use: its host asked for a longer interval.

        The wish is written into the host's row with the next leases, so that a restart keeps it.
        """
        if self._longer.get(key) != seconds:
            self._longer[key] = self._delays[key] = seconds

    def crawl_delays(self) -> Mapping[str, float]:
        """What hosts asked for in earlier processes, in seconds."""
        return self._ledger.crawl_delays()

    async def remember_rest(self, key: str, seconds: float) -> None:
        """Keep that a host asked us to wait, so that a restart does not forget it."""
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        await asyncio.to_thread(self._ledger.back_off, key, until=until)

    @contextlib.asynccontextmanager
    async def hold(self, key: str, *, urgent: bool = False) -> AsyncIterator[bool]:
        """
        Hold *key* while the block runs.

        Args:
            urgent: Ask the process that holds it to let go.

        Yields:
            False where another process holds it: nothing may be sent then.
        """
        if not await self._take(key, urgent=urgent):
            yield False
            return
        try:
            yield True
        finally:
            await self._give_back(key)

    async def _take(self, key: str, *, urgent: bool) -> bool:
        if self._keep(key) or await self._claim(key):
            return True
        self._elsewhere[key] = time.monotonic() + ASK_AGAIN_S
        if urgent:
            await asyncio.to_thread(self._ledger.want, key, now=datetime.now(UTC))
        return False

    def _keep(self, key: str) -> bool:
        """Use a lease that is still ours; False where it must be claimed."""
        timer = self._lingering.pop(key, None)
        if timer is not None:
            timer.cancel()
        elif key in self._releases:
            self._releases.discard(key)
        elif not self._users[key]:
            return False
        self._users[key] += 1
        return True

    async def _claim(self, key: str) -> bool:
        granted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._claims.setdefault(key, []).append(granted)
        self._write()
        try:
            return await granted
        except asyncio.CancelledError:
            # Cancelled between the grant and its arrival here: the lease must not stay for ever.
            if granted.done() and not granted.cancelled() and granted.exception() is None and granted.result():
                self._end_use(key)
            raise

    async def _give_back(self, key: str) -> None:
        self._end_use(key)
        if key in self._releases:
            await self._written()

    def _end_use(self, key: str) -> None:
        self._users[key] -= 1
        if self._users[key] > 0:
            return
        del self._users[key]
        linger_s = max(self._linger_s, self._longer.get(key, 0.0))
        if linger_s > 0:
            loop = asyncio.get_running_loop()
            self._lingering[key] = loop.call_later(linger_s, self._end_lingering, key)
        else:
            self._releases.add(key)
            self._write()

    def _end_lingering(self, key: str) -> None:
        del self._lingering[key]
        self._releases.add(key)
        if self._release_soon is None:
            self._release_soon = asyncio.get_running_loop().call_later(RELEASES_EVERY_S, self._write)

    def _write(self) -> None:
        """See to it that what waits is written."""
        if self._release_soon is not None:
            self._release_soon.cancel()
            self._release_soon = None
        if self._writer is None or self._writer.done():
            self._writer = asyncio.get_running_loop().create_task(self._write_all())
            self._writer.add_done_callback(_report)

    async def _written(self) -> None:
        """Wait until nothing waits to be written."""
        while self._claims or self._releases or (self._writer is not None and not self._writer.done()):
            self._write()
            if self._writer is not None:
                await asyncio.shield(self._writer)

    async def _write_all(self) -> None:
        while self._claims or self._releases:
            claims = {key: self._claims.pop(key) for key in list(self._claims)[:CLAIMS_AT_ONCE]}
            releases, self._releases = self._releases, set()
            delays, self._delays = self._delays, {}
            try:
                held = await asyncio.to_thread(self._write_rows, list(claims), list(releases), delays)
            except Exception as error:
                # Whoever waits for a lease is told, whatever it was; what was let go is ours until it is written.
                self._releases |= releases
                self._delays = delays | self._delays
                _tell(claims, error)
                if self._claims:
                    continue
                raise
            for key, waiting in claims.items():
                self._grant(key, waiting, held=key in held)

    def _write_rows(
        self, claims: Sequence[str], releases: Sequence[str], delays: Mapping[str, float]
    ) -> frozenset[str]:
        if delays:
            self._ledger.slow_down(delays)
        if releases:
            self._ledger.release_all(releases, token=self._token)
        if not claims:
            return frozenset()
        return self._ledger.claim_all(claims, token=self._token, now=datetime.now(UTC))

    def _grant(self, key: str, waiting: Sequence["asyncio.Future[bool]"], *, held: bool) -> None:
        open_ones = [granted for granted in waiting if not granted.done()]
        for granted in open_ones:
            granted.set_result(held)
        if held:
            # Counted here and not where it is awaited: the first to wake may be done before the second wakes.
            self._users[key] += len(open_ones) + 1
            self._end_use(key)

    async def let_all_go(self) -> None:
        """Release what lingers; for the end of the process."""
        for key, timer in list(self._lingering.items()):
            timer.cancel()
            self._end_lingering(key)
        await self._written()

    @contextlib.asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        """Renew all leases while the block runs."""
        beat = asyncio.create_task(self.beat_forever())
        try:
            yield
        finally:
            beat.cancel()
            await asyncio.gather(beat, return_exceptions=True)

    async def beat_forever(self) -> None:
        """Renew all leases until cancelled; notes which hosts are wanted elsewhere."""
        while True:
            await asyncio.sleep(BEAT_S)
            await self.beat()

    async def beat(self) -> None:
        """Renew all leases, and hear what other processes learned of hosts."""
        self._wanted = await asyncio.to_thread(self._ledger.beat, token=self._token, now=datetime.now(UTC))
        for key, seconds in (await asyncio.to_thread(self.crawl_delays)).items():
            self.on_crawl_delay(key, seconds)


def _report(writer: "asyncio.Task[None]") -> None:
    if not writer.cancelled() and (error := writer.exception()) is not None:
        log.warning("leases not written", error=str(error))


def _tell(claims: Mapping[str, Sequence["asyncio.Future[bool]"]], error: Exception) -> None:
    for waiting in claims.values():
        for granted in waiting:
            if not granted.done():
                granted.set_exception(error)
