"""
The CDX of all captures together, for the CDX server.

Derived: made again from the captures whenever it is missing or damaged. Each
line names its WACZ as ``<id>/capture.wacz``, as the replay host serves it, and
the record's absolute offset in it, so that any tool that reads WARC records by
offset can replay from here; pywb with the replay host's ``/captures/`` as its
``archive_paths``.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from linkkeeper.archive.cdxj import IndexLine
from linkkeeper.archive.manifest import Manifest, read_manifest
from linkkeeper.archive.publish import WACZ
from linkkeeper.archive.shelf import Shelf
from linkkeeper.errors import FixityError, StorageError

CDX_FILE = "cdx.db"
_SCHEMA = """
create table if not exists line (key text not null, timestamp text not null, capture text not null, text text not null);
create index if not exists line_by_key on line (key, timestamp);
create index if not exists line_by_capture on line (capture);
create table if not exists capture (id text primary key) without rowid;
"""
_PAGE = 1000


def absolute_lines(manifest: Manifest, lines: Iterable[IndexLine]) -> list[IndexLine]:
    """Return a capture's index lines with the WACZ as their file and absolute offsets."""
    filename = f"{manifest.capture_id}/{WACZ}"
    return [replace(line, filename=filename, offset=manifest.warc.offset + line.offset) for line in lines]


class CdxStore:
    """
    Index lines of every capture, by key and time.

    Args:
        root: The storage folder.
    """

    def __init__(self, root: Path) -> None:
        self._path = root / CDX_FILE
        self._shelf = Shelf(root)

    def catch_up(self) -> int:
        """
        Take in what stands on the shelf, and forget what no longer does.

        Returns:
            How many captures were taken in. A capture that can't be read is
            passed over (``verify`` names it) and tried again next time.

        Raises:
            StorageError: the index can't be written.
        """
        directories = {path.name: path for path in self._shelf.directories()}
        known = self.known()
        for gone in known - directories.keys():
            self.forget(gone)
        taken = 0
        for name in sorted(directories.keys() - known):
            try:
                self.add(read_manifest(directories[name]))
            except FixityError:
                continue
            taken += 1
        return taken

    def add(self, manifest: Manifest) -> None:
        """
        Take in one published capture; twice is harmless.

        Raises:
            FixityError: its index can't be read.
        """
        lines = absolute_lines(manifest, self._shelf.index(manifest.capture_id, moment=manifest.moment))
        name = manifest.capture_id
        with self._open() as database:
            database.execute("delete from line where capture = ?", (name,))
            database.executemany(
                "insert into line (key, timestamp, capture, text) values (?, ?, ?, ?)",
                [(line.key, line.timestamp, name, line.as_text()) for line in lines],
            )
            database.execute("insert or replace into capture (id) values (?)", (name,))

    def forget(self, capture_id: str) -> None:
        with self._open() as database:
            database.execute("delete from line where capture = ?", (capture_id,))
            database.execute("delete from capture where id = ?", (capture_id,))

    def known(self) -> set[str]:
        """Ids of the captures that are in."""
        with self._open() as database:
            return {name for (name,) in database.execute("select id from capture")}

    def between(self, start: str, end: str, *, shown: Callable[[str], bool]) -> Iterator[str]:
        """
        Lines with keys from *start* up to but not including *end*, sorted by key and time.

        Args:
            shown: Tells by a capture's id whether it may be shown now.
        """
        place: tuple[str, str, int] = (start, "", -1)
        while True:
            with self._open() as database:
                rows = database.execute(
                    "select key, timestamp, rowid, capture, text from line"
                    " where (key, timestamp, rowid) > (?, ?, ?) and key < ?"
                    " order by key, timestamp, rowid limit ?",
                    (*place, end, _PAGE),
                ).fetchall()
            yield from (text for _, _, _, capture, text in rows if shown(capture))
            if len(rows) < _PAGE:
                return
            place = rows[-1][:3]

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One connection per use: any thread may ask."""
        try:
            with contextlib.closing(self._connect()) as database, database:
                yield database
        except sqlite3.DatabaseError as error:
            raise StorageError(
                "use the CDX index",
                subject=str(self._path),
                reason=str(error),
                hint="it is derived: remove the file and it is made again",
            ) from error

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, timeout=5)
        try:
            database.execute("pragma journal_mode = wal")
            database.execute("pragma synchronous = normal")
            database.executescript(_SCHEMA)
        except sqlite3.DatabaseError:
            database.close()
            raise
        return database
