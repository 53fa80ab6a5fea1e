"""
The pace of all hosts across processes: nothing is sent to a host that another process holds.

A link's own host is held by whoever works on the link; redirect hops, siblings
and stand-ins may lead to others, which are held for that one request.
"""

import contextlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from linkkeeper.checks.deferral import HostDeferred
from linkkeeper.checks.look import Failure, FailureKind, Phase
from linkkeeper.checks.ports import Slot, Slots
from linkkeeper.vocabulary.uri import host_of, politeness_key

_ASK_AGAIN_S = 5.0


class Holds(Protocol):
    """Leases of hosts for this process; many tasks share one."""

    def hold(self, key: str) -> AbstractAsyncContextManager[bool]:
        """Hold *key* while the block runs; False where another process holds it."""
        ...

    def keep_longer(self, key: str, seconds: float) -> None:
        """Keep the lease of *key* for at least *seconds* after its last use."""
        ...


class LeasedSlots:
    """
    Leave to send, given only while this process holds the host; satisfies :class:`linkkeeper.checks.ports.Slots`.

    Args:
        slots: The pace within this process.
    """

    def __init__(self, slots: Slots, holds: Holds) -> None:
        self._slots = slots
        self._holds = holds

    @contextlib.asynccontextmanager
    async def slot(self, url: str) -> AsyncIterator[Slot]:
        """
        Wait for leave to send to the host of *url*; given back on leaving.

        Raises:
            HostDeferred: another process holds the host, or it rests.
        """
        key = politeness_key(host_of(url))
        async with self._holds.hold(key) as held:
            if not held:
                words = f"another process of ours is asking {key} just now"
                failure = Failure(kind=FailureKind.TIMEOUT, phase=Phase.CONNECT, words=words)
                raise HostDeferred(key, failure, wait_s=_ASK_AGAIN_S, asked=False)
            async with self._slots.slot(url) as slot:
                yield slot
