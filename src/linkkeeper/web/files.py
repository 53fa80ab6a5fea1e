"""
The files of captures, as the replay host gives them out.

Each is named by the capture's row, so no path of the request ever reaches the
file system. They never change, so browsers may keep them for ever; shared
caches may not keep them at all, because a capture can be withheld.
"""

from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

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

#: Chromium shows no PDF in a document with a sandbox directive.
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors {desk}"
PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors {desk}"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of a capture with the media type that its name and first bytes agree on."""

    path: Path
    media_type: str


def kept_file(storage: Path, capture: CaptureView, name: str) -> KeptFile | None:
    """Find *name* among the files of *capture*; None where the row or the disk has no such file."""
    if name not in capture.files:
        return None
    path = storage / capture.directory / name
    if not path.is_file():
        return None
    return KeptFile(path, _checked_type(path))


def _checked_type(path: Path) -> str:
    named = TYPES.get(path.suffix.lower(), OTHER_TYPE)
    if named != "application/pdf" and named not in MAGIC:
        return named
    with path.open("rb") as stream:
        head = stream.read(PDF_MAGIC_WITHIN)
    right = PDF_MAGIC in head if named == "application/pdf" else head.startswith(MAGIC[named])
    return named if right else OTHER_TYPE


def answer(request: Request, found: KeptFile, *, capture: CaptureView, desk: str) -> Response:
    """Give the file out, whole or in ranges, or 304 where the caller has it."""
    etag = f'"{capture.manifest_sha256[:32]}-{found.path.name}"'
    policy = PDF_POLICY if found.media_type == "application/pdf" else SANDBOX
    headers = {
        "etag": etag,
        "cache-control": "private, max-age=31536000, immutable",
        "content-security-policy": policy.format(desk=desk),
        "cross-origin-resource-policy": "cross-origin",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if found.media_type == OTHER_TYPE:
        headers["content-disposition"] = "attachment"
    elif found.path.suffix == ".wacz":
        headers["content-disposition"] = f'attachment; filename="{capture.id}.wacz"'
    return FileResponse(found.path, media_type=found.media_type, headers=headers)
