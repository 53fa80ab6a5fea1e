"""Addresses as links and texts give them: what of one is cited, and whether two of them mean the same."""

import re
from urllib.parse import unquote

from linkkeeper.citations.forwarding import unwrap_forwarding
from linkkeeper.pages.decode import printable
from linkkeeper.vocabulary.citation import UrlFlag
from linkkeeper.vocabulary.uri import INVISIBLE, fetch_form, identity_key

_NOT_CITED = re.compile(r"(?i)(?:javascript|mailto|tel|sms|data|about|blob|file|chrome|whatsapp|fb-messenger):")
_IDENTIFIER = re.compile(r"(?i)doi:\s*+(?=10\.\d{4,9}/\S)")
_SCHEME = re.compile(r"(?i)[a-z][a-z0-9+.-]*:")
_DOI = re.compile(r"(?i)(?:doi\.org/|/doi/(?:abs/|full/|pdf/|epdf/|book/)?)(10\.\d{4,9}/[^\s?#]+)")
_HANDLE = re.compile(r"(?i)hdl\.handle\.net/([^\s?#]+)")
_PLAIN = ("https://", "http://")
#: Nothing in such a destination needs mending; nearly all are so.
_ORDINARY = re.compile(r"https?://[!-~]+")
_SPACE = re.compile(r"\s")
_LINE_ENDS = re.compile(r"[\t\r\n]+\s*")
_SCHEME_PART = re.compile(r"^(?:https?:)?//")
_INVISIBLE = re.compile(f"[{INVISIBLE}]")


def key_of(url: str) -> str:
    """Return the identity key of a URL as cited; the URL itself where it has none."""
    try:
        return identity_key(fetch_form(url))
    except ValueError:
        return url


def cleaned(destination: str) -> tuple[str, bool]:
    """Return a link's destination as it is cited, and whether anything had to be mended."""
    if _ORDINARY.fullmatch(destination) and not destination.endswith("%20"):
        url = unwrap_forwarding(destination)
        return url, url != destination
    raw = printable(destination)
    url = _INVISIBLE.sub("", raw).strip()
    url = _LINE_ENDS.sub("", url)
    while url.endswith("%20"):
        url = url[:-3].rstrip()
    url = (
        _IDENTIFIER.sub("doi:", unwrap_forwarding(url), count=1)
        if url[:4].lower() == "doi:"
        else unwrap_forwarding(url)
    )
    return url, url != raw


def is_citable(url: str) -> bool:
    """Tell whether a destination points to another address at all (not within the site, no mail, no script)."""
    if url.startswith(_PLAIN):
        return _names_host(url)
    if not url or url.startswith("#") or _NOT_CITED.match(url):
        return False
    if url.startswith("//"):
        return len(url) > 4 and "." in url
    if _IDENTIFIER.match(url):
        return True
    if _SCHEME.match(url):
        return "://" in url and _names_host(url)
    return url.lower().startswith("www.")


def _names_host(url: str) -> bool:
    rest = url.partition("://")[2]
    return "." in rest and _SPACE.search(rest, 0, 20) is None


def unusual(url: str) -> UrlFlag | None:
    """Return what is unusual about how *url* begins, if anything is."""
    if url.startswith(_PLAIN):
        return None
    if url.startswith("//"):
        return UrlFlag.PROTOCOL_RELATIVE
    if not _SCHEME.match(url):
        return UrlFlag.SCHEMELESS
    if url.startswith("doi:"):
        return UrlFlag.IDENTIFIER
    return None if url.lower().startswith(("http:", "https:")) else UrlFlag.UNSUPPORTED_SCHEME


def shows(shown: str, url: str, after: str) -> bool:
    """Tell whether the URL in a link's text is its destination, perhaps shortened."""
    if shown == url:
        return True
    one, other = _bare(shown), _bare(url)
    if one == other or one == _bare(unquote(url)):
        return True
    if other.startswith(one.rstrip("/")) and (after.startswith(("…", "...", "..")) or not after.strip()):
        return True
    return one.startswith(other) and len(one) - len(other) <= 1


def _bare(url: str) -> str:
    text = _SCHEME_PART.sub("", url.strip().lower())
    return unquote(text.removeprefix("www.")).rstrip("/.,;")


def identifier_of(url: str) -> str | None:
    """Return ``doi:…`` or ``hdl:…`` where *url* is one."""
    if url.startswith("doi:"):
        return "doi:" + unquote(url[4:]).lower()
    if "10." in url and (match := _DOI.search(url)) is not None:
        return "doi:" + unquote(match.group(1)).lower()
    if "andle" in url.lower() and (match := _HANDLE.search(url)) is not None:
        return "hdl:" + unquote(match.group(1))
    return None
