"""The likeness of two pictures: what a squinting eye would say."""

import random

import pytest

from linkkeeper.replay.likeness import COLUMNS, GOOD_LIKENESS, ROWS, Cell, Grid, likeness

WHITE = Cell(255, 255, 255, 0)
TEXT = Cell(210, 210, 210, 60)
BLUE = Cell(20, 60, 140, 4)
RED = Cell(190, 40, 40, 30)


def grid(paint: dict[tuple[int, int, int, int], Cell], *, ground: Cell = WHITE) -> Grid:
    """Rectangles (left, top, right, bottom) painted on *ground*, later ones over earlier ones."""
    cells = [ground] * (COLUMNS * ROWS)
    for (left, top, right, bottom), cell in paint.items():
        for row in range(top, bottom):
            cells[row * COLUMNS + left : row * COLUMNS + right] = [cell] * (right - left)
    return Grid(tuple(cells))


ARTICLE = {(0, 0, 64, 4): BLUE, (10, 6, 50, 30): TEXT, (52, 6, 62, 16): RED}


def test_a_picture_is_like_itself() -> None:
    assert likeness(grid(ARTICLE), grid(ARTICLE)) == 1.0


def test_smoothing_and_a_small_shift_do_no_harm() -> None:
    chance = random.Random(7)
    moved = {(left, top + 1, right, bottom + 1): cell for (left, top, right, bottom), cell in ARTICLE.items()}
    noisy = Grid(
        tuple(
            Cell(*(max(0.0, min(255.0, part + chance.uniform(-4, 4))) for part in (c.red, c.green, c.blue, c.spread)))
            for c in grid(moved).cells
        )
    )
    assert likeness(grid(ARTICLE), noisy) > 0.95


def test_a_clip_at_another_frame_does_little_harm() -> None:
    other_frame = {**ARTICLE, (52, 6, 62, 16): BLUE}
    assert likeness(grid(ARTICLE), grid(other_frame)) > GOOD_LIKENESS


def test_an_empty_replay_of_a_page_with_little_on_it_is_not_like_it() -> None:
    little = {(2, 2, 20, 4): TEXT}
    assert likeness(grid(little), grid({})) < 0.1
    assert likeness(grid({}), grid(little)) < 0.1


def test_a_page_without_its_style_is_not_like_itself() -> None:
    plain = {(0, 0, 64, 3): TEXT, (0, 4, 60, 14): TEXT, (0, 16, 12, 26): RED}
    assert likeness(grid(ARTICLE), grid(plain)) < GOOD_LIKENESS


def test_another_ground_counts_only_where_nothing_else_is() -> None:
    assert likeness(grid({}), grid({})) == 1.0
    assert likeness(grid({}), grid({}, ground=BLUE)) == 0.0


def test_it_does_not_matter_which_comes_first() -> None:
    plain = {(0, 0, 64, 3): TEXT, (0, 16, 12, 26): RED}
    assert likeness(grid(ARTICLE), grid(plain)) == pytest.approx(likeness(grid(plain), grid(ARTICLE)))


def test_a_grid_has_its_number_of_cells() -> None:
    numbers = [number for cell in grid(ARTICLE).cells for number in (cell.red, cell.green, cell.blue, cell.spread)]
    assert Grid.of_numbers(numbers) == grid(ARTICLE)
    with pytest.raises(ValueError, match="2880 cells"):
        Grid.of_numbers(numbers[4:])
