"""The reader script in a real Chromium: repairs the page, one cached request, under a strict CSP, below 4 KB."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import linkkeeper.web
from linkkeeper.adapters.chromium import find_browser
from linkkeeper.relinking.export import export
from linkkeeper.relinking.repair import Text, plan
from linkkeeper.vocabulary.citation import SourceFormat
from linkkeeper.vocabulary.relink import Repair, RepairPolicy
from linkkeeper.vocabulary.state import LinkState

SCRIPT = Path(linkkeeper.web.__file__).parent / "static" / "repairs.js"
URL = "https://gone.example/a?x=1&y=2"
PARKED = "https://parked.example/b"
MEMENTO = "https://keeper.example/web/20240203040506/"
MOMENT = datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
REPAIRS = [
    Repair(url=URL, uri_m=MEMENTO + URL, moment=MOMENT),
    Repair(url=PARKED, uri_m=MEMENTO + PARKED, moment=MOMENT, state=LinkState.PARKED),
]
BODY = """
<nav><a href="https://gone.example/a?x=1&amp;y=2">nav</a></nav>
<article><p>One <a id="link" href="HTTPS://GONE.example/a?x=1&#38;y=2">link</a>, <a id="parked" href="https://parked.example/b">p</a>,
<code>https://parked.example/b</code>, <a href="https://parked.example/b/longer">longer</a>.</p>
<ol><li id="one">Bare: https://parked.example/b. And (https://gone.example/a?x=1&amp;y=2).</li></ol></article>
<div class="share-buttons"><a href="https://parked.example/b">share</a></div>
<footer><ol class="footnotes"><li><a id="note" href="https://parked.example/b">in a note</a></li></ol></footer>
"""


@dataclass
class Site:
    origin: str = ""
    policy: RepairPolicy = RepairPolicy.SWAP_WHEN_DEAD
    body: str = BODY
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str) -> tuple[str, bytes]:
        if path == "/repairs.js":
            return "text/javascript", SCRIPT.read_bytes()
        if path == "/repairs.json":
            return "application/json", export(REPAIRS, moment=MOMENT, policy=self.policy)
        page = (
            f'<!DOCTYPE html><meta charset="utf-8"><title>x</title><script src="/repairs.js" defer></script>{self.body}'
        )
        return "text/html", page.encode()


@pytest.fixture
def site() -> Iterator[Site]:
    served = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            kind, body = served.answer(self.path)
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store" if kind == "text/html" else "max-age=3600")
            self.send_header("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.origin = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield served
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(find_browser("")), args=["--no-sandbox"])
        yield running
        running.close()


def opened(browser: Browser, site: Site) -> tuple[Page, list[str]]:
    page = browser.new_context().new_page()
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(site.origin, wait_until="networkidle")
    return page, troubles


def test_it_is_below_four_kilobytes() -> None:
    assert SCRIPT.stat().st_size < 4096


@pytest.mark.browser
def test_links_and_bare_urls_of_the_text_are_repaired(browser: Browser, site: Site) -> None:
    page, troubles = opened(browser, site)
    link = page.locator("#link")
    assert link.get_attribute("href") == MEMENTO + URL
    assert link.get_attribute("data-originalurl") == "HTTPS://GONE.example/a?x=1&y=2"
    assert link.get_attribute("data-versionurl") == f"{MEMENTO}{URL} 2024-02-03T04:05:06Z"
    assert link.get_attribute("data-versiondate") == "2024-02-03"
    assert page.locator("#note").get_attribute("href") == MEMENTO + PARKED
    assert page.locator("#one").inner_text() == (
        f"Bare: {PARKED} [archived 2024-02-03: {MEMENTO}{PARKED}]. And ({URL} [archived 2024-02-03: {MEMENTO}{URL}])."
    )
    for untouched in ("nav a", "code", ".share-buttons a"):
        assert "keeper" not in page.locator(untouched).evaluate("node => node.outerHTML")
    assert troubles == []


@pytest.mark.browser
def test_it_writes_the_same_as_the_repair_on_the_server(browser: Browser, site: Site) -> None:
    by_script, _ = opened(browser, site)
    repaired = plan(Text(data=BODY.encode(), format=SourceFormat.HTML), REPAIRS[1:]).after.decode()
    on_server = browser.new_context(java_script_enabled=False).new_page()
    on_server.set_content(repaired)
    for place in ("#parked", "#one a >> nth=0"):
        one, two = (page.locator(place).evaluate("node => node.outerHTML") for page in (by_script, on_server))
        assert one == two


@pytest.mark.browser
def test_a_page_that_was_repaired_on_the_server_stays(browser: Browser, site: Site) -> None:
    site.body = plan(Text(data=BODY.encode(), format=SourceFormat.HTML), REPAIRS).after.decode()
    page, _ = opened(browser, site)
    expected = browser.new_context(java_script_enabled=False).new_page()
    expected.set_content(site.body)
    assert page.locator("#one").inner_text() == expected.locator("#one").inner_text()
    assert page.locator("#one a").count() == 2


@pytest.mark.browser
def test_annotating_keeps_the_link_but_never_a_hostile_one(browser: Browser, site: Site) -> None:
    site.policy = RepairPolicy.ANNOTATE
    page, _ = opened(browser, site)
    assert page.locator("#link").get_attribute("href") == "HTTPS://GONE.example/a?x=1&y=2"
    assert page.locator("#link").get_attribute("data-versionurl")
    assert page.locator("#parked").get_attribute("href") == MEMENTO + PARKED


@pytest.mark.browser
def test_the_list_is_asked_for_once_and_then_cached(browser: Browser, site: Site) -> None:
    page, _ = opened(browser, site)
    page.goto(site.origin + "/second", wait_until="networkidle")
    assert page.locator("#link").get_attribute("href") == MEMENTO + URL
    assert site.asked.count("/repairs.json") == 1


@pytest.mark.browser
def test_a_list_that_can_not_be_read_leaves_the_page(browser: Browser, site: Site) -> None:
    whole = site.answer
    site.answer = lambda path: ("text/html", b"<!") if path == "/repairs.json" else whole(path)  # type: ignore[method-assign]
    page, troubles = opened(browser, site)
    assert page.locator("#parked").get_attribute("href") == PARKED and troubles == []


def test_the_list_names_public_facts_only() -> None:
    entry = json.loads(export(REPAIRS, moment=MOMENT))["repairs"][0]
    assert set(entry) == {"url", "memento", "moment", "state"}
