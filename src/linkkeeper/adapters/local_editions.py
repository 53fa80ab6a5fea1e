"""Editions in a local folder, one file per SHA-256, written once."""

import os
import secrets
from pathlib import Path

from linkkeeper.errors import FixityError, StorageError
from linkkeeper.vocabulary.digest import sha256_hex
from linkkeeper.vocabulary.edition import Edition


class LocalEditions:
    """Satisfies :class:`linkkeeper.pipeline.ports.EditionShelf`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, edition: Edition) -> None:
        """Write the bytes, synced, under their digest; nothing if they are there."""
        target = self._folder / edition.sha256
        if target.exists():
            return
        part = self._folder / f"{edition.sha256}.{secrets.token_hex(4)}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as stream:
                stream.write(edition.data)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(target)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise StorageError(
                "keep the edition",
                subject=str(target),
                reason=error.strerror or str(error),
                hint="make room or check who owns the storage folder",
            ) from error

    def get(self, sha256: str) -> bytes:
        """
        The bytes of an edition.

        Raises:
            StorageError: it is not there.
            FixityError: its bytes are not what its name says.
        """
        path = self._folder / sha256
        try:
            data = path.read_bytes()
        except OSError as error:
            raise StorageError("read the edition", subject=str(path), reason=error.strerror or str(error)) from error
        if sha256_hex(data) != sha256:
            raise FixityError("read the edition", subject=str(path), reason="its bytes have changed")
        return data
