"""What each beat does; every one may run again at any time without harm."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from linkkeeper.archive.fixity import FixityReport
from linkkeeper.assembly import Engine
from linkkeeper.assembly.rehearsing import rehearser_of
from linkkeeper.assembly.seeking import lister_of, seeker_of
from linkkeeper.settings import Settings

log = structlog.get_logger()

#: Captures whose files are hashed again each night, those verified longest ago first.
VERIFIED_A_NIGHT = 500


class Housekeeping:
    """The beats of the daemon."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._seeker = seeker_of(engine.store, engine.network)
        self._lister = lister_of(engine.store)

    async def watch(self) -> None:
        summary = await self._engine.watcher.run()
        if summary.looks or summary.void:
            log.info("watched", looks=summary.looks, moved=summary.moved, void=summary.void)

    async def poll(self) -> None:
        await self._engine.poller.poll_due()

    async def mend(self) -> None:
        """Ask other archives for what was lost unseen, repair, and list the repairs of pages that have no file."""
        if self._settings.relinking.archives:
            await self._seeker.seek()
        repaired = await asyncio.to_thread(self._engine.store.mender.mend)
        if repaired:
            log.info("mended", edits=repaired)
        await asyncio.to_thread(self._lister.publish)

    async def backup(self) -> None:
        """Copy the database and keep as many copies as the setting says."""
        path = await asyncio.to_thread(self._engine.store.backup)
        copies = sorted(path.parent.glob("linkkeeper-*.db"))
        for old in copies[: -self._settings.backup.keep]:
            old.unlink(missing_ok=True)
        log.info("backed up", path=str(path))

    async def verify_some(self) -> None:
        """Hash some captures again; damage is said loudly, never repaired silently."""
        store = self._engine.store
        for capture_id in await asyncio.to_thread(store.captures.longest_unverified, VERIFIED_A_NIGHT):
            report = await asyncio.to_thread(self._audit, capture_id)
            if report.sound:
                await asyncio.to_thread(store.captures.verified, capture_id, now=store.clock.now())
            else:
                log.error("fixity trouble", capture=capture_id, trouble=[str(item) for item in report.damages])

    def rehearsing(self, stage: str) -> Callable[[], Awaitable[None]]:
        """
        The beat that compares new captures' replays with their pictures.

        Args:
            stage: Address of a replay host that our own browser reaches.
        """
        engine = self._engine
        rehearser = rehearser_of(engine.store, engine.pool, address=lambda key: f"{stage}/replay/page/{key}")

        async def rehearse() -> None:
            await rehearser.run()

        return rehearse

    def _audit(self, capture_id: str) -> FixityReport:
        store = self._engine.store
        row = store.catalogue.capture(capture_id)
        return store.shelf.verify(capture_id, manifest_sha256=row.manifest_sha256 if row else None)
