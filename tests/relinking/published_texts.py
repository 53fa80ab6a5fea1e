"""
Texts as publishers write them, with every place of three URLs marked.

Each file of ``published/`` begins with its encoding, line ends, byte order
mark and URLs; then comes the text. ``⟦1⟧`` stands for the first URL where it is
a citation, ``⟦-1⟧`` where it is none (navigation, code, metadata, another URL's
beginning), ``⟦~1⟧`` where a repair is refused; ``⟦1|…⟧`` is written in another way.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "published"
_MARK = re.compile(r"⟦(?P<kind>[-~]?)(?P<number>\d)(?:\|(?P<written>[^⟧]*))?⟧", re.S)
_MARKS = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A place of a URL: *kind* is empty for a citation, ``-`` for none, ``~`` for a refused one."""

    kind: str
    url: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Published:
    name: str
    data: bytes
    urls: tuple[str, ...]
    marks: tuple[Mark, ...]


def published(*, other_line_ends: bool = False) -> Iterator[Published]:
    for path in sorted(FOLDER.iterdir()):
        yield _read(path, other_line_ends=other_line_ends)


def _read(path: Path, *, other_line_ends: bool) -> Published:
    head, _, text = path.read_bytes().decode().partition("\n\n")
    fields = dict(line.split(": ", 1) for line in head.split("\n"))
    urls = tuple(fields[key] for key in sorted(fields) if key.isdigit())
    encoding = fields["encoding"]
    if (fields["line ends"] == "CRLF") is not other_line_ends:
        text = text.replace("\n", "\r\n")
    data = bytearray(_MARKS[encoding] if fields["byte order mark"] == "yes" else b"")
    marks: list[Mark] = []
    position = 0
    for found in _MARK.finditer(text):
        url = urls[int(found["number"]) - 1]
        data += text[position : found.start()].encode(encoding)
        start = len(data)
        data += (url if found["written"] is None else found["written"]).encode(encoding)
        marks.append(Mark(found["kind"], url, start, len(data)))
        position = found.end()
    data += text[position:].encode(encoding)
    return Published(path.name, bytes(data), urls, tuple(marks))
