"""
One round over many links: each once, impatiently; then, patiently, what did not answer in time.

Each host has a few tasks that work through its line, and the longest lines are
taken up first, so that ten thousand links cost no more memory than a few
hundred hosts do; the pacer knows the length of each line and sends the longest
first.

Patient retries take long, so they do not wait for the end of the round: a host
that answers others is asked for its slow pages beside them, one at a time, and
its other places keep its pace. A host that was silent throughout comes last in
its own line, and is then asked once more.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from linkkeeper.vocabulary.uri import host_of, politeness_key

Item = TypeVar("Item")
#: Hosts worked on at a time: at two requests a second each, enough to keep eighty places busy.
HOSTS_AT_ONCE = 200


class Outcome(StrEnum):
    """
    What came of one item.

    Only ``ANSWERED`` says that its host is there: a lease held elsewhere, a
    robots.txt that forbids or a name that does not exist say nothing of it.
    """

    ANSWERED = "answered"
    NOTHING = "nothing"
    #: Did not answer in time, and should be asked again patiently.
    SLOW = "slow"


#: Work on one item; the second argument says whether this is the patient pass.
Work = Callable[[Item, bool], Awaitable[Outcome]]


class Pace(Protocol):
    """What a round needs of :class:`linkkeeper.checks.pacing.Pacer`."""

    def expect(self, key: str, more: int) -> None: ...
    def forgive(self, key: str) -> None: ...


async def run_round(
    items: Iterable[Item], work: Work[Item], *, address: Callable[[Item], str], pace: Pace, tasks_per_host: int = 3
) -> None:
    """
    Work through *items*, the longest lines first.

    Args:
        work: Sends its requests through the pacer; asked again, patiently,
            for items that were ``SLOW``.
        address: URL of an item.
        tasks_per_host: One more than may be open on a host keeps it busy.
    """
    lines: defaultdict[str, deque[Item]] = defaultdict(deque)
    for item in items:
        lines[politeness_key(host_of(address(item)))].append(item)
    for key, line in lines.items():
        pace.expect(key, len(line))
    keys = deque(sorted(lines, key=lambda key: -len(lines[key])))

    async def take_up_hosts() -> None:
        while keys:
            key = keys.popleft()
            await _HostRound(key, lines.pop(key), work, pace).run(tasks_per_host)

    async with asyncio.TaskGroup() as hosts:
        for _ in range(min(HOSTS_AT_ONCE, len(keys))):
            hosts.create_task(take_up_hosts())


class _HostRound(Generic[Item]):
    """The line of one host, and its slow pages."""

    def __init__(self, key: str, line: deque[Item], work: Work[Item], pace: Pace) -> None:
        self._key = key
        self._line = line
        self._work = work
        self._pace = pace
        self._slow: deque[Item] = deque()
        self._answers = False
        self._retrying: asyncio.Task[None] | None = None

    async def run(self, tasks: int) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(tasks, len(self._line))):
                group.create_task(self._work_through(group))
        if self._slow:
            self._pace.forgive(self._key)
            await self._retry()

    async def _work_through(self, group: asyncio.TaskGroup) -> None:
        while self._line:
            item = self._line.popleft()
            self._pace.expect(self._key, -1)
            outcome = await self._work(item, False)
            if outcome is Outcome.SLOW:
                self._slow.append(item)
            elif outcome is Outcome.ANSWERED:
                self._answers = True
            if self._answers and self._slow and (self._retrying is None or self._retrying.done()):
                self._retrying = group.create_task(self._retry())

    async def _retry(self) -> None:
        """One at a time: both places of a host filled with slow pages starve its quick ones."""
        while self._slow:
            await self._work(self._slow.popleft(), True)
