"""
Taking captures elsewhere: as WACZ, as bare WARC, or as a BagIt bag.

Each export is built beside its target and renamed, so a target is whole or
absent; each capture is proven first, so that damage never travels.
"""

import contextlib
import secrets
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from linkkeeper.archive import fixity, wacz
from linkkeeper.archive.manifest import MANIFEST, MANIFEST_DIGEST, Manifest, read_manifest
from linkkeeper.archive.publish import WACZ
from linkkeeper.errors import FixityError, InputError, StorageError
from linkkeeper.vocabulary.digest import sha256_hex, sha256_of_file
from linkkeeper.vocabulary.moment import to_iso

_BAG_DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


class ExportFormat(StrEnum):
    WACZ = "wacz"
    WARC = "warc"
    BAGIT = "bagit"


def export(directory: Path, *, target: Path, kind: ExportFormat) -> Path:
    """
    Write a capture into the folder *target*.

    Returns:
        ``<id>.wacz``, ``<id>.warc.gz`` or the folder ``<id>``.

    Raises:
        FixityError: the capture is damaged.
        InputError: something stands there already.
        StorageError: *target* can't be written.
    """
    report = fixity.verify(directory)
    if not report.sound:
        raise FixityError("export the capture", subject=report.capture_id, reason=str(report.damages[0]))
    manifest = read_manifest(directory)
    makers: dict[ExportFormat, tuple[str, Callable[[Path], object]]] = {
        ExportFormat.WACZ: (".wacz", lambda part: shutil.copyfile(directory / WACZ, part)),
        ExportFormat.WARC: (".warc.gz", lambda part: wacz.cut_out_warc(directory / WACZ, part)),
        ExportFormat.BAGIT: ("", lambda part: _write_bag(directory, manifest, part)),
    }
    ending, make = makers[kind]
    return _put(target / f"{manifest.capture_id}{ending}", make)


def _put(path: Path, make: Callable[[Path], object]) -> Path:
    if path.exists():
        raise InputError("export the capture", subject=str(path), reason="it is there already")
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        make(part)
        part.rename(path)
    except (OSError, ValueError) as error:
        _forget(part)
        raise StorageError("export the capture", subject=str(path), reason=str(error)) from error
    return path


def _forget(part: Path) -> None:
    shutil.rmtree(part, ignore_errors=True)
    with contextlib.suppress(OSError):
        part.unlink(missing_ok=True)


def _write_bag(directory: Path, manifest: Manifest, bag: Path) -> None:
    """Write a bag (RFC 8493): payload under ``data/``, SHA-256 of payload and tag files."""
    names = sorted([*manifest.files, MANIFEST, MANIFEST_DIGEST])
    (bag / "data").mkdir(parents=True)
    lines = []
    for name in names:
        shutil.copyfile(directory / name, bag / "data" / name)
        lines.append(f"{sha256_of_file(bag / 'data' / name)}  data/{name}\n")
    tags = {
        "bagit.txt": _BAG_DECLARATION,
        "bag-info.txt": _bag_info(manifest, [bag / "data" / name for name in names]),
        "manifest-sha256.txt": "".join(lines),
    }
    for name, content in tags.items():
        (bag / name).write_text(content, "utf-8")
    tag_lines = [f"{sha256_hex(content.encode('utf-8'))}  {name}\n" for name, content in sorted(tags.items())]
    (bag / "tagmanifest-sha256.txt").write_text("".join(tag_lines), "utf-8")


def _bag_info(manifest: Manifest, payload: list[Path]) -> str:
    size = sum(path.stat().st_size for path in payload)
    fields = {
        "External-Identifier": manifest.capture_id,
        "External-Description": f"Capture of {manifest.about.url}, {manifest.moment}",
        "Bagging-Date": to_iso(datetime.now(UTC))[:10],
        "Bag-Software-Agent": manifest.software,
        "Payload-Oxum": f"{size}.{len(payload)}",
    }
    return "".join(f"{name}: {_one_line(value)}\n" for name, value in fields.items())


def _one_line(text: str) -> str:
    return " ".join(text.split())
