"""The state machine: repeated evidence over days moves a link, a single look never kills it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkkeeper.checks.states import (
    Standing,
    advance,
    looks_counted,
    needs_browser_visit,
    never_existed,
    new_standing,
    overrule,
    pin,
    release,
)
from linkkeeper.vocabulary.observation import Evidence, Hop, Observation, ObservationKind
from linkkeeper.vocabulary.state import LinkState

K = ObservationKind
START = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
URL = "https://www.example.org/reports/2019/page"


def seen(
    kind: ObservationKind,
    day: float,
    *,
    void: bool = False,
    browser: bool = False,
    patient: bool = True,
    behind_tls: bool | None = None,
    final_url: str | None = None,
    status: int | None = None,
) -> Observation:
    return Observation(
        url=URL,
        moment=START + timedelta(days=day),
        kind=kind,
        rule="test@1",
        evidence=Evidence(
            words=f"saw {kind.value}",
            by_browser=browser or None,
            patient=patient or None,
            content_behind_tls=behind_tls,
        ),
        http_status=status,
        final_url=final_url,
        redirects=(Hop(URL, 301),) if final_url else (),
        void=void,
    )


def lived(*looks: Observation, standing: Standing | None = None) -> Standing:
    standing = standing or new_standing(moment=START)
    for look in looks:
        standing = advance(standing, look)
    return standing


def killed(*looks: Observation) -> Standing:
    """As the watch does it: when only the visit is missing, a browser looks at once."""
    standing = new_standing(moment=START)
    for look in looks:
        standing = advance(standing, look)
        if needs_browser_visit(standing, moment=look.moment):
            passed = (look.moment - START) / timedelta(days=1)
            standing = advance(standing, seen(look.kind, passed + 0.01, browser=True))
    return standing


ALIVE = lived(seen(K.OK, 0))


def test_a_first_success_makes_a_link_alive() -> None:
    assert ALIVE.state is LinkState.ALIVE
    assert ALIVE.last_alive == START


@pytest.mark.parametrize(
    ("kind", "days", "dies_on"),
    [
        (K.GONE, (1, 2), 2),
        (K.MISSING, (1, 2.5, 4), 4),
        (K.DNS_MISSING, (1, 3, 5, 8), 8),
        (K.TIMEOUT, (1, 3, 6, 9, 12, 15), 15),
        (K.SERVER_ERROR, (1, 3, 6, 9, 12, 15), 15),
        (K.REFUSED, (1, 3, 6, 9, 12, 15), 15),
        (K.DNS_FAILING, (1, 3, 6, 9, 12, 15), 15),
        (K.EMPTY, (1, 3, 6, 9, 12, 15), 15),
    ],
)
def test_each_row_of_the_evidence_table_kills_exactly_when_it_is_full(
    kind: ObservationKind, days: tuple[float, ...], dies_on: float
) -> None:
    looks = [seen(K.OK, 0), *(seen(kind, day) for day in days)]
    assert killed(*looks[:-1]).state is LinkState.FAILING
    dead = killed(*looks)
    assert dead.state is LinkState.DEAD
    assert dead.since.date() == (START + timedelta(days=dies_on)).date()


def test_many_failures_on_one_day_are_one_day_of_evidence() -> None:
    looks = [seen(K.MISSING, 1 + minute / 1440) for minute in range(0, 200, 10)]
    assert killed(seen(K.OK, 0), *looks).state is LinkState.FAILING


def test_mixed_failures_must_fill_the_slowest_row() -> None:
    mixed = [seen(K.MISSING, 1), seen(K.SERVER_ERROR, 2), seen(K.MISSING, 3), seen(K.MISSING, 5)]
    assert killed(*mixed).state is LinkState.FAILING
    assert killed(*mixed, seen(K.MISSING, 9), seen(K.MISSING, 16)).state is LinkState.DEAD


def test_a_success_clears_the_count_and_not_the_history() -> None:
    standing = lived(seen(K.OK, 0), seen(K.MISSING, 1), seen(K.MISSING, 2), seen(K.OK, 3))
    assert standing.state is LinkState.ALIVE
    assert not standing.counting
    assert killed(seen(K.OK, 0), seen(K.MISSING, 1), seen(K.MISSING, 2), seen(K.OK, 3), seen(K.MISSING, 9)).state is (
        LinkState.FAILING
    )


def test_nothing_is_dead_before_a_browser_has_looked() -> None:
    standing = lived(seen(K.OK, 0), *(seen(K.MISSING, day) for day in range(1, 30)))
    assert standing.state is LinkState.FAILING
    assert needs_browser_visit(standing, moment=START + timedelta(days=30))
    assert lived(seen(K.OK, 30.1, browser=True), standing=standing).state is LinkState.ALIVE
    assert lived(seen(K.MISSING, 30.1, browser=True), standing=standing).state is LinkState.DEAD


def test_the_visit_is_not_one_of_the_failures() -> None:
    enough = lived(seen(K.OK, 0), seen(K.GONE, 1), seen(K.GONE, 2))
    visited = lived(seen(K.GONE, 2.01, browser=True), standing=enough)
    assert visited.state is LinkState.DEAD
    assert visited.failures == enough.failures


def test_what_only_a_browser_gets_to_see_counts_like_any_look() -> None:
    """A wall keeps the client out, and the browser behind it finds the page gone."""
    standing = lived(seen(K.OK, 0), seen(K.GONE, 1, browser=True))
    assert looks_counted(standing) == "gone, look 1 of 2"
    assert lived(seen(K.GONE, 32, browser=True), standing=standing).state is LinkState.DEAD


def test_a_wall_in_front_of_the_browser_does_not_confirm_a_death() -> None:
    standing = lived(seen(K.OK, 0), *(seen(K.MISSING, day) for day in range(1, 6)))
    walled = lived(seen(K.BLOCKED, 6, browser=True), standing=standing)
    assert walled.state is LinkState.FAILING


def test_time_outs_of_the_quick_pass_do_not_count() -> None:
    standing = killed(seen(K.OK, 0), *(seen(K.TIMEOUT, day, patient=False) for day in range(1, 60)))
    assert standing.state is LinkState.ALIVE


def test_an_outage_of_ours_leaves_no_trace() -> None:
    before = lived(seen(K.OK, 0), seen(K.MISSING, 1))
    after = lived(*(seen(kind, 2, void=True) for kind in K), standing=before)
    assert after == before


def test_a_shell_of_scripts_leaves_the_state_and_settles_a_new_link() -> None:
    failing = lived(seen(K.MISSING, 1), standing=ALIVE)
    assert lived(seen(K.JS_SHELL, 2), standing=failing).failures == failing.failures
    assert lived(seen(K.JS_SHELL, 2)).state is LinkState.ALIVE
    assert lived(seen(K.JS_SHELL, 2)).last_alive is None


@pytest.mark.parametrize("kind", [K.FORBIDDEN_ADDRESS, K.PROXY_ERROR, K.UNSUPPORTED])
def test_what_is_no_evidence_changes_nothing(kind: ObservationKind) -> None:
    assert lived(*(seen(kind, day) for day in range(1, 100)), standing=ALIVE) == ALIVE


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (K.LOGIN, LinkState.RESTRICTED),
        (K.FORBIDDEN, LinkState.RESTRICTED),
        (K.BLOCKED, LinkState.BLOCKED),
        (K.RATE_LIMITED, LinkState.BLOCKED),
        (K.LEGAL, LinkState.BLOCKED),
        (K.EDITED, LinkState.EDITED),
    ],
)
def test_states_that_change_no_citation_follow_one_look(kind: ObservationKind, state: LinkState) -> None:
    standing = lived(seen(kind, 1), standing=ALIVE)
    assert standing.state is state
    assert lived(seen(K.OK, 2), standing=standing).state is LinkState.ALIVE


@pytest.mark.parametrize(
    ("kind", "state", "apart"),
    [
        (K.DRIFTED, LinkState.DRIFTED, 3),
        (K.SOFT_404, LinkState.SOFT_404, 3),
        (K.HOME_REDIRECT, LinkState.SOFT_404, 3),
        (K.PARKED, LinkState.PARKED, 7),
        (K.USURPED_SUSPECT, LinkState.USURPED, 7),
        (K.MOVED, LinkState.MOVED, 7),
    ],
)
def test_other_states_need_two_looks_days_apart(kind: ObservationKind, state: LinkState, apart: int) -> None:
    assert lived(seen(kind, 1), seen(kind, 0.9 + apart), standing=ALIVE).state is not state
    assert lived(seen(kind, 1), seen(kind, 1 + apart), standing=ALIVE).state is state


def test_an_unproven_suspicion_warns_and_never_condemns() -> None:
    standing = killed(seen(K.OK, 0), *(seen(K.SOFT_404_SUSPECT, day, status=200) for day in range(1, 400, 3)))
    assert standing.state is LinkState.FAILING
    assert not standing.counting


def test_a_proven_soft_404_is_dead_after_thirty_days_and_a_visit() -> None:
    looks = [seen(K.SOFT_404, day) for day in (1, 5, 20, 34)]
    standing = lived(*looks, standing=ALIVE)
    assert standing.state is LinkState.SOFT_404
    late = lived(seen(K.SOFT_404, 36), standing=standing)
    assert late.state is LinkState.SOFT_404
    assert needs_browser_visit(late, moment=START + timedelta(days=36))
    assert lived(seen(K.SOFT_404, 36.1, browser=True), standing=late).state is LinkState.DEAD


def test_a_parked_page_that_stops_answering_stays_parked_until_it_is_dead() -> None:
    """Never back to a state whose citations link the live page."""
    parked = lived(seen(K.PARKED, 1), seen(K.PARKED, 9), standing=ALIVE)
    failing = lived(seen(K.DNS_MISSING, 20), standing=parked)
    assert failing.state is LinkState.PARKED
    dead = lived(
        *(seen(K.DNS_MISSING, day) for day in (22, 25, 28)), seen(K.DNS_MISSING, 28.1, browser=True), standing=failing
    )
    assert dead.state is LinkState.DEAD


def test_a_parked_page_is_never_dead_while_it_answers() -> None:
    standing = killed(seen(K.OK, 0), *(seen(K.PARKED, day) for day in range(1, 700, 7)))
    assert standing.state is LinkState.PARKED


DEAD = killed(seen(K.OK, 0), seen(K.GONE, 1), seen(K.GONE, 2))


def test_the_dead_come_back_on_two_successes_a_day_apart() -> None:
    assert DEAD.state is LinkState.DEAD
    assert lived(seen(K.OK, 10), seen(K.OK, 10.9), standing=DEAD).state is LinkState.DEAD
    assert lived(seen(K.OK, 10), seen(K.OK, 11.1), standing=DEAD).state is LinkState.ALIVE


def test_a_failure_between_two_successes_starts_the_way_back_again() -> None:
    standing = lived(seen(K.OK, 10), seen(K.GONE, 10.5), seen(K.OK, 11.2), standing=DEAD)
    assert standing.state is LinkState.DEAD


def test_the_dead_that_come_back_with_other_content_are_drifted_or_parked() -> None:
    assert lived(seen(K.DRIFTED, 10), seen(K.DRIFTED, 14), standing=DEAD).state is LinkState.DRIFTED
    assert lived(seen(K.PARKED, 10), seen(K.PARKED, 18), standing=DEAD).state is LinkState.PARKED


@pytest.mark.parametrize("kind", [K.BLOCKED, K.LOGIN, K.RATE_LIMITED, K.SOFT_404_SUSPECT])
def test_a_refusal_does_not_wake_the_dead(kind: ObservationKind) -> None:
    assert lived(seen(kind, 10), seen(kind, 20), standing=DEAD).state is LinkState.DEAD


def test_certificate_trouble_with_content_behind_it_is_alive() -> None:
    looks = [seen(K.TLS_EXPIRED, day, behind_tls=True) for day in range(1, 90, 7)]
    assert lived(*looks, standing=ALIVE).state is LinkState.ALIVE


def test_certificate_trouble_without_content_fails_after_thirty_days_and_never_kills() -> None:
    looks = [seen(K.TLS_CHAIN, day, behind_tls=False) for day in range(1, 400, 7)]
    assert lived(*looks[:4], standing=ALIVE).state is LinkState.ALIVE
    assert killed(seen(K.OK, 0), *looks).state is LinkState.FAILING


def test_a_success_elsewhere_is_redirected() -> None:
    landed = seen(K.OK, 1, final_url="https://www.example.org/other")
    assert lived(landed, standing=ALIVE).state is LinkState.REDIRECTED
    slash = seen(K.OK, 1, final_url="http://example.org/reports/2019/page/")
    assert lived(slash, standing=ALIVE).state is LinkState.ALIVE


def test_a_pin_holds_whatever_later_looks_find() -> None:
    moment = START + timedelta(days=1)
    pinned = pin(ALIVE, LinkState.ALIVE, by="Ada", reason="walls us, I looked", moment=moment)
    later = killed_from(pinned, *(seen(K.GONE, day) for day in range(2, 30)))
    assert later.state is LinkState.ALIVE
    assert later.words == "Ada: walls us, I looked"
    freed = release(later, by="Ada", reason="let it run", moment=START + timedelta(days=31))
    assert killed_from(freed, seen(K.GONE, 32), seen(K.GONE, 34)).state is LinkState.DEAD


def killed_from(standing: Standing, *looks: Observation) -> Standing:
    for look in looks:
        standing = advance(standing, look)
        if needs_browser_visit(standing, moment=look.moment):
            passed = (look.moment - START) / timedelta(days=1)
            standing = advance(standing, seen(look.kind, passed + 0.01, browser=True))
    return standing


def test_an_editor_may_overrule_once_and_looks_go_on_from_there() -> None:
    decided = overrule(DEAD, LinkState.ALIVE, by="Ada", reason="moved behind a form", moment=START + timedelta(days=9))
    assert (decided.state, decided.rule, decided.words) == (LinkState.ALIVE, "editor", "Ada: moved behind a form")
    assert lived(seen(K.BLOCKED, 10), standing=decided).state is LinkState.BLOCKED


@pytest.mark.parametrize(("by", "reason"), [("", "because"), ("Ada", " ")])
def test_a_decision_without_name_or_reason_is_refused(by: str, reason: str) -> None:
    with pytest.raises(ValueError, match="name and a reason"):
        pin(ALIVE, LinkState.DEAD, by=by, reason=reason, moment=START)


def test_a_dead_link_that_was_never_alive_asks_the_author() -> None:
    stillborn = killed(seen(K.MISSING, 0), seen(K.MISSING, 2), seen(K.MISSING, 4))
    assert never_existed(stillborn, moment=START).state is LinkState.NEVER_EXISTED
    assert never_existed(DEAD, moment=START) is DEAD


@pytest.mark.parametrize(
    ("looks", "words"),
    [
        ((), None),
        ((seen(K.MISSING, 1),), "missing, look 1 of 3"),
        ((seen(K.MISSING, 1), seen(K.MISSING, 1.2), seen(K.MISSING, 1.4)), "missing, look 3 of 3, over 0 of 3 days"),
        ((seen(K.DNS_MISSING, 1), seen(K.DNS_MISSING, 2)), "dns missing, look 2 of 4"),
        ((seen(K.PARKED, 1),), "parked, look 1 of 2"),
        ((seen(K.HOME_REDIRECT, 1),), "home redirect, look 1 of 2"),
    ],
)
def test_editors_read_how_far_the_counting_is(looks: tuple[Observation, ...], words: str | None) -> None:
    assert looks_counted(lived(*looks, standing=ALIVE)) == words


# Properties

_REFUSALS = [K.LOGIN, K.FORBIDDEN, K.BLOCKED, K.RATE_LIMITED, K.LEGAL]
_TLS = [K.TLS_EXPIRED, K.TLS_WRONG_HOST, K.TLS_SELF_SIGNED, K.TLS_CHAIN, K.TLS_OLD]
_OURS = [K.FORBIDDEN_ADDRESS, K.PROXY_ERROR, K.UNSUPPORTED]
_PASSING = [K.SERVER_ERROR, K.TIMEOUT, K.RESET, K.REFUSED, K.DNS_FAILING, K.EMPTY, K.NO_ROUTE, K.REDIRECT_LOOP]


@st.composite
def harmless_lives(draw: st.DrawFn) -> list[Observation]:
    """
    Refusals, walls, limits, certificate trouble and outages without end, and
    between them spells of under 14 days of all that may pass.
    """
    day, looks = 0.0, []
    for _ in range(draw(st.integers(1, 12))):
        spell_ends = day + 13.9
        for _ in range(draw(st.integers(0, 8))):
            day += draw(st.floats(0.01, 5))
            if day < spell_ends:
                looks.append(seen(draw(st.sampled_from(_PASSING)), day, browser=draw(st.booleans())))
        day = max(day, spell_ends)
        for _ in range(draw(st.integers(0, 4))):
            day += draw(st.floats(0.01, 30))
            kind = draw(st.sampled_from([*K]))
            looks.append(seen(kind, day, void=True))
            kind = draw(st.sampled_from([*_TLS, *_OURS]))
            looks.append(seen(kind, day, behind_tls=draw(st.sampled_from([True, False, None]))))
        day += draw(st.floats(0.01, 30))
        looks.append(seen(draw(st.sampled_from(_REFUSALS)), day, browser=draw(st.booleans())))
    return looks


@settings(max_examples=120, deadline=None)
@given(harmless_lives(), st.booleans())
def test_no_refusal_wall_limit_passing_trouble_or_outage_reaches_dead(
    looks: list[Observation], was_alive: bool
) -> None:
    standing = ALIVE if was_alive else new_standing(moment=START)
    for look in looks:
        standing = advance(standing, look)
        if needs_browser_visit(standing, moment=look.moment):
            standing = advance(standing, seen(look.kind, (look.moment - START) / timedelta(days=1), browser=True))
        assert standing.state not in {LinkState.DEAD, LinkState.SOFT_404, LinkState.PARKED, LinkState.USURPED}


@st.composite
def any_lives(draw: st.DrawFn) -> list[Observation]:
    day, looks = 0.0, []
    for _ in range(draw(st.integers(0, 30))):
        day += draw(st.floats(0.001, 20))
        looks.append(
            seen(
                draw(st.sampled_from([*K])),
                day,
                void=draw(st.booleans()),
                browser=draw(st.booleans()),
                patient=draw(st.booleans()),
                behind_tls=draw(st.sampled_from([None, True, False])),
                status=200,
            )
        )
    return looks


@settings(max_examples=120, deadline=None)
@given(any_lives())
def test_a_standing_survives_its_row_at_every_step(looks: list[Observation]) -> None:
    """Two years of a link's life in milliseconds: every standing reads back as it was written."""
    standing = new_standing(moment=START)
    for look in looks:
        standing = advance(standing, look)
        back = Standing.from_json(standing.to_json())
        assert (back.state, back.since, back.failures, back.proofs) == (
            standing.state,
            standing.since,
            standing.failures,
            standing.proofs,
        )
        assert (back.successes, back.visited, back.quiet) == (standing.successes, standing.visited, standing.quiet)
        assert (back.last_alive, back.looked_at, back.tls_since) == (
            standing.last_alive,
            standing.looked_at,
            standing.tls_since,
        )
        assert back.pinned == standing.pinned


@settings(max_examples=80, deadline=None)
@given(any_lives())
def test_dead_always_rests_on_two_days_and_a_visit(looks: list[Observation]) -> None:
    standing = new_standing(moment=START)
    for look in looks:
        before, standing = standing, advance(standing, look)
        if standing.state is LinkState.DEAD and before.state is not LinkState.DEAD:
            counted = standing.failures or standing.proofs
            assert len({item.moment.date() for item in counted}) >= 2
            assert standing.visited


@pytest.mark.parametrize("rule", ["answers@1", "drift@1", "unchanged@1"])
def test_the_row_of_a_living_link_is_short(rule: str) -> None:
    """A million links must fit in 400 MB."""
    standing = new_standing(moment=START)
    for day in range(0, 700, 14):
        standing = advance(standing, replace(seen(K.OK, day), rule=rule))
    written = standing.to_json()
    assert len(written) < 65
    assert Standing.from_json(written).state is LinkState.ALIVE
    assert Standing.from_json(written).quiet == standing.quiet
