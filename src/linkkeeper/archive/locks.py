"""Locks of drafts: a sweeper must never take one that lives, in whatever process."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import IO

TMP = "tmp"
LOCK = "lock"
SWEEP_LOCK = ".sweep"


def locked(path: Path) -> IO[bytes]:
    """
    Open a file and lock it; closing it, or the end of the process, unlocks.

    Raises:
        BlockingIOError: another process holds it.
    """
    stream = path.open("ab")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        stream.close()
        raise
    return stream


@contextlib.contextmanager
def sweep_lock(root: Path) -> Iterator[None]:
    """Hold off sweepers while a draft is begun, and new drafts while one sweeps."""
    with (root / TMP / SWEEP_LOCK).open("ab") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
