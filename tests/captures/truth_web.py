"""The cases of the test web: pages that recorders get wrong, each by its path."""

import asyncio
import base64
import gzip
import hashlib
import json
import struct
import zlib
from pathlib import Path

from captures.truth_server import MODERN, Answering, Request, TruthServer

MAIN = "www.truth.example"
OTHER = "frames.other.example"
CDN = "static.cdn.example"
NAMES = [MAIN, OTHER, CDN]
MEGABYTE = 1 << 20
WORDS = "The archive keeps what the footnote needs, long after the page has gone from where it stood. "


def png(width: int, height: int, seed: int) -> bytes:
    """A valid picture of one colour."""
    row = b"\0" + bytes((seed * 53 % 256, seed * 97 % 256, seed * 31 % 256)) * width

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(row * height))
        + chunk(b"IEND", b"")
    )


def wav(seconds: float) -> bytes:
    """A valid sound that compresses to nothing: media with ranges."""
    samples = bytes(128 + (index % 64) for index in range(8000)) * int(seconds)
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(samples),
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        8000,
        8000,
        1,
        8,
        b"data",
        len(samples),
    )
    return header + samples


def pdf(words: str, *, padding: int) -> bytes:
    """A small PDF of one page, with bytes that no reader shows."""
    stream = f"BT /F1 14 Tf 50 780 Td ({words}) Tj ET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d >>\nstream\n" % padding + b"x" * padding + b"\nendstream",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return (
        out
        + b"xref\n0 %d\n0000000000 65535 f \n" % size
        + table
        + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (size, len(out))
    )


def chunked(data: bytes, *, pieces: int = 3, extension: bytes = b"") -> bytes:
    step = max(1, len(data) // pieces)
    parts = [data[start : start + step] for start in range(0, len(data), step)]
    return b"".join(b"%x%s\r\n" % (len(part), extension) + part + b"\r\n" for part in parts) + b"0\r\n\r\n"


def zstandard(data: bytes) -> bytes:
    """Up to 255 bytes as a Zstandard frame of one raw block (RFC 8878)."""
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(data)]) + (len(data) << 3 | 1).to_bytes(3, "little") + data


def head(status: str, *lines: str, length: int | None = None) -> bytes:
    fields = [*lines, *([f"Content-Length: {length}"] if length is not None else [])]
    return ("\r\n".join([f"HTTP/1.1 {status}", *fields]) + "\r\n\r\n").encode("latin-1")


async def send(
    answer: Answering,
    body: bytes | str,
    media_type: str = "text/html; charset=utf-8",
    *lines: str,
    status: str = "200 OK",
) -> None:
    data = body.encode("utf-8") if isinstance(body, str) else body
    await answer.whole(head(status, f"Content-Type: {media_type}", *lines, length=len(data)), data)


def page(title: str, body: str, *, extra: str = "") -> str:
    return f"<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>{title}</title>{extra}</head><body><h1>{title}</h1><p>{WORDS * 6}</p>{body}</body></html>"


ARTICLE = page(
    "An article with everything",
    f"""
<img src="/picture/1.png" width=40 height=40 alt="">
<img srcset="/picture/2.png 1x, /picture/3.png 2x" width=40 height=40 alt="">
<picture><source media="(min-width: 600px)" srcset="/picture/4.png"><img src="/picture/5.png" width=40 height=40 alt=""></picture>
<img src="/moved-picture" width=40 height=40 alt="">
<iframe src="https://{OTHER}/frame" width=300 height=80></iframe>
<div style="height:2400px"></div>
{"".join(f'<img data-src="/picture/{n}.png" width=40 height=40 alt="" style="display:block;margin:60px">' for n in range(10, 16))}
<img loading=lazy src="/picture/20.png" width=40 height=40 alt="">
<p id=out></p>
<own-words></own-words>
<script>
customElements.define('own-words', class extends HTMLElement {{ constructor() {{
  super().attachShadow({{mode: 'open'}}).innerHTML = '<p>Words in the shadow</p>'; }} }});
const seen = new IntersectionObserver(all => all.forEach(e => {{ if (e.isIntersecting) {{ e.target.src = e.target.dataset.src; seen.unobserve(e.target); }} }}));
document.querySelectorAll('[data-src]').forEach(e => seen.observe(e));
(async () => {{
  const posted = await fetch('https://{CDN}/api', {{method: 'POST', headers: {{'Content-Type': 'application/json'}}, body: JSON.stringify({{a: 1, umlaut: 'ü'}})}});
  const form = new FormData(); form.append('text', 'wörd'); form.append('file', new Blob([new Uint8Array([0, 1, 2, 255])]), 'bytes.bin');
  await fetch('/form', {{method: 'POST', body: form}});
  const echo = await (await fetch('/cookie-echo')).text();
  document.getElementById('out').textContent = (await posted.json()).said + ' ' + (echo.includes('one=1') ? 'cookies came' : 'no cookies');
}})();
const request = new XMLHttpRequest(); request.open('GET', '/xhr.json'); request.send();
new Worker('/worker.js');
navigator.sendBeacon('/beacon', 'signal');
const socket = new WebSocket('wss://{MAIN}/socket'); socket.onopen = () => socket.send('hello');
</script>""",
    extra='<link rel=stylesheet href="/style.css">',
)
ARTICLE_HEAD = (
    "HTTP/1.1 200 Fine\r\nContent-type: text/html; charset=utf-8\r\nSet-Cookie: one=1; Path=/\r\nSet-Cookie: two=2; Path=/\r\n"
    "Set-Cookie: three=3; Path=/; HttpOnly\r\nLink: </style.css>; rel=preload; as=style\r\nLink: <https://static.cdn.example/>; rel=preconnect\r\n"
    "X-ODD-case: Yes\r\nX-Padded:    wide   inside   \r\nX-Latin: caf\xe9\r\nX-Empty:\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
).encode("latin-1")

PAPER = pdf("A paper that a footnote cites in full", padding=600_000)
SOUND = wav(140)
LONG_SOUND = wav(450)
CLIPS = {path.name: path.read_bytes() for path in Path(__file__).parent.glob("clip.*")}

PAGES = {
    "/redirected": page("After three redirects", ""),
    "/service-worker": page(
        "With a service worker",
        "<p id=out>waiting</p><script>navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready)"
        ".then(() => navigator.serviceWorker.controller || new Promise(r => navigator.serviceWorker.oncontrollerchange = r))"
        ".then(() => fetch('/invented')).then(a => a.text()).then(t => document.getElementById('out').textContent = t);</script>",
    ),
    "/media": page(
        "With sound",
        '<audio controls src="/sound.wav"></audio><audio controls preload=auto src="/long-sound.wav"></audio>',
    ),
    "/video": page(
        "With videos",
        "<video muted playsinline width=320 height=180 src=/clip.webm></video>"
        "<video muted playsinline width=320 height=180 src=/clip.mp4></video>",
    ),
    "/modern": page("From a server that prefers HTTP/2", ""),
    "/large": page(
        "With fifty megabytes",
        "<script>fetch('/large.bin').then(a => a.arrayBuffer()).then(b => document.title = b.byteLength)</script>",
    ),
    "/live": page(
        "Never idle",
        "<script>new EventSource('/events'); new WebSocket('ws://www.truth.example/socket');"
        "(async () => { for (;;) await fetch('/poll', {cache: 'no-store'}); })();</script>",
    ),
    "/broken-pictures": page(
        "With broken pictures", '<img src="/cut.png"><img src="/reset.png"><img src="/picture/1.png">'
    ),
    "/bad-certificate": page(
        "With an expired neighbour", '<img src="https://expired.example/picture/1.png"><img src="/picture/2.png">'
    ),
    "/hints": page("After early hints", '<link rel=stylesheet href="/style.css">'),
    "/hundred": page(
        "With a hundred resources", "".join(f'<img src="/many/{n}.png" width=20 height=20 alt="">' for n in range(100))
    ),
    "/forty": page(
        "With forty resources",
        "".join(f'<img src="/many/{n}.png" width=20 height=20 alt="">' for n in range(40)),
        extra='<link rel=stylesheet href="/style.css">',
    ),
    "/plain-http": page(
        "Over plain HTTP", '<img src="/picture/1.png"><img src="http://static.cdn.example/picture/2.png">'
    ),
    "/meta-refresh": '<html><head><title>Moving</title><meta http-equiv=refresh content="0; url=/redirected"></head><body>Moving on</body></html>',
    "/quotes": page("With a push state", "<script>history.pushState({}, '', '/quotes/elsewhere')</script>"),
    "/cookie-setting": "<p id=out></p><script>document.cookie = 'one=1; path=/'; out.textContent = document.cookie</script>",
    "/consent": page(
        "With a banner",
        "<div id=onetrust-banner-sdk style='position:fixed;bottom:0'>We use cookies <button id=onetrust-accept-btn-handler>"
        "Accept</button><button id=onetrust-reject-all-handler "
        "onclick='this.parentElement.remove()'>Reject all</button></div>",
    ),
    "/cassie-consent": page(
        "With a banner that few know",
        "<div class='cassie-cookie-module cassie-pre-banner' style='position:fixed;bottom:0;height:60px'>"
        "<span id=cassie_pre_banner_text>We use cookies</span> "
        "<i class=cassie-reject-all onclick='this.parentElement.remove()'>No thanks to all that</i></div>",
    ),
    "/worded-consent": page(
        "With a banner of its own",
        "<div class=cookie-bar style='position:fixed;bottom:0'>We use cookies "
        "<button>Details</button><button onclick='this.parentElement.remove()'>Nur notwendige</button></div>",
    ),
    "/show-more": page(
        "With more to show",
        '<button onclick=\'document.body.append(Object.assign(document.createElement("p"), '
        '{textContent: "One more paragraph"}))\'>Show more</button>' * 9,
    ),
    "/hidden-in-print": page("Hidden in print", "", extra="<style>@media print { body { display: none } }</style>"),
    # Its glyphs come from two fonts, so a print splits its words; the text begins on the fourth sheet.
    "/late-text": "<!DOCTYPE html><html lang=vi><meta charset=utf-8><title>Báo cáo</title><body style='font-family:Liberation Serif, serif'>"
    + "<div style='break-after:page'>1</div>" * 3
    + "<p>Các nhà nghiên cứu cho biết nhiệt độ toàn cầu đang tăng nhanh hơn dự đoán, ảnh hưởng đến sản xuất nông nghiệp.",
    "/sign-up": page(
        "With a form",
        "<form action=/x method=post><input name=name><input name=email type=email><input name=phone type=tel>"
        "<input name=street><input name=zip><button>Send</button></form>",
    ),
    "/own-box": page(
        "Scrolls in a box of its own",
        "<style>html, body { height: 100%; margin: 0; overflow: hidden }</style>"
        "<div style='position: fixed; inset: 0'><div style='height: 100vh; overflow: auto'>"
        + "".join(f"<p>Paragraph {n} of the box. {WORDS}</p>" for n in range(200))
        + "</div></div>",
    ),
    "/folded-parts": page(
        "With folded parts",
        "<nav><details><summary>Menu</summary><p>Menu words</p></details></nav>"
        "<details name=a><summary>Method</summary><p>Interviewed forty people</p></details>"
        "<details name=a><summary>Limits</summary><p>None was older than sixty</p></details>"
        "<details style='position: relative'><summary>Share</summary><p style='position: absolute'>Overlaid</p></details>",
    ),
    "/shadows": page(
        "With shadows",
        "<div id=host></div><script>const root = host.attachShadow({mode: 'open'});"
        "root.innerHTML = '<style>p { color: red }</style><p>Kept in the shadow</p><p hidden>Never shown</p>';</script>",
    ),
    "/wide": page("Made for wide screens", f"<div style='width:1700px;text-align:right'>{WORDS * 8} right edge</div>"),
    "/empty-shell": "<!DOCTYPE html><title>Shell</title><div id=root></div><script>1</script>",
    "/sw.js": "self.addEventListener('fetch', e => { if (e.request.url.endsWith('/invented')) e.respondWith(new Response('invented by the worker')); });"
    "self.addEventListener('install', e => { self.skipWaiting(); e.waitUntil(caches.open('a').then(c => c.addAll(['/picture/30.png', '/xhr.json']))); });"
    "self.addEventListener('activate', e => e.waitUntil(clients.claim()));",
}


async def serve(request: Request, answer: Answering) -> None:
    """Answer by path; the host decides nothing but who is asked."""
    path = request.path.split("?")[0]
    special = SPECIAL.get(path)
    if special is not None:
        await special(request, answer)
    elif path.startswith(("/picture/", "/many/")):
        number = int(path.rsplit("/", 1)[1].removesuffix(".png"))
        await send(answer, png(40, 40, number), "image/png", "Cache-Control: max-age=60")
    elif path in PAGES:
        kind = "text/javascript" if path.endswith(".js") else "text/html; charset=utf-8"
        await send(answer, PAGES[path], kind)
    else:
        await send(answer, page("Not here", "<p>Nothing stands at this address."), status="404 Not Found")


async def article(request: Request, answer: Answering) -> None:
    body = gzip.compress(ARTICLE.encode("utf-8"), mtime=0)
    await answer.whole(ARTICLE_HEAD, chunked(body))


async def extended_chunks(request: Request, answer: Answering) -> None:
    body = gzip.compress(page("In chunks with extensions", "").encode("utf-8"), mtime=0)
    fields = ("Content-Type: text/html; charset=utf-8", "Content-Encoding: gzip", "Transfer-Encoding: chunked")
    await answer.whole(head("200 OK", *fields), chunked(body, extension=b";note=1"))


async def style(request: Request, answer: Answering) -> None:
    text = b"@import url('/second.css'); @font-face { font-family: Own; src: url('/font.woff2'); } body { font-family: Own, sans-serif; }"
    body = gzip.compress(text, mtime=0)
    await answer.whole(
        head("200 OK", "Content-Type: text/css", "Content-Encoding: gzip", "Transfer-Encoding: chunked"), chunked(body)
    )


async def second_style(request: Request, answer: Answering) -> None:
    text = b"h1 { color: rgb(10, 80, 160); }"
    offered = request.header("accept-encoding")
    if "zstd" in offered:
        await send(answer, zstandard(text), "text/css", "Content-Encoding: zstd")
    elif "deflate" in offered:
        await send(answer, zlib.compress(text), "text/css", "Content-Encoding: deflate")
    else:
        await send(answer, gzip.compress(text, mtime=0), "text/css", "Content-Encoding: gzip")


async def frame(request: Request, answer: Answering) -> None:
    await send(
        answer,
        f'<!DOCTYPE html><p>Words of the frame</p><iframe src="https://{CDN}/inner-frame" width=200 height=40></iframe>',
    )


async def inner_frame(request: Request, answer: Answering) -> None:
    await send(answer, '<!DOCTYPE html><p>Words of the inner frame</p><img src="/picture/7.png">')


async def worker(request: Request, answer: Answering) -> None:
    await send(answer, "fetch('/from-worker.json')", "text/javascript")


async def api(request: Request, answer: Answering) -> None:
    allow = (f"Access-Control-Allow-Origin: https://{MAIN}", "Access-Control-Allow-Headers: content-type")
    if request.method == "OPTIONS":
        await answer.whole(head("204 No Content", *allow))
        return
    await send(
        answer,
        json.dumps({"said": "posted " + hashlib.sha256(request.body).hexdigest()[:8]}),
        "application/json",
        *allow,
    )


async def form(request: Request, answer: Answering) -> None:
    await send(answer, "taken", "text/plain")


async def cookie_echo(request: Request, answer: Answering) -> None:
    await send(answer, request.header("cookie"), "text/plain", "Cache-Control: no-store")


async def some_json(request: Request, answer: Answering) -> None:
    await send(answer, "{}", "application/json")


async def beacon(request: Request, answer: Answering) -> None:
    await answer.whole(head("204 No Content"))


async def socket(request: Request, answer: Answering) -> None:
    key = request.header("sec-websocket-key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(key.encode("ascii"), usedforsecurity=False).digest()).decode("ascii")
    await answer.whole(
        head("101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept}")
    )
    while await answer.reader.read(4096):
        answer.writer.write(b"\x81\x02ok")
    answer.writer.close()


def redirect(status: str, target: str):
    async def handler(request: Request, answer: Answering) -> None:
        await send(answer, f"moved to {target}", "text/plain", f"Location: {target}", "X-Hop: yes", status=status)

    return handler


def ranged(data: bytes, media_type: str):
    async def handler(request: Request, answer: Answering) -> None:
        asked = request.header("range")
        if not asked:
            await send(answer, data, media_type, "Accept-Ranges: bytes")
            return
        first, _, last = asked.removeprefix("bytes=").partition("-")
        start, end = int(first), int(last) if last else len(data) - 1
        part = data[start : end + 1]
        span = f"Content-Range: bytes {start}-{start + len(part) - 1}/{len(data)}"
        await answer.head(
            head("206 Partial Content", f"Content-Type: {media_type}", "Accept-Ranges: bytes", span, length=len(part))
        )
        for position in range(0, len(part), 65536):
            await answer.body(part[position : position + 65536])
            await asyncio.sleep(0.002)
        answer.done()

    return handler


async def large(request: Request, answer: Answering) -> None:
    await answer.head(head("200 OK", "Content-Type: application/octet-stream", length=50 * MEGABYTE))
    piece = bytes(range(256)) * 1024
    for _ in range(200):
        await answer.body(piece)
    answer.done()


async def large_download(request: Request, answer: Answering) -> None:
    await answer.head(
        head(
            "200 OK",
            "Content-Type: application/zip",
            'Content-Disposition: attachment; filename="data.zip"',
            length=5 * MEGABYTE,
        )
    )
    piece = bytes(range(256)) * 1024
    for _ in range(20):
        await answer.body(piece)
    answer.done()


async def paper(request: Request, answer: Answering) -> None:
    await send(answer, PAPER, "application/pdf")


async def table(request: Request, answer: Answering) -> None:
    await send(
        answer,
        "year,footnotes\r\n2026,14\r\n",
        "text/csv; charset=utf-8",
        "Content-Disposition: attachment; filename*=UTF-8''%C3%BCbersicht.csv",
    )


async def events(request: Request, answer: Answering) -> None:
    await answer.head(head("200 OK", "Content-Type: text/event-stream", "Cache-Control: no-store", "Connection: close"))
    while True:
        await answer.body(b"data: still here\n\n")
        await asyncio.sleep(0.1)


async def poll(request: Request, answer: Answering) -> None:
    await asyncio.sleep(0.3)
    await send(answer, "nothing new", "text/plain", "Cache-Control: no-store")


async def slow(request: Request, answer: Answering) -> None:
    await asyncio.sleep(2)
    await send(answer, page("Slow to come", ""))


async def cut_picture(request: Request, answer: Answering) -> None:
    data = png(400, 400, 3) + b"x" * 5000
    await answer.head(head("200 OK", "Content-Type: image/png", length=len(data)))
    await answer.body(data[:3000])
    answer.writer.close()


async def reset_picture(request: Request, answer: Answering) -> None:
    answer.reset()


async def hints(request: Request, answer: Answering) -> None:
    await answer.interim(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload; as=style\r\n\r\n")
    await send(answer, PAGES["/hints"])


async def members(request: Request, answer: Answering) -> None:
    await send(
        answer,
        page("Members only", "<p>Please log in.</p>"),
        "text/html",
        'WWW-Authenticate: Basic realm="members"',
        status="401 Unauthorized",
    )


async def unavailable(request: Request, answer: Answering) -> None:
    await send(answer, page("Back soon", ""), status="503 Service Unavailable")


async def gone(request: Request, answer: Answering) -> None:
    await send(answer, page("Gone for good", ""), status="410 Gone")


async def no_length(request: Request, answer: Answering) -> None:
    await answer.whole(
        b"HTTP/1.0 200 OK\nContent-Type: text/html\nConnection: close\n\n", page("Until it closes", "").encode()
    )
    answer.writer.close()


async def stray_lines(request: Request, answer: Answering) -> None:
    """As a script makes them that prints before its header, and a proxy that breaks a long policy."""
    body = page("Below stray lines", "").encode()
    odd = b"Warning: no such file in line 3\r\n  of a script\r\nno colon at all\r\nX Odd: name\r\n"
    policy = b"Content-Security-Policy: default-src 'self';\r\n  img-src *\r\n"
    start = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    await answer.whole(
        start + odd.replace(b"Warning:", b"PHP Warning:") + policy + b"Content-Length: %d\r\n\r\n" % len(body), body
    )


async def two_lengths(request: Request, answer: Answering) -> None:
    await answer.whole(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")


async def mail_address(request: Request, answer: Answering) -> None:
    await answer.whole(head("302 Found", "Location: mailto:kay@truth.example"))


async def undecodable(request: Request, answer: Answering) -> None:
    """A head that names a coding, and a body that is in none."""
    await send(answer, page("Plain after all", ""), "text/html", "Content-Encoding: gzip")


async def old_server(request: Request, answer: Answering) -> None:
    await answer.whole(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n", page("An old server", "").encode())
    answer.writer.close()


async def favicon(request: Request, answer: Answering) -> None:
    await send(answer, png(16, 16, 1), "image/png")


async def nothing(request: Request, answer: Answering) -> None:
    await answer.whole(head("204 No Content"))


SPECIAL = {
    "/stray-lines": stray_lines,
    "/two-lengths": two_lengths,
    "/undecodable": undecodable,
    "/mail-address": mail_address,
    "/article": article,
    "/extended-chunks": extended_chunks,
    "/style.css": style,
    "/second.css": second_style,
    "/font.woff2": some_json,
    "/frame": frame,
    "/inner-frame": inner_frame,
    "/worker.js": worker,
    "/api": api,
    "/form": form,
    "/cookie-echo": cookie_echo,
    "/xhr.json": some_json,
    "/from-worker.json": some_json,
    "/beacon": beacon,
    "/socket": socket,
    "/favicon.ico": favicon,
    "/moved-picture": redirect("301 Moved Permanently", "/moved-again"),
    "/moved-again": redirect("302 Found", "/picture/6.png"),
    "/redirects": redirect("301 Moved Permanently", "/hop"),
    "/hop": redirect("302 Found", "/last-hop"),
    "/last-hop": redirect("307 Temporary Redirect", "/redirected"),
    "/sound.wav": ranged(SOUND, "audio/wav"),
    "/long-sound.wav": ranged(LONG_SOUND, "audio/wav"),
    "/clip.webm": ranged(CLIPS["clip.webm"], "video/webm"),
    "/clip.mp4": ranged(CLIPS["clip.mp4"], "video/mp4"),
    "/large.bin": large,
    "/data.zip": large_download,
    "/paper.pdf": paper,
    "/table.csv": table,
    "/events": events,
    "/poll": poll,
    "/slow": slow,
    "/cut.png": cut_picture,
    "/reset.png": reset_picture,
    "/hints": hints,
    "/members": members,
    "/unavailable": unavailable,
    "/gone": gone,
    "/no-length": no_length,
    "/old-server": old_server,
    "/nothing": nothing,
}

#: The cases and how a visit must judge them.
CASES = {
    "article": f"https://{MAIN}/article",
    "redirects": f"https://{MAIN}/redirects",
    "service worker": f"https://{MAIN}/service-worker",
    "chunk extensions": f"https://{MAIN}/extended-chunks",
    "media": f"https://{MAIN}/media",
    "video": f"https://{MAIN}/video",
    "http/2 origin": f"https://{MODERN}/modern",
    "large sub-resource": f"https://{MAIN}/large",
    "large download": f"https://{MAIN}/data.zip",
    "pdf": f"https://{MAIN}/paper.pdf",
    "attachment": f"https://{MAIN}/table.csv",
    "never idle": f"http://{MAIN}/live",
    "slow": f"https://{MAIN}/slow",
    "broken pictures": f"https://{MAIN}/broken-pictures",
    "early hints": f"https://{MAIN}/hints",
    "hundred": f"https://{MAIN}/hundred",
    "forty": f"https://{MAIN}/forty",
    "login": f"https://{MAIN}/members",
    "not found": f"https://{MAIN}/no-such-page",
    "gone": f"https://{MAIN}/gone",
    "unavailable": f"https://{MAIN}/unavailable",
    "bad certificate beside": f"https://{MAIN}/bad-certificate",
    "plain http": f"http://{MAIN}/plain-http",
    "http/1.0 until close": f"https://{MAIN}/no-length",
    "picture": f"https://{MAIN}/picture/40.png",
    "sound": f"https://{MAIN}/sound.wav",
    "meta refresh": f"https://{MAIN}/meta-refresh",
}


def truth_web(address: str = "127.0.0.1") -> TruthServer:
    return TruthServer(serve, names=NAMES, modern_page=PAGES["/modern"].encode("utf-8"), address=address)
