"""An editor's own file becomes a capture that says so."""

import gzip
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive_making import MOMENT, URL, exchange, open_draft, posted, published
from linkkeeper.archive.fixity import verify
from linkkeeper.archive.publish import Published
from linkkeeper.archive.shelf import Shelf
from linkkeeper.archive.upload import UploadKind, UploadOrder, keep_upload, kind_of
from linkkeeper.errors import InputError

HTML = b"<!DOCTYPE html><html lang=en><title>By hand</title><p>Saved by an editor.</html>"
PDF = b"%PDF-1.7\n1 0 obj\n"
PNG = b"\x89PNG\r\n\x1a\npicture"


def keep(tmp_path: Path, data: bytes, name: str, *, url: str = URL) -> Published:
    file = tmp_path / name
    file.write_bytes(data)
    order = UploadOrder(
        url=url,
        identity_key="key",
        identity_rules=1,
        file=file,
        by="ed",
        name=name,
        moment=MOMENT,
        software="linkkeeper/test",
    )
    done = keep_upload(tmp_path / "storage", order, token="up-1", capture_id="upload-1")
    assert verify(done.directory, manifest_sha256=done.manifest_sha256).sound
    return done


def warc_by_another_tool(*urls: str, gzipped: bool = True, status: str = "200 OK", location: str = "") -> bytes:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=gzipped)
    out_header = [("Content-Type", "text/html"), ("Transfer-Encoding", "chunked")]
    out_header += [("Location", location)] if location else []
    writer.write_record(writer.create_warcinfo_record("x.warc", {"software": "another"}))
    content = b"%x\r\n%b\r\n0\r\n\r\n" % (len(HTML), HTML)
    for url in urls:
        response = writer.create_warc_record(
            url,
            "response",
            payload=io.BytesIO(content),
            length=len(content),
            http_headers=StatusAndHeaders(status, out_header, protocol="HTTP/1.1"),
            warc_headers_dict={"WARC-Date": "2020-02-03T04:05:06Z"},
        )
        writer.write_record(response)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "media_type", "file"),
    [
        (PDF, "a.pdf", "application/pdf", "page.pdf"),
        (PNG, "a.png", "image/png", "screenshot.png"),
        (b"\xff\xd8\xff\xe0jpeg", "a.jpg", "image/jpeg", "screenshot.jpg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "a.webp", "image/webp", "screenshot.webp"),
        (b"GIF89a", "a.gif", "image/gif", None),
        (HTML, "a.html", "text/html", None),
    ],
)
def test_a_single_file_stands_for_the_url(
    tmp_path: Path, data: bytes, name: str, media_type: str, file: str | None
) -> None:
    done = keep(tmp_path, data, name)
    about = done.manifest.about
    assert (about.uploaded_by, about.uploaded_name, about.recorder) == ("ed", name, "upload/1")
    assert about.quality_reason == f"uploaded by ed: {name}"
    assert about.media_type == media_type
    assert done.moment == "20261122090000"
    assert done.main is not None
    header, block = Shelf(tmp_path / "storage").record("upload-1", offset=done.main.offset, length=done.main.length)
    assert b"WARC-Type: resource\r\n" in header
    assert block == data
    if file:
        assert (done.directory / file).read_bytes() == data


def test_an_uploaded_page_gives_its_title_and_text(tmp_path: Path) -> None:
    done = keep(tmp_path, HTML, "a.html")
    assert done.manifest.about.page.title == "By hand"
    assert "Saved by an editor." in (done.directory / "text.txt").read_text()


@pytest.mark.parametrize("gzipped", [True, False])
def test_another_tool_s_warc_is_taken_over_with_its_own_date(tmp_path: Path, gzipped: bool) -> None:
    """Its digests hash the chunk framing, and are right all the same."""
    done = keep(tmp_path, warc_by_another_tool(URL, "http://other.example/", gzipped=gzipped), "a.warc.gz")
    assert done.moment == "20200203040506"
    assert done.manifest.exchanges == 2
    assert done.manifest.about.page.title == "By hand"
    assert done.main is not None
    assert done.main.url == URL
    header, block = Shelf(tmp_path / "storage").record("upload-1", offset=done.main.offset, length=done.main.length)
    assert header.startswith(b"WARC/1.0\r\n")
    assert block.startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(("coding", "title"), [(b"gzip", "By hand"), (b"br", None), (b"deflate", None)])
def test_a_packed_page_gives_its_title_where_it_can_be_unpacked(
    tmp_path: Path, coding: bytes, title: str | None
) -> None:
    """The body is gzip whatever is said of it; what can't be read stays without title, and is kept."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: " + coding + b"\r\n\r\n"
    draft = open_draft(tmp_path / "made")
    draft.write_exchange(exchange(content=gzip.compress(HTML, mtime=0), head=head, main=True))
    draft.close()
    done = keep(tmp_path, draft.warc.read_bytes(), "a.warc.gz")
    assert done.manifest.about.page.title == title


def test_our_own_wacz_comes_back_record_by_record(tmp_path: Path) -> None:
    first = published(tmp_path / "first")
    data = (first.directory / "capture.wacz").read_bytes()
    done = keep(tmp_path, data, "capture.wacz")
    before, after = Shelf(tmp_path / "first").index("capture-1"), Shelf(tmp_path / "storage").index("upload-1")
    assert [(line.key, line.timestamp, line.url, line.digest, line.request_body) for line in after] == [
        (line.key, line.timestamp, line.url, line.digest, line.request_body) for line in before
    ]
    assert done.moment == first.moment


def test_redirects_within_the_file_are_followed_to_the_page(tmp_path: Path) -> None:
    moved = warc_by_another_tool(URL, status="301 Moved", location="/new")
    arrived = warc_by_another_tool("http://source.example/new")
    done = keep(tmp_path, moved + arrived, "a.warc.gz")
    assert done.main is not None
    assert done.main.url == "http://source.example/new"


def test_a_warc_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no record of"):
        keep(tmp_path, warc_by_another_tool("http://other.example/"), "a.warc.gz")
    assert not list((tmp_path / "storage" / "captures").glob("*"))
    assert list((tmp_path / "storage" / "tmp").iterdir()) == []


def test_a_redirect_in_a_circle_ends(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no record of"):
        keep(tmp_path, warc_by_another_tool(URL, status="302 Found", location=URL), "a.warc.gz")


@pytest.mark.parametrize("cut", [30, 600, -40])
def test_a_damaged_warc_is_refused(tmp_path: Path, cut: int) -> None:
    with pytest.raises(InputError):
        keep(tmp_path, warc_by_another_tool(URL)[:cut], "a.warc.gz")


def test_a_changed_record_of_another_s_warc_is_refused(tmp_path: Path) -> None:
    data = warc_by_another_tool(URL, gzipped=False).replace(b"Saved by an editor", b"Forged by another!")
    with pytest.raises(InputError, match="digest is wrong"):
        keep(tmp_path, data, "a.warc")


FOREIGN = {gzipped: warc_by_another_tool(URL, gzipped=gzipped) for gzipped in (True, False)}


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_no_damage_to_an_upload_crashes(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    tmp_path = tmp_path_factory.mktemp("upload")
    whole = bytearray(FOREIGN[data.draw(st.booleans())])
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        keep(tmp_path, bytes(whole[: data.draw(st.integers(0, len(whole)))]), "a.warc.gz")
    except InputError:
        return


def zipped(names: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, content in names.items():
            package.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF, UploadKind.PDF),
        (b"\n" * 50 + PDF, UploadKind.PDF),
        (HTML, UploadKind.HTML),
        (b"\xef\xbb\xbf <!-- saved --> <html>", UploadKind.HTML),
        (b"WARC/1.0\r\n", UploadKind.WARC),
        (gzip.compress(b"WARC/1.0\r\n", mtime=0), UploadKind.WARC),
        (gzip.compress(b"something else", mtime=0), None),
        (zipped({"datapackage.json": b"{}", "archive/data.warc.gz": b""}), UploadKind.WACZ),
        (zipped({"word/document.xml": b""}), None),
        (b"PK\x03\x04 torn", None),
        (b"#!/bin/sh", None),
        (b"", None),
    ],
)
def test_the_kind_is_told_by_the_bytes(tmp_path: Path, data: bytes, kind: UploadKind | None) -> None:
    (tmp_path / "file.pdf").write_bytes(data)
    assert kind_of(tmp_path / "file.pdf") is kind


def test_what_can_be_no_capture_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"notes\.docx"):
        keep(tmp_path, b"PK\x03\x04 torn", "notes.docx")


def test_posts_of_a_taken_over_warc_keep_their_index_key(tmp_path: Path) -> None:
    draft = open_draft(tmp_path / "made")
    draft.write_exchange(replace(exchange(main=True), tls_version=None))
    draft.write_exchange(
        posted("http://source.example/api", b"a=1&b=2", b"ok", media_type="application/x-www-form-urlencoded")
    )
    draft.close()
    keep(tmp_path, draft.warc.read_bytes(), "a.warc.gz")
    keys = [line.key for line in Shelf(tmp_path / "storage").index("upload-1")]
    assert keys == ["example,source)/api?__wb_method=post&a=1&b=2", "example,source)/article?a=1"]
