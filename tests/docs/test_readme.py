"""README and the pages beside it are true: commands parse, links lead somewhere, the reference is complete."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from linkkeeper.cli import build_app

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text("utf-8")
PAGES = [
    PROJECT / "README.md",
    PROJECT / "ARCHITECTURE.md",
    PROJECT / "CHANGELOG.md",
    *(PROJECT / "docs").rglob("*.md"),
]

#: The contract of the command line.
COMMANDS = (
    "archive up demo add sources remove citations check judge capture status relink verify rebuild backup pin upload"
    " withhold restore export doctor"
)
GROUPS = {"editor": {"add"}, "token": {"create", "revoke"}}


def shell_lines() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return [line.split("#")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


def test_the_two_commands_stand_in_the_readme() -> None:
    assert {"sh scripts/run", "sh scripts/test"} <= set(shell_lines())


@pytest.mark.parametrize("line", shell_lines())
def test_every_command_of_the_readme_parses(line: str) -> None:
    words = shlex.split(line)
    assert words[0] == "sh"
    assert (PROJECT / words[1]).is_file()
    if words[1] != "scripts/run" or len(words) == 2:
        return
    group: Any = typer.main.get_command(build_app())
    group.commands[words[2]].make_context(words[2], words[3:])


def test_every_command_of_the_contract_exists_and_is_documented() -> None:
    group: Any = typer.main.get_command(build_app())
    assert set(COMMANDS.split()) | set(GROUPS) <= set(group.commands)
    for name in COMMANDS.split():
        assert f"### `linkkeeper {name}" in README, name
    for name, children in GROUPS.items():
        assert children <= set(group.commands[name].commands)


def test_every_command_and_option_is_explained() -> None:
    silent = [
        line for line in README.split("## Commands")[1].splitlines() if re.fullmatch(r"- `[^`]+`(, `[^`]+`)*", line)
    ]
    assert silent == []


def test_the_reference_is_what_the_program_says() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/reference.py", "--check"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_first_screen_is_one_screen() -> None:
    """One sentence, one picture, two commands, where things are, what is precious; then the reference."""
    screen = README.split("## Before you publish")[0]
    assert len(screen.splitlines()) <= 50
    for word in ("scripts/run", "scripts/test", "storage/", "Precious", "──►"):
        assert word in screen


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_links_between_the_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", sorted((PROJECT / "docs" / "decisions").glob("*.md")), ids=lambda page: page.name)
def test_decisions_are_short_and_complete(page: Path) -> None:
    text = page.read_text("utf-8")
    assert len(text.split()) <= 250
    for heading in ("Context", "Decision", "Cost", "Undo"):
        assert re.search(rf"^#* ?\**(To )?{heading}", text, re.MULTILINE | re.IGNORECASE), f"{page.name}: {heading}"


def test_every_benchmark_is_named() -> None:
    """Those that can be run; the others are parts of them."""
    runnable = {
        path.stem for path in (PROJECT / "benchmarks").glob("*.py") if "__main__" in path.read_text("utf-8")
    } - {"capture_web", "throughput_clients", "throughput_web", "throughput_list"}
    assert {name for name in runnable if f"`{name}`" not in README} == set()
