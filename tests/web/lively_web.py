"""A page of the test web with everything that replays get wrong, each part saying of itself whether it works."""

import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from linkkeeper.demo.behaviours import One
from linkkeeper.demo.small_web import Asked, Reply
from testweb import TestWeb, behaviours

HERE = Path(__file__).parent / "pages"
PAGE = "https://www.lively.example/report"
OTHER = "https://frames.other.example/inner"
SITE = PAGE.removesuffix("/report")

#: What each part of the page must say once it works, by the id of its element.
WORKING = {
    "module": "imported statically and dynamically",
    "fetched": "fetched: 42",
    "posted": "answered: winter",
    "form": "answered a form: spring",
    "font": "own font",
    "video": "plays 160x90",
    "near": "frame of the same site",
    "far": "frame of another site, nested",
    "lazy": "lazy pictures: 3",
    "worker": "worked out by a worker",
    "styled": "rgb(12, 34, 56)",
}


def png(colour: tuple[int, int, int], size: int = 60) -> bytes:
    """A square of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes(colour) * size for _ in range(size))
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@dataclass(frozen=True, slots=True)
class Ranged(One):
    """A file that is given out by ranges, as media servers do."""

    body: bytes
    media_type: str

    def reply(self, asked: Asked) -> Reply:
        kind = (("Content-Type", self.media_type), ("Accept-Ranges", "bytes"))
        wanted = (asked.header("Range") or "").removeprefix("bytes=")
        if not wanted:
            return Reply(headers=kind, body=self.body)
        first, _, last = wanted.partition("-")
        start, end = int(first or 0), min(int(last or len(self.body) - 1), len(self.body) - 1)
        content_range = (("Content-Range", f"bytes {start}-{end}/{len(self.body)}"),)
        return Reply(status=206, headers=(*kind, *content_range), body=self.body[start : end + 1])


@dataclass(frozen=True, slots=True)
class Answering(One):
    """Answers a POST, and only a POST."""

    answer: Callable[[Asked], str]

    def reply(self, asked: Asked) -> Reply:
        if asked.method != "POST":
            return Reply(status=405)
        return Reply(headers=(("Content-Type", "text/plain"),), body=self.answer(asked).encode())


def place(web: TestWeb) -> None:
    """Put the page and all its parts on *web*."""
    text = behaviours.prose("lively", words=150)
    page = (HERE / "lively.html").read_text("utf-8").replace("PROSE", text).replace("OTHER", OTHER)
    file = behaviours.File
    parts = {
        "/report": file(page.encode(), "text/html; charset=utf-8"),
        "/style.css": file((HERE / "lively.css").read_bytes(), "text/css"),
        "/boxes.woff2": file((HERE / "boxes.woff2").read_bytes(), "font/woff2"),
        "/main.js": file(b"import {word} from './parts/word.js';\nexport const said = word;\n", "text/javascript"),
        "/parts/word.js": file(b"export const word = 'imported statically';\n", "text/javascript"),
        "/parts/late.js": file(b"export default ' and dynamically';\n", "text/javascript"),
        "/worker.js": file(b"onmessage = event => postMessage(event.data + ' by a worker');", "text/javascript"),
        "/data.json": file(json.dumps({"number": 42}).encode(), "application/json"),
        "/answer": Answering(lambda asked: "winter"),
        "/form": Answering(lambda asked: "spring"),
        "/clip.webm": Ranged((HERE / "clip.webm").read_bytes(), "video/webm"),
        "/frame": file(b"<!doctype html><meta charset=utf-8><p id=said>frame of the same site</p>", "text/html"),
        "/one.png": file(png((200, 40, 40)), "image/png"),
        "/two.png": file(png((40, 160, 60)), "image/png"),
        "/three.png": file(png((40, 60, 200)), "image/png"),
    }
    for path, behaviour in parts.items():
        web.place(SITE + path, behaviour)
    inner = b"<!doctype html><meta charset=utf-8><iframe src=/innermost title=inner width=250 height=60></iframe>"
    web.place(OTHER, file(inner, "text/html"))
    innermost = b"<!doctype html><p id=said>frame of another site, nested</p>"
    web.place(OTHER.replace("/inner", "/innermost"), file(innermost, "text/html"))
