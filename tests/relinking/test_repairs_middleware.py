"""The ASGI middleware: repairs HTML on its way out, with length, validators, coding and caching right."""

import asyncio
import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from linkkeeper.relinking.export import export, read_export
from linkkeeper.vocabulary.relink import Repair
from linkkeeper.web.repairs_middleware import Message, Ready, RepairsFile, RepairsMiddleware, StaticRepairs

URL = "https://gone.example/a"
MEMENTO = "https://keeper.example/web/20240203040506/https://gone.example/a"
PAGE = f'<!DOCTYPE html><p>See <a href="{URL}">the source</a>.</p>'.encode()
MOMENT = datetime(2026, 11, 22, 9, tzinfo=UTC)
REPAIR = Repair(url=URL, uri_m=MEMENTO, moment=datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC))


@dataclass
class Site:
    """A tiny application that remembers what it was asked and validates like a real one."""

    body: bytes = PAGE
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    etag: bytes | None = b'"v1"'
    more: list[tuple[bytes, bytes]] = field(default_factory=list)
    chunk: int = 10**9
    length: bool = True
    asked: dict[bytes, bytes] = field(default_factory=dict)

    async def __call__(self, scope: Any, receive: Any, send: Callable[[Message], Any]) -> None:
        self.asked = {name.lower(): value for name, value in scope["headers"]}
        headers = [(b"content-type", self.content_type.encode()), *self.more]
        if self.etag:
            headers.append((b"etag", self.etag))
            if self.etag in self.asked.get(b"if-none-match", b"").split(b", "):
                await send({"type": "http.response.start", "status": 304, "headers": headers})
                await send({"type": "http.response.body", "body": b""})
                return
        if self.length:
            headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else self.body
        pieces = [body[at : at + self.chunk] for at in range(0, max(len(body), 1), self.chunk)]
        for number, piece in enumerate(pieces, 1):
            await send({"type": "http.response.body", "body": piece, "more_body": number < len(pieces)})


@dataclass
class Got:
    status: int
    headers: dict[bytes, bytes]
    body: bytes
    messages: list[Message]


def ask(site: Site, *, method: str = "GET", repairs: Any = None, largest: int = 10**6, **headers: str) -> Got:
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    listed = repairs or StaticRepairs([REPAIR])
    app = RepairsMiddleware(site, listed, largest_page=largest)
    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    asyncio.run(app({"type": "http", "method": method, "path": "/", "headers": given}, receive, send))
    start = messages[0]
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return Got(start["status"], {name.lower(): value for name, value in start["headers"]}, body, messages)


def listed(repairs: list[Repair], moment: datetime = MOMENT) -> Any:
    class Fixed:
        ready = Ready(read_export(export(repairs, moment=moment)))

        def current(self) -> Ready:
            return self.ready

    return Fixed()


def test_dead_links_are_repaired_and_the_length_is_right() -> None:
    got = ask(Site())
    assert MEMENTO.encode() in got.body and b"data-originalurl" in got.body
    assert int(got.headers[b"content-length"]) == len(got.body)


@pytest.mark.parametrize("chunk", [1, 7, 50])
def test_pages_that_come_in_pieces_are_repaired_whole(chunk: int) -> None:
    got = ask(Site(chunk=chunk, length=False))
    assert MEMENTO.encode() in got.body
    assert len(got.messages) == 2


def test_pages_without_dead_links_keep_every_byte_and_header_but_the_validators() -> None:
    page = PAGE.replace(b"gone", b"alive")
    got = ask(Site(body=page, more=[(b"content-md5", b"x"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]))
    assert got.body == page
    assert got.headers[b"content-md5"] == b"x" and got.headers[b"content-length"] == str(len(page)).encode()
    cookies = [value for name, value in got.messages[0]["headers"] if name == b"set-cookie"]
    assert cookies == [b"a=1", b"b=2"]


def test_digests_of_the_old_bytes_are_dropped() -> None:
    site = Site(more=[(b"Content-MD5", b"x"), (b"Repr-Digest", b"y"), (b"Accept-Ranges", b"bytes")])
    assert not {b"content-md5", b"repr-digest", b"accept-ranges"} & set(ask(site).headers)


@pytest.mark.parametrize(
    ("encode", "decode", "coding"),
    [(gzip.compress, gzip.decompress, b"gzip"), (zlib.compress, zlib.decompress, b"deflate")],
)
def test_compressed_pages_are_repaired_and_compressed_again(
    encode: Callable[[bytes], bytes], decode: Callable[[bytes], bytes], coding: bytes
) -> None:
    got = ask(Site(body=encode(PAGE), more=[(b"content-encoding", coding)]))
    assert MEMENTO.encode() in decode(got.body)
    assert got.headers[b"content-encoding"] == coding
    assert int(got.headers[b"content-length"]) == len(got.body)


@pytest.mark.parametrize("coding", [b"br", b"zstd", b"gzip, br"])
def test_codings_that_we_do_not_know_pass_through(coding: bytes) -> None:
    got = ask(Site(body=b"\x1b\x00 not ours", more=[(b"content-encoding", coding)]))
    assert got.body == b"\x1b\x00 not ours" and got.headers[b"etag"] == b'"v1"'


def test_damaged_compression_passes_through() -> None:
    damaged = gzip.compress(PAGE)[:-9]
    assert ask(Site(body=damaged, more=[(b"content-encoding", b"gzip")])).body == damaged


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "image/png", "text/event-stream"])
def test_what_is_no_html_passes_through_as_it_comes(content_type: str) -> None:
    got = ask(Site(content_type=content_type, chunk=5))
    assert got.body == PAGE and len(got.messages) > 3 and got.headers[b"etag"] == b'"v1"'


def test_a_part_of_a_page_passes_through() -> None:
    assert ask(Site(status=206)).body == PAGE


@pytest.mark.parametrize("length", [True, False])
def test_pages_beyond_the_limit_stream_through(length: bool) -> None:
    got = ask(Site(chunk=10, length=length), largest=30)
    assert got.body == PAGE and len(got.messages) > 4
    assert got.messages[-1]["more_body"] is False


def test_an_error_page_of_the_site_is_repaired_too() -> None:
    assert MEMENTO.encode() in ask(Site(status=404)).body


def test_posts_and_websockets_are_none_of_its_business() -> None:
    assert ask(Site(), method="POST").body == PAGE


class TestValidators:
    def test_a_repaired_page_has_a_tag_of_its_own(self) -> None:
        tag = ask(Site()).headers[b"etag"]
        assert tag.startswith(b'"v1-lk') and tag != b'"v1"'
        assert ask(Site(etag=b'W/"v1"')).headers[b"etag"].startswith(b'W/"v1-lk')

    def test_the_tag_changes_with_the_list(self) -> None:
        other = Repair(url=URL, uri_m=MEMENTO + "?2", moment=MOMENT)
        one, two = (ask(Site(), repairs=listed([repair])).headers[b"etag"] for repair in (REPAIR, other))
        assert one != two

    def test_a_reader_who_has_the_repaired_page_gets_304(self) -> None:
        repairs = listed([REPAIR])
        tag = ask(Site(), repairs=repairs).headers[b"etag"].decode()
        site = Site()
        got = ask(site, repairs=repairs, if_none_match=tag)
        assert got.status == 304 and site.asked[b"if-none-match"] == b'"v1"'
        assert got.headers[b"etag"].decode() == tag

    def test_a_page_repaired_by_an_older_list_comes_anew(self) -> None:
        tag = ask(Site(), repairs=listed([])).headers[b"etag"].decode()
        got = ask(Site(), repairs=listed([REPAIR]), if_none_match=tag)
        assert got.status == 200 and MEMENTO.encode() in got.body

    def test_a_page_cached_before_it_was_repaired_comes_anew(self) -> None:
        got = ask(Site(), if_none_match='"v1"', accept="text/html,*/*")
        assert got.status == 200 and MEMENTO.encode() in got.body

    def test_a_picture_cached_before_needs_not(self) -> None:
        got = ask(Site(content_type="image/png"), if_none_match='"v1"', sec_fetch_dest="image")
        assert got.status == 304 and got.headers[b"etag"] == b'"v1"'

    def test_the_date_is_never_before_the_repairs(self) -> None:
        site = Site(more=[(b"last-modified", b"Mon, 05 Jan 2026 10:00:00 GMT")])
        got = ask(site, repairs=listed([REPAIR]))
        assert got.headers[b"last-modified"] == b"Sun, 22 Nov 2026 09:00:00 GMT"

    def test_a_date_before_the_repairs_is_not_asked_about(self) -> None:
        site = Site()
        ask(site, repairs=listed([REPAIR]), if_modified_since="Mon, 05 Jan 2026 10:00:00 GMT", accept="text/html")
        assert b"if-modified-since" not in site.asked
        ask(site, repairs=listed([REPAIR]), if_modified_since="Sun, 22 Nov 2026 09:00:00 GMT", accept="text/html")
        assert b"if-modified-since" in site.asked

    def test_a_head_request_promises_no_wrong_length(self) -> None:
        got = ask(Site(), method="HEAD")
        assert b"content-length" not in got.headers and got.headers[b"etag"].startswith(b'"v1-lk')


class TestTheFile:
    def write(self, path: Path, repairs: list[Repair]) -> None:
        path.write_bytes(export(repairs, moment=MOMENT))

    def test_it_is_read_again_when_it_changes(self, tmp_path: Path) -> None:
        path = tmp_path / "repairs.json"
        repairs = RepairsFile(path, look_every_s=0)
        assert ask(Site(), repairs=repairs).body == PAGE
        self.write(path, [REPAIR])
        assert MEMENTO.encode() in ask(Site(), repairs=repairs).body

    def test_a_damaged_one_leaves_the_last_good_one_in_force(self, tmp_path: Path) -> None:
        path = tmp_path / "repairs.json"
        self.write(path, [REPAIR])
        repairs = RepairsFile(path, look_every_s=0)
        assert MEMENTO.encode() in ask(Site(), repairs=repairs).body
        path.write_bytes(b'{"version": 1, "repairs": [')
        assert MEMENTO.encode() in ask(Site(), repairs=repairs).body


def test_the_list_comes_back_as_it_was_written() -> None:
    more = Repair(url="https://b.example/", spellings=("http://b.example/",), uri_m=MEMENTO, moment=MOMENT,
                  intended=MOMENT.date())  # fmt: skip
    read = read_export(export([more, REPAIR], moment=MOMENT))
    assert set(read.repairs) == {more, REPAIR} and read.moment == MOMENT
    assert export([REPAIR, more], moment=MOMENT) == export([more, REPAIR], moment=MOMENT)
