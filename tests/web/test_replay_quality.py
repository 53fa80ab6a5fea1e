"""A page of the test web, captured by the real engine, replays as it was captured; a bad replay is noticed."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Frame, Page, sync_playwright

from linkkeeper.adapters.chromium import find_browser
from linkkeeper.assembly import open_engine
from linkkeeper.assembly.rehearsing import rehearser_of
from linkkeeper.settings import Settings
from linkkeeper.vocabulary.memento import memento_path
from linkkeeper.web.servers import replaying
from testweb import TestWeb
from web.lively_web import PAGE, WORKING, place
from web_making import Listeners, listening, open_room

pytestmark = [pytest.mark.battery, pytest.mark.browser, pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Kept:
    """What the engine kept of the page, and saw of its replay."""

    root: Path
    capture_id: str
    score: float | None
    words: str


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """The page captured by the engine with its own browser, and then rehearsed."""
    root = tmp_path_factory.mktemp("kept")
    with TestWeb() as web:
        place(web)
        capture_id = asyncio.run(keep_and_rehearse(web, root))
    with open_room(root) as room:
        capture = room.store.catalogue.capture(capture_id)
    assert capture is not None and capture.quality == "complete", capture
    return Kept(root, capture_id, capture.replay_score, capture.replay_words or "")


async def keep_and_rehearse(web: TestWeb, root: Path) -> str:
    settings = Settings.model_validate(web.settings(root))
    async with open_engine(settings, allow_unsandboxed=True) as engine:
        asked = engine.store.editing.ask([PAGE], by="test")
        assert await engine.keeper.work_one()
        async with replaying(engine.store) as stage:
            rehearser = rehearser_of(engine.store, engine.pool, address=lambda key: f"{stage}/replay/page/{key}")
            assert await rehearser.run() == 1
        assert asked[0].capture_id is not None
        return asked[0].capture_id


def test_everything_on_the_page_replays_as_captured(kept: Kept, tmp_path: Path) -> None:
    """Modules, fetched JSON, POST answers, video, fonts, frames, a worker and lazy pictures, in the memento page."""
    with open_room(kept.root) as room, listening(room) as both, browsing(tmp_path) as context:
        capture = room.store.catalogue.capture(kept.capture_id)
        assert capture is not None
        page = context.new_page()
        outside = requests_outside(page, both)
        page.goto(f"{both.desk}{memento_path(capture.timestamp, PAGE)}")
        page.wait_for_selector("#stage.live", timeout=30_000)
        frame = next(frame for frame in page.frames if "mp_/https://www.lively.example/report" in frame.url)
        frame.locator(".late").last.scroll_into_view_if_needed()
        told = wait_for_all(page, frame)
        assert told == WORKING
        assert outside == []


def test_the_replay_was_found_like_the_picture(kept: Kept) -> None:
    assert kept.score is not None and kept.score >= 0.95, (kept.score, kept.words)
    assert kept.words == "the replay looks like the picture"


def wait_for_all(page: Page, frame: Frame) -> dict[str, str]:
    """What the page's parts say, once all say what they should, or after a while."""
    told: dict[str, str] = {}
    for _ in range(100):
        told = {key: frame.locator(f"#{key}").inner_text() for key in WORKING if key not in ("near", "far")}
        for key, part in (("near", "www.lively.example/frame"), ("far", "frames.other.example/innermost")):
            inner = next((one for one in page.frames if one.url.endswith(part)), None)
            told[key] = inner.locator("#said").inner_text() if inner else "no frame"
        if told == WORKING:
            break
        page.wait_for_timeout(100)
    return {key: told[key] for key in WORKING}


def requests_outside(page: Page, both: Listeners) -> list[str]:
    """Fills with addresses asked for that are neither the desk's nor the replay host's."""
    asked: list[str] = []
    own = (both.desk, both.replay, "data:", "blob:")
    page.context.on("request", lambda one: None if one.url.startswith(own) else asked.append(one.url))
    return asked


@contextmanager
def browsing(folder: Path) -> Iterator[BrowserContext]:
    """A browser that allows third-party storage, without which no frame of another site gets its worker."""
    with sync_playwright() as playwright:
        executable = find_browser("", playwrights_own=Path(playwright.chromium.executable_path))
        profile = folder / "profile"
        (profile / "Default").mkdir(parents=True)
        (profile / "Default" / "Preferences").write_text(json.dumps({"profile": {"cookie_controls_mode": 0}}))
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=executable, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield context
        finally:
            context.close()
