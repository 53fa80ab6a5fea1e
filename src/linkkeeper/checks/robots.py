"""
robots.txt, for one that does not crawl.

Looking at one cited address is no crawling, so that the rules for ``*`` do not
bind us (RFC 9309 addresses crawlers; InternetArchiveBot and lychee ignore the
file altogether). But whoever names us is obeyed, and ``Crawl-delay``, ours or
everybody's, sets the host's pace.
"""

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from linkkeeper.checks.ports import Fetch

AGENT = "linkkeeper"
_KEPT = timedelta(hours=24)
_MOST_HOSTS = 20_000


@dataclass(frozen=True, slots=True)
class PathRule:
    """One ``Allow`` or ``Disallow`` line; ``*`` and a final ``$`` are wildcards."""

    allow: bool
    pattern: str

    def matches(self, path: str) -> bool:
        body, end = (self.pattern[:-1], "$") if self.pattern.endswith("$") else (self.pattern, "")
        expression = ".*".join(re.escape(piece) for piece in body.split("*")) + end
        return re.match(expression, path, re.DOTALL) is not None


@dataclass(frozen=True, slots=True)
class Robots:
    """
    What a robots.txt says to us.

    Attributes:
        rules: Of the group that names us; empty when none does.
        crawl_delay_s: Of that group, else of everybody's; None when not said.
    """

    rules: tuple[PathRule, ...] = ()
    crawl_delay_s: float | None = None

    def allows(self, url: str) -> bool:
        """Whether *url* may be asked for; the longest matching rule decides, ``Allow`` on a tie (RFC 9309 2.2.2)."""
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        matching = [rule for rule in self.rules if rule.pattern and rule.matches(path)]
        return not matching or max(matching, key=lambda rule: (len(rule.pattern), rule.allow)).allow


def read_robots(text: str, *, agent: str = AGENT) -> Robots:
    """
    Read a robots.txt for *agent*; anything that is none says nothing.

    Source: RFC 9309 section 2.2; ``Crawl-delay`` is an old custom outside it.
    """
    named: list[PathRule] = []
    delays: dict[bool, float] = {}
    speaks_to: set[str] = set()
    in_header = False
    for name, value in _lines(text):
        if name == "user-agent":
            speaks_to = speaks_to if in_header else set()
            speaks_to.add(value.lower().partition("/")[0])
            in_header = True
            continue
        in_header = False
        if name in ("allow", "disallow") and agent in speaks_to:
            named.append(PathRule(name == "allow", value))
        elif name == "crawl-delay" and speaks_to & {agent, "*"} and (delay := _seconds(value)) is not None:
            delays.setdefault(agent in speaks_to, delay)
    return Robots(tuple(named), delays.get(True, delays.get(False)))


def _lines(text: str) -> list[tuple[str, str]]:
    pairs = []
    for line in text.lstrip("\ufeff").splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        if colon:
            pairs.append((name.strip().lower(), value.strip()))
    return pairs


def _seconds(value: str) -> float | None:
    return float(value) if re.fullmatch(r"\d{1,6}(\.\d{1,3})?", value) else None


class RobotsOfHosts:
    """
    robots.txt of each origin, fetched politely and kept for a day.

    A file that is missing, forbidden or out of reach allows everything: a
    check asks for one page that a reader would ask for too.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._kept: dict[str, tuple[datetime, Robots]] = {}
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of(self, url: str, *, now: datetime) -> Robots:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        lock = self._asking.setdefault(origin, asyncio.Lock())
        async with lock:
            moment, robots = self._kept.get(origin, (None, Robots()))
            if moment is not None and now - moment < _KEPT:
                return robots
            robots = await self._read(f"{origin}/robots.txt")
            if len(self._kept) >= _MOST_HOSTS:
                self._kept.clear()
            self._kept[origin] = (now, robots)
            return robots

    async def _read(self, url: str) -> Robots:
        look = await self._fetch.look(url)
        if look.answer is None or look.answer.status != 200:
            return Robots()
        return read_robots(look.answer.body.decode("utf-8", "replace"))
