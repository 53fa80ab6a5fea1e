"""
The figures of the 23 shared documents, measured as their own scorer measures them.

Skipped where ``LINKKEEPER_CORPUS`` names no such folder. Where we hold the
right answers wrong, ``docs/footnotes.md`` lists it; the limits here are
those of the answers as they are.
"""

import importlib.util
import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from linkkeeper.citations.read import read
from linkkeeper.cli.citations import as_object

FOLDER = Path(os.environ.get("LINKKEEPER_CORPUS", "")) / "corpus" / "citations"

pytestmark = pytest.mark.skipif(
    not (FOLDER / "score.py").is_file(), reason="LINKKEEPER_CORPUS names no folder with the citations corpus"
)


@pytest.fixture(scope="module")
def scorer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("citations_score", FOLDER / "score.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def totals(scorer: ModuleType) -> Iterator[dict[str, Any]]:
    sums: dict[str, Any] = {"all": scorer.new()}
    for line in (FOLDER / "gold.jsonl").read_text("utf-8").splitlines():
        gold = json.loads(line)
        path = FOLDER / "documents" / gold["file"]
        found = as_object(path, read(path.read_bytes(), location=str(path)))
        result = scorer.score_doc(gold, found)
        scorer.add(sums["all"], result)
        scorer.add(sums.setdefault(gold["kind"], scorer.new()), result)
    yield sums


def figures(scorer: ModuleType, result: Any) -> tuple[float, float, float]:
    precision, recall, f1 = scorer.prf(result["utp"], result["ufp"], result["ufn"])
    return precision, recall, f1


@pytest.mark.parametrize("kind", ["all", "html", "markdown", "text", "wikitext"])
def test_urls_of_notes_are_found_and_no_others(scorer: ModuleType, totals: dict[str, Any], kind: str) -> None:
    precision, recall, f1 = figures(scorer, totals[kind])
    assert (precision, recall, f1) >= (0.98, 0.99, 0.99)


def test_urls_stand_under_the_right_note(scorer: ModuleType, totals: dict[str, Any]) -> None:
    result = totals["all"]
    assert scorer.prf(result["ptp"], result["pfp"], result["pfn"])[2] >= 0.99


def test_every_ibid_is_resolved_right(totals: dict[str, Any]) -> None:
    assert totals["all"]["ibid_ok"] == totals["all"]["ibid_n"] > 0


@pytest.mark.parametrize("tag", ["broken", "zero-width", "paren", "comma-semicolon", "percent", "fragment"])
def test_hard_urls_are_all_found(totals: dict[str, Any], tag: str) -> None:
    found, wanted = totals["all"]["tags"][tag]
    assert found == wanted > 0
