"""The beats: each may run again at any time; one bad subject stops none of the others."""

import asyncio
import shutil
from pathlib import Path

import pytest

from linkkeeper.assembly import open_engine
from linkkeeper.daemon.beats import Housekeeping
from linkkeeper.settings import load
from testweb import TestWeb


def test_a_capture_whose_folder_is_lost_does_not_end_the_nights_audit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the first in the line each night: the others must not wait behind it for ever."""
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><title>Ice</title><p>The river froze early.</p>", "utf-8")

    async def night(web: TestWeb) -> None:
        settings = load(web.write_config(tmp_path / "config.toml", storage=tmp_path / "storage"))
        async with open_engine(settings, allow_unsandboxed=True) as engine:
            store = engine.store
            kept = [store.editing.upload(f"https://www.river.example/{n}", page, by="ed") for n in range(3)]
            lost = store.captures.longest_unverified(1)[0]
            shutil.rmtree(store.shelf.require(lost))
            verified: list[str] = []
            monkeypatch.setattr(store.captures, "verified", lambda capture_id, *, now: verified.append(capture_id))
            await Housekeeping(engine, settings).verify_some()
            assert sorted(verified) == sorted(set(kept) - {lost})

    with TestWeb() as web:
        asyncio.run(night(web))
