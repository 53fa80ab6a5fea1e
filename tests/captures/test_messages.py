"""Message heads: read strictly, passed on exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.captures.messages import (
    Framing,
    MalformedMessage,
    closes,
    for_origin,
    head_end,
    read_request,
    read_response,
    request_framing,
    response_framing,
    without_fields,
)

SMUGGLING = {
    "two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n",
    "listed lengths": b"Content-Length: 5, 6\r\n",
    "signed length": b"Content-Length: +5\r\n",
    "length in hexadecimal": b"Content-Length: 0x5\r\n",
    "length without digits": b"Content-Length: \r\n",
    "length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "two codings": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "coding after chunked": b"Transfer-Encoding: chunked, identity\r\n",
    "unknown coding": b"Transfer-Encoding: xchunked\r\n",
}
MALFORMED = {
    "folded length": b"Content-Length: 5\r\n 6\r\n",
    "folded coding": b"Transfer-Encoding:\r\n chunked\r\n",
    "fold without a field": b" 5\r\n",
    "blank before colon": b"Content-Length : 5\r\n",
    "no colon": b"Content-Length\r\n",
    "bare carriage return": b"X-A: one\rX-B: two\r\n",
    "null": b"X-A: on\x00e\r\n",
}


def response(fields: bytes, *, start: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return start + b"\r\n" + fields + b"\r\n"


@pytest.mark.parametrize("shape", SMUGGLING)
def test_a_body_whose_end_two_readers_could_see_differently_is_refused(shape: str) -> None:
    with pytest.raises(MalformedMessage):
        response_framing(read_response(response(SMUGGLING[shape])), method="GET")
    with pytest.raises(MalformedMessage):
        request_framing(read_request(response(SMUGGLING[shape], start=b"POST / HTTP/1.1")))


@pytest.mark.parametrize("shape", MALFORMED)
def test_a_head_of_doubtful_shape_is_refused(shape: str) -> None:
    with pytest.raises(MalformedMessage):
        read_response(response(MALFORMED[shape]))


STRAY = b"PHP Warning: no such file\r\n more of it\r\nno colon\r\n: no name\r\nX Y: blank\r\n"


def test_lines_of_an_answer_that_are_no_fields_mean_nothing_and_are_forwarded() -> None:
    """Browsers pass them over, and join folded ones."""
    fields = b"Link: </a.css>;\r\n rel=preload\r\n" + STRAY + b"X-Long: one\r\n\ttwo\r\nContent-Length: 2\r\n"
    head = read_response(response(fields))
    assert head.fields == ((b"Link", b"</a.css>; rel=preload"), (b"X-Long", b"one two"), (b"Content-Length", b"2"))
    assert head.raw == response(fields)
    without = without_fields(head, frozenset({b"link"}))
    assert without == response(STRAY + b"X-Long: one\r\n\ttwo\r\nContent-Length: 2\r\n")


def test_blanks_before_a_colon_are_no_part_of_the_name() -> None:
    """Browsers trim them; what tells the end of a body is refused instead."""
    head = read_response(response(b"Location : /moved\r\nContent-Type\t: text/html\r\nContent-Length: 2\r\n"))
    assert (head.text(b"location"), head.media_type) == ("/moved", "text/html")
    with pytest.raises(MalformedMessage):
        read_response(response(b"Content-Length : 2\r\n"))


def test_a_request_with_such_lines_is_refused() -> None:
    for line in (b"Host : a.example\r\n", b"X-Long: one\r\n two\r\n", b"no colon\r\n", b"X Y: blank\r\n"):
        with pytest.raises(MalformedMessage):
            read_request(response(line, start=b"GET / HTTP/1.1"))


@pytest.mark.parametrize(
    "start", [b"HTTP/2 200 OK", b"HTTP/1.1 20 OK", b"HTTP/1.1 099 No", b"SSH-2.0-OpenSSH", b"", b"HTTP/1.1  200 OK"]
)
def test_what_is_not_http_1_is_refused(start: bytes) -> None:
    with pytest.raises(MalformedMessage):
        read_response(response(b"", start=start))


def test_chunks_in_http_1_0_are_refused() -> None:
    with pytest.raises(MalformedMessage):
        response_framing(
            read_response(response(b"Transfer-Encoding: chunked\r\n", start=b"HTTP/1.0 200 OK")), method="GET"
        )


@pytest.mark.parametrize(
    ("fields", "method", "status", "expected"),
    [
        (b"Content-Length: 5\r\n", "GET", b"200", (Framing.LENGTH, 5)),
        (b"Content-Length: 5\r\nContent-Length: 5\r\n", "GET", b"200", (Framing.LENGTH, 5)),
        (b"Content-Length: 5, 5\r\n", "GET", b"200", (Framing.LENGTH, 5)),
        (b"Transfer-Encoding: Chunked\r\n", "GET", b"200", (Framing.CHUNKED, 0)),
        (b"", "GET", b"200", (Framing.UNTIL_CLOSE, 0)),
        (b"Content-Length: 5\r\n", "HEAD", b"200", (Framing.NONE, 0)),
        (b"Content-Length: 5\r\n", "GET", b"304", (Framing.NONE, 0)),
        (b"", "GET", b"204", (Framing.NONE, 0)),
        (b"", "GET", b"101", (Framing.NONE, 0)),
    ],
)
def test_the_end_of_a_body_is_found_as_the_standard_says(
    fields: bytes, method: str, status: bytes, expected: tuple[Framing, int]
) -> None:
    """RFC 9112 section 6.3."""
    head = read_response(response(fields, start=b"HTTP/1.1 " + status + b" Any"))
    assert response_framing(head, method=method) == expected


def test_bare_line_feeds_and_a_missing_reason_are_accepted_as_browsers_do() -> None:
    head = read_response(b"HTTP/1.1 200\nContent-Type: text/html\n\n")
    assert (head.status, head.media_type) == (200, "text/html")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nConnection: keep-alive, Close\r\n\r\n", True),
        (b"HTTP/1.0 200 OK\r\n\r\n", True),
        (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n\r\n", False),
    ],
)
def test_when_a_connection_ends(raw: bytes, expected: bool) -> None:
    assert closes(read_response(raw)) is expected


REQUEST = (
    b"GET http://www.example/a?b=c HTTP/1.1\r\nHost: www.example\r\nproxy-Connection: keep-alive\r\n"
    b"Proxy-Authorization: Basic c2VjcmV0\r\nX-Odd:   two  blanks \r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\r\n"
)


def test_a_request_goes_on_with_only_what_must_change() -> None:
    assert for_origin(read_request(REQUEST), target="/a?b=c") == (
        b"GET /a?b=c HTTP/1.1\r\nHost: www.example\r\nX-Odd:   two  blanks \r\nAccept-Encoding: gzip\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("offered", "kept"),
    [
        (b"gzip, deflate, br, zstd", b"gzip"),
        (b"br;q=1.0, gzip;q=0.5", b"gzip;q=0.5"),
        (b"br", b"identity"),
        (b"identity;q=1, *;q=0", b"identity;q=1, *;q=0"),
        (b"gzip,   identity", b"gzip,   identity"),
        (b"gzip, x-gzip", b"gzip"),
        (b"GZIP;q=0.8, dcb, dcz, identity;q=0.1", b"GZIP;q=0.8, identity;q=0.1"),
        (b"gzip, *", b"gzip"),
        (b"*", b"identity"),
        (b"br, br;q=0.0, *;q=0", b"identity"),
        (b"gzip, br;q=0, zstd", b"gzip, br;q=0"),
        (b"", b""),
    ],
)
def test_only_gzip_and_identity_stay_in_the_offer(offered: bytes, kept: bytes) -> None:
    """What is refused stays refused. Media ask for identity: touching that would spoil their ranges."""
    raw = b"GET / HTTP/1.1\r\nAccept-Encoding: " + offered + b"\r\n\r\n"
    assert b"\r\nAccept-Encoding: " + kept + b"\r\n\r\n" in for_origin(read_request(raw), target="/")


NAMES = st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCXYZ-0123456789", min_size=1, max_size=12)
VALUES = st.binary(max_size=30).map(lambda value: value.translate(None, b"\r\n\0"))


@given(st.lists(st.tuples(NAMES, VALUES), max_size=8))
def test_any_header_lines_pass_unchanged(fields: list[tuple[str, bytes]]) -> None:
    lines = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in fields)
    raw = response(lines)
    head = read_response(raw)
    assert head.raw == raw
    assert [key.decode() for key, _ in head.fields] == [name for name, _ in fields]
    assert without_fields(head, frozenset({b"no-such-name"})) == raw


@given(st.lists(st.tuples(NAMES, VALUES), max_size=8))
def test_taking_a_line_out_leaves_all_other_bytes(fields: list[tuple[str, bytes]]) -> None:
    plain = [(name, value) for name, value in fields if name.lower() != "alt-svc"]
    lines = [name.encode() + b": " + value + b"\r\n" for name, value in plain]
    middle = len(lines) // 2
    raw = response(b"".join([*lines[:middle], b"Alt-Svc: h3\r\n", *lines[middle:]]))
    assert without_fields(read_response(raw), frozenset({b"alt-svc"})) == response(b"".join(lines))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Whatever an origin sends, the recorder's own code survives."""
    for read in (read_response, read_request):
        try:
            head = read(data)
        except MalformedMessage:
            continue
        assert head.raw == data


@given(st.binary(max_size=60), st.integers(min_value=0, max_value=60))
def test_the_end_of_a_head_does_not_depend_on_where_the_search_goes_on(data: bytes, searched: int) -> None:
    end = head_end(data)
    if end < 0 or searched < end:
        assert head_end(data, start=min(searched, len(data))) == end or searched > len(data)
