"""
Answers whose head has lines that are no header fields.

Scripts that print before their header, and proxies that break a line in two,
make such heads; every browser passes the lines over and shows the page. A
reader that refuses the whole answer would take a living source for a broken one.
"""

import re

FIELD_LINE = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:")
#: Lines that say where the body ends are never passed over, whatever stands around their name.
FRAMING_LINE = re.compile(rb"[^a-z]*(?:content-length|transfer-encoding)", re.IGNORECASE)
_SPACED_NAME = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]+(?=:)")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_INTERIM = re.compile(rb"HTTP/1\.[01] 1(?!01)[0-9]{2}")
_MOST_HEADS = 20
_BLANKS = (b" ", b"\t")


def with_trimmed_name(line: bytes) -> bytes:
    """A field line without blanks before its colon, as browsers read it; a framing field keeps them, to be refused."""
    spaced = None if FRAMING_LINE.match(line) else _SPACED_NAME.match(line)
    return line if spaced is None else spaced[1] + line[spaced.end() :]


def without_stray_lines(received: bytes) -> bytes:
    """
    Return an answer without the lines of its head that are no fields.

    Folded lines stay with their field or go with what they continue. Heads of
    interim answers before the answer's own are treated alike.
    """
    heads: list[bytes] = []
    rest = received
    while (end := _HEAD_END.search(rest)) is not None:
        head, rest = rest[: end.end()], rest[end.end() :]
        heads.append(_cleaned(head))
        if not _INTERIM.match(head) or len(heads) > _MOST_HEADS:
            break
    return b"".join([*heads, rest])


def _cleaned(head: bytes) -> bytes:
    start, *rest = head.split(b"\n")
    kept, keep = [start], False
    for written in rest:
        line = with_trimmed_name(written)
        if not line.startswith(_BLANKS) or not line.strip():
            keep = not line.strip() or bool(FIELD_LINE.match(line))
        keep = keep or bool(FRAMING_LINE.match(line))
        if keep:
            kept.append(line)
    return b"\n".join(kept)
