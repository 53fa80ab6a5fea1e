"""The two set-up scripts, with stand-ins for what they would install."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SCRIPTS = ("run", "test", "set-up.sh", "check-containers")


def write_program(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
    path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small checkout with the real scripts."""
    root = tmp_path / "check out"
    shutil.copytree(PROJECT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, root / name)
    (root / "src" / "linkkeeper").mkdir(parents=True)
    (root / "src" / "linkkeeper" / "__init__.py").write_text('__version__ = "0"\n', "utf-8")
    return root


def set_up_already(checkout: Path, venv: str) -> None:
    """Leave everything that a first run leaves, with stand-ins for Python and linkkeeper."""
    folder = checkout / "build" / venv
    write_program(folder / "bin" / "python", "exit 0")
    write_program(folder / "bin" / "linkkeeper", 'printf "ran:"; printf " <%s>" "$@"; echo')
    write_program(folder / "chromium", "exit 0")
    (folder / "browser").write_text(f"{folder / 'chromium'}\n", "utf-8")
    for stamp, files in stamps(checkout).items():
        script = f'. "$root/scripts/set-up.sh"; digest {files} >"$venv/{stamp}"'
        callers = {"root": str(checkout), "venv": str(folder), "extras": ""}
        subprocess.run(["sh", "-c", script], check=True, env={**os.environ, **callers})


def stamps(checkout: Path) -> dict[str, str]:
    """What each stamp is a digest of, as set-up.sh says."""
    text = (checkout / "scripts" / "set-up.sh").read_text("utf-8")
    return dict(re.findall(r"^    (\w+)=\$\(digest (.+)\)$", text, re.MULTILINE))


def run(checkout: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    bare = {"PATH": os.environ["PATH"], "HOME": str(checkout), **environment}
    return subprocess.run(["sh", *command], cwd=checkout, env=bare, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_scripts_are_posix_sh(name: str) -> None:
    done = subprocess.run(["sh", "-n", PROJECT / "scripts" / name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_second_run_starts_the_demo_and_installs_nothing(checkout: Path) -> None:
    set_up_already(checkout, "venv-run")
    done = run(checkout, "scripts/run")
    assert (done.returncode, done.stdout) == (0, "ran: <demo>\n"), done.stderr
    assert done.stderr == ""


def test_arguments_go_to_linkkeeper_as_they_are(checkout: Path) -> None:
    set_up_already(checkout, "venv-run")
    done = run(checkout, "scripts/run", "citations", "an analysis.txt", "--json")
    assert done.stdout == "ran: <citations> <an analysis.txt> <--json>\n"


def test_changed_sources_are_installed_again(checkout: Path) -> None:
    """The stand-in for Python builds nothing, so the step that needs the wheel fails, and says so in one line."""
    set_up_already(checkout, "venv-run")
    (checkout / "src" / "linkkeeper" / "__init__.py").write_text('__version__ = "1"\n', "utf-8")
    write_program(checkout / "build" / "venv-run" / "bin" / "python", 'case "$*" in *wheel*) exit 1;; esac')
    done = run(checkout, "scripts/run")
    assert done.returncode == 1
    assert "package and front-end files (wheel)                 failed" in done.stderr
    assert "The whole log:" in done.stderr


def test_fetched_front_end_files_are_no_change(checkout: Path) -> None:
    set_up_already(checkout, "venv-run")
    vendored = checkout / "src" / "linkkeeper" / "web" / "vendor" / "htmx" / "htmx.min.js"
    vendored.parent.mkdir(parents=True)
    vendored.write_text("x", "utf-8")
    assert run(checkout, "scripts/run").stdout == "ran: <demo>\n"


def test_a_python_that_is_too_old_is_named(checkout: Path) -> None:
    write_program(checkout / "old-python", 'case "$1" in --version) echo "Python 3.9.2";; *) exit 1;; esac')
    done = run(checkout, "scripts/run", PYTHON=str(checkout / "old-python"))
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed" in done.stderr
    assert "Python 3.9.2" in done.stderr


def test_without_the_venv_module_and_apt_the_reader_is_told_what_to_install(checkout: Path) -> None:
    write_program(checkout / "bare-python", 'case "$*" in *ensurepip*) exit 1;; esac')
    tools = checkout / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "mkdir", "id", "env"):
        (tools / name).symlink_to(shutil.which(name) or name)
    done = run(checkout, "scripts/run", PYTHON=str(checkout / "bare-python"), PATH=str(tools))
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr


def test_ci_runs_the_same_command() -> None:
    assert "exec sh scripts/test" in (PROJECT / ".ci" / "run").read_text("utf-8")


def test_every_library_has_a_tested_version_and_no_address() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    lines = (PROJECT / "scripts" / "constraints.txt").read_text("utf-8").splitlines()
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines if not line.startswith("#")}
    assert {re.split(r"[><=\[ ]", name)[0].lower() for name in needed} - pinned == set()
    assert not any("://" in line or "@" in line for line in lines)
