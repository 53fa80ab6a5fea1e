"""One line of requests per politeness key, and all that is known of its host's pace."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from linkkeeper.checks.look import Failure

if TYPE_CHECKING:
    from linkkeeper.checks.pacing import PacedSlot


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceRules:
    """
    How gently to go.

    Attributes:
        slots: Requests at a time, in all.
        per_host: Requests open at a time on one politeness key.
        interval_s: Least time between two requests to one key.
        per_address: Requests open at a time on one IP address.
        longest_wait_s: A host that rests longer is deferred instead of waited for.
        breaker_failures: Silences in a row, without an answer, that open the circuit breaker.
        breaker_rest_s: How long it stays open.
        longest_crawl_delay_s: More is not believed.
    """

    slots: int = 50
    per_host: int = 2
    interval_s: float = 0.5
    per_address: int = 4
    longest_wait_s: float = 60.0
    breaker_failures: int = 2
    breaker_rest_s: float = 300.0
    longest_crawl_delay_s: float = 60.0


@dataclass(slots=True, eq=False)
class Ticket:
    """One request in a line; whoever asked waits for *granted*, or has given up and cancelled it."""

    host: str
    port: int
    granted: "asyncio.Future[PacedSlot]"


@dataclass(slots=True, eq=False)
class Line:
    """
    All that is known of one politeness key.

    Attributes:
        expected: Requests that were announced and will come.
        next_moment: Of the host's grid: when the next request may go out.
        silences: In a row, without an answer between.
        answered_at: When the host answered last.
        least_interval_s: Of our rules or the host's ``Crawl-delay``; the
            interval itself grows when the host asks to slow down.
        asked_interval_s: The host's ``Crawl-delay`` where it is longer than our own interval: kept to the full.
        entry: The valid entry of this line in the pacer's heaps; -1 for none.
        ready: That entry is in the heap of ready lines.
        starting: A visit whose browser has not sent yet; everybody else waits for it.
    """

    key: str
    interval_s: float
    least_interval_s: float
    asked_interval_s: float = 0.0
    waiting: deque[Ticket] = field(default_factory=deque)
    expected: int = 0
    open: int = 0
    next_moment: float = 0.0
    last_sent: float = float("-inf")
    rests_until: float = 0.0
    silences: int = 0
    answered_at: float = float("-inf")
    broken: Failure | None = None
    broken_until: float = 0.0
    entry: int = -1
    ready: bool = False
    starting: asyncio.Event | None = None

    @property
    def left(self) -> int:
        return len(self.waiting) + self.expected

    def least_gap_s(self, share: float) -> float:
        """What always lies between two requests: *share* of the interval, and all of what the host asked for."""
        return max(self.interval_s * share, self.asked_interval_s)

    @property
    def idle(self) -> bool:
        return not self.left and not self.open
