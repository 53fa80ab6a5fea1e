"""Memento and CDX as served; their grammar is tested with the replay stage."""

import json
import re

import httpx
import pytest

from linkkeeper.archive.shelf import Shelf
from linkkeeper.vocabulary.capture import Quality
from web_making import HTML, Listeners, Room, days_ago, exchange

URL = "https://www.example.org/report?lang=en"
CSS = "https://cdn.example.org/style.css"


@pytest.fixture
def captured(room: Room) -> list[str]:
    moments = [days_ago(40), days_ago(10)]
    return [room.add_capture(URL, moment=moment) for moment in moments]


def test_a_timegate_leads_to_the_nearest_memento(
    reader: httpx.Client, listeners: Listeners, captured: list[str]
) -> None:
    answer = reader.get(f"/timegate/{URL}", headers={"accept-datetime": "Fri, 16 Oct 2026 00:00:00 GMT"})
    assert answer.status_code == 302
    assert answer.headers["location"] == f"{listeners.desk}/web/20261013090000/{URL}"
    assert answer.headers["vary"] == "accept-datetime" and "memento-datetime" not in answer.headers
    assert reader.get(answer.headers["location"]).headers["memento-datetime"] == "Tue, 13 Oct 2026 09:00:00 GMT"
    assert reader.get(f"/timegate/{URL}").headers["location"].endswith(f"/web/20261112090000/{URL}")
    assert reader.get(f"/timegate/{URL}", headers={"accept-datetime": "yesterday"}).status_code == 400
    assert reader.get("/timegate/https://nobody.example/").status_code == 404
    assert reader.get("/timegate/javascript:1").status_code == 400


def test_a_mementos_page_names_its_kin(reader: httpx.Client, listeners: Listeners, captured: list[str]) -> None:
    link = reader.get(f"/web/20261013090000/{URL}").headers["link"]
    assert f'<{URL}>; rel="original"' in link
    assert f'<{listeners.desk}/timegate/{URL}>; rel="timegate"' in link
    assert f'<{listeners.desk}/timemap/link/{URL}>; rel="timemap"' in link
    assert re.search(rf'<{re.escape(listeners.desk)}/web/20261112090000/[^>]+>; rel="next last memento"', link)


def test_timemaps_list_what_shows_the_source(
    reader: httpx.Client, listeners: Listeners, room: Room, captured: list[str]
) -> None:
    room.add_capture(URL, moment=days_ago(1), quality=Quality.BLOCKED)
    as_links = reader.get(f"/timemap/link/{URL}")
    assert as_links.headers["content-type"].startswith("application/link-format")
    assert as_links.text.count("memento") >= 2 and "20261121090000" not in as_links.text
    as_json = reader.get(f"/timemap/json/{URL}").json()
    uris = [one["uri"] for one in as_json["mementos"]["list"]]
    assert uris == [f"{listeners.desk}/web/{stamp}/{URL}" for stamp in ("20261013090000", "20261112090000")]


def test_cdx_gives_every_record_with_its_absolute_place(
    reader: httpx.Client, outside: httpx.Client, room: Room
) -> None:
    css = b"HTTP/1.1 200 OK\r\nContent-Type: text/css\r\n\r\n"
    page = exchange(URL, b"<!doctype html><p>one", head=HTML, main=True, moment=days_ago(5))
    capture_id = room.add_capture(
        URL, moment=days_ago(5), exchanges=[page, exchange(CSS, b"p{}", head=css, moment=days_ago(5))]
    )
    line = reader.get("/cdx", params={"url": CSS}).text
    fields = json.loads(line.split(" ", 2)[2])
    assert fields["filename"] == f"{capture_id}/capture.wacz" and fields["mime"] == "text/css"
    start, length = int(fields["offset"]), int(fields["length"])
    ranged = {"range": f"bytes={start}-{start + length - 1}"}
    record = outside.get(f"/captures/{fields['filename']}", headers=ranged)
    assert record.status_code == 206 and record.content.startswith(b"\x1f\x8b") and len(record.content) == length
    own = [one for one in Shelf(room.root).index(capture_id) if one.url == CSS]
    assert len(own) == 1 and own[0].length == length


def test_cdx_sees_captures_as_they_come_and_refuses_bad_queries(
    reader: httpx.Client, room: Room, captured: list[str]
) -> None:
    assert reader.get("/cdx", params={"url": URL}).text.count("\n") == 2
    room.add_capture(URL, moment=days_ago(1))
    assert reader.get("/cdx", params={"url": URL}).text.count("\n") == 3
    assert (
        reader.get("/cdx", params={"url": URL, "limit": "1", "closest": "20261120"}).text.split(" ")[1]
        == "20261121090000"
    )
    assert reader.get("/cdx").status_code == 400
    assert reader.get("/cdx", params={"url": URL, "output": "xml"}).status_code == 400
