"""A body as it passes: in memory while small, in a file when large."""

from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from linkkeeper.vocabulary.capture import Body

#: Bodies up to this size stay in memory.
MEMORY_BYTES = 1 << 19


class Spool:
    """
    Collects the bytes of one body.

    Writing goes to the page cache in small pieces, which is quick enough for
    the event loop; the sink syncs.
    """

    __slots__ = ("_file", "_folder", "_parts", "_path", "length")

    def __init__(self, folder: Path) -> None:
        self.length = 0
        self._folder = folder
        self._parts: list[bytes] = []
        self._file: BinaryIO | None = None
        self._path: Path | None = None

    def add(self, data: bytes) -> None:
        self.length += len(data)
        if self._file is not None:
            self._file.write(data)
            return
        self._parts.append(data)
        if self.length > MEMORY_BYTES:
            self._spill()

    def _spill(self) -> None:
        self._path = self._folder / f"body-{uuid4().hex}"
        self._file = self._path.open("wb")
        self._file.writelines(self._parts)
        self._parts.clear()

    def body(self) -> Body:
        """The collected bytes; nothing may be added afterwards."""
        if self._file is None:
            return Body(self.length, data=b"".join(self._parts))
        self._file.close()
        return Body(self.length, path=self._path)

    def discard(self) -> None:
        self._parts.clear()
        if self._file is not None and self._path is not None:
            self._file.close()
            self._path.unlink(missing_ok=True)


def discard(body: Body) -> None:
    """Remove the file of a body that nobody takes."""
    if body.path is not None:
        body.path.unlink(missing_ok=True)


def content(body: Body) -> bytes:
    """All bytes of *body*."""
    if body.data is not None:
        return body.data
    return body.path.read_bytes() if body.path is not None else b""
