"""The daemon: it follows, captures at once, answers its API, stops cleanly, and survives being killed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.daemon_running import STOPS_WITHIN_S, command, daemon, sandbox_here
from linkkeeper.archive.shelf import Shelf
from testweb import TestWeb, behaviours

ICE = "https://www.river.example/ice"
HILL = "https://www.hill.example/a"
SLOW = "https://www.slow.example/a"

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture
def web() -> Iterator[TestWeb]:
    with TestWeb() as web:
        web.place(ICE, behaviours.alive(title="Ice on the river"))
        web.place(HILL, behaviours.alive(title="The hill"))
        web.place(
            SLOW, behaviours.Slow(behaviours.alive(title="A slow page"), wait_s=8.0, pause_s=0.01, piece_bytes=1024)
        )
        yield web


@pytest.fixture
def config(web: TestWeb, tmp_path: Path) -> Path:
    pieces = tmp_path / "pieces"
    pieces.mkdir()
    (pieces / "piece.md").write_text(
        f"# A piece\n\nIce.[^1]\n\n[^1]: Ann Bell, “Ice on the river,” <{ICE}>.\n", "utf-8"
    )
    return web.write_config(
        tmp_path / "config.toml",
        storage=tmp_path / "storage",
        web={"desk_port": 0, "replay_port": 0},
        browser={"sandbox": sandbox_here()},
    )


def test_a_followed_folder_is_read_and_its_new_link_captured_at_once(config: Path, tmp_path: Path) -> None:
    command(config, "add", str(tmp_path / "pieces"))
    token = command(config, "token", "create", "test")
    with daemon(config, token=token, log=tmp_path / "log") as running:
        found = running.until(f"/api/links?url={ICE}", lambda link: bool(link["captures"]) and link["state"] == "alive")
        assert found["captures"][0]["quality"] == "complete"
        assert [cited["label"] for cited in found["cited_in"]] == ["1"]
        assert running.stop() < STOPS_WITHIN_S
        assert running.process.returncode == 0


def test_on_demand_captures_need_a_token_and_keep_their_id(config: Path, tmp_path: Path) -> None:
    token = command(config, "token", "create", "test")
    with daemon(config, token=token, log=tmp_path / "log") as running:
        assert running.call("/api/captures", data={"urls": [HILL]}, token=False)[0] == 401
        status, asked = running.call("/api/captures", data={"urls": [HILL, "not a url"]})
        assert status == 202
        good = next(item for item in asked if item["capture_id"])
        done = running.until(f"/api/captures/{good['capture_id']}", lambda one: one["request_state"] == "done")
        assert done["quality"] == "complete"
        assert done["capture_id"] == good["capture_id"] == Path(done["directory"]).name
        assert {"page.pdf", "screenshot.png", "capture.wacz"} <= set(done["files"])
        assert [step["name"] for step in done["steps"]][:2] == ["probe", "load"]


def test_a_killed_daemon_loses_and_doubles_nothing(config: Path, tmp_path: Path) -> None:
    """Killed with -9 in the midst of a visit; the next start makes that capture, once, under its own id."""
    token = command(config, "token", "create", "test")
    with daemon(config, token=token, log=tmp_path / "log-1") as running:
        _, asked = running.call("/api/captures", data={"urls": [SLOW, HILL]})
        ids = [item["capture_id"] for item in asked]
        running.until(f"/api/captures/{ids[0]}", lambda one: one["request_state"] == "running")
        running.kill()
    with daemon(config, token=token, log=tmp_path / "log-2") as running:
        for capture_id in ids:
            running.until(f"/api/captures/{capture_id}", lambda one: one["request_state"] == "done")
        running.stop()
    directories = [path.name for path in Shelf(tmp_path / "storage").directories()]
    assert sorted(directories) == sorted(ids)
    assert [path for path in (tmp_path / "storage" / "tmp").glob("*") if path.is_dir()] == []


def test_a_capture_under_way_is_cleanly_abandoned_at_a_stop(config: Path, tmp_path: Path) -> None:
    token = command(config, "token", "create", "test")
    with daemon(config, token=token, log=tmp_path / "log-1") as running:
        _, asked = running.call("/api/captures", data={"urls": [SLOW]})
        capture_id = asked[0]["capture_id"]
        running.until(f"/api/captures/{capture_id}", lambda one: one["request_state"] == "running")
        assert running.stop() < STOPS_WITHIN_S
        assert running.process.returncode == 0
    with daemon(config, token=token, log=tmp_path / "log-2") as running:
        running.until(f"/api/captures/{capture_id}", lambda one: one["request_state"] == "done")


def test_the_first_start_leaves_a_password_that_only_its_owner_can_read(config: Path, tmp_path: Path) -> None:
    with daemon(config, token="", log=tmp_path / "log") as running:
        login = tmp_path / "storage" / "first-login"
        assert login.stat().st_mode & 0o777 == 0o600
        name, password = login.read_text("utf-8").split()
        assert name == "editor"
        assert len(password) >= 16
        running.stop()
