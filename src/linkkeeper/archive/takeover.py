"""
Taking over another's WARC into a draft: records as they are, an index of our own.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urljoin

from linkkeeper.archive import cdxj, request_key
from linkkeeper.archive.draft import Draft
from linkkeeper.archive.foreign import ForeignRecord
from linkkeeper.archive.message import PayloadDigest, header_value, is_chunked, media_type_of
from linkkeeper.archive.warc import WrittenRecord, pieces_of
from linkkeeper.vocabulary.moment import to_timestamp

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_MAX_HEAD_BYTES = 1 << 20
_MAX_HOPS = 10
_REPLAYED = frozenset({"response", "revisit", "resource"})


@dataclass(frozen=True, slots=True)
class _Payload:
    """HTTP head (empty without one) and the payload's SHA-256, hexadecimal."""

    head: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """Method and body of a request, by the id of its response."""

    method: str
    media_type: str | None
    body: bytes


class Takeover:
    """
    Takes over records, and finds among them the one that a URL means.

    Args:
        draft: Gets records and index lines.
    """

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._records: dict[tuple[int, int], WrittenRecord] = {}
        self._answered: dict[str, cdxj.IndexLine] = {}
        self._asked: dict[str, _Asked] = {}

    def take(self, records: Iterable[ForeignRecord]) -> None:
        """Copy the records and index what can be replayed."""
        for foreign in records:
            payload = _payload_of(foreign)
            packed = bool(header_value(payload.head, "Content-Encoding"))
            written = self._draft.copy_record(
                foreign.header, foreign.block, payload_digest=payload.sha256, packed=packed
            )
            if written.kind == "request":
                self._remember_request(foreign, payload)
            elif written.kind in _REPLAYED and (written.url or "").startswith(("http://", "https://")):
                self._index(written, foreign, payload)
        self._draft.lines = [self._with_method(record_id, line) for record_id, line in self._answered.items()]

    def main_of(self, url: str) -> tuple[WrittenRecord, cdxj.IndexLine] | None:
        """
        Find the record that *url* leads to, redirects followed within the file.

        Returns:
            A success before anything else, then the latest; None where the
            file doesn't hold where *url* leads.
        """
        wanted = url.partition("#")[0]
        for _ in range(_MAX_HOPS):
            key = cdxj.index_key(wanted)
            found = [line for line in self._draft.lines if line.key == key and not line.revisit]
            if not found:
                return None
            best = max(found, key=lambda line: (line.status == 200, line.whole, line.timestamp))
            record = self._records[(best.offset, best.length)]
            if not 300 <= best.status < 400:
                return record, best
            head, _, _ = self._draft.read_back(record)[1].partition(b"\r\n\r\n")
            target = header_value(head, "Location")
            if not target:
                return record, best
            wanted = urljoin(wanted, target).partition("#")[0]
        return None

    def _index(self, written: WrittenRecord, foreign: ForeignRecord, payload: _Payload) -> None:
        url = written.url or ""
        plain = written.kind == "resource"
        media_type = header_value(foreign.header, "Content-Type") if plain else media_type_of(payload.head)
        status = 200 if plain else _status_of(payload.head)
        line = cdxj.IndexLine(
            key=cdxj.index_key(url),
            timestamp=_timestamp_of(written.date),
            url=url,
            media_type=cdxj.REVISIT_TYPE if written.kind == "revisit" else (media_type or "unk").partition(";")[0],
            status=status,
            digest=header_value(foreign.header, "WARC-Payload-Digest") or f"sha256:{payload.sha256}",
            offset=written.offset,
            length=written.length,
            record_digest=f"sha256:{written.record_digest}",
            whole=header_value(foreign.header, "WARC-Truncated") is None,
        )
        self._records[(line.offset, line.length)] = written
        # The same id twice would be two records of one name: both stay, the later is found by it.
        name = written.record_id if written.record_id not in self._answered else f"{written.record_id}#{line.offset}"
        self._answered[name] = line
        partner = header_value(foreign.header, "WARC-Concurrent-To")
        if partner in self._asked:
            self._asked[name] = self._asked[partner]

    def _remember_request(self, foreign: ForeignRecord, payload: _Payload) -> None:
        method = payload.head.split(b" ", 1)[0].decode("latin-1").upper()
        if method in ("", "GET") or foreign.block.length > request_key.MAX_BODY_BYTES:
            return
        block = b"".join(pieces_of(foreign.block))
        asked = _Asked(method, header_value(payload.head, "Content-Type"), block[len(payload.head) :])
        # Tools write the link on either side, or on both.
        for name in (
            header_value(foreign.header, "WARC-Concurrent-To"),
            header_value(foreign.header, "WARC-Record-ID"),
        ):
            if name:
                self._asked[name] = asked

    def _with_method(self, record_id: str, line: cdxj.IndexLine) -> cdxj.IndexLine:
        asked = self._asked.get(record_id)
        if asked is None:
            return line
        suffix = request_key.request_suffix(
            method=asked.method, url=line.url, media_type=asked.media_type, body=asked.body
        )
        query = request_key.request_query(media_type=asked.media_type, body=asked.body)
        return replace(line, key=cdxj.index_key(line.url + suffix), method=asked.method, request_body=query)


def _payload_of(foreign: ForeignRecord) -> _Payload:
    """Split a block into HTTP head and payload, in one pass."""
    http = (header_value(foreign.header, "Content-Type") or "").lower().startswith("application/http")
    pending, head = b"", None if http else b""
    plain, unframed = hashlib.sha256(), None
    for piece in pieces_of(foreign.block):
        data = piece
        if head is None:
            pending += piece
            match = _HEAD_END.search(pending)
            if match is None and len(pending) < _MAX_HEAD_BYTES:
                continue
            head = pending[: match.end()] if match else b""
            data = pending[len(head) :]
            unframed = PayloadDigest() if is_chunked(head) else None
        plain.update(data)
        if unframed is not None:
            unframed.update(data)
    if head is None:
        head = pending
    framed = unframed is None or unframed.broken
    return _Payload(head, plain.hexdigest() if framed or unframed is None else unframed.hexdigest())


def _status_of(head: bytes) -> int:
    match = re.match(rb"HTTP/\d(?:\.\d)? (\d{3})", head)
    return int(match[1]) if match else 0


def _timestamp_of(date: str) -> str:
    """14 digits of a WARC-Date, which may leave out its last parts (WARC 1.1 section 5.4)."""
    digits = re.sub(r"\D", "", date.partition(".")[0])[:14]
    padded = digits + "00000101000000"[len(digits) :]
    return to_timestamp(datetime.strptime(padded + "+0000", "%Y%m%d%H%M%S%z"))
