"""
HTTP/1.1 message heads: read strictly, forwarded and recorded exactly.

Whatever two readers of one message could take differently (request smuggling)
is refused rather than guessed at: differing lengths, a length beside a transfer
coding, a field about the body that is folded or written oddly. Other folded and
stray lines of an answer are forwarded and recorded as they came and mean nothing
here; no browser would refuse its page. Source: RFC 9112 sections 2.2, 5 and 6.3.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from linkkeeper.egress.heads import FIELD_LINE, FRAMING_LINE, with_trimmed_name

_REQUEST_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) (\S+) (HTTP/1\.[01])")
_STATUS_LINE = re.compile(rb"(HTTP/1\.[01]) ([1-9][0-9]{2})(?:[ \t].*)?", re.DOTALL)
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*", re.DOTALL)
_BLANKS = (b" ", b"\t")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
#: pywb shows no zstd, ReplayWeb.page neither zstd nor deflate; br broke readers of WARCs; of others nobody knows.
_READABLE_CODINGS = frozenset({b"gzip", b"identity"})
_REFUSED_CODING = re.compile(rb".*;[ \t]*q=0(?:\.0*)?", re.DOTALL | re.IGNORECASE)


class MalformedMessage(Exception):
    """A message that is refused; the argument says why, in an editor's words."""


class HeadTooLarge(MalformedMessage):
    """A message head larger than ``max_header_bytes``."""

    def __init__(self) -> None:
        super().__init__("a message head larger than max_header_bytes")


class Framing(Enum):
    """How the end of a body is found."""

    NONE = "none"
    LENGTH = "length"
    CHUNKED = "chunked"
    UNTIL_CLOSE = "until close"


@dataclass(frozen=True, slots=True)
class Head:
    """
    A start line and header lines.

    Attributes:
        raw: As received, with the empty line.
        start: The start line without its end.
        fields: Names and values, in order, values stripped of outer blanks.
    """

    raw: bytes
    start: bytes
    fields: tuple[tuple[bytes, bytes], ...]

    def values(self, name: bytes) -> list[bytes]:
        """All values of *name* (lower case), in order."""
        return [value for key, value in self.fields if key.lower() == name]

    def first(self, name: bytes) -> bytes | None:
        values = self.values(name)
        return values[0] if values else None

    def text(self, name: bytes) -> str:
        """The first value of *name* as Latin-1; empty where there is none."""
        return (self.first(name) or b"").decode("latin-1")

    def text_fields(self) -> tuple[tuple[str, str], ...]:
        return tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in self.fields)


@dataclass(frozen=True, slots=True)
class RequestHead(Head):
    method: str
    target: str
    version: str


@dataclass(frozen=True, slots=True)
class ResponseHead(Head):
    version: str
    status: int

    @property
    def media_type(self) -> str:
        return self.text(b"content-type").split(";")[0].strip().lower()

    @property
    def is_redirect(self) -> bool:
        return self.status in (301, 302, 303, 307, 308) and self.first(b"location") is not None


def head_end(buffer: bytes | bytearray, *, start: int = 0) -> int:
    """Index just after the empty line; -1 while the head is not whole."""
    found = _HEAD_END.search(buffer, max(0, start - 3))
    return found.end() if found else -1


def _lines(raw: bytes) -> Iterator[bytes]:
    for line in raw.split(b"\n"):
        yield line.removesuffix(b"\r")


def _fields(lines: list[bytes]) -> tuple[tuple[bytes, bytes], ...]:
    fields = []
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            raise MalformedMessage("a folded header line")
        if b"\r" in line or b"\0" in line:
            raise MalformedMessage("a control character in a header line")
        matched = _FIELD.fullmatch(line)
        if matched is None:
            raise MalformedMessage("a header line without a proper name")
        fields.append((matched[1], matched[2]))
    return tuple(fields)


def _lenient(lines: list[bytes]) -> list[bytes]:
    """The lines of an answer, unfolded; stray ones are gone."""
    unfolded: list[bytes] = []
    for line in lines:
        if b"\r" in line or b"\0" in line:
            raise MalformedMessage("a control character in a header line")
        if not line.startswith(_BLANKS):
            unfolded.append(with_trimmed_name(line))
        elif not unfolded or FRAMING_LINE.match(unfolded[-1]):
            raise MalformedMessage("a folded header line")
        else:
            unfolded[-1] += b" " + line.strip()
    return [line for line in unfolded if FIELD_LINE.match(line) or FRAMING_LINE.match(line)]


def _split(raw: bytes) -> tuple[bytes, list[bytes]]:
    first, *rest = (line for line in _lines(raw))
    while rest and not rest[-1]:
        rest.pop()
    return first, rest


def read_request(raw: bytes) -> RequestHead:
    """
    Read a request head.

    Raises:
        MalformedMessage: not HTTP/1.x, or of a shape that is refused.
    """
    start, rest = _split(raw)
    matched = _REQUEST_LINE.fullmatch(start)
    if matched is None:
        raise MalformedMessage("not an HTTP/1.1 request line")
    method, target, version = (part.decode("ascii", "replace") for part in matched.groups())
    return RequestHead(raw, start, _fields(rest), method, target, version)


def read_response(raw: bytes) -> ResponseHead:
    """
    Read a response head.

    Raises:
        MalformedMessage: not HTTP/1.x, or of a shape that is refused.
    """
    start, rest = _split(raw)
    matched = _STATUS_LINE.fullmatch(start)
    if matched is None:
        raise MalformedMessage("not an HTTP/1.1 status line")
    return ResponseHead(raw, start, _fields(_lenient(rest)), matched[1].decode("ascii"), int(matched[2]))


def _content_length(head: Head) -> int | None:
    lengths = {part.strip() for value in head.values(b"content-length") for part in value.split(b",")}
    if not lengths:
        return None
    if len(lengths) > 1:
        raise MalformedMessage("differing Content-Length values")
    (length,) = lengths
    if not length.isdigit() or len(length) > 18:
        raise MalformedMessage("a Content-Length that is no number")
    return int(length)


def _is_chunked(head: Head, *, version: str) -> bool:
    codings = head.values(b"transfer-encoding")
    if not codings:
        return False
    if len(codings) > 1 or codings[0].lower() != b"chunked":
        raise MalformedMessage("a Transfer-Encoding other than chunked")
    if version == "HTTP/1.0":
        raise MalformedMessage("a Transfer-Encoding in HTTP/1.0")
    return True


def _declared(head: Head, *, version: str) -> tuple[Framing, int] | None:
    length = _content_length(head)
    if _is_chunked(head, version=version):
        if length is not None:
            raise MalformedMessage("both Content-Length and Transfer-Encoding")
        return Framing.CHUNKED, 0
    return None if length is None else (Framing.LENGTH, length)


def request_framing(head: RequestHead) -> tuple[Framing, int]:
    """
    How the body of a request ends, and its length where that is declared.

    Raises:
        MalformedMessage: see the module.
    """
    return _declared(head, version=head.version) or (Framing.NONE, 0)


def response_framing(head: ResponseHead, *, method: str) -> tuple[Framing, int]:
    """
    How the body of a response to *method* ends; the same as :func:`request_framing`.

    Source: RFC 9112 section 6.3.
    """
    declared = _declared(head, version=head.version)
    if method == "HEAD" or head.status in (204, 304) or head.status < 200:
        return Framing.NONE, 0
    return declared or (Framing.UNTIL_CLOSE, 0)


def closes(head: RequestHead | ResponseHead) -> bool:
    """True if the connection ends with this message (RFC 9112 section 9.3)."""
    tokens = {token.strip().lower() for value in head.values(b"connection") for token in value.split(b",")}
    if b"close" in tokens:
        return True
    return head.version == "HTTP/1.0" and b"keep-alive" not in tokens


def without_fields(head: Head, names: frozenset[bytes]) -> bytes:
    """The raw head without the lines of *names* (lower case); every other byte as it was."""
    if not any(key.lower() in names for key, _ in head.fields):
        return head.raw
    kept, keep = [], True
    for line in head.raw.split(b"\n"):
        # A folded line goes with what it continues.
        if not line.startswith(_BLANKS):
            keep = line.partition(b":")[0].lower() not in names
        if keep:
            kept.append(line)
    return b"\n".join(kept)


def _unreadable_offers(value: bytes) -> frozenset[bytes]:
    """What Accept-Encoding offers besides gzip and identity; a coding of weight 0 is refused, not offered."""
    offers = {offer.strip() for offer in value.split(b",")} - {b""}
    return frozenset(
        offer
        for offer in offers
        if offer.partition(b";")[0].strip().lower() not in _READABLE_CODINGS and not _REFUSED_CODING.fullmatch(offer)
    )


def _without_offers(value: bytes, unwanted: frozenset[bytes]) -> bytes:
    kept = [offer for part in value.split(b",") if (offer := part.strip()) and offer not in unwanted]
    # Where nothing but refusals is left, "*" may be among them.
    return b", ".join(kept) if any(not _REFUSED_CODING.fullmatch(offer) for offer in kept) else b"identity"


def for_origin(head: RequestHead, *, target: str) -> bytes:
    """
    The request head as the origin gets it, which is also how it is recorded.

    Only three things change: the request target, lines meant for us
    (``Proxy-*``), and what Accept-Encoding offers besides gzip, which not
    every replay tool can show.
    """
    lines = [f"{head.method} {target} {head.version}".encode("latin-1")]
    for line in _split(head.raw)[1]:
        name, _, value = line.partition(b":")
        lowered = name.lower()
        if lowered in (b"proxy-authorization", b"proxy-connection"):
            continue
        if lowered == b"accept-encoding" and (unwanted := _unreadable_offers(value)):
            line = name + b": " + _without_offers(value, unwanted)
        lines.append(line)
    return b"\r\n".join(lines) + b"\r\n\r\n"
