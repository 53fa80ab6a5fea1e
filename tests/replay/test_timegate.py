"""RFC 7089: the TimeGate's choice, its headers, and what clients send instead of dates."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.replay.addresses import Addresses
from linkkeeper.replay.timegate import (
    BadAcceptDatetime,
    NoMemento,
    closest,
    http_date,
    memento_headers,
    negotiate,
    read_accept_datetime,
)
from linkkeeper.vocabulary.memento import Memento

URL = "http://a.example/x?y=1"
OURS = Addresses("https://links.example")
DAY = timedelta(days=1)
START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def mementos(*days: int) -> list[Memento]:
    return [Memento(uri_r=URL, uri_m=None, moment=START + day * DAY, capture_id=f"c{day}") for day in days]


@given(st.lists(st.integers(0, 3000), min_size=1, unique=True), st.integers(-10, 3010))
def test_the_closest_is_never_farther_than_any_other(days: list[int], wanted: int) -> None:
    listed = mementos(*sorted(days))
    target = START + wanted * DAY
    chosen = closest(listed, target)
    distance = abs(chosen.moment - target)
    assert distance == min(abs(memento.moment - target) for memento in listed)
    assert all(memento.moment >= chosen.moment for memento in listed if abs(memento.moment - target) == distance)


def test_of_two_equally_near_the_earlier_is_chosen() -> None:
    assert closest(mementos(0, 2), START + DAY).capture_id == "c0"


def test_nothing_to_choose_from_is_said() -> None:
    with pytest.raises(NoMemento):
        closest([], START)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ("Thu, 31 May 2007 20:35:00 GMT", datetime(2007, 5, 31, 20, 35, tzinfo=UTC)),
        (" Thu, 31 May 2007 20:35:00 GMT ", datetime(2007, 5, 31, 20, 35, tzinfo=UTC)),
        ("Mon, 31 May 2007 20:35:00 GMT", datetime(2007, 5, 31, 20, 35, tzinfo=UTC)),
        ("Sat, 31 Dec 2016 23:59:60 GMT", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("Mon, 01 Jan 0001 00:00:00 GMT", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_accept_datetime_is_read(value: str | None, moment: datetime | None) -> None:
    """The first date is the RFC's own example (section 2.1.1)."""
    assert read_accept_datetime(value) == moment


@pytest.mark.parametrize(
    "value",
    [
        "now",
        "2007-05-31T20:35:00Z",
        "20070531203500",
        "Thursday, 31-May-07 20:35:00 GMT",
        "Thu May 31 20:35:00 2007",
        "Thu, 31 May 2007 20:35:00 +0200",
        "Thu, 31 May 2007 20:35:00 UTC",
        "Thu, 31 May 2007 20:35 GMT",
        "Thu, 30 Feb 2007 20:35:00 GMT",
        "Thu, 31 May 2007 25:35:00 GMT",
        "Thu, 31 May 0000 20:35:00 GMT",
        "Thu, 31 May 2007 20:35:00 GMT, Thu, 31 May 2008 20:35:00 GMT",
        "Thu, 31 May 2007 20:35:00 GMT; -P1Y",
    ],
)
def test_what_is_no_rfc_1123_date_is_answered_with_400(value: str) -> None:
    with pytest.raises(BadAcceptDatetime):
        read_accept_datetime(value)
    answer = negotiate(URL, mementos(0), accept_datetime=value, addresses=OURS)
    assert answer.status == 400
    assert ("Vary", "accept-datetime") in answer.headers


@given(st.text(max_size=60))
def test_no_header_crashes_the_timegate(value: str) -> None:
    assert negotiate(URL, mementos(0, 1), accept_datetime=value, addresses=OURS).status in (302, 400)


@given(
    st.integers(-30_000_000_000, 200_000_000_000).map(
        lambda seconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    )
)
def test_dates_survive_the_header(moment: datetime) -> None:
    assert read_accept_datetime(http_date(moment)) == moment


@pytest.mark.parametrize(
    ("wanted", "capture"),
    [(None, 9), (START - 900 * DAY, 0), (START + 4 * DAY, 5), (START + 900 * DAY, 9)],
)
def test_the_timegate_sends_to_the_nearest_memento(wanted: datetime | None, capture: int) -> None:
    """Section 4.5.1 and 4.5.2: none given means the latest; out of range means the nearest end."""
    header = http_date(wanted) if wanted else None
    answer = negotiate(URL, mementos(0, 5, 9), accept_datetime=header, addresses=OURS)
    place = f"https://links.example/web/{START + capture * DAY:%Y%m%d%H%M%S}/{URL}"
    assert (answer.status, dict(answer.headers)["Location"]) == (302, place)


def test_a_timegate_varies_and_is_no_memento_itself() -> None:
    """Section 4.1.1: Vary, Link to original and TimeMap; no Memento-Datetime."""
    headers = dict(negotiate(URL, mementos(0, 5, 9), accept_datetime=None, addresses=OURS).headers)
    assert headers["Vary"] == "accept-datetime"
    assert "Memento-Datetime" not in headers
    assert f'<{URL}>; rel="original"' in headers["Link"]
    assert (
        f'<https://links.example/timemap/link/{URL}>; rel="timemap"; type="application/link-format"' in headers["Link"]
    )


def test_without_mementos_the_timegate_says_404_and_still_varies() -> None:
    answer = negotiate(URL, [], accept_datetime=None, addresses=OURS)
    assert answer.status == 404
    assert dict(answer.headers)["Vary"] == "accept-datetime"


def test_a_memento_tells_its_date_and_its_neighbours() -> None:
    listed = mementos(0, 5, 9)
    headers = dict(memento_headers(listed[1], listed, addresses=OURS))
    assert headers["Memento-Datetime"] == "Tue, 06 Jan 2026 12:00:00 GMT"
    link = headers["Link"]
    assert f'<https://links.example/timegate/{URL}>; rel="timegate"' in link
    assert '; rel="first prev memento"; datetime="Thu, 01 Jan 2026 12:00:00 GMT"' in link
    assert '; rel="memento"; datetime="Tue, 06 Jan 2026 12:00:00 GMT"' in link
    assert '; rel="next last memento"; datetime="Sat, 10 Jan 2026 12:00:00 GMT"' in link


def test_a_single_memento_is_first_and_last() -> None:
    listed = mementos(0)
    assert dict(memento_headers(listed[0], listed, addresses=OURS))["Link"].count("memento") == 1
    assert 'rel="first last memento"' in dict(memento_headers(listed[0], listed, addresses=OURS))["Link"]


def test_another_archive_s_memento_keeps_its_own_address() -> None:
    theirs = Memento(uri_r=URL, uri_m="https://archive.example/1/x", moment=START)
    answer = negotiate(URL, [theirs], accept_datetime=None, addresses=OURS)
    assert dict(answer.headers)["Location"] == "https://archive.example/1/x"


def test_no_character_of_an_address_breaks_out_of_its_link() -> None:
    hostile = 'http://a.example/x>; rel="original"\r\nSet-Cookie: a=1'
    memento = Memento(uri_r=hostile, uri_m=None, moment=START)
    for _, value in memento_headers(memento, [memento], addresses=OURS):
        assert "\r" not in value
        assert "\n" not in value
        assert value.count('rel="original"') <= 1
