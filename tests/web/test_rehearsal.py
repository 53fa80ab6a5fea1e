"""Captures are rehearsed in our own browser; where a replay is not like its picture, readers get the picture."""

import asyncio
import re
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from linkkeeper.adapters.playwright_browser import PlaywrightPool
from linkkeeper.adapters.sqlmodel_rehearsals import SqlRehearsals
from linkkeeper.assembly.engine import browser_options
from linkkeeper.assembly.rehearsing import rehearser_of
from linkkeeper.errors import BrowserError
from linkkeeper.pipeline.rehearse import Rehearser
from linkkeeper.replay.likeness import GOOD_LIKENESS, Grid
from linkkeeper.replay.ports import ReplayBrowser, Stage
from linkkeeper.vocabulary.capture import AccessLevel, Quality
from linkkeeper.web.servers import replaying
from web_making import HTML, Room, days_ago, exchange, png

URL = "https://www.example.org/report"
STRIPES = (
    "<!doctype html><style>body { margin: 0; height: 100vh; background:"
    " repeating-linear-gradient(rgb(70,110,150) 0 40px, rgb(230,235,240) 40px 80px) }</style>"
    "<script>new Image().src = 'http://live.example/beacon.png'</script>"
)


@pytest.mark.browser
def test_a_replay_is_compared_with_the_captures_own_picture(room: Room) -> None:
    striped = png(640, 450)  # the same stripes, in another size
    good = add(room, URL, STRIPES, striped)
    bad = add(room, "https://b.example/", "<!doctype html><body style=background:#210><h1>Not found</h1>", striped)
    dark = add(room, "https://c.example/", STRIPES, striped)
    torn = add(room, "https://d.example/", STRIPES, striped[:60])
    room.store.editing.withhold(dark, AccessLevel.PRIVATE, by="ada", reason="asked")
    assert asyncio.run(rehearse(room)) == [3, 1, 0]
    found = {key: room.store.catalogue.capture(key) for key in (good, bad, dark, torn)}
    scores = {key: capture.replay_score for key, capture in found.items() if capture}
    assert scores[good] is not None and scores[good] > 0.95
    assert scores[bad] is not None and scores[bad] < 0.3
    assert scores[dark] is None
    assert found[torn] is not None and found[torn].replay_words == "its picture is damaged"
    assert found[good] is not None and found[good].replay_words == "the replay looks like the picture"
    assert [one.id for one in SqlRehearsals(room.store.database).unrehearsed(9)] == []


def add(room: Room, url: str, html: str, picture: bytes) -> str:
    made = [exchange(url, html.encode(), head=HTML, main=True, moment=days_ago(1))]
    return room.add_capture(url, moment=days_ago(1), exchanges=made, pictures={"screenshot.png": picture})


async def rehearse(room: Room) -> list[int]:
    """Three rounds: what was bad in the first is seen again in the second."""
    options = browser_options(room.store.settings, allow_unsandboxed=True)
    async with PlaywrightPool(options) as pool, replaying(room.store) as stage:
        rehearser = rehearser_of(room.store, pool, address=lambda key: f"{stage}/replay/page/{key}", looks=1)
        return [await rehearser.run(within_s=600) for _ in range(3)]


@dataclass
class FailingBrowser:
    """A browser that does not start."""

    asked: int = 0

    def open(self, address: str) -> AbstractAsyncContextManager[Stage]:
        raise BrowserError("start the browser", subject=address, reason="it died")

    async def grid(self, picture: bytes) -> Grid:
        self.asked += 1
        raise BrowserError("start the browser", subject="a picture", reason="it died")


def rehearser(room: Room, browser: ReplayBrowser) -> Rehearser:
    ledger = SqlRehearsals(room.store.database)
    return Rehearser(ledger=ledger, browser=browser, storage=room.root, clock=room.clock, address=str)


def rounds_of(rehearser: Rehearser, number: int) -> list[list[str]]:
    """The captures that failed, by round."""

    async def run() -> list[list[str]]:
        failed = []
        for _ in range(number):
            with capture_logs() as events:
                assert await rehearser.run(within_s=600) == 0
            failed.append([one["capture"] for one in events if one["event"] == "a replay could not be rehearsed"])
        return failed

    return asyncio.run(run())


def test_a_failing_browser_ends_the_round_and_gives_a_capture_up_after_the_third(room: Room) -> None:
    older = room.add_capture(URL, moment=days_ago(9))
    newer = room.add_capture(URL, moment=days_ago(2))
    browser = FailingBrowser()
    assert rounds_of(rehearser(room, browser), 7) == [[newer]] * 3 + [[older]] * 3 + [[]]
    assert browser.asked == 6
    assert len(SqlRehearsals(room.store.database).unrehearsed(9)) == 2


def test_only_a_picture_that_is_not_there_is_kept_as_a_finding(room: Room) -> None:
    """A picture that can't be read just now is tried again; no words tell readers a path."""
    missing = room.add_capture(URL, moment=days_ago(9))
    unreadable = room.add_capture("https://b.example/", moment=days_ago(2))
    for key in (missing, unreadable):
        (picture_of(room, key)).unlink()
    picture_of(room, unreadable).mkdir()
    tried = rehearser(room, FailingBrowser())
    with capture_logs() as events:
        assert asyncio.run(tried.run(within_s=600)) == 1
    assert [one["capture"] for one in events if one["log_level"] == "warning"] == [unreadable]
    assert [one.id for one in SqlRehearsals(room.store.database).unrehearsed(9)] == [unreadable]
    found = room.store.catalogue.capture(missing)
    assert found is not None and found.replay_words == "its picture is missing" and found.replay_score is None


def picture_of(room: Room, capture_id: str) -> Path:
    capture = room.store.catalogue.capture(capture_id)
    assert capture is not None
    return room.root / capture.directory / "screenshot.png"


def score(room: Room, capture_id: str, value: float | None, words: str = "seen") -> None:
    SqlRehearsals(room.store.database).rehearsed(capture_id, score=value, words=words, now=room.clock.now())


def test_a_bad_replay_does_not_take_the_pictures_place(reader: httpx.Client, room: Room) -> None:
    capture_id = room.add_capture(URL)
    path = f"/web/20261122090000/{URL}"
    assert "data-replay" in reader.get(path).text
    score(room, capture_id, GOOD_LIKENESS - 0.01)
    page = reader.get(path).text
    assert "data-replay" not in page and "screenshot.png" in page and "does not look as it did" in page
    assert f"/replay/page/{capture_id}" in reader.get(f"/web/20261122090000rp_/{URL}").text
    score(room, capture_id, GOOD_LIKENESS)
    page = reader.get(path).text
    assert "data-replay" in page and "does not look as it did" not in page


def test_a_bad_replay_without_a_picture_leaves_the_pdf(reader: httpx.Client, room: Room) -> None:
    score(room, room.add_capture(URL, pictures={}), 0.1)
    page = reader.get(f"/web/20261122090000/{URL}").text
    assert "data-replay" not in page and re.search(r"<iframe[^>]+page\.pdf", page)


def test_editors_and_programs_are_told_the_score(editor: object, room: Room, token: str, reader: httpx.Client) -> None:
    capture_id = room.add_capture(URL)
    page = f"/desk/captures/{capture_id}"
    address, bearer = f"/api/captures/{capture_id}", {"authorization": f"Bearer {token}"}
    assert "not compared yet" in editor.get(page).text  # type: ignore[attr-defined]
    assert reader.get(address, headers=bearer).json()["replay_score"] is None
    score(room, capture_id, 0.31, "the replay does not look like the picture")
    assert "not like the picture (0.31)" in editor.get(page).text  # type: ignore[attr-defined]
    assert "<b>1</b> capture replaying badly" in editor.get("/desk/").text  # type: ignore[attr-defined]
    assert page in editor.get("/desk/replays").text  # type: ignore[attr-defined]
    assert reader.get(address, headers=bearer).json()["replay_score"] == 0.31
    score(room, capture_id, None, "there is no replay, or no picture to compare it with")
    assert "can&#39;t be compared" in editor.get(page).text  # type: ignore[attr-defined]


def test_what_shows_no_source_is_never_rehearsed(room: Room) -> None:
    ledger = SqlRehearsals(room.store.database)
    room.add_capture(URL, quality=Quality.BLOCKED)
    assert ledger.unrehearsed(9) == []
    older = room.add_capture(URL, moment=days_ago(9))
    newer = room.add_capture(URL, moment=days_ago(2))
    room.add_capture(URL, moment=days_ago(1), same_as=newer)
    assert [one.id for one in ledger.unrehearsed(9)] == [newer, older]
    assert not ledger.capturing()
