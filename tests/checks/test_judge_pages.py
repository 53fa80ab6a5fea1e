"""
Pages of our own, made like those of the wild: parked domains, walls, and living look-alikes.

Required: 95 % of the parked pages and walls are recognised, and no living page is condemned.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from linkkeeper.checks.case import Case
from linkkeeper.checks.judge import judge
from linkkeeper.checks.look import Answer, Look
from linkkeeper.vocabulary.observation import ObservationKind

from .judging import NOW

FOLDER = Path(__file__).parent / "pages"
CASES: list[dict[str, Any]] = json.loads((FOLDER / "cases.json").read_text("utf-8"))


def judged(case: dict[str, Any], *, status: int | None = None) -> ObservationKind:
    answer = Answer(
        url=case["final_url"] or case["url"],
        status=status or case["status"],
        headers=tuple((name, value) for name, value in case["headers"]),
        body=(FOLDER / case["file"]).read_bytes(),
    )
    look = Look(url=case["url"], moment=NOW, elapsed_s=0.1, answer=answer)
    return judge(look, Case(cited=case["url"])).kind


def of_kind(start: str) -> list[dict[str, Any]]:
    return [case for case in CASES if case["file"].startswith(start)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_each_page_is_seen_for_what_it_is(case: dict[str, Any]) -> None:
    assert judged(case) == case["expect"]


@pytest.mark.parametrize("start", ["parked-", "wall-", "alive-"])
def test_there_are_enough_pages_of_each_kind(start: str) -> None:
    assert len(of_kind(start)) >= 12
    assert len({(FOLDER / case["file"]).read_bytes() for case in of_kind(start)}) >= 12


def test_walls_come_with_200_and_202_too() -> None:
    assert {200, 202, 403} <= {case["status"] for case in of_kind("wall-")}


@pytest.mark.parametrize("case", of_kind("wall-"), ids=lambda case: case["file"])
def test_a_wall_is_never_called_missing_whatever_its_status(case: dict[str, Any]) -> None:
    for status in (200, 202, 403, 429, 503):
        assert judged(case, status=status) in {ObservationKind.BLOCKED, ObservationKind.RATE_LIMITED}, status
