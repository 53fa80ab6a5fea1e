"""The end of a body is found however the bytes are cut into pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.captures.decoding import dechunked
from linkkeeper.captures.framing import BodyEnd, ChunkedBody, CountedBody, EndlessBody, body_end
from linkkeeper.captures.messages import Framing, MalformedMessage

CHUNKS = st.lists(st.binary(min_size=1, max_size=40), max_size=6)
CUTS = st.lists(st.integers(min_value=1, max_value=20), min_size=1, max_size=20)


def written(chunks: list[bytes], *, trailers: bytes = b"") -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return body + b"0\r\n" + trailers + b"\r\n"


def fed(body: BodyEnd, data: bytes, cuts: list[int]) -> int:
    """Feed *data* in pieces of the lengths of *cuts*, over and over; return how much was taken."""
    position = taken = 0
    while position < len(data) and not body.done:
        step = cuts[taken % len(cuts)]
        used = body.feed(data[position : position + step])
        position += used
        taken += 1
        assert used > 0, "a body that takes nothing never ends"
    return position


@given(CHUNKS, CUTS, st.binary(max_size=20))
def test_a_chunked_body_ends_where_it_ends(chunks: list[bytes], cuts: list[int], rest: bytes) -> None:
    data = written(chunks)
    body = ChunkedBody()
    assert fed(body, data + rest, cuts) == len(data)
    assert body.done
    assert dechunked(data) == b"".join(chunks)


@given(CHUNKS, CUTS)
def test_trailers_belong_to_the_body(chunks: list[bytes], cuts: list[int]) -> None:
    data = written(chunks, trailers=b"X-Sum: 1\r\nX-More: 2\r\n")
    body = ChunkedBody()
    assert fed(body, data + b"HTTP/1.1 200", cuts) == len(data)


@given(st.integers(min_value=0, max_value=200), CUTS)
def test_a_counted_body_takes_its_length(length: int, cuts: list[int]) -> None:
    body = CountedBody(length)
    assert fed(body, b"x" * (length + 50), cuts) == length
    assert body.finish_at_close()


@given(st.binary(max_size=200), CUTS)
def test_any_bytes_as_chunks_are_taken_or_refused(data: bytes, cuts: list[int]) -> None:
    body = ChunkedBody()
    try:
        fed(body, data, cuts)
    except MalformedMessage:
        return
    assert dechunked(data) is not None


@pytest.mark.parametrize("size", [b"-5", b"+5", b"0x5", b"5 5", b"", b"g", b"1" * 16, b"5\r"])
def test_a_chunk_size_that_is_no_number_is_refused(size: bytes) -> None:
    with pytest.raises(MalformedMessage):
        ChunkedBody().feed(size + b"\r\nhello\r\n0\r\n\r\n")


def test_a_chunk_longer_than_its_size_is_refused() -> None:
    with pytest.raises(MalformedMessage):
        ChunkedBody().feed(b"3\r\nhello\r\n0\r\n\r\n")


def test_endless_lines_and_trailers_are_refused() -> None:
    with pytest.raises(MalformedMessage):
        ChunkedBody().feed(b"5;" + b"a" * 20_000)
    body = ChunkedBody()
    body.feed(b"0\r\n")
    with pytest.raises(MalformedMessage):
        for _ in range(100):
            body.feed(b"X-Trailer: " + b"a" * 1_000 + b"\r\n")


def test_a_body_without_a_length_ends_with_its_connection() -> None:
    body = EndlessBody()
    assert body.feed(b"anything") == 8
    assert not body.done
    assert body.finish_at_close()


def test_a_counted_body_that_breaks_off_is_not_whole() -> None:
    body = CountedBody(5)
    body.feed(b"hel")
    assert not body.finish_at_close()


def test_each_framing_has_its_body() -> None:
    assert body_end(Framing.NONE, 0).done
    assert isinstance(body_end(Framing.CHUNKED, 0), ChunkedBody)
    assert isinstance(body_end(Framing.UNTIL_CLOSE, 0), EndlessBody)
    assert not body_end(Framing.LENGTH, 3).done
