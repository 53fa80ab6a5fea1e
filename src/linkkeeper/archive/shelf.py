"""
The shelf: published captures in a local folder, found by id or token.

The folders are the truth about which captures exist; the database's rows are
made from them again by ``rebuild``.
"""

import contextlib
import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from linkkeeper.archive import fixity
from linkkeeper.archive.cdxj import IndexLine, read_line
from linkkeeper.archive.draft import Draft, safe_name
from linkkeeper.archive.locks import TMP, FolderLock, sweep_lock
from linkkeeper.archive.manifest import MANIFEST, CaptureAbout, Manifest, read_manifest
from linkkeeper.archive.publish import CAPTURES, SKETCHES, TEXT, WACZ, Published, publish
from linkkeeper.archive.records import read_block
from linkkeeper.archive.wacz import INDEX_MEMBER, read_member
from linkkeeper.errors import FixityError, StorageError
from linkkeeper.vocabulary.digest import sha256_of_file
from linkkeeper.vocabulary.moment import from_iso, from_timestamp


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A folder of the shelf that holds no readable manifest; for the operator."""

    directory: Path
    reason: str


class Shelf:
    """
    Captures under ``<root>/captures/YYYY/MM/<id>/``.

    Args:
        root: The storage folder; made when the first capture is opened.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def open_draft(self, *, token: str, capture_id: str, url: str, software: str) -> Draft:
        """Start a capture; see :meth:`Draft.open`."""
        return Draft.open(self.root, token=token, capture_id=capture_id, url=url, software=software)

    def publish(self, draft: Draft, *, about: CaptureAbout) -> Published:
        """Put a draft on the shelf; see :func:`linkkeeper.archive.publish.publish`."""
        return publish(draft, about=about)

    def directories(self) -> Iterator[Path]:
        """Every published folder, oldest month first, then by id."""
        for month in sorted((self.root / CAPTURES).glob("[0-9][0-9][0-9][0-9]/[0-9][0-9]")):
            yield from sorted(path for path in month.iterdir() if path.is_dir())

    def manifests(self) -> Iterator[Manifest | Unreadable]:
        """
        Every capture's manifest: all that ``rebuild`` needs for its rows.

        A folder whose manifest can't be read comes as :class:`Unreadable`; it
        stands in the way of no other.
        """
        for directory in self.directories():
            try:
                yield read_manifest(directory)
            except FixityError as error:
                yield Unreadable(directory, error.reason)

    def directory(self, capture_id: str, *, moment: str | None = None) -> Path | None:
        """
        Find a capture's folder.

        Args:
            moment: Its 14-digit moment, if known; saves looking through the months.

        Returns:
            None when there is no such capture.
        """
        safe_name(capture_id, what="capture id")
        if moment is not None:
            direct = self.root / CAPTURES / moment[:4] / moment[4:6] / capture_id
            if direct.is_dir():
                return direct
        return next((path for path in (self.root / CAPTURES).glob(f"*/*/{capture_id}") if path.is_dir()), None)

    def require(self, capture_id: str, *, moment: str | None = None) -> Path:
        """
        Find a capture's folder that must be there.

        Raises:
            StorageError: there is none.
        """
        found = self.directory(capture_id, moment=moment)
        if found is None:
            raise StorageError("find the capture", subject=capture_id, reason="no such capture on this storage")
        return found

    def without_row(self, known: Collection[str]) -> Iterator[Published]:
        """
        Captures that stand here but have no row yet, to be adopted.

        Args:
            known: Ids of the captures that have one.
        """
        for directory in self.directories():
            if directory.name not in known:
                try:
                    yield adopted(directory, read_manifest(directory))
                except FixityError:
                    # Left by nothing that we do; `verify` names it, nobody may remove it.
                    continue

    def manifest(self, capture_id: str, *, moment: str | None = None) -> Manifest:
        """Raises StorageError (no such capture) or FixityError (unreadable)."""
        return read_manifest(self.require(capture_id, moment=moment))

    def text(self, capture_id: str, *, moment: str | None = None) -> str | None:
        """The readable text; None where the capture has none."""
        path = self.require(capture_id, moment=moment) / TEXT
        return path.read_text("utf-8", "replace") if path.is_file() else None

    def sketches(self, capture_id: str, *, moment: str | None = None) -> bytes | None:
        """``sketches.json`` as it stands; None where the capture has none."""
        path = self.require(capture_id, moment=moment) / SKETCHES
        return path.read_bytes() if path.is_file() else None

    def index(self, capture_id: str, *, moment: str | None = None) -> list[IndexLine]:
        """
        The capture's CDXJ, in order; offsets relative to the WARC.

        Raises:
            FixityError: the package can't be read.
        """
        path = self.require(capture_id, moment=moment) / WACZ
        try:
            text = read_member(path, INDEX_MEMBER).decode("utf-8")
            return [read_line(line) for line in text.splitlines() if line]
        except ValueError as error:
            raise FixityError("read the index", subject=str(path), reason=str(error)) from error

    def record(self, capture_id: str, *, offset: int, length: int, moment: str | None = None) -> tuple[bytes, bytes]:
        """
        Return WARC header and block of one record.

        Args:
            offset, length: As in the capture's index: relative to the WARC.

        Raises:
            FixityError: there is no sound record.
        """
        directory = self.require(capture_id, moment=moment)
        start = read_manifest(directory).warc.offset
        path = directory / WACZ
        try:
            with path.open("rb") as stream:
                return read_block(stream, offset=start + offset, length=length)
        except (OSError, ValueError) as error:
            raise FixityError("read a record", subject=str(path), reason=str(error)) from error

    def verify(self, capture_id: str, *, manifest_sha256: str | None = None) -> fixity.FixityReport:
        """Audit one capture; a missing folder is damage too. See :func:`linkkeeper.archive.fixity.verify`."""
        directory = self.directory(capture_id)
        if directory is None:
            return fixity.missing_capture(capture_id, self.root / CAPTURES / capture_id)
        return fixity.verify(directory, manifest_sha256=manifest_sha256)

    def sweep(self, *, keep: Collection[str] = ()) -> list[str]:
        """
        Remove drafts that a crash left under ``tmp/``, and nothing else.

        Drafts that live, in this process or another, are known by their lock.

        Args:
            keep: Further names to leave alone.

        Returns:
            Names of what was removed.

        Raises:
            StorageError: a leftover can't be removed.
        """
        tmp = self.root / TMP
        if not tmp.is_dir():
            return []
        with sweep_lock(self.root):
            leftovers = [path for path in sorted(tmp.iterdir()) if path.name not in keep]
            return [path.name for path in leftovers if _removed(path)]

    def free_bytes(self) -> int:
        """Free on the file system of the storage folder (or its nearest existing parent)."""
        place = self.root.absolute()
        while not place.exists():
            place = place.parent
        status = os.statvfs(place)
        return status.f_bavail * status.f_frsize

    def require_space(self, min_free_bytes: int) -> None:
        """
        Raises:
            StorageError: less than *min_free_bytes* is free.
        """
        free = self.free_bytes()
        if free < min_free_bytes:
            raise StorageError(
                "start a capture",
                subject=str(self.root),
                reason=f"{free:,} bytes are free, {min_free_bytes:,} must stay free",
                hint="make room, or lower [storage] min_free_bytes",
            )


def _removed(path: Path) -> bool:
    """Remove a leftover; False for a draft that lives."""
    try:
        if path.is_symlink() or not path.is_dir():
            path.unlink()
            return True
        with contextlib.closing(FolderLock(path)):
            shutil.rmtree(path)
    except BlockingIOError:
        return False
    except OSError as error:
        raise StorageError("sweep", subject=str(path), reason=str(error)) from error
    return True


def adopted(directory: Path, manifest: Manifest) -> Published:
    """Return a published capture as :func:`publish` returned it, read from its folder."""
    try:
        return Published(
            capture_id=manifest.capture_id,
            token=manifest.token,
            directory=directory,
            manifest_sha256=sha256_of_file(directory / MANIFEST),
            moment=manifest.moment,
            main_moment=from_iso(manifest.main.date) if manifest.main else from_timestamp(manifest.moment),
            files=manifest.files,
            total_bytes=manifest.total_bytes,
            main=manifest.main,
            manifest=manifest,
        )
    except (OSError, ValueError) as error:
        raise FixityError("adopt the capture", subject=str(directory), reason=str(error)) from error
