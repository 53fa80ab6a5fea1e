"""
HTTP messages as they were received: header lines, transfer framing and payload.

The payload of a message is its body without the transfer coding (RFC 9112
section 7; WARC 1.1 section 6.2: "entity-body"), so its digest doesn't depend
on how a server cut its chunks. The body itself is kept with the framing.
"""

import hashlib
import re
from enum import Enum, auto

_LINE_END = re.compile(rb"\r?\n")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?", re.S)

#: A chunk-size line or trailer longer than this is no chunk framing.
_MAX_LINE_BYTES = 65_536


def header_values(head: bytes, name: str) -> list[str]:
    """
    Return the values of all header lines called *name*, in order, as Latin-1.

    Lines without a colon are passed over: the wild web sends them.
    """
    wanted = name.lower().encode("ascii")
    values = []
    for line in _LINE_END.split(head)[1:]:
        key, colon, value = line.partition(b":")
        if colon and key.strip().lower() == wanted:
            values.append(value.strip().decode("latin-1"))
    return values


def header_value(head: bytes, name: str) -> str | None:
    """Return the first value of *name*, or None."""
    values = header_values(head, name)
    return values[0] if values else None


def media_type_of(head: bytes) -> str | None:
    """Return the bare media type in lower case, or None where the header is absent or empty."""
    value = header_value(head, "Content-Type") or ""
    return re.split(r"[;,\s]", value.strip(), maxsplit=1)[0].lower() or None


def is_chunked(head: bytes) -> bool:
    """Tell whether the last transfer coding is ``chunked``."""
    codings = [coding for value in header_values(head, "Transfer-Encoding") for coding in value.split(",")]
    return bool(codings) and codings[-1].strip().lower() == "chunked"


class _Part(Enum):
    SIZE = auto()
    DATA = auto()
    DATA_END = auto()
    TRAILER = auto()
    DONE = auto()
    BROKEN = auto()


class ChunkedDecoder:
    """
    Takes the chunk framing off a body that comes in pieces of any size.

    Attributes:
        broken: True once the bytes were no chunk framing; what
            :meth:`feed` gave before is then of no meaning.
    """

    def __init__(self) -> None:
        self._part = _Part.SIZE
        self._rest = b""
        self._missing = 0

    @property
    def broken(self) -> bool:
        return self._part is _Part.BROKEN

    @property
    def done(self) -> bool:
        return self._part is _Part.DONE

    def feed(self, data: bytes) -> bytes:
        """Return the payload bytes that *data* completes; empty after the last chunk."""
        pending, self._rest = self._rest + data, b""
        payload = bytearray()
        position = 0
        while position < len(pending) and self._part not in (_Part.DONE, _Part.BROKEN):
            if self._part is _Part.DATA:
                taken = pending[position : position + self._missing]
                payload += taken
                position += len(taken)
                self._missing -= len(taken)
                if not self._missing:
                    self._part = _Part.DATA_END
                continue
            end = pending.find(b"\n", position)
            if end < 0:
                self._keep(pending[position:])
                break
            self._line(pending[position:end].removesuffix(b"\r"))
            position = end + 1
        return bytes(payload)

    def _keep(self, unfinished: bytes) -> None:
        if len(unfinished) > _MAX_LINE_BYTES or (self._part is _Part.DATA_END and unfinished != b"\r"):
            self._part = _Part.BROKEN
        self._rest = unfinished

    def _line(self, line: bytes) -> None:
        if self._part is _Part.SIZE:
            match = _CHUNK_SIZE.fullmatch(line)
            self._missing = int(match[1], 16) if match else 0
            after_size = _Part.DATA if self._missing else _Part.TRAILER
            self._part = after_size if match else _Part.BROKEN
        elif self._part is _Part.DATA_END:
            self._part = _Part.BROKEN if line else _Part.SIZE
        elif not line:
            self._part = _Part.DONE


class PayloadDigest:
    """
    Digest of the payload of a chunked body, fed with the body as received.

    Attributes:
        length: Payload bytes so far.
    """

    def __init__(self, algorithm: str = "sha256") -> None:
        self._decoder = ChunkedDecoder()
        self._digest = hashlib.new(algorithm)
        self.length = 0

    @property
    def broken(self) -> bool:
        """The body says chunked and isn't: its payload is the body as it stands."""
        return self._decoder.broken

    def update(self, data: bytes) -> None:
        payload = self._decoder.feed(data)
        self._digest.update(payload)
        self.length += len(payload)

    def hexdigest(self) -> str:
        return self._digest.hexdigest()
