"""The front-end files: pinned, checked, fetched only when they are missing, and never needed."""

import base64
import hashlib
import importlib.util
import json
import tarfile
from functools import cache
from io import BytesIO
from pathlib import Path
from types import ModuleType

import pytest

from linkkeeper.web import rendering

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "src" / "linkkeeper" / "web" / "vendor"


@pytest.fixture
def hook() -> ModuleType:
    pytest.importorskip("hatchling", reason="the build tools are not installed here")
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def archive(content: bytes) -> bytes:
    """Made once per content: gzip writes the time into its head."""
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as bundle:
        for name in ("dist/a.js", "LICENSE"):
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content)
            bundle.addfile(info, BytesIO(content))
    return out.getvalue()


def pinned(folder: Path, packed: bytes) -> None:
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(packed).digest()).decode()
    package = {"folder": "a", "license": "MIT", "integrity": integrity, "files": ["dist/a.js", "LICENSE"]}
    manifest = {"dependencies": {"a": "1.0.0"}, "fetched": {"a": package}}
    (folder / "package.json").write_text(json.dumps(manifest))


def test_files_are_fetched_once_and_again_only_when_they_are_missing(
    hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []

    def pack(name: str, version: str, folder: Path) -> Path:
        fetched.append(f"{name}@{version}")
        (folder / "a.tgz").write_bytes(archive(b"code"))
        return folder / "a.tgz"

    monkeypatch.setattr(hook, "_pack", pack)
    pinned(tmp_path, archive(b"code"))
    hook.fetch_missing(tmp_path)
    hook.fetch_missing(tmp_path)
    assert fetched == ["a@1.0.0"] and (tmp_path / "a" / "a.js").read_bytes() == b"code"
    (tmp_path / "a" / "a.js").unlink()
    hook.fetch_missing(tmp_path)
    assert len(fetched) == 2


def test_an_archive_with_another_hash_is_refused(
    hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pack(name: str, version: str, folder: Path) -> Path:
        (folder / "a.tgz").write_bytes(archive(b"evil"))
        return folder / "a.tgz"

    monkeypatch.setattr(hook, "_pack", pack)
    pinned(tmp_path, archive(b"code"))
    with pytest.raises(RuntimeError, match="pinned"):
        hook.fetch_missing(tmp_path)
    assert not (tmp_path / "a").exists()


def test_the_manifest_pins_exact_versions_and_names_no_address() -> None:
    text = (VENDOR / "package.json").read_text("utf-8")
    manifest = json.loads(text)
    assert set(manifest["dependencies"]) == set(manifest["fetched"])
    assert all(version.replace(".", "").isdigit() for version in manifest["dependencies"].values())
    assert all(one["integrity"].startswith("sha512-") and one["license"] for one in manifest["fetched"].values())
    assert "://" not in text


def test_pages_stand_without_any_of_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(rendering, "VENDOR", tmp_path)
    assert rendering.vendored("pico", "pico.min.css") == ""
    assert rendering.asset("linkkeeper.css").startswith("/static/linkkeeper.css?")
