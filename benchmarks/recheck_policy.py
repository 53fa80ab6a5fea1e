"""
When to check again: schedules compared on one simulated web.

Seeded. Prints a table (``--json``: one object a line) and, with ``--plot``,
writes the trade-off as an SVG. The linkkeeper rows run the real state machine
and the real schedule (``checks.states``, ``checks.recheck``), not a copy.

The web, an assumption and no data: each link dies for good after an
exponential time (8 % a year); passing outages start 0.01 times a day and last
min(14, exp(N(-1.6, 1.4))) days; a link is added at a random hour of the first
week. Of the deaths 45 % are 404, 15 % 410, 15 % a missing name, 15 % soft 404
or home redirect, 10 % time-out or server trouble; of the outages 50 % are 5xx,
30 % time-outs, 10 % a missing name, 10 % refusals (403, 429). In the second
web links share hosts: names and outages are the host's, and half of the
404 and 410 deaths come as relaunches that take most of a host's links at once.

Beside it: InternetArchiveBot's rule as its source states it (living links
after more than 7 days, failing ones after more than 3, three failures kill,
any 4xx and 5xx fails), and "the first failure kills" once a week.
"""

import argparse
import heapq
import json
import math
import random
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from linkkeeper.checks.recheck import after_neighbour, next_check
from linkkeeper.checks.states import Standing, advance, needs_browser_visit, new_standing
from linkkeeper.vocabulary.observation import Evidence, Observation, ObservationKind
from linkkeeper.vocabulary.state import REPAIRED_STATES

K = ObservationKind
START = datetime(2026, 1, 1, tzinfo=UTC)
YEARS = 2.0
HORIZON = YEARS * 365.25
DEATHS = ((0.45, K.MISSING), (0.15, K.GONE), (0.15, K.DNS_MISSING), (0.15, K.SOFT_404), (0.10, K.TIMEOUT))
OUTAGES = ((0.50, K.SERVER_ERROR), (0.30, K.TIMEOUT), (0.10, K.DNS_MISSING), (0.10, K.FORBIDDEN))
DEATHS_A_YEAR = 0.08
OUTAGES_A_DAY = 0.01


@dataclass(frozen=True, slots=True)
class Outage:
    begins: float
    ends: float
    kind: ObservationKind


@dataclass(slots=True)
class Link:
    """One link of the simulated web; times in days."""

    name: str
    added: float
    dies: float
    how: ObservationKind
    outages: tuple[Outage, ...]

    def seen(self, day: float) -> ObservationKind:
        if day >= self.dies:
            return self.how
        return next((outage.kind for outage in self.outages if outage.begins <= day < outage.ends), K.OK)


def drawn(table: tuple[tuple[float, ObservationKind], ...], dice: random.Random) -> ObservationKind:
    left = dice.random()
    for share, kind in table:
        left -= share
        if left < 0:
            return kind
    return table[-1][1]


def drawn_outages(dice: random.Random) -> tuple[Outage, ...]:
    found, day = [], 0.0
    while (day := day + dice.expovariate(OUTAGES_A_DAY)) < HORIZON:
        found.append(Outage(day, day + min(14.0, math.exp(dice.gauss(-1.6, 1.4))), drawn(OUTAGES, dice)))
    return tuple(found)


def lonely_web(links: int, dice: random.Random) -> list[list[Link]]:
    """Every link on a host of its own: the model of the figures that were published before."""
    return [
        [
            Link(
                name=f"link {index}",
                added=dice.random() * 7,
                dies=dice.expovariate(DEATHS_A_YEAR / 365.25),
                how=drawn(DEATHS, dice),
                outages=drawn_outages(dice),
            )
        ]
        for index in range(links)
    ]


def shared_web(links: int, dice: random.Random) -> list[list[Link]]:
    """Links on hosts of 1 to 40 links (Zipf), with deaths that hosts share; the same 8 % a year."""
    hosts: list[list[Link]] = []
    made = 0
    while made < links:
        size = min(40, links - made, max(1, int(dice.paretovariate(1.1))))
        hosts.append(_host(f"host {len(hosts)}", size, dice))
        made += size
    return hosts


def _host(name: str, size: int, dice: random.Random) -> list[Link]:
    outages = drawn_outages(dice)
    rate = DEATHS_A_YEAR / 365.25
    name_dies = dice.expovariate(rate * 0.15)
    relaunch = dice.expovariate(rate * 0.30 / 0.7)
    relaunch_kind = K.MISSING if dice.random() < 0.75 else K.GONE
    alone = tuple((share / 0.55, kind) for share, kind in _without_shared())
    links = []
    for index in range(size):
        ways = [(dice.expovariate(rate * 0.55), drawn(alone, dice)), (name_dies, K.DNS_MISSING)]
        if dice.random() < 0.7:
            ways.append((relaunch, relaunch_kind))
        dies, how = min(ways)
        links.append(Link(name=f"{name}/{index}", added=dice.random() * 7, dies=dies, how=how, outages=outages))
    return links


def _without_shared() -> tuple[tuple[float, ObservationKind], ...]:
    return ((0.225, K.MISSING), (0.075, K.GONE), (0.15, K.SOFT_404), (0.10, K.TIMEOUT))


class Policy(Protocol):
    """Decides for one link; days in, days out."""

    @property
    def dead(self) -> bool: ...

    @property
    def failing(self) -> bool: ...

    def first(self) -> float: ...

    def look(self, day: float, seen: ObservationKind) -> float:
        """Take a look into account; return when to look next."""
        ...

    def wants_visit(self, day: float) -> bool: ...

    def visited(self, day: float, seen: ObservationKind) -> float: ...

    def neighbour_failed(self, day: float, due: float) -> float: ...


def moment_of(day: float) -> datetime:
    return START + timedelta(days=day)


def day_of(moment: datetime) -> float:
    return (moment - START) / timedelta(days=1)


class Linkkeeper:
    """The real thing."""

    def __init__(self, link: Link, *, longest_days: float = 17.0) -> None:
        self._key = link.name
        self._added = moment_of(link.added)
        self._longest = longest_days
        self.standing: Standing = new_standing(moment=self._added)

    @property
    def dead(self) -> bool:
        return self.standing.state in REPAIRED_STATES

    @property
    def failing(self) -> bool:
        return self.dead or bool(self.standing.failures)

    def first(self) -> float:
        return day_of(self._added)

    def look(self, day: float, seen: ObservationKind) -> float:
        return self._take(day, seen, browser=False)

    def wants_visit(self, day: float) -> bool:
        return needs_browser_visit(self.standing, moment=moment_of(day))

    def visited(self, day: float, seen: ObservationKind) -> float:
        return self._take(day, seen, browser=True)

    def _take(self, day: float, seen: ObservationKind, *, browser: bool) -> float:
        evidence = Evidence(words="", by_browser=browser or None, patient=True)
        moment = moment_of(day)
        look = Observation(url="https://site.example/a", moment=moment, kind=seen, rule="answers", evidence=evidence)
        self.standing = advance(self.standing, look)
        due = next_check(
            self.standing,
            moment=moment,
            key=self._key,
            longest_days=self._longest,
        )
        return day_of(due)

    def neighbour_failed(self, day: float, due: float) -> float:
        moved = after_neighbour(moment_of(due), self.standing, moment=moment_of(day), key=self._key)
        return day_of(moved)


class Counter:
    """A counter that failures take down and a success resets; time alone decides when to look."""

    def __init__(self, link: Link, *, alive_days: float, failing_days: float, lives: int) -> None:
        self._dice = random.Random(link.name)
        self._link = link
        self._alive_days, self._failing_days, self._lives = alive_days, failing_days, lives
        self._left = lives

    @property
    def dead(self) -> bool:
        return self._left == 0

    @property
    def failing(self) -> bool:
        return self._left < self._lives

    def first(self) -> float:
        return self._link.added + self._dice.random() / 24

    def look(self, day: float, seen: ObservationKind) -> float:
        self._left = self._lives if seen is K.OK else max(0, self._left - 1)
        if self.dead:
            return day + 30
        # "More than n days", by a robot that comes round a few times a day.
        return day + (self._alive_days if self._left == self._lives else self._failing_days) + self._dice.random() / 2

    def wants_visit(self, day: float) -> bool:
        return False

    def visited(self, day: float, seen: ObservationKind) -> float:
        raise AssertionError("asks for no visit")

    def neighbour_failed(self, day: float, due: float) -> float:
        return due


@dataclass(slots=True)
class Result:
    """What a policy did on a web."""

    links: int = 0
    looks: int = 0
    visits: int = 0
    false_dead: int = 0
    delays: dict[ObservationKind, list[float]] = field(default_factory=dict)

    @property
    def looks_a_year(self) -> float:
        return (self.looks + self.visits) / (self.links * YEARS)

    @property
    def false_per_thousand(self) -> float:
        return 1000 * self.false_dead / (self.links * YEARS)

    def delay(self, *kinds: ObservationKind) -> tuple[float, float]:
        """Median and 95th percentile of days from death to the verdict."""
        days = sorted(day for kind in kinds or tuple(self.delays) for day in self.delays.get(kind, ()))
        if len(days) < 2:
            return math.nan, math.nan
        return statistics.median(days), days[int(0.95 * (len(days) - 1))]


def run(web: list[list[Link]], make: Callable[[Link], Policy]) -> Result:
    result = Result()
    for host in web:
        _run_host(host, [make(link) for link in host], result)
    return result


def _run_host(host: list[Link], policies: list[Policy], result: Result) -> None:
    result.links += len(host)
    due = [policy.first() for policy in policies]
    queue = [(day, index) for index, day in enumerate(due)]
    heapq.heapify(queue)
    while queue:
        day, index = heapq.heappop(queue)
        if day != due[index] or day > HORIZON:
            continue
        failed_before = policies[index].failing
        due[index] = _look(host[index], policies[index], day, result)
        heapq.heappush(queue, (due[index], index))
        if not failed_before and host[index].seen(day) in (K.MISSING, K.GONE, K.DNS_MISSING):
            for other, policy in enumerate(policies):
                if other != index and (earlier := policy.neighbour_failed(day, due[other])) < due[other]:
                    due[other] = earlier
                    heapq.heappush(queue, (earlier, other))


def _look(link: Link, policy: Policy, day: float, result: Result) -> float:
    was_dead = policy.dead
    result.looks += 1
    upcoming = policy.look(day, link.seen(day))
    if policy.wants_visit(day):
        result.visits += 1
        day += 10 / 1440
        upcoming = policy.visited(day, link.seen(day))
    if policy.dead and not was_dead:
        if day < link.dies:
            result.false_dead += 1
        else:
            result.delays.setdefault(link.how, []).append(day - link.dies)
    return max(upcoming, day + 1e-6)


POLICIES: dict[str, Callable[[Link], Policy]] = {
    "first failure kills, weekly": lambda link: Counter(link, alive_days=6.75, failing_days=6.75, lives=1),
    "InternetArchiveBot": lambda link: Counter(link, alive_days=7, failing_days=3, lives=3),
    "linkkeeper": Linkkeeper,
}
SWEEP = (4.0, 7.0, 10.0, 14.0, 17.0, 21.0, 28.0)


def rows(web_name: str, web: list[list[Link]]) -> Iterator[dict[str, object]]:
    for name, make in POLICIES.items():
        result = run(web, make)
        yield {"web": web_name, "policy": name, **figures(result)}


def figures(result: Result) -> dict[str, object]:
    delays = {
        "all": result.delay(),
        "404/410": result.delay(K.MISSING, K.GONE),
        "name": result.delay(K.DNS_MISSING),
        "soft 404": result.delay(K.SOFT_404),
        "time-out": result.delay(K.TIMEOUT),
    }
    return {
        "looks_a_year": round(result.looks_a_year, 2),
        "visits": result.visits,
        "false_dead_per_1000_link_years": round(result.false_per_thousand, 2),
        "delay_days": {name: [round(median, 1), round(p95, 1)] for name, (median, p95) in delays.items()},
    }


def drawing(webs: dict[str, list[list[Link]]]) -> str:
    """The trade-off of looks against days, as SVG written by hand."""
    shapes = [_axes()]
    for (colour, below), (name, web) in zip((("#1f5fa8", False), ("#b4581c", True)), webs.items(), strict=True):
        points = [_point(run(web, partial(Linkkeeper, longest_days=days))) for days in SWEEP]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
        shapes.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for days, (x, y, false_dead) in zip(SWEEP, points, strict=True):
            shapes.append(_dot(x, y, colour, f"{days:.0f} d ({false_dead:.1f})", below=below))
        last_x, last_y, _ = points[-1]
        title_x, title_y = (_LEFT + 6, last_y + 75) if below else (last_x - 4, last_y - 22)
        shapes.append(f'<text x="{title_x:.0f}" y="{title_y:.0f}" fill="{colour}">linkkeeper, {name}</text>')
    for name in ("InternetArchiveBot", "first failure kills, weekly"):
        x, y, false_dead = _point(run(webs["links alone"], POLICIES[name]))
        shapes.append(_dot(x, y, "#333", f"{name} ({false_dead:.0f})"))
    body = "\n".join(shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="12">\n<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'
    )


_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 760, 460, 60, 400
_MOST_LOOKS, _MOST_DAYS = 90.0, 25.0


def _point(result: Result) -> tuple[float, float, float]:
    days = result.delay(K.MISSING, K.GONE)[0]
    return _x(result.looks_a_year), _y(days), result.false_per_thousand


def _x(looks: float) -> float:
    return _LEFT + looks / _MOST_LOOKS * (_WIDTH - _LEFT - 40)


def _y(days: float) -> float:
    return _BOTTOM - days / _MOST_DAYS * (_BOTTOM - 40)


def _dot(x: float, y: float, colour: str, words: str, *, below: bool = False) -> str:
    label_x, label_y, anchor = (x - 5, y + 14, "end") if below else (x + 7, y - 5, "start")
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
        f'<text x="{label_x:.1f}" y="{label_y:.1f}" text-anchor="{anchor}" fill="{colour}">{words}</text>'
    )


def _axes() -> str:
    lines = [
        f'<line x1="{_LEFT}" y1="{_BOTTOM}" x2="{_WIDTH - 30}" y2="{_BOTTOM}" stroke="#333"/>',
        f'<line x1="{_LEFT}" y1="30" x2="{_LEFT}" y2="{_BOTTOM}" stroke="#333"/>',
        f'<text x="{_LEFT}" y="20">Days from a 404 or 410 to the verdict (median); '
        "in brackets: living links called dead, per 1,000 link-years</text>",
        f'<text x="{_WIDTH / 2:.0f}" y="{_BOTTOM + 40}">looks per link and year</text>',
    ]
    for looks in range(0, int(_MOST_LOOKS) + 1, 10):
        lines.append(f'<text x="{_x(looks):.0f}" y="{_BOTTOM + 18}" text-anchor="middle">{looks}</text>')
    for days in range(0, int(_MOST_DAYS) + 1, 5):
        lines.append(f'<text x="{_LEFT - 8}" y="{_y(days) + 4:.0f}" text-anchor="end">{days}</text>')
        lines.append(f'<line x1="{_LEFT}" y1="{_y(days):.0f}" x2="{_WIDTH - 30}" y2="{_y(days):.0f}" stroke="#eee"/>')
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--links", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plot", type=Path, help="write the trade-off as SVG")
    options = parser.parse_args()
    webs = {
        "links alone": lonely_web(options.links, random.Random(options.seed)),
        "links share hosts": shared_web(options.links, random.Random(options.seed)),
    }
    for name, web in webs.items():
        for row in rows(name, web):
            print(json.dumps(row) if options.json else as_text(row), flush=True)
    if options.plot:
        options.plot.write_text(drawing(webs), "utf-8")
    return 0


def as_text(row: dict[str, object]) -> str:
    delays = row["delay_days"]
    assert isinstance(delays, dict)
    spans = "  ".join(f"{name} {median}/{p95}" for name, (median, p95) in delays.items())
    return (
        f"{row['web']:18} {row['policy']:28} {row['looks_a_year']:7} looks a link-year, "
        f"{row['false_dead_per_1000_link_years']:7} false dead per 1,000; days (median/p95): {spans}"
    )


if __name__ == "__main__":
    sys.exit(main())
