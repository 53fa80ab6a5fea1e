"""
Judging one look: the rules in their order, each a short file of its own.

Pure: takes what was seen and what is known, returns the observation. What
would settle a doubt is a question (:func:`asks`) that the caller may follow
and judge again.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from linkkeeper.checks.baseline import FOREIGN_SCORE, match_note
from linkkeeper.checks.case import Case, Need
from linkkeeper.checks.drift import judge_drift, judge_kept, quote_found
from linkkeeper.checks.landing import JUMPING_WORDS, Landing, jump_of, same_place
from linkkeeper.checks.look import Answer, FailureKind, Look
from linkkeeper.checks.network import judge_failure
from linkkeeper.checks.parked import judge_parked
from linkkeeper.checks.scene import Finding, Scene, scene_of
from linkkeeper.checks.soft404 import THIN_WORDS, is_shell, judge_soft404, sibling_urls
from linkkeeper.checks.specials import at_target, is_identifier, judge_specials, stand_in_url
from linkkeeper.checks.status import ASK_AS_BROWSERS_DO, judge_status
from linkkeeper.checks.takeover import judge_takeover
from linkkeeper.checks.walls import judge_walls
from linkkeeper.pages.marks import login_words
from linkkeeper.pages.shingles import written_simhash
from linkkeeper.pages.text import Page, read_page
from linkkeeper.vocabulary.digest import short_digest
from linkkeeper.vocabulary.moment import to_iso
from linkkeeper.vocabulary.observation import Evidence, Observation, ObservationKind
from linkkeeper.vocabulary.uri import is_supported, same_site

#: Version of all rules together; raised whenever a verdict could change.
RULE_SET = "2026.11.3"

_Kind = ObservationKind
_TLS = frozenset({_Kind.TLS_EXPIRED, _Kind.TLS_WRONG_HOST, _Kind.TLS_SELF_SIGNED, _Kind.TLS_CHAIN, _Kind.TLS_OLD})
_SUSPICIONS = frozenset({_Kind.SOFT_404_SUSPECT, _Kind.HOME_REDIRECT, _Kind.USURPED_SUSPECT, _Kind.DRIFTED})
_BROWSER_TELLS = frozenset(
    {
        _Kind.BLOCKED,
        _Kind.JS_SHELL,
        _Kind.FORBIDDEN,
        _Kind.DRIFTED,
        _Kind.USURPED_SUSPECT,
        _Kind.EMPTY,
        _Kind.HOME_REDIRECT,
    }
)
#: Where a short page sends its readers would change nothing.
_KNOWN_WITHOUT_JUMPING = frozenset(
    {_Kind.BLOCKED, _Kind.RATE_LIMITED, _Kind.HOME_REDIRECT, _Kind.PARKED, _Kind.LOGIN, _Kind.FORBIDDEN, _Kind.LEGAL}
)
_THERE = frozenset({_Kind.OK, _Kind.EDITED, _Kind.MOVED, _Kind.JS_SHELL})
#: What the same bytes, or "not modified", are once more.
_SAME_AGAIN = frozenset({_Kind.OK, _Kind.EDITED, _Kind.MOVED})


def judge(look: Look, case: Case) -> Observation:
    """
    Judge one look.

    Args:
        look: What was seen, or the failure.
        case: What is known of the link.

    Returns:
        The observation; its rule is ``name@version``, its evidence says in
        words what the rule rested on.
    """
    resolved = at_target(look, case)
    if resolved is case:
        return _judge(look, case)
    observation = _judge(look, resolved)
    words = f"short for {resolved.cited}; {observation.evidence.words}"
    return replace(observation, evidence=replace(observation.evidence, words=words, target=resolved.cited))


def _judge(look: Look, case: Case) -> Observation:
    if not is_supported(look.url):
        words = "only web addresses (http and https) can be looked at"
        return _observation(look, Finding(ObservationKind.UNSUPPORTED, "scheme", Evidence(words=words)))
    if look.failure is not None:
        return _observation(look, _behind_tls(look, case, judge_failure(look.failure)))
    if look.not_modified:
        return _observation(look, _unchanged(case, "the server says that nothing changed (HTTP 304)"))
    if look.answer is None:
        raise ValueError(f"a look at {look.url} without answer and without failure")
    return _judge_answer(look, case, look.answer)


def _judge_answer(look: Look, case: Case, answer: Answer) -> Observation:
    digest = hashlib.sha256(answer.body).hexdigest()
    known = case.last_hash == short_digest(digest) and case.last_kind in _SAME_AGAIN and answer.status == 200
    # The same bytes behind a redirect may be a move, which only the rules can tell.
    if known and not case.siblings and not look.hops:
        return _observation(look, _unchanged(case, "the page is byte for byte the same"), sha256=digest)
    page = read_page(answer.body, answer.header("content-type"))
    finding = _first_finding(scene_of(look, case, answer, page))
    return _observation(look, finding, page=page, sha256=digest)


def _unchanged(case: Case, words: str) -> Finding:
    kind = case.last_kind if case.last_kind in _SAME_AGAIN else ObservationKind.OK
    return Finding(kind or ObservationKind.OK, "unchanged", Evidence(words=words))


def _first_finding(scene: Scene) -> Finding:
    for rule in RULES:
        if (finding := rule(scene)) is not None:
            return finding
    return Finding(ObservationKind.OK, "answers", Evidence(words=_there(scene)))


def _there(scene: Scene) -> str:
    if not scene.page.markup:
        return f"the file is there ({scene.page.media_type})"
    title = f"“{scene.page.title[:100]}”" if scene.page.title else "without a title"
    where = "" if scene.place is Landing.SAME else f", reached through a redirect to {scene.landed}"
    return f"the page is there: {title}, {scene.words} words{where}"


def _judge_quote(scene: Scene) -> Finding | None:
    """The author's own quotation outranks every suspicion: where it stands, the source is."""
    # Front pages and search pages list titles that notes quote.
    elsewhere = scene.place not in (Landing.SAME, Landing.OTHER_PAGE, Landing.OTHER_SITE)
    if elsewhere or scene.case.baseline is not None or not quote_found(scene.text, scene.case):
        return None
    evidence = Evidence(words="the passage that the analysis quotes stands on the page", quote_found=True)
    return Finding(ObservationKind.OK, "quote", evidence)


def _judge_landing(scene: Scene) -> Finding | None:
    """Rule 4: a deep address that now ends at a front page or an error page."""
    baseline = scene.case.baseline
    if baseline and baseline.final_url and same_place(scene.landed, baseline.final_url):
        return None
    place, where = scene.place, scene.landed
    if place is Landing.ERROR_PAGE:
        words = f"we were sent to what looks like an error page: {where}"
        return Finding(ObservationKind.SOFT_404_SUSPECT, "landing-error-page", Evidence(words=words))
    if place in (Landing.HOME, Landing.SEARCH) and not _resolves_elsewhere(scene):
        what = "front page" if place is Landing.HOME else "search page"
        site = "the site's own" if same_site(where, scene.case.cited) else "another site's"
        words = f"the cited page now leads to {site} {what}: {where}"
        return Finding(ObservationKind.HOME_REDIRECT, "landing-home", Evidence(words=words))
    return None


def _resolves_elsewhere(scene: Scene) -> bool:
    """An identifier of a front page leads to it by design."""
    cited = scene.case.cited
    return is_identifier(cited) and not same_site(cited, scene.landed)


def _judge_other_site(scene: Scene) -> Finding | None:
    """Without a capture only the note can tell whether another site took over the source or the address."""
    case = scene.case
    if scene.place is not Landing.OTHER_SITE or case.baseline is not None or case.note is None or not scene.page.markup:
        return None
    match = match_note(scene.page, case.note, url=case.cited, text=scene.text)
    if match.matched or match.score >= FOREIGN_SCORE or not match.parts or _resolves_elsewhere(scene):
        return None
    words = f"another site answers, {scene.landed}; {match.words}"
    return Finding(ObservationKind.USURPED_SUSPECT, "other-site", Evidence(words=words, note_score=match.score))


def _judge_login(scene: Scene) -> Finding | None:
    baseline = scene.case.baseline
    expected = baseline is not None and baseline.final_url is not None and same_place(scene.landed, baseline.final_url)
    if scene.place is Landing.LOGIN and not expected:
        # Before the siblings are heard: a site that wants a login sends every address there.
        words = f"the site asks for a login: {scene.landed}"
        return Finding(ObservationKind.LOGIN, "login-redirect", Evidence(words=words))
    said = login_words(scene.page)
    if said is None:
        return None
    return Finding(ObservationKind.LOGIN, "login-page", Evidence(words=f"the page only asks for a login: {said}"))


def _judge_shell(scene: Scene) -> Finding | None:
    if not is_shell(scene):
        return None
    words = "the page is built by scripts; only a browser can tell what it shows"
    return Finding(ObservationKind.JS_SHELL, "js-shell", Evidence(words=words))


#: The order is the policy: walls before status, what was kept before every suspicion, proof before words, drift last.
RULES: tuple[Callable[[Scene], Finding | None], ...] = (
    judge_specials,
    judge_walls,
    judge_status,
    judge_kept,
    judge_parked,
    _judge_quote,
    _judge_login,
    judge_soft404,
    _judge_landing,
    _judge_other_site,
    judge_takeover,
    _judge_shell,
    judge_drift,
)


def _behind_tls(look: Look, case: Case, finding: Finding) -> Finding:
    """Add what the answer without verification showed: the state of a link follows the content, not its certificate."""
    if finding.kind not in _TLS or not look.tls_tried:
        return finding
    if look.behind_tls is None:
        words = f"{finding.evidence.words}; without verification there is no answer either"
        return replace(finding, evidence=replace(finding.evidence, words=words, content_behind_tls=False))
    inner = _judge_answer(replace(look, failure=None), case, look.behind_tls)
    there = inner.kind in _THERE
    words = f"{finding.evidence.words}; without verification: {inner.evidence.words}"
    return replace(
        finding,
        evidence=replace(
            inner.evidence,
            words=words,
            content_behind_tls=there,
            phase=finding.evidence.phase,
            errno=finding.evidence.errno,
            verify_code=finding.evidence.verify_code,
        ),
    )


def _observation(look: Look, finding: Finding, *, page: Page | None = None, sha256: str | None = None) -> Observation:
    answer = look.answer if look.failure is None else None
    evidence = finding.evidence if answer is None else _with_facts(finding.evidence, answer, page, sha256)
    status = 304 if look.not_modified else answer.status if answer else None
    return Observation(
        url=look.url,
        moment=look.moment,
        kind=finding.kind,
        rule=f"{finding.rule}@{RULE_SET}",
        evidence=replace(evidence, by_browser=look.by_browser or None, patient=look.patient or None),
        http_status=status,
        final_url=answer.url if answer else None,
        redirects=look.hops,
        elapsed_s=look.elapsed_s,
    )


def _with_facts(evidence: Evidence, answer: Answer, page: Page | None, sha256: str | None) -> Evidence:
    """Add what a later reader needs to judge the look again."""
    text = page.main_text if page else ""
    return replace(
        evidence,
        title=(page.title[:200] or None) if page else None,
        word_count=page.word_count if page and page.markup else None,
        content_type=answer.header("content-type"),
        content_length=len(answer.body),
        body_sha256=sha256,
        simhash=written_simhash(text) if text else None,
        etag=answer.header("etag"),
        last_modified=answer.header("last-modified"),
        server=answer.header("server"),
        address=answer.address,
        tls_expires=to_iso(answer.tls_expires) if answer.tls_expires else None,
    )


def asks(observation: Observation, look: Look, case: Case) -> frozenset[Need]:
    """
    What would settle the doubt that *observation* leaves.

    Empty for most looks. Whoever follows a need looks again with the flag of
    the look set (``patient``, ``cookies`` …) or the case completed, and judges
    again; nothing is asked for twice.
    """
    if look.failure is not None:
        return frozenset(_asks_after_failure(observation.kind, look))
    if look.answer is None:
        return frozenset()
    return frozenset(_asks_after_answer(observation, look, at_target(look, case)))


def _asks_after_failure(kind: ObservationKind, look: Look) -> Iterator[Need]:
    if kind is ObservationKind.TIMEOUT and not look.patient:
        yield Need.PATIENT_RETRY
    if kind is ObservationKind.REDIRECT_LOOP and not look.cookies:
        yield Need.COOKIE_RETRY
    if kind in _TLS and not look.tls_tried:
        yield Need.UNVERIFIED_TLS
    # Bot walls reset connections; browsers fetch the intermediate certificate that a server forgot.
    # They also show answers that stricter readers refuse.
    malformed = look.failure is not None and look.failure.kind is FailureKind.MALFORMED
    if (malformed or kind in (ObservationKind.RESET, ObservationKind.TLS_CHAIN)) and not look.by_browser:
        yield Need.BROWSER


def _asks_after_answer(observation: Observation, look: Look, case: Case) -> Iterator[Need]:
    kind = observation.kind
    as_browser = look.by_browser or look.browser_headers
    wall = kind is ObservationKind.BLOCKED
    short = observation.http_status == 200 and (observation.evidence.word_count or 0) < JUMPING_WORDS
    judged = look.by_browser or kind in _KNOWN_WITHOUT_JUMPING
    if short and not judged and look.answer is not None and jump_of(look.answer) is not None:
        yield Need.JUMP
    if not wall and observation.http_status in ASK_AS_BROWSERS_DO and not as_browser:
        yield Need.BROWSER_HEADERS
    maybe_a_frame = kind is ObservationKind.SOFT_404_SUSPECT and observation.evidence.siblings
    if (kind in _BROWSER_TELLS or maybe_a_frame) and not look.by_browser:
        yield Need.BROWSER
    if not case.siblings and _wants_siblings(observation, case) and sibling_urls(case.cited, seed=""):
        yield Need.SIBLINGS
    if case.stand_in is None and kind is not ObservationKind.RATE_LIMITED and stand_in_url(case.cited):
        yield Need.STAND_IN


def _wants_siblings(observation: Observation, case: Case) -> bool:
    if observation.kind in _SUSPICIONS:
        return True
    thin = observation.kind is ObservationKind.OK and observation.rule.startswith("answers@")
    return thin and case.baseline is None and (observation.evidence.word_count or THIN_WORDS) < THIN_WORDS
