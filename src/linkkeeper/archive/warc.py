"""
Writing WARC 1.1 (ISO 28500:2017), each record a gzip member of its own.

Quirk: warcio parses and re-serialises HTTP heads that it is given (it
percent-encodes non-ASCII values and folds spaces), so records are built
directly: no parsed head, a known length, both digests already set.

Quirk: ``WARC-Payload-Digest`` is that of the payload without chunk framing,
as the standard says. warcio's ``check`` hashes the framing too (its issues 74
and 75) and so calls the payload digest of every chunked record wrong.
"""

import hashlib
import io
import re
import uuid
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO, Protocol

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from linkkeeper.archive.message import PayloadDigest, header_value, is_chunked
from linkkeeper.vocabulary.capture import Body
from linkkeeper.vocabulary.moment import utc

WARC_VERSION = "WARC/1.1"
REVISIT_PROFILE = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"

_PIECE_BYTES = 1 << 16
_GZIP = zlib.MAX_WBITS | 16
_TEXT_LEVEL = 6
#: Pictures, films and compressed bodies don't shrink: don't pay for trying.
_PACKED_LEVEL = 0


class Stream(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRecord:
    """
    A record as it stands in the file.

    Attributes:
        offset, length: Of its gzip member in the WARC file.
        record_digest: SHA-256 of the member's bytes, hexadecimal.
        block_digest, payload_digest: SHA-256, hexadecimal.
    """

    kind: str
    record_id: str
    url: str | None
    date: str
    offset: int
    length: int
    record_digest: str
    block_digest: str
    payload_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """
    What a record holds: an HTTP head (or nothing) and a body.

    Attributes:
        body_digest: SHA-256 of the body as it stands, framing included.
    """

    head: bytes
    body: Body
    block_digest: str
    payload_digest: str
    body_digest: str
    payload_length: int

    @property
    def length(self) -> int:
        return len(self.head) + self.body.length

    def head_alone(self) -> "Block":
        """What a revisit holds: the head; the payload's digest stays that of the whole."""
        nothing = Body(length=0, data=b"")
        return replace(self, body=nothing, block_digest=hashlib.sha256(self.head).hexdigest())


class ExactHead(StatusAndHeaders):  # type: ignore[misc]  # warcio has no types
    """A head that warcio writes byte for byte (only its revisit records ask for one)."""

    def __init__(self, head: bytes) -> None:
        super().__init__("", [])
        self.headers_buff = head

    def compute_headers_buffer(self, header_filter: object = None) -> None:
        del header_filter

    def __bool__(self) -> bool:
        return True


class _GzipMember:
    """One gzip member written to *out*; hashes what it writes."""

    def __init__(self, out: IO[bytes], *, level: int, whole: "hashlib._Hash") -> None:
        self._out = out
        self._whole = whole
        self._compressor = zlib.compressobj(level, zlib.DEFLATED, _GZIP)
        self._digest = hashlib.sha256()
        self.length = 0

    def write(self, data: bytes) -> None:
        self._put(self._compressor.compress(data))

    def flush(self) -> None:
        """warcio flushes once, at the end of its record: that ends the member."""
        self._put(self._compressor.flush())
        self._out.flush()

    def hexdigest(self) -> str:
        return self._digest.hexdigest()

    def _put(self, data: bytes) -> None:
        if data:
            self._out.write(data)
            self._digest.update(data)
            self._whole.update(data)
            self.length += len(data)


class _HeadThenBody(io.RawIOBase):
    """The head and then the body's bytes, read once."""

    def __init__(self, head: bytes, body: IO[bytes]) -> None:
        super().__init__()
        self._head = head
        self._body = body

    def read(self, size: int = -1, /) -> bytes:
        if self._head:
            head, self._head = self._head, b""
            return head
        return self._body.read(size)


def new_record_id() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


def warc_date(moment: datetime) -> str:
    """Return the moment with microseconds, as WARC 1.1 allows and revisits need."""
    return utc(moment).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def open_body(body: Body) -> IO[bytes]:
    return io.BytesIO(body.data) if body.path is None else body.path.open("rb")  # type: ignore[arg-type]  # one of the two is set


def pieces_of(body: Body) -> Iterator[bytes]:
    """The body's bytes in order, never all in memory when it is spooled."""
    with open_body(body) as stream:
        while piece := stream.read(_PIECE_BYTES):
            yield piece


def measure(head: bytes, body: Body) -> Block:
    """
    Hash a block in one pass.

    Raises:
        ValueError: the spooled file has another length than *body* says.
    """
    block, plain = hashlib.sha256(head), hashlib.sha256()
    payload = PayloadDigest() if is_chunked(head) else None
    length = 0
    for piece in pieces_of(body):
        length += len(piece)
        plain.update(piece)
        if head:
            block.update(piece)
        if payload is not None:
            payload.update(piece)
    if length != body.length:
        raise ValueError(f"body has {length} bytes, not {body.length}")
    framed = payload is not None and not payload.broken
    return Block(
        head=head,
        body=body,
        block_digest=block.hexdigest() if head else plain.hexdigest(),
        payload_digest=payload.hexdigest() if payload is not None and framed else plain.hexdigest(),
        body_digest=plain.hexdigest(),
        payload_length=payload.length if payload is not None and framed else length,
    )


class RecordWriter:
    """
    Appends records to an open WARC file.

    Args:
        out: Binary and empty; stays the caller's to close.
    """

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._offset = 0
        self._whole = hashlib.sha256()
        self._warcio = _Writer(None, gzip=False, warc_version=WARC_VERSION)
        self.records: list[WrittenRecord] = []

    @property
    def size(self) -> int:
        return self._offset

    @property
    def sha256(self) -> str:
        """Of every byte written so far, hexadecimal."""
        return self._whole.hexdigest()

    def write(
        self,
        kind: str,
        block: Block,
        *,
        fields: Sequence[tuple[str, str]],
        content_type: str,
        moment: datetime,
        url: str | None = None,
        record_id: str | None = None,
        packed: bool = False,
    ) -> WrittenRecord:
        """
        Write one record.

        Args:
            kind: WARC-Type.
            fields: Further named fields, in order; may repeat a name.
            packed: The block is compressed already; don't try again.

        Returns:
            Where it stands.
        """
        chosen_id, date = record_id or new_record_id(), warc_date(moment)
        headers = [("WARC-Type", kind), ("WARC-Record-ID", chosen_id), ("WARC-Date", date)]
        headers += [("WARC-Target-URI", _one_line(url))] if url else []
        headers += [*fields, ("WARC-Block-Digest", f"sha256:{block.block_digest}")]
        if kind != "warcinfo" and not (url or "").startswith(("ws:", "wss:")):
            # Quirk: of a WebSocket's handshake, which has no payload, warcio takes the head for one.
            headers.append(("WARC-Payload-Digest", f"sha256:{block.payload_digest}"))
        member = self._member(packed=packed)
        with open_body(block.body) as body:
            stream = _HeadThenBody(block.head, body)
            self._warcio.out = member
            self._warcio.write_record(_record(kind, headers, stream=stream, block=block, content_type=content_type))
        return self._written(member, kind=kind, record_id=chosen_id, url=url, date=date, block=block)

    def copy(self, header: bytes, body: Body, *, payload_digest: str, packed: bool = False) -> WrittenRecord:
        """
        Take over a record as it is, header lines and block.

        Args:
            header: Of the record, with its closing empty line.
            body: Its block.
            payload_digest: SHA-256, hexadecimal, for the index.
        """
        block = measure(b"", body)
        member = self._member(packed=packed)
        member.write(header)
        for piece in pieces_of(body):
            member.write(piece)
        member.write(b"\r\n\r\n")
        member.flush()
        return self._written(
            member,
            kind=(header_value(header, "WARC-Type") or "").lower(),
            record_id=header_value(header, "WARC-Record-ID") or "",
            url=(header_value(header, "WARC-Target-URI") or "").strip("<>") or None,
            date=header_value(header, "WARC-Date") or "",
            block=replace(block, payload_digest=payload_digest),
        )

    def _member(self, *, packed: bool) -> _GzipMember:
        return _GzipMember(self._out, level=_PACKED_LEVEL if packed else _TEXT_LEVEL, whole=self._whole)

    def _written(
        self, member: _GzipMember, *, kind: str, record_id: str, url: str | None, date: str, block: Block
    ) -> WrittenRecord:
        written = WrittenRecord(
            kind=kind,
            record_id=record_id,
            url=url,
            date=date,
            offset=self._offset,
            length=member.length,
            record_digest=member.hexdigest(),
            block_digest=block.block_digest,
            payload_digest=block.payload_digest,
        )
        self._offset += member.length
        self.records.append(written)
        return written


def _one_line(url: str) -> str:
    """No character of a URL may end its header line; readers also stumble over spaces."""
    return re.sub(r"[\x00-\x20\x7f]", lambda found: f"%{ord(found[0]):02X}", url)


class _Writer(WARCWriter):  # type: ignore[misc]  # warcio has no types
    """Adds no digest of its own making: the records have theirs."""

    def ensure_digest(self, record: ArcWarcRecord, block: bool = True, payload: bool = True) -> None:
        """Quirk: warcio makes up a payload digest where a record has none, and counts a head into it."""


def _record(
    kind: str, headers: list[tuple[str, str]], *, stream: Stream, block: Block, content_type: str
) -> ArcWarcRecord:
    rec_headers = StatusAndHeaders("", headers, protocol=WARC_VERSION)
    revisit = kind == "revisit"
    # Quirk: of a revisit warcio writes only the head that it was given parsed.
    head = ExactHead(block.head) if revisit else None
    record = ArcWarcRecord("warc", kind, rec_headers, stream, head, content_type, block.length)
    if revisit:
        record.payload_length = 0
    return record
