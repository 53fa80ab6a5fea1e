"""Feeds (RSS, Atom) through feedparser, sitemaps through defusedxml: which pages a publisher lists."""

import gzip
import io
import warnings
from urllib.parse import urljoin
from xml.etree.ElementTree import ParseError

import defusedxml.ElementTree
import feedparser
from defusedxml import DefusedXmlException

from linkkeeper.errors import InputError
from linkkeeper.vocabulary.listing import Listing, ListingKind

MAX_UNPACKED = 50_000_000
_FEED_ROOTS = {"rss", "feed", "rdf"}
_SITEMAP_ROOTS = {"urlset", "sitemapindex"}


def read_listing(data: bytes, *, url: str) -> Listing | None:
    """
    Read a feed or sitemap.

    Returns:
        None where *data* is neither: then it is a page.

    Raises:
        InputError: it is XML that starts as one and is broken.
    """
    body = _unpacked(data, url=url)
    root = _root_name(body)
    if root in _SITEMAP_ROOTS:
        return _sitemap(body, url=url)
    if root in _FEED_ROOTS:
        return _feed(body, url=url)
    return None


def _unpacked(data: bytes, *, url: str) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            body = stream.read(MAX_UNPACKED + 1)
    except (OSError, EOFError) as error:
        raise InputError("read the sitemap", subject=url, reason=f"broken gzip: {error}") from error
    if len(body) > MAX_UNPACKED:
        raise InputError("read the sitemap", subject=url, reason=f"unpacks to over {MAX_UNPACKED:,} bytes")
    return body


def _root_name(body: bytes) -> str:
    """The local name of the first element; "" where the bytes are no XML at all."""
    try:
        for _, element in defusedxml.ElementTree.iterparse(io.BytesIO(body.lstrip()), events=("start",)):
            return str(element.tag).rpartition("}")[2].lower()
    except (ParseError, DefusedXmlException):
        head = body[:2000].lower()
        return next((name for name in (*_FEED_ROOTS, *_SITEMAP_ROOTS) if b"<" + name.encode() in head), "")
    return ""


def _sitemap(body: bytes, *, url: str) -> Listing:
    try:
        root = defusedxml.ElementTree.fromstring(body.lstrip())
    except (ParseError, DefusedXmlException) as error:
        raise InputError("read the sitemap", subject=url, reason=f"broken XML: {error}") from error
    pages = tuple(
        urljoin(url, element.text.strip())
        for element in root.iter()
        if str(element.tag).rpartition("}")[2] == "loc" and element.text
    )
    index = str(root.tag).rpartition("}")[2] == "sitemapindex"
    return Listing(kind=ListingKind.SITEMAP_INDEX if index else ListingKind.SITEMAP, pages=pages)


def _feed(body: bytes, *, url: str) -> Listing:
    with warnings.catch_warnings():
        # feedparser warns of its own future changes; they say nothing about this feed.
        warnings.simplefilter("ignore", DeprecationWarning)
        parsed = feedparser.parse(io.BytesIO(body), response_headers={"content-location": url})
    pages = tuple(dict.fromkeys(urljoin(url, entry["link"]) for entry in parsed.entries if entry.get("link")))
    if parsed.bozo and not pages:
        raise InputError("read the feed", subject=url, reason=f"broken XML: {parsed.get('bozo_exception')}")
    return Listing(kind=ListingKind.FEED, pages=pages)
