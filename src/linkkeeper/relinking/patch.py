"""Patches: a plan as a unified diff that ``patch`` and ``git apply`` take, byte for byte."""

from collections.abc import Sequence
from dataclasses import dataclass

_CONTEXT = 3


@dataclass(frozen=True, slots=True)
class Change:
    """Bytes ``start..end`` of the old text and what replaces them."""

    start: int
    end: int
    after: bytes


@dataclass(frozen=True, slots=True)
class _Block:
    """Old lines ``first..last`` and the new lines in their place; *shift* is how many lines were added before."""

    first: int
    last: int
    new: tuple[bytes, ...]


def unified(before: bytes, changes: Sequence[Change], *, name: str) -> bytes:
    """
    Write the diff of one file.

    Args:
        changes: Ascending, not overlapping.
        name: As it stands after ``a/`` and ``b/``.

    Returns:
        Empty when nothing changes.
    """
    if not changes:
        return b""
    lines = _lines(before)
    starts = _starts(lines)
    blocks = _blocks(before, changes, lines, starts)
    head = f"--- a/{name}\n+++ b/{name}\n".encode("utf-8", "surrogateescape")
    pieces = [head]
    shift = 0
    for hunk in _hunks(blocks):
        piece, grown = _hunk(hunk, lines, shift)
        pieces.append(piece)
        shift += grown
    return b"".join(pieces)


def _lines(data: bytes) -> list[bytes]:
    """Lines end at LF alone, as ``diff`` sees them; a CR belongs to its line."""
    pieces = data.split(b"\n")
    return [piece + b"\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def _starts(lines: Sequence[bytes]) -> list[int]:
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    return starts


def line_at(data: bytes, position: int) -> int:
    """The number, from 1, of the line that holds the byte at *position*."""
    return data.count(b"\n", 0, position) + 1


def _blocks(before: bytes, changes: Sequence[Change], lines: Sequence[bytes], starts: Sequence[int]) -> list[_Block]:
    """Changes that touch the same lines make one block."""
    grouped: list[tuple[int, int, list[Change]]] = []
    index = 0
    for change in changes:
        while index + 1 < len(lines) and starts[index + 1] <= change.start:
            index += 1
        last = index
        while last + 1 < len(lines) and starts[last + 1] < change.end:
            last += 1
        if grouped and grouped[-1][1] >= index:
            first, _, group = grouped.pop()
            grouped.append((first, last, [*group, change]))
        else:
            grouped.append((index, last, [change]))
    return [_Block(first, last, _renewed(before, starts, first, last, group)) for first, last, group in grouped]


def _renewed(
    before: bytes, starts: Sequence[int], first: int, last: int, changes: Sequence[Change]
) -> tuple[bytes, ...]:
    pieces: list[bytes] = []
    position = starts[first]
    for change in changes:
        pieces += [before[position : change.start], change.after]
        position = change.end
    pieces.append(before[position : starts[min(last + 1, len(starts) - 1)]])
    return tuple(_lines(b"".join(pieces)))


def _hunks(blocks: Sequence[_Block]) -> list[list[_Block]]:
    hunks: list[list[_Block]] = []
    for block in blocks:
        if hunks and block.first - hunks[-1][-1].last <= 2 * _CONTEXT + 1:
            hunks[-1].append(block)
        else:
            hunks.append([block])
    return hunks


def _hunk(blocks: Sequence[_Block], lines: Sequence[bytes], shift: int) -> tuple[bytes, int]:
    start = max(0, blocks[0].first - _CONTEXT)
    end = min(len(lines), blocks[-1].last + 1 + _CONTEXT)
    body: list[bytes] = []
    position = start
    grown = 0
    for block in blocks:
        body += [_line(b" ", line) for line in lines[position : block.first]]
        body += [_line(b"-", line) for line in lines[block.first : block.last + 1]]
        body += [_line(b"+", line) for line in block.new]
        grown += len(block.new) - (min(block.last + 1, len(lines)) - block.first)
        position = block.last + 1
    body += [_line(b" ", line) for line in lines[position:end]]
    count = end - start
    head = f"@@ -{start + 1},{count} +{start + 1 + shift},{count + grown} @@\n".encode("ascii")
    return head + b"".join(body), grown


def _line(mark: bytes, line: bytes) -> bytes:
    return mark + line if line.endswith(b"\n") else mark + line + b"\n\\ No newline at end of file\n"
