"""ReplayWeb.page shows our package: style, pictures, a revisit, a module, a POST's answer."""

import functools
import http.server
import json
import re
import shutil
import struct
import threading
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

import linkkeeper.web
from archive_making import MOMENT, URL, exchange, posted, published
from linkkeeper.vocabulary.capture import Exchange

VENDORED = Path(linkkeeper.web.__file__).parent / "vendor" / "replaywebpage"

pytestmark = [pytest.mark.battery, pytest.mark.browser, pytest.mark.timeout(300)]

ARTICLE = b"""<!DOCTYPE html><html><head><title>A source</title><link rel=stylesheet href=/style.css></head>
<body><h1>Words</h1><img id=one src=/a.png><img id=two src=/again.png><p id=answer></p><p id=module></p>
<script>fetch('/api', {method: 'POST', headers: {'Content-Type': 'application/json'},
 body: JSON.stringify({page: 1, deep: {list: [1, 2.5, true]}})})
 .then(r => r.text()).then(t => { document.getElementById('answer').textContent = t })</script>
<script type=module>import {word} from '/module.js'; document.getElementById('module').textContent = word</script>
</body></html>"""


def png(width: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x30\x60\x90" * width for _ in range(width))
    head = struct.pack(">IIBBBBB", width, width, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def chunked(data: bytes) -> bytes:
    half = len(data) // 2
    return b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (half, data[:half], len(data) - half, data[half:])


def head(media_type: str, *, framing: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\n{framing}\r\n\r\n".encode()


def visit() -> list[Exchange]:
    style = b"h1 { color: rgb(1, 2, 3) }"
    picture = head("image/png", framing="Accept-Ranges: bytes")
    body = b'{"page":1,"deep":{"list":[1,2.5,true]}}'
    made = [
        exchange(URL, chunked(ARTICLE), head=head("text/html", framing="Transfer-Encoding: chunked"), main=True),
        exchange(
            "http://source.example/style.css",
            chunked(style),
            head=head("text/css", framing="Transfer-Encoding: chunked"),
        ),
        exchange("http://source.example/a.png", png(40), head=picture),
        exchange("http://source.example/again.png", png(40), head=picture),
        exchange(
            "http://source.example/module.js",
            b"export const word = 'imported'",
            head=head("text/javascript", framing="X-A: b"),
        ),
        posted("http://source.example/api", body, b"the answer", media_type="application/json"),
    ]
    return [replace(item, moment=MOMENT) for item in made]


class RangeHandler(http.server.SimpleHTTPRequestHandler):
    """Files with ranges, which the standard library's own server lacks."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted is None or not path.is_file():
            super().do_GET()
            return
        data = path.read_bytes()
        start, end = int(wanted[1]), int(wanted[2] or len(data) - 1)
        part = data[start : end + 1]
        self.send_response(206)
        self.send_header("Content-Type", "application/wacz")
        self.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)

    def end_headers(self) -> None:
        self.send_header("Accept-Ranges", "bytes")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """The battery's output is its own."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    if not (VENDORED / "ui.js").exists():
        pytest.skip("ReplayWeb.page is fetched by the build; it isn't here")
    done = published(tmp_path / "storage", exchanges=visit())
    root = tmp_path / "site"
    (root / "replay").mkdir(parents=True)
    shutil.copy(done.directory / "capture.wacz", root / "capture.wacz")
    for name in ("ui.js", "sw.js"):
        shutil.copy(VENDORED / name, root / "replay" / name)
    element = (
        f'<replay-web-page source="/capture.wacz" url="{URL}" ts="{done.moment}"'
        ' replayBase="/replay/" embed="replayonly">'
    )
    (root / "index.html").write_text(
        f'<!DOCTYPE html><script src="/replay/ui.js"></script><body style="height:600px">{element}</replay-web-page>'
    )
    (root / "replay" / "index.html").write_text(
        '<!DOCTYPE html><script src="/replay/ui.js"></script><body><replay-app-main></replay-app-main></body>'
    )
    handler = functools.partial(RangeHandler, directory=str(root))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def test_the_page_replays_as_it_was(site: str) -> None:
    with sync_playwright() as playwright:
        executable = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(site)
        frame = None
        for _ in range(300):
            frame = next((item for item in page.frames if "/w/" in item.url and "mp_/" in item.url), None)
            if frame is not None:
                break
            page.wait_for_timeout(200)
        assert frame is not None, [item.url for item in page.frames]
        frame.wait_for_selector("#answer:not(:empty)", timeout=30_000)
        frame.wait_for_selector("#module:not(:empty)", timeout=30_000)
        shown = frame.evaluate(
            """() => ({title: document.title, answer: document.getElementById('answer').textContent,
            module: document.getElementById('module').textContent,
            color: getComputedStyle(document.querySelector('h1')).color,
            widths: [...document.images].map(i => i.naturalWidth)})"""
        )
        browser.close()
    assert shown == {
        "title": "A source",
        "answer": "the answer",
        "module": "imported",
        "color": "rgb(1, 2, 3)",
        "widths": [40, 40],
    }, json.dumps(shown)
