"""
WACZ 1.1.1: the zip around a capture's WARC, its index and its page list.

The WARC is a *stored* member: readers fetch records by byte range, and each
record has an absolute offset in the WACZ, so one copy serves them all.

Source: "Web Archive Collection Zipped (WACZ)" 1.1.1, Webrecorder.
"""

import hashlib
import json
import lzma
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from linkkeeper.vocabulary.digest import sha256_hex
from linkkeeper.vocabulary.moment import to_iso, utc

WACZ_VERSION = "1.1.1"
WARC_MEMBER = "archive/data.warc.gz"
INDEX_MEMBER = "indexes/index.cdx"
PAGES_MEMBER = "pages/pages.jsonl"
DATAPACKAGE = "datapackage.json"
DATAPACKAGE_DIGEST = "datapackage-digest.json"

_COPY_BYTES = 1 << 20
_LOCAL_HEADER_BYTES = 30
#: What zipfile raises on bytes that are no sound zip: RuntimeError for a flipped
#: "encrypted" bit, NotImplementedError for an unknown method, struct.error for odd fields.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    lzma.LZMAError,
    EOFError,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    OSError,
    NotImplementedError,
    RuntimeError,
    RecursionError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An entry of the page list: what a reader starts from."""

    url: str
    moment: datetime
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Member:
    """A stored member's place in the WACZ file."""

    offset: int
    length: int


def write_wacz(
    path: Path,
    *,
    warc: Path,
    index: str,
    pages: Iterable[Page],
    title: str,
    software: str,
    created: datetime,
    capture_id: str,
) -> Member:
    """
    Write a WACZ around one WARC.

    Returns:
        Where the WARC stands in it.

    Raises:
        OSError: *path* is there already or can't be written.
    """
    listed = list(pages)
    resources: list[dict[str, Any]] = []
    with path.open("xb") as out, zipfile.ZipFile(out, "w", allowZip64=True) as package:
        resources.append(_copy(package, WARC_MEMBER, source=warc, moment=created))
        for name, content in ((INDEX_MEMBER, index), (PAGES_MEMBER, _pages_text(listed, capture_id))):
            data = content.encode("utf-8", "backslashreplace")
            resources.append(_put(package, name, data, moment=created, packed=True))
        package_json = _datapackage(resources, title=title, software=software, created=created, pages=listed)
        _put(package, DATAPACKAGE, package_json, moment=created)
        proof = json.dumps({"path": DATAPACKAGE, "hash": f"sha256:{sha256_hex(package_json)}"})
        _put(package, DATAPACKAGE_DIGEST, proof.encode("ascii"), moment=created)
    return stored_member(path, WARC_MEMBER)


def stored_member(path: Path, name: str) -> Member:
    """
    Find a stored member.

    Raises:
        ValueError: no zip, no such member, or it is compressed.
    """
    try:
        with zipfile.ZipFile(path) as package:
            info = package.getinfo(name)
    except _DAMAGE as error:
        raise ValueError(f"{path.name}: {error}") from error
    if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{path.name}: {name} is compressed; it must be stored")
    with path.open("rb") as stream:
        stream.seek(info.header_offset)
        header = stream.read(_LOCAL_HEADER_BYTES)
    if len(header) < _LOCAL_HEADER_BYTES or not header.startswith(b"PK\x03\x04"):
        raise ValueError(f"{path.name}: {name} has no local header")
    # The local header's own extra field may differ from the directory's.
    names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    return Member(info.header_offset + _LOCAL_HEADER_BYTES + names, info.file_size)


def read_member(path: Path, name: str) -> bytes:
    """
    Return a member's bytes, unpacked.

    Raises:
        ValueError: no sound zip, or no such member.
    """
    try:
        with zipfile.ZipFile(path) as package:
            return package.read(name)
    except _DAMAGE as error:
        raise ValueError(f"{path.name}: {name}: {error}") from error


def listed_digest(path: Path, name: str) -> str:
    """Return the digest that ``datapackage.json`` gives for a member; empty if none."""
    resources = json.loads(read_member(path, DATAPACKAGE))["resources"]
    return next((str(resource["hash"]) for resource in resources if resource["path"] == name), "")


def package_problems(path: Path) -> list[str]:
    """Check a WACZ's members against its datapackage; one sentence a problem."""
    try:
        with zipfile.ZipFile(path) as package:
            return _package_problems(package)
    except _DAMAGE as error:
        return [f"{path.name} is damaged: {error}"]


def _package_problems(package: zipfile.ZipFile) -> list[str]:
    problems = []
    described = package.read(DATAPACKAGE)
    if json.loads(package.read(DATAPACKAGE_DIGEST))["hash"] != f"sha256:{sha256_hex(described)}":
        problems.append(f"{DATAPACKAGE} is not what its digest says")
    listed = {resource["path"]: resource for resource in json.loads(described)["resources"]}
    present = set(package.namelist()) - {DATAPACKAGE, DATAPACKAGE_DIGEST}
    problems += [f"{name} is not listed" for name in sorted(present - listed.keys())]
    problems += [f"{name} is missing" for name in sorted(listed.keys() - present)]
    for name in sorted(present & listed.keys()):
        digest = hashlib.sha256()
        try:
            with package.open(name) as stream:
                while piece := stream.read(_COPY_BYTES):
                    digest.update(piece)
        except _DAMAGE as error:
            problems.append(f"{name}: {error}")
            continue
        if listed[name]["hash"] != f"sha256:{digest.hexdigest()}":
            problems.append(f"{name} is not what {DATAPACKAGE} says")
    return problems


def _info(name: str, moment: datetime, *, packed: bool = False) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date_time=utc(moment).timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    info.external_attr = 0o644 << 16
    return info


def _copy(package: zipfile.ZipFile, name: str, *, source: Path, moment: datetime) -> dict[str, Any]:
    digest = hashlib.sha256()
    info = _info(name, moment)
    info.file_size = source.stat().st_size
    with source.open("rb") as data, package.open(info, "w") as member:
        while piece := data.read(_COPY_BYTES):
            digest.update(piece)
            member.write(piece)
    return _resource(name, digest.hexdigest(), info.file_size)


def _put(package: zipfile.ZipFile, name: str, data: bytes, *, moment: datetime, packed: bool = False) -> dict[str, Any]:
    package.writestr(_info(name, moment, packed=packed), data)
    return _resource(name, sha256_hex(data), len(data))


def _resource(name: str, digest: str, size: int) -> dict[str, Any]:
    return {"name": name.rpartition("/")[2], "path": name, "hash": f"sha256:{digest}", "bytes": size}


def _pages_text(pages: list[Page], capture_id: str) -> str:
    head = {"format": "json-pages-1.0", "id": "pages", "title": "All Pages", "hasText": True}
    rows = [
        {
            "id": f"{capture_id}-{number}" if number else capture_id,
            "url": page.url,
            "ts": to_iso(page.moment),
            "title": page.title or page.url,
            "text": page.text,
        }
        for number, page in enumerate(pages)
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in [head, *rows])


def _datapackage(
    resources: list[dict[str, Any]], *, title: str, software: str, created: datetime, pages: list[Page]
) -> bytes:
    content: dict[str, Any] = {
        "profile": "data-package",
        "wacz_version": WACZ_VERSION,
        "title": title,
        "software": software,
        "created": to_iso(created),
        "resources": resources,
    }
    if pages:
        content |= {"mainPageUrl": pages[0].url, "mainPageDate": to_iso(pages[0].moment)}
    return json.dumps(content, indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace")


def cut_out_warc(wacz: Path, target: Path) -> None:
    """
    Write the WARC of *wacz* as a file of its own.

    Raises:
        ValueError: *wacz* holds no stored WARC.
        OSError: *target* is there already or can't be written.
    """
    member = stored_member(wacz, WARC_MEMBER)
    with wacz.open("rb") as source, target.open("xb") as out:
        source.seek(member.offset)
        remaining = member.length
        while remaining and (piece := source.read(min(_COPY_BYTES, remaining))):
            out.write(piece)
            remaining -= len(piece)
    shutil.copystat(wacz, target)
