"""
URLs in the forms that are kept: as cited, fetch form, identity key; hosts and SURT.

The form *as cited* is never touched. The *fetch form* is what a browser would
request (WHATWG URL, through ada-url). The *identity key* only decides whether
two citations mean one source: it is never fetched and never shown.
"""

import ipaddress
import re
from functools import lru_cache
from urllib.parse import unquote, unquote_to_bytes

import ada_url
from publicsuffixlist import PublicSuffixList

#: Raised by one whenever :func:`identity_key` changes; stored beside each key.
IDENTITY_RULES = 1

#: Characters that copying from a page leaves inside a URL and nobody typed.
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_WITHOUT_INVISIBLE = {ord(character): None for character in INVISIBLE}

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_HOST_LIKE = re.compile(r"[^\s/?#:@\\]+\.[^\s/?#:@\\.\d]{2,}\.?(?::\d+)?(?:[/?#\\]|$)")

#: Names that several unrelated people share below one registrable domain and
#: that the public suffix list doesn't hold (the list's private section has the rest).
_SHARED_PLATFORMS = ("substack.com", "wordpress.com", "tumblr.com", "typepad.com", "medium.com", "blogspot.com")

_TRACKING = frozenset(
    [
        "gclid",
        "dclid",
        "gbraid",
        "wbraid",
        "gad_source",
        "fbclid",
        "msclkid",
        "twclid",
        "ttclid",
        "yclid",
        "igshid",
        "igsh",
        "mc_cid",
        "mc_eid",
        "_hsenc",
        "_hsmi",
        "mkt_tok",
        "vero_id",
        "oly_anon_id",
        "oly_enc_id",
    ]
)
#: Parameters that are tracking on these registrable domains only.
_TRACKING_ON = {
    "ref_src": frozenset({"twitter.com", "x.com"}),
    "ref_url": frozenset({"twitter.com", "x.com"}),
    "si": frozenset({"youtube.com", "youtu.be", "spotify.com"}),
    "spm": frozenset({"alibaba.com", "aliexpress.com", "taobao.com", "tmall.com", "aliyun.com"}),
    "s_cid": frozenset({"cdc.gov"}),
}

_SESSION = re.compile(
    r"(?:^|&)(?:jsessionid=[0-9a-z$]{10,}|phpsessid=[0-9a-z]{16,}|sid=[0-9a-z]{16,}|aspsessionid[a-z]{8}=[a-z]{24})(?=&|$)"
)


class UnusableUrl(ValueError):
    """The text is no URL that anything could request."""


def fetch_form(as_cited: str) -> str:
    """
    Return what a browser would make of *as_cited*, fragment included.

    Scheme-less forms (``www.example.org/a``, ``//example.org/a``,
    ``example.org/a``) get ``https://``, DOIs (``doi:10.…``) their resolver. The scheme may be another than http:
    ask :func:`is_supported`.

    Raises:
        UnusableUrl: there is no host, or no parser would accept it.

    Source: WHATWG URL Standard, basic URL parser.
    """
    text = as_cited.translate(_WITHOUT_INVISIBLE).strip()
    if text[:7].lower() == "doi:10.":
        text = "https://doi.org/" + text[4:]
    elif text.startswith("//"):
        text = "https:" + text
    elif not _SCHEME.match(text) or _HOST_LIKE.match(text):
        text = "https://" + text
    try:
        parsed = ada_url.URL(text)
    except ValueError as error:
        raise UnusableUrl(f"{as_cited!r} is not a usable URL") from error
    if parsed.protocol in ("http:", "https:") and not parsed.hostname:
        raise UnusableUrl(f"{as_cited!r} names no host")
    return str(parsed.href)


def is_supported(url: str) -> bool:
    """Tell whether *url* can be fetched at all: http and https only."""
    return url[:8].lower().startswith(("http://", "https://"))


def identity_key(fetch: str) -> str:
    """
    Return the key under which two citations are the same source.

    *fetch* without its fragment (unless it is a client route: ``#!`` or
    ``#/``), without a trailing dot of the host, and without tracking
    parameters. Order of the query, case and escapes are kept.

    Raises:
        UnusableUrl: *fetch* is no URL.
    """
    head, _, fragment = fetch.partition("#")
    fragment = fragment.partition(":~:")[0]
    head = _without_dot(_without_tracking(head))
    try:
        head = str(ada_url.URL(head).href)
    except ValueError as error:
        raise UnusableUrl(f"{fetch!r} is not a usable URL") from error
    return f"{head}#{fragment}" if fragment.startswith(("!", "/")) else head


def _without_dot(url: str) -> str:
    return re.sub(r"^([a-z]+://[^/?#]*[^./?#])\.(?=(?::\d+)?(?:[/?]|$))", r"\1", url, count=1)


def _without_tracking(url: str) -> str:
    path, mark, query = url.partition("?")
    if not mark:
        return url
    site = registrable_domain(host_of(url))
    kept = [pair for pair in query.split("&") if not _is_tracking(pair.partition("=")[0].lower(), site)]
    if len(kept) == query.count("&") + 1:
        return url
    return f"{path}?{'&'.join(kept)}" if any(kept) else path


def _is_tracking(name: str, site: str) -> bool:
    return name.startswith("utm_") or name in _TRACKING or site in _TRACKING_ON.get(name, ())


@lru_cache(maxsize=4096)
def host_of(url: str) -> str:
    """Return the lower-case ASCII host of *url* (brackets kept for IPv6); "" where there is none."""
    try:
        return str(ada_url.URL(url).hostname)
    except ValueError:
        return ""


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=4096)
def registrable_domain(host: str) -> str:
    """
    Return the domain that one owner registered, by the list's private section too.

    IP literals, single labels and public suffixes themselves come back as they are.
    """
    name = host.rstrip(".").lower()
    if _is_address(name):
        return name
    return _suffixes().privatesuffix(name) or name


@lru_cache(maxsize=4096)
def politeness_key(host: str) -> str:
    """
    Return the name under which requests to *host* are paced together.

    The registrable domain; the host itself on platforms that many share
    (``github.io`` by the public suffix list, a few more by name).
    """
    name = host.rstrip(".").lower()
    domain = registrable_domain(name)
    if domain in _SHARED_PLATFORMS and name != f"www.{domain}":
        return name
    return domain


def same_site(a: str, b: str) -> bool:
    """Tell whether two URLs belong to one owner (same :func:`politeness_key`)."""
    host_a, host_b = host_of(a), host_of(b)
    return bool(host_a) and politeness_key(host_a) == politeness_key(host_b)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def text_fragment_quotes(url: str) -> tuple[str, ...]:
    """
    Return the words that the author marked with a text fragment.

    ``#:~:text=prefix-,start,end,-suffix``: start and end, unescaped, in order;
    empty where there is none. Source: WICG Scroll to Text Fragment.
    """
    directive = url.partition("#")[2].partition(":~:")[2]
    quotes: list[str] = []
    for part in directive.split("&"):
        name, _, value = part.partition("=")
        if name != "text":
            continue
        pieces = [piece for piece in value.split(",") if not (piece.endswith("-") or piece.startswith("-"))]
        quotes.extend(unquote(piece).strip() for piece in pieces[:2])
    return tuple(quote for quote in quotes if quote)


def surt(url: str) -> str:
    """
    Return the sort-friendly form used as key of CDXJ indexes: ``org,example)/path?query``.

    Lower case, without ``www.``, scheme, default port, fragment, session
    parameters and trailing slash, query sorted. Not for fetching, and no
    identity: it joins what is different. What is no http URL comes back as it is.

    Source: the Internet Archive's canonicaliser as pywb and cdxj-indexer use it.
    """
    if not is_supported(url):
        return url
    parsed = ada_url.URL(url)
    host = str(parsed.hostname).rstrip(".")
    if not _is_address(host):
        host = ",".join(reversed(re.sub(r"^www\d*\.", "", host).split(".")))
    port = f":{parsed.port}" if parsed.port else ""
    path = re.sub(r"/{2,}", "/", _reescape(re.sub(r"(?i);jsessionid=[^/?]*$", "", parsed.pathname)).lower())
    whole = _reescape(parsed.search[1:]).lower()
    query = _SESSION.sub("", whole)
    query = query if query == whole else query.strip("&")
    path = path.rstrip("/") or "/"
    # By name, then value: "list=1" goes before "list.2=1", which plain text order would turn round.
    pairs = sorted(query.split("&"), key=lambda pair: pair.split("=", 1))
    return f"{host}{port}){path}" + (f"?{'&'.join(pairs)}" if query else "")


def _reescape(text: str) -> str:
    """Undo needless escapes, as the canonicaliser does, and escape what must be."""
    raw = unquote_to_bytes(text)
    return "".join(chr(byte) if 0x20 < byte < 0x7F and byte not in b"#%" else f"%{byte:02X}" for byte in raw)
