"""A published capture is whole, proven and readable by others."""

import json
import os
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive_making import MOMENT, URL, about, default_exchanges, exchange, open_draft, published
from linkkeeper.archive import publish as publish_module
from linkkeeper.archive import wacz
from linkkeeper.archive.cdxj import read_line
from linkkeeper.archive.manifest import MANIFEST, parse_manifest, read_manifest
from linkkeeper.archive.publish import publish
from linkkeeper.archive.records import read_block
from linkkeeper.errors import FixityError, StorageError
from linkkeeper.vocabulary.digest import sha256_hex, sha256_of_file


def test_the_folder_holds_exactly_the_files_of_the_design(tmp_path: Path) -> None:
    done = published(tmp_path)
    assert done.directory == tmp_path / "captures" / "2026" / "11" / "capture-1"
    assert {path.name for path in done.directory.iterdir()} == {
        "capture.wacz",
        "screenshot.png",
        "text.txt",
        "sketches.json",
        "manifest.json",
        "manifest.sha256",
    }
    assert done.moment == "20261122090000"
    assert done.manifest_sha256 == sha256_of_file(done.directory / MANIFEST)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_the_manifest_tells_all_that_a_row_needs(tmp_path: Path) -> None:
    done = published(tmp_path, limits=("the body limit",))
    read = read_manifest(done.directory)
    assert read == done.manifest
    given = about(limits=("the body limit",), sketches=None, text=None)
    assert read.about == replace(
        given, started_at=MOMENT.replace(microsecond=0), finished_at=MOMENT.replace(microsecond=0)
    )
    assert (read.token, read.exchanges) == ("token-1", 3)
    assert read.files["text.txt"].sha256 == sha256_hex(b"The words of the source.")
    assert read.main is not None
    assert (read.main.url, read.main.date) == (URL, "2026-11-22T09:00:00.123456Z")


def test_sha256sum_can_check_the_manifest(tmp_path: Path) -> None:
    done = published(tmp_path)
    line = (done.directory / "manifest.sha256").read_text()
    assert line == f"{done.manifest_sha256}  manifest.json\n"


def test_the_manifest_is_canonical_json(tmp_path: Path) -> None:
    data = (published(tmp_path).directory / MANIFEST).read_bytes()
    again = json.dumps(json.loads(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    assert data == again


def test_a_manifest_of_a_newer_release_is_refused_and_unknown_keys_are_not(tmp_path: Path) -> None:
    content = json.loads((published(tmp_path).directory / MANIFEST).read_bytes())
    assert parse_manifest(json.dumps({**content, "later": 1}).encode()).capture_id == "capture-1"
    with pytest.raises(ValueError, match="up to 1"):
        parse_manifest(json.dumps({**content, "version": 2}).encode())


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b'{"format":"linkkeeper-capture","version":1}', b"\xff"])
def test_what_is_no_manifest_is_said_to_be_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / MANIFEST).write_bytes(data)
    with pytest.raises(FixityError):
        read_manifest(tmp_path)


def test_the_package_is_a_wacz_with_its_warc_stored(tmp_path: Path) -> None:
    """WACZ 1.1.1: members, page list with text, datapackage and its digest."""
    path = published(tmp_path).directory / "capture.wacz"
    with zipfile.ZipFile(path) as package:
        assert set(package.namelist()) == {
            "archive/data.warc.gz",
            "indexes/index.cdx",
            "pages/pages.jsonl",
            "datapackage.json",
            "datapackage-digest.json",
        }
        assert package.getinfo("archive/data.warc.gz").compress_type == zipfile.ZIP_STORED
        described = json.loads(package.read("datapackage.json"))
        head, page = [json.loads(line) for line in package.read("pages/pages.jsonl").splitlines()]
    assert (described["profile"], described["wacz_version"]) == ("data-package", "1.1.1")
    assert (described["mainPageUrl"], described["mainPageDate"]) == (URL, "2026-11-22T09:00:00Z")
    assert head["format"] == "json-pages-1.0"
    assert (page["url"], page["ts"], page["title"]) == (URL, "2026-11-22T09:00:00Z", "A source")
    assert page["text"] == "The words of the source."


def test_every_index_line_leads_to_its_record_by_absolute_offset(tmp_path: Path) -> None:
    done = published(tmp_path)
    path = done.directory / "capture.wacz"
    lines = [read_line(text) for text in wacz.read_member(path, wacz.INDEX_MEMBER).decode().splitlines()]
    assert [line.key for line in lines] == sorted(line.key for line in lines)
    assert len(lines) == 3
    with path.open("rb") as stream:
        for line in lines:
            header, _ = read_block(stream, offset=done.manifest.warc.offset + line.offset, length=line.length)
            assert f"WARC-Target-URI: {line.url}\r\n".encode() in header


def test_the_main_page_wins_its_second_in_the_index_and_parts_give_way_to_the_whole(tmp_path: Path) -> None:
    head_206 = b"HTTP/1.1 206 Partial Content\r\nContent-Type: video/webm\r\nContent-Range: bytes 0-1/4\r\n\r\n"
    film = b"HTTP/1.1 200 OK\r\nContent-Type: video/webm\r\n\r\n"
    later = MOMENT.replace(second=9)
    made = [
        exchange(URL, b"probe"),
        exchange(URL, b"page", main=True),
        exchange(URL, b"beacon"),
        exchange("http://source.example/film", b"fi", head=head_206),
        exchange("http://source.example/film", b"film", head=film, moment=later),
    ]
    done = published(tmp_path, exchanges=made)
    text = wacz.read_member(done.directory / "capture.wacz", wacz.INDEX_MEMBER).decode()
    lines = [read_line(line) for line in text.splitlines()]
    assert done.main is not None
    assert [(line.url, line.offset) for line in lines if line.url == URL] == [(URL, done.main.offset)]
    assert [line.status for line in lines if line.url.endswith("film")] == [200]
    assert done.manifest.exchanges == 5


def test_a_truncated_warc_is_refused_before_publishing(tmp_path: Path) -> None:
    """Cut at a record's end, so that no reader would notice."""
    draft = open_draft(tmp_path)
    for item in default_exchanges():
        draft.write_exchange(item)
    draft.close()
    os.truncate(draft.warc, draft.records[-1].offset)
    with pytest.raises(StorageError, match="holds 6 records, 7 were written"):
        publish(draft, about=about())
    assert not (tmp_path / "captures").exists()


@pytest.mark.parametrize("position", [5, 300, 700, -30, -3])
def test_a_byte_that_changed_on_the_disk_is_refused_before_publishing(tmp_path: Path, position: int) -> None:
    draft = open_draft(tmp_path)
    for item in default_exchanges():
        draft.write_exchange(item)
    draft.close()
    data = bytearray(draft.warc.read_bytes())
    data[position] ^= 0x10
    draft.warc.write_bytes(data)
    with pytest.raises(StorageError, match="publish the capture"):
        publish(draft, about=about())
    assert not (tmp_path / "captures").exists()


def test_nothing_is_published_twice_under_one_id(tmp_path: Path) -> None:
    published(tmp_path)
    draft = open_draft(tmp_path, token="token-2")
    draft.write_exchange(exchange(main=True))
    with pytest.raises(StorageError, match="is there already"):
        publish(draft, about=about())


def test_the_files_are_synced_before_the_rename_and_the_folder_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    real_sync, real_rename = publish_module.sync, Path.rename

    def sync(path: Path) -> None:
        order.append(f"sync {path.name}")
        real_sync(path)

    def rename(self: Path, target: Path) -> Path:
        order.append("rename")
        return real_rename(self, target)

    monkeypatch.setattr(publish_module, "sync", sync)
    monkeypatch.setattr(Path, "rename", rename)
    done = published(tmp_path)
    place = order.index("rename")
    assert {f"sync {path.name}" for path in done.directory.iterdir()} <= set(order[:place])
    assert order[place - 1] == "sync capture"
    assert order[place + 1 :] == ["sync 11"]


def test_a_capture_without_a_main_response_counts_from_its_start(tmp_path: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    done = published(tmp_path, exchanges=[])
    assert done.main is None
    assert done.main_moment >= before
    assert done.moment == f"{done.main_moment:%Y%m%d%H%M%S}"


def test_titles_and_texts_of_broken_pages_can_be_published(tmp_path: Path) -> None:
    page = replace(about().page, title="half a pair \ud83d")
    done = published(tmp_path, page=page, text="lone \udc80 surrogate", sketches={"x": "\ud800"})
    assert read_manifest(done.directory).capture_id == "capture-1"
    assert (done.directory / "text.txt").read_bytes() == b"lone ? surrogate"
