"""
Which process a lease belongs to, so that a restart need not wait for the leases of one that was killed.

Linux only, through /proc; elsewhere nothing is ever said to be dead and
leases run out by themselves.
"""

import os
import secrets
from pathlib import Path

_PROC = Path("/proc")
_PARTS = 4


def worker_token() -> str:
    """A token of this process: machine boot and process namespace, id, start time, and chance."""
    return "-".join([*_identity(os.getpid()), secrets.token_hex(6)])


def is_dead(token: str) -> bool:
    """
    Tell whether the process that made *token* has certainly ended.

    Returns:
        False whenever it can't be told: another machine, another container,
        a token of another form.
    """
    parts = token.split("-")
    if len(parts) <= _PARTS or not parts[2].isdigit():
        return False
    here = _identity(os.getpid())
    if here[:2] != parts[:2] or "0" in here[:2]:
        return False
    return _identity(int(parts[2]))[3] != parts[3]


def _identity(pid: int) -> list[str]:
    """Boot, process namespace, pid, start time in clock ticks since boot; "0" for what can't be read."""
    return [_boot(), _namespace(), str(pid), _started(pid)]


def _boot() -> str:
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip().replace("-", "")[:12]
    except OSError:
        return "0"


def _namespace() -> str:
    try:
        return str((_PROC / "self/ns/pid").stat().st_ino)
    except OSError:
        return "0"


def _started(pid: int) -> str:
    try:
        # The command's name stands in brackets and may hold spaces: count from the last one.
        fields = (_PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return "0" if fields[0] in ("Z", "X") else fields[19]
    except (OSError, IndexError):
        return "0"
