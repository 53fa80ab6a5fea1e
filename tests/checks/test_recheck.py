"""When to look again: ever more seldom at the living, on distinct days at the failing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.checks.recheck import after_neighbour, next_check
from linkkeeper.checks.states import Standing, advance, needs_browser_visit, new_standing
from linkkeeper.vocabulary.observation import Evidence, Observation, ObservationKind
from linkkeeper.vocabulary.state import LinkState

K = ObservationKind
START = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def look(kind: ObservationKind, moment: datetime, *, browser: bool = False) -> Observation:
    evidence = Evidence(words="", by_browser=browser or None, patient=True)
    return Observation(url="https://a.example/b", moment=moment, kind=kind, rule="answers", evidence=evidence)


def due(standing: Standing, moment: datetime, *, key: str = "k") -> datetime:
    return next_check(standing, moment=moment, key=key)


def life(kind: ObservationKind, *, until: LinkState, key: str = "k") -> tuple[Standing, datetime, int]:
    """Look as often as the schedule says until the state is reached."""
    standing, moment, looks = advance(new_standing(moment=START), look(K.OK, START)), START + DAY, 0
    while standing.state is not until:
        standing = advance(standing, look(kind, moment))
        looks += 1
        assert looks < 20, standing
        if needs_browser_visit(standing, moment=moment):
            standing = advance(standing, look(kind, moment + timedelta(minutes=10), browser=True))
        moment = due(standing, moment, key=key)
    return standing, standing.since, looks


@pytest.mark.parametrize(
    ("kind", "state", "days", "looks"),
    [
        (K.GONE, LinkState.DEAD, 1.1, 2),
        (K.MISSING, LinkState.DEAD, 3.2, 3),
        (K.DNS_MISSING, LinkState.DEAD, 7.2, 5),
        (K.TIMEOUT, LinkState.DEAD, 14.3, 7),
        (K.SERVER_ERROR, LinkState.DEAD, 14.3, 7),
        (K.SOFT_404, LinkState.SOFT_404, 3.5, 2),
        (K.PARKED, LinkState.PARKED, 8.0, 2),
        (K.DRIFTED, LinkState.DRIFTED, 3.5, 2),
    ],
)
@pytest.mark.parametrize("key", ["a", "b", "https://c.example/d"])
def test_a_row_is_full_as_soon_as_the_evidence_table_allows(
    kind: ObservationKind, state: LinkState, days: float, looks: int, key: str
) -> None:
    _, since, asked = life(kind, until=state, key=key)
    assert since - (START + DAY) <= days * DAY
    assert asked <= looks


def test_a_drifted_link_is_asked_ever_more_seldom_and_nothing_more_is_counted() -> None:
    """Once it is known to show something else, a look that finds the same is nothing new."""
    standing, moment, _ = life(K.DRIFTED, until=LinkState.DRIFTED)
    proofs, gaps = standing.proofs, []
    for _ in range(8):
        moment = due(standing, moment)
        standing = advance(standing, look(K.DRIFTED, moment))
        gaps.append((due(standing, moment) - moment) / DAY)
    assert (standing.state, standing.proofs) == (LinkState.DRIFTED, proofs)
    assert gaps[0] < 5 < gaps[2]
    assert gaps[-1] > 15


def test_living_links_are_asked_ever_more_seldom() -> None:
    standing, moment, gaps = new_standing(moment=START), START, []
    for _ in range(12):
        standing = advance(standing, look(K.OK, moment))
        upcoming = due(standing, moment)
        gaps.append((upcoming - moment) / DAY)
        moment = upcoming
    assert gaps[0] == pytest.approx(1, rel=0.11)
    assert gaps[2] == pytest.approx(7, rel=0.11)
    assert all(16 <= gap <= 18 for gap in gaps[6:])
    late = due(standing, START + 500 * DAY)
    assert late - (START + 500 * DAY) < 18 * DAY


def test_the_dead_are_asked_seldom_and_the_returning_soon() -> None:
    dead, since, _ = life(K.GONE, until=LinkState.DEAD)
    assert 30 * DAY <= due(dead, since) - since <= 33 * DAY
    late = since + 60 * DAY
    assert 90 * DAY <= due(dead, late) - late <= 99 * DAY
    back = advance(dead, look(K.OK, late))
    assert DAY < due(back, late) - late < 1.3 * DAY


@pytest.mark.parametrize("kind", [K.BLOCKED, K.LOGIN, K.RATE_LIMITED])
def test_who_refuses_us_is_asked_once_a_month(kind: ObservationKind) -> None:
    standing = advance(advance(new_standing(moment=START), look(K.OK, START)), look(kind, START + DAY))
    assert 30 * DAY <= due(standing, START + DAY) - (START + DAY) <= 33 * DAY


def test_looks_are_spread_and_repeatable() -> None:
    standing = advance(new_standing(moment=START), look(K.OK, START))
    moments = {due(standing, START, key=f"link {number}") for number in range(200)}
    assert len(moments) == 200
    assert due(standing, START, key="a") == due(standing, START, key="a")


def test_neighbours_of_a_missing_link_come_forward() -> None:
    standing = advance(new_standing(moment=START), look(K.OK, START))
    late, now = START + 14 * DAY, START + 5 * DAY
    moved = after_neighbour(late, standing, moment=now, key="k")
    assert now < moved < now + DAY
    assert after_neighbour(late, standing, moment=START + timedelta(hours=2), key="k") == late
    failing = advance(standing, look(K.MISSING, now))
    assert after_neighbour(late, failing, moment=now, key="k") == late


@given(
    st.lists(st.tuples(st.sampled_from([*K]), st.floats(0.01, 40)), max_size=25),
    st.text(max_size=8),
)
def test_a_link_is_always_due_later_and_within_a_hundred_days(
    looks: list[tuple[ObservationKind, float]], key: str
) -> None:
    standing, moment = new_standing(moment=START), START
    for kind, passed in looks:
        moment += passed * DAY
        standing = advance(standing, look(kind, moment))
        upcoming = due(standing, moment, key=key)
        assert moment < upcoming <= moment + 100 * DAY
