"""The command line finds each command where it stands, without loading the others."""

import subprocess
import sys

import pytest

from command_line import linkkeeper
from linkkeeper.cli import _HOMES, COMMANDS, build_app


def names(modules: tuple[str, ...]) -> set[str]:
    app = build_app(modules)
    groups = {str(group.name) for group in app.registered_groups}
    return groups | {
        str(command.name or (command.callback and command.callback.__name__)) for command in app.registered_commands
    }


@pytest.mark.parametrize("module", COMMANDS)
def test_every_command_is_found_by_its_own_name(module: str) -> None:
    for name in names((module,)):
        assert _HOMES.get(name, name) == module


def test_help_and_a_wrong_name_know_all_commands() -> None:
    assert "archive" in linkkeeper("--help").out
    assert "No such command" in linkkeeper("nonsense").err


def test_judging_a_page_loads_no_browser_database_or_server() -> None:
    script = (
        "import sys; from linkkeeper.cli import run; run(['judge', '--help']);"
        "print(sorted({'playwright', 'sqlmodel', 'fastapi', 'alembic'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
