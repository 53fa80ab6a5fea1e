"""Pages that mean harm, each by its path: none may take more than its limits."""

import asyncio
import zlib
from functools import lru_cache

from captures.truth_server import Answering, Request, TruthServer
from captures.truth_web import MAIN, NAMES, WORDS, head, page, png, send


async def serve(request: Request, answer: Answering) -> None:
    path = request.path.split("?")[0]
    if path in SPECIAL:
        await SPECIAL[path](request, answer)
    elif path in PAGES:
        await send(answer, PAGES[path])
    elif path.startswith("/more/"):
        await send(answer, png(30, 30, 5), "image/png", "Cache-Control: no-store")
    elif path in RAW:
        await answer.whole(RAW[path])
        answer.writer.close()
    else:
        await send(answer, page("Nothing", ""), status="404 Not Found")


ENDLESS_SCROLL = """<script>
let n = 0;
const add = () => { for (let i = 0; i < 5; i++) { const e = document.createElement('p'); e.style.height = '400px';
  e.innerHTML = '<img src="/more/' + (n++) + '">'; document.body.append(e); } };
add(); addEventListener('scroll', add);
</script>"""

PAGES = {
    "/endless-scroll": page("Endless scroll", ENDLESS_SCROLL),
    "/million-elements": page(
        "A million elements",
        "<div id=many></div><script>let html = ''; for (let i = 0; i < 1000000; i++) html += '<i>x</i>';"
        "document.getElementById('many').innerHTML = html;</script>",
    ),
    "/alert-loop": page("Alerts", "<script>for (;;) alert('still here')</script><p>After the loop</p>"),
    "/busy-loop": page("Busy", "<script>for (;;) {}</script>"),
    "/busy-later": page("Busy later", "<script>onload = () => setTimeout(() => { for (;;) {} }, 50)</script>"),
    "/beforeunload": page("Stay", "<script>onbeforeunload = e => { e.preventDefault(); return 'stay'; }</script>"),
    "/downloads": page("Downloads", "<script>setInterval(() => { location = '/file?' + Math.random() }, 30)</script>"),
    "/self-closing": page("Closing", "<script>setTimeout(() => window.close(), 100)</script>"),
    "/popups": page("Popups", "<script>setInterval(() => window.open('/popups'), 100)</script>"),
    "/reload-loop": page("Reloading", "<script>location.reload()</script>"),
    "/fetch-loop": page(
        "Fetching",
        "<script>let n = 0; setInterval(() => { for (let i = 0; i < 20; i++) fetch('/more/' + n++) }, 5)</script>",
    ),
    "/sockets": page(
        "Sockets", f"<script>for (let i = 0; i < 200; i++) new WebSocket('wss://{MAIN}/silent-socket')</script>"
    ),
    "/bomb-picture": page("Bomb beside", '<img src="/bomb.png">'),
    "/frame-tower": page("Frames", '<iframe src="/frame-tower?a"></iframe><iframe src="/frame-tower?b"></iframe>'),
    "/print-loop": page("Print", "<script>setInterval(() => print(), 50)</script>"),
    "/tampered": page(
        "Tampered",
        "<script>Array.prototype.map = String.prototype.trim = Object.keys = JSON.stringify = () => { throw 1 };"
        "document.querySelectorAll = () => { throw 2 }; window.requestAnimationFrame = () => {}; Promise = null;</script>",
    ),
}

RAW = {
    "/two-lengths": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "/listed-lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello!",
    "/length-and-chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "/folded": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n 0\r\n\r\nok",
    "/odd-coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "/blank-name": b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok",
    "/signed-length": b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
    "/bad-chunk": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
    "/no-http": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "/huge-header": b"HTTP/1.1 200 OK\r\nX-Huge: " + b"a" * 400_000 + b"\r\nContent-Length: 2\r\n\r\nok",
}


async def endless_redirects(request: Request, answer: Answering) -> None:
    number = int(request.path.partition("?")[2] or 0)
    await answer.whole(head("302 Found", f"Location: /endless-redirects?{number + 1}", length=0))


async def endless_stream(request: Request, answer: Answering) -> None:
    await answer.head(head("200 OK", "Content-Type: text/html", "Transfer-Encoding: chunked"))
    piece = f"<p>{WORDS}</p>".encode() * 100
    while True:
        await answer.body(b"%x\r\n" % len(piece) + piece + b"\r\n")
        await asyncio.sleep(0)


async def endless_trickle(request: Request, answer: Answering) -> None:
    await answer.head(head("200 OK", "Content-Type: text/html; charset=utf-8", "Transfer-Encoding: chunked"))
    while True:
        piece = f"<p>{WORDS}</p>".encode()
        await answer.body(b"%x\r\n" % len(piece) + piece + b"\r\n")
        await asyncio.sleep(0.05)


@lru_cache
def blanks_gzipped(start: bytes, *, megabytes: int) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    parts = [packer.compress(start), *(packer.compress(b" " * (1 << 20)) for _ in range(megabytes)), packer.flush()]
    return b"".join(parts)


async def bomb_page(request: Request, answer: Answering) -> None:
    body = blanks_gzipped(b"<!DOCTYPE html><title>Bomb</title><p>Words before the bomb", megabytes=100)
    await answer.whole(head("200 OK", "Content-Type: text/html", "Content-Encoding: gzip", length=len(body)), body)


async def bomb_picture(request: Request, answer: Answering) -> None:
    body = blanks_gzipped(b"", megabytes=100)
    await answer.whole(head("200 OK", "Content-Type: image/png", "Content-Encoding: gzip", length=len(body)), body)


async def file(request: Request, answer: Answering) -> None:
    await send(answer, b"x" * 2000, "application/octet-stream", "Content-Disposition: attachment; filename=x.bin")


async def endless_interim(request: Request, answer: Answering) -> None:
    while True:
        await answer.interim(b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n")
        await asyncio.sleep(0.01)


async def silent_socket(request: Request, answer: Answering) -> None:
    await asyncio.sleep(600)


SPECIAL = {
    "/endless-redirects": endless_redirects,
    "/endless-stream": endless_stream,
    "/endless-trickle": endless_trickle,
    "/endless-interim": endless_interim,
    "/bomb-page": bomb_page,
    "/bomb.png": bomb_picture,
    "/file": file,
    "/silent-socket": silent_socket,
}

ALL = [*PAGES, *RAW, *SPECIAL]


def hostile_web() -> TruthServer:
    return TruthServer(serve, names=NAMES)
