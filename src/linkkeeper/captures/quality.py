"""Is a capture the source, or only something in its place? Judged from facts, before it counts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from linkkeeper.captures.limits import LimitHit
from linkkeeper.captures.source_kind import SourceKind
from linkkeeper.pages.marks import consent_words, geography_words, login_words
from linkkeeper.pages.text import Page
from linkkeeper.pages.walls import wall_marks
from linkkeeper.vocabulary.capture import Quality, StepOutcome, StepReport, Truncation

_REFUSALS = frozenset({401, 403, 405, 406, 418, 429, 503})
_LOGIN_STATUSES = frozenset({401, 402, 407})
_BLOCKED_STATUSES = frozenset({403, 429, 451})
_LOGIN_PATH = re.compile(r"/(?:login|log-in|signin|sign-in|auth|sso|account/login)\b", re.IGNORECASE)
#: Of the resources that make up a page, more than this share missing makes it partial.
_MISSING_SHARE = 0.2
#: Of the rendered words, less than this share found in the PDF or in the document makes it partial.
_TEXT_SHARE = 0.5
#: Steps whose failure takes something from the reader.
_TELLING_STEPS = frozenset({"load", "download", "behaviours", "text", "dom", "picture", "pdf", "refetch"})


@dataclass(frozen=True, slots=True)
class Judgement:
    quality: Quality
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFacts:
    """
    What a capture is judged by.

    Attributes:
        trouble: Why there was no main answer; "" if there was one.
        lost: Why the page went away before the end; "" if it did not.
        status: Of the main answer; None without one.
        headers: Of the main answer, names in lower case.
        landed: The main resource's address.
        asked_url: The address that was to be captured.
        dom: The document after scripts, else the main body, as bytes.
        page: *dom*, read.
        text: Visible text as rendered.
        pictures: Pictures, media and canvases that are shown.
        resources: Styles, scripts, pictures, fonts and frames that were asked for.
        missing: Those of them that were not got.
        missing_styles: Style sheets among the missing.
        pdf_share: Share of the rendered words that the PDF has; None without either.
        dom_share: Share of them that the document after scripts has.
        body_bytes: Of the main body, as received.
    """

    trouble: str = ""
    lost: str = ""
    status: int | None = None
    headers: Sequence[tuple[str, str]] = ()
    landed: str = ""
    asked_url: str = ""
    kind: SourceKind = SourceKind.PAGE
    dom: bytes = b""
    page: Page = field(default_factory=Page)
    text: str = ""
    pictures: int = 0
    resources: int = 0
    missing: int = 0
    missing_styles: int = 0
    pdf_share: float | None = None
    dom_share: float | None = None
    body_bytes: int = 0
    truncated: Truncation | None = None
    hits: Sequence[LimitHit] = ()
    steps: Sequence[StepReport] = ()

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")


def judge(facts: VisitFacts) -> Judgement:
    """
    Judge a capture; the first rule that finds something decides.

    Walls come before the status: they are served with any of them.
    """
    rules = (_unreached, _walled, _asks_for_login, _asks_for_consent, _refused, _empty, _partial)
    return next((found for rule in rules if (found := rule(facts)) is not None), Judgement(Quality.COMPLETE, ""))


def _unreached(facts: VisitFacts) -> Judgement | None:
    if facts.status is None:
        return Judgement(Quality.ERROR, facts.trouble or "the source gave no answer")
    return None


def _walled(facts: VisitFacts) -> Judgement | None:
    if facts.header("cf-mitigated").lower() == "challenge":
        return Judgement(Quality.BLOCKED, "a bot wall (Cloudflare) kept us out")
    if facts.header("x-amzn-waf-action"):
        return Judgement(Quality.BLOCKED, "a bot wall (AWS WAF) kept us out")
    if facts.kind is not SourceKind.PAGE:
        return None
    marks = wall_marks(facts.dom, facts.page, any_length=facts.status in _REFUSALS)
    if marks and facts.status not in (404, 410):
        vendor = next((mark.vendor for mark in marks if mark.vendor != "unknown"), "")
        by = f" ({vendor})" if vendor else ""
        return Judgement(Quality.BLOCKED, f"a bot wall{by} kept us out: {marks[0].words}")
    if words := geography_words(facts.page):
        return Judgement(Quality.BLOCKED, f"withheld from this country: “{words}”")
    return None


def _asks_for_login(facts: VisitFacts) -> Judgement | None:
    if facts.status in _LOGIN_STATUSES:
        return Judgement(Quality.LOGIN_WALL, f"the server asks for a login (status {facts.status})")
    if facts.kind is not SourceKind.PAGE or facts.status != 200:
        return None
    if words := login_words(facts.page):
        return Judgement(Quality.LOGIN_WALL, f"the page only asks to log in: {words}")
    sent_there = _LOGIN_PATH.search(facts.landed) and not _LOGIN_PATH.search(facts.asked_url)
    if sent_there and facts.page.password_field:
        return Judgement(Quality.LOGIN_WALL, "we were sent to a login page")
    return None


def _asks_for_consent(facts: VisitFacts) -> Judgement | None:
    if facts.kind is SourceKind.PAGE and facts.status == 200 and (words := consent_words(facts.page)):
        return Judgement(Quality.CONSENT_WALL, f"the page only asks for consent: {words}")
    return None


def _refused(facts: VisitFacts) -> Judgement | None:
    status = facts.status or 0
    if status in _BLOCKED_STATUSES:
        return Judgement(Quality.BLOCKED, f"the server refused (status {status})")
    if status >= 400:
        return Judgement(Quality.ERROR, f"the server answered {status}, which was captured as it is")
    if status < 200 or 300 <= status < 400:
        where = facts.header("location").strip()
        leads = f"to {where[:200]}, which is no page" if where else "nowhere"
        return Judgement(Quality.ERROR, f"the way ended at a status {status} that leads {leads}")
    return None


def _empty(facts: VisitFacts) -> Judgement | None:
    if facts.status in (204, 205):
        return Judgement(Quality.EMPTY, f"the server answered {facts.status}: no content")
    if facts.kind is not SourceKind.PAGE:
        return None if facts.body_bytes else Judgement(Quality.EMPTY, "the file is empty")
    if facts.text.strip() or facts.pictures or facts.page.visible_text.strip():
        return None
    if facts.truncated is not None:
        return Judgement(Quality.ERROR, "the main resource broke off before there was anything to show")
    outcomes = {step.name: step.outcome for step in facts.steps}
    if outcomes.get("text") is not StepOutcome.DONE or outcomes.get("load") is not StepOutcome.DONE:
        # Nothing was read, which is not the same as nothing being there.
        return Judgement(Quality.ERROR, "; ".join(["the page could not be read", *_cut_short(facts)]))
    if facts.page.scripts:
        return Judgement(Quality.EMPTY, "the page shows nothing, though its scripts ran")
    return Judgement(Quality.EMPTY, "the page shows nothing")


def _partial(facts: VisitFacts) -> Judgement | None:
    reasons = [*_cut_short(facts), *_left_out(facts)]
    return Judgement(Quality.PARTIAL, "; ".join(reasons)) if reasons else None


def _cut_short(facts: VisitFacts) -> list[str]:
    reasons = [facts.lost] if facts.lost else []
    if facts.truncated is not None:
        reasons.append("the main resource is not whole")
    reasons += [str(hit) for hit in facts.hits]
    reasons += [
        f"the step {step.name} did not succeed: {step.detail}"
        for step in facts.steps
        if step.name in _telling_steps(facts.kind) and step.outcome in (StepOutcome.FAILED, StepOutcome.TIMED_OUT)
    ]
    return reasons


def _telling_steps(kind: SourceKind) -> frozenset[str]:
    """A document is kept as its own file: whether the browser's viewer was quick enough for a picture says nothing."""
    return _TELLING_STEPS if kind is not SourceKind.PDF else _TELLING_STEPS - {"load", "picture"}


def _left_out(facts: VisitFacts) -> list[str]:
    reasons = []
    if facts.missing_styles:
        reasons.append(f"{facts.missing_styles} style sheets are missing or not whole")
    elif facts.resources and facts.missing / facts.resources > _MISSING_SHARE:
        reasons.append(f"{facts.missing} of {facts.resources} resources are missing or not whole")
    for what, share in (("PDF", facts.pdf_share), ("document", facts.dom_share)):
        if share is not None and share < _TEXT_SHARE:
            reasons.append(f"the {what} has only {share:.0%} of the page's text")
    return reasons
