"""
Makes one capture in a process of its own and strikes it at a chosen file operation.

Run as a program: ``fault_child.py ROOT MODE NUMBER``. MODE is ``count`` (print
how many operations there are), ``kill`` (SIGKILL before the NUMBERth), ``error``
(input/output error at the NUMBERth) or ``size`` (no file larger than NUMBER).

Python's audit events see every open, rename, mkdir and remove; fsync and the
writes of the package are counted by wrapping, so that the code under test
needs no hook of its own.
"""

import os
import resource
import signal
import sys
import zipfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import archive_making
from linkkeeper.errors import StorageError

EVENTS = frozenset({"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.scandir", "os.listdir"})


class Striker:
    """Counts the operations under the root and strikes at one."""

    def __init__(self, root: str, mode: str, number: int) -> None:
        self.root = root
        self.mode = mode
        self.number = number
        self.count = 0
        self.armed = False

    def operation(self) -> None:
        if not self.armed:
            return
        self.count += 1
        if self.count != self.number:
            return
        if self.mode == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.mode == "error":
            raise OSError(5, "Input/output error")

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        named = arguments[0] if event in EVENTS and arguments else None
        if isinstance(named, str | os.PathLike) and os.fspath(named).startswith(self.root):
            self.operation()


def main() -> int:
    root, mode, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    striker = Striker(str(root), mode, number)
    sys.addaudithook(striker.audit)
    _count_syncs_and_writes(striker)
    if mode == "size":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (number, number))
    striker.armed = True
    try:
        done = archive_making.published(root)
    except StorageError as error:
        striker.armed = False
        print(f"refused: {error}", file=sys.stderr)
        return 3
    striker.armed = False
    print(striker.count)
    # What follows publishing: the row. Its stand-in is a file outside the storage.
    Path(f"{root}.row").write_text(done.manifest_sha256)
    return 0


def _count_syncs_and_writes(striker: Striker) -> None:
    real_sync, real_write = os.fsync, zipfile.ZipFile.writestr

    def fsync(descriptor: int) -> None:
        striker.operation()
        real_sync(descriptor)

    def writestr(self: zipfile.ZipFile, *arguments: Any, **named: Any) -> None:
        striker.operation()
        real_write(self, *arguments, **named)

    os.fsync = fsync
    zipfile.ZipFile.writestr = writestr  # type: ignore[method-assign]


if __name__ == "__main__":
    sys.exit(main())
