"""
An editor's own file as a capture: PDF, HTML page, picture, WARC or WACZ.

A single file becomes a WARC ``resource`` record under the URL that it stands
for. Records of a WARC or WACZ are taken over as they are, header and block,
each proven first. The manifest says who uploaded what; nothing of it claims
that linkkeeper visited the source.
"""

import gzip
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO

from linkkeeper.archive import cdxj
from linkkeeper.archive.draft import Draft
from linkkeeper.archive.foreign import read_foreign
from linkkeeper.archive.manifest import CaptureAbout
from linkkeeper.archive.message import ChunkedDecoder, header_value, is_chunked
from linkkeeper.archive.publish import Published, publish
from linkkeeper.archive.takeover import Takeover
from linkkeeper.egress.decoding import DecodingFailed, decoder_for
from linkkeeper.errors import InputError, LinkkeeperError
from linkkeeper.pages.text import Page, read_page
from linkkeeper.vocabulary.capture import PageMetadata, Quality

RECORDER = "upload/1"
_SNIFFED_BYTES = 4096
_LARGEST_PAGE = 8_000_000
_READABLE_CODINGS = frozenset({"gzip", "x-gzip", "deflate", "identity"})
_MARKUP = re.compile(rb"^\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|title|meta)\b", re.I | re.S)


class UploadKind(StrEnum):
    PDF = "application/pdf"
    HTML = "text/html"
    PNG = "image/png"
    JPEG = "image/jpeg"
    GIF = "image/gif"
    WEBP = "image/webp"
    WARC = "application/warc"
    WACZ = "application/wacz"


#: Under which name a kind is also a file of the capture.
_FILES = {
    UploadKind.PDF: "page.pdf",
    UploadKind.PNG: "screenshot.png",
    UploadKind.JPEG: "screenshot.jpg",
    UploadKind.WEBP: "screenshot.webp",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadOrder:
    """
    What an editor gives.

    Attributes:
        url: The fetch form that the file stands for.
        by: Who uploads it.
        name: The file's name as the editor has it.
        moment: When; becomes the memento's date, except for WARC and WACZ,
            whose own records have theirs.
        text, title: Of the file, where the caller can read it better (PDF).
    """

    url: str
    identity_key: str
    identity_rules: int
    file: Path
    by: str
    name: str
    moment: datetime
    software: str
    text: str | None = None
    title: str | None = None


def kind_of(path: Path) -> UploadKind | None:
    """Tell what a file is by its bytes; None for what can't be a capture."""
    with path.open("rb") as stream:
        head = stream.read(_SNIFFED_BYTES)
    if head.startswith(b"PK\x03\x04"):
        return UploadKind.WACZ if _is_wacz(path) else None
    if head.startswith(b"WARC/") or (head.startswith(b"\x1f\x8b") and _holds_warc(path)):
        return UploadKind.WARC
    for start, kind in (
        (b"\x89PNG\r\n\x1a\n", UploadKind.PNG),
        (b"\xff\xd8\xff", UploadKind.JPEG),
        (b"GIF8", UploadKind.GIF),
    ):
        if head.startswith(start):
            return kind
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return UploadKind.WEBP
    # PDF readers look for the mark in the first kilobyte, and so do we.
    if b"%PDF-" in head[:1024]:
        return UploadKind.PDF
    return UploadKind.HTML if _MARKUP.match(head.removeprefix(b"\xef\xbb\xbf")) else None


def keep_upload(root: Path, order: UploadOrder, *, token: str, capture_id: str) -> Published:
    """
    Make a capture of an editor's file; blocking.

    Raises:
        InputError: the file is none of the kinds, is damaged, or holds no
            record of the URL.
        StorageError: the capture can't be written.
    """
    kind = _require_kind(order.file)
    draft = Draft.open(root, token=token, capture_id=capture_id, url=order.url, software=order.software)
    try:
        if kind in (UploadKind.WARC, UploadKind.WACZ):
            about = _take_over(draft, order, kind)
        else:
            about = _keep_single(draft, order, kind)
        return publish(draft, about=about)
    except LinkkeeperError:
        draft.abandon()
        raise


def _require_kind(path: Path) -> UploadKind:
    try:
        kind = kind_of(path)
    except OSError as error:
        raise InputError("upload", subject=str(path), reason=str(error)) from error
    if kind is None:
        raise InputError(
            "upload",
            subject=str(path),
            reason="it is no PDF, HTML page, picture (PNG, JPEG, GIF, WebP), WARC or WACZ",
        )
    return kind


def _keep_single(draft: Draft, order: UploadOrder, kind: UploadKind) -> CaptureAbout:
    data = order.file.read_bytes()
    draft.write_source(data, media_type=kind.value, url=order.url, moment=order.moment, name=_FILES.get(kind))
    page = read_page(data, kind.value) if kind is UploadKind.HTML else Page(media_type=kind.value)
    return _about(order, page, media_type=kind.value, final_url=order.url, status=None)


def _take_over(draft: Draft, order: UploadOrder, kind: UploadKind) -> CaptureAbout:
    takeover = Takeover(draft)
    with ExitStack() as stack:
        for stream in _warcs(stack, order.file, kind):
            takeover.take(read_foreign(stream, name=order.name, scratch=draft.scratch()))
    found = takeover.main_of(order.url)
    if found is None:
        raise InputError(
            "upload",
            subject=order.name,
            reason=f"it holds no record of {order.url}",
            hint="upload it for the URL that it was made of",
        )
    record, line = found
    draft.set_main(record, line)
    _, block = draft.read_back(record)
    return _about(
        order,
        _page_of(block, line),
        media_type=line.media_type,
        final_url=line.url,
        status=line.status if record.kind == "response" else None,
    )


def _page_of(block: bytes, line: cdxj.IndexLine) -> Page:
    head, blank, body = block.partition(b"\r\n\r\n")
    if not blank or not head.startswith(b"HTTP/"):
        head, body = b"", block
    if is_chunked(head):
        body = ChunkedDecoder().feed(body)
    coding = header_value(head, "Content-Encoding")
    try:
        body = decoder_for(coding).feed(body, _LARGEST_PAGE)
    except DecodingFailed:
        return Page(media_type=line.media_type)
    if coding and coding.strip().lower() not in _READABLE_CODINGS:
        # Browsers' own recordings may be in Brotli: title and text stay empty then.
        return Page(media_type=line.media_type)
    return read_page(body, header_value(head, "Content-Type") or line.media_type)


def _warcs(stack: ExitStack, path: Path, kind: UploadKind) -> Iterator[IO[bytes]]:
    if kind is UploadKind.WARC:
        yield stack.enter_context(path.open("rb"))
        return
    try:
        package = stack.enter_context(zipfile.ZipFile(path))
        for name in sorted(package.namelist()):
            if name.startswith("archive/") and name.endswith((".warc", ".warc.gz")):
                yield stack.enter_context(package.open(name))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise InputError("upload", subject=str(path), reason=f"the WACZ is damaged: {error}") from error


def _is_wacz(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as package:
            names = package.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return False
    return "datapackage.json" in names and any(name.startswith("archive/") for name in names)


def _holds_warc(path: Path) -> bool:
    try:
        with gzip.open(path) as stream:
            return stream.read(5) == b"WARC/"
    except (OSError, EOFError, zlib.error):
        return False


def _about(order: UploadOrder, page: Page, *, media_type: str, final_url: str, status: int | None) -> CaptureAbout:
    metadata = PageMetadata(
        title=order.title or page.title or None,
        authors=page.authors,
        published=page.published,
        language=page.language,
        canonical_url=page.canonical_url,
        media_type=media_type,
    )
    return CaptureAbout(
        url=order.url,
        identity_key=order.identity_key,
        identity_rules=order.identity_rules,
        reason="editor",
        quality=Quality.COMPLETE,
        quality_reason=f"uploaded by {order.by}: {order.name}",
        started_at=order.moment,
        finished_at=order.moment,
        recorder=RECORDER,
        status=status,
        final_url=final_url,
        media_type=media_type,
        page=metadata,
        text=order.text if order.text is not None else page.visible_text or None,
        uploaded_by=order.by,
        uploaded_name=order.name,
    )
