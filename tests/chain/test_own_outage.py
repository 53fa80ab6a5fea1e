"""An outage of our own says nothing of any source: nothing is judged, and the next run begins where this one stood."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import Ran, linkkeeper
from testweb import TestWeb, behaviours

PAGE = "https://www.example-news.org/world/ice"
CANARY = "https://always-up.example/"

pytestmark = pytest.mark.browser


@pytest.fixture
def web() -> Iterator[TestWeb]:
    with TestWeb() as running:
        running.place(PAGE, behaviours.alive("Ice on the river"))
        running.place(CANARY, behaviours.alive("Still here"))
        yield running


def test_a_run_without_a_network_keeps_nothing_and_the_next_one_captures_all(web: TestWeb, tmp_path: Path) -> None:
    analysis = tmp_path / "analysis.txt"
    analysis.write_text(f"The river froze.[1]\n---\n[1] Ada Winter, “Ice on the river,” {PAGE}.\n", "utf-8")

    cut_off = _archive(web, tmp_path, analysis, connect_to={"*": ""})
    assert cut_off.status == 1
    assert "our own network was out" in cut_off.out
    (link,) = linkkeeper("status", "--config", tmp_path / "config.toml", "--json").objects
    assert (link["state"], link["last_checked_at"], link["captures"]) == ("new", None, [])

    again = _archive(web, tmp_path, analysis)
    assert again.status == 0, again.out + again.err
    (link,) = linkkeeper("status", "--config", tmp_path / "config.toml", "--json").objects
    assert link["state"] == "alive"
    assert [capture["quality"] for capture in link["captures"]] == ["complete"]


def _archive(web: TestWeb, folder: Path, analysis: Path, **network: object) -> Ran:
    tables = {"network": {"canaries": [CANARY], **network}}
    config = web.write_config(folder / "config.toml", storage=folder / "storage", **tables)
    return linkkeeper("archive", analysis, "--out", folder / "out", "--config", config)
