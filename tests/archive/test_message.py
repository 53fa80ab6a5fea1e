"""Heads and chunk framing as the wild web sends them."""

import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.archive.message import ChunkedDecoder, PayloadDigest, header_values, is_chunked, media_type_of


def framed(pieces: list[bytes], *, trailer: bytes = b"") -> bytes:
    chunks = b"".join(b"%x;note=1\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece)
    return chunks + b"0\r\n" + trailer + b"\r\n"


def cut(data: bytes, places: list[int]) -> list[bytes]:
    marks = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in itertools.pairwise(marks)]


@given(st.lists(st.binary(max_size=40)), st.lists(st.integers(min_value=0)), st.sampled_from([b"", b"X: y\r\n"]))
def test_the_payload_is_the_same_however_server_and_network_cut_it(
    pieces: list[bytes], places: list[int], trailer: bytes
) -> None:
    """RFC 9112 section 7.1: chunks, extensions and trailers carry no content."""
    decoder = ChunkedDecoder()
    payload = b"".join(decoder.feed(piece) for piece in cut(framed(pieces, trailer=trailer), places))
    assert payload == b"".join(pieces)
    assert decoder.done
    assert not decoder.broken


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1), st.integers(min_value=1))
def test_a_body_cut_off_gives_the_payload_that_arrived(pieces: list[bytes], lost: int) -> None:
    whole = framed(pieces)
    decoder = ChunkedDecoder()
    payload = decoder.feed(whole[: max(len(whole) - lost, 0)])
    assert b"".join(pieces).startswith(payload)
    assert not decoder.broken


@given(st.binary(max_size=200), st.lists(st.integers(min_value=0)))
def test_no_bytes_crash_the_decoder_and_pieces_change_nothing(data: bytes, places: list[int]) -> None:
    at_once, in_pieces = ChunkedDecoder(), ChunkedDecoder()
    whole = at_once.feed(data)
    assert b"".join(in_pieces.feed(piece) for piece in cut(data, places)) == whole or at_once.broken
    assert in_pieces.broken == at_once.broken


@pytest.mark.parametrize("body", [b"hello\r\n", b"5\r\nhelloo\r\n0\r\n\r\n", b"-5\r\nhello\r\n", b"\r\n5\r\nhello"])
def test_what_is_no_framing_is_said_to_be_broken(body: bytes) -> None:
    decoder = ChunkedDecoder()
    decoder.feed(body)
    assert decoder.broken


def test_the_digest_does_not_depend_on_the_chunks() -> None:
    digests = set()
    for pieces in ([b"hello world"], [b"hello", b" world"], [b"h", b"ello world"]):
        digest = PayloadDigest()
        digest.update(framed(pieces))
        digests.add(digest.hexdigest())
    assert digests == {hashlib.sha256(b"hello world").hexdigest()}


@pytest.mark.parametrize(
    ("head", "chunked"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding:  gzip , Chunked \r\n\r\n", True),
        (b"HTTP/1.1 200 OK\nTransfer-Encoding: gzip\nTransfer-Encoding: chunked\n\n", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nX-Transfer-Encoding: chunked\r\n\r\n", False),
    ],
)
def test_chunking_is_read_from_the_last_transfer_coding(head: bytes, chunked: bool) -> None:
    assert is_chunked(head) is chunked


def test_repeated_and_odd_header_lines_are_read_as_they_stand() -> None:
    head = b"HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nnonsense\r\nSET-COOKIE:b=\xe9\r\n\r\n"
    assert header_values(head, "Set-Cookie") == ["a=1", "b=é"]
    assert media_type_of(b"HTTP/1.1 200 OK\r\nContent-Type: Text/HTML;charset=x\r\n\r\n") == "text/html"
    assert media_type_of(b"HTTP/1.1 200 OK\r\nContent-Type:\r\n\r\n") is None
