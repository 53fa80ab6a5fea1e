"""How pages of the small web answer while they live, and how they die."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from urllib.parse import urlsplit

from linkkeeper.demo.papers import (
    PICTURE_PATH,
    SCRIPT,
    SCRIPT_PATH,
    STYLE,
    STYLE_PATH,
    Article,
    article_page,
    article_pdf,
    chart,
    post_page,
)
from linkkeeper.demo.small_web import Asked, Behaviour, Reply

HTML = "text/html; charset=utf-8"


def page(body: bytes, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    return Reply(status=status, headers=(("Content-Type", HTML), *headers), body=body)


def validated(asked: Asked, reply: Reply) -> Reply:
    """*reply* with an ETag, or 304 if the client already has it."""
    etag = f'"{hashlib.sha256(reply.body).hexdigest()[:16]}"'
    if asked.header("if-none-match") == etag:
        return Reply(status=304, headers=(("ETag", etag),))
    return Reply(status=reply.status, headers=(*reply.headers, ("ETag", etag)), body=reply.body)


class One:
    """Base: answers for its own address only and needs nothing beside."""

    __slots__ = ()

    @property
    def whole_host(self) -> bool:
        return False

    def resources(self) -> Mapping[str, Behaviour]:
        return {}


class WholeHost:
    """Base: answers also for every address of the host that nobody placed."""

    __slots__ = ()

    @property
    def whole_host(self) -> bool:
        return True

    def resources(self) -> Mapping[str, Behaviour]:
        return {}


@dataclass(frozen=True, slots=True)
class File(One):
    """The same bytes for everybody."""

    body: bytes
    media_type: str

    def reply(self, asked: Asked) -> Reply:
        return validated(asked, Reply(headers=(("Content-Type", self.media_type),), body=self.body))


@cache
def _chart(seed: int) -> bytes:
    return chart(seed=seed)


@dataclass(frozen=True, slots=True)
class Alive(One):
    """An article in HTML with its style sheet, script and picture."""

    article: Article

    def reply(self, asked: Asked) -> Reply:
        return validated(asked, page(article_page(self.article)))

    def resources(self) -> Mapping[str, Behaviour]:
        return {
            "/": Home(self.article.site),
            STYLE_PATH: File(STYLE, "text/css"),
            SCRIPT_PATH: File(SCRIPT, "text/javascript"),
            PICTURE_PATH: File(_chart(len(self.article.site)), "image/png"),
        }


@dataclass(frozen=True, slots=True)
class AlivePdf(One):
    """A paper in PDF."""

    article: Article

    def reply(self, asked: Asked) -> Reply:
        body = article_pdf(self.article)
        return validated(asked, Reply(headers=(("Content-Type", "application/pdf"),), body=body))


@dataclass(frozen=True, slots=True)
class Post(One):
    """A short post on a social site."""

    article: Article

    def reply(self, asked: Asked) -> Reply:
        return validated(asked, page(post_page(self.article)))

    def resources(self) -> Mapping[str, Behaviour]:
        return {STYLE_PATH: File(STYLE, "text/css")}


@dataclass(frozen=True, slots=True)
class Home(One):
    """The front page of a site."""

    site: str

    def reply(self, asked: Asked) -> Reply:
        name = escape(self.site)
        return page(
            f"<!doctype html><html lang=en><meta charset=utf-8><title>{name}</title><link rel=stylesheet"
            f' href="{STYLE_PATH}"><header><strong>{name}</strong></header><main><h1>Welcome to {name}</h1>'
            "<p>Today's stories, opinion, weather and sport. Choose a section to begin reading.</p>"
            '<ul><li><a href="/world">World</a><li><a href="/money">Money</a><li><a href="/sport">Sport</a></ul>'
            "</main></html>".encode()
        )


@dataclass(frozen=True, slots=True)
class Missing(One):
    """404."""

    def reply(self, asked: Asked) -> Reply:
        return page(b"<!doctype html><html lang=en><title>404 Not Found</title><h1>Not Found</h1></html>", status=404)


@dataclass(frozen=True, slots=True)
class Gone(One):
    """410."""

    def reply(self, asked: Asked) -> Reply:
        words = b"<p>This page has been removed for good.</p>"
        return page(b"<!doctype html><html lang=en><title>410 Gone</title><h1>Gone</h1>" + words, status=410)


@dataclass(frozen=True, slots=True)
class SoftNotFound(WholeHost):
    """200 with words of regret, for every unknown address of the host."""

    def reply(self, asked: Asked) -> Reply:
        return page(
            b"<!doctype html><html lang=en><meta charset=utf-8><title>Page not found</title>"
            b"<h1>Sorry, we can't find that page</h1><p>The page you are looking for may have been moved or deleted."
            b" Try our search, or go back to the front page and look among today's stories.</p>"
            b'<form action="/search"><input name=q aria-label="Search"></form></html>'
        )


@dataclass(frozen=True, slots=True)
class Parked(WholeHost):
    """The name was given up; a parking service shows advertisements on every address."""

    def reply(self, asked: Asked) -> Reply:
        host = escape(asked.host)
        return page(
            '<!doctype html><html data-adblockkey="MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL_demo" lang=en>'
            f"<head><meta charset=utf-8><title>{host}</title>"
            '<script>window.LANDER_SYSTEM="PW"</script></head>'
            f"<body><h1>{host}</h1><p>This domain may be for sale. Related searches:</p>"
            "<ul><li>Insurance quotes<li>Cheap flights<li>Online degrees</ul></body></html>".encode()
        )


@dataclass(frozen=True, slots=True)
class TakenOver(One):
    """Somebody else bought the name and publishes their own things at the addresses that others link to."""

    title: str = "Lucky Harbour Casino: Free Spins Every Day"

    def reply(self, asked: Asked) -> Reply:
        title = escape(self.title)
        games = "".join(
            f"<h2>{game}</h2><p>Play {game} with our welcome bonus. New players get two hundred free spins and a"
            f" matched first deposit. {game} pays out every hour, day and night, on your phone or tablet.</p>"
            for game in ("Golden Reels", "Pirate Poker", "Diamond Roulette", "Wild Blackjack")
        )
        return page(
            f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><h1>{title}</h1>"
            f"<p>The best online slots, poker and roulette, reviewed by players.</p>{games}</html>".encode()
        )


@dataclass(frozen=True, slots=True)
class BotWall(One):
    """403 with a challenge, in the manner of a large content network."""

    def reply(self, asked: Asked) -> Reply:
        return page(
            b"<!doctype html><html lang=en-US><head><title>Just a moment...</title></head><body>"
            b"<h1>Checking that you are human</h1><p>Enable JavaScript and cookies to continue.</p>"
            b"<script>window._cf_chl_opt={cType:'managed'};</script></body></html>",
            status=403,
            headers=(("cf-mitigated", "challenge"), ("Server", "cloudflare")),
        )


@dataclass(frozen=True, slots=True)
class MovedTo(One):
    """301 to another address; what stands there is placed by whoever ages the page."""

    location: str

    def reply(self, asked: Asked) -> Reply:
        return page(b"", status=301, headers=(("Location", self.location),))


@dataclass(frozen=True, slots=True)
class MovedHome(WholeHost):
    """Every unknown address leads to the front page."""

    site: str = "The Front Page"

    def resources(self) -> Mapping[str, Behaviour]:
        return {"/": Home(self.site)}

    def reply(self, asked: Asked) -> Reply:
        return page(b"", status=302, headers=(("Location", urlsplit(asked.url)._replace(path="/", query="").geturl()),))
