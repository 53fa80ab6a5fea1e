"""
One round over many links: a quick pass over all, then a patient one over what timed out.

Each host has a few tasks that work through its line, and the longest lines are
taken up first, so that ten thousand links cost no more memory than a few
hundred hosts do; the pacer knows the length of each line and sends the longest
first.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol, TypeVar

from linkkeeper.vocabulary.uri import host_of, politeness_key

Item = TypeVar("Item")
#: Hosts worked on at a time: at two requests a second each, enough to keep well over a hundred places busy.
HOSTS_AT_ONCE = 400

#: Work on one item; the second argument says whether this is the patient pass.
#: True means that the item should be tried again patiently.
Work = Callable[[Item, bool], Awaitable[bool]]


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
            for items for which it returned True.
        address: URL of an item.
        tasks_per_host: One more than may be open on a host keeps it busy.
    """
    again = await _pass(_by_host(items, address), work, pace=pace, tasks_per_host=tasks_per_host, patient=False)
    for key in again:
        pace.forgive(key)
    # One at a time: both places of a host filled with slow pages starve its quick ones.
    await _pass(again, work, pace=pace, tasks_per_host=1, patient=True)


def _by_host(items: Iterable[Item], address: Callable[[Item], str]) -> dict[str, deque[Item]]:
    lines: defaultdict[str, deque[Item]] = defaultdict(deque)
    for item in items:
        lines[politeness_key(host_of(address(item)))].append(item)
    return lines


async def _pass(
    lines: dict[str, deque[Item]], work: Work[Item], *, pace: Pace, tasks_per_host: int, patient: bool
) -> dict[str, deque[Item]]:
    again: defaultdict[str, deque[Item]] = defaultdict(deque)

    async def work_through(key: str) -> None:
        line = lines[key]
        while line:
            item = line.popleft()
            pace.expect(key, -1)
            if await work(item, patient):
                again[key].append(item)

    async def take_up_hosts() -> None:
        while keys:
            key = keys.popleft()
            async with asyncio.TaskGroup() as tasks:
                for _ in range(min(tasks_per_host, len(lines[key]))):
                    tasks.create_task(work_through(key))

    keys = deque(sorted(lines, key=lambda key: -len(lines[key])))
    for key, line in lines.items():
        pace.expect(key, len(line))
    async with asyncio.TaskGroup() as hosts:
        for _ in range(min(HOSTS_AT_ONCE, len(keys))):
            hosts.create_task(take_up_hosts())
    return again
