"""Text as a reader sees it, each character knowing where it came from in the source."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

#: Small strings cost several times their letters: so many are put together.
_MAX_PARTS = 256


def _numbers() -> "array[int]":
    return array("I")


@dataclass(slots=True)
class Flat:
    """
    Text taken from a source in pieces, with the way back.

    A piece is either copied character by character or stands as a whole for
    a stretch of the source (an entity, an escape, a tag that breaks a line).
    """

    _parts: list[str] = field(default_factory=list)
    _chunks: list[str] = field(default_factory=list)
    _last: str = ""
    _length: int = 0
    #: Of each piece its place in the text; and from where to where it stood in the source, two numbers a piece.
    _at: "array[int]" = field(default_factory=_numbers)
    _places: "array[int]" = field(default_factory=_numbers)
    _text: str | None = None

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = "".join([*self._chunks, *self._parts])
            self._chunks, self._parts = [self._text], []
        return self._text

    def __len__(self) -> int:
        return self._length

    def copy(self, source: str, start: int, end: int) -> None:
        """Append ``source[start:end]`` as it is."""
        if start < end:
            self.put(source[start:end], start, end)

    def put(self, value: str, start: int, end: int) -> None:
        """Append *value*, which stands for the source from *start* to *end*; character for character if as long."""
        if value:
            self._at.append(self._length)
            self._places.append(start)
            self._places.append(end)
            self._parts.append(value)
            if len(self._parts) >= _MAX_PARTS:
                self._chunks.append("".join(self._parts))
                self._parts.clear()
            self._last = value
            self._length += len(value)
            self._text = None

    def append(self, other: "Flat") -> None:
        """Append all of *other*, of the same source."""
        for piece, at in enumerate(other._at):
            self.put(other.text[at : other._stop(piece)], *other._places[2 * piece : 2 * piece + 2])

    def _stop(self, piece: int) -> int:
        return self._at[piece + 1] if piece + 1 < len(self._at) else self._length

    def _piece(self, index: int) -> int:
        """Return which piece the character *index* belongs to."""
        return max(0, bisect_right(self._at, index) - 1)

    def ends_with_space(self) -> bool:
        """Tell whether more white space would show nothing."""
        return not self._length or self._last.endswith((" ", "\n"))

    def tail(self) -> str:
        """Return the last few characters, or more."""
        before = self._chunks[-1][-20:] if self._chunks and len(self._parts) < 3 else ""
        return (before + "".join(self._parts[-3:]))[-20:]

    def ends_with_number(self, around: str) -> bool:
        """Tell, roughly, whether the last piece ends with a digit, or holds nothing but what may stand *around* it."""
        shown = self._last.rstrip(around)
        return not shown or shown[-1].isdecimal()

    def ends_with_paragraph(self) -> bool:
        return not self._length or self._last.endswith("\n\n")

    def source_start(self, index: int) -> int:
        """Return where in the source the character *index* starts."""
        piece = self._piece(index)
        at, start, end = self._at[piece], self._places[2 * piece], self._places[2 * piece + 1]
        return start + index - at if self._stop(piece) - at == end - start else start

    def source_end(self, index: int) -> int:
        """Return where in the source the text before *index* ends (*index* at least 1)."""
        piece = self._piece(index - 1)
        at, start, end = self._at[piece], self._places[2 * piece], self._places[2 * piece + 1]
        return start + index - at if self._stop(piece) - at == end - start else end

    def places(self, positions: Iterable[int]) -> Iterator[int]:
        """Yield where in the text each of some places of the source stands, or what follows it; in any order."""
        starts = self._places[::2]
        for position in positions:
            piece = max(0, bisect_right(starts, position) - 1)
            yield min(self._at[piece] + max(0, position - starts[piece]), self._stop(piece)) if len(starts) else 0

    def source_range(self, start: int, end: int) -> tuple[int, int]:
        """Return the stretch of the source that ``text[start:end]`` came from; *start* < *end*."""
        piece = self._piece(start)
        stop = self._stop(piece)
        if end > stop:
            return self.source_start(start), self.source_end(end)
        at, first, last = self._at[piece], self._places[2 * piece], self._places[2 * piece + 1]
        return (first + start - at, first + end - at) if stop - at == last - first else (first, last)
