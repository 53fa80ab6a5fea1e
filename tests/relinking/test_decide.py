"""Which citation is repaired, with which memento, by whom, or why not."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from linkkeeper.relinking.decide import Case, Outcome, choose, decide, decide_all, nearest_to, repairs_of
from linkkeeper.vocabulary.capture import Quality
from linkkeeper.vocabulary.memento import Memento
from linkkeeper.vocabulary.relink import Apply, RepairPolicy
from linkkeeper.vocabulary.state import LinkState

URL = "https://source.example/report"
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def ours(day: str, **more: object) -> Memento:
    moment = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
    uri_m = f"https://keeper.example/web/{moment:%Y%m%d%H%M%S}/{URL}"
    return replace(Memento(uri_r=URL, uri_m=uri_m, moment=moment, capture_id=f"c{day}"), **more)  # type: ignore[arg-type]


def theirs(day: str, *, verified: bool = True) -> Memento:
    moment = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
    return Memento(uri_r=URL, uri_m=f"https://archive.example/{day}/{URL}", moment=moment, verified=verified)


CASE = Case(url=URL, state=LinkState.DEAD, since=NOW, first_seen=NOW, mementos=(ours("2026-01-05"),))


@pytest.mark.parametrize("state", [LinkState.DEAD, LinkState.SOFT_404, LinkState.PARKED, LinkState.USURPED])
def test_lost_sources_with_a_memento_are_repaired(state: LinkState) -> None:
    decision = decide(replace(CASE, state=state))
    assert decision.outcome is Outcome.REPAIR
    assert decision.repair is not None and decision.repair.uri_m == CASE.mementos[0].uri_m
    assert decision.repair.state is state


@pytest.mark.parametrize("state", sorted(set(LinkState) - {
    LinkState.DEAD, LinkState.SOFT_404, LinkState.PARKED, LinkState.USURPED, LinkState.MOVED, LinkState.DRIFTED
}))  # fmt: skip
def test_nothing_else_is_ever_touched(state: LinkState) -> None:
    """What only refuses, fails for a while, or never existed stays as it is."""
    decision = decide(replace(CASE, state=state))
    assert decision.outcome is Outcome.LEAVE and decision.repair is None


def test_a_moved_source_is_suggested_never_applied() -> None:
    decision = decide(replace(CASE, state=LinkState.MOVED, moved_to="https://new.example/report", apply=Apply.WRITE))
    assert decision.outcome is Outcome.SUGGEST
    assert decision.suggestion == "https://new.example/report"
    assert repairs_of([decision]) == ()


def test_a_drifted_source_waits_for_an_editor_whoever_may_apply() -> None:
    case = replace(CASE, state=LinkState.DRIFTED, apply=Apply.WRITE)
    waiting = decide(case)
    assert waiting.outcome is Outcome.SUGGEST and waiting.apply is Apply.PROPOSE and waiting.repair is not None
    assert repairs_of([waiting]) == ()
    assert decide(replace(case, drift_confirmed=True)).outcome is Outcome.REPAIR
    assert decide(replace(case, pinned=True)).outcome is Outcome.REPAIR


def test_policy_off_leaves_everything() -> None:
    assert decide(replace(CASE, policy=RepairPolicy.OFF)).outcome is Outcome.LEAVE


@pytest.mark.parametrize("apply", list(Apply))
def test_who_may_apply_is_the_sources_setting(apply: Apply) -> None:
    assert decide(replace(CASE, apply=apply)).apply is apply


def test_without_a_good_memento_it_waits() -> None:
    for mementos in [(), (theirs("2026-01-05", verified=False),), (ours("2026-01-05", quality=Quality.LOGIN_WALL),)]:
        decision = decide(replace(CASE, mementos=mementos))
        assert decision.outcome is Outcome.WAIT and not decision.needs_public_url


def test_an_unconfirmed_capture_is_no_memento() -> None:
    """A page that does not match its note may be another page."""
    assert decide(replace(CASE, mementos=(ours("2026-01-05", confirmed=False),))).outcome is Outcome.WAIT


def test_a_capture_of_ours_waits_for_the_public_address() -> None:
    decision = decide(replace(CASE, mementos=(ours("2026-01-05", uri_m=None),)))
    assert decision.outcome is Outcome.WAIT and decision.needs_public_url


class TestTheDateToMatch:
    def test_the_notes_date_of_access_counts_first(self) -> None:
        case = replace(CASE, accessed=date(2025, 3, 1), published=date(2025, 4, 1))
        assert case.intended == date(2025, 3, 1)

    def test_else_the_publication_date(self) -> None:
        assert replace(CASE, published=date(2025, 4, 1)).intended == date(2025, 4, 1)

    def test_else_when_it_was_first_seen(self) -> None:
        assert CASE.intended == NOW.date()

    def test_it_reaches_the_repair(self) -> None:
        repair = decide(replace(CASE, accessed=date(2025, 3, 1))).repair
        assert repair is not None and repair.intended == date(2025, 3, 1)


class TestTheMemento:
    def test_the_nearest_at_or_before_the_date(self) -> None:
        picked = choose([ours("2025-01-01"), ours("2025-02-28"), ours("2025-03-02")], date(2025, 3, 1))
        assert picked == ours("2025-02-28")

    def test_a_capture_of_that_very_day_is_at_the_date(self) -> None:
        assert choose([ours("2025-02-28"), ours("2025-03-01")], date(2025, 3, 1)) == ours("2025-03-01")

    def test_else_the_first_after_it(self) -> None:
        assert choose([ours("2025-06-01"), ours("2025-04-01")], date(2025, 3, 1)) == ours("2025-04-01")

    def test_ours_before_another_archives(self) -> None:
        assert choose([theirs("2025-02-28"), ours("2026-01-01")], date(2025, 3, 1)) == ours("2026-01-01")

    def test_another_archives_only_if_verified(self) -> None:
        assert choose([theirs("2025-02-28", verified=False)], date(2025, 3, 1)) is None
        assert choose([theirs("2025-02-28")], date(2025, 3, 1)) == theirs("2025-02-28")

    def test_a_complete_capture_before_a_nearer_partial_one(self) -> None:
        partial = ours("2025-02-28", quality=Quality.PARTIAL)
        assert choose([partial, ours("2025-01-01")], date(2025, 3, 1)) == ours("2025-01-01")
        assert choose([partial], date(2025, 3, 1)) == partial

    def test_an_editors_choice_goes_before_the_rule(self) -> None:
        late = ours("2026-05-01")
        decision = decide(replace(CASE, mementos=(ours("2026-01-05"), late), chosen=late.uri_m))
        assert decision.repair is not None and decision.repair.uri_m == late.uri_m

    def test_nearest_of_none_is_none(self) -> None:
        assert nearest_to([], NOW) is None


class TestTheReturn:
    """A repair is taken back when two good looks prove that the source is back."""

    def test_one_good_look_is_not_enough(self) -> None:
        decision = decide(replace(CASE, state=LinkState.ALIVE, repaired=True, good_looks=1))
        assert decision.outcome is Outcome.WAIT

    @pytest.mark.parametrize("state", [LinkState.ALIVE, LinkState.REDIRECTED, LinkState.EDITED])
    def test_two_take_it_back_under_the_same_apply(self, state: LinkState) -> None:
        decision = decide(replace(CASE, state=state, repaired=True, good_looks=2, apply=Apply.BRANCH))
        assert decision.outcome is Outcome.TAKE_BACK and decision.apply is Apply.BRANCH

    def test_an_editors_word_is_proof(self) -> None:
        decision = decide(replace(CASE, state=LinkState.ALIVE, repaired=True, pinned=True))
        assert decision.outcome is Outcome.TAKE_BACK

    @pytest.mark.parametrize("state", [LinkState.DEAD, LinkState.BLOCKED, LinkState.RESTRICTED, LinkState.FAILING])
    def test_what_is_not_seen_well_stays_repaired(self, state: LinkState) -> None:
        assert decide(replace(CASE, state=state, repaired=True, good_looks=5)).outcome is Outcome.LEAVE


def test_each_case_is_decided_on_its_own() -> None:
    cases = [CASE, replace(CASE, state=LinkState.ALIVE), replace(CASE, mementos=())]
    assert decide_all(cases) == tuple(decide(case) for case in cases)


def test_every_decision_says_why() -> None:
    for state in LinkState:
        for repaired in (False, True):
            assert decide(replace(CASE, state=state, repaired=repaired)).why


def test_a_late_capture_says_how_late() -> None:
    decision = decide(replace(CASE, accessed=(ours("2026-01-05").moment - timedelta(days=10)).date()))
    assert "10 days after the citation's date" in decision.why
