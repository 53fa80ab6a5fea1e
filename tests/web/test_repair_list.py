"""The public list of repairs: one cached request from any site's pages."""

import gzip
import json
from datetime import UTC, datetime

import httpx

from linkkeeper.relinking.export import export
from linkkeeper.vocabulary.relink import Repair
from web_making import Room

ADDRESS = "/static/repairs.json"


def publish(room: Room, *urls: str) -> bytes:
    moment = datetime(2024, 2, 3, tzinfo=UTC)
    repairs = [Repair(url=url, uri_m=f"https://keeper.example/web/1/{url}", moment=moment) for url in urls]
    data = export(repairs, moment=moment)
    (room.root / "repairs.json").write_bytes(data)
    return data


def test_there_is_none_until_it_is_made(reader: httpx.Client) -> None:
    assert reader.get(ADDRESS).status_code == 404


def test_any_site_may_read_it_and_browsers_keep_it(reader: httpx.Client, room: Room) -> None:
    data = publish(room, "https://gone.example/a")
    answer = reader.get(ADDRESS, headers={"accept-encoding": "identity"})
    assert answer.content == data and answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "public, max-age=" in answer.headers["cache-control"] and "set-cookie" not in answer.headers
    assert len(json.loads(answer.content)["repairs"]) == 1
    head = reader.head(ADDRESS, headers={"accept-encoding": "identity"})
    assert head.content == b"" and head.headers["etag"] == answer.headers["etag"]


def test_it_is_sent_packed_and_only_when_it_changed(reader: httpx.Client, room: Room) -> None:
    publish(room, "https://gone.example/a")
    with reader.stream("GET", ADDRESS, headers={"accept-encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
    tag = answer.headers["etag"]
    assert gzip.decompress(packed) == (room.root / "repairs.json").read_bytes()
    again = reader.get(ADDRESS, headers={"if-none-match": tag})
    assert again.status_code == 304 and again.content == b"" and again.headers["etag"] == tag
    publish(room, "https://gone.example/a", "https://gone.example/b")
    changed = reader.get(ADDRESS, headers={"if-none-match": tag})
    assert changed.status_code == 200 and changed.headers["etag"] != tag


def test_the_reader_script_may_stand_in_any_site_and_is_renewed(reader: httpx.Client) -> None:
    answer = reader.get("/static/repairs.js")
    assert answer.status_code == 200 and "immutable" not in answer.headers["cache-control"]
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
