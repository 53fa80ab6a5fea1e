"""
When to look again.

The schedule is the outcome of ``benchmarks/recheck_policy.py``: living links
are asked ever more seldom, all alike in the end (links die at any age: longer
intervals for some make the slowest verdicts slower and spare little); failing
ones on distinct days at different hours, as soon as the evidence table allows;
neighbours of a failing link early.
"""

from datetime import datetime, timedelta
from hashlib import blake2b

from linkkeeper.checks.evidence import GONE_ROW, MISSING_ROW, NAME_ROW, SLOW_ROW, death_row
from linkkeeper.checks.standing import Standing
from linkkeeper.checks.states import needs_browser_visit
from linkkeeper.vocabulary.observation import ObservationKind
from linkkeeper.vocabulary.state import LinkState

_DAY = timedelta(days=1)
_FIRST_DAYS = (1.0, 3.0, 7.0)
_GROWTH = 1.5
#: Enough to keep looks apart that once were made together; more would only make the slow verdicts slower.
_JITTER = 0.05
#: Looks after the first failure, in days from it: as soon as the evidence table
#: allows, at changing hours. Jitter only ever delays them, or a row would not be full.
_GONE_LADDER = (1.02, 3.05)
_MISSING_LADDER = (1.5, 3.05)
_NAME_LADDER = (1 / 24, 1.3, 4.2, 7.05)
_SLOW_LADDER = (1 / 24, 1.3, 4.2, 7.4, 10.6, 14.05)
_LADDERS = {
    GONE_ROW: _GONE_LADDER,
    MISSING_ROW: _MISSING_LADDER,
    NAME_ROW: _NAME_LADDER,
    SLOW_ROW: _SLOW_LADDER,
}
_LADDER_REST_DAYS = 3.0
_LADDER_JITTER = 0.01
_SOFT_DAYS = 3.1
_HOSTILE_DAYS = 7.1
_SETTLED_DAYS = 30.0
_DEAD_DAYS = 90.0
_RETURN_DAYS = 1.1
_REFUSED_DAYS = 30.0
_NEIGHBOUR = timedelta(hours=20)
_SLOWLY_PROVEN = frozenset({ObservationKind.PARKED, ObservationKind.USURPED_SUSPECT, ObservationKind.MOVED})
_LIVING = frozenset({LinkState.ALIVE, LinkState.REDIRECTED, LinkState.MOVED, LinkState.EDITED, LinkState.DRIFTED})


def next_check(standing: Standing, *, moment: datetime, key: str, longest_days: float = 17.0) -> datetime:
    """
    When the link is due next.

    Args:
        standing: After the look at *moment*.
        moment: Now.
        key: Of the link; spreads looks evenly, same key, same answer.
        longest_days: Longest interval between looks at a living link.

    Returns:
        Later than *moment*.
    """
    if needs_browser_visit(standing, moment=moment):
        return moment + timedelta(minutes=10)
    share = _spread(f"{key} {int(moment.timestamp())}")
    if standing.failures and standing.state not in (LinkState.DEAD, LinkState.NEVER_EXISTED):
        return moment + _ladder_days(standing, moment=moment) * (1 + _LADDER_JITTER * share) * _DAY
    days = _days(standing, moment=moment)
    if days is None:
        days = living_days(standing.quiet, longest=longest_days)
        share = 2 * share - 1
    return moment + days * (1 + _JITTER * share) * _DAY


def after_neighbour(due: datetime, standing: Standing, *, moment: datetime, key: str) -> datetime:
    """
    When a link is due whose neighbour on the same host was just found missing.

    Sites lose pages together. A living link comes forward to within a day,
    unless it was looked at on this day already.
    """
    recently = standing.last_alive is not None and moment - standing.last_alive < _NEIGHBOUR
    if recently or standing.counting or standing.state not in _LIVING:
        return due
    return min(due, moment + timedelta(hours=1) + _spread(f"{key} neighbour") * _NEIGHBOUR)


def living_days(quiet: int, *, longest: float) -> float:
    """The interval after *quiet* successes in a row, in days."""
    if quiet <= len(_FIRST_DAYS):
        return min(longest, _FIRST_DAYS[max(quiet, 1) - 1])
    grown = min(quiet - len(_FIRST_DAYS), 20)
    return min(longest, _FIRST_DAYS[-1] * _GROWTH**grown)


def _spread(text: str) -> float:
    """A number from 0 to 1 that looks random and never changes."""
    return int.from_bytes(blake2b(text.encode(), digest_size=6).digest(), "big") / 2**48


def _days(standing: Standing, *, moment: datetime) -> float | None:
    """The interval of a link that is not simply living; None where it is."""
    state = standing.state
    if state is LinkState.NEW:
        # Nothing was learned so far (an address that we refuse, a time-out): ask ever more seldom.
        return min(_REFUSED_DAYS, max(1.0, (moment - standing.since) / _DAY))
    if standing.successes:
        return _RETURN_DAYS
    if state in (LinkState.DEAD, LinkState.NEVER_EXISTED):
        return _SETTLED_DAYS if moment - standing.since < _SETTLED_DAYS * _DAY else _DEAD_DAYS
    if state in (LinkState.PARKED, LinkState.USURPED, LinkState.SOFT_404):
        return _SETTLED_DAYS
    kinds = {item.kind for item in standing.proofs}
    if kinds & _SLOWLY_PROVEN and state is not LinkState.MOVED:
        return _HOSTILE_DAYS
    if kinds and state not in (LinkState.DRIFTED, LinkState.MOVED):
        return _SOFT_DAYS
    return _REFUSED_DAYS if state in (LinkState.BLOCKED, LinkState.RESTRICTED) else None


def _ladder_days(standing: Standing, *, moment: datetime) -> float:
    kinds = frozenset(item.kind for item in standing.failures)
    passed = (moment - standing.failures[0].moment) / _DAY
    upcoming = (step - passed for step in _LADDERS[death_row(kinds)] if step - passed > 0.02)
    return next(upcoming, _LADDER_REST_DAYS)
