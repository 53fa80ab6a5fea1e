"""
Reading WARC records back and proving each one: lengths, gzip checksums, digests.

Iterating is not verifying: most readers take a WARC that was cut off for one
that ends earlier. This reader is written from the standard and shares no code
with the writer, and it goes on after a damaged record, to name every one.
"""

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Protocol

from linkkeeper.archive.message import PayloadDigest, header_value, is_chunked
from linkkeeper.vocabulary.numbers import whole_number

_GZIP = zlib.MAX_WBITS | 16
_PIECE_BYTES = 1 << 16
_MEMBER_START = b"\x1f\x8b\x08"
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_MAX_HEAD_BYTES = 1 << 20
_SMALL_STEP = 32
_RECORD_END = b"\r\n\r\n"
_ALGORITHMS = frozenset({"md5", "sha1", "sha256", "sha384", "sha512"})


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRecord:
    """
    One record as found.

    Attributes:
        offset, length: Of its gzip member (or of the plain record).
        problem: What is wrong with it; empty when it is sound.
        block_digest: SHA-256 of the block as read, hexadecimal.
    """

    offset: int
    length: int
    kind: str = ""
    record_id: str = ""
    url: str = ""
    date: str = ""
    content_type: str = ""
    block_digest: str = ""
    problem: str = ""

    @property
    def name(self) -> str:
        """The record in words, for a report."""
        what = f"{self.kind or 'record'} {self.url or self.record_id}".strip()
        return f"{what} at offset {self.offset}"


def check_records(stream: IO[bytes], *, start: int, end: int) -> Iterator[CheckedRecord]:
    """
    Read every record between two offsets of *stream*, in order.

    Args:
        stream: Binary and seekable; a WARC file, or a WACZ around its stored member.
        start, end: Where the WARC stands in it.

    Yields:
        Sound and damaged records alike; the ranges cover everything between
        *start* and *end*, with offsets relative to *start*.
    """
    position = start
    while position < end:
        record, reached = _check_one(stream, position=position, start=start, end=end)
        yield record
        position = reached


def read_block(stream: IO[bytes], *, offset: int, length: int) -> tuple[bytes, bytes]:
    """
    Return header and block of the record whose gzip member stands there.

    Raises:
        ValueError: it is damaged or cut off.
    """
    stream.seek(offset)
    data = stream.read(length)
    try:
        decompressor = zlib.decompressobj(_GZIP)
        plain = decompressor.decompress(data) + decompressor.flush()
    except zlib.error as error:
        raise ValueError(f"record at offset {offset}: {error}") from error
    match = _HEAD_END.search(plain)
    if not decompressor.eof or match is None or not plain.startswith(b"WARC/"):
        raise ValueError(f"record at offset {offset} is cut off or no record")
    head, rest = plain[: match.end()], plain[match.end() :]
    declared = whole_number(header_value(head, "Content-Length") or "")
    if declared is None or declared > len(rest):
        raise ValueError(f"record at offset {offset} is shorter than it says")
    return head, rest[:declared]


def _check_one(stream: IO[bytes], *, position: int, start: int, end: int) -> tuple[CheckedRecord, int]:
    scan = RecordScan()
    try:
        reached = _feed_member(stream, scan, position=position, end=end)
        problem = scan.problem()
    except (zlib.error, EOFError) as error:
        problem = str(error)
        reached = _next_member(stream, after=position + 1, end=end)
        scan = _readable_part(stream, position=position, end=reached)
    return scan.result(offset=position - start, length=reached - position, problem=problem), reached


def _feed_member(stream: IO[bytes], scan: "RecordScan", *, position: int, end: int) -> int:
    """Decompress one member into *scan*; return where it ends."""
    stream.seek(position)
    decompressor = zlib.decompressobj(_GZIP)
    reached = position
    while not decompressor.eof:
        piece = stream.read(min(_PIECE_BYTES, end - reached))
        if not piece:
            raise EOFError("the record is cut off")
        reached += len(piece)
        while piece and not decompressor.eof:
            scan.feed(decompressor.decompress(piece, _PIECE_BYTES * 16))
            piece = decompressor.unconsumed_tail
    return reached - len(decompressor.unused_data)


def _readable_part(stream: IO[bytes], *, position: int, end: int) -> "RecordScan":
    """Read a damaged member in small steps, to get its header if that is still there."""
    scan = RecordScan()
    stream.seek(position)
    decompressor = zlib.decompressobj(_GZIP)
    try:
        for _ in range(0, min(end - position, _MAX_HEAD_BYTES), _SMALL_STEP):
            scan.feed(decompressor.decompress(stream.read(_SMALL_STEP)))
    except (zlib.error, EOFError):
        return scan
    return scan


def _next_member(stream: IO[bytes], *, after: int, end: int) -> int:
    """Find where the next sound-looking record starts; *end* if there is none."""
    position = after
    while position < end:
        stream.seek(position)
        window = stream.read(min(_PIECE_BYTES, end - position))
        found = window.find(_MEMBER_START)
        if found < 0:
            position += max(len(window) - len(_MEMBER_START) + 1, 1)
            continue
        position += found
        if _starts_record(stream, position=position, end=end):
            return position
        position += 1
    return end


def _starts_record(stream: IO[bytes], *, position: int, end: int) -> bool:
    stream.seek(position)
    try:
        data = stream.read(min(4096, end - position))
        return zlib.decompressobj(_GZIP).decompress(data, 16).startswith(b"WARC/1.")
    except zlib.error:
        return False


class RecordScan:
    """Takes a record's plain bytes in pieces and judges them at the end."""

    def __init__(self) -> None:
        self._pending = b""
        self._head: bytes | None = None
        self._expected = 0
        self._length = 0
        self._block = hashlib.sha256()
        self._declared_block: tuple[_Hash, bytes] | None = None
        self._payload: _PayloadScan | None = None
        self._tail = b""
        self._too_long = False

    def feed(self, data: bytes) -> None:
        if self._head is None:
            self._pending += data
            match = _HEAD_END.search(self._pending)
            if match is None:
                if len(self._pending) > _MAX_HEAD_BYTES:
                    raise EOFError("the record has no end of its header")
                return
            self._head = self._pending[: match.end()]
            data = self._pending[match.end() :]
            self._pending = b""
            self._begin()
        self._take(data)

    def _begin(self) -> None:
        head = self._head or b""
        declared = whole_number(header_value(head, "Content-Length") or "")
        self._expected = -1 if declared is None else declared
        self._declared_block = _declared(head, "WARC-Block-Digest")
        self._payload = _PayloadScan(head)

    def _take(self, data: bytes) -> None:
        block, rest = data[: max(self._expected - self._length, 0)], data[max(self._expected - self._length, 0) :]
        if block:
            self._length += len(block)
            self._block.update(block)
            if self._declared_block is not None:
                self._declared_block[0].update(block)
            if self._payload is not None:
                self._payload.feed(block)
        self._tail = (self._tail + rest)[: len(_RECORD_END) + 1]

    def problem(self) -> str:
        """Return what is wrong, empty if nothing is."""
        if self._head is None or not self._head.startswith(b"WARC/"):
            return "no WARC header"
        if self._expected < 0:
            return "no Content-Length"
        if self._length != self._expected or self._tail != _RECORD_END:
            return f"holds {self._length} of {self._expected} bytes, or doesn't end with its two empty lines"
        if self._declared_block is not None and self._declared_block[0].digest() != self._declared_block[1]:
            return "the block's digest is wrong"
        if self._payload is not None and not self._payload.sound():
            return "the payload's digest is wrong"
        return ""

    def result(self, *, offset: int, length: int, problem: str) -> CheckedRecord:
        head = self._head or self._pending

        def value(name: str) -> str:
            return header_value(head, name) or ""

        return CheckedRecord(
            offset=offset,
            length=length,
            kind=value("WARC-Type"),
            record_id=value("WARC-Record-ID"),
            url=value("WARC-Target-URI").strip("<>"),
            date=value("WARC-Date"),
            content_type=value("Content-Type"),
            block_digest=self._block.hexdigest(),
            problem=problem,
        )


class _PayloadScan:
    """
    Checks WARC-Payload-Digest: without chunk framing, as the standard says, or
    with it, as most other tools write it.
    """

    def __init__(self, head: bytes) -> None:
        # A revisit's payload stands in the record that it refers to.
        revisit = (header_value(head, "WARC-Type") or "").lower() == "revisit"
        self._declared = None if revisit else _declared(head, "WARC-Payload-Digest")
        self._algorithm = (header_value(head, "WARC-Payload-Digest") or "").partition(":")[0].strip().lower()
        self._http = (header_value(head, "Content-Type") or "").lower().startswith("application/http")
        self._pending = b""
        self._in_head = self._http
        self._unframed: PayloadDigest | None = None

    def feed(self, data: bytes) -> None:
        if self._declared is None:
            return
        if self._in_head:
            self._pending += data
            match = _HEAD_END.search(self._pending)
            if match is None:
                return
            self._in_head = False
            if is_chunked(self._pending[: match.end()]):
                self._unframed = PayloadDigest(self._algorithm)
            data = self._pending[match.end() :]
            self._pending = b""
        self._declared[0].update(data)
        if self._unframed is not None:
            self._unframed.update(data)

    def sound(self) -> bool:
        if self._declared is None:
            return True
        framed, wanted = self._declared
        unframed = self._unframed
        return framed.digest() == wanted or (
            unframed is not None and not unframed.broken and bytes.fromhex(unframed.hexdigest()) == wanted
        )


def _declared(head: bytes, name: str) -> tuple[_Hash, bytes] | None:
    """The hash to feed and the digest to reach; None where none is declared or known."""
    algorithm, colon, text = (header_value(head, name) or "").partition(":")
    algorithm = algorithm.strip().lower()
    if not colon or algorithm not in _ALGORITHMS:
        return None
    hasher = hashlib.new(algorithm)
    return hasher, _digest_bytes(text.strip(), size=hasher.digest_size)


def _digest_bytes(text: str, *, size: int) -> bytes:
    """Read a digest in hexadecimal or base 32 (both are in use); empty if it is neither."""
    try:
        if len(text) == size * 2:
            return bytes.fromhex(text)
        return base64.b32decode(text + "=" * (-len(text) % 8), casefold=True)
    except (ValueError, binascii.Error):
        return b""
