"""The replay host: files of captures by range, as what they are, and nothing else."""

from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.assembly import open_store
from linkkeeper.vocabulary.capture import AccessLevel
from linkkeeper.web import files
from linkkeeper.web.replay_host import build_replay_host
from web_making import PDF, Room, listening

URL = "https://www.example.org/report"


@pytest.fixture
def capture_id(room: Room) -> str:
    return room.add_capture(URL)


def test_ranges_tags_and_caching(outside: httpx.Client, room: Room, capture_id: str) -> None:
    capture = room.store.catalogue.capture(capture_id)
    assert capture is not None
    whole = (room.root / capture.directory / "capture.wacz").read_bytes()
    path = f"/captures/{capture_id}/capture.wacz"
    answer = outside.get(path)
    assert answer.content == whole and answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    tag = answer.headers["etag"]
    assert outside.get(path, headers={"if-none-match": tag}).status_code == 304
    for wanted, part in (("bytes=10-19", whole[10:20]), ("bytes=-7", whole[-7:]), ("bytes=5-", whole[5:])):
        ranged = outside.get(path, headers={"range": wanted, "if-range": tag})
        assert ranged.status_code == 206 and ranged.content == part, wanted
    for outside_of_it in (f"bytes={len(whole)}-", "bytes=-0"):
        refused = outside.get(path, headers={"range": outside_of_it})
        assert refused.status_code == 416 and refused.headers["content-range"] == f"bytes */{len(whole)}"
    for not_understood in ("bytes=0-1,4-5", "lines=1-2", "bytes=9-3", "bytes=a-b"):
        assert outside.get(path, headers={"range": not_understood}).status_code == 200, not_understood
    assert outside.get(path, headers={"range": "bytes=0-1", "if-range": '"old"'}).content == whole
    assert outside.head(path).headers["content-length"] == str(len(whole))


def test_a_capture_withheld_by_another_process_is_gone_with_the_next_request(
    outside: httpx.Client, room: Room, capture_id: str
) -> None:
    path = f"/captures/{capture_id}/capture.wacz"
    assert outside.get(path).status_code == outside.get(path).status_code == 200
    with open_store(room.store.settings, clock=room.clock) as elsewhere:
        elsewhere.editing.withhold(capture_id, AccessLevel.TAKEDOWN, by="ada", reason="asked")
        assert outside.get(path).status_code == 451
        elsewhere.editing.restore(capture_id, by="ada", reason="settled")
        assert outside.get(path).status_code == 200
        until = room.clock.moment + timedelta(days=1)
        elsewhere.editing.withhold(capture_id, AccessLevel.EMBARGO, by="ada", reason="asked", until=until)
    assert outside.get(path).status_code == 403
    room.clock.moment = until
    assert outside.get(path).status_code == 200


def test_each_file_is_given_out_as_what_it_is(outside: httpx.Client, capture_id: str) -> None:
    expected = {
        "page.pdf": "application/pdf",
        "screenshot.png": "image/png",
        "text.txt": "text/plain; charset=utf-8",
        "capture.wacz": "application/wacz",
    }
    for name, media_type in expected.items():
        answer = outside.get(f"/captures/{capture_id}/{name}")
        assert answer.headers["content-type"] == media_type
        assert answer.headers["x-content-type-options"] == "nosniff"
        sandboxed = "sandbox" in answer.headers["content-security-policy"]
        assert sandboxed is (name != "page.pdf")


def test_what_only_calls_itself_pdf_or_picture_is_a_download(outside: httpx.Client, room: Room) -> None:
    html = b"<script>alert(1)</script>"
    capture_id = room.add_capture("https://b.example/", pdf=html, pictures={"screenshot.png": html})
    for name in ("page.pdf", "screenshot.png"):
        answer = outside.get(f"/captures/{capture_id}/{name}")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"] == "attachment"
        assert "sandbox" in answer.headers["content-security-policy"]


def test_scripts_are_packed_for_those_who_unpack_them(outside: httpx.Client, reader: httpx.Client) -> None:
    for client, path in ((outside, "/replay/sw.js"), (reader, "/static/linkkeeper.css")):
        packed, plain = client.get(path), client.get(path, headers={"accept-encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip" and packed.headers["vary"] == "accept-encoding"
        assert "content-encoding" not in plain.headers and plain.text == packed.text
        assert int(packed.headers["content-length"]) < len(plain.content)


def test_only_files_that_the_row_names_are_there(outside: httpx.Client, room: Room, capture_id: str) -> None:
    capture = room.store.catalogue.capture(capture_id)
    assert capture is not None
    (room.root / capture.directory / "secret.txt").write_text("secret")
    for name in ("secret.txt", "..%2f..%2f..%2flinkkeeper.db", "%2e%2e/linkkeeper.db", "nothing"):
        assert outside.get(f"/captures/{capture_id}/{name}").status_code == 404
    assert outside.get("/captures/nothing/page.pdf").status_code == 404


def test_there_is_no_desk_on_the_replay_host(outside: httpx.Client) -> None:
    for path in ("/", "/desk/", "/login", "/api/captures/a", f"/web/2026/{URL}", "/static/linkkeeper.css", "/docs"):
        assert outside.get(path).status_code == 404
    assert outside.post("/login", data={"name": "ada"}).status_code in (404, 405)


def test_replay_can_be_turned_off(room: Room, capture_id: str) -> None:
    with listening(room, replay=False) as both:
        assert httpx.get(f"{both.replay}/replay/page/{capture_id}").status_code == 404
        assert httpx.get(f"{both.replay}/replay/ui.js").status_code == 404
        page = httpx.get(f"{both.desk}/web/20261122090000/{URL}").text
        assert "replay/page" not in page and "screenshot.png" in page
        assert httpx.get(f"{both.replay}/captures/{capture_id}/capture.wacz").status_code == 200


def test_a_capture_is_shown_only_under_its_own_name_where_names_carry_ids(room: Room, capture_id: str) -> None:
    from linkkeeper.web.addresses import Addresses

    addresses = Addresses(public_url="https://a.example.org", replay_url="https://{id}.r.example.org")
    app = build_replay_host(room.served(addresses=addresses))
    assert status_of(app, f"{capture_id}.r.example.org", f"/captures/{capture_id}/text.txt") == 200
    assert status_of(app, "another.r.example.org", f"/captures/{capture_id}/text.txt") == 404
    assert status_of(app, "127.0.0.1", f"/captures/{capture_id}/text.txt") == 421


def status_of(app: object, host: str, path: str) -> int:
    import anyio

    async def ask() -> int:
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=f"https://{host}") as client:
            return (await client.get(path)).status_code

    return anyio.run(ask)


def test_a_pdf_may_begin_after_some_bytes_that_are_not_its_own(room: Room) -> None:
    capture_id = room.add_capture("https://c.example/", pdf=b"\n\n" + PDF)
    capture = room.store.catalogue.capture(capture_id)
    assert capture is not None
    found = files.kept_file(room.root, capture, "page.pdf")
    assert found is not None and found.media_type == "application/pdf"


@given(size=st.integers(1, 10_000), first=st.integers(0, 12_000), length=st.integers(1, 12_000))
def test_a_range_is_read_as_its_bytes(size: int, first: int, length: int) -> None:
    header = f"bytes={first}-{first + length - 1}"
    if first >= size:
        with pytest.raises(ValueError):
            files.read_range(header, size)
    else:
        assert files.read_range(header, size) == (first, min(first + length, size))


@given(header=st.text(max_size=20), size=st.integers(0, 100))
def test_no_range_header_breaks_the_reader(header: str, size: int) -> None:
    for text in (header, f"bytes={header}"):
        try:
            found = files.read_range(text, size)
        except ValueError:
            continue
        assert found is None or 0 <= found[0] < found[1] <= size
