"""Finding Chromium, and starting it as somebody without rights where we are root."""

import os
import pwd
import re
import shlex
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from linkkeeper.errors import BrowserError

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_NOBODY = "nobody"
_VERSION_TIMEOUT_S = 20.0
_USER_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Safari/537.36"
)
_MEMORY_OF_A_PAGE = os.sysconf("SC_PAGE_SIZE")
#: Chromium needs a home that it may write to; its profile folder serves.
_WRAPPER = """#!/bin/sh
# Started by root: gives the profile to an unprivileged user and becomes that user.
for argument in "$@"; do
  case "$argument" in
    --user-data-dir=*)
      HOME="${{argument#*=}}"
      chown -R {uid}:{gid} "$HOME"
      ;;
  esac
done
XDG_CONFIG_HOME="$HOME/.config"
XDG_CACHE_HOME="$HOME/.cache"
export HOME XDG_CONFIG_HOME XDG_CACHE_HOME
exec {setpriv} --reuid {uid} --regid {gid} --clear-groups --no-new-privs -- {executable} "$@"
"""


def find_browser(setting: str, *, playwrights_own: Path | None = None) -> Path:
    """
    Find Chrome or Chromium.

    Args:
        setting: ``[browser] executable``; empty means search.
        playwrights_own: Where Playwright would have put its own download.

    Returns:
        The setting, Playwright's own, or the first on PATH.

    Raises:
        BrowserError: none is there, or the setting names no program.
    """
    if setting:
        chosen = Path(setting)
        if chosen.is_file() and os.access(chosen, os.X_OK):
            return chosen
        raise BrowserError(
            "start the browser", subject=setting, reason="not a program", hint="check [browser] executable"
        )
    if playwrights_own is not None and playwrights_own.is_file():
        return playwrights_own
    for name in _NAMES:
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    raise BrowserError(
        "start the browser",
        subject="Chromium",
        reason="not found",
        hint="install Chromium or Chrome, or set [browser] executable",
    )


@lru_cache
def user_agent(executable: Path) -> tuple[str, ...]:
    """
    The argument that makes a headless browser name itself as its windowed twin does.

    Sites send ``HeadlessChrome`` away that show the same page to ``Chrome``. Empty
    if the browser does not tell its version.
    """
    try:
        said = subprocess.run(  # our own search found this program
            [executable, "--version"], capture_output=True, timeout=_VERSION_TIMEOUT_S, check=True, text=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    found = re.search(r"\b(\d{2,4})\.\d+\.\d+", said)
    return (f"--user-agent={_USER_AGENT.format(major=found[1])}",) if found is not None else ()


def we_are_root() -> bool:
    return os.geteuid() == 0


@dataclass(frozen=True, slots=True)
class UnprivilegedUser:
    uid: int
    gid: int
    setpriv: str


def unprivileged_user() -> UnprivilegedUser | None:
    """Whom a browser started by root can become; None where this machine offers nobody."""
    setpriv = shutil.which("setpriv")
    try:
        nobody = pwd.getpwnam(_NOBODY)
    except KeyError:
        return None
    return UnprivilegedUser(nobody.pw_uid, nobody.pw_gid, setpriv) if setpriv is not None else None


def write_wrapper(folder: Path, executable: Path, user: UnprivilegedUser) -> Path:
    """Write the program that Playwright starts in the browser's place."""
    path = folder / "chromium-unprivileged"
    text = _WRAPPER.format(uid=user.uid, gid=user.gid, setpriv=user.setpriv, executable=executable)
    path.write_text(text, "utf-8")
    path.chmod(0o755)
    folder.chmod(0o755)
    return path


def write_session_wrapper(folder: Path, program: str) -> Path | None:
    """Write a program that starts *program* in a session of its own; None where the system can't."""
    setsid = shutil.which("setsid")
    if setsid is None or not Path(program).is_file():
        return None
    path = folder / "apart"
    path.write_text(f'#!/bin/sh\nexec {shlex.quote(setsid)} {shlex.quote(program)} "$@"\n', "utf-8")
    path.chmod(0o755)
    return path if os.access(path, os.X_OK) else None


def memory_of(marker: str) -> int:
    """
    Memory of a browser in bytes, all its processes together.

    Args:
        marker: Argument on the browser's command line that no other process has.

    Returns:
        Shared pages counted once (proportional set size); 0 where /proc is missing.
    """
    return sum(_proportional_size(Path("/proc") / str(pid)) for pid in processes_of(marker))


def processes_of(marker: str) -> list[int]:
    """Process ids of the browser with *marker*, its main process first."""
    roots = [folder.name for folder in Path("/proc").glob("[0-9]*") if _has_argument(folder, marker)]
    return [int(pid) for pid in _with_children(roots)]


def _has_argument(process: Path, argument: str) -> bool:
    try:
        return argument.encode("ascii") in (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        # A process that ended while we looked.
        return False


def _with_children(pids: list[str]) -> list[str]:
    found: list[str] = []
    waiting = list(pids)
    while waiting:
        pid = waiting.pop()
        if pid in found:
            continue
        found.append(pid)
        with suppress(OSError):
            for listing in Path(f"/proc/{pid}/task").glob("*/children"):
                waiting += listing.read_text("ascii").split()
    return found


def _proportional_size(process: Path) -> int:
    try:
        for line in (process / "smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except PermissionError:
        resident = (process / "statm").read_text("ascii").split()[1]
        return int(resident) * _MEMORY_OF_A_PAGE
    except OSError:
        return 0
    return 0
