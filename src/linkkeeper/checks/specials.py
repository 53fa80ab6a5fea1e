"""
Addresses with rules of their own: identifiers, shorteners, copies, and hosts that answer everybody alike.

Sources: the services' public behaviour; DOI Handbook (resolver answers);
oEmbed providers' documentation (YouTube, X).
"""

import re
from dataclasses import replace
from urllib.parse import parse_qs, quote, urlsplit

from linkkeeper.checks.baseline import match_note
from linkkeeper.checks.case import Case
from linkkeeper.checks.look import Look
from linkkeeper.checks.scene import Finding, Scene
from linkkeeper.vocabulary.archived import unwrap_archive
from linkkeeper.vocabulary.observation import Evidence, ObservationKind
from linkkeeper.vocabulary.uri import host_of, registrable_domain

_RESOLVERS = frozenset(
    {"doi.org", "dx.doi.org", "www.doi.org", "hdl.handle.net", "n2t.net", "purl.org", "purl.oclc.org", "w3id.org"}
)
_SHORTENERS = frozenset(
    {
        "amzn.to",
        "bit.ly",
        "buff.ly",
        "cutt.ly",
        "dlvr.it",
        "fb.me",
        "goo.gl",
        "is.gd",
        "j.mp",
        "lnkd.in",
        "nyti.ms",
        "ow.ly",
        "rebrand.ly",
        "shorturl.at",
        "t.co",
        "tiny.cc",
        "tinyurl.com",
        "v.gd",
        "wp.me",
        "youtu.be",
    }
)
#: Registrable domains that show robots the same login shell whether the post is there or not.
_SAME_FOR_ALL = {
    "x.com": "X",
    "twitter.com": "X",
    "linkedin.com": "LinkedIn",
    "instagram.com": "Instagram",
    "facebook.com": "Facebook",
    "threads.net": "Threads",
    "threads.com": "Threads",
    "tiktok.com": "TikTok",
}
_GOOGLE_FILES = frozenset({"docs.google.com", "drive.google.com", "sites.google.com", "forms.gle"})
_YOUTUBE = frozenset({"youtube.com", "youtu.be", "youtube-nocookie.com"})
_CLOSED_SERVICES = {
    "webcache.googleusercontent.com": "Google closed its cache in 2024",
    "plus.google.com": "Google closed Google+ in 2019",
}


def is_identifier(url: str) -> bool:
    """Whether *url* is a DOI, handle, ARK or PURL: its redirect is the healthy case."""
    return host_of(url) in _RESOLVERS


def is_shortener(url: str) -> bool:
    """Whether *url* is a short form of another address, which is what was cited."""
    return host_of(url).removeprefix("www.") in _SHORTENERS


def at_target(look: Look, case: Case) -> Case:
    """*case* with the address that a short form led to as what was cited; as it is for every other address."""
    if not is_shortener(case.cited):
        return case
    way = [hop.url for hop in look.hops] + ([look.answer.url] if look.answer else [])
    target = next((url for url in way if not is_shortener(url)), None)
    return case if target is None else replace(case, cited=target)


def stand_in_url(url: str) -> str | None:
    """
    An address that tells whether *url* is there, where its own answers do not.

    oEmbed of YouTube and X; None for every other host.
    """
    domain = registrable_domain(host_of(url))
    if domain in _YOUTUBE and (video := _video(url)):
        watch = quote(f"https://www.youtube.com/watch?v={video}", safe="")
        return f"https://www.youtube.com/oembed?format=json&url={watch}"
    if domain in ("x.com", "twitter.com") and re.search(r"/status/\d+", url):
        return f"https://publish.twitter.com/oembed?omit_script=true&url={quote(url, safe='')}"
    return None


def _video(url: str) -> str | None:
    parts = urlsplit(url)
    if host_of(url).removeprefix("www.") == "youtu.be":
        found = parts.path.strip("/").split("/")[0]
    elif match := re.match(r"/(?:embed|shorts|live|v)/([\w-]{6,})", parts.path):
        found = match.group(1)
    else:
        found = parse_qs(parts.query).get("v", [""])[0]
    return found if re.fullmatch(r"[\w-]{6,20}", found) else None


def judge_specials(scene: Scene) -> Finding | None:
    """Rules of single hosts, before the general ones."""
    host = host_of(scene.case.cited)
    if host in _CLOSED_SERVICES:
        return Finding(ObservationKind.GONE, "closed-service", Evidence(words=_CLOSED_SERVICES[host]))
    if scene.case.stand_in is not None and (found := _by_stand_in(scene)):
        return found
    domain = registrable_domain(host_of(scene.landed))
    if domain in _SAME_FOR_ALL and registrable_domain(host) in _SAME_FOR_ALL:
        return _same_for_all(scene, _SAME_FOR_ALL[domain])
    if domain in _YOUTUBE and _video(scene.case.cited):
        return _video_page(scene)
    if host in _GOOGLE_FILES:
        return _google_file(scene)
    if is_identifier(scene.case.cited):
        return _resolver(scene)
    return _archived_copy(scene)


def _by_stand_in(scene: Scene) -> Finding | None:
    answer = scene.case.stand_in.answer if scene.case.stand_in else None
    if answer is None:
        return None
    service = "YouTube" if "youtube" in answer.url else "X"
    if answer.status == 200 or (service == "YouTube" and answer.status == 401):
        return Finding(ObservationKind.OK, "stand-in", Evidence(words=f"{service} confirms that it is there"))
    if answer.status == 403:
        return Finding(ObservationKind.LOGIN, "stand-in", Evidence(words=f"{service} says that it is private"))
    if answer.status in (404, 410) or (service == "YouTube" and answer.status == 400):
        words = f"{service} says that it does not exist (HTTP {answer.status} for its embed code)"
        return Finding(ObservationKind.MISSING, "stand-in", Evidence(words=words))
    return None


def _same_for_all(scene: Scene, service: str) -> Finding | None:
    """Their shell says nothing; the source itself, or the rare word that it is gone for good, does."""
    if scene.status == 410 or (scene.status < 300 and _shows_the_source(scene)):
        return None
    words = f"{service} shows robots the same page whether the source is there or not"
    if scene.status >= 400:
        words = f"{service} refuses robots (HTTP {scene.status}), which says nothing about the source"
    return Finding(ObservationKind.BLOCKED, "same-for-all", Evidence(words=words, vendor=service))


def _shows_the_source(scene: Scene) -> bool:
    """Whether the answer holds what the note names; a shell holds no post's words."""
    note = scene.case.note
    return note is not None and match_note(scene.page, note, url=scene.case.cited, text=scene.text).matched


def _video_page(scene: Scene) -> Finding | None:
    body = scene.answer.body
    if match := re.search(rb'"playabilityStatus":\{"status":"(ERROR|LOGIN_REQUIRED|UNPLAYABLE)"', body):
        if match.group(1) == b"ERROR":
            words = "YouTube's page says that the video is unavailable"
            return Finding(ObservationKind.SOFT_404, "video-page", Evidence(words=words, marks=("playability ERROR",)))
        words = "YouTube's page shows the video only to some visitors"
        return Finding(ObservationKind.LOGIN, "video-page", Evidence(words=words))
    if scene.status == 200 and scene.page.title.strip() in ("- YouTube", "YouTube"):
        words = "the page names no video, as YouTube's pages of removed videos do"
        return Finding(ObservationKind.SOFT_404_SUSPECT, "video-page", Evidence(words=words))
    return None


def _google_file(scene: Scene) -> Finding | None:
    title = scene.page.title.lower()
    sent_to_login = host_of(scene.landed) == "accounts.google.com"
    if sent_to_login or "you need access" in title or "access denied" in title or "you need permission" in title:
        return Finding(ObservationKind.LOGIN, "google-file", Evidence(words="Google asks for access to the file"))
    if "page not found" in title or "file not found" in title or "has been deleted" in scene.text[:400].lower():
        return Finding(
            ObservationKind.SOFT_404, "google-file", Evidence(words="Google says that the file does not exist")
        )
    return None


def _resolver(scene: Scene) -> Finding | None:
    at_resolver = host_of(scene.answer.url) in _RESOLVERS
    if at_resolver and scene.status == 404:
        words = "the resolver does not know this identifier; it may hold a typing error (HTTP 404)"
        return Finding(ObservationKind.MISSING, "identifier", Evidence(words=words))
    if not at_resolver and scene.status in (403, 405, 406):
        words = f"the identifier is known; its publisher refuses robots (HTTP {scene.status})"
        return Finding(ObservationKind.BLOCKED, "identifier", Evidence(words=words))
    return None


def _archived_copy(scene: Scene) -> Finding | None:
    copy = unwrap_archive(scene.case.cited)
    if copy is None or scene.status not in (403, 429, 503):
        return None
    words = f"the archive {copy.service} refuses robots (HTTP {scene.status}), which says nothing about the copy"
    return Finding(ObservationKind.BLOCKED, "archived-copy", Evidence(words=words, vendor=copy.service))
