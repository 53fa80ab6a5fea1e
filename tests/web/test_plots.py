"""What is drawn on the server: states by day, and the months of a source's captures."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkkeeper.adapters.sqlmodel_history import _counts_by_day
from linkkeeper.adapters.sqlmodel_tables import LinkRow
from linkkeeper.replay.page import timeline
from linkkeeper.vocabulary.memento import Memento
from linkkeeper.vocabulary.state import LinkState
from linkkeeper.web.plots import months_bar
from web_making import NOW, Room, days_ago

SOME = [LinkState.ALIVE.value, LinkState.FAILING.value, LinkState.DEAD.value]
turns = st.lists(st.tuples(st.integers(-3, 40), st.sampled_from(SOME)), max_size=6)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 30), turns), min_size=1, max_size=5))
def test_one_pass_counts_what_looking_at_each_day_would(known: list[tuple[int, list[tuple[int, str]]]]) -> None:
    links = [LinkRow(id=n, first_seen_at=days_ago(30 - seen)) for n, (seen, _) in enumerate(known)]
    moved = {
        n: sorted((days_ago(30 - day), state) for day, state in given_turns) for n, (_, given_turns) in enumerate(known)
    }
    first, last = days_ago(30).date(), NOW.date()
    for on in _counts_by_day(first, last, links, moved):
        end = datetime.combine(on.day, time.max, UTC)
        slow = Counter(
            next((state for moment, state in reversed(moved[row.id or 0]) if moment <= end), "new")
            for row in links
            if row.first_seen_at <= end
        )
        assert dict(on.counts) == {LinkState(state): count for state, count in slow.items()}, on.day


def test_the_states_of_each_day_are_rebuilt_from_the_looks(room: Room) -> None:
    url = "https://a.example/"
    room.clock.moment = days_ago(3)
    room.add_analysis("An analysis", [("1", "A note.", [url])])
    room.set_state(url, LinkState.ALIVE, since=days_ago(2))
    room.set_state(url, LinkState.DEAD, since=days_ago(0.2))
    room.clock.moment = NOW
    days = room.store.catalogue.states_over_time()
    assert [on.day for on in days] == [(NOW - timedelta(days=back)).date() for back in (3, 2, 1, 0)]
    states = [LinkState.NEW, LinkState.ALIVE, LinkState.ALIVE, LinkState.DEAD]
    assert [on.counts for on in days] == [((state, 1),) for state in states]


@pytest.mark.parametrize(
    ("ages", "words", "bars"), [((40, 10, 5), "from October 2026 to November 2026", 2), ((2, 1), "in November", 1)]
)
def test_a_bar_stands_for_each_month_with_captures(ages: tuple[int, ...], words: str, bars: int) -> None:
    mementos = [Memento(uri_r="https://a.example/", uri_m=str(age), moment=days_ago(age)) for age in ages]
    drawn = str(months_bar(timeline(mementos, mementos[-1]), mementos[-1].moment))
    assert f"{len(ages)} captures {words}" in drawn
    assert drawn.count("<rect") == bars and drawn.count('class="shown"') == 1


def test_a_single_capture_has_no_bars() -> None:
    one = Memento(uri_r="https://a.example/", uri_m="m", moment=NOW)
    assert str(months_bar(timeline([one], one), NOW)) == ""
