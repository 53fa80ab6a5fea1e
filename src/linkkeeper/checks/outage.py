"""
Is it them or is it us? What a look failed at means nothing while our own network is in doubt.

Three witnesses: the default route, canaries (addresses that are always up,
chosen by the operator), and the statistics of the looks themselves: if of many
unrelated hosts most fail at the network, and lately they did not, it is us.

Results are held until the next good canary, at most a minute, and then written;
if the canaries fail they are written as void.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from linkkeeper.checks.ports import Fetch
from linkkeeper.vocabulary.observation import Observation, ObservationKind
from linkkeeper.vocabulary.uri import host_of, politeness_key, same_site

#: Kinds that an outage of our own would look like.
NETWORK_KINDS = frozenset(
    {
        ObservationKind.DNS_MISSING,
        ObservationKind.DNS_FAILING,
        ObservationKind.REFUSED,
        ObservationKind.NO_ROUTE,
        ObservationKind.RESET,
        ObservationKind.TIMEOUT,
        ObservationKind.PROXY_ERROR,
    }
)
_ROUTES_V4 = Path("/proc/net/route")
_ROUTES_V6 = Path("/proc/net/ipv6_route")
_ROUTE_UP = 0x1


class Weather(StrEnum):
    """How our own network is."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    OUTAGE = "outage"


@dataclass(frozen=True, slots=True)
class Sample:
    """One outcome at a host that did not fail before: did it fail at the network now?"""

    host: str
    failed: bool
    moment: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRules:
    """
    When statistics speak of an outage.

    Attributes:
        window: Latest outcomes looked at.
        fresh_for: Older outcomes tell nothing of now.
        least_hosts: Fewer hosts prove nothing.
        usual_share: Share of hosts that fail on an ordinary day, before there is a record.
        surprise: How unlikely the failures must be on an ordinary day (one in so many).
        least_share: A smaller share of failures is never an outage.
    """

    window: int = 40
    fresh_for: timedelta = timedelta(hours=1)
    least_hosts: int = 8
    usual_share: float = 0.05
    surprise: float = 1e6
    least_share: float = 0.5


def judge_statistics(samples: Sequence[Sample], *, usual_share: float, rules: GuardRules) -> Weather:
    """
    Judge the latest outcome of different hosts.

    Args:
        samples: Oldest first; the latest of each host counts.
        usual_share: Of failing hosts so far.

    Returns:
        OUTAGE when that many failures are too unlikely to be their hosts' own;
        DOUBTFUL when all of a few hosts fail: no outage by itself, for three
        sources may well die together, and death takes days of evidence.

    The failures of unrelated hosts are taken as independent draws: the chance
    of at least k of n failing at the usual share is the binomial tail.
    """
    hosts = {sample.host: sample.failed for sample in samples}
    failed = sum(hosts.values())
    if len(hosts) < rules.least_hosts:
        return Weather.DOUBTFUL if hosts and failed == len(hosts) >= 3 else Weather.GOOD
    share = min(0.5, max(usual_share, 0.01))
    if failed / len(hosts) >= rules.least_share and _tail(len(hosts), failed, share) * rules.surprise < 1.0:
        return Weather.OUTAGE
    return Weather.GOOD


def _tail(total: int, at_least: int, share: float) -> float:
    """Chance of *at_least* successes or more in *total* draws of probability *share*."""
    return sum(math.comb(total, k) * share**k * (1 - share) ** (total - k) for k in range(at_least, total + 1))


def combine(statistics: Weather, canaries: Sequence[bool], *, route: bool | None) -> Weather:
    """
    Weigh all witnesses.

    Args:
        canaries: Whether each answered; empty when there are none.
        route: Whether there is a default route; None when that can't be known or does not matter.

    Returns:
        GOOD as soon as a canary answers: then failures are the hosts' own.
    """
    if any(canaries):
        return Weather.GOOD
    if canaries or route is False:
        return Weather.OUTAGE
    return statistics


def has_default_route(v4: Path = _ROUTES_V4, v6: Path = _ROUTES_V6) -> bool | None:
    """Whether this machine has a default route; None where the system does not tell (it is no Linux)."""
    try:
        four = [line.split() for line in v4.read_text("ascii").splitlines()[1:]]
    except OSError:
        return None
    try:
        six = [line.split() for line in v6.read_text("ascii").splitlines()]
    except OSError:
        six = []
    by_v4 = any(row[1] == row[7] == "00000000" and int(row[3], 16) & _ROUTE_UP for row in four if len(row) > 7)
    by_v6 = any(
        row[0] == "0" * 32 and row[1] == "00" and int(row[8], 16) & _ROUTE_UP and row[9] != "lo"
        for row in six
        if len(row) > 9
    )
    return by_v4 or by_v6


class OutageGuard:
    """
    Watches our own network while a round runs.

    Args:
        fetch: For the canaries.
        canaries: URLs that are always up; empty means route and statistics only.
        route: Tells whether there is a default route; None means that it does
            not matter (everything goes through a proxy, or to addresses of ``connect_to``).
        forgive: Closes a host's circuit breaker: a canary is asked however
            often it was silent, or no outage would be seen to end.
    """

    def __init__(
        self,
        fetch: Fetch,
        *,
        canaries: Sequence[str] = (),
        route: Callable[[], bool | None] | None = has_default_route,
        forgive: Callable[[str], None] = lambda key: None,
        rules: GuardRules | None = None,
    ) -> None:
        self._fetch = fetch
        self._canaries = tuple(canaries)
        self._route = route
        self._forgive = forgive
        self._rules = rules or GuardRules()
        self._recent: deque[Sample] = deque(maxlen=self._rules.window)
        self._usual_share = self._rules.usual_share

    def saw(self, observation: Observation, *, before: ObservationKind | None) -> None:
        """
        Take one outcome into the statistics.

        Args:
            before: What the last look at the same link found. Who failed then
                is expected to fail now, and says nothing of our network.
        """
        if before not in NETWORK_KINDS:
            key = politeness_key(host_of(observation.url))
            self._recent.append(Sample(key, observation.kind in NETWORK_KINDS, observation.moment))

    def statistics(self, now: datetime) -> Weather:
        """What the outcomes of the last hour say."""
        fresh = [sample for sample in self._recent if now - sample.moment <= self._rules.fresh_for]
        return judge_statistics(fresh, usual_share=self._usual_share, rules=self._rules)

    async def weather(self, now: datetime) -> Weather:
        """Ask every witness; call before results are written, which are void in an OUTAGE."""
        answered = await asyncio.gather(*(self._answers(url) for url in self._canaries))
        weather = combine(self.statistics(now), answered, route=self._route() if self._route else None)
        if weather is Weather.GOOD:
            self._learn()
        return weather

    def _learn(self) -> None:
        """Let the usual share follow what good days bring, slowly."""
        if len(self._recent) == self._rules.window:
            share = sum(sample.failed for sample in self._recent) / len(self._recent)
            self._usual_share += 0.05 * (share - self._usual_share)

    async def _answers(self, url: str) -> bool:
        """Whether the canary itself answers: a captive portal sends us elsewhere."""
        self._forgive(politeness_key(host_of(url)))
        look = await self._fetch.look(url)
        return look.answer is not None and same_site(look.answer.url, url)
