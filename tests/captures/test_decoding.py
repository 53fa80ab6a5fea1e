"""Payloads: what a body holds under its framing and coding, within a bound."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.captures.decoding import Expansion, payload
from linkkeeper.captures.messages import read_response

MEGABYTE = 1 << 20


def head(*lines: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode("latin-1")


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(b"words", mtime=0)),
        ("x-gzip", gzip.compress(b"words", mtime=0)),
        ("deflate", zlib.compress(b"words")),
        ("deflate", zlib.compress(b"words")[2:-4]),
        ("identity", b"words"),
        ("gzip", b"words"),
    ],
)
def test_codings_are_taken_off_as_browsers_do(coding: str, packed: bytes) -> None:
    """Raw deflate and a coding that was only claimed included."""
    assert payload(read_response(head(f"Content-Encoding: {coding}")), packed, limit=100) == b"words"


def test_chunks_are_taken_off_before_the_coding() -> None:
    packed = gzip.compress(b"words", mtime=0)
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(packed), packed)
    found = payload(read_response(head("Transfer-Encoding: chunked", "Content-Encoding: gzip")), body, limit=100)
    assert found == b"words"


def test_a_payload_stays_within_its_limit() -> None:
    packed = gzip.compress(b" " * 10 * MEGABYTE, mtime=0)
    assert len(payload(read_response(head("Content-Encoding: gzip")), packed, limit=1000)) == 1000


def test_an_expansion_can_be_stopped_long_before_its_end() -> None:
    bomb = gzip.compress(b" " * 50 * MEGABYTE, mtime=0)
    totals = []
    for total in Expansion().feed(bomb):
        totals.append(total)
        if total > 3 * MEGABYTE:
            break
    assert totals == [MEGABYTE, 2 * MEGABYTE, 3 * MEGABYTE, 4 * MEGABYTE]


@given(st.binary(max_size=500))
def test_any_bytes_can_be_watched_and_decoded(data: bytes) -> None:
    assert all(total >= 0 for total in Expansion().feed(data))
    for coding in ("gzip", "deflate", "br"):
        lines = head(f"Content-Encoding: {coding}", "Transfer-Encoding: chunked")
        assert len(payload(read_response(lines), data, limit=400)) <= 400
