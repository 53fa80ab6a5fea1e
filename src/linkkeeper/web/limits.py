"""Limits on how often somebody may try: sliding windows in memory, one per process."""

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass

#: Keys remembered before the empty ones are forgotten.
SWEEP_AT = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """At most *times* within *seconds*."""

    times: int
    seconds: float


class Limiter:
    """Counts events per key; safe to call from several threads."""

    def __init__(self, rate: Rate, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._clock = clock
        self._events: dict[Hashable, deque[float]] = {}
        self._lock = threading.Lock()

    def wait_s(self, key: Hashable, *, times: int = 1) -> float:
        """
        Count *times* events for *key* if the rate allows them.

        Returns:
            0.0 if they were counted, else the seconds until they would be.
        """
        now = self._clock()
        with self._lock:
            self._sweep(now)
            events = self._events.setdefault(key, deque())
            self._forget(events, now)
            excess = len(events) + times - self.rate.times
            if excess <= 0:
                events.extend([now] * times)
                return 0.0
            if excess > len(events):
                return self.rate.seconds
            return events[excess - 1] + self.rate.seconds - now

    def _forget(self, events: deque[float], now: float) -> None:
        while events and events[0] <= now - self.rate.seconds:
            events.popleft()

    def _sweep(self, now: float) -> None:
        if len(self._events) < SWEEP_AT:
            return
        for key in list(self._events):
            self._forget(self._events[key], now)
            if not self._events[key]:
                del self._events[key]
