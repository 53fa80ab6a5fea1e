"""
The index of every record that our captures hold, for the CDX server.

Each capture carries its own index inside its package; here they stand merged
in a file that is derived from them (:mod:`linkkeeper.archive.cdx_store`) and
takes in new captures as they appear. Whether a capture may be shown is asked
for each line that is given out, so a takedown counts at once.
"""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog

from linkkeeper.archive.cdx_store import CdxStore
from linkkeeper.archive.shelf import Shelf
from linkkeeper.errors import FixityError, StorageError
from linkkeeper.replay.cdx import CdxQuery, CdxRecord, read_record
from linkkeeper.vocabulary.views import CaptureView
from linkkeeper.web import access
from linkkeeper.web.services import WebServices

#: Captures looked through at a time, newest first, until known ones come.
BATCH = 200
#: A capture adopted late is older than known ones; found by looking through all of them this often.
LOOK_THROUGH_ALL = timedelta(minutes=10)


class CdxIndex:
    """Lines of all captures that may be shown now."""

    def __init__(self, services: WebServices) -> None:
        self.services = services
        self.shelf = Shelf(services.storage)
        self._store = CdxStore(services.storage)
        self._known: set[str] | None = None
        self._looked_through_at: datetime | None = None
        self._lock = threading.Lock()

    def records(self, query: CdxQuery) -> Iterator[CdxRecord]:
        """Records with keys in the query's range, sorted, of captures that may be shown now."""
        with self._lock:
            self._read_new()
        open_now: dict[str, bool] = {}

        def shown(capture_id: str) -> bool:
            if capture_id not in open_now:
                open_now[capture_id] = self._is_open(capture_id)
            return open_now[capture_id]

        return map(read_record, self._store.between(query.start, query.end, shown=shown))

    def _is_open(self, capture_id: str) -> bool:
        capture = self.services.catalogue.capture(capture_id)
        now = self.services.clock.now()
        return capture is not None and access.tombstone(capture, now) is None

    def _read_new(self) -> None:
        known = self._known if self._known is not None else self._store.known()
        self._known = known
        now = self.services.clock.now()
        last = self._looked_through_at
        all_of_them = last is None or not timedelta(0) <= now - last < LOOK_THROUGH_ALL
        if all_of_them:
            self._looked_through_at = now
        offset = 0
        while batch := self.services.catalogue.captures(limit=BATCH, offset=offset):
            new = [capture for capture in batch if capture.id not in known]
            for capture in new:
                known.add(capture.id)
                self._read(capture)
            if not new and not all_of_them:
                return
            offset += len(batch)

    def _read(self, capture: CaptureView) -> None:
        if capture.same_as or "capture.wacz" not in capture.files:
            return
        try:
            self._store.add(self.shelf.manifest(capture.id, moment=capture.timestamp))
        except (FixityError, StorageError) as error:
            # One damaged capture must not take the others from the index; `verify` names it too.
            structlog.get_logger().warning("a capture has no readable index", capture_id=capture.id, error=str(error))
