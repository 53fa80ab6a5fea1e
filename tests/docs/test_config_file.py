"""``config.toml`` at the top of the project is the settings, in words."""

import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from linkkeeper.errors import ConfigurationError
from linkkeeper.settings import Settings, load

PROJECT = Path(__file__).parents[2]
FILE = PROJECT / "config.toml"


def test_every_setting_stands_with_its_default() -> None:
    assert load(FILE, environment={}) == load(None, environment={}) == Settings.model_construct()
    written = tomllib.loads(FILE.read_text("utf-8"))
    known = {name: set(table.model_dump()) for name, table in Settings.model_construct()}
    assert {name: set(table) for name, table in written.items()} == known


def test_every_setting_is_explained() -> None:
    lines = FILE.read_text("utf-8").splitlines()
    bare = [line for above, line in pairwise(lines) if " = " in line and not above.startswith("#")]
    assert [line for line in bare if not line.startswith("#")] == []


def test_the_file_is_what_the_generator_writes() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/config_file.py", "--check"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_an_unknown_setting_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[captures]\ntotal_timeouts = 3\n", "utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load(path, environment={})
    assert refused.value.subject == "captures.total_timeouts"
    assert "'total_timeout_s'" in refused.value.hint
