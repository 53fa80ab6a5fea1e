"""
How like two pictures of the same page are: the one taken at the capture, and the one of its replay.

Pixels can't be compared one by one: letters are smoothed differently, a clip
stands at another frame, a banner moves the text by some pixels. So both
pictures are divided into the same cells, and each cell is what a squinting eye
sees of it: its mean colour, and how much goes on in it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

#: Cells of a picture, across and down: of a first screen of 1280 by 900 each is 20 pixels square.
COLUMNS, ROWS = 64, 45
#: Cells nearer than this are alike, cells farther than that have nothing in common; on a scale of 0 to 255.
ALIKE, UNLIKE = 10.0, 40.0
#: A cell this far from the background has something on it.
INKED = 5.0
#: Below this a replay is not shown unasked. Measured on two pages of the test web: whole replays have over 0.99,
#: those that stay blank, find nothing or lack their style sheet under 0.4.
GOOD_LIKENESS = 0.75


@dataclass(frozen=True, slots=True)
class Cell:
    """Mean red, green and blue, and the spread of brightness (standard deviation); 0 to 255 each."""

    red: float
    green: float
    blue: float
    spread: float

    def distance(self, other: "Cell") -> float:
        squares = (self.red - other.red) ** 2 + (self.green - other.green) ** 2 + (self.blue - other.blue) ** 2
        return sqrt(squares / 3 + (self.spread - other.spread) ** 2)


@dataclass(frozen=True, slots=True)
class Grid:
    """A picture as cells, row by row, :data:`COLUMNS` each."""

    cells: tuple[Cell, ...]

    def __post_init__(self) -> None:
        if len(self.cells) != COLUMNS * ROWS:
            raise ValueError(f"a grid has {COLUMNS * ROWS} cells, not {len(self.cells)}")

    @classmethod
    def of_numbers(cls, numbers: Sequence[float]) -> "Grid":
        """Four numbers a cell, as :class:`Cell` has them."""
        return cls(tuple(Cell(*numbers[place : place + 4]) for place in range(0, len(numbers), 4)))

    @property
    def background(self) -> Cell:
        """The commonest cell, colours rounded."""
        rounded = Counter(
            (round(cell.red / 8), round(cell.green / 8), round(cell.blue / 8)) for cell in self.cells if cell.spread < 2
        )
        if not rounded:
            return self.cells[0]
        (red, green, blue), _ = rounded.most_common(1)[0]
        return Cell(min(red * 8.0, 255.0), min(green * 8.0, 255.0), min(blue * 8.0, 255.0), 0.0)

    def near(self, place: int) -> Iterator[Cell]:
        """The cell at *place* and those that touch it."""
        row, column = divmod(place, COLUMNS)
        for other_row in range(max(row - 1, 0), min(row + 2, ROWS)):
            for other_column in range(max(column - 1, 0), min(column + 2, COLUMNS)):
                yield self.cells[other_row * COLUMNS + other_column]


def likeness(own: Grid, replayed: Grid) -> float:
    """
    Say how much of what either picture shows, the other shows too.

    Counted are only cells with something on them, in one picture or the other;
    so an empty replay of a page with little on it is not taken for a good one.
    Each is compared with the cell at its place in the other picture and with
    those around it, and the best counts, so that a shift of up to a cell does
    no harm; in between alike and unlike it counts in part.

    Returns:
        0.0 (nothing in common) to 1.0; 1.0 for two empty pictures of one colour.
    """
    shares = [*_shares(own, replayed), *_shares(replayed, own)]
    if not shares:
        return _share(own.background.distance(replayed.background))
    return sum(shares) / len(shares)


def _shares(one: Grid, other: Grid) -> list[float]:
    """For each cell of *one* with something on it, how far *other* has it too."""
    background = one.background
    return [
        _share(min(cell.distance(candidate) for candidate in other.near(place)))
        for place, cell in enumerate(one.cells)
        if cell.distance(background) > INKED
    ]


def _share(distance: float) -> float:
    return min(1.0, max(0.0, (UNLIKE - distance) / (UNLIKE - ALIKE)))
