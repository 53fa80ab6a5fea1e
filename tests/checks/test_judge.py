"""One look, judged: the rules in their order, and what would settle a doubt."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkkeeper.checks.case import Case, Need, NoteFacts, baseline_of
from linkkeeper.checks.judge import RULE_SET, asks, judge
from linkkeeper.checks.look import Answer, FailureKind, Look, Phase
from linkkeeper.checks.specials import at_target, is_identifier, is_shortener, stand_in_url
from linkkeeper.pages.text import read_page
from linkkeeper.vocabulary.digest import short_digest
from linkkeeper.vocabulary.observation import Hop, ObservationKind

from .judging import ALIVE_PAGE, CITED, NOW, answered, failed, page, sentences, verdict

K = ObservationKind
#: Somebody answers: trouble, and no absence.
SAID = {FailureKind.MALFORMED: "server_error"}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(kind, SAID.get(kind, kind.value)) for kind in FailureKind if kind is not FailureKind.TLS],
)
def test_each_failure_to_connect_is_told_apart(kind: FailureKind, expected: str) -> None:
    observation = verdict(failed(kind, errno=111))
    assert observation.kind.value == expected
    assert observation.http_status is None
    assert observation.evidence.phase == "connect"


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (10, None, K.TLS_EXPIRED),
        (62, None, K.TLS_WRONG_HOST),
        (18, None, K.TLS_SELF_SIGNED),
        (19, None, K.TLS_SELF_SIGNED),
        (20, None, K.TLS_CHAIN),
        (None, "TLSV1_ALERT_PROTOCOL_VERSION", K.TLS_OLD),
        (None, "TLSV1_UNRECOGNIZED_NAME", K.TLS_WRONG_HOST),
    ],
)
def test_each_kind_of_certificate_trouble_is_told_apart(
    code: int | None, reason: str | None, expected: ObservationKind
) -> None:
    look = failed(FailureKind.TLS, Phase.TLS, verify_code=code, tls_reason=reason)
    assert verdict(look).kind is expected
    assert Need.UNVERIFIED_TLS in asks(verdict(look), look, Case(cited=CITED))


def test_the_content_behind_a_bad_certificate_is_judged_too() -> None:
    look = replace(failed(FailureKind.TLS, Phase.TLS, verify_code=10), tls_tried=True)
    there = verdict(replace(look, behind_tls=answered().answer))
    assert (there.kind, there.evidence.content_behind_tls) == (K.TLS_EXPIRED, True)
    gone = verdict(replace(look, behind_tls=answered(status=404).answer))
    assert (gone.kind, gone.evidence.content_behind_tls) == (K.TLS_EXPIRED, False)
    assert verdict(look).evidence.content_behind_tls is False


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, K.OK),
        (206, K.OK),
        (204, K.EMPTY),
        (205, K.EMPTY),
        (304, K.SERVER_ERROR),
        (302, K.SERVER_ERROR),
        (400, K.SERVER_ERROR),
        (401, K.LOGIN),
        (402, K.LOGIN),
        (403, K.FORBIDDEN),
        (404, K.MISSING),
        (405, K.FORBIDDEN),
        (408, K.TIMEOUT),
        (410, K.GONE),
        (429, K.RATE_LIMITED),
        (451, K.LEGAL),
        (500, K.SERVER_ERROR),
        (503, K.SERVER_ERROR),
        (521, K.SERVER_ERROR),
        (530, K.SERVER_ERROR),
        (999, K.BLOCKED),
    ],
)
def test_each_status_has_one_meaning(status: int, expected: ObservationKind) -> None:
    assert verdict(answered(status=status)).kind is expected


def test_an_empty_success_is_empty() -> None:
    assert verdict(answered(b" \n")).kind is K.EMPTY


@pytest.mark.parametrize(("value", "seconds"), [("120", 120), ("999999999999", 604_800), ("soon", None)])
def test_retry_after_is_honoured_within_reason(value: str, seconds: int | None) -> None:
    observation = verdict(answered(status=429, headers=(("Retry-After", value),)))
    assert (observation.kind, observation.evidence.retry_after_s) == (K.RATE_LIMITED, seconds)


def test_retry_after_may_be_a_date() -> None:
    later = (NOW + timedelta(hours=2)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    observation = verdict(answered(status=503, headers=(("Retry-After", later),)))
    assert (observation.kind, observation.evidence.retry_after_s) == (K.RATE_LIMITED, 7_200)


def test_a_wall_is_seen_before_its_status_counts() -> None:
    body = b"<html><title>Just a moment...</title><script>window._cf_chl_opt={}</script></html>"
    assert verdict(answered(body, status=404)).kind is K.BLOCKED


def test_the_error_page_of_a_cdn_about_the_origin_is_no_wall() -> None:
    body = b'<html><title>522: Connection timed out</title><div id="cf-error-details">Error 522</div></html>'
    assert verdict(answered(body, status=522)).kind is K.SERVER_ERROR


@pytest.mark.parametrize(
    ("final", "expected"),
    [
        ("https://www.old-institute.example/", K.HOME_REDIRECT),
        ("https://www.old-institute.example/index.php", K.HOME_REDIRECT),
        ("https://www.old-institute.example/en/", K.HOME_REDIRECT),
        ("https://www.old-institute.example/search?q=water", K.HOME_REDIRECT),
        ("https://www.other.example/", K.HOME_REDIRECT),
        ("https://www.old-institute.example/login?next=%2Freports%2F2019%2Fwater", K.LOGIN),
        ("https://accounts.old-institute.example/start", K.LOGIN),
        ("https://www.old-institute.example/errors/404.html", K.SOFT_404_SUSPECT),
        ("https://www.old-institute.example/not-found", K.SOFT_404_SUSPECT),
        ("https://www.old-institute.example/unavailable-in-your-region", K.BLOCKED),
        ("http://old-institute.example/reports/2019/water/", K.OK),
        ("https://www.old-institute.example/reports/2019/water?utm_source=x", K.OK),
        ("https://www.old-institute.example/library/2019/water", K.OK),
        ("https://www.old-institute.example/news/missing-children-found", K.OK),
        ("https://www.old-institute.example/papers/error-analysis", K.OK),
    ],
)
def test_where_a_look_lands_tells(final: str, expected: ObservationKind) -> None:
    assert verdict(answered(final_url=final, hops=(302,))).kind is expected


def test_a_front_page_that_was_cited_is_no_redirect_home() -> None:
    look = answered(url="https://old-institute.example/index.html", final_url="https://www.old-institute.example/")
    assert verdict(look).kind is K.OK


def test_a_short_form_of_a_front_page_leads_there_by_design() -> None:
    assert verdict(answered(url="https://bit.ly/abc", final_url="https://www.other.example/", hops=(301,))).kind is K.OK
    dead = answered(url="https://bit.ly/abc", final_url="https://bit.ly/", hops=(302,))
    assert verdict(dead).kind is K.HOME_REDIRECT


def test_another_site_is_judged_by_the_note_while_there_is_no_capture() -> None:
    final = "https://casino.example/bonus"
    casino = answered(page("Play roulette and poker. " * 30, title="Best casino bonus"), final_url=final, hops=(301,))
    note = NoteFacts(text="Ada Weller, “Falling groundwater in the northern plain”, Old Institute, 2019.")
    observation = judge(casino, Case(cited=CITED, note=note))
    assert (observation.kind, observation.rule) == (K.USURPED_SUSPECT, f"other-site@{RULE_SET}")
    assert verdict(casino).kind is K.OK
    moved = answered(
        page(sentences(9), title="Falling groundwater in the northern plain"), final_url=final, hops=(301,)
    )
    assert judge(moved, Case(cited=CITED, note=note)).kind is K.OK


def test_a_title_in_the_list_of_a_front_page_is_no_quotation() -> None:
    title = "Falling groundwater in the northern plain"
    home = answered(page(f"News. {title}. {sentences(5)}"), final_url="https://www.old-institute.example/", hops=(302,))
    note = NoteFacts(text=title, passages=(title,))
    assert judge(home, Case(cited=CITED, note=note)).kind is K.HOME_REDIRECT


def test_a_jump_in_the_page_counts_as_a_redirect() -> None:
    body = b'<html><head><meta http-equiv="refresh" content="0; url=https://www.old-institute.example/"></head></html>'
    assert verdict(answered(body)).kind is K.HOME_REDIRECT


def test_a_page_that_only_asks_to_log_in_is_restricted() -> None:
    body = b'<title>Sign in</title><h1>Sign in</h1><form><input name=u><input type="password"></form>'
    assert verdict(answered(body)).kind is K.LOGIN


def test_a_shell_of_scripts_asks_for_a_browser_and_gives_no_verdict() -> None:
    look = answered(b'<html><title>App</title><body><div id="root"></div><script src="a.js"></script></body></html>')
    observation = verdict(look)
    assert observation.kind is K.JS_SHELL
    assert Need.BROWSER in asks(observation, look, Case(cited=CITED))
    seen = answered(look.answer.body if look.answer else b"", rendered_text=sentences(9), by_browser=True)
    assert verdict(seen).kind is K.OK


def test_a_shell_that_was_cut_at_the_limit_is_no_shell() -> None:
    look = answered(b'<html><title>News</title><body><div id="root"></div><script>')
    assert look.answer is not None
    assert verdict(replace(look, answer=replace(look.answer, whole=False))).kind is K.OK


def test_a_quoted_passage_on_the_page_outranks_suspicion() -> None:
    quote = "fell by eleven centimetres while the reservoirs"
    body = page(sentences(2), title="Page not found")
    assert verdict(answered(body)).kind is K.SOFT_404_SUSPECT
    fragment = CITED + "#:~:text=" + quote.replace(" ", "%20")
    observation = judge(answered(body), Case(cited=fragment))
    assert (observation.kind, observation.evidence.quote_found) == (K.OK, True)


def test_a_file_that_became_a_short_web_page_is_suspect() -> None:
    body = page("Welcome to the publications of the institute. Choose a year.")
    assert verdict(answered(body, url="https://a.example/r/report.pdf")).kind is K.SOFT_404_SUSPECT
    pdf = answered(
        b"%PDF-1.7 ...", url="https://a.example/r/report.pdf", headers=(("Content-Type", "application/pdf"),)
    )
    assert verdict(pdf).kind is K.OK


# Hosts with rules of their own


@pytest.mark.parametrize(
    "url",
    [
        "https://x.com/someone/status/1",
        "https://twitter.com/someone/status/1",
        "https://www.linkedin.com/in/someone",
        "https://www.instagram.com/p/abc/",
        "https://www.facebook.com/someone/posts/1",
    ],
)
@pytest.mark.parametrize("status", [200, 400, 404, 999])
def test_hosts_that_answer_everybody_alike_tell_nothing(url: str, status: int) -> None:
    assert verdict(answered(url=url, status=status)).kind is K.BLOCKED


@pytest.mark.parametrize(
    ("status", "expected"), [(200, K.OK), (401, K.OK), (403, K.LOGIN), (404, K.MISSING), (400, K.MISSING)]
)
def test_youtube_is_judged_by_its_embed_code(status: int, expected: ObservationKind) -> None:
    url = "https://www.youtube.com/watch?v=abcdefghijk&t=10"
    address = stand_in_url(url)
    assert address is not None
    assert "abcdefghijk" in address
    look = answered(page("Enjoy the videos", title="- YouTube"), url=url)
    assert Need.STAND_IN in asks(verdict(look), look, Case(cited=url))
    case = Case(cited=url, stand_in=answered(b"{}", url=address, status=status))
    assert judge(look, case).kind is expected


def test_a_video_page_that_says_error_is_a_soft_404() -> None:
    body = page('<script>var x={"playabilityStatus":{"status":"ERROR"}}</script>', title="- YouTube")
    assert verdict(answered(body, url="https://youtu.be/abcdefghijk")).kind is K.SOFT_404


def test_a_google_document_without_access_is_restricted() -> None:
    url = "https://docs.google.com/document/d/1/edit"
    sent = answered(url=url, final_url="https://accounts.google.com/v3/signin?continue=x", hops=(302,))
    assert verdict(sent).kind is K.LOGIN
    assert verdict(answered(page("Ask the owner.", title="You need access"), url=url)).kind is K.LOGIN


def test_an_identifier_is_healthy_when_it_redirects_and_unknown_when_its_resolver_says_so() -> None:
    doi = "https://doi.org/10.1000/182"
    there = answered(url=doi, final_url="https://publisher.example/article/182", hops=(302, 302))
    assert verdict(there).kind is K.OK
    unknown = verdict(answered(url=doi, status=404))
    assert (unknown.kind, unknown.rule) == (K.MISSING, f"identifier@{RULE_SET}")
    refused = answered(url=doi, final_url="https://publisher.example/article/182", hops=(302,), status=403)
    assert verdict(refused).kind is K.BLOCKED
    assert is_identifier(doi)
    assert is_shortener("https://bit.ly/abc")


SHORT, LONG = "https://bit.ly/abc", "https://paper.example/2019/ice"


def led_to(final: str, body: bytes = ALIVE_PAGE, **facts: object) -> Look:
    """A look at a short form that led to LONG, and on to *final*."""
    way = (Hop(SHORT, 301),) if final == LONG else (Hop(SHORT, 301), Hop(LONG, 302))
    return replace(answered(body, url=SHORT, final_url=final, **facts), hops=way)


def test_a_short_form_is_judged_as_the_address_that_it_stands_for() -> None:
    seen = verdict(led_to(LONG))
    assert (seen.kind, seen.url, seen.final_url, seen.evidence.target) == (K.OK, SHORT, LONG, LONG)
    assert LONG in seen.evidence.words
    assert "redirect" not in seen.evidence.words


def test_a_short_form_whose_target_now_leads_home_is_under_suspicion() -> None:
    assert verdict(led_to("https://paper.example/")).kind is K.HOME_REDIRECT


def test_a_short_form_of_a_front_page_leads_home_by_design() -> None:
    home = replace(answered(url=SHORT, final_url="https://paper.example/"), hops=(Hop(SHORT, 301),))
    assert verdict(home).kind is K.OK


def test_a_short_form_is_never_moved_by_being_one() -> None:
    case = Case(cited=SHORT, baseline=baseline_of(read_page(ALIVE_PAGE, "text/html"), final_url=None))
    assert verdict(led_to(LONG), case).kind is K.OK


def test_a_doubt_about_a_short_form_asks_for_siblings_of_its_target() -> None:
    look = led_to("https://paper.example/")
    assert Need.SIBLINGS in asks(verdict(look), look, Case(cited=SHORT))
    assert at_target(look, Case(cited=SHORT)).cited == LONG


def test_a_short_form_that_its_service_does_not_know_stands_for_nothing() -> None:
    unknown = verdict(answered(url=SHORT, status=404))
    assert (unknown.kind, unknown.evidence.target) == (K.MISSING, None)


@pytest.mark.parametrize("status", [403, 429, 503])
def test_an_archive_that_refuses_robots_says_nothing_of_the_copy(status: int) -> None:
    url = "https://web.archive.org/web/20190101000000/https://old-institute.example/"
    assert verdict(answered(url=url, status=status)).kind is K.BLOCKED
    assert verdict(answered(url=url, status=404)).kind is K.MISSING


def test_a_service_that_closed_for_good_is_gone() -> None:
    assert verdict(answered(url="https://webcache.googleusercontent.com/search?q=cache:x")).kind is K.GONE


# What would settle a doubt


@pytest.mark.parametrize(
    ("kind", "need"),
    [
        (FailureKind.TIMEOUT, Need.PATIENT_RETRY),
        (FailureKind.REDIRECT_LOOP, Need.COOKIE_RETRY),
        (FailureKind.RESET, Need.BROWSER),
        (FailureKind.MALFORMED, Need.BROWSER),
    ],
)
def test_failures_ask_for_what_may_settle_them_once(kind: FailureKind, need: Need) -> None:
    look = failed(kind)
    case = Case(cited=CITED)
    assert asks(verdict(look), look, case) == {need}
    again = replace(look, patient=True, cookies=True, by_browser=True)
    assert asks(verdict(again), again, case) == frozenset()


@pytest.mark.parametrize("status", [400, 404, 405, 406, 412, 415, 501])
def test_refusals_of_the_request_are_repeated_as_browsers_ask(status: int) -> None:
    look = answered(status=status)
    assert Need.BROWSER_HEADERS in asks(verdict(look), look, Case(cited=CITED))
    again = replace(look, browser_headers=True)
    assert Need.BROWSER_HEADERS not in asks(verdict(again), again, Case(cited=CITED))


def test_thin_pages_want_siblings_until_there_is_a_baseline() -> None:
    look = answered(page("Reading of the third of June: 2.41 m above datum.", title="Gauge 17"))
    assert Need.SIBLINGS in asks(verdict(look), look, Case(cited=CITED))
    body = look.answer.body if look.answer else b""
    case = Case(cited=CITED, baseline=baseline_of(read_page(body, "text/html"), final_url=CITED))
    assert asks(judge(look, case), look, case) == frozenset()


def test_a_healthy_page_asks_for_nothing() -> None:
    look = answered()
    assert asks(verdict(look), look, Case(cited=CITED)) == frozenset()


# The observation itself


def test_an_observation_names_rule_version_and_evidence() -> None:
    headers = (("Content-Type", "text/html"), ("ETag", '"a"'), ("Last-Modified", "x"), ("Server", "s"))
    observation = verdict(answered(headers=headers))
    assert observation.rule == f"answers@{RULE_SET}"
    evidence = observation.evidence
    assert evidence.words.startswith("the page is there: “Water report 2019 - Old Institute”")
    assert (evidence.etag, evidence.last_modified, evidence.server) == ('"a"', "x", "s")
    assert (evidence.address, evidence.content_length) == ("192.0.2.7", len(ALIVE_PAGE))
    assert evidence.body_sha256 and evidence.simhash and evidence.title


def test_an_unchanged_page_is_not_read_again() -> None:
    first = verdict(answered())
    case = Case(cited=CITED, last_hash=short_digest(first.evidence.body_sha256 or ""), last_kind=K.EDITED)
    again = judge(answered(), case)
    assert (again.kind, again.rule) == (K.EDITED, f"unchanged@{RULE_SET}")
    not_modified = Look(url=CITED, moment=NOW, elapsed_s=0.1, not_modified=True)
    assert judge(not_modified, case).kind is K.EDITED


@settings(max_examples=80, deadline=None)
@given(
    st.binary(max_size=600) | st.text(max_size=600).map(lambda text: f"<title>{text}</title><p>{text}".encode()),
    st.integers(100, 999),
    st.sampled_from([None, "text/html", "text/plain", "application/pdf", "text/html; charset=utf-7", "garbage"]),
    st.sampled_from([CITED, "https://[::1", "http://a.example/%zz?%", "https://x.com/a"]),
)
def test_no_bytes_break_the_judge(body: bytes, status: int, content_type: str | None, final: str) -> None:
    headers = (("Content-Type", content_type),) if content_type else ()
    answer = Answer(url=final, status=status, headers=headers, body=body)
    look = Look(url=CITED, moment=NOW, elapsed_s=0.1, answer=answer)
    case = Case(cited=CITED, baseline=baseline_of(read_page(ALIVE_PAGE, None), final_url=CITED))
    for known in (Case(cited=CITED), case):
        observation = judge(look, known)
        assert observation.evidence.words
        asks(observation, look, known)
