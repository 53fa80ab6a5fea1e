"""
When to look again.

The schedule is the outcome of ``benchmarks/recheck_policy.py``: living links
are asked ever more seldom, failing ones on distinct days at different hours,
as soon as the evidence table allows; neighbours of a failing link early.
"""

from datetime import datetime, timedelta
from hashlib import blake2b

from linkkeeper.checks.evidence import SAID_GONE
from linkkeeper.checks.standing import Standing
from linkkeeper.checks.states import needs_browser_visit
from linkkeeper.vocabulary.state import LinkState

_DAY = timedelta(days=1)
_FIRST_DAYS = (1.0, 3.0, 7.0)
_GROWTH = 1.5
_LONGEST_DAYS = 14.0
_LONGEST_OLD_DAYS = 28.0
_OLD = timedelta(days=365)
_JITTER = 0.10
#: After the first failure, in days from it. The odd fractions put the looks at different hours.
_LADDER_DAYS = (1 / 24, 1.2, 4.3, 7.4, 10.6, 14.3, 15.7)
_GONE_LADDER_DAYS = (1.1, 2.2, 3.3)
_LADDER_REST_DAYS = 3.0
_PROOF_DAYS = 3.5
_HOSTILE_DAYS = 7.2
_DEAD_FIRST_DAYS = 30.0
_DEAD_DAYS = 90.0
_RETURN_DAYS = 1.2
_REFUSED_DAYS = 30.0
_NEIGHBOUR = timedelta(hours=20)


def next_check(standing: Standing, *, moment: datetime, added: datetime, captured: bool, key: str) -> datetime:
    """
    When the link is due next.

    Args:
        standing: After the look at *moment*.
        moment: Now.
        added: When the link was first seen.
        captured: A complete capture is kept: a slow verdict costs little then.
        key: Of the link; spreads looks evenly, same key, same answer.

    Returns:
        Later than *moment*.
    """
    if needs_browser_visit(standing, moment=moment):
        return moment + timedelta(minutes=10)
    days = _days(standing, moment=moment, old=captured and moment - added >= _OLD)
    share = _spread(f"{key} {int(moment.timestamp())}")
    jittered = days * (1 + _JITTER * (2 * share - 1))
    return moment + max(timedelta(minutes=30), jittered * _DAY)


def first_check(*, added: datetime, key: str) -> datetime:
    """When a link that was just added is looked at: within the hour, spread by its key."""
    return added + _spread(key) * timedelta(hours=1)


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


_LIVING = frozenset({LinkState.ALIVE, LinkState.REDIRECTED, LinkState.MOVED, LinkState.EDITED, LinkState.DRIFTED})


def _spread(text: str) -> float:
    """A number from 0 to 1 that looks random and never changes."""
    return int.from_bytes(blake2b(text.encode(), digest_size=6).digest(), "big") / 2**48


def _days(standing: Standing, *, moment: datetime, old: bool) -> float:
    state = standing.state
    if state in (LinkState.DEAD, LinkState.NEVER_EXISTED):
        return _dead_days(standing, moment=moment)
    if standing.successes:
        return _RETURN_DAYS
    if standing.failures:
        return _ladder_days(standing, moment=moment)
    if standing.proofs:
        return _proof_days(standing)
    if state in (LinkState.BLOCKED, LinkState.RESTRICTED):
        return _REFUSED_DAYS
    return living_days(standing.quiet, longest=_LONGEST_OLD_DAYS if old else _LONGEST_DAYS)


def living_days(quiet: int, *, longest: float) -> float:
    """The interval after *quiet* successes in a row, in days."""
    if quiet <= len(_FIRST_DAYS):
        return _FIRST_DAYS[max(quiet, 1) - 1]
    return min(longest, _FIRST_DAYS[-1] * _GROWTH ** (quiet - len(_FIRST_DAYS)))


def _dead_days(standing: Standing, *, moment: datetime) -> float:
    if standing.successes:
        return _RETURN_DAYS
    return _DEAD_FIRST_DAYS if moment - standing.since < _DEAD_FIRST_DAYS * _DAY else _DEAD_DAYS


def _ladder_days(standing: Standing, *, moment: datetime) -> float:
    said_gone = all(item.kind in SAID_GONE for item in standing.failures)
    ladder = _GONE_LADDER_DAYS if said_gone else _LADDER_DAYS
    passed = (moment - standing.failures[0].moment) / _DAY
    upcoming = (step - passed for step in ladder if step - passed > 0.03)
    return next(upcoming, _LADDER_REST_DAYS)


def _proof_days(standing: Standing) -> float:
    hostile = standing.state in (LinkState.PARKED, LinkState.USURPED)
    settled = hostile or standing.state in (LinkState.SOFT_404, LinkState.DRIFTED, LinkState.MOVED)
    if settled:
        return _REFUSED_DAYS
    first = {item.kind.value for item in standing.proofs}
    return _HOSTILE_DAYS if first & {"parked", "usurped_suspect", "moved"} else _PROOF_DAYS
