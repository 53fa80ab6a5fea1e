"""Links beside one that was just found missing are looked at early: sites lose pages together."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from linkkeeper.checks.recheck import after_neighbour
from linkkeeper.checks.standing import standing_of
from linkkeeper.vocabulary.observation import ObservationKind
from linkkeeper.vocabulary.records import LinkRecord, LookResult

_TELLING = frozenset({ObservationKind.MISSING, ObservationKind.GONE, ObservationKind.DNS_MISSING})
_AHEAD = timedelta(days=60)
#: Of one host at one time: a host with thousands of links comes forward in portions.
_MOST = 100


class DueLinks(Protocol):
    """The part of the ledger that is needed here."""

    def due(self, host: str, *, now: datetime, limit: int = 200) -> Sequence[LinkRecord]: ...
    def postpone_each(self, moments: Mapping[int, datetime]) -> None: ...


def bring_forward(ledger: DueLinks, results: Sequence[LookResult], links: Mapping[int, LinkRecord]) -> int:
    """
    Move up the next looks at living neighbours of links that failed for the first time.

    Args:
        results: Of one batch, already written.
        links: As they were before, by id.

    Returns:
        How many links come forward.
    """
    earlier: dict[int, datetime] = {}
    for host, result in _first_failures(results, links).items():
        moment = result.observation.moment
        for other in ledger.due(host, now=moment + _AHEAD, limit=_MOST):
            if other.id == result.link_id or other.next_check_at is None:
                continue
            standing = standing_of(other.standing, first_seen=other.first_seen_at)
            due = after_neighbour(other.next_check_at, standing, moment=moment, key=other.identity_key)
            if due < other.next_check_at:
                earlier[other.id] = due
    if earlier:
        ledger.postpone_each(earlier)
    return len(earlier)


def _first_failures(results: Sequence[LookResult], links: Mapping[int, LinkRecord]) -> dict[str, LookResult]:
    found: dict[str, LookResult] = {}
    for result in results:
        link = links[result.link_id]
        before = standing_of(link.standing, first_seen=link.first_seen_at)
        if result.observation.kind in _TELLING and not before.failures:
            found.setdefault(link.host, result)
    return found
