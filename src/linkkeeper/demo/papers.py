"""What the small web publishes: articles, papers as PDF, short posts, pictures. Same input, same bytes."""

import struct
import textwrap
import zlib
from dataclasses import dataclass
from datetime import date
from html import escape

STYLE_PATH = "/assets/site.css"
SCRIPT_PATH = "/assets/site.js"
PICTURE_PATH = "/assets/figure.png"

STYLE = b"""\
body { font: 18px/1.55 Georgia, 'DejaVu Serif', serif; margin: 0; color: #1b1b1b; background: #fff }
header, footer, main { max-width: 42rem; margin: 0 auto; padding: 1rem }
header { border-bottom: 3px solid #7a1f1f; font-family: 'DejaVu Sans', sans-serif }
header nav a { margin-right: 1rem }
.byline { color: #555; font-size: .9em }
figure { margin: 1.5rem 0 } figure img { max-width: 100% }
footer { border-top: 1px solid #ccc; font-size: .8em; color: #555 }
"""

SCRIPT = b"""\
document.addEventListener('DOMContentLoaded', function () {
  document.documentElement.dataset.enhanced = 'yes';
});
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A piece of text that somebody published."""

    site: str
    title: str
    author: str
    published: date
    paragraphs: tuple[str, ...]


def article_page(article: Article) -> bytes:
    """The article as the page of a news site or think tank."""
    told = f"{article.published.day} {article.published:%B %Y}"
    body = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in article.paragraphs)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{escape(article.title)} | {escape(article.site)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="author" content="{escape(article.author)}">
<meta property="og:title" content="{escape(article.title)}">
<meta property="og:site_name" content="{escape(article.site)}">
<meta property="article:published_time" content="{article.published.isoformat()}">
<link rel="stylesheet" href="{STYLE_PATH}">
<script src="{SCRIPT_PATH}" defer></script>
</head>
<body>
<header><strong>{escape(article.site)}</strong>
<nav><a href="/">Home</a> <a href="/about">About</a> <a href="/archive">Archive</a></nav></header>
<main>
<article>
<h1>{escape(article.title)}</h1>
<p class="byline">By <span rel="author">{escape(article.author)}</span>,
<time datetime="{article.published.isoformat()}">{told}</time></p>
<figure><img src="{PICTURE_PATH}" alt="A chart with five bars" width="640" height="240"></figure>
{body}
</article>
</main>
<footer>{escape(article.site)}, {article.published.year}. All rights reserved.</footer>
</body>
</html>
""".encode()


def article_pdf(article: Article) -> bytes:
    """The article as a one-page PDF with real text (PDF 1.4, Helvetica, no compression)."""
    lines = [article.title, f"{article.author}, {article.published.isoformat()}", article.site, ""]
    for paragraph in article.paragraphs:
        lines += [*textwrap.wrap(paragraph, 88), ""]
    shown = "\n".join(f"({_pdf_text(line)}) Tj T*" for line in lines[:52])
    content = f"BT /F1 11 Tf 14 TL 60 780 Td\n{shown}\nET".encode("latin-1")
    title = _pdf_text(article.title)
    return _pdf_file(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
            b" /Resources << /Font << /F1 4 0 R >> >> >>",
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
            f"<< /Title ({title}) /Author ({_pdf_text(article.author)}) >>".encode("latin-1"),
        ]
    )


def _pdf_text(text: str) -> str:
    plain = text.translate(str.maketrans("“”’–—", '""\'--'))
    plain = plain.encode("latin-1", "replace").decode("latin-1")
    return plain.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _pdf_file(objects: list[bytes]) -> bytes:
    """Number *objects* from 1 (the catalogue) to the last (the information) and add the cross-reference table."""
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\n" % (len(objects) + 1, len(objects))
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def post_page(article: Article) -> bytes:
    """A short public post on a social site: the first paragraph is the post."""
    text = escape(article.paragraphs[0])
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{escape(article.author)} on {escape(article.site)}: “{escape(article.title)}”</title>
<meta property="og:title" content="{escape(article.author)} on {escape(article.site)}">
<meta property="og:description" content="{text}">
<link rel="stylesheet" href="{STYLE_PATH}">
</head>
<body>
<header><strong>{escape(article.site)}</strong></header>
<main><article data-kind="post">
<h1>{escape(article.author)}</h1>
<p class="post">{text}</p>
<p class="byline"><time datetime="{article.published.isoformat()}">{article.published.isoformat()}</time>
 · 112 reposts · 240 likes</p>
</article></main>
</body>
</html>
""".encode()


def chart(*, seed: int, width: int = 640, height: int = 240) -> bytes:
    """A PNG of five bars, their heights made from *seed*."""
    heights = [40 + (seed * (bar + 3) * 37) % (height - 60) for bar in range(5)]
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            bar, place = divmod(x, width // 5)
            inside = place > 24 and bar < 5 and height - y < heights[min(bar, 4)]
            rows += b"\x7a\x1f\x1f" if inside else b"\xf4\xf1\xea"
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pieces = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_piece(kind, data) for kind, data in pieces)


def _png_piece(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
