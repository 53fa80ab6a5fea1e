"""States over time, drawn on the server: an SVG and its table; uPlot takes the same numbers where it runs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup

from linkkeeper.replay.page import Timeline
from linkkeeper.vocabulary.state import LinkState
from linkkeeper.vocabulary.views import StateCounts, StatesOn
from linkkeeper.web.words import STATE_ORDER, STATES

WIDTH = 720
HEIGHT = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One state's number of links, a value a day."""

    state: LinkState
    label: str
    css: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """
    A stacked plot.

    Attributes:
        days: Ascending.
        series: Only of states that occur, bottom of the stack first.
    """

    days: tuple[StatesOn, ...]
    series: tuple[Series, ...]

    @property
    def worth_showing(self) -> bool:
        return len(self.days) > 1 and bool(self.series)

    @property
    def json(self) -> str:
        """For uPlot: seconds since the epoch, then a list a series."""
        seconds = [int(datetime.combine(on.day, datetime.min.time(), UTC).timestamp()) for on in self.days]
        labels = [{"label": item.label, "css": item.css} for item in self.series]
        return json.dumps({"days": seconds, "series": labels, "values": [item.values for item in self.series]})

    @property
    def changes(self) -> tuple[StatesOn, ...]:
        """The days on which the numbers differ from the day before, newest first; the table's rows."""
        kept = [
            on
            for before, on in zip((None, *self.days), self.days, strict=False)
            if not before or before.counts != on.counts
        ]
        return tuple(reversed(kept))


def plot(days: Sequence[StatesOn]) -> Plot:
    """Arrange *days* for drawing."""
    tables = [dict(on.counts) for on in days]
    present = [state for state in STATE_ORDER if any(table.get(state) for table in tables)]
    return Plot(
        days=tuple(days),
        series=tuple(
            Series(
                state=state,
                label=STATES[state].label,
                css=css_class(state),
                values=tuple(table.get(state, 0) for table in tables),
            )
            for state in present
        ),
    )


def css_class(state: LinkState) -> str:
    return f"s-{state.value.replace('_', '-')}"


def svg(drawn: Plot) -> Markup:
    """The plot as an SVG of stacked steps; colours come from the style sheet by class."""
    if not drawn.worth_showing:
        return Markup("")
    top = max(sum(column) for column in zip(*(item.values for item in drawn.series), strict=True)) or 1
    floor = [0] * len(drawn.days)
    shapes = []
    for item in drawn.series:
        roof = [low + value for low, value in zip(floor, item.values, strict=True)]
        shapes.append(Markup('<path class="{}" d="{}"/>').format(item.css, _outline(floor, roof, top)))
        floor = roof
    return Markup(
        '<svg class="plot" viewBox="0 0 {w} {h}" preserveAspectRatio="none" role="img" aria-label="{label}">'
        "{shapes}</svg>"
    ).format(w=WIDTH, h=HEIGHT, label=_summary(drawn), shapes=Markup("").join(shapes))


def _summary(drawn: Plot) -> str:
    last = ", ".join(f"{item.values[-1]} {item.label}" for item in drawn.series if item.values[-1])
    return f"States of the links from {drawn.days[0].day} to {drawn.days[-1].day}; on the last day: {last or 'none'}"


def _outline(floor: Sequence[int], roof: Sequence[int], top: int) -> str:
    step = WIDTH / len(floor)

    def corner(index: int, value: int) -> str:
        return f"{index * step:.1f},{HEIGHT * (1 - value / top):.1f}"

    upper = [f"{corner(i, value)} {corner(i + 1, value)}" for i, value in enumerate(roof)]
    lower = [f"{corner(i + 1, value)} {corner(i, value)}" for i, value in reversed(list(enumerate(floor)))]
    return f"M{' '.join(upper)} {' '.join(lower)}Z"


def share_bar(counts: StateCounts) -> Markup:
    """A thin bar of the shares of states, with the numbers in words for those who don't see it."""
    table = dict(counts)
    total = sum(table.values())
    if not total:
        return Markup('<span class="faint">no links</span>')
    said = ", ".join(f"{table[state]} {STATES[state].label}" for state in STATE_ORDER if table.get(state))
    shapes, left = [], 0.0
    for state in STATE_ORDER:
        width = 100 * table.get(state, 0) / total
        if width:
            shapes.append(
                Markup('<rect class="{}" x="{:.2f}" y="0" width="{:.2f}" height="8"/>').format(
                    css_class(state), left, width
                )
            )
            left += width
    return Markup(
        '<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{said}">'
        "<title>{said}</title>{shapes}</svg>"
    ).format(said=said, shapes=Markup("").join(shapes))


def months_bar(line: Timeline, shown: datetime) -> Markup:
    """A bar for each month that has mementos, from the first to the last; the shown one's in a colour of its own."""
    if line.count < 2:
        return Markup("")
    start = line.months[0].year * 12 + line.months[0].month
    shapes, months = [], 1
    for month in line.months:
        place = month.year * 12 + month.month - start
        months = place + 1
        height = 10 * max(month.share, 0.25)
        css = "shown" if (month.year, month.month) == (shown.year, shown.month) else "other"
        shapes.append(
            Markup('<rect class="{}" x="{}.1" y="{:.2f}" width="0.8" height="{:.2f}"/>').format(
                css, place, 10 - height, height
            )
        )
    ends = f"{line.first.moment:%B %Y}", f"{line.last.moment:%B %Y}"
    span = f"in {ends[0]}" if months == 1 else f"from {ends[0]} to {ends[1]}"
    return Markup(
        '<svg class="months" width="{wide}" height="28" viewBox="0 0 {months} 10" preserveAspectRatio="none"'
        ' aria-hidden="true">{shapes}</svg><p class="faint">{count} captures {span}.</p>'
    ).format(wide=months * 14, months=months, shapes=Markup("").join(shapes), count=line.count, span=span)
