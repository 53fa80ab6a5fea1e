"""One observation: what is followed, what is asked only once, and what stays void."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from checks import pathological_web as pathology
from checks.network import Network, on
from checks.pathological_web import PAGE, Respond, Web, answer, missing, redirect
from linkkeeper.checks.case import Case
from linkkeeper.checks.look import Answer, Look
from linkkeeper.checks.observe import Leave, Observed, Observer
from linkkeeper.checks.pacing import PaceRules
from linkkeeper.checks.robots import RobotsOfHosts
from linkkeeper.checks.siblings import SiblingsInMemory
from linkkeeper.errors import BrowserError
from linkkeeper.vocabulary.moment import SystemClock
from linkkeeper.vocabulary.observation import ObservationKind as Kind

SHELL = b'<html><head><title>App</title></head><body><div id="root"></div><script src="/app.js"></script></body></html>'
SORRY = b"<html><head><title>Page not found</title></head><body><h1>404 - page not found</h1>Sorry.</body></html>"
WALL = b"<html><head><title>Just a moment...</title></head><body><script>window._cf_chl_opt={};</script></body></html>"


class Browser:
    """Stands for a real browser, which the captures' tests run: counts its visits and shows one page."""

    def __init__(self, body: bytes | None = PAGE) -> None:
        self.body = body
        self.visits: list[str] = []
        self.moments: list[float] = []

    async def look(self, url: str) -> Look:
        self.visits.append(url)
        self.moments.append(time.monotonic())
        moment = datetime.now(UTC)
        if self.body is None:
            return Look(url=url, moment=moment, elapsed_s=1.0, by_browser=True)
        shown = Answer(url=url, status=200, headers=(("content-type", "text/html"),), body=self.body)
        return Look(url=url, moment=moment, elapsed_s=1.0, answer=shown, by_browser=True)


class NoBrowser:
    async def look(self, url: str) -> Look:
        raise BrowserError("start a browser", subject="chromium", reason="none found")


def observe(
    web: Web,
    path: str = "/reports/2019/page",
    *,
    browser: Browser | NoBrowser | None = None,
    robots: bool = False,
    leave: Leave | None = None,
    forms: tuple[str, ...] = (),
    crawl_delay: Callable[[str, float], None] | None = None,
    times: int = 1,
    **options,
) -> Observed:
    async def act(there: Network) -> Observed:
        observer = Observer(
            there.fetch,
            slots=there.pacer,
            clock=SystemClock(),
            memory=SiblingsInMemory(),
            browser=browser,
            robots=RobotsOfHosts(there.fetch) if robots else None,
            crawl_delay=crawl_delay,
        )
        for _ in range(times - 1):
            await observer.observe(Case(cited=f"http://site.example{path}"), leave=leave, forms=forms)
        return await observer.observe(Case(cited=f"http://site.example{path}"), leave=leave, forms=forms)

    return on(web, act, **options)


class Everywhere(dict[str, Respond]):
    """A site that answers every path alike but the given ones."""

    def __init__(self, respond: Respond, **others: Respond) -> None:
        super().__init__(others)
        self._respond = respond

    def get(self, key: str, default: Respond | None = None) -> Respond:
        return super().get(key, self._respond)


def test_a_living_page_costs_one_request() -> None:
    web = Web({"/reports/2019/page": answer()})
    seen = observe(web)
    assert seen.observation.kind is Kind.OK
    assert not seen.observation.void
    assert web.paths() == ["/reports/2019/page"]


def test_a_soft_404_is_proven_by_siblings_that_look_alike() -> None:
    web = Web(Everywhere(answer(200, SORRY)))
    seen = observe(web)
    assert seen.observation.kind is Kind.SOFT_404
    assert len(seen.observation.evidence.siblings) == 2


def test_siblings_are_asked_once_for_a_directory() -> None:
    web = Web(Everywhere(answer(200, SORRY)))
    observe(web, times=3)
    assert len(web.arrivals) == 3 + 2


def test_an_honest_site_keeps_its_odd_page() -> None:
    web = Web({"/reports/2019/page": answer(200, SORRY)})
    assert observe(web).observation.kind is not Kind.SOFT_404


def test_without_leave_no_sibling_is_asked() -> None:
    web = Web(Everywhere(answer(200, SORRY)))
    assert observe(web, leave=Leave(siblings=False)).observation.kind is Kind.SOFT_404_SUSPECT
    assert len(web.arrivals) == 1


@pytest.mark.parametrize("body", [SHELL, WALL])
def test_what_only_a_browser_can_see_is_shown_to_one_once(body: bytes) -> None:
    browser = Browser()
    seen = observe(Web({"/reports/2019/page": answer(200, body)}), browser=browser, leave=Leave(browser=True))
    assert seen.observation.kind is Kind.OK
    assert seen.observation.evidence.by_browser
    assert seen.browsed
    assert len(browser.visits) == 1


def test_without_leave_the_browser_stays_closed_and_the_wish_is_told() -> None:
    browser = Browser()
    seen = observe(Web({"/reports/2019/page": answer(403, WALL)}), browser=browser)
    assert seen.observation.kind is Kind.BLOCKED
    assert seen.wants_browser
    assert not seen.browsed
    assert browser.visits == []


def test_a_browser_that_sees_nothing_changes_nothing() -> None:
    seen = observe(
        Web({"/reports/2019/page": answer(403, WALL)}), browser=Browser(body=None), leave=Leave(browser=True)
    )
    assert seen.observation.kind is Kind.BLOCKED
    assert seen.browsed


def test_a_machine_without_a_browser_still_checks() -> None:
    web = Web({"/reports/2019/page": answer(403, WALL)})
    seen = observe(web, browser=NoBrowser(), leave=Leave(browser=True))
    assert seen.observation.kind is Kind.BLOCKED


def test_a_browsers_visit_waits_in_the_hosts_line() -> None:
    browser = Browser()
    web = Web({"/reports/2019/page": answer(200, SHELL)})
    rules = PaceRules(interval_s=0.3)
    observe(web, browser=browser, leave=Leave(browser=True), rules=rules)
    assert browser.moments[0] - web.arrivals[0].moment >= 0.2


def test_a_time_out_in_the_quick_pass_asks_for_patience() -> None:
    seen = observe(Web({"/reports/2019/page": pathology.silent}))
    assert seen.observation.kind is Kind.TIMEOUT
    assert seen.wants_patience


def test_with_leave_a_slow_page_is_waited_for() -> None:
    seen = observe(Web({"/reports/2019/page": answer(delay_s=0.5)}), leave=Leave(patient=True))
    assert seen.observation.kind is Kind.OK
    assert not seen.wants_patience


def test_a_source_is_not_missing_while_another_cited_form_answers() -> None:
    web = Web({"/reports/2019/page": missing, "/new": answer()})
    seen = observe(web, forms=("http://site.example/new",))
    assert seen.observation.kind is Kind.OK
    assert seen.observation.url == "http://site.example/new"


def test_a_source_whose_every_form_fails_is_told_by_the_first() -> None:
    seen = observe(Web(), forms=("http://site.example/other",))
    assert seen.observation.kind is Kind.MISSING
    assert seen.observation.url.endswith("/page")


def test_a_site_that_names_us_in_robots_txt_is_not_asked() -> None:
    web = Web({"/robots.txt": answer(200, b"User-agent: linkkeeper\nDisallow: /reports\n")})
    seen = observe(web, robots=True)
    assert seen.observation.kind is Kind.BLOCKED
    assert seen.observation.evidence.vendor == "robots.txt"
    assert web.paths() == ["/robots.txt"]


def test_a_crawl_delay_reaches_the_pace() -> None:
    delays: list[tuple[str, float]] = []
    web = Web({"/robots.txt": answer(200, b"User-agent: *\nCrawl-delay: 7\n"), "/reports/2019/page": answer()})
    observe(web, robots=True, crawl_delay=lambda key, seconds: delays.append((key, seconds)))
    assert delays == [("site.example", 7.0)]


def test_a_host_that_rests_teaches_nothing() -> None:
    web = Web({"/reports/2019/page": answer(429, b"", retry_after="86400")})
    seen = observe(web, times=2)
    assert seen.observation.void
    assert seen.look is not None
    assert seen.look.deferred
    assert len(web.arrivals) == 1


def test_a_failing_proxy_teaches_nothing() -> None:
    seen = observe(Web(Everywhere(answer(502, b""))), proxy="http://127.0.0.1:{port}")
    assert seen.observation.kind is Kind.PROXY_ERROR
    assert seen.observation.void


def test_redirect_hops_queue_on_their_own_host() -> None:
    """By the server's log; the least gap allows for a slow machine between sending and arriving."""
    web = Web({"/reports/2019/page": redirect("/two"), "/two": redirect("/three"), "/three": answer()})
    rules = PaceRules(interval_s=0.4)
    observe(web, rules=rules)
    assert len(web.arrivals) == 3
    assert all(gap >= 0.25 for gap in web.gaps())


def test_redirects_to_another_host_wait_for_nobody() -> None:
    web = Web({"/reports/2019/page": redirect("http://other.example/"), "/": answer()})
    observe(web, rules=PaceRules(interval_s=20.0), leave=Leave(siblings=False))
    assert [arrival.host for arrival in web.arrivals] == ["site.example", "other.example"]


JUMPS = {
    "meta": answer(200, b'<title>Moved</title><meta http-equiv=refresh content="0;url=/new/place">Moved'),
    "script": answer(200, b"<script>location.replace('/new/place')</script>"),
    "header": answer(200, b"<p>One moment", refresh="2; url=/new/place", etag='"stub"'),
}


@pytest.mark.parametrize("way", JUMPS)
def test_a_page_that_only_jumps_is_followed_to_where_it_leads(way: str) -> None:
    there = Web({"/reports/2019/page": JUMPS[way], "/new/place": answer(200, PAGE, etag='"there"')})
    found = observe(there).observation
    assert found.kind is Kind.OK
    assert found.final_url is not None
    assert found.final_url.endswith("/new/place")
    assert found.evidence.etag is None
    dead = observe(Web({"/reports/2019/page": JUMPS[way], "/new/place": missing})).observation
    assert (dead.kind, dead.http_status) == (Kind.MISSING, 404)


def test_a_page_with_a_text_that_jumps_later_is_the_page() -> None:
    body = PAGE.replace(b"<head>", b'<head><meta http-equiv=refresh content="0;url=/elsewhere">')
    web = Web({"/reports/2019/page": answer(200, body), "/elsewhere": missing})
    assert observe(web).observation.kind is Kind.OK
