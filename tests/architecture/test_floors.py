"""The floors of the house, and what each framework may be named by."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import linkkeeper

PROJECT = Path(__file__).parents[2]
PACKAGE = Path(linkkeeper.__file__).parent

#: Each framework, and the only files that may name it (as the beginning of their path in the package).
HOMES = {
    "alembic": ("adapters/",),
    "apscheduler": ("adapters/apscheduler_",),
    "argon2": ("adapters/", "web/"),
    "fastapi": ("web/",),
    "feedparser": ("adapters/",),
    "h11": ("egress/exchange.py",),
    "httpcore": ("egress/", "adapters/httpx_", "adapters/http_"),
    "httpx": ("adapters/httpx_", "adapters/http_"),
    "playwright": ("adapters/playwright_",),
    "pydantic": ("settings.py", "web/"),
    "pydantic_settings": ("settings.py",),
    "sqlalchemy": ("adapters/",),
    "sqlmodel": ("adapters/",),
    "starlette": ("web/",),
    "typer": ("cli/",),
    "uvicorn": ("web/", "daemon/", "adapters/"),
    "warcio": ("archive/",),
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text("utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_the_import_contracts_hold() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([command, "--no-cache"], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_framework_is_named_where_it_belongs() -> None:
    strays = [
        f"{name} names {framework}"
        for name, tree in modules()
        for framework in sorted(set(imported(tree)) & set(HOMES))
        if not name.startswith(HOMES[framework])
    ]
    assert strays == []


def test_no_file_is_called_by_a_word_that_says_nothing() -> None:
    empty_words = {"utils", "util", "misc", "helpers", "helper", "common", "core"}
    parts = {part.removesuffix(".py") for name, _ in modules() for part in name.split("/")}
    assert parts & empty_words == set()


def test_imports_do_nothing() -> None:
    """No engine, handler, thread or change of the environment may come of an import."""
    names = [name.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for name, _ in modules()]
    importable = [f"linkkeeper.{name}" for name in names if "migrations" not in name and name != "__init__"]
    script = (
        "import importlib, json, logging, os, sys, threading\n"
        "before = dict(os.environ)\n"
        "for name in json.loads(sys.argv[1]): importlib.import_module(name)\n"
        "print(json.dumps({'handlers': len(logging.getLogger().handlers), 'threads': threading.active_count(),"
        " 'environment': dict(os.environ) == before}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, json.dumps(importable)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"handlers": 0, "threads": 1, "environment": True}
