"""Addresses as browsers, servers and other archives' tools send them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.replay.addresses import BadAddress, asked_url, padded_moment


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("http://a.example/x?y=1&z=%20", "http://a.example/x?y=1&z=%20"),
        ("http:/a.example/x", "http://a.example/x"),
        ("https:///a.example/x", "https://a.example/x"),
        ("a.example/x", "https://a.example/x"),
        ("https%3A%2F%2Fa.example%2Fx%3Fy%3D1", "https://a.example/x?y=1"),
        ("http://a.example/x#part", "http://a.example/x"),
        ("http://b.example/http://a.example/", "http://b.example/http://a.example/"),
    ],
)
def test_the_url_is_read_however_its_slashes_arrive(path: str, url: str) -> None:
    assert asked_url(path) == url


@pytest.mark.parametrize("path", ["", "/", "javascript:alert(1)", "data:text/html,x", "ftp://a.example/", "http://"])
def test_what_is_no_web_address_is_refused(path: str) -> None:
    with pytest.raises(BadAddress):
        asked_url(path)


@pytest.mark.parametrize("stamp", ["20261301", "20260230", "2026112225"])
def test_a_timestamp_that_is_no_date_is_refused(stamp: str) -> None:
    with pytest.raises(BadAddress):
        padded_moment(stamp)


@given(
    st.integers(-30_000_000_000, 200_000_000_000).map(
        lambda seconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    ),
    st.integers(4, 14),
)
def test_what_is_left_out_of_a_timestamp_never_makes_it_later(moment: datetime, digits: int) -> None:
    try:
        padded = padded_moment(f"{moment:%Y%m%d%H%M%S}"[:digits])
    except BadAddress:
        assert digits % 2 == 1  # half of a two-digit part may be no date
        return
    assert digits % 2 == 1 or padded <= moment


@given(st.text(max_size=80))
def test_no_path_crashes_the_reader(path: str) -> None:
    try:
        url = asked_url(path)
    except BadAddress:
        return
    assert url.startswith(("http://", "https://"))
