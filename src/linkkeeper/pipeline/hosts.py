"""
Hosts held by this process: whoever sends to a host holds its lease; many tasks here share one hold.

A lease is kept for the host's interval after its last use: whoever takes it
next can't know when we sent last, and must not be closer to that than we would be.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from linkkeeper.pipeline.ports import HostLedger

#: How long a host that another process holds is left alone before asking again.
ASK_AGAIN_S = 5.0
BEAT_S = 15.0


class HeldHosts:
    """
    Leases of hosts for this process.

    Args:
        token: Of this process; the same in every row that it holds.
        linger_s: How long a lease is kept after its last use.
    """

    def __init__(self, ledger: HostLedger, *, token: str, linger_s: float = 0.0) -> None:
        self._ledger = ledger
        self._token = token
        self._linger_s = linger_s
        self._lingering: dict[str, asyncio.TimerHandle] = {}
        self._releases: set[asyncio.Task[None]] = set()
        self._users: Counter[str] = Counter()
        self._elsewhere: dict[str, float] = {}
        self._wanted: frozenset[str] = frozenset()
        self._lock = asyncio.Lock()

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
        async with self._lock:
            timer = self._lingering.pop(key, None)
            if timer is not None:
                timer.cancel()
            elif not self._users[key]:
                now = datetime.now(UTC)
                if not await asyncio.to_thread(self._ledger.claim, key, token=self._token, now=now):
                    self._elsewhere[key] = time.monotonic() + ASK_AGAIN_S
                    if urgent:
                        await asyncio.to_thread(self._ledger.want, key, now=now)
                    return False
            self._users[key] += 1
            return True

    async def _give_back(self, key: str) -> None:
        async with self._lock:
            self._users[key] -= 1
            if self._users[key] > 0:
                return
            del self._users[key]
            if self._linger_s > 0:
                loop = asyncio.get_running_loop()
                self._lingering[key] = loop.call_later(self._linger_s, self._end_lingering, key)
            else:
                await asyncio.to_thread(self._ledger.release, key, token=self._token)

    def _end_lingering(self, key: str) -> None:
        task = asyncio.get_running_loop().create_task(self._let_go(key))
        self._releases.add(task)
        task.add_done_callback(self._releases.discard)

    async def _let_go(self, key: str) -> None:
        async with self._lock:
            # Taken again while this waited for the lock: then it is not ours to give.
            if self._lingering.pop(key, None) is not None:
                await asyncio.to_thread(self._ledger.release, key, token=self._token)

    async def let_all_go(self) -> None:
        """Release what lingers; for the end of the process."""
        await asyncio.gather(*self._releases, return_exceptions=True)
        for key, timer in list(self._lingering.items()):
            timer.cancel()
            await self._let_go(key)

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
            self._wanted = await asyncio.to_thread(self._ledger.beat, token=self._token, now=datetime.now(UTC))
