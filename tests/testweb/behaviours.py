"""The product's behaviours of a small web, and the pathologies that only tests need."""

import gzip
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from html import escape
from itertools import count

from linkkeeper.demo.behaviours import (
    HTML,
    Alive,
    AlivePdf,
    BotWall,
    File,
    Gone,
    Home,
    Missing,
    MovedHome,
    MovedTo,
    One,
    Parked,
    Post,
    SoftNotFound,
    TakenOver,
    page,
    validated,
)
from linkkeeper.demo.papers import STYLE, STYLE_PATH, Article, article_page
from linkkeeper.demo.small_web import Asked, Behaviour, Reply

__all__ = [
    "Alive",
    "AlivePdf",
    "Article",
    "BadGzip",
    "BotWall",
    "ConsentWall",
    "Drifting",
    "Empty",
    "Feed",
    "File",
    "Flaky",
    "Forbidden",
    "Gone",
    "Home",
    "Huge",
    "JsShell",
    "Legal",
    "LoginWall",
    "Missing",
    "MovedHome",
    "MovedTo",
    "NeverIdle",
    "NotXml",
    "Parked",
    "Post",
    "Prose",
    "RateLimited",
    "RedirectLoop",
    "ResetMidBody",
    "Robots",
    "ServerError",
    "Silent",
    "Sitemap",
    "Slow",
    "SoftNotFound",
    "TakenOver",
    "alive",
    "alive_pdf",
    "article",
    "post",
    "prose",
]

_VOCABULARY = (
    "river valley council report winter harvest bridge station minister budget village engineer market railway"
    " signal border harbour forest survey teacher hospital machine letter committee treaty question answer history"
    " morning evening window garden mountain island captain journal evidence witness figure measure season weather"
    " carries reports builds closes opens follows answers measures repairs studies crosses announces delays supports"
    " slowly openly quietly early late often seldom nearly again beyond between against towards within without"
)


def prose(seed: str, *, words: int = 60) -> str:
    """A paragraph of invented sentences, always the same for *seed*."""
    chance, known = random.Random(seed), _VOCABULARY.split()
    sentences, left = [], words
    while left > 0:
        length = min(left, chance.randint(7, 14))
        sentences.append(" ".join(chance.choice(known) for _ in range(length)).capitalize() + ".")
        left -= length
    return " ".join(sentences)


def article(
    title: str = "Ice on the river",
    *,
    author: str = "Ada Winter",
    site: str = "Example News",
    published: date = date(2019, 10, 20),
    paragraphs: tuple[str, ...] | None = None,
) -> Article:
    """An article; without *paragraphs* its text is made from its title, site and author."""
    text = paragraphs or tuple(prose(f"{title}|{site}|{author}|{number}") for number in range(5))
    return Article(site=site, title=title, author=author, published=published, paragraphs=text)


def alive(
    title: str = "Ice on the river",
    *,
    author: str = "Ada Winter",
    site: str = "Example News",
    published: date = date(2019, 10, 20),
    paragraphs: tuple[str, ...] | None = None,
) -> Alive:
    return Alive(article(title, author=author, site=site, published=published, paragraphs=paragraphs))


def alive_pdf(
    title: str = "Annual report on ice",
    *,
    author: str = "Ada Winter",
    site: str = "Example Institute",
    published: date = date(2019, 3, 1),
) -> AlivePdf:
    return AlivePdf(article(title, author=author, site=site, published=published))


def post(
    text: str = "The bridge at Lower Harbour opens again tomorrow at noon.",
    *,
    author: str = "Harbour Office",
    site: str = "Chirper",
    published: date = date(2019, 9, 24),
) -> Post:
    return Post(article(text[:40], author=author, site=site, published=published, paragraphs=(text,)))


@dataclass(frozen=True, slots=True)
class Prose(One):
    """A plain page without resources: *title* and *words* of text."""

    title: str = "A plain page"
    words: int = 200
    extra: str = ""

    def reply(self, asked: Asked) -> Reply:
        text = escape(prose(self.title, words=self.words))
        title = escape(self.title)
        return page(
            f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>"
            f"<h1>{title}</h1><p>{text}</p>{self.extra}</html>".encode()
        )


@dataclass(frozen=True, slots=True)
class Forbidden(One):
    """403 without a vendor's marks."""

    def reply(self, asked: Asked) -> Reply:
        return page(b"<!doctype html><title>Forbidden</title><h1>Forbidden</h1>", status=403)


@dataclass(frozen=True, slots=True)
class Legal(One):
    """451."""

    def reply(self, asked: Asked) -> Reply:
        return page(b"<!doctype html><title>Unavailable for legal reasons</title><h1>451</h1>", status=451)


@dataclass(frozen=True, slots=True)
class RateLimited(One):
    """429; without *retry_after* no such header."""

    retry_after: str | None = "120"

    def reply(self, asked: Asked) -> Reply:
        headers = () if self.retry_after is None else (("Retry-After", self.retry_after),)
        return page(b"<!doctype html><title>Slow down</title><h1>Too many requests</h1>", status=429, headers=headers)


@dataclass(frozen=True, slots=True)
class ServerError(One):
    """A 5xx."""

    status: int = 500

    def reply(self, asked: Asked) -> Reply:
        return page(b"<!doctype html><title>Oops</title><h1>Something broke</h1>", status=self.status)


@dataclass(frozen=True, slots=True)
class Empty(One):
    """200 without a body."""

    def reply(self, asked: Asked) -> Reply:
        return page(b"")


@dataclass(frozen=True, slots=True)
class JsShell(One):
    """A page whose text only a script writes."""

    text: str = ""

    def reply(self, asked: Asked) -> Reply:
        words = escape(self.text or prose("shell", words=120))
        return page(
            b"<!doctype html><html lang=en><meta charset=utf-8><title>App</title><div id=root></div>"
            b"<script>document.getElementById('root').innerHTML='<h1>Written by a script</h1><p>"
            + words.encode()
            + b"</p>'</script></html>"
        )


@dataclass(frozen=True, slots=True)
class LoginWall(One):
    """302 to a sign-in page that holds the address asked for."""

    def reply(self, asked: Asked) -> Reply:
        return page(b"", status=302, headers=(("Location", f"/login?returnUrl={asked.target}"),))

    def resources(self) -> Mapping[str, Behaviour]:
        form = b"<form method=post><input name=user><input name=password type=password><button>Sign in</button></form>"
        return {"/login": File(b"<!doctype html><title>Sign in</title><h1>Sign in to read</h1>" + form, HTML)}


@dataclass(frozen=True, slots=True)
class ConsentWall(One):
    """An article under a cookie banner that covers it until a button is pressed."""

    article: Article

    def reply(self, asked: Asked) -> Reply:
        banner = (
            b'<div id="onetrust-banner-sdk" role="dialog" style="position:fixed;inset:0;background:#fff;z-index:99">'
            b"<p>We and our 812 partners value your privacy.</p><button id=onetrust-reject-all-handler"
            b" onclick=\"this.closest('[role=dialog]').remove()\">Reject all</button>"
            b"<button id=onetrust-accept-btn-handler onclick=\"this.closest('[role=dialog]').remove()\">Accept all"
            b"</button></div></body>"
        )
        return page(article_page(self.article).replace(b"</body>", banner))

    def resources(self) -> Mapping[str, Behaviour]:
        return Alive(self.article).resources()


@dataclass(frozen=True, slots=True)
class RedirectLoop(One):
    """A redirect to itself."""

    def reply(self, asked: Asked) -> Reply:
        return page(b"", status=302, headers=(("Location", asked.url),))


@dataclass(frozen=True, slots=True)
class Slow(One):
    """Another page, late: *wait_s* to the first byte, *pause_s* between pieces."""

    then: Behaviour
    wait_s: float = 0.0
    pause_s: float = 0.0
    piece_bytes: int = 256

    def reply(self, asked: Asked) -> Reply:
        answer = self.then.reply(asked)
        return replace(answer, wait_s=self.wait_s, pause_s=self.pause_s, piece_bytes=self.piece_bytes)


@dataclass(frozen=True, slots=True)
class Silent(One):
    """Takes the request and never answers."""

    def reply(self, asked: Asked) -> Reply:
        return Reply(silent=True)


@dataclass(frozen=True, slots=True)
class ResetMidBody(One):
    """Half of another page, then a reset."""

    then: Behaviour

    def reply(self, asked: Asked) -> Reply:
        answer = self.then.reply(asked)
        return replace(answer, reset_after=len(answer.body) // 2)


@dataclass(frozen=True, slots=True)
class BadGzip(One):
    """``Content-Encoding: gzip`` over bytes that stop being gzip."""

    def reply(self, asked: Asked) -> Reply:
        whole = gzip.compress(prose("gzip", words=900).encode(), mtime=0)
        broken = whole[: len(whole) // 2] + b"\xff" * 64
        return Reply(headers=(("Content-Type", HTML), ("Content-Encoding", "gzip")), body=broken)


@dataclass(frozen=True, slots=True)
class Huge(One):
    """A page of *size* bytes (50 MB unless told)."""

    size: int = 50_000_000

    def reply(self, asked: Asked) -> Reply:
        start = b"<!doctype html><html lang=en><title>A very long page</title><h1>Everything</h1><p>"
        filler = b"All the words of the world stand on this one page. "
        body = start + filler * ((self.size - len(start)) // len(filler) + 1)
        return page(body[: self.size])


@dataclass(slots=True)
class Drifting(One):
    """An article of which each look finds *share* fewer of the first paragraphs."""

    article: Article
    keep: int = 5
    _asked: "count[int]" = field(default_factory=count, repr=False)

    def reply(self, asked: Asked) -> Reply:
        looks = next(self._asked)
        kept = self.article.paragraphs[: max(0, self.keep - looks)]
        new = tuple(prose(f"drift {looks} {number}") for number in range(len(self.article.paragraphs) - len(kept)))
        return page(article_page(replace(self.article, paragraphs=kept + new)))

    def resources(self) -> Mapping[str, Behaviour]:
        return Alive(self.article).resources()


@dataclass(slots=True)
class Flaky(One):
    """Answers with *turns* one after the other, and stays with the last."""

    turns: tuple[Behaviour, ...]
    _asked: "count[int]" = field(default_factory=count, repr=False)

    def reply(self, asked: Asked) -> Reply:
        return self.turns[min(next(self._asked), len(self.turns) - 1)].reply(asked)


@dataclass(frozen=True, slots=True)
class NeverIdle(One):
    """An article whose script asks for something every 100 ms, for ever."""

    article: Article

    def reply(self, asked: Asked) -> Reply:
        restless = b"<script>setInterval(() => fetch('/beat?' + Date.now()), 100)</script></body>"
        return page(article_page(self.article).replace(b"</body>", restless))

    def resources(self) -> Mapping[str, Behaviour]:
        return {STYLE_PATH: File(STYLE, "text/css")}


@dataclass(frozen=True, slots=True)
class Feed(One):
    """An RSS feed of (title, URL) pairs."""

    entries: tuple[tuple[str, str], ...]
    title: str = "A publisher's analyses"

    def reply(self, asked: Asked) -> Reply:
        items = "".join(
            f"<item><title>{escape(title)}</title><link>{escape(url)}</link><guid>{escape(url)}</guid></item>"
            for title, url in self.entries
        )
        body = (
            f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>{escape(self.title)}</title>'
            f"<link>{escape(asked.url)}</link><description>Analyses</description>{items}</channel></rss>"
        )
        return validated(
            asked, Reply(headers=(("Content-Type", "application/rss+xml; charset=utf-8"),), body=body.encode())
        )


@dataclass(frozen=True, slots=True)
class Sitemap(One):
    """A sitemap of URLs."""

    urls: tuple[str, ...]

    def reply(self, asked: Asked) -> Reply:
        entries = "".join(f"<url><loc>{escape(url)}</loc></url>" for url in self.urls)
        body = (
            '<?xml version="1.0" encoding="utf-8"?>'
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
        )
        return Reply(headers=(("Content-Type", "application/xml"),), body=body.encode())


@dataclass(frozen=True, slots=True)
class NotXml(One):
    """Says that it is a feed, and is not XML."""

    def reply(self, asked: Asked) -> Reply:
        return Reply(headers=(("Content-Type", "application/rss+xml"),), body=b"<rss><channel><title>Half a <feed")


@dataclass(frozen=True, slots=True)
class Robots(One):
    """A robots.txt."""

    text: str

    def reply(self, asked: Asked) -> Reply:
        return Reply(headers=(("Content-Type", "text/plain; charset=utf-8"),), body=self.text.encode())
