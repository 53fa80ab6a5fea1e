"""
The pace of all hosts: who may send to whom, and when.

Requests wait in one line per politeness key. A line is ready when its host's
interval is over, fewer than the host's share are open and no address is
overfull; of the ready lines the one with most requests left goes first, because
the longest line decides when a round ends. A global slot is taken only then:
holding one while waiting for a host costs up to a quarter of the round.

Each host has a grid of moments an interval apart. Leave is given a little
before the moment, so that the connection can be opened ahead; the request
itself waits for its moment in :meth:`PacedSlot.sending`. A late one does not
push back all that follow, but no two are ever closer than nearly the interval.

All times here are the event loop's, never the clock port's.
"""

import asyncio
import contextlib
import heapq
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from linkkeeper.checks.deferral import HostDeferred
from linkkeeper.checks.lines import Line, PaceRules, Ticket
from linkkeeper.checks.look import Failure, FailureKind, Phase
from linkkeeper.checks.ratelimits import pause_asked
from linkkeeper.errors import EgressError
from linkkeeper.vocabulary.uri import host_of, politeness_key

__all__ = ["HostDeferred", "Locate", "PaceRules", "PacedSlot", "Pacer"]

_MOST_LINES = 20_000
#: Share of our own interval that always lies between two requests; the rest may make up for a late one.
_LEAST_SHARE = 0.98
#: Lateness beyond this is forgotten, not made up for.
_MOST_LATE_S = 0.25
#: How long before its moment a request may open its connection, while places are plenty.
_AHEAD_S = 0.1
#: A host that answered within this time is alive, whatever one page of it does.
_LATELY_S = 600.0
#: A host that answers 429 is asked twice as slowly, down to this; each other answer quickens it again by a tenth.
_SLOWEST_S = 30.0
_RECOVERY = 0.9
_SILENT = frozenset({Phase.RESOLVE, Phase.CONNECT, Phase.TLS, Phase.FIRST_BYTE})
_SILENT_KINDS = frozenset({FailureKind.TIMEOUT, FailureKind.DNS_FAILING})

#: Finds the addresses of a host, as reached on a port.
Locate = Callable[[str, int], Awaitable[Sequence[str]]]


class PacedSlot:
    """Leave for one request; satisfies :class:`linkkeeper.checks.ports.Slot`."""

    __slots__ = ("_address", "_line", "_moment", "_pacer", "_started")

    def __init__(self, pacer: "Pacer", line: Line, address: str | None, moment: float) -> None:
        self._pacer = pacer
        self._line = line
        self._address = address
        self._moment = moment
        self._started: asyncio.Event | None = None

    async def sending(self) -> None:
        """Wait for this request's moment; nothing may come between this and the first byte."""
        loop = asyncio.get_running_loop()
        while True:
            if self._line.starting is not None:
                await self._line.starting.wait()
            # Asked again after each sleep: the request beside may have gone first.
            wait_s = max(self._moment, self._line.last_sent + self._line.least_gap_s(_LEAST_SHARE)) - loop.time()
            if wait_s <= 0 and self._line.starting is None:
                break
            await asyncio.sleep(max(0.0, wait_s))
        self._line.last_sent = loop.time()

    async def starting(self) -> None:
        """
        As :meth:`sending`, for a browser, which sends some time later.

        Nothing else goes to the host until :meth:`sent`, or until the slot is given back.
        """
        await self.sending()
        self._started = self._line.starting = asyncio.Event()

    def sent(self) -> None:
        """The browser's request went out: the host's interval begins now."""
        if self._started is not None:
            self._line.last_sent = asyncio.get_running_loop().time()
            self._line.starting = None
            self._started.set()
            self._started = None

    def answered(self, status: int, headers: Sequence[tuple[str, str]]) -> None:
        self._pacer._answered(self._line, status, headers)

    def failed(self, failure: Failure) -> None:
        self._pacer._failed(self._line, failure)

    def give_back(self) -> None:
        self.sent()
        self._pacer._release(self._line, self._address)


class Pacer:
    """
    Gives leave to send; one per process, for looks, siblings, redirect hops and captures alike.

    Args:
        rules: How gently to go.
        locate: Finds a host's addresses, for the cap per address; None means no cap.
    """

    def __init__(self, rules: PaceRules, *, locate: Locate | None = None) -> None:
        self._rules = rules
        self._locate = locate
        self._free = rules.slots
        self._lines: dict[str, Line] = {}
        self._timed: list[tuple[float, int, Line]] = []
        self._ready: list[tuple[int, int, Line]] = []
        self._numbers = count()
        self._addresses: dict[str, str | None] = {}
        self._finding: set[str] = set()
        self._open_by_address: defaultdict[str, int] = defaultdict(int)
        self._parked: defaultdict[str, deque[Line]] = defaultdict(deque)
        self._tasks: set[asyncio.Task[None]] = set()
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = float("inf")
        self._quiet: defaultdict[str, list[asyncio.Event]] = defaultdict(list)

    @contextlib.asynccontextmanager
    async def slot(self, url: str) -> AsyncIterator[PacedSlot]:
        """
        Wait for leave to send to the host of *url*; given back on leaving.

        Raises:
            HostDeferred: the host rests longer than anybody would wait.
        """
        granted = self._enter(url)
        try:
            slot = await granted
        except asyncio.CancelledError:
            # Cancelled between the grant and its arrival here: the place must not be lost.
            if granted.done() and not granted.cancelled() and granted.exception() is None:
                granted.result().give_back()
            raise
        try:
            yield slot
        finally:
            slot.give_back()

    def expect(self, key: str, more: int) -> None:
        """Announce *more* requests to *key* (or fewer, below zero) that will come later: long lines go first."""
        line = self._line(key)
        line.expected += more

    def set_crawl_delay(self, key: str, seconds: float) -> float:
        """Keep at least *seconds* between requests to *key* (robots.txt ``Crawl-delay``); returns what is kept."""
        line = self._line(key)
        line.least_interval_s = max(line.least_interval_s, min(seconds, self._rules.longest_crawl_delay_s))
        line.asked_interval_s = line.least_interval_s if line.least_interval_s > self._rules.interval_s else 0.0
        line.interval_s = max(line.interval_s, line.least_interval_s)
        return line.least_interval_s

    def rest(self, key: str, seconds: float) -> None:
        """Send nothing to *key* for *seconds*: it asked so, now or in an earlier process."""
        line = self._line(key)
        line.rests_until = max(line.rests_until, asyncio.get_running_loop().time() + seconds)
        self._defer_if_long(line)

    def forgive(self, key: str) -> None:
        """Close the circuit breaker of *key*: its patient retry is due; one more silence opens it again."""
        line = self._line(key)
        line.silences = 0 if line.broken is None else self._rules.breaker_failures - 1
        line.broken = None

    async def let_go(self, key: str) -> None:
        """Refuse what waits for *key* and return when nothing is open there: another process wants the host."""
        line = self._line(key)
        failure = Failure(kind=FailureKind.TIMEOUT, phase=Phase.CONNECT, words="the host was handed over")
        self._refuse_waiting(line, HostDeferred(key, failure, wait_s=0.0, asked=False))
        if line.open:
            event = asyncio.Event()
            self._quiet[key].append(event)
            await event.wait()

    # Lines

    def _line(self, key: str) -> Line:
        line = self._lines.get(key)
        if line is None:
            if len(self._lines) >= _MOST_LINES:
                self._forget_idle_lines()
            line = self._lines[key] = Line(key, self._rules.interval_s, self._rules.interval_s)
        return line

    def _forget_idle_lines(self) -> None:
        now = asyncio.get_running_loop().time()
        quiet = now - self._rules.longest_crawl_delay_s
        for key, line in list(self._lines.items()):
            if line.idle and line.last_sent < quiet and line.rests_until < now and line.broken_until < now:
                del self._lines[key]
        self._addresses.clear()

    def _enter(self, url: str) -> "asyncio.Future[PacedSlot]":
        host = host_of(url)
        line = self._line(politeness_key(host))
        rest = self._deferral(line)
        if rest is not None:
            raise rest
        granted: asyncio.Future[PacedSlot] = asyncio.get_running_loop().create_future()
        line.waiting.append(Ticket(host, _port(url), granted))
        # A line that is ready moves up as it grows; one that waits for its moment stays where it is.
        if line.entry == -1 or line.ready:
            self._consider(line)
            self._dispatch()
        return granted

    def _consider(self, line: Line) -> None:
        """Put *line* where it belongs now: timed, ready, or nowhere."""
        line.entry, line.ready = -1, False
        while line.waiting and line.waiting[0].granted.done():
            line.waiting.popleft()
        if not line.waiting or line.open >= self._rules.per_host:
            return
        if not self._located(line):
            return
        plenty = self._free * 4 > self._rules.slots
        moment = max(line.next_moment - (_AHEAD_S if plenty else 0.0), line.rests_until)
        line.entry = next(self._numbers)
        if moment > asyncio.get_running_loop().time():
            heapq.heappush(self._timed, (moment, line.entry, line))
            self._set_alarm()
        else:
            line.ready = True
            heapq.heappush(self._ready, (-line.left, line.entry, line))

    def _dispatch(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._timed and self._timed[0][0] <= now:
            _, entry, line = heapq.heappop(self._timed)
            if line.entry == entry:
                self._consider(line)
        while self._free and self._ready:
            left, entry, line = heapq.heappop(self._ready)
            if line.entry != entry:
                continue
            if -left != line.left or line.waiting[0].granted.done():
                self._consider(line)
            else:
                self._grant(line, now)
        self._set_alarm()

    def _grant(self, line: Line, now: float) -> None:
        address = self._addresses.get(line.waiting[0].host)
        if address is not None:
            if self._open_by_address[address] >= self._rules.per_address:
                line.entry, line.ready = -1, False
                self._parked[address].append(line)
                return
            self._open_by_address[address] += 1
        ticket = line.waiting.popleft()
        line.open += 1
        self._free -= 1
        moment = max(line.next_moment, now - _MOST_LATE_S)
        line.next_moment = moment + line.interval_s
        self._consider(line)
        ticket.granted.set_result(PacedSlot(self, line, address, moment))

    def _release(self, line: Line, address: str | None) -> None:
        line.open -= 1
        self._free += 1
        if address is not None:
            self._open_by_address[address] -= 1
            if not self._open_by_address[address]:
                del self._open_by_address[address]
            parked = self._parked.get(address)
            if parked:
                self._consider(parked.popleft())
            elif parked is not None:
                del self._parked[address]
        if not line.open:
            for event in self._quiet.pop(line.key, ()):
                event.set()
        if line.entry == -1:
            self._consider(line)
        self._dispatch()

    # Addresses

    def _located(self, line: Line) -> bool:
        """Whether the address of the line's next host is known; starts finding it otherwise."""
        first = line.waiting[0]
        if self._locate is None or first.host in self._addresses:
            return True
        if first.host not in self._finding:
            self._finding.add(first.host)
            self._spawn(self._find(line, first, self._locate))
        return False

    async def _find(self, line: Line, ticket: Ticket, locate: Locate) -> None:
        address: str | None = None
        # A name that fails is the look's to report, in its own words.
        with contextlib.suppress(EgressError):
            found = await locate(ticket.host, ticket.port)
            address = found[0] if found else None
        self._finding.discard(ticket.host)
        self._addresses[ticket.host] = address
        if line.entry == -1:
            self._consider(line)
        self._dispatch()

    # What hosts say

    def _answered(self, line: Line, status: int, headers: Sequence[tuple[str, str]]) -> None:
        line.silences, line.answered_at, line.broken = 0, asyncio.get_running_loop().time(), None
        pause_s = pause_asked(status, headers)
        if pause_s:
            self.rest(line.key, pause_s)
        elif status == 429:
            # Asked to slow down, not told by how much.
            line.interval_s = min(_SLOWEST_S, max(1.0, line.interval_s * 2))
        else:
            line.interval_s = max(line.least_interval_s, line.interval_s * _RECOVERY)

    def _failed(self, line: Line, failure: Failure) -> None:
        now = asyncio.get_running_loop().time()
        lately = now - line.answered_at < _LATELY_S
        if failure.kind not in _SILENT_KINDS or failure.phase not in _SILENT or lately:
            return
        line.silences += 1
        if line.silences >= self._rules.breaker_failures:
            line.broken = failure
            line.broken_until = now + self._rules.breaker_rest_s
            self._defer_if_long(line)

    def _deferral(self, line: Line) -> HostDeferred | None:
        now = asyncio.get_running_loop().time()
        if line.broken is not None and line.broken_until > now:
            return HostDeferred(line.key, line.broken, wait_s=line.broken_until - now, asked=False)
        if line.rests_until - now > self._rules.longest_wait_s:
            words = f"{line.key} asked to be left alone for {line.rests_until - now:.0f} s"
            failure = Failure(kind=FailureKind.TIMEOUT, phase=Phase.CONNECT, words=words)
            return HostDeferred(line.key, failure, wait_s=line.rests_until - now, asked=True)
        return None

    def _defer_if_long(self, line: Line) -> None:
        rest = self._deferral(line)
        if rest is not None:
            self._refuse_waiting(line, rest)
        else:
            self._consider(line)
            self._dispatch()

    def _refuse_waiting(self, line: Line, rest: HostDeferred) -> None:
        refused = list(line.waiting)
        line.waiting.clear()
        line.entry, line.ready = -1, False
        for ticket in refused:
            if not ticket.granted.done():
                ticket.granted.set_exception(rest)

    # Tasks and time

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _set_alarm(self) -> None:
        if not self._timed or self._alarm_at <= self._timed[0][0]:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = self._timed[0][0]
        self._alarm = asyncio.get_running_loop().call_at(self._alarm_at, self._ring)

    def _ring(self) -> None:
        self._alarm, self._alarm_at = None, float("inf")
        self._dispatch()


def _port(url: str) -> int:
    parts = urlsplit(url)
    try:
        return parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return 443
