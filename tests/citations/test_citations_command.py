"""``linkkeeper citations``: the contract of its output, exit status, the real analysis."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from linkkeeper.cli import citations

ANALYSIS = Path(os.environ.get("LINKKEEPER_CORPUS", "")) / "analyses" / "al-qaeda-and-the-taliban.txt"
DOCUMENTS = Path(os.environ.get("LINKKEEPER_CORPUS", "")) / "corpus" / "citations"


def run(*arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    app = typer.Typer()
    app.callback()(lambda: None)
    citations.register(app)
    result = CliRunner().invoke(app, ["citations", *arguments])
    lines = [json.loads(line) for line in result.stdout.splitlines()] if "--json" in arguments else []
    return result.exit_code, lines, result.output


def test_one_object_a_line_for_each_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A.[1] B.[2]\n---\n[1] Kay, https://a.example/x.\n[2] Ibid.\n")
    (tmp_path / "b.md").write_text("See [it](https://b.example/y).\n")
    status, lines, _ = run(str(tmp_path / "a.txt"), str(tmp_path / "b.md"), "--json")
    assert status == 0
    assert [line["file"] for line in lines] == ["a.txt", "b.md"]
    wanted = {"label", "text", "urls", "ibid_of", "refers_to"}
    first, second = lines[0]["footnotes"]
    assert wanted <= set(first)
    assert (first["label"], first["urls"], first["ibid_of"], first["refers_to"]) == (
        "1",
        ["https://a.example/x"],
        None,
        [],
    )
    assert (second["text"], second["ibid_of"]) == ("Ibid.", "1")
    assert lines[1]["footnotes"] == []
    assert lines[1]["links"] == ["https://b.example/y"]


def test_unreadable_input_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "picture.html").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\x00")
    (tmp_path / "good.txt").write_text("https://a.example/x\n")
    missing = str(tmp_path / "missing.txt")
    status, lines, output = run(str(tmp_path / "picture.html"), missing, str(tmp_path / "good.txt"), "--json")
    assert status == 1
    assert [line["links"] for line in lines] == [["https://a.example/x"]]
    assert "picture.html" in output
    assert "missing.txt" in output


def test_without_json_an_editor_can_read_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A.[1]\n---\n[1] Kay, https://a.example/x.\n")
    status, _, output = run(str(tmp_path / "a.txt"))
    assert status == 0
    assert "[1] Kay" in output
    assert "https://a.example/x" in output


@pytest.mark.skipif(not ANALYSIS.is_file(), reason="LINKKEEPER_CORPUS names no folder with the real analysis")
def test_the_real_analysis_is_read_right() -> None:
    status, (line,), _ = run(str(ANALYSIS), "--json")
    notes = {note["label"]: note for note in line["footnotes"]}
    assert status == 0
    assert list(notes) == [str(number) for number in range(1, 15)]
    assert sum(len(note["urls"]) for note in notes.values()) == 16
    assert [label for label, note in notes.items() if len(note["urls"]) > 1] == ["5", "7", "12"]
    assert {label: note["ibid_of"] for label, note in notes.items() if note["ibid_of"]} == {
        "2": "1",
        "10": "9",
        "13": "9",
    }
    assert notes["1"]["urls"][0].endswith("-idUSKBN1WZ0C4")
    assert notes["14"]["urls"][0].endswith("_story.html")
    assert line["links"] == []
