"""Text as a reader sees it, each character knowing where it came from in the source."""

from array import array
from bisect import bisect_right
from dataclasses import dataclass, field


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
    _length: int = 0
    _at: "array[int]" = field(default_factory=_numbers)
    _from: "array[int]" = field(default_factory=_numbers)
    _to: "array[int]" = field(default_factory=_numbers)
    _text: str | None = None

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = "".join(self._parts)
            self._parts = [self._text]
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
            self._from.append(start)
            self._to.append(end)
            self._parts.append(value)
            self._length += len(value)
            self._text = None

    def append(self, other: "Flat") -> None:
        """Append all of *other*, of the same source."""
        for index, at in enumerate(other._at):
            self.put(other.text[at : other._stop(index)], other._from[index], other._to[index])

    def _stop(self, piece: int) -> int:
        return self._at[piece + 1] if piece + 1 < len(self._at) else self._length

    def _is_copied(self, piece: int) -> bool:
        return self._stop(piece) - self._at[piece] == self._to[piece] - self._from[piece]

    def ends_with_space(self) -> bool:
        """Tell whether more white space would show nothing."""
        return not self._parts or self._parts[-1].endswith((" ", "\n"))

    def tail(self) -> str:
        """Return the last few characters, or more."""
        return "".join(self._parts[-3:])[-20:]

    def ends_with_paragraph(self) -> bool:
        return not self._parts or self._parts[-1].endswith("\n\n")

    def source_start(self, index: int) -> int:
        """Return where in the source the character *index* starts."""
        piece = max(0, bisect_right(self._at, index) - 1)
        return self._from[piece] + (index - self._at[piece] if self._is_copied(piece) else 0)

    def source_end(self, index: int) -> int:
        """Return where in the source the text before *index* ends (*index* at least 1)."""
        piece = max(0, bisect_right(self._at, index - 1) - 1)
        return self._from[piece] + index - self._at[piece] if self._is_copied(piece) else self._to[piece]

    def source_range(self, start: int, end: int) -> tuple[int, int]:
        """Return the stretch of the source that ``text[start:end]`` came from; *start* < *end*."""
        return self.source_start(start), self.source_end(end)
