"""Content codings undone within a limit: a bomb of 1:1000 never unfolds."""

import zlib
from typing import Protocol

#: What we can undo, and therefore all that is offered (RFC 9110 section 12.5.3).
ACCEPTED = "gzip, deflate"


_TELLING_BYTES = 2


class DecodingFailed(ValueError):
    """The body is not in the coding that its header names."""


class Decompressor(Protocol):
    """As zlib makes them."""

    @property
    def eof(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


class Decoder(Protocol):
    def feed(self, data: bytes, limit: int) -> bytes: ...


class Identity:
    """Bytes as they came."""

    def feed(self, data: bytes, limit: int) -> bytes:
        return data[:limit]


class Inflate:
    """
    gzip or deflate.

    Quirks: some servers send raw deflate where RFC 9110 says zlib, which browsers accept too;
    some name a coding and send none.
    """

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._engine: Decompressor | None = None
        self._plain = False
        self._first = b""

    def feed(self, data: bytes, limit: int) -> bytes:
        """
        Return what *data* adds, at most *limit* bytes; the rest is kept unread.

        Raises:
            DecodingFailed: not in this coding.
        """
        if self._engine is None and not self._plain:
            self._first += data
            if len(self._first) < _TELLING_BYTES:
                return b""
            data = self._first
            self._engine = self._engine_for(data)
            self._plain = self._engine is None
        if self._engine is None:
            return data[:limit]
        # What follows the stream's end is padding or another member: nobody shows it.
        if limit <= 0 or self._engine.eof:
            return b""
        try:
            return self._engine.decompress(data, limit)
        except zlib.error as error:
            raise DecodingFailed(str(error)) from error

    def _engine_for(self, start: bytes) -> "Decompressor | None":
        """By how the body begins; None where it is in no coding."""
        if self._gzip:
            return zlib.decompressobj(31) if start.startswith(b"\x1f\x8b") else None
        for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
            try:
                zlib.decompressobj(bits).decompress(start, 1)
            except zlib.error:
                continue
            return zlib.decompressobj(bits)
        return None


class Chain:
    """Several codings, the last applied undone first."""

    def __init__(self, decoders: list[Decoder]) -> None:
        self._decoders = decoders

    def feed(self, data: bytes, limit: int) -> bytes:
        for decoder in self._decoders:
            data = decoder.feed(data, limit)
        return data


def decoder_for(content_encoding: str | None) -> Decoder:
    """Return what undoes *content_encoding*; a coding that we don't know stays as it is."""
    names = [name.strip().lower() for name in (content_encoding or "").split(",")]
    decoders: list[Decoder] = []
    for name in reversed([name for name in names if name not in ("", "identity")]):
        if name in ("gzip", "x-gzip"):
            decoders.append(Inflate(gzip=True))
        elif name == "deflate":
            decoders.append(Inflate(gzip=False))
        else:
            break
    if not decoders:
        return Identity()
    return decoders[0] if len(decoders) == 1 else Chain(decoders[:3])
