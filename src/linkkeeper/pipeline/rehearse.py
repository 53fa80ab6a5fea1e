"""
Rehearse: each new capture's replay is opened once, before a reader does, and compared with its picture.

What is found is kept beside the capture: where the replay does not look like
the page did, the memento page shows the picture or the PDF instead. A bad one
counts only when it was seen twice, for this machine may have been busy.
Nothing depends on it at once, so it waits while captures are made.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Protocol

import structlog

from linkkeeper.errors import BrowserError
from linkkeeper.replay.likeness import GOOD_LIKENESS, Grid, likeness
from linkkeeper.replay.ports import ReplayBrowser, Stage
from linkkeeper.vocabulary.moment import Clock
from linkkeeper.vocabulary.views import CaptureView

log = structlog.get_logger()

PICTURE = "screenshot.png"
PACKAGE = "capture.wacz"
READY_WITHIN_S = 60.0
LOOKS = 12
BETWEEN_LOOKS_S = 0.5
#: So like that no further look could tell more.
LIKE_ENOUGH = 0.97
#: Failures of ours with one capture, after which it waits for the next start.
TRIES = 3


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What was seen of one replay; *score* is None for a capture that can't be rehearsed."""

    score: float | None
    words: str

    @property
    def is_bad(self) -> bool:
        return self.score is not None and self.score < GOOD_LIKENESS


class RehearsalLedger(Protocol):
    """The rows of captures."""

    def unrehearsed(self, limit: int) -> Sequence[CaptureView]:
        """Captures with bytes of their own, open to all, that nobody compared with their picture; newest first."""
        ...

    def rehearsed(self, capture_id: str, *, score: float | None, words: str, now: datetime) -> None: ...
    def capturing(self) -> bool:
        """Whether a capture is being made by any process."""
        ...


class Rehearser:
    """
    Args:
        storage: The folder that captures' directories are relative to.
        address: Where the replay host shows a capture by its id.
        looks: At a replay that is not like its picture yet: scripts may still draw.
    """

    def __init__(
        self,
        *,
        ledger: RehearsalLedger,
        browser: ReplayBrowser,
        storage: Path,
        clock: Clock,
        address: Callable[[str], str],
        looks: int = LOOKS,
    ) -> None:
        self._ledger = ledger
        self._browser = browser
        self._storage = storage
        self._clock = clock
        self._address = address
        self._looks = looks
        self._failures: Counter[str] = Counter()
        self._doubted: dict[str, Rehearsal] = {}

    async def run(self, *, limit: int = 20, within_s: float = 40.0) -> int:
        """
        Rehearse up to *limit* captures, until a capture is being made, the time is up or the browser fails.

        Returns:
            How many were rehearsed; one that was bad for the first time among them, though nothing of it is kept yet.
        """
        done, began = 0, monotonic()
        for capture in await asyncio.to_thread(self._ledger.unrehearsed, limit + len(self._failures)):
            if self._failures[capture.id] >= TRIES:
                continue
            if done >= limit or monotonic() - began > within_s or await asyncio.to_thread(self._ledger.capturing):
                break
            try:
                seen = await self.rehearse(capture)
            except BrowserError as error:
                # It would hardly do better with the next capture now.
                self._note_failure(capture, error)
                break
            except OSError as error:
                self._note_failure(capture, error)
                continue
            await self._keep(capture, seen)
            done += 1
        return done

    def _note_failure(self, capture: CaptureView, error: Exception) -> None:
        """A failure of ours tells nothing of the capture: nothing is kept."""
        self._failures[capture.id] += 1
        log.warning(
            "a replay could not be rehearsed",
            capture=capture.id,
            reason=str(error),
            tried=self._failures[capture.id],
        )

    async def _keep(self, capture: CaptureView, seen: Rehearsal) -> None:
        self._failures.pop(capture.id, None)
        before = self._doubted.pop(capture.id, None)
        if before is None and seen.is_bad:
            self._doubted[capture.id] = seen
            return
        if before is not None and (before.score or 0.0) > (seen.score or 0.0):
            seen = before
        await asyncio.to_thread(
            self._ledger.rehearsed, capture.id, score=seen.score, words=seen.words, now=self._clock.now()
        )
        log.info("rehearsed", capture=capture.id, url=capture.url, score=seen.score, words=seen.words)

    async def rehearse(self, capture: CaptureView) -> Rehearsal:
        """
        Open a capture's replay and compare it with the capture's own picture.

        Raises:
            BrowserError: no browser starts, or it died.
            OSError: the picture is there, but can't be read now.
        """
        if not {PICTURE, PACKAGE} <= set(capture.files) or capture.media_type == "application/pdf":
            return Rehearsal(None, "there is no replay, or no picture to compare it with")
        try:
            picture = await asyncio.to_thread((self._storage / capture.directory / PICTURE).read_bytes)
        except FileNotFoundError:
            return Rehearsal(None, "its picture is missing")
        try:
            own = await self._browser.grid(picture)
        except ValueError:
            return Rehearsal(None, "its picture is damaged")
        async with self._browser.open(self._address(capture.id)) as stage:
            if not await stage.ready(timeout_s=READY_WITHIN_S):
                return Rehearsal(0.0, "the replay did not open")
            score = await _best_look(stage, own, looks=self._looks)
            return Rehearsal(round(score, 3), _words(score, stage.asked_outside))


async def _best_look(stage: Stage, own: Grid, *, looks: int) -> float:
    """The likest of some looks: a page that draws late, or moves, is like its picture at some time."""
    best = 0.0
    for number in range(looks):
        if number:
            await asyncio.sleep(BETWEEN_LOOKS_S)
        seen = await stage.look()
        best = max(best, await asyncio.to_thread(likeness, own, seen))
        if best >= LIKE_ENOUGH:
            break
    return best


def _words(score: float, asked_outside: int) -> str:
    words = (
        "the replay looks like the picture" if score >= GOOD_LIKENESS else "the replay does not look like the picture"
    )
    if asked_outside:
        words += f"; it asked {asked_outside} times for what is not kept"
    return words
