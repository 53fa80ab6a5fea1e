"""``docs/verdicts.md`` knows every observation, every state and the evidence that is needed."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from linkkeeper.checks import evidence
from linkkeeper.checks.evidence import Row
from linkkeeper.vocabulary.observation import ObservationKind
from linkkeeper.vocabulary.state import LinkState

TEXT = (Path(__file__).parents[2] / "docs" / "verdicts.md").read_text("utf-8")


def first_column(heading: str) -> list[str]:
    section = TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


def test_every_observation_is_explained_once() -> None:
    assert sorted(first_column("Observations")) == sorted(kind.value for kind in ObservationKind)


def test_every_state_is_explained_once() -> None:
    assert sorted(first_column("States")) == sorted(state.value for state in LinkState)


@pytest.mark.parametrize(
    ("words", "row"),
    [
        ("`gone`", evidence.GONE_ROW),
        ("`missing`", evidence.MISSING_ROW),
        ("`dns_missing`", evidence.NAME_ROW),
        ("all that may pass", evidence.SLOW_ROW),
        ("`soft_404`, `home_redirect`", evidence.SOFT_ROW),
        ("`parked`, `usurped_suspect`", evidence.HOSTILE_ROW),
        ("`drifted`", evidence.DRIFT_ROW),
        ("`moved`", evidence.MOVE_ROW),
        ("return of a dead source", evidence.RETURN_ROW),
    ],
)
def test_the_evidence_table_says_what_the_rules_do(words: str, row: Row) -> None:
    table = TEXT.split("## Evidence that is needed\n")[1]
    line = next(line for line in table.splitlines() if line.startswith(f"| {words}"))
    looks, span, days = re.findall(r"\| (\d+)(?: days?)? ", line)
    assert (int(looks), timedelta(days=int(span)), int(days)) == (row.failures, row.span, row.days)
