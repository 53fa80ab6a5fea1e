"""The payload of a body: chunk framing and content coding taken off, within a bound."""

import zlib
from collections.abc import Iterator

from linkkeeper.captures.messages import ResponseHead

_GZIP_OR_ZLIB = 47
_RAW = -15


def dechunked(data: bytes) -> bytes:
    """The data of a chunked body; of a broken one, what came before the break."""
    parts = []
    position = 0
    while (end := data.find(b"\n", position)) >= 0:
        try:
            size = int(data[position:end].split(b";")[0], 16)
        except ValueError:
            break
        if size == 0:
            break
        parts.append(data[end + 1 : end + 1 + size])
        after = data.find(b"\n", end + 1 + size)
        if after < 0:
            break
        position = after + 1
    return b"".join(parts)


class Expansion:
    """Counts what a compressed body unpacks to, without keeping it."""

    __slots__ = ("_broken", "_stream", "total")

    def __init__(self) -> None:
        self.total = 0
        self._stream = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._broken = False

    def feed(self, data: bytes) -> Iterator[int]:
        """Take more of the body; the total so far after each megabyte, so that its user can stop or rest."""
        while data and not self._broken:
            try:
                self.total += len(self._stream.decompress(data, 1 << 20))
            except zlib.error:
                self._broken = True
            data = self._stream.unconsumed_tail
            yield self.total


def _inflated(data: bytes, limit: int) -> bytes:
    for window in (_GZIP_OR_ZLIB, _RAW):
        try:
            return zlib.decompressobj(window).decompress(data, limit)
        except zlib.error:
            continue
    return data


def payload(head: ResponseHead, data: bytes, *, limit: int) -> bytes:
    """
    Decode the body *data* that came with *head*.

    Returns:
        At most *limit* bytes; with a coding that we never ask for, the coded bytes.
    """
    if head.first(b"transfer-encoding") is not None:
        data = dechunked(data)
    if head.text(b"content-encoding").strip().lower() in ("gzip", "x-gzip", "deflate"):
        data = _inflated(data, limit)
    return data[:limit]
