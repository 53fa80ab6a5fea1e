"""
Publishing a capture: package, verify, sync, rename.

A published directory is whole or absent, whenever the machine stops: all is
built and proven under ``tmp/<token>/``, synced, and only then renamed to its
place, which is synced too. The row follows; a directory that has none yet is
found again (:meth:`linkkeeper.archive.shelf.Shelf.without_row`).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from linkkeeper.archive import cdxj, wacz
from linkkeeper.archive.draft import Draft
from linkkeeper.archive.manifest import (
    MANIFEST,
    MANIFEST_DIGEST,
    CaptureAbout,
    KeptFile,
    MainRecord,
    Manifest,
    WarcPlace,
    canonical_json,
    digest_line,
    parse_manifest,
)
from linkkeeper.archive.records import check_records
from linkkeeper.errors import StorageError
from linkkeeper.vocabulary.digest import sha256_hex, sha256_of_file
from linkkeeper.vocabulary.moment import from_iso, to_timestamp

CAPTURES = "captures"
WACZ = "capture.wacz"
TEXT = "text.txt"
SKETCHES = "sketches.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """
    A capture in its place, for its row.

    Attributes:
        manifest_sha256: Of ``manifest.json``; the row repeats it.
        moment: 14 digits of the main record's WARC-Date.
        main_moment: The same as an instant, with microseconds.
        files: All but the manifest and its digest.
    """

    capture_id: str
    token: str
    directory: Path
    manifest_sha256: str
    moment: str
    main_moment: datetime
    files: Mapping[str, KeptFile]
    total_bytes: int
    main: MainRecord | None
    manifest: Manifest


def publish(draft: Draft, *, about: CaptureAbout) -> Published:
    """
    Make a draft a capture; blocking, so call it in a thread.

    Raises:
        StorageError: it could not be written or proven. Nothing is published
            then, and the draft is left to :meth:`Draft.abandon` or the sweeper.
    """
    try:
        return _publish(draft, about)
    except (OSError, ValueError) as error:
        raise StorageError(
            "publish the capture", subject=f"{draft.capture_id} ({draft.url})", reason=str(error)
        ) from error


def _publish(draft: Draft, about: CaptureAbout) -> Published:
    draft.close()
    if draft.broken is not None:
        raise ValueError(f"its records are torn: {draft.broken}")
    main_moment = from_iso(draft.main.date) if draft.main else draft.opened_at
    _write_texts(draft.files, about)
    member = _package(draft, about, created=about.finished_at, main_moment=main_moment)
    _prove(draft, member)
    manifest = _manifest(draft, about, member=member, moment=to_timestamp(main_moment))
    content = manifest.as_bytes()
    # What can't be read back is no manifest: refuse it now rather than at rebuild.
    manifest = parse_manifest(content)
    sha256 = sha256_hex(content)
    (draft.files / MANIFEST).write_bytes(content)
    (draft.files / MANIFEST_DIGEST).write_bytes(digest_line(sha256))
    directory = _move_into_place(draft, manifest.moment)
    draft.remove()
    return Published(
        capture_id=draft.capture_id,
        token=draft.token,
        directory=directory,
        manifest_sha256=sha256,
        moment=manifest.moment,
        main_moment=main_moment,
        files=manifest.files,
        total_bytes=manifest.total_bytes,
        main=manifest.main,
        manifest=manifest,
    )


def _write_texts(folder: Path, about: CaptureAbout) -> None:
    if about.text is not None and not (folder / TEXT).exists():
        (folder / TEXT).write_bytes(about.text.encode("utf-8", "replace"))
    if about.sketches is not None:
        (folder / SKETCHES).write_bytes(canonical_json(about.sketches))


def _package(draft: Draft, about: CaptureAbout, *, created: datetime, main_moment: datetime) -> wacz.Member:
    text = draft.files / TEXT
    page = wacz.Page(
        url=draft.main_line.url if draft.main_line else draft.url,
        moment=main_moment,
        title=about.page.title or "",
        text=text.read_text("utf-8", "replace") if text.exists() else "",
    )
    return wacz.write_wacz(
        draft.files / WACZ,
        warc=draft.warc,
        index=cdxj.index_text(draft.lines),
        pages=[page] if draft.main_line else [],
        title=page.title or draft.url,
        software=draft.software,
        created=created,
        capture_id=draft.capture_id,
    )


def _prove(draft: Draft, member: wacz.Member) -> None:
    """
    Read the package back: every record in its place, with its digests, and no other.

    Raises:
        ValueError: something differs from what was written.
    """
    path = draft.files / WACZ
    with path.open("rb") as stream:
        found = list(check_records(stream, start=member.offset, end=member.offset + member.length))
    for record in found:
        if record.problem:
            raise ValueError(f"{record.name}: {record.problem}")
    wanted = [(item.offset, item.length, item.record_id, item.block_digest) for item in draft.records]
    if [(item.offset, item.length, item.record_id, item.block_digest) for item in found] != wanted:
        raise ValueError(f"the WARC holds {len(found)} records, {len(wanted)} were written")
    problems = wacz.package_problems(path)
    if wacz.listed_digest(path, wacz.WARC_MEMBER) != f"sha256:{draft.warc_sha256}":
        problems.append("the WARC is not what was written")
    if problems:
        raise ValueError("; ".join(problems))


def _manifest(draft: Draft, about: CaptureAbout, *, member: wacz.Member, moment: str) -> Manifest:
    files = {
        path.name: KeptFile(sha256=sha256_of_file(path), size=path.stat().st_size)
        for path in sorted(draft.files.iterdir())
    }
    main = draft.main
    return Manifest(
        capture_id=draft.capture_id,
        token=draft.token,
        moment=moment,
        software=draft.software,
        about=about,
        warc=WarcPlace(member=wacz.WARC_MEMBER, offset=member.offset, length=member.length, records=len(draft.records)),
        main=None
        if main is None
        else MainRecord(
            url=main.url or draft.url,
            date=main.date,
            record_id=main.record_id,
            offset=main.offset,
            length=main.length,
            payload_digest=f"sha256:{main.payload_digest}",
        ),
        exchanges=len(draft.lines),
        failures=tuple(draft.failures),
        files=files,
    )


def _move_into_place(draft: Draft, moment: str) -> Path:
    root = draft.folder.parent.parent
    parent = _make_folders(root, moment)
    directory = parent / draft.capture_id
    if directory.exists():
        # rename() would silently replace an empty folder of this name.
        raise ValueError(f"{directory} is there already")
    for path in draft.files.iterdir():
        sync(path)
    sync(draft.files)
    draft.files.rename(directory)
    sync(parent)
    return directory


def _make_folders(root: Path, moment: str) -> Path:
    """Make ``captures/YYYY/MM`` and sync each folder that got a new entry."""
    folder = root
    for name in (CAPTURES, moment[:4], moment[4:6]):
        parent, folder = folder, folder / name
        if not folder.is_dir():
            folder.mkdir(exist_ok=True)
            sync(parent)
    return folder


def sync(path: Path) -> None:
    """Bring a file or folder to the disk; an error means it may not be there."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
