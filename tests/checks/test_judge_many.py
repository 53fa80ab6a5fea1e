"""
Many short pages, one a line of ``many_pages.jsonl``: walls of many vendors with several statuses, logins, parked
domains, error pages in thirty languages sent as successes, and living pages that look like one of them.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from linkkeeper.checks.case import Case
from linkkeeper.checks.judge import judge
from linkkeeper.checks.look import Answer, Look
from linkkeeper.vocabulary.observation import ObservationKind as Kind

from .judging import NOW

CITED = "https://www.example.org/reports/2019/page"
PAGES = [json.loads(line) for line in (Path(__file__).parent / "many_pages.jsonl").read_text("utf-8").splitlines()]
SEEN_AS = {
    "wall": {Kind.BLOCKED, Kind.RATE_LIMITED},
    "login": {Kind.LOGIN},
    "parked": {Kind.PARKED},
    "missing": {Kind.SOFT_404_SUSPECT},
    "alive": {Kind.OK},
}
_HTML = ("content-type", "text/html; charset=utf-8")


def judged(page: dict[str, Any]) -> Kind:
    headers = tuple((name, value) for name, value in page["headers"])
    if not any(name == "content-type" for name, _ in headers):
        headers = (_HTML, *headers)
    answer = Answer(
        url=page["final_url"] or CITED, status=page["status"], headers=headers, body=page["body"].encode("utf-8")
    )
    return judge(Look(url=CITED, moment=NOW, elapsed_s=0.1, answer=answer), Case(cited=CITED)).kind


@pytest.mark.parametrize("label", SEEN_AS)
def test_pages_are_seen_for_what_they_are(label: str) -> None:
    seen = {page["name"]: judged(page) for page in PAGES if page["label"] == label}
    wrong = {name: kind for name, kind in seen.items() if kind not in SEEN_AS[label]}
    assert wrong == {}


def test_there_are_many_of_each() -> None:
    counted = Counter(page["label"] for page in PAGES)
    assert counted["alive"] >= 80
    assert counted["missing"] >= 100
    assert counted["wall"] >= 140
    assert counted["parked"] >= 40


def test_no_wall_is_called_dead() -> None:
    """Whatever its status: a refusal says nothing of the source."""
    condemned = {Kind.MISSING, Kind.GONE, Kind.PARKED, Kind.SOFT_404, Kind.SOFT_404_SUSPECT}
    for page in PAGES:
        if page["label"] == "wall":
            assert judged(page) not in condemned, page["name"]
