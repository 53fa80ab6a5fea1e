"""What a capture is worth, from its facts."""

from dataclasses import replace

import pytest

from linkkeeper.captures.limits import LimitHit
from linkkeeper.captures.quality import VisitFacts, judge
from linkkeeper.captures.source_kind import SourceKind
from linkkeeper.pages.text import read_page
from linkkeeper.vocabulary.capture import SHOWN_QUALITIES, Quality, StepOutcome, StepReport, Truncation

TEXT = "The report finds that sources die faster than anybody thought, and says by how much. " * 20


def facts(html: str, **changes: object) -> VisitFacts:
    """Facts of a sound capture of *html*, changed."""
    body = html.encode("utf-8")
    page = read_page(body, "text/html; charset=utf-8")
    sound = VisitFacts(
        status=200,
        landed="https://www.example/report",
        asked_url="https://www.example/report",
        dom=body,
        page=page,
        text=page.visible_text,
        body_bytes=len(body),
        steps=tuple(StepReport(name=name, outcome=StepOutcome.DONE, elapsed_s=0.1) for name in ("load", "text", "pdf")),
    )
    return replace(sound, **changes)  # type: ignore[arg-type]


def article(**changes: object) -> VisitFacts:
    return facts(f"<title>Report</title><h1>Report</h1><p>{TEXT}</p>", **changes)


def step(name: str, outcome: StepOutcome) -> tuple[StepReport, ...]:
    done = [
        StepReport(name=other, outcome=StepOutcome.DONE, elapsed_s=0.1) for other in ("load", "text") if other != name
    ]
    return (*done, StepReport(name=name, outcome=outcome, elapsed_s=1.0, detail="not done in 1 s"))


def test_a_page_with_all_its_parts_is_complete() -> None:
    assert judge(article()).quality is Quality.COMPLETE


def test_no_answer_is_an_error_with_its_reason() -> None:
    judged = judge(VisitFacts(trouble="the name does not exist: no such name"))
    assert (judged.quality, judged.reason) == (Quality.ERROR, "the name does not exist: no such name")


@pytest.mark.parametrize(
    ("status", "quality"),
    [
        (401, Quality.LOGIN_WALL),
        (402, Quality.LOGIN_WALL),
        (403, Quality.BLOCKED),
        (429, Quality.BLOCKED),
        (451, Quality.BLOCKED),
        (404, Quality.ERROR),
        (410, Quality.ERROR),
        (500, Quality.ERROR),
        (503, Quality.ERROR),
        (304, Quality.ERROR),
        (204, Quality.EMPTY),
    ],
)
def test_a_status_that_is_not_the_source_is_never_shown(status: int, quality: Quality) -> None:
    judged = judge(article(status=status))
    assert judged.quality is quality
    assert judged.quality not in SHOWN_QUALITIES
    assert str(status) in judged.reason


def test_a_wall_is_seen_whatever_its_status() -> None:
    wall = "<title>Just a moment...</title><p>Checking your browser</p><script>window._cf_chl_opt={}</script>"
    for status in (200, 403, 503):
        judged = judge(facts(wall, status=status))
        assert judged.quality is Quality.BLOCKED
        assert "Cloudflare" in judged.reason
    assert judge(article(headers=(("cf-mitigated", "challenge"),))).quality is Quality.BLOCKED
    assert judge(article(headers=(("x-amzn-waf-action", "captcha"),))).quality is Quality.BLOCKED


def test_a_page_that_only_asks_to_log_in_is_a_login_wall() -> None:
    form = "<title>Log in</title><h1>Log in</h1><form><input name=user><input type=password></form>"
    assert judge(facts(form)).quality is Quality.LOGIN_WALL
    moved = facts(
        "<title>Members</title><p>Hello</p><input type=password>", landed="https://www.example/login?next=/report"
    )
    assert judge(moved).quality is Quality.LOGIN_WALL


def test_a_page_that_only_asks_for_consent_is_a_consent_wall() -> None:
    asks = "<title>Before you continue</title><p>Before you continue</p><button>Accept all</button>"
    assert judge(facts(asks)).quality is Quality.CONSENT_WALL


def test_a_page_that_shows_nothing_is_empty() -> None:
    judged = judge(facts("<title>Shell</title><div id=root></div><script>1</script>"))
    assert (judged.quality, judged.reason) == (Quality.EMPTY, "the page shows nothing, though its scripts ran")
    assert judge(facts("<title>Picture book</title>", pictures=3)).quality is Quality.COMPLETE


def test_a_page_that_could_not_be_read_is_not_called_empty() -> None:
    unread = facts("", dom=b"", steps=step("text", StepOutcome.TIMED_OUT))
    judged = judge(unread)
    assert judged.quality is Quality.ERROR
    assert "could not be read" in judged.reason


def test_a_page_that_broke_off_before_its_words_is_an_error() -> None:
    assert judge(facts("", truncated=Truncation.DISCONNECT)).quality is Quality.ERROR


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"truncated": Truncation.LENGTH}, "not whole"),
        ({"hits": (LimitHit.EXCHANGES,)}, "max_exchanges"),
        ({"hits": (LimitHit.TOTAL_TIME,)}, "total_timeout_s"),
        ({"steps": step("load", StepOutcome.TIMED_OUT)}, "load did not succeed"),
        ({"steps": step("behaviours", StepOutcome.TIMED_OUT)}, "behaviours did not succeed: not done in 1 s"),
        ({"steps": step("refetch", StepOutcome.TIMED_OUT)}, "refetch did not succeed"),
        ({"steps": step("pdf", StepOutcome.FAILED)}, "pdf did not succeed"),
        ({"resources": 10, "missing": 3}, "3 of 10 resources"),
        ({"resources": 40, "missing": 1, "missing_styles": 1}, "style sheets"),
        ({"pdf_share": 0.1}, "the PDF has only 10%"),
        ({"dom_share": 0.2}, "the document has only 20%"),
        ({"lost": "the page closed itself"}, "closed itself"),
    ],
)
def test_what_is_missing_makes_it_partial_and_is_said(change: dict[str, object], said: str) -> None:
    judged = judge(article(**change))
    assert judged.quality is Quality.PARTIAL
    assert said in judged.reason


@pytest.mark.parametrize(
    "change",
    [
        {"resources": 10, "missing": 1},
        {"steps": step("settle", StepOutcome.TIMED_OUT)},
        {"steps": step("consent", StepOutcome.FAILED)},
        {"pdf_share": 0.9},
    ],
)
def test_small_losses_leave_it_complete(change: dict[str, object]) -> None:
    assert judge(article(**change)).quality is Quality.COMPLETE


def test_a_file_is_complete_when_it_has_bytes() -> None:
    whole = VisitFacts(status=200, kind=SourceKind.FILE, body_bytes=10)
    assert judge(whole).quality is Quality.COMPLETE
    assert judge(replace(whole, body_bytes=0)).quality is Quality.EMPTY
    assert judge(replace(whole, truncated=Truncation.DISCONNECT)).quality is Quality.PARTIAL


def test_a_document_is_whole_though_the_viewer_was_slow() -> None:
    """The source's own file is kept; a picture of the browser's viewer adds nothing to it."""
    late = step("picture", StepOutcome.TIMED_OUT)
    assert judge(article(kind=SourceKind.PDF, steps=late)).quality is Quality.COMPLETE
    assert judge(article(steps=late)).quality is Quality.PARTIAL
