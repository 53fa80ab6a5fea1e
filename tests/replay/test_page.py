"""What a memento's page says of time."""

from datetime import UTC, date, datetime

import pytest

from linkkeeper.replay.page import Month, delay_words, timeline
from linkkeeper.replay.timegate import NoMemento
from linkkeeper.vocabulary.memento import Memento

MEMENTOS = [
    Memento(uri_r="http://a.example/", uri_m=None, moment=datetime(2026, month, day, tzinfo=UTC))
    for month, day in ((1, 1), (1, 9), (3, 1))
]


@pytest.mark.parametrize(
    ("captured", "words"),
    [
        (date(2026, 1, 10), "on the day of the citation"),
        (date(2026, 1, 11), "1 day after the citation"),
        (date(2026, 1, 9), "1 day before the citation"),
        (date(2026, 2, 20), "41 days after the citation"),
        (date(2026, 4, 10), "3 months after the citation"),
        (date(2027, 3, 10), "14 months after the citation"),
        (date(2029, 1, 10), "3 years after the citation"),
    ],
)
def test_readers_are_told_how_late_a_capture_is(captured: date, words: str) -> None:
    assert delay_words(date(2026, 1, 10), captured) == words


def test_a_citation_without_a_date_gives_no_delay() -> None:
    assert delay_words(None, date(2026, 1, 1)) == ""


def test_a_memento_stands_between_its_neighbours() -> None:
    line = timeline(MEMENTOS, MEMENTOS[1])
    assert (line.position, line.count) == (2, 3)
    assert (line.previous, line.following) == (MEMENTOS[0], MEMENTOS[2])
    assert line.months == (Month(2026, 1, 2, 1.0), Month(2026, 3, 1, 0.5))


def test_the_ends_have_no_neighbour_beyond() -> None:
    assert timeline(MEMENTOS, MEMENTOS[0]).previous is None
    assert timeline(MEMENTOS, MEMENTOS[2]).following is None


def test_a_stranger_has_no_place() -> None:
    with pytest.raises(NoMemento):
        timeline(MEMENTOS[:1], MEMENTOS[2])
