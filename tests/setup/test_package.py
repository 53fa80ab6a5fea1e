"""The installed package brings everything that it needs at run time."""

import shutil
import subprocess
import sys
from importlib.metadata import metadata, requires
from importlib.resources import files
from pathlib import Path

import pytest

import linkkeeper


@pytest.mark.parametrize(
    ("package", "path"),
    [
        ("linkkeeper.demo", "sources.toml"),
        ("linkkeeper.demo", "analyses/ferry-corridor.html"),
        ("linkkeeper.demo", "analyses/queue-briefing.md"),
        ("linkkeeper.adapters", "migrations/env.py"),
        ("linkkeeper.adapters", "migrations/versions"),
        ("linkkeeper.adapters", "report_templates"),
        ("linkkeeper.web", "templates"),
        ("linkkeeper.web", "vendor/package.json"),
        ("linkkeeper.web", "vendor/htmx/htmx.min.js"),
        ("linkkeeper.web", "vendor/replaywebpage/LICENSE"),
        ("linkkeeper", "py.typed"),
    ],
)
def test_files_beside_the_code_are_installed(package: str, path: str) -> None:
    wanted = files(package).joinpath(*path.split("/"))
    assert wanted.is_file() or any(wanted.iterdir()), path


def test_the_licence_and_the_release_are_told() -> None:
    assert metadata("linkkeeper")["License-Expression"] == "Apache-2.0"
    assert metadata("linkkeeper")["Version"] == linkkeeper.__version__


def test_no_requirement_names_an_address() -> None:
    assert not any("@" in requirement for requirement in requires("linkkeeper") or ())


def test_the_command_is_installed_beside_python() -> None:
    program = shutil.which("linkkeeper", path=str(Path(sys.executable).parent))
    assert program is not None
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, f"linkkeeper {linkkeeper.__version__}"), done.stderr
