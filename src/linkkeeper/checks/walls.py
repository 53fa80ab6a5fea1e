"""Walls and limits: refusals that say nothing about whether the source is there."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from linkkeeper.checks.landing import Landing
from linkkeeper.checks.look import Answer
from linkkeeper.checks.scene import Finding, Scene
from linkkeeper.pages.marks import consent_words, geography_words
from linkkeeper.pages.walls import WallMark, wall_marks
from linkkeeper.vocabulary.observation import Evidence, ObservationKind
from linkkeeper.vocabulary.uri import host_of

_LONGEST_RETRY_S = 7 * 86_400

#: Hosts of walls: who is sent there was taken for a robot.
_WALL_HOSTS = {
    "geo.captcha-delivery.com": "DataDome",
    "validate.perfdrive.com": "Radware",
    "captcha.perfdrive.com": "Radware",
    "challenges.cloudflare.com": "Cloudflare",
    "www.google.com/sorry": "Google",
    "ipv4.google.com/sorry": "Google",
    "ipv6.google.com/sorry": "Google",
    "wappass.baidu.com": "Baidu",
}
_CONSENT_HOST = re.compile(r"^(?:consent|guce|cmp|privacy-mgmt|choice)\.")

#: CDN answers about its own trouble with the site behind it: no wall, whatever their page looks like.
_ORIGIN_TROUBLE = frozenset({500, 502, 504, *range(520, 531)})
_REFUSALS = frozenset({401, 403, 405, 406, 418, 429, 503})


def judge_walls(scene: Scene) -> Finding | None:
    """
    Rule 2: walls come with any status, so they are looked for before the status counts.

    Sources: the vendors' documentation (``cf-mitigated``, ``x-amzn-waf-action``,
    ``x-vercel-mitigated``); marks in :mod:`linkkeeper.pages.marks`.
    """
    return _certain(scene) or _marked(scene) or _limited(scene) or _geography(scene) or _consent(scene)


def _blocked(rule: str, words: str, *, vendor: str | None, marks: tuple[str, ...] = ()) -> Finding:
    known = vendor if vendor and vendor != "unknown" else None
    by = f" ({known})" if known else ""
    evidence = Evidence(words=f"a bot wall{by} kept us out: {words}", vendor=known, marks=marks)
    return Finding(ObservationKind.BLOCKED, rule, evidence)


def _certain(scene: Scene) -> Finding | None:
    answer = scene.answer
    if (answer.header("cf-mitigated") or "").lower() == "challenge":
        return _blocked("wall-header", "its answer says “challenge”", vendor="Cloudflare")
    if action := answer.header("x-amzn-waf-action"):
        return _blocked("wall-header", f"its answer says “{action}”", vendor="AWS WAF")
    if (mitigated := answer.header("x-vercel-mitigated") or "") in ("challenge", "deny"):
        return _blocked("wall-header", f"its answer says “{mitigated}”", vendor="Vercel")
    if answer.header("x-sucuri-block"):
        return _blocked("wall-header", "its answer says that it was blocked", vendor="Sucuri")
    if any(key.lower() == "set-cookie" and "__cfwaitingroom" in value for key, value in answer.headers):
        return _blocked("wall-header", "we were put into a waiting room", vendor="Cloudflare")
    if (answer.header("x-kpsdk-ct") or answer.header("x-kpsdk-v")) and scene.status in _REFUSALS:
        return _blocked("wall-header", "its answer carries a challenge", vendor="Kasada")
    return _sent_to_a_wall(scene)


def _sent_to_a_wall(scene: Scene) -> Finding | None:
    for url in (scene.landed, *(hop.url for hop in scene.look.hops)):
        host = host_of(url)
        for known, vendor in _WALL_HOSTS.items():
            wanted, _, path = known.partition("/")
            if host == wanted and (not path or f"/{path}" in url) and host_of(scene.case.cited) != host:
                return _blocked("wall-redirect", f"we were sent to {host}", vendor=vendor)
        if "/cdn-cgi/challenge-platform/" in url or "/.well-known/sgcaptcha/" in url:
            vendor = "Cloudflare" if "cdn-cgi" in url else "SiteGround"
            return _blocked("wall-redirect", "we were sent to its challenge", vendor=vendor)
    return None


def _marked(scene: Scene) -> Finding | None:
    status = scene.status
    if scene.answer.rendered_text is not None and scene.words >= 400:
        return None
    found = wall_marks(scene.answer.body, scene.page, any_length=status in _REFUSALS)
    if status in _ORIGIN_TROUBLE:
        found = tuple(mark for mark in found if mark.words not in ("error page of the wall", "edge error page"))
    if not found:
        return None
    if status in (404, 410) and not _challenges(found):
        # An honest "not found" that a CDN decorated with its reference number stays one.
        return None
    vendor = next((mark.vendor for mark in found if mark.vendor != "unknown"), None)
    words = tuple(dict.fromkeys(mark.words for mark in found))
    return _blocked("wall-marks", ", ".join(words[:3]), vendor=vendor, marks=words)


def _challenges(found: tuple[WallMark, ...]) -> bool:
    return any("challenge" in mark.words or "CAPTCHA" in mark.words for mark in found)


def _limited(scene: Scene) -> Finding | None:
    wait = retry_after_s(scene.answer, moment=scene.look.moment)
    if scene.status == 429 or (scene.status == 503 and wait is not None):
        later = f"; it asks us to come back in {_duration(wait)}" if wait else ""
        evidence = Evidence(
            words=f"the host limits how often we may ask (HTTP {scene.status}){later}", retry_after_s=wait
        )
        return Finding(ObservationKind.RATE_LIMITED, "rate-limit", evidence)
    if scene.status == 999:
        return _blocked("wall-status", "HTTP 999", vendor=None)
    return None


def retry_after_s(answer: Answer, *, moment: datetime) -> int | None:
    """
    Seconds that the host asks us to wait, at most 7 days; None where it does not ask.

    Source: RFC 9110 section 10.2.3 (seconds or a date); absurd values are met in the wild.
    """
    value = (answer.header("retry-after") or "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return min(int(value[:9]), _LONGEST_RETRY_S)
    try:
        wanted = parsedate_to_datetime(value)
    except ValueError:
        return None
    if wanted.tzinfo is None:
        wanted = wanted.replace(tzinfo=UTC)
    return max(0, min(int((wanted - moment).total_seconds()), _LONGEST_RETRY_S))


def _duration(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} seconds"
    return f"{seconds // 60} minutes" if seconds < 7_200 else f"{seconds // 3_600} hours"


def _geography(scene: Scene) -> Finding | None:
    if scene.place is Landing.GEOGRAPHY:
        words = f"we were sent to {scene.landed}, which says that the source is withheld from our country"
    elif (scene.status in (403, 451) or scene.status < 300) and (said := geography_words(scene.page)):
        words = f"the source is withheld from our country: “{said}”"
    else:
        return None
    return Finding(ObservationKind.BLOCKED, "geography", Evidence(words=words, geography=True))


def _consent(scene: Scene) -> Finding | None:
    host = host_of(scene.landed)
    by_host = scene.place is not Landing.SAME and _CONSENT_HOST.match(host) is not None
    said = consent_words(scene.page) if scene.status < 400 else None
    if not by_host and not (said and scene.words < 150):
        return None
    where = f"we were sent to {host}" if by_host else f"the page only says {said}"
    return Finding(
        ObservationKind.BLOCKED,
        "consent-wall",
        Evidence(words=f"the site first wants consent: {where}", vendor="consent wall"),
    )
