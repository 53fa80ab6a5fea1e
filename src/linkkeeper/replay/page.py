"""What a memento's page says besides the source itself: when, how late, what else there is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from linkkeeper.replay.timegate import NoMemento
from linkkeeper.vocabulary.memento import Memento


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the timeline; *share* (0 to 1) is its count against the fullest month's."""

    year: int
    month: int
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """
    The other mementos of a URL, around the one that is shown.

    Attributes:
        position: From 1, of the one shown.
        months: Those with mementos, ascending.
    """

    position: int
    count: int
    first: Memento
    previous: Memento | None
    following: Memento | None
    last: Memento
    months: tuple[Month, ...]


def timeline(mementos: Sequence[Memento], shown: Memento) -> Timeline:
    """
    Place a memento among its siblings.

    Args:
        mementos: Of its URI-R, ascending by time.

    Raises:
        NoMemento: *shown* is none of them.
    """
    place = next((index for index, memento in enumerate(mementos) if memento == shown), None)
    if place is None:
        raise NoMemento("the memento shown is not in the list")
    return Timeline(
        position=place + 1,
        count=len(mementos),
        first=mementos[0],
        previous=mementos[place - 1] if place else None,
        following=mementos[place + 1] if place + 1 < len(mementos) else None,
        last=mementos[-1],
        months=_months(mementos),
    )


def delay_words(cited: date | None, captured: date) -> str:
    """
    Say how long after the citation a capture was made; empty when the citation has no date.

    Readers must be able to tell a capture of what the author saw from a later one.
    """
    if cited is None:
        return ""
    days = (captured - cited).days
    if days == 0:
        return "on the day of the citation"
    return f"{_span_words(abs(days))} {'after' if days > 0 else 'before'} the citation"


def _span_words(days: int) -> str:
    for length, name in ((365.25, "year"), (30.44, "month"), (1.0, "day")):
        # "14 months" tells more than "1 year": a unit counts from its double.
        if days >= 2 * length or name == "day":
            count = round(days / length)
            return f"{count} {name}{'' if count == 1 else 's'}"
    raise AssertionError("days are the smallest unit")


def _months(mementos: Sequence[Memento]) -> tuple[Month, ...]:
    counts = Counter((memento.moment.year, memento.moment.month) for memento in mementos)
    fullest = max(counts.values())
    return tuple(Month(year, month, count, count / fullest) for (year, month), count in sorted(counts.items()))
