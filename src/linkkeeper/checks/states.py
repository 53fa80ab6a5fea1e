"""
The state of a link over time: repeated evidence over days, never a single look.

Pure: :func:`advance` takes the standing and one observation and returns the
next standing. Time comes in with the observation, so that years pass in
milliseconds in a test.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from linkkeeper.checks.evidence import (
    DRIFT_ROW,
    HOSTILE_ROW,
    MOVE_ROW,
    RETURN_ROW,
    SAID_GONE,
    SOFT_ROW,
    UNREACHED,
    Row,
    Weight,
    death_row,
    weight_of,
)
from linkkeeper.checks.landing import same_place
from linkkeeper.checks.standing import Counted, Pin, Standing, cleared, count, new_standing, satisfies
from linkkeeper.vocabulary.observation import Observation, ObservationKind
from linkkeeper.vocabulary.state import REPAIRED_STATES, LinkState

__all__ = [
    "Pin",
    "Standing",
    "advance",
    "looks_counted",
    "needs_browser_visit",
    "never_existed",
    "new_standing",
    "overrule",
    "pin",
    "release",
]

_Kind = ObservationKind
_SOFT_TO_DEAD = timedelta(days=30)
_TLS_TO_FAILING = timedelta(days=30)
_SOFT = frozenset({_Kind.SOFT_404, _Kind.HOME_REDIRECT})

#: Failures that may pass by themselves and refusals leave these states alone.
_SETTLED = REPAIRED_STATES | {LinkState.NEVER_EXISTED}


def advance(standing: Standing, observation: Observation) -> Standing:
    """
    Take one look into account.

    Args:
        standing: Before the look.
        observation: Later than all that *standing* has counted.

    Returns:
        The standing after it; unchanged if the look was no evidence (void,
        an address of ours refused, our proxy's failure).
    """
    weight = weight_of(observation)
    if weight is Weight.NOTHING:
        return standing
    moment = observation.moment.replace(microsecond=0)
    after = _STEPS[weight](replace(standing, looked_at=moment), observation, moment)
    if standing.pinned is not None:
        return replace(after, state=standing.state, since=standing.since, rule=standing.rule, words=standing.words)
    return after


def _entered(standing: Standing, state: LinkState, observation: Observation, *, words: str = "") -> Standing:
    """Move to *state*; staying there keeps *since* but takes the newer reason."""
    since = standing.since if standing.state is state else observation.moment.replace(microsecond=0)
    said = words or observation.evidence.words
    return replace(standing, state=state, since=since, rule=observation.rule, words=said)


def _on_success(standing: Standing, observation: Observation, moment: datetime) -> Standing:
    if standing.state in _SETTLED:
        successes = (*standing.successes, moment)
        if not satisfies(RETURN_ROW, successes):
            # The first one stays: it is the span from there that counts.
            kept = replace(standing, successes=(successes[0], successes[-1])[: len(successes)])
            return replace(kept, last_alive=moment)
    quiet = max(0, standing.quiet - 2) if standing.counting or standing.state in _SETTLED else standing.quiet + 1
    well = replace(cleared(standing), last_alive=moment, quiet=quiet)
    return _entered(well, _state_of_success(observation), observation)


def _state_of_success(observation: Observation) -> LinkState:
    if observation.kind is _Kind.EDITED:
        return LinkState.EDITED
    elsewhere = observation.final_url is not None and not same_place(observation.url, observation.final_url)
    return LinkState.REDIRECTED if elsewhere and observation.redirects else LinkState.ALIVE


def _on_move(standing: Standing, observation: Observation, moment: datetime) -> Standing:
    """A success at another address: counts as one, and towards ``moved``."""
    before = tuple(item for item in standing.proofs if item.kind is _Kind.MOVED)
    proofs = count(before, Counted(_Kind.MOVED, moment))
    after = _on_success(standing, observation, moment)
    if after.state in _SETTLED:
        return after
    after = replace(after, proofs=proofs, quiet=standing.quiet + 1)
    if standing.state is LinkState.MOVED or satisfies(MOVE_ROW, tuple(item.moment for item in proofs)):
        return _entered(after, LinkState.MOVED, observation)
    return after


def _on_drift(standing: Standing, observation: Observation, moment: datetime) -> Standing:
    # A page answers, so what was counted towards death does not hold; it is no proof of life either.
    answered = replace(standing, failures=(), visited=False, successes=(), tls_since=None)
    if standing.state is LinkState.DRIFTED:
        # Nothing new: looked at ever more seldom, as a living page is.
        return _entered(replace(answered, quiet=standing.quiet + 1), LinkState.DRIFTED, observation)
    after = _with_proof(answered, observation.kind, moment)
    if _proven(after, DRIFT_ROW, _Kind.DRIFTED):
        return _entered(replace(after, quiet=1), LinkState.DRIFTED, observation)
    return _entered(after, LinkState.ALIVE, observation) if standing.state is LinkState.NEW else after


def _on_hostile(standing: Standing, observation: Observation, moment: datetime) -> Standing:
    answered = replace(standing, failures=(), visited=False, successes=(), tls_since=None)
    after = _with_proof(answered, observation.kind, moment)
    state = LinkState.PARKED if observation.kind is _Kind.PARKED else LinkState.USURPED
    if standing.state is state or _proven(after, HOSTILE_ROW, observation.kind):
        return _entered(after, state, observation)
    return _warned(after, observation)


def _on_soft(standing: Standing, observation: Observation, moment: datetime) -> Standing:
    answered = replace(_reached(standing), successes=(), tls_since=None)
    after = _with_proof(answered, observation.kind, moment)
    if standing.state is LinkState.SOFT_404:
        if moment - standing.since >= _SOFT_TO_DEAD and (after.visited or observation.evidence.by_browser):
            return _entered(replace(after, visited=True), LinkState.DEAD, observation)
        return after
    if standing.state in _SETTLED and standing.state is not LinkState.PARKED:
        return after
    if _proven(after, SOFT_ROW, *_SOFT):
        return _entered(after, LinkState.SOFT_404, observation)
    return _warned(after, observation)


def _with_proof(standing: Standing, kind: ObservationKind, moment: datetime) -> Standing:
    return replace(standing, proofs=count(standing.proofs, Counted(kind, moment)))


def _proven(standing: Standing, row: Row, *kinds: ObservationKind) -> bool:
    return satisfies(row, tuple(item.moment for item in standing.proofs if item.kind in kinds))


def _warned(standing: Standing, observation: Observation) -> Standing:
    """Under suspicion: the link stays live, editors see the warning."""
    if standing.state in _SETTLED or standing.state is LinkState.DRIFTED:
        return standing
    return _entered(standing, LinkState.FAILING, observation)


def _on_death(standing: Standing, observation: Observation, moment: datetime) -> Standing:
    after = replace(standing, successes=(), tls_since=None)
    by_browser = bool(observation.evidence.by_browser)
    # The visit before death confirms what was counted; it is not itself one of the failures.
    if not (by_browser and _enough_to_kill(after)):
        after = replace(after, failures=count(after.failures, Counted(observation.kind, moment)))
    after = replace(after, visited=after.visited or (by_browser and _enough_to_kill(after)))
    if standing.state in (LinkState.DEAD, LinkState.NEVER_EXISTED):
        return after
    if _enough_to_kill(after) and after.visited:
        return _entered(after, LinkState.DEAD, observation)
    return _warned(after, observation)


def _enough_to_kill(standing: Standing) -> bool:
    if not standing.failures:
        return False
    row = death_row(frozenset(item.kind for item in standing.failures))
    return satisfies(row, tuple(item.moment for item in standing.failures))


def _on_refusal(standing: Standing, observation: Observation, moment: datetime) -> Standing:
    # Who refuses us is there: all but the server's own "not found" is contradicted.
    kept = tuple(item for item in standing.failures if item.kind in SAID_GONE)
    after = replace(standing, failures=kept, visited=standing.visited and bool(kept))
    if standing.state in _SETTLED or standing.state is LinkState.DRIFTED:
        return after
    if after.counting:
        return after
    restricted = observation.kind in (_Kind.LOGIN, _Kind.FORBIDDEN)
    return _entered(after, LinkState.RESTRICTED if restricted else LinkState.BLOCKED, observation)


def _reached(standing: Standing) -> Standing:
    """The host answered: failures to reach it no longer count."""
    kept = tuple(item for item in standing.failures if item.kind not in UNREACHED)
    return replace(standing, failures=kept, visited=standing.visited and bool(kept))


def _on_tls(standing: Standing, observation: Observation, moment: datetime) -> Standing:
    after = _reached(standing)
    if observation.evidence.content_behind_tls:
        after = replace(after, tls_since=None)
        return after if after.counting or standing.state in _SETTLED else _entered(after, LinkState.ALIVE, observation)
    after = replace(after, tls_since=standing.tls_since or moment)
    if after.tls_since is not None and moment - after.tls_since >= _TLS_TO_FAILING:
        return _warned(after, observation)
    return _entered(after, LinkState.ALIVE, observation) if standing.state is LinkState.NEW else after


def _on_suspicion(standing: Standing, observation: Observation, moment: datetime) -> Standing:
    return _warned(_reached(standing), observation)


def _on_answer(standing: Standing, observation: Observation, moment: datetime) -> Standing:
    """A shell of scripts: the server works, and only a browser could tell more."""
    after = replace(_reached(standing), quiet=standing.quiet + 1)
    return _entered(after, LinkState.ALIVE, observation) if standing.state is LinkState.NEW else after


_STEPS = {
    Weight.ANSWER: _on_answer,
    Weight.SUCCESS: _on_success,
    Weight.MOVE: _on_move,
    Weight.DRIFT: _on_drift,
    Weight.HOSTILE: _on_hostile,
    Weight.SOFT: _on_soft,
    Weight.DEATH: _on_death,
    Weight.REFUSAL: _on_refusal,
    Weight.TLS: _on_tls,
    Weight.SUSPICION: _on_suspicion,
}


def needs_browser_visit(standing: Standing, *, moment: datetime) -> bool:
    """Whether only a visit by a browser is missing before the link is called dead."""
    if standing.visited or standing.pinned is not None or standing.state in (LinkState.DEAD, LinkState.NEVER_EXISTED):
        return False
    if standing.state is LinkState.SOFT_404 and moment - standing.since >= _SOFT_TO_DEAD:
        return True
    return _enough_to_kill(standing)


def never_existed(standing: Standing, *, moment: datetime) -> Standing:
    """
    A dead link that was never seen alive, and that no archive holds: ask the author.

    The caller knows about archives. Returns *standing* as it is if it is not
    dead, was ever alive, or is pinned.
    """
    if standing.state is not LinkState.DEAD or standing.last_alive is not None or standing.pinned is not None:
        return standing
    words = f"{standing.words}; never seen alive, and no archive holds a copy: perhaps the address is mistyped"
    return replace(standing, state=LinkState.NEVER_EXISTED, since=moment.replace(microsecond=0), words=words)


def looks_counted(standing: Standing) -> str | None:
    """How far the counting is, ``missing, look 1 of 3``; None where nothing is counted."""
    if standing.state in (LinkState.DEAD, LinkState.NEVER_EXISTED):
        return None
    if standing.failures:
        row = death_row(frozenset(item.kind for item in standing.failures))
        return _so_far(standing.failures, row)
    rows = (
        (frozenset({_Kind.PARKED}), LinkState.PARKED, HOSTILE_ROW),
        (frozenset({_Kind.USURPED_SUSPECT}), LinkState.USURPED, HOSTILE_ROW),
        (_SOFT, LinkState.SOFT_404, SOFT_ROW),
        (frozenset({_Kind.DRIFTED}), LinkState.DRIFTED, DRIFT_ROW),
        (frozenset({_Kind.MOVED}), LinkState.MOVED, MOVE_ROW),
    )
    for kinds, state, row in rows:
        items = tuple(item for item in standing.proofs if item.kind in kinds)
        if items and standing.state is not state:
            return _so_far(items, row)
    return None


def _so_far(items: tuple[Counted, ...], row: Row) -> str:
    words = items[-1].kind.value.replace("_", " ")
    so_far = f"{words}, look {len(items)} of {max(row.failures, len(items))}"
    if len(items) < row.failures:
        return so_far
    wanted = row.span.days
    passed = (items[-1].moment - items[0].moment).days
    return f"{so_far}, over {passed} of {wanted} days" if passed < wanted else f"{so_far}, to be confirmed by a browser"


def pin(standing: Standing, state: LinkState, *, by: str, reason: str, moment: datetime) -> Standing:
    """
    Hold *state* whatever later looks find, until :func:`release`.

    Raises:
        ValueError: no name or no reason.
    """
    decided = overrule(standing, state, by=by, reason=reason, moment=moment)
    return replace(decided, pinned=Pin(by=by, reason=reason, moment=moment.replace(microsecond=0)))


def release(standing: Standing, *, by: str, reason: str, moment: datetime) -> Standing:
    """Let later looks move the state again; it stays as it is until they do."""
    return replace(overrule(standing, standing.state, by=by, reason=reason, moment=moment), pinned=None)


def overrule(standing: Standing, state: LinkState, *, by: str, reason: str, moment: datetime) -> Standing:
    """
    Set the state once; what was counted is cleared, later looks go on from here.

    Raises:
        ValueError: no name or no reason.
    """
    if not by.strip() or not reason.strip():
        raise ValueError("an editor's decision needs a name and a reason")
    since = standing.since if standing.state is state else moment.replace(microsecond=0)
    words = f"{by}: {reason}"
    return replace(cleared(standing), state=state, since=since, rule="editor", words=words)
