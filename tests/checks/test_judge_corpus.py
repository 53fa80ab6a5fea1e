"""The figures on real pages, through the command that users have."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from linkkeeper.cli.judge import register

URL = "https://www.example.org/reports/2019/page"


def corpus() -> Path:
    root = os.environ.get("LINKKEEPER_CORPUS")
    folder = Path(root or "/nonexistent") / "corpus" / "pages"
    if not (folder / "labels.json").is_file():
        pytest.skip("LINKKEEPER_CORPUS names no folder with corpus/pages/labels.json")
    return folder


def judged(path: Path, status: int) -> dict[str, Any]:
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    result = CliRunner().invoke(app, ["judge", str(path), "--status", str(status), "--url", URL, "--json"])
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def kinds(label: str, *, status: int | None = None) -> list[str]:
    folder = corpus()
    labelled = json.loads((folder / "labels.json").read_text("utf-8"))
    return [
        judged(folder / "documents" / item["file"], status or item["status"])["observation"]
        for item in labelled
        if item["label"] == label
    ]


def test_all_living_pages_are_kept() -> None:
    assert kinds("ok") == ["ok"] * 27


def test_all_walls_are_blocked() -> None:
    found = kinds("botwall")
    assert len(found) == 9
    assert set(found) <= {"blocked", "rate_limited"}


def test_most_error_pages_are_suspected_even_when_sent_as_a_success() -> None:
    assert kinds("soft404", status=200).count("soft_404_suspect") >= 9


def test_error_pages_with_their_own_status_are_missing() -> None:
    assert set(kinds("soft404")) == {"missing"}
