"""
Locks of drafts: a sweeper must never take one that lives, in whatever process.

A folder is locked itself, so that no lock file is left behind; the end of the
process unlocks it, however it ends.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

TMP = "tmp"


class FolderLock:
    """
    A lock on a folder, held until :meth:`close`.

    Args:
        wait: Wait until another holder lets go.

    Raises:
        BlockingIOError: another holds it, and *wait* is False.
        OSError: there is no such folder.
    """

    def __init__(self, folder: Path, *, wait: bool = False) -> None:
        self._descriptor: int | None = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Let go; safe to call twice."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


@contextlib.contextmanager
def sweep_lock(root: Path) -> Iterator[None]:
    """Hold off sweepers while a draft is begun, and new drafts while one sweeps."""
    with contextlib.closing(FolderLock(root / TMP, wait=True)):
        yield
