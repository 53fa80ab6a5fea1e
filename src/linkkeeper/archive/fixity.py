"""
Fixity: is every byte of a capture still what was published?

Each file is hashed against the manifest, the manifest against its digest file
and against the digest that the row repeats, and every record of the WARC
against its own digests, so that damage is named down to the record.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from linkkeeper.archive import wacz
from linkkeeper.archive.manifest import MANIFEST, MANIFEST_DIGEST, Manifest, digest_line, parse_manifest
from linkkeeper.archive.publish import WACZ
from linkkeeper.archive.records import CheckedRecord, check_records
from linkkeeper.vocabulary.digest import sha256_hex, sha256_of_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """
    One thing that is not what it was.

    Attributes:
        file: Its name in the capture's folder.
        problem: A sentence.
        offset: Of the damaged record in the WARC; None for a whole file.
        record_id, url: Of the record, as far as it can still be read.
    """

    file: str
    problem: str
    offset: int | None = None
    record_id: str = ""
    url: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FixityReport:
    """
    What one audit found.

    Attributes:
        files, records, read_bytes: Looked at.
        damages: Files first, then records in file order; empty when all is well.
    """

    capture_id: str
    directory: Path
    files: int
    records: int
    read_bytes: int
    damages: tuple[Damage, ...]

    @property
    def sound(self) -> bool:
        return not self.damages


def verify(directory: Path, *, manifest_sha256: str | None = None) -> FixityReport:
    """
    Audit one capture, byte by byte.

    Args:
        manifest_sha256: What the row says; None where there is no row.

    Raises:
        OSError: the folder or its manifest can't be read (any other file that can't is damage).
    """
    damages: list[Damage] = []
    manifest = _check_manifest(directory, damages, wanted=manifest_sha256)
    present = {path.name for path in directory.iterdir()} if directory.is_dir() else set()
    expected = set(manifest.files) if manifest else present - {MANIFEST, MANIFEST_DIGEST}
    for name in sorted(present - expected - {MANIFEST, MANIFEST_DIGEST}):
        damages.append(Damage(file=name, problem="is not of this capture"))
    read_bytes = sum(_check_file(directory / name, manifest, damages) for name in sorted(expected))
    records = _check_records(directory / WACZ, manifest, damages) if WACZ in expected & present else 0
    return FixityReport(
        capture_id=manifest.capture_id if manifest else directory.name,
        directory=directory,
        files=len(expected | (present & {MANIFEST, MANIFEST_DIGEST})),
        records=records,
        read_bytes=read_bytes,
        damages=tuple(damages),
    )


def missing_capture(capture_id: str, directory: Path) -> FixityReport:
    """The report of a capture that has a row and no folder any more."""
    damage = Damage(file=directory.name, problem="the capture's folder is missing")
    return FixityReport(capture_id=capture_id, directory=directory, files=0, records=0, read_bytes=0, damages=(damage,))


def verify_editions(folder: Path) -> tuple[int, tuple[Damage, ...]]:
    """
    Audit kept editions: each file's name is its SHA-256.

    Returns:
        How many there are, and what is wrong.
    """
    count, damages = 0, []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix == ".part":
            continue
        count += 1
        if sha256_of_file(path) != path.name:
            damages.append(Damage(file=path.name, problem="the edition's bytes are not those of its name"))
    return count, tuple(damages)


def _check_manifest(directory: Path, damages: list[Damage], *, wanted: str | None) -> Manifest | None:
    try:
        content = (directory / MANIFEST).read_bytes()
    except FileNotFoundError:
        damages.append(Damage(file=MANIFEST, problem="is missing"))
        return None
    actual = sha256_hex(content)
    if wanted is not None and actual != wanted:
        damages.append(Damage(file=MANIFEST, problem=f"has SHA-256 {actual}, the database says {wanted}"))
    digest = directory / MANIFEST_DIGEST
    line = digest.read_bytes() if digest.is_file() else None
    if line is None:
        damages.append(Damage(file=MANIFEST_DIGEST, problem="is missing"))
    elif line != digest_line(actual):
        # Where a row vouches for the manifest, it is the digest file that is wrong.
        file = MANIFEST_DIGEST if wanted == actual else f"{MANIFEST} or {MANIFEST_DIGEST}"
        damages.append(Damage(file=file, problem=f"doesn't match: {MANIFEST} has SHA-256 {actual}"))
    try:
        return parse_manifest(content)
    except ValueError as error:
        damages.append(Damage(file=MANIFEST, problem=str(error)))
        return None


def _check_file(path: Path, manifest: Manifest | None, damages: list[Damage]) -> int:
    if not path.is_file():
        damages.append(Damage(file=path.name, problem="is missing"))
        return 0
    kept = manifest.files[path.name] if manifest else None
    size = path.stat().st_size
    if kept is not None and size != kept.size:
        damages.append(Damage(file=path.name, problem=f"has {size} bytes, not {kept.size}"))
        return size
    try:
        actual = sha256_of_file(path)
    except OSError as error:
        # What a dying disk says of one bad sector: this file is lost, the others are still to be read.
        damages.append(_unreadable(path, error))
        return 0
    if kept is not None and actual != kept.sha256:
        damages.append(Damage(file=path.name, problem=f"has SHA-256 {actual}, not {kept.sha256}"))
    return size


def _check_records(path: Path, manifest: Manifest | None, damages: list[Damage]) -> int:
    """Check each record; where the zip's directory is damaged the manifest still knows the place."""
    place = _warc_place(path, manifest, damages)
    if place is None:
        return 0
    count = 0
    try:
        for record in _records(path, place):
            count += 1
            if record.problem:
                damages.append(_damage_of(path, record))
        problems = wacz.package_problems(path)
    except OSError as error:
        damages.append(_unreadable(path, error))
        return count
    if manifest is not None and count != manifest.warc.records:
        damages.append(Damage(file=path.name, problem=f"holds {count} records, not {manifest.warc.records}"))
    damages.extend(Damage(file=path.name, problem=problem) for problem in problems)
    return count


def _records(path: Path, place: wacz.Member) -> Iterator[CheckedRecord]:
    with path.open("rb") as stream:
        end = min(place.offset + place.length, path.stat().st_size)
        yield from check_records(stream, start=place.offset, end=end)


def _damage_of(path: Path, record: CheckedRecord) -> Damage:
    return Damage(
        file=path.name,
        problem=f"{record.name}: {record.problem}",
        offset=record.offset,
        record_id=record.record_id,
        url=record.url,
    )


def _unreadable(path: Path, error: OSError) -> Damage:
    return Damage(file=path.name, problem=f"can't be read: {error.strerror or error}")


def _warc_place(path: Path, manifest: Manifest | None, damages: list[Damage]) -> wacz.Member | None:
    if manifest is not None:
        return wacz.Member(manifest.warc.offset, manifest.warc.length)
    try:
        return wacz.stored_member(path, wacz.WARC_MEMBER)
    except ValueError as error:
        damages.append(Damage(file=path.name, problem=str(error)))
        return None
