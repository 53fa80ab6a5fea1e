"""
The files of captures, as the replay host gives them out.

Each is named by the capture's row, so no path of the request ever reaches the
file system. They never change, so browsers may keep them for ever; shared
caches may not keep them at all, because a capture can be withheld.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from linkkeeper.vocabulary.views import CaptureView

OTHER_TYPE = "application/octet-stream"
TYPES = {
    ".wacz": "application/wacz",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".sha256": "text/plain; charset=utf-8",
}

#: First bytes that a type must have to be given out as such; PDF readers look at the first kilobyte.
PDF_MAGIC = b"%PDF-"
PDF_MAGIC_WITHIN = 1024
MAGIC = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/webp": b"RIFF",
    "application/wacz": b"PK",
}

SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors {desk}"
#: Chromium shows no PDF in a document with a sandbox directive.
PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors {desk}"
CHUNK_BYTES = 262_144


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file of a capture: its media type is what its name and first bytes agree on."""

    path: Path
    media_type: str
    size: int
    tag: str
    download: str

    def headers(self, *, desk: str) -> dict[str, str]:
        """What every answer about it carries."""
        policy = PDF_POLICY if self.media_type == "application/pdf" else SANDBOX
        headers = {
            "etag": self.tag,
            "accept-ranges": "bytes",
            "cache-control": "private, max-age=31536000, immutable",
            "content-security-policy": policy.format(desk=desk),
            "cross-origin-resource-policy": "cross-origin",
        }
        return headers | ({"content-disposition": self.download} if self.download else {})

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes from *start* to before *end*, in pieces."""
        handle = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            while start < end and (data := os.pread(handle, min(CHUNK_BYTES, end - start), start)):
                start += len(data)
                yield data
        finally:
            os.close(handle)


def kept_file(storage: Path, capture: CaptureView, name: str) -> KeptFile | None:
    """Find *name* among the files of *capture*; None where the row or the disk has no such file."""
    if name not in capture.files:
        return None
    path = storage / capture.directory / name
    if not path.is_file():
        return None
    media_type = _checked_type(path)
    download = "attachment" if media_type == OTHER_TYPE else ""
    return KeptFile(
        path=path,
        media_type=media_type,
        size=path.stat().st_size,
        tag=f'"{capture.manifest_sha256[:32]}-{name}"',
        download=f'attachment; filename="{capture.id}.wacz"' if path.suffix == ".wacz" else download,
    )


def _checked_type(path: Path) -> str:
    named = TYPES.get(path.suffix.lower(), OTHER_TYPE)
    if named != "application/pdf" and named not in MAGIC:
        return named
    with path.open("rb") as stream:
        head = stream.read(PDF_MAGIC_WITHIN)
    right = PDF_MAGIC in head if named == "application/pdf" else head.startswith(MAGIC[named])
    return named if right else OTHER_TYPE


def read_range(header: str, size: int) -> tuple[int, int] | None:
    """
    Read a ``Range`` header.

    Returns:
        Start and end (not included) of the one range that is asked for; None
        where the whole is to be sent: no range, several, or none that is
        understood (RFC 9110 section 14.2 allows that).

    Raises:
        ValueError: the range lies outside of the file.
    """
    unit, _, text = header.partition("=")
    first, dash, last = text.partition("-")
    if unit.strip().lower() != "bytes" or not dash or not (first + last).isdecimal():
        return None
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last) + 1, size) if first and last else size
    if first and last and int(last) < start:
        return None
    if start >= size or (not first and not int(last)):
        raise ValueError(f"{header!r} lies outside of {size} bytes")
    return start, end
