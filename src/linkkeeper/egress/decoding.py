"""Content codings undone within a limit: a bomb of 1:1000 never unfolds."""

import zlib
from typing import Protocol

#: What we can undo, and therefore all that is offered (RFC 9110 section 12.5.3).
ACCEPTED = "gzip, deflate"


class DecodingFailed(ValueError):
    """The body is not in the coding that its header names."""


class Decoder(Protocol):
    def feed(self, data: bytes, limit: int) -> bytes: ...


class Identity:
    """Bytes as they came."""

    def feed(self, data: bytes, limit: int) -> bytes:
        return data[:limit]


class Inflate:
    """
    gzip or deflate.

    Quirk: some servers send raw deflate where RFC 9110 says zlib; browsers accept both.
    """

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._engine = zlib.decompressobj(31 if gzip else 15)
        self._started = False

    def feed(self, data: bytes, limit: int) -> bytes:
        """
        Return what *data* adds, at most *limit* bytes; the rest is kept unread.

        Raises:
            DecodingFailed: not in this coding.
        """
        # What follows the stream's end is padding or another member: nobody shows it.
        if limit <= 0 or self._engine.eof:
            return b""
        try:
            return self._engine.decompress(data, limit)
        except zlib.error as error:
            if self._gzip or self._started:
                raise DecodingFailed(str(error)) from error
            self._engine = zlib.decompressobj(-15)
            self._started = True
            return self.feed(data, limit)
        finally:
            self._started = True


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
