"""Keys of requests that are not GET, with the specification's own examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.archive.request_key import MAX_QUERY_CHARACTERS, request_query, request_suffix

JSON = b"""{"type": "event", "id": 44.0, "float": 35.7, "values": [true, false, null],
 "source": {"type": "component", "id": "a+b&c= d", "values": [3, 4]}}"""
MULTIPART = (
    b'--XX\r\nContent-Disposition: form-data; name="field"\r\n\r\na value\r\n'
    b'--XX\r\nContent-Disposition: form-data; name="file"; filename="f.bin"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n\x00\xff\r\n--XX--\r\n"
)


def test_json_is_flattened_as_the_specification_shows() -> None:
    """Its example body; repeated names get a number."""
    assert request_query(media_type="application/json; charset=utf-8", body=JSON) == (
        "type=event&id=44&float=35.7&values=true&values.2_=false&values.3_=null&type.2_=component"
        "&id.2_=a%2Bb%26c%3D+d&values.4_=3&values.5_=4"
    )


@pytest.mark.parametrize(
    ("media_type", "body", "query"),
    [
        ("text/plain", b"hello", "__wb_post_data=aGVsbG8="),
        ("text/plain", b'{"a": 1}', "a=1"),
        ("application/x-www-form-urlencoded", b"say=Hi&to=Mom+%26", "say=Hi&to=Mom &"),
        ("application/x-www-form-urlencoded", b"\xff", "__wb_post_data=/w=="),
        ("application/octet-stream", b"hello", "__wb_post_data=aGVsbG8="),
        (None, b"hello", "__wb_post_data=aGVsbG8="),
        (None, b"", ""),
        ("application/json", b"{broken", ""),
        ("application/json", b'{"a":1}\n{"a":2}\n', "a=1&a.2_=2"),
        ("multipart/form-data; boundary=XX", MULTIPART, "field=a+value&file=%00%FF"),
        ("multipart/form-data", b"no boundary", "__wb_post_data=bm8gYm91bmRhcnk="),
    ],
)
def test_bodies_become_queries(media_type: str | None, body: bytes, query: str) -> None:
    assert request_query(media_type=media_type, body=body) == query


@pytest.mark.parametrize(
    ("url", "suffix"),
    [
        ("http://example.org/", "?__wb_method=POST&a=1"),
        ("http://example.org/?page=1", "&__wb_method=POST&a=1"),
        ("http://example.org/?foo&", "&__wb_method=POST&a=1"),
    ],
)
def test_the_method_is_appended_as_the_specification_shows(url: str, suffix: str) -> None:
    given_body = b'{"a":1}'
    assert request_suffix(method="POST", url=url, media_type="application/json", body=given_body) == suffix


def test_get_has_no_suffix_and_other_methods_have_no_body() -> None:
    assert request_suffix(method="GET", url="http://a/", media_type=None, body=b"x") == ""
    assert request_suffix(method="DELETE", url="http://a/", media_type=None, body=b"x") == "?__wb_method=DELETE"


@given(
    st.sampled_from(["application/json", "text/plain", "multipart/form-data; boundary=a", "x/y", "\x00;", ""]),
    st.binary(max_size=300),
)
def test_no_body_crashes_and_none_grows_without_end(media_type: str, body: bytes) -> None:
    assert len(request_query(media_type=media_type, body=body)) <= MAX_QUERY_CHARACTERS


def test_deep_json_is_no_trap() -> None:
    assert request_query(media_type="application/json", body=b"[" * 100_000) == ""
