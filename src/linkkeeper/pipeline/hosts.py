"""Hosts held by this process: whoever sends to a host holds its lease; many tasks here share one hold."""

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
    """

    def __init__(self, ledger: HostLedger, *, token: str) -> None:
        self._ledger = ledger
        self._token = token
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
            if not self._users[key]:
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
            if self._users[key] <= 0:
                del self._users[key]
                await asyncio.to_thread(self._ledger.release, key, token=self._token)

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
