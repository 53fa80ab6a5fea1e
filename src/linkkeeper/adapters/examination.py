"""Examining this installation: browser, sandbox, fonts, storage, database, clock, network. Changes nothing."""

import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url

from linkkeeper.adapters.chromium import we_are_root
from linkkeeper.adapters.playwright_browser import BrowserOptions, PlaywrightPool
from linkkeeper.adapters.sqlmodel_engine import MIGRATIONS
from linkkeeper.captures.ports import SandboxMode
from linkkeeper.egress.gate import EgressGate
from linkkeeper.errors import BrowserError, EgressError
from linkkeeper.vocabulary.finding import Finding, Health
from linkkeeper.vocabulary.moment import to_iso

_LOCK_WAIT_S = 1.0
#: Clocks of two machines on one disk differ a little; more than this is trouble.
_CLOCK_TOLERANCE = timedelta(minutes=5)
#: Chromium's sandbox rests on user namespaces; containers and some kernels refuse them.
_NO_NAMESPACES = (
    "allow this account to make user namespaces (docker/seccomp.json shows how in a container),"
    ' or set [browser] sandbox = "off" if you trust every page'
)
_ROUTES = Path("/proc/net/route")
#: What most of the world's pages are written in, by a language that fontconfig knows.
_SCRIPTS = {
    "Latin": "en",
    "Greek": "el",
    "Cyrillic": "ru",
    "Arabic": "ar",
    "Hebrew": "he",
    "Devanagari": "hi",
    "Thai": "th",
    "Chinese": "zh-cn",
    "Japanese": "ja",
    "Korean": "ko",
}
_FONTS_TIMEOUT_S = 10


async def examine_browser(options: BrowserOptions) -> tuple[Finding, ...]:
    """Start the browser as ``up`` would; where that fails, as the one-off commands would."""
    try:
        return await _started(options)
    except BrowserError as error:
        refusal = error
    try:
        browser, _ = await _started(
            BrowserOptions(executable=options.executable, sandbox=options.sandbox, allow_unsandboxed=True)
        )
    except BrowserError as error:
        return (Finding(subject="browser", health=Health.TROUBLE, found=error.reason, advice=error.hint),)
    sandbox = Finding(
        subject="sandbox",
        health=Health.WARNING,
        found=f"none: {refusal.reason}; demo, archive, capture and check run without, up refuses",
        advice=refusal.hint if we_are_root() else _NO_NAMESPACES,
    )
    return browser, sandbox


async def _started(options: BrowserOptions) -> tuple[Finding, Finding]:
    async with PlaywrightPool(options) as pool, pool.lease() as running:
        executable = await pool.executable()
        browser = Finding(subject="browser", health=Health.GOOD, found=f"Chromium {running.version} at {executable}")
        words = {
            SandboxMode.ON: "on",
            SandboxMode.UNPRIVILEGED_USER: "on; we are root, the browser runs as an unprivileged user",
            SandboxMode.OFF: "off",
        }
        off = running.sandbox is SandboxMode.OFF
        sandbox = Finding(
            subject="sandbox",
            health=Health.WARNING if off else Health.GOOD,
            found=words[running.sandbox],
            advice="a hostile page that breaks Chromium reaches this account; set [browser] sandbox" if off else "",
        )
        return browser, sandbox


def examine_fonts(program: str = "fc-list") -> Finding:
    """Whether letters of the most common scripts can be drawn: pictures and PDFs show boxes for others."""
    try:
        without = [name for name, language in _SCRIPTS.items() if not _fonts_for(program, language)]
    except (OSError, subprocess.SubprocessError):
        return Finding(subject="fonts", health=Health.GOOD, found=f"not told: {program} does not run here")
    if without:
        return Finding(
            subject="fonts",
            health=Health.WARNING,
            found=f"none for {', '.join(without)}: pictures and PDFs of such pages show boxes",
            advice="install fonts (Debian: apt-get install fonts-noto-core fonts-noto-cjk)",
        )
    return Finding(subject="fonts", health=Health.GOOD, found=f"for {', '.join(_SCRIPTS)}")


def _fonts_for(program: str, language: str) -> bool:
    command = [program, f":lang={language}", "family"]
    return bool(subprocess.run(command, capture_output=True, timeout=_FONTS_TIMEOUT_S, check=True).stdout.strip())


def examine_storage(path: Path, *, min_free_bytes: int) -> Finding:
    """Whether *path* (or the folder that it will be made in) takes files, and how much is free."""
    place = next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=place) as probe:
            probe.write(b"linkkeeper")
    except OSError as error:
        return Finding(
            subject="storage",
            health=Health.TROUBLE,
            found=f"{place} can't be written: {error.strerror}",
            advice="give this account the right to write there, or set [storage] path",
        )
    free = shutil.disk_usage(place).free
    words = f"{path.absolute()}, {free / 1e9:.1f} GB free" + ("" if path.exists() else " (will be made)")
    if free < min_free_bytes:
        return Finding(
            subject="storage",
            health=Health.TROUBLE,
            found=words,
            advice=f"captures stop below {min_free_bytes / 1e9:.1f} GB: free some, or lower [storage] min_free_bytes",
        )
    return Finding(subject="storage", health=Health.GOOD, found=words)


def examine_database(url: str) -> Finding:
    """Whether the database is there, of this release or older, and free to be written."""
    path = Path(make_url(url).database or "")
    if not path.is_file():
        return Finding(subject="database", health=Health.GOOD, found=f"{path} (will be made)")
    try:
        with closing(sqlite3.connect(path, timeout=_LOCK_WAIT_S, isolation_level=None)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        return Finding(
            subject="database",
            health=Health.TROUBLE,
            found=f"{path}: {error}",
            advice="another process may hold it; if it is damaged, put back the newest file of backups/ and run"
            " linkkeeper rebuild",
        )
    return _revision_finding(path, row[0] if row else "none")


def _revision_finding(path: Path, revision: str) -> Finding:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    if revision == revisions[0]:
        return Finding(subject="database", health=Health.GOOD, found=f"{path}, of this release")
    if revision in revisions:
        words = f"{path}, of an older release (revision {revision})"
        advice = "it is upgraded at the next start, after a copy under backups/"
        return Finding(subject="database", health=Health.WARNING, found=words, advice=advice)
    return Finding(
        subject="database",
        health=Health.TROUBLE,
        found=f"{path} was written by a newer release (revision {revision})",
        advice="install that release or newer, or put back an older backup",
    )


def examine_clock(storage: Path, *, now: datetime) -> Finding:
    """Whether the machine's clock stands before the newest thing that was kept."""
    kept = [path.stat().st_mtime for path in storage.glob("captures/*/*") if path.is_dir()]
    newest = datetime.fromtimestamp(max(kept), UTC) if kept else now
    if now < newest - _CLOCK_TOLERANCE:
        return Finding(
            subject="clock",
            health=Health.TROUBLE,
            found=f"{to_iso(now)} is before the newest capture ({to_iso(newest)})",
            advice="set the machine's clock; dates of captures and looks rest on it",
        )
    return Finding(subject="clock", health=Health.GOOD, found=f"{to_iso(now)}")


async def examine_network(gate: EgressGate, canaries: Sequence[str], *, proxied: bool) -> tuple[Finding, ...]:
    """Whether there is a way out, and whether each canary can be connected to through the gate."""
    findings = [] if proxied else [_route()]
    if not canaries:
        findings.append(
            Finding(
                subject="network",
                health=Health.WARNING,
                found="no canaries: an outage of our own is told by the default route and by statistics only",
                advice="name a few addresses that are always up in [network] canaries",
            )
        )
    findings += [await _canary(gate, url) for url in canaries]
    return tuple(findings)


def _route() -> Finding:
    try:
        lines = _ROUTES.read_text("ascii").splitlines()[1:]
    except OSError:
        return Finding(subject="network", health=Health.WARNING, found="routes can't be read on this system")
    if any(line.split()[1] == "00000000" for line in lines):
        return Finding(subject="network", health=Health.GOOD, found="there is a default route")
    return Finding(
        subject="network",
        health=Health.WARNING,
        found="there is no default route",
        advice="without one only this machine and its neighbours are reached; every look would be void",
    )


async def _canary(gate: EgressGate, url: str) -> Finding:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        opened = await gate.connect(parts.hostname or "", port, tls=parts.scheme == "https")
    except EgressError as error:
        advice = error.hint or "check name resolution, firewall and [network] proxy"
        return Finding(subject="network", health=Health.TROUBLE, found=f"{url}: {error.reason}", advice=advice)
    opened.socket.close()
    return Finding(subject="network", health=Health.GOOD, found=f"{url} answers at {opened.address}")
