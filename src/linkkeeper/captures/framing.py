"""Finds the end of a message body in a stream of bytes; knows nothing of sockets."""

import re
from typing import Protocol

from linkkeeper.captures.messages import Framing, MalformedMessage

_SIZE_LINE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")
_LONGEST_LINE = 16_384
_LONGEST_TRAILER = 65_536


class BodyEnd(Protocol):
    """Counts the bytes of one body as they pass."""

    done: bool

    def feed(self, data: bytes) -> int:
        """Take what belongs to the body from the front of *data* and return how much that was."""
        ...

    def finish_at_close(self) -> bool:
        """True if a body that ends here, with its connection, is whole."""
        ...


class CountedBody:
    """A body of a declared length; of none if that is zero."""

    __slots__ = ("done", "left")

    def __init__(self, length: int) -> None:
        self.left = length
        self.done = length == 0

    def feed(self, data: bytes) -> int:
        taken = min(self.left, len(data))
        self.left -= taken
        self.done = self.left == 0
        return taken

    def finish_at_close(self) -> bool:
        return self.done


class EndlessBody:
    """A body that ends with its connection."""

    __slots__ = ("done",)

    def __init__(self) -> None:
        self.done = False

    def feed(self, data: bytes) -> int:
        return len(data)

    def finish_at_close(self) -> bool:
        return True


class ChunkedBody:
    """
    A chunked body with its framing and trailers (RFC 9112 section 7.1).

    Quirk: lines may end in a bare LF, as some servers write them and
    browsers accept.

    Attributes:
        data_spans: Where data lay, without its framing, in what was fed last.
    """

    __slots__ = ("_after_chunk", "_in_trailer", "_left", "_line", "_trailer_bytes", "data_spans", "done")

    def __init__(self) -> None:
        self.done = False
        self.data_spans: list[tuple[int, int]] = []
        self._left = 0
        self._line = bytearray()
        self._after_chunk = False
        self._in_trailer = False
        self._trailer_bytes = 0

    def feed(self, data: bytes) -> int:
        position = 0
        self.data_spans = []
        while position < len(data) and not self.done:
            if self._left:
                taken = min(self._left, len(data) - position)
                self.data_spans.append((position, position + taken))
                self._left -= taken
                position += taken
                continue
            position = self._feed_line(data, position)
        return position

    def _feed_line(self, data: bytes, position: int) -> int:
        end = data.find(b"\n", position)
        stop = len(data) if end < 0 else end + 1
        self._line += data[position:stop]
        if len(self._line) > _LONGEST_LINE:
            raise MalformedMessage("an overlong line in a chunked body")
        if end >= 0:
            line = bytes(self._line).removesuffix(b"\n").removesuffix(b"\r")
            self._line.clear()
            self._take_line(line)
        return stop

    def _take_line(self, line: bytes) -> None:
        if self._in_trailer:
            self._trailer_bytes += len(line)
            if self._trailer_bytes > _LONGEST_TRAILER:
                raise MalformedMessage("overlong trailers")
            self.done = not line
            return
        if self._after_chunk:
            if line:
                raise MalformedMessage("a chunk longer than its size")
            self._after_chunk = False
            return
        matched = _SIZE_LINE.fullmatch(line)
        if matched is None:
            raise MalformedMessage("a chunk size that is no number")
        self._start_chunk(int(matched[1], 16))

    def _start_chunk(self, size: int) -> None:
        if size == 0:
            self._in_trailer = True
        else:
            self._left = size
            self._after_chunk = True

    def finish_at_close(self) -> bool:
        return self.done


def body_end(framing: Framing, length: int) -> BodyEnd:
    if framing is Framing.CHUNKED:
        return ChunkedBody()
    if framing is Framing.UNTIL_CLOSE:
        return EndlessBody()
    return CountedBody(length if framing is Framing.LENGTH else 0)
