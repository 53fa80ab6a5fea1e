"""The list of the throughput benchmark: hosts, URLs, what each answers, and the least time a polite round needs."""

import random
from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import urlsplit

MOST_PER_HOST = 120
#: Kinds of answer and their share of the list; the rest is a page.
SHARES = (
    ("same", 0.06),
    ("cross", 0.024),
    ("missing", 0.06),
    ("reset", 0.005),
    ("busy", 0.004),
    ("nowhere", 0.005),
    ("hang", 0.009),
)
FASTEST_S, SLOWEST_S = 0.05, 0.30


@dataclass(frozen=True, slots=True)
class Size:
    """How large a list is made."""

    hosts: int = 2_000
    urls: int = 10_000
    seed: int = 4
    dead_share: float = 0.0
    tls_share: float = 0.69


@dataclass(frozen=True, slots=True)
class Rig:
    """
    The list.

    Attributes:
        urls: Shuffled.
        dead: Hosts that never answer anything.
    """

    hosts: tuple[str, ...]
    urls: tuple[str, ...]
    dead: frozenset[str]


def make(size: Size) -> Rig:
    """Make the list: Zipf-like counts per host, capped, kinds by their shares, seeded."""
    rng = random.Random(size.seed)
    hosts = tuple(f"site{number:04d}.bench" for number in range(size.hosts))
    secure = {host: rng.random() < size.tls_share for host in hosts}
    dead = frozenset(rng.sample(hosts, round(size.hosts * size.dead_share)))
    urls = []
    for number, host in enumerate(_spread(hosts, size.urls)):
        kind = rng.choices([name for name, _ in SHARES] + ["page"], [share for _, share in SHARES] + [0.833])[0]
        scheme = "https" if secure[host] else "http"
        if kind == "nowhere":
            urls.append(f"{scheme}://gone{number}.bench/")
        elif kind == "cross":
            target = rng.choice(hosts)
            urls.append(f"{scheme}://{host}/cross/{number}/{'https' if secure[target] else 'http'}/{target}")
        else:
            urls.append(f"{scheme}://{host}/{kind}/{number}")
    rng.shuffle(urls)
    return Rig(hosts, tuple(urls), dead)


def _spread(hosts: tuple[str, ...], total: int) -> list[str]:
    weights = [1 / (rank + 1) ** 0.8 for rank in range(len(hosts))]
    scale = total / sum(weights)
    counts = [min(MOST_PER_HOST, max(1, round(weight * scale))) for weight in weights]
    while sum(counts) < total:
        for index, count in enumerate(counts):
            if count < MOST_PER_HOST and sum(counts) < total:
                counts[index] += 1
    return [host for host, count in zip(hosts, counts, strict=True) for _ in range(count)][:total]


def latency_s(path: str) -> float:
    """How long the server takes for *path*: the same for every client."""
    return FASTEST_S + (SLOWEST_S - FASTEST_S) * random.Random(path).random()


def lower_bound_s(rig: Rig, *, slots: int, per_host: int, interval_s: float, limit_s: float) -> dict[str, float]:
    """
    The least time in which a polite client can have asked everything.

    Args:
        limit_s: What a request costs that is never answered. Of a dead host
            two requests count: after two silences a client may know.

    Returns:
        Each bound in seconds: all work over the slots, the longest line of
        starts, the busiest host's work over its places, the longest request.
    """
    work: defaultdict[str, list[float]] = defaultdict(list)
    for url in rig.urls:
        for host, cost in _requests(url, rig, limit_s):
            work[host].append(cost)
    for host in rig.dead & work.keys():
        work[host] = work[host][:2]
    return {
        "slots": sum(sum(costs) for costs in work.values()) / slots,
        "starts": max((len(costs) - 1) * interval_s + min(costs) for costs in work.values()),
        "places": max(sum(costs) / per_host for costs in work.values()),
        "request": max(max(costs) for costs in work.values()),
    }


def _requests(url: str, rig: Rig, limit_s: float) -> list[tuple[str, float]]:
    parts = urlsplit(url)
    kind, _, rest = parts.path[1:].partition("/")
    if parts.netloc not in rig.hosts:
        return []
    if parts.netloc in rig.dead:
        return [(parts.netloc, limit_s)]
    own = (parts.netloc, limit_s if kind == "hang" else latency_s(parts.path))
    if kind == "same":
        return [own, (parts.netloc, latency_s(f"/page/{rest}"))]
    if kind == "cross":
        number, _, target = rest.split("/")
        return [own, (target, limit_s if target in rig.dead else latency_s(f"/page/{number}"))]
    return [own]
