"""Killed at any instant and started again, the main job ends as if nothing had happened."""

import json
import os
import random
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from command_line import PROGRAM
from linkkeeper.archive.shelf import Shelf
from testweb import TestWeb, behaviours

ANALYSIS = """Notes of a river watch

The river froze early.[1] The mill closed.[2] The toll rose.[3] Nobody crossed.[4]
---
[1] Ann Bell, “Ice on the river,” Valley Post, https://www.post.example/ice.
[2] Ben Cole, “The mill closes,” Valley Post, https://www.mill.example/closes; and https://www.mill.example/report.pdf.
[3] Ibid.
[4] Cai Dunn, “Toll and trouble,” https://www.toll.example/trouble.
"""

URLS = 4
SUITE_KILLS = 3
BATTERY_KILLS = 20

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished run left, without the ids and moments that differ from run to run."""

    links: tuple[tuple[str, str, str], ...]
    relinked: bytes
    captures: int
    requests: int


def test_three_kills_leave_the_same_as_an_undisturbed_run(tmp_path: Path) -> None:
    _kill_and_compare(tmp_path, kills=SUITE_KILLS, seed=3)


@pytest.mark.battery
def test_twenty_kills_leave_the_same_as_an_undisturbed_run(tmp_path: Path) -> None:
    _kill_and_compare(tmp_path, kills=BATTERY_KILLS, seed=int(os.environ.get("LINKKEEPER_SEED", "20")))


def _kill_and_compare(tmp_path: Path, *, kills: int, seed: int) -> None:
    """One storage, killed with -9 at random instants of the main job; each restart must go on, nothing doubled."""
    chance = random.Random(seed)
    with TestWeb() as web:
        _place(web)
        began = time.monotonic()
        calm = _finish(web, tmp_path / "calm")
        lasts = time.monotonic() - began
        for number in range(kills):
            folder = tmp_path / f"killed-{number}"
            _start_and_kill(web, folder, after_s=chance.uniform(0.2, lasts))
            assert _finish(web, folder) == calm
            _require_sound(folder / "storage")


def _place(web: TestWeb) -> None:
    web.place("https://www.post.example/ice", behaviours.alive(title="Ice on the river"))
    web.place("https://www.mill.example/closes", behaviours.alive(title="The mill closes"))
    web.place("https://www.mill.example/report.pdf", behaviours.AlivePdf(behaviours.article("The mill closes")))
    web.place("https://www.toll.example/trouble", behaviours.Gone())


def _command(web: TestWeb, folder: Path) -> list[str]:
    folder.mkdir(exist_ok=True)
    analysis = folder / "analysis.txt"
    if not analysis.exists():
        analysis.write_text(ANALYSIS, "utf-8")
    config = web.write_config(folder / "config.toml", storage=folder / "storage")
    return [str(PROGRAM), "archive", str(analysis), "--out", str(folder / "out"), "--json", "--config", str(config)]


def _start_and_kill(web: TestWeb, folder: Path, *, after_s: float) -> None:
    """Start the job in a process group of its own and kill the whole group, browser and all."""
    process = subprocess.Popen(
        _command(web, folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        process.wait(timeout=after_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)


def _finish(web: TestWeb, folder: Path) -> Outcome:
    """Run the job to its end."""
    ran = subprocess.run(_command(web, folder), capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    report: dict[str, Any] = json.loads(ran.stdout)
    sources = [source for note in report["analyses"][0]["notes"] for source in note["sources"]]
    links = {
        (source["url"], source["state"], source["capture"]["quality"] if source["capture"] else "")
        for source in sources
    }
    status = _ids(web, folder)
    return Outcome(
        links=tuple(sorted(links)),
        relinked=(folder / "out" / "relinked" / "analysis.txt").read_bytes(),
        captures=len(list(Shelf(folder / "storage").directories())),
        requests=len(status),
    )


def _ids(web: TestWeb, folder: Path) -> set[str]:
    """Capture ids that rows know; each must have its one directory."""
    config = folder / "config.toml"
    ran = subprocess.run(
        [str(PROGRAM), "status", "--json", "--config", str(config)], capture_output=True, text=True, check=True
    )
    found = [capture["capture_id"] for line in ran.stdout.splitlines() for capture in json.loads(line)["captures"]]
    assert len(found) == len(set(found))
    assert set(found) == {path.name for path in Shelf(folder / "storage").directories()}
    return set(found)


def _require_sound(storage: Path) -> None:
    config = storage.parent / "config.toml"
    ran = subprocess.run([str(PROGRAM), "verify", "--config", str(config)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    leftovers = [path for path in (storage / "tmp").glob("*") if path.is_dir()]
    assert leftovers == []
