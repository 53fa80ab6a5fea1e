"""
Archived links: telling a copy's address from the address of what it archives.

An address is ours if it is ``<own base>/web/<14 digits>/<URL>``. Other
archives are known by host, and any host that answers in the way of the
Wayback Machine (``/<14 digits>/<absolute URL>``) is taken for one, as
institutions run their own.

Source: the services' public address forms; list in ``docs/footnotes.md``.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import parse_qs, unquote

from linkkeeper.vocabulary.citation import ArchiveCopy, ArchiveKind
from linkkeeper.vocabulary.uri import fetch_form, host_of

#: Copies of copies are met in the wild; more than five are a trap.
MAX_LEVELS = 5

#: Address forms ``…/<timestamp><modifier>/<URL>`` of these hosts, URL with or without scheme.
_WAYBACK_HOSTS = frozenset(
    [
        "web.archive.org",
        "www.web.archive.org",
        "archive.org",
        "www.archive.org",
        "web-beta.archive.org",
        "wayback.archive.org",
        "wayback.archive-it.org",
        "archive-it.org",
        "www.archive-it.org",
        "webarchive.org.uk",
        "www.webarchive.org.uk",
        "webarchive.loc.gov",
        "webarchive.nationalarchives.gov.uk",
        "webarchive.parliament.uk",
        "webarchive.proni.gov.uk",
        "arquivo.pt",
        "www.arquivo.pt",
        "wayback.vefsafn.is",
        "swap.stanford.edu",
        "www.webharvest.gov",
        "webharvest.gov",
        "haw.nsk.hr",
        "perma-archives.org",
        "wayback.webarchiv.cz",
        "webarchive.bac-lac.gc.ca",
        "webarchiv.onb.ac.at",
        "webarchive.nla.gov.au",
        "wayback.nli.org.il",
        "conifer.rhizome.org",
        "webrecorder.io",
    ]
)
_TODAY_HOSTS = frozenset(f"archive.{end}" for end in ["today", "is", "ph", "md", "li", "fo", "vn"])
#: Copies known by a code alone: the original can't be read from the address.
_OPAQUE_HOSTS = frozenset({"perma.cc", "www.perma.cc", "ghostarchive.org", "www.ghostarchive.org"})
_PROXY_HOSTS = frozenset({"r.jina.ai", "timetravel.mementoweb.org", "megalodon.jp", "www.megalodon.jp"})

#: What stands before the path of every copy, or 14 digits do in its address: most URLs need no closer look.
_IN_COPIES = re.compile(
    r"archiv|%|wayback|webcit|webcache|perma|memento|megalodon|arquivo|vefsafn|swap\.|webharvest|haw\.nsk|rhizome|"
    r"webrecorder|jina"
)
_STAMP = re.compile(r"[0-9](?=[0-9]{13})")
_AUTHORITY = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://|(?=www\.))(?:[^/?#@]*@)?(?P<host>[^/?#:@\\]+)")
_SCHEME = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//")
_PATH = re.compile(r"[/?#]")
_STAMPED = re.compile(r"/(?P<stamp>\d{4,14}|\d{0,14}\*)(?P<modifier>[a-z]{2}_)?/(?P<url>\S.*)$", re.S)
_FULL_STAMPED = re.compile(r"/(?P<stamp>\d{14})(?:[a-z]{2}_)?/(?P<url>https?:/.*|https?%3A.*)$", re.S | re.I)
_UNSTAMPED = re.compile(r"^/(?:web|wayback|save|save/_embed)/(?P<url>(?:https?[:%]|www\.).*)$", re.S | re.I)
_TODAY = re.compile(r"^/(?:(?P<stamp>[\d.]{4,10}(?:-\d{6})?|\d{4,14})|newest|oldest)/(?P<url>\S+)$", re.S)
_TODAY_CODE = re.compile(r"^/(?:wip/|o/)?[A-Za-z0-9]{4,6}(?:/|$|[?#])")
_CODE = re.compile(r"/(?:archive/|varchive/)?[A-Za-z0-9-]{4,}")
_MEGALODON = re.compile(r"^/(?P<stamp>\d{4}-\d{4}-\d{4}(?:-\d\d)?)/(?P<url>\S+)$", re.S)
_TRAVEL = re.compile(r"^/(?:memento|list|timemap/\w+)/(?:(?P<stamp>\d{4,14})/)?(?P<url>\S+)$", re.S)
_CACHED = re.compile(r"[?&]q=cache(?::|%3A)(?:[A-Za-z0-9_-]{12}(?::|%3A))?(?P<url>[^&+\s]+)", re.I)

_Parts = tuple[str | None, str | None]


def unwrap_archive(url: str, own_bases: Sequence[str] = ()) -> ArchiveCopy | None:
    """
    Read *url* as the address of an archived copy.

    Args:
        url: As cited or in fetch form.
        own_bases: Every public base address that we ever used, such as
            ``https://links.example.org``.

    Returns:
        None when it is no archived copy. Copies of copies are unwrapped up to
        :data:`MAX_LEVELS`; but behind a copy of ours stands exactly the URL
        that was cited, even if that is another archive's.
    """
    own = _unwrap_own(url, own_bases)
    if own is not None:
        return own
    if not _may_be_copy(url):
        return None
    host = _host(url)
    level = _unwrap_once(url, host)
    if level is None:
        return None
    stamp, original = level
    for _ in range(MAX_LEVELS - 1):
        deeper = _unwrap_once(original, _host(original)) if original else None
        if deeper is None or deeper[1] is None:
            break
        original = deeper[1]
    return ArchiveCopy(kind=ArchiveKind.OTHER, uri_m=url, original=original, timestamp=_fourteen(stamp), service=host)


def _may_be_copy(url: str) -> bool:
    path = url.find("/", url.find("//") + 2)
    return _may_archive(url if path < 0 else url[:path]) or _STAMP.search(url) is not None or not url.isascii()


@lru_cache(maxsize=1024)
def _may_archive(site: str) -> bool:
    # Lowered first: a pattern that ignores case looks at each character much longer.
    return _IN_COPIES.search(site.lower()) is not None


def _unwrap_own(url: str, own_bases: Sequence[str]) -> ArchiveCopy | None:
    if not own_bases:
        return None
    stamp, inner, service = None, url, ""
    for _ in range(MAX_LEVELS):
        for base in own_bases:
            prefix = base.rstrip("/") + "/web/"
            rest = inner[len(prefix) :]
            if inner[: len(prefix)].lower() == prefix.lower() and re.match(r"\d{14}/.", rest):
                stamp, inner, service = stamp or rest[:14], _absolute(rest[15:]), service or host_of(base)
                break
        else:
            break
    if stamp is None:
        return None
    return ArchiveCopy(kind=ArchiveKind.OURS, uri_m=url, original=inner, timestamp=stamp, service=service)


def _unwrap_once(url: str, host: str) -> _Parts | None:
    """Timestamp as the service writes it and original, of one level; None when *url* is no copy."""
    path = _after_host(url)
    if host in _WAYBACK_HOSTS:
        return _parts(_STAMPED.search(path) or _UNSTAMPED.match(path))
    if host in _TODAY_HOSTS:
        return _parts(_TODAY.match(path)) or ((None, None) if _TODAY_CODE.match(path) else None)
    if host in _OPAQUE_HOSTS:
        return (None, None) if _CODE.match(path) else None
    if host in ("webcitation.org", "www.webcitation.org"):
        return _query_original(path)
    if host == "webcache.googleusercontent.com":
        return _parts(_CACHED.search(path))
    if host in _PROXY_HOSTS:
        return _parts(_MEGALODON.match(path) or _TRAVEL.match(path) or re.match(r"^/(?P<url>https?:/.*)$", path, re.S))
    return _parts(_FULL_STAMPED.search(path)) if re.search(r"/\d{14}", path) else None


def _query_original(path: str) -> _Parts | None:
    if not re.match(r"/[A-Za-z0-9]", path):
        return None
    query = parse_qs(path.partition("?")[2])
    original = query.get("url", [None])[0]
    return query.get("date", [None])[0], _absolute(original) if original else None


def _parts(match: re.Match[str] | None) -> _Parts | None:
    if match is None:
        return None
    named = match.groupdict()
    return named.get("stamp"), _absolute(named["url"])


def _fourteen(stamp: str | None) -> str | None:
    digits = re.sub(r"\D", "", stamp) if stamp else ""
    return digits if len(digits) == 14 else None


def _absolute(url: str) -> str:
    """Give back the slashes and the scheme that services leave out, and undo whole-URL escaping."""
    if re.match(r"(?i)https?%3A", url):
        url = unquote(url)
    url = re.sub(r"(?i)^(https?):/*", r"\1://", url)
    return url if re.match(r"(?i)[a-z][a-z0-9+.-]*://", url) else "http://" + url.lstrip("/")


def _host(url: str) -> str:
    match = _AUTHORITY.match(url)
    if match is None:
        return ""
    name = match["host"].lower().removesuffix(".")
    if name.isascii() and "%" not in name:
        return name
    try:
        return host_of(fetch_form(url)).removesuffix(".")
    except ValueError:
        return ""


def _after_host(url: str) -> str:
    text = url.strip()
    start = _SCHEME.match(text)
    match = _PATH.search(text, start.end() if start else 0)
    return text[match.start() :] if match else "/"
