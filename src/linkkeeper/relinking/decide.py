"""
Deciding, purely: which citation is repaired, with which memento, by whom, or why not.

Acts on ``dead soft_404 parked usurped``, on ``drifted`` only when an editor
confirms, on nothing else. A moved source is suggested, never applied.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from enum import StrEnum

from linkkeeper.vocabulary.capture import SHOWN_QUALITIES, Quality
from linkkeeper.vocabulary.memento import Memento
from linkkeeper.vocabulary.relink import Apply, Repair, RepairPolicy
from linkkeeper.vocabulary.state import REPAIRED_STATES, LinkState

#: Good looks after which a source is taken to be back for good.
PROOFS_OF_RETURN = 2

_LIVING = frozenset({LinkState.ALIVE, LinkState.REDIRECTED, LinkState.EDITED})
_WORDS = {
    LinkState.DEAD: "the source is dead",
    LinkState.SOFT_404: "the address answers with an error page",
    LinkState.PARKED: "the domain is parked",
    LinkState.USURPED: "another's content stands at the address",
    LinkState.DRIFTED: "the page is no longer what was cited",
}


class Outcome(StrEnum):
    """
    What is to happen to a citation.

    ``repair`` and ``take_back`` are carried out as *apply* says; ``suggest``
    always waits for an editor; ``wait`` for a memento, a setting or a further
    look; ``leave`` needs nothing.
    """

    REPAIR = "repair"
    TAKE_BACK = "take_back"
    SUGGEST = "suggest"
    WAIT = "wait"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    One citation in one analysis, with all that the decision rests on.

    Attributes:
        url: As cited; *spellings* are further forms of the same link in it.
        since: When the link came to *state*.
        pinned: An editor holds it in *state*.
        drift_confirmed: An editor said that a drifted page no longer serves.
        moved_to: Where the same content was found, for a moved source.
        accessed: The note's own date of access.
        published: Of the analysis.
        first_seen: When linkkeeper first read the citation.
        chosen: URI-M that an editor picked, against the rule.
        repaired: An archived link stands in the text now.
        good_looks: Consecutive good looks that prove that the source is back.
    """

    url: str
    state: LinkState
    since: datetime
    first_seen: datetime
    mementos: Sequence[Memento] = ()
    spellings: tuple[str, ...] = ()
    pinned: bool = False
    drift_confirmed: bool = False
    moved_to: str | None = None
    accessed: date | None = None
    published: date | None = None
    chosen: str | None = None
    repaired: bool = False
    good_looks: int = 0
    policy: RepairPolicy = RepairPolicy.SWAP_WHEN_DEAD
    apply: Apply = Apply.PROPOSE

    @property
    def intended(self) -> date:
        """The date to match: the note's, else the publication's, else when it was first seen."""
        return self.accessed or self.published or self.first_seen.astimezone(UTC).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairDecision:
    """
    The decision on one case.

    Attributes:
        state: Of the link, which the decision rests on.
        repair: Set when the outcome is ``repair``, and with ``suggest`` when
            an editor need only agree.
        suggestion: A living address that an editor may put in instead.
        needs_public_url: It waits only for ``[web] public_url``.
        why: A sentence for an editor.
    """

    url: str
    outcome: Outcome
    why: str
    state: LinkState
    spellings: tuple[str, ...] = ()
    apply: Apply = Apply.PROPOSE
    repair: Repair | None = None
    suggestion: str | None = None
    needs_public_url: bool = False


def decide(case: Case) -> RepairDecision:
    """Decide one case; every way out names its reason."""
    if case.policy is RepairPolicy.OFF:
        return _answer(case, Outcome.LEAVE, "repairs are off for this source of analyses")
    if case.repaired:
        return _of_repaired(case)
    if case.state is LinkState.MOVED:
        why = f"the source has moved to {case.moved_to or 'another address'}; an editor may put that in"
        return _answer(case, Outcome.SUGGEST, why, suggestion=case.moved_to)
    if case.state not in REPAIRED_STATES and case.state is not LinkState.DRIFTED:
        return _answer(case, Outcome.LEAVE, f"the link is {case.state.value.replace('_', ' ')}")
    return _of_lost(case)


def decide_all(cases: Iterable[Case]) -> tuple[RepairDecision, ...]:
    """Decide each case on its own; no decision depends on another."""
    return tuple(decide(case) for case in cases)


def _answer(case: Case, outcome: Outcome, why: str, *, suggestion: str | None = None) -> RepairDecision:
    return RepairDecision(
        url=case.url,
        outcome=outcome,
        why=why,
        state=case.state,
        spellings=case.spellings,
        apply=case.apply,
        suggestion=suggestion,
    )


def _of_repaired(case: Case) -> RepairDecision:
    if case.state not in _LIVING:
        return _answer(case, Outcome.LEAVE, "it is repaired already")
    if case.pinned or case.good_looks >= PROOFS_OF_RETURN:
        proof = "an editor says so" if case.pinned else f"{case.good_looks} good looks on different days"
        return _answer(case, Outcome.TAKE_BACK, f"the source is back for good: {proof}")
    return _answer(case, Outcome.WAIT, "the source was seen again; a second good look will prove it")


def _of_lost(case: Case) -> RepairDecision:
    memento = _memento_for(case)
    if memento is None:
        return _answer(case, Outcome.WAIT, f"{_WORDS[case.state]}, and no good copy is known")
    if memento.uri_m is None:
        why = f"{_WORDS[case.state]}; its copy can be linked once [web] public_url is set"
        return replace(_answer(case, Outcome.WAIT, why), needs_public_url=True)
    why = f"{_WORDS[case.state]} since {case.since.astimezone(UTC):%Y-%m-%d}; {_described(memento, case)}"
    repair = Repair(
        url=case.url,
        spellings=case.spellings,
        uri_m=memento.uri_m,
        moment=memento.moment,
        intended=case.intended,
        state=case.state,
        why=why,
    )
    if case.state is LinkState.DRIFTED and not (case.drift_confirmed or case.pinned):
        why = f"{why}; a drifted source is repaired only when an editor confirms it"
        return replace(_answer(case, Outcome.SUGGEST, why), apply=Apply.PROPOSE, repair=repair)
    return replace(_answer(case, Outcome.REPAIR, why), repair=repair)


def _memento_for(case: Case) -> Memento | None:
    if case.chosen is not None:
        picked = next((memento for memento in case.mementos if memento.uri_m == case.chosen), None)
        if picked is not None:
            return picked
    return choose(case.mementos, case.intended)


def _described(memento: Memento, case: Case) -> str:
    whose = "our capture" if memento.capture_id else "another archive's verified copy"
    days = (memento.moment.astimezone(UTC).date() - case.intended).days
    if days > 0:
        return f"{whose} was made {days} days after the citation's date"
    return f"{whose} is from {memento.moment.astimezone(UTC):%Y-%m-%d}"


def choose(mementos: Sequence[Memento], intended: date) -> Memento | None:
    """
    Pick the memento that a repair leads to.

    Only good ones count: shown qualities that match their note, and of other
    archives only verified ones. Ours go first, complete ones before partial
    ones; among equals the nearest at or before the end of *intended* (UTC),
    else the first after it.
    """
    wanted = datetime.combine(intended, time.max, UTC)
    good = [memento for memento in mementos if _is_good(memento)]
    for ours in (True, False):
        mine = [memento for memento in good if (memento.capture_id is not None) is ours]
        complete = [memento for memento in mine if memento.quality is Quality.COMPLETE]
        if nearest := nearest_to(complete or mine, wanted):
            return nearest
    return None


def _is_good(memento: Memento) -> bool:
    trusted = memento.capture_id is not None or memento.verified
    return trusted and memento.confirmed and memento.quality in SHOWN_QUALITIES


def nearest_to(mementos: Sequence[Memento], wanted: datetime) -> Memento | None:
    """The last one at or before *wanted*, else the first after it; None of none."""
    before = [memento for memento in mementos if memento.moment <= wanted]
    if before:
        return max(before, key=lambda memento: memento.moment)
    return min(mementos, key=lambda memento: memento.moment, default=None)


def repairs_of(decisions: Iterable[RepairDecision]) -> tuple[Repair, ...]:
    """The repairs that decisions let happen now, whoever may carry them out."""
    return tuple(
        decision.repair for decision in decisions if decision.outcome is Outcome.REPAIR and decision.repair is not None
    )
