"""Where did the look land? Compares addresses; knows home pages, logins, error paths and other sites."""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from urllib.parse import SplitResult, parse_qsl, unquote, urljoin, urlsplit

from linkkeeper.checks.look import Answer
from linkkeeper.pages.text import Page, read_page, refresh_of
from linkkeeper.vocabulary.observation import Hop
from linkkeeper.vocabulary.uri import host_of, same_site

PERMANENT = frozenset({301, 308})
#: A page of fewer words that jumps is no page, but a way to one.
JUMPING_WORDS = 50
_REFRESH_SECONDS = 5
_MOST_LINKS = 500
_HTTP = re.compile(r"https?://(?:www\.)?(.+)", re.IGNORECASE | re.DOTALL)

_INDEX_FILE = re.compile(
    r"/(?:index|default|home|start|main)\.(?:html?|php\d?|aspx?|jsp|cfm|shtml|cgi)$", re.IGNORECASE
)
_LANGUAGE_ROOT = re.compile(r"^/[a-z]{2}(?:[-_][a-z]{2})?/?$", re.IGNORECASE)
_HOME_WORDS = re.compile(r"^/(?:home|start|startseite|accueil|inicio|main|welcome|portal|frontpage)/?$", re.IGNORECASE)
_SEARCH = re.compile(r"^/(?:[a-z]{2}/)?(?:search|suche|recherche|buscar|find|results?)(?:[/.]|$)", re.IGNORECASE)
_LOGIN_PATH = re.compile(
    r"(?:^|/)(?:log-?in|sign-?in|log-?on|signon|sso|auth|authorize|oauth2?|saml2?|account/login|wp-login\.php|"
    r"connexion|anmelden|idp|cas|openid)(?:[/.;]|$)",
    re.IGNORECASE,
)
_LOGIN_HOST = re.compile(r"^(?:accounts?|login|signin|sso|auth|idp|id|openathens|shibboleth)\.", re.IGNORECASE)
_RETURN_KEYS = re.compile(
    r"^(?:return|returnurl|return_to|redirect|redirect_uri|next|continue|goto|dest|ref|url|target|rurl)$", re.I
)
#: As the whole last part of a path: words like these stand within the names of articles too.
_ERROR_PATH = re.compile(
    r"(?:^|/)(?:(?:error|page)?[-_]?404(?:[-_](?:error|page|not[-_]?found))?|(?:page[-_]?|file[-_]?)?not[-_]?found|"
    r"error(?:[-_]?page|s)?|missing|gone|expired|removed|seite-nicht-gefunden|page-introuvable)(?:\.\w{2,5})?/?$|"
    r"^/cgi-sys/\w+\.cgi$",
    re.IGNORECASE,
)
_GEO_PATH = re.compile(
    r"(?:unavailable|not-available|blocked|restricted)[-_/](?:in|for|to)?[-_/]?(?:your|this|the)?[-_/]?(?:region|country|location|eu|gdpr)|"
    r"/(?:geo-?block(?:ed)?|georestrict(?:ed|ion)?|gdpr-?block(?:ed)?|eu-?blocked)(?:[/.]|$)",
    re.IGNORECASE,
)
_TRACKING = re.compile(
    r"^(?:utm_\w+|gclid|dclid|gbraid|wbraid|gad_source|fbclid|msclkid|twclid|ttclid|yclid|igshid|igsh|mc_cid|mc_eid|"
    r"_hsenc|_hsmi|mkt_tok|vero_id|oly_anon_id|oly_enc_id)$",
    re.IGNORECASE,
)


class Landing(StrEnum):
    """What kind of place an address is, beside the cited one."""

    SAME = "same"
    HOME = "home"
    SEARCH = "search"
    LOGIN = "login"
    ERROR_PAGE = "error_page"
    GEOGRAPHY = "geography"
    OTHER_PAGE = "other_page"
    OTHER_SITE = "other_site"


def landing(cited: str, final: str) -> Landing:
    """
    Compare where a look ended with what was cited.

    Args:
        cited, final: Fetch forms.
    """
    if same_place(cited, final):
        return Landing.SAME
    place = split(final)
    if _GEO_PATH.search(place.path):
        return Landing.GEOGRAPHY
    if _is_login(place, cited):
        return Landing.LOGIN
    if _ERROR_PATH.search(place.path) and not _ERROR_PATH.search(split(cited).path):
        return Landing.ERROR_PAGE
    if is_home(final) and not is_home(cited):
        return Landing.HOME
    if _SEARCH.search(place.path) and not _SEARCH.search(split(cited).path):
        return Landing.SEARCH
    return Landing.OTHER_PAGE if same_site(cited, final) else Landing.OTHER_SITE


def is_home(url: str) -> bool:
    """Whether *url* is a site's front page: root, index file or a language's root, without a telling query."""
    place = split(url)
    if _meaningful_query(place) or place.fragment.startswith(("!", "/")):
        return False
    path = _INDEX_FILE.sub("/", place.path) or "/"
    return path == "/" or bool(_LANGUAGE_ROOT.match(path) or _HOME_WORDS.match(path))


def _is_login(place: SplitResult, cited: str) -> bool:
    if _LOGIN_PATH.search(split(cited).path):
        return False
    host = (place.hostname or "").lower()
    if _LOGIN_PATH.search(place.path) or (_LOGIN_HOST.match(host) and host != host_of(cited)):
        return True
    path = split(cited).path
    return len(path) > 1 and any(
        _RETURN_KEYS.match(key) and path in unquote(value) for key, value in parse_qsl(place.query)
    )


def same_place(one: str, other: str) -> bool:
    """Equal but for scheme, ``www.``, default port, trailing slash, index file, tracking parameters, fragment."""
    return one == other or place_key(one) == place_key(other)


def place_key(url: str) -> str:
    """An address reduced to what tells places apart; for comparing only, never for fetching."""
    place = split(url)
    path = _INDEX_FILE.sub("/", unquote(place.path)).rstrip("/")
    query = "&".join(f"{key}={value}" for key, value in _meaningful_query(place))
    route = f"#{place.fragment}" if place.fragment.startswith(("!", "/")) else ""
    return f"{host_of(url).removeprefix('www.')}{path}{'?' + query if query else ''}{route}"


def _meaningful_query(place: SplitResult) -> list[tuple[str, str]]:
    return [(key, value) for key, value in parse_qsl(place.query, keep_blank_values=True) if not _TRACKING.match(key)]


def split(url: str) -> SplitResult:
    """Split *url*; an address that cannot be split has no parts, as pages hold many."""
    try:
        place = urlsplit(url)
        _ = place.port
    except ValueError:
        return SplitResult("", "", "", "", "")
    return place


def permanent(hops: Sequence[Hop]) -> bool:
    """Whether there was a redirect and every one was permanent."""
    return bool(hops) and all(hop.status in PERMANENT for hop in hops)


def page_redirect(answer: Answer, page: Page) -> str | None:
    """
    The address that a page itself jumps to within five seconds, absolute.

    An observation follows it as a look follows a ``Location``. None where the page
    has a text of its own, does not jump, or only reloads itself.
    """
    refresh = page.refresh or refresh_of(answer.header("refresh"))
    if refresh is None or refresh.seconds > _REFRESH_SECONDS or page.word_count >= JUMPING_WORDS:
        return None
    try:
        target = urljoin(answer.url, refresh.target)
    except ValueError:
        return None
    if not target.startswith(("http://", "https://")) or same_place(target, answer.url):
        return None
    return target


def jump_of(answer: Answer) -> str | None:
    """:func:`page_redirect` of an answer that was not read yet."""
    return page_redirect(answer, read_page(answer.body, answer.header("content-type")))


def outgoing(links: Iterable[str], *, base: str | None) -> frozenset[str]:
    """Links made absolute, without scheme, ``www.``, fragment and trailing slash; the first 500 of the page."""
    found: dict[str, None] = {}
    for link in links:
        try:
            absolute = link if link.startswith(("http://", "https://")) else urljoin(base or "", link)
        except ValueError:
            continue
        if match := _HTTP.match(absolute):
            found[match.group(1).partition("#")[0].rstrip("/")] = None
            if len(found) >= _MOST_LINKS:
                break
    return frozenset(found)
