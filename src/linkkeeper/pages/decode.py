"""
Bytes to text as browsers do it, with the way back: every character knows its byte.

Source: WHATWG Encoding Standard (labels) and HTML Standard 13.2.3.2 (order:
byte order mark, transport, ``<meta>`` in the first 1,024 bytes).
"""

import codecs
import re
from array import array
from bisect import bisect_right
from dataclasses import dataclass, replace

from linkkeeper.vocabulary.edition import Span

_CHUNK = 512

#: WHATWG encoding to the codec that reads it; what is not here is read as windows-1252.
_CODECS = {
    "utf-8": "utf-8",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "ibm866": "cp866",
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
    "macintosh": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "windows-874": "cp874",
    **{f"windows-{number}": f"cp{number}" for number in range(1250, 1259)},
    **{f"iso-8859-{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
}
_BY_CODEC = {codecs.lookup(codec).name: name for name, codec in _CODECS.items()}
#: Labels that mean another encoding on the web than their name says.
_LABELS = {
    **dict.fromkeys(("ascii", "us-ascii", "latin1", "iso-8859-1", "iso8859-1", "x-user-defined"), "windows-1252"),
    **dict.fromkeys(("iso-8859-9", "latin5", "iso8859-9"), "windows-1254"),
    **dict.fromkeys(("iso-8859-11", "tis-620", "iso8859-11"), "windows-874"),
    **dict.fromkeys(("gb2312", "gbk", "gb_2312-80", "x-gbk", "hz"), "gb18030"),
    **dict.fromkeys(("shift-jis", "sjis", "x-sjis", "windows-31j", "ms_kanji"), "shift_jis"),
    **dict.fromkeys(("ks_c_5601-1987", "ksc5601", "korean", "windows-949"), "euc-kr"),
    **dict.fromkeys(("big5", "big5-hkscs", "x-x-big5"), "big5"),
    **dict.fromkeys(("utf-16", "ucs-2", "unicode"), "utf-16le"),
    "unicode-1-1-utf-8": "utf-8",
}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16le"),
    (codecs.BOM_UTF16_BE, "utf-16be"),
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.\-]+)", re.I)
_META = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.\-]+)", re.I)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9_:.\-]+)")
_ESCAPED = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """
    A text and its bytes.

    Attributes:
        text: One lone surrogate for each byte that could not be decoded, so
            that no position is lost; :func:`printable` replaces them.
        encoding: By its WHATWG name, lower case.
    """

    text: str
    encoding: str
    _base: int
    _step: int
    _starts: "array[int]"

    def byte(self, index: int) -> int:
        """Return the offset of the byte where character *index* starts (or where the text ends)."""
        if not self._starts:
            return self._base + index
        chunk = index // self._step
        start = chunk * self._step
        return self._starts[chunk] + (self._length(self.text[start:index]) if start < index else 0)

    def _length(self, piece: str) -> int:
        """Return how many bytes stand for *piece*."""
        return len(piece) if piece.isascii() and self.encoding == "utf-8" else len(_encode(piece, self.encoding))

    def index(self, byte: int) -> int:
        """Return the character that holds the byte at offset *byte*; the inverse of :meth:`byte`."""
        if not self._starts:
            return max(0, byte - self._base)
        chunk = max(0, bisect_right(self._starts, byte) - 1)
        low = chunk * self._step
        high = min(low + self._step, len(self.text))
        while low < high:
            middle = (low + high + 1) // 2
            if self.byte(middle) <= byte:
                low = middle
            else:
                high = middle - 1
        return low

    def without_text(self) -> "Decoded":
        """Return the same, without its text where the bytes are told without it: each character is one."""
        return self if self._starts else replace(self, text="")

    def span(self, start: int, end: int) -> Span:
        """Return the bytes of ``text[start:end]``."""
        first = self.byte(start)
        if end - start >= self._step or not self._starts:
            return Span(first, self.byte(end))
        return Span(first, first + self._length(self.text[start:end]))


def decode(data: bytes, *, declared_type: str | None = None, markup: bool = False) -> Decoded:
    """
    Decode *data* as a browser would; never fails.

    Args:
        declared_type: Media type with charset, as the carrier named it.
        markup: Also ask the document itself (``<meta>``, XML declaration).
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _decoded(data, encoding, len(mark))
    return _decoded(data, encoding_of(data, declared_type=declared_type, markup=markup), 0)


def encoding_of(data: bytes, *, declared_type: str | None = None, markup: bool = False) -> str:
    """Return the WHATWG name of the encoding that :func:`decode` would read *data* with."""
    marked = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), None)
    return marked or _named_in(declared_type) or (_inside(data) if markup else None) or _guess(data)


def codec_of(encoding: str) -> str:
    """Return the name under which Python knows a WHATWG encoding."""
    return _CODECS.get(encoding.lower(), encoding)


def in_characters(text: str) -> Decoded:
    """Wrap a text that is decoded already: its places are characters."""
    return Decoded(text, "utf-8", 0, _CHUNK, array("Q"))


def printable(text: str) -> str:
    """Replace what stands for undecodable bytes by U+FFFD, so that the text can be encoded."""
    return _ESCAPED.sub("\ufffd", text) if not text.isascii() else text


def _named_in(declared_type: str | None) -> str | None:
    match = _CHARSET.search(declared_type or "")
    return _encoding_of(match.group(1)) if match else None


def _inside(data: bytes) -> str | None:
    match = _META.search(data, 0, 1024) or _XML.search(data, 0, 256)
    name = _encoding_of(match.group(1).decode("ascii")) if match else None
    # What could be read as ASCII so far can't be UTF-16, whatever it says.
    return "utf-8" if name and name.startswith("utf-16") else name


def _encoding_of(label: str) -> str | None:
    name = label.strip().lower()
    if name in _LABELS or name in _CODECS:
        return _LABELS.get(name, name)
    try:
        return _BY_CODEC.get(codecs.lookup(name).name)
    except LookupError:
        return None


def _guess(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        # A multi-byte character cut off at the very end is damage, not another encoding.
        return "utf-8" if error.start >= len(data) - 3 and error.start > 0 else "windows-1252"
    return "utf-8"


def _errors(encoding: str) -> str:
    return "surrogatepass" if encoding.startswith("utf-16") else "surrogateescape"


def _encode(text: str, encoding: str) -> bytes:
    return text.encode(_CODECS[encoding], _errors(encoding))


def _decoded(data: bytes, encoding: str, base: int) -> Decoded:
    body = data[base:] if base else data
    if encoding.startswith("utf-16") and len(body) % 2:
        body = body[:-1]
    if encoding == "iso-2022-jp":
        return _bytewise(body, encoding, base)
    text = body.decode(_CODECS[encoding], _errors(encoding))
    if len(text) == len(body):
        return Decoded(text, encoding, base, _CHUNK, array("Q"))
    starts = array("Q")
    offset = base
    try:
        for index in range(0, len(text), _CHUNK):
            starts.append(offset)
            offset += len(_encode(text[index : index + _CHUNK], encoding))
    except UnicodeEncodeError:
        return _bytewise(body, encoding, base)
    if encoding != "utf-8" and _encode(text, encoding) != body:
        return _bytewise(body, encoding, base)
    if len(text) % _CHUNK == 0:
        starts.append(offset)
    return Decoded(text, encoding, base, _CHUNK, starts)


def _bytewise(body: bytes, encoding: str, base: int) -> Decoded:
    """
    Decode byte by byte, keeping a place for each character.

    Quirk: legacy East Asian encodings map several byte sequences to one
    character, and ISO-2022-JP keeps a state, so encoding back can't count.
    """
    decoder = codecs.getincrementaldecoder(_CODECS[encoding])("replace")
    starts = array("Q")
    pieces: list[str] = []
    begin = 0
    for position in range(len(body)):
        piece = decoder.decode(body[position : position + 1])
        starts.extend([base + begin] * len(piece))
        pieces.append(piece)
        if piece:
            begin = position + 1
    last = decoder.decode(b"", True)
    starts.extend([base + begin] * len(last))
    starts.append(base + len(body))
    return Decoded("".join(pieces) + last, encoding, base, 1, starts)
