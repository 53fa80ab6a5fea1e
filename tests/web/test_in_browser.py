"""What only a real browser can tell: replay, isolation, no leak to the live web, live steps, accessibility."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from linkkeeper.adapters.chromium import find_browser
from linkkeeper.adapters.sqlmodel_tables import RequestRow
from linkkeeper.vocabulary.capture import Quality
from linkkeeper.vocabulary.state import LinkState
from web_making import HTML, PASSWORD, Listeners, Room, days_ago, exchange, listening, png

pytestmark = pytest.mark.browser

URL = "https://www.example.org/report"
PAGES = Path(__file__).parent / "pages"
#: Third-party storage allowed: without it no browser gives a frame of another site its service worker.
PREFERENCES = {"profile": {"cookie_controls_mode": 0}}


@pytest.fixture
def listeners(room: Room) -> Iterator[Listeners]:
    """On ports of their own: a browser would remember another test's captures under the same address."""
    with listening(room) as both:
        yield both


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@contextmanager
def browsing(playwright: Playwright, folder: Path, **options: Any) -> Iterator[BrowserContext]:
    own = Path(playwright.chromium.executable_path)
    executable = find_browser("", playwrights_own=own)
    (folder / "Default").mkdir(parents=True, exist_ok=True)
    (folder / "Default" / "Preferences").write_text(json.dumps(PREFERENCES))
    context = playwright.chromium.launch_persistent_context(
        folder, executable_path=executable, args=["--no-sandbox", "--disable-dev-shm-usage"], **options
    )
    try:
        yield context
    finally:
        context.close()


@pytest.fixture(scope="module")
def context(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    with browsing(playwright, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    yield opened
    opened.close()
    context.clear_cookies()


def sign_in(page: Page, listeners: Listeners) -> None:
    page.goto(f"{listeners.desk}/login")
    page.fill("[name=name]", "ada")
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_url(f"{listeners.desk}/desk/")


def archived(room: Room, html: str, *, head: bytes = HTML, **values: Any) -> str:
    moment = days_ago(3)
    return room.add_capture(
        URL, moment=moment, exchanges=[exchange(URL, html.encode(), head=head, main=True, moment=moment)], **values
    )


def replayed(page: Page, listeners: Listeners) -> Any:
    """Open the memento page and wait until replay has taken the picture's place; returns the archived frame."""
    answer = page.goto(f"{listeners.desk}/web/20261119090000/{URL}")
    assert answer is not None
    assert '<img class="picture"' in answer.text(), "the picture is there before anything has run"
    page.wait_for_selector("#stage.live")
    return next(frame for frame in page.frames if "/replay/w/" in frame.url and "mp_/" in frame.url)


class Observer:
    """Stands for the live web: notes every connection's first line."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.page = ""
        observer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                observer.asked.append(self.path)
                self.send_response(200)
                self.send_header("access-control-allow-origin", "*")
                self.send_header("content-type", "text/html")
                self.end_headers()
                if self.path == "/page":
                    self.wfile.write(observer.page.encode())

            do_POST = do_HEAD = do_OPTIONS = do_GET

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def verify_request(self, *_: object) -> bool:
                observer.connections += 1
                return True

        self.connections = 0
        self.server = Server(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def live_web() -> Iterator[Observer]:
    observer = Observer()
    yield observer
    observer.server.shutdown()
    observer.server.server_close()


def test_replay_takes_the_pictures_place_and_gives_it_back(page: Page, room: Room, listeners: Listeners) -> None:
    archived(room, '<!doctype html><p id=a>static</p><script>a.textContent = "run by a script"</script>')
    frame = replayed(page, listeners)
    assert frame.locator("#a").inner_text() == "run by a script"
    assert not page.locator("img.picture").is_visible()
    page.click("#swap")
    assert page.locator("img.picture").is_visible()


def test_a_reader_who_comes_again_gets_the_replay_again(page: Page, room: Room, listeners: Listeners) -> None:
    """From the second visit on, the replay's own worker stands between the browser and the replay host."""
    archived(room, "<!doctype html><p id=a>words</p>")
    for _ in range(2):
        assert replayed(page, listeners).locator("#a").inner_text() == "words"


def test_an_archived_script_reaches_nothing_of_the_desk(
    page: Page, context: BrowserContext, room: Room, listeners: Listeners
) -> None:
    archived(room, (PAGES / "hostile.html").read_text().replace("DESK", listeners.desk))
    sign_in(page, listeners)
    before = {cookie["name"]: cookie["value"] for cookie in context.cookies(listeners.desk)}
    told: list[str] = []
    page.on("framenavigated", lambda frame: told.append(frame.url))
    frame = replayed(page, listeners)
    frame.locator("#done", has_text="{").wait_for(state="attached")
    said = json.loads(frame.locator("#done").inner_text())
    page.wait_for_timeout(2_500)
    assert page.url == f"{listeners.desk}/web/20261119090000/{URL}" and len(context.pages) == 2
    assert not [url for url in told if url.startswith((f"{listeners.desk}/desk", "https://attacker"))]
    known = json.dumps(said)
    assert before["linkkeeper"] not in known and "Water in the delta" not in known and "Linkkeeper" not in known
    assert {said[f"{world} api"] for world in ("window", "view", "global", "indirect")} <= {"refused", "404"}
    assert {cookie["name"]: cookie["value"] for cookie in context.cookies(listeners.desk)} == before
    assert room.store.catalogue.requests() == []


def test_the_desk_lets_itself_be_framed_by_nobody(page: Page, room: Room, listeners: Listeners) -> None:
    room.add_capture(URL)
    blocked: list[str] = []
    page.on("console", lambda said: blocked.append(said.text) if "frame-ancestors" in said.text else None)
    page.goto(f"{listeners.replay}/health")
    page.evaluate(
        "addresses => addresses.forEach(one => {"
        " const f = document.createElement('iframe'); f.src = one; document.body.append(f); })",
        [listeners.desk + path for path in ("/", "/login", f"/web/20261122090000/{URL}")],
    )
    page.wait_for_timeout(1_000)
    assert not [frame for frame in page.frames[1:] if frame.url.startswith(listeners.desk)]


LEAKING_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    b"Link: <http://%(web)s/preload-header.css>; rel=preload; as=style, <http://%(web)s>; rel=preconnect\r\n"
    b'NEL: {"report_to":"a","max_age":99}\r\nReporting-Endpoints: a="http://%(web)s/report"\r\n'
    b"Content-Security-Policy-Report-Only: default-src 'none'; report-uri http://%(web)s/csp-report\r\n"
    b"Refresh: 1; url=http://%(web)s/refresh-header\r\n\r\n"
)


def leaking(web: str) -> str:
    """A page that tries every way of reaching *web*."""
    return (PAGES / "leaking.html").read_text().replace("WEB", web)


def test_a_replay_asks_the_live_web_for_nothing(
    page: Page, room: Room, listeners: Listeners, live_web: Observer
) -> None:
    web = live_web.address
    archived(room, leaking(web), head=LEAKING_HEAD.replace(b"%(web)s", web.encode()))
    frame = replayed(page, listeners)
    frame.locator("#done", has_text="done").wait_for(state="attached")
    page.wait_for_timeout(1_000)
    assert (live_web.asked, live_web.connections) == ([], 0)


def test_the_observer_would_have_seen_it(page: Page, live_web: Observer) -> None:
    """The same page, not archived, is seen: so the silence above means something."""
    live_web.page = leaking(live_web.address)
    page.goto(f"http://{live_web.address}/page", wait_until="commit")
    page.wait_for_timeout(2_000)
    assert {"/1.png", "/fetch", "/frame", "/s.js"} <= set(live_web.asked)


def test_where_no_worker_may_run_the_picture_stays(playwright: Playwright, tmp_path: Path, room: Room) -> None:
    archived(room, "<p>words</p>")
    with listening(room) as both, browsing(playwright, tmp_path / "p", service_workers="block") as context:
        page = context.new_page()
        page.goto(f"{both.desk}/web/20261119090000/{URL}")
        page.wait_for_timeout(1_500)
        assert page.locator("img.picture").is_visible() and not page.locator("#stage.live").count()


def test_steps_appear_while_a_capture_is_made(page: Page, room: Room, listeners: Listeners) -> None:
    sign_in(page, listeners)
    page.fill("#text", f"See {URL}.")
    page.click("main form button")
    card = page.locator("article[data-state=waiting]")
    card.wait_for()
    capture_id = card.get_attribute("data-capture") or ""
    for state, steps in (("running", ["load"]), ("done", ["load", "picture"])):
        with room.store.database.writing() as session:
            row = session.get_one(RequestRow, capture_id)
            row.state = state
            row.steps = [{"name": name, "outcome": "done", "elapsed_s": 1.0, "detail": ""} for name in steps]
            session.add(row)
        page.wait_for_selector(f"article[data-state={state}] .steps li:nth-child({len(steps)})")
    page.locator("#live", has_text="All done.").wait_for()


@pytest.fixture
def furnished(room: Room) -> Room:
    """Something on every page."""
    room.clock.moment = days_ago(60)
    other = "https://b.example/gone"
    analysis = room.add_analysis("Water in the delta", [("1", "Ada Winter, “Report”.", [URL]), ("2", "Gone.", [other])])
    room.clock.moment = days_ago(0)
    archived(room, "<p>words</p>", pictures={"screenshot.png": png(), "screenshot-full.png": png(640, 900)})
    room.add_capture(URL, moment=days_ago(1), quality=Quality.PARTIAL, reason="A font is missing.", confirmed=False)
    room.set_state(URL, LinkState.ALIVE, since=days_ago(50))
    room.set_state(other, LinkState.DEAD, since=days_ago(5), words="410 on 3 looks")
    room.ask("https://c.example/")
    room.add_repair(analysis, other, diff="-old\n+new")
    return room


READER_PAGES = (
    "/", "/analyses/1", "/links/", "/links/1", "/links/2", "/hosts/", "/hosts/example.org", "/search?q=words", "/login",
    f"/web/20261119090000/{URL}", f"/web/20261119090000pd_/{URL}", f"/web/20261119090000tx_/{URL}",
    f"/web/20261119090000pr_/{URL}", f"/web/20261121090000/{URL}", "/web/2026/https://nobody.example/", "/nothing",
)  # fmt: skip
#: Between them they have every colour of the style sheet.
COLOURFUL = (
    "/",
    "/links/2",
    f"/web/20261121090000/{URL}",
    f"/web/20261119090000pr_/{URL}",
    "/desk/repairs",
    "/links/1",
)
DESK_PAGES = (
    "/desk/",
    "/desk/queue",
    "/desk/sources",
    "/desk/repairs",
    "/desk/unconfirmed",
    "/desk/replays",
    "/password",
    "/links/1",
)


@pytest.mark.parametrize("scheme, rules", [("light", None), ("dark", "color-contrast")])
def test_no_page_has_an_accessibility_violation(
    page: Page, furnished: Room, scheme: Literal["light", "dark"], rules: str | None
) -> None:
    source = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    page.emulate_media(color_scheme=scheme)
    options = {"iframes": False} | ({"runOnly": [rules]} if rules else {})
    found: dict[str, list[str]] = {}
    with listening(furnished, replay=False) as both:

        def examine(path: str) -> None:
            page.goto(both.desk + path)
            page.evaluate(source)
            result = page.evaluate("options => axe.run(document, options)", options)
            found[path] = [
                f"{one['id']}: {one['nodes'][0]['target']} {one['nodes'][0]['failureSummary']}"
                for one in result["violations"]
            ]

        if rules:
            sign_in(page, both)
            for path in COLOURFUL:
                examine(path)
            assert {path: problems for path, problems in found.items() if problems} == {}
            return
        for path in READER_PAGES:
            examine(path)
        sign_in(page, both)
        newest = furnished.store.catalogue.captures(limit=1)[0].id
        asked = furnished.store.catalogue.requests()[0].capture_id
        for path in (*DESK_PAGES, f"/desk/captures/{newest}", f"/desk/captures/{asked}"):
            examine(path)
    assert {path: problems for path, problems in found.items() if problems} == {}


def test_no_page_is_wider_than_a_phone(page: Page, furnished: Room) -> None:
    page.set_viewport_size({"width": 375, "height": 700})
    with listening(furnished, replay=False) as both:
        sign_in(page, both)
        for path in (*READER_PAGES, *DESK_PAGES):
            page.goto(both.desk + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 376, path


def test_a_page_can_be_read_and_operated_by_keyboard_alone(page: Page, furnished: Room) -> None:
    with listening(furnished, replay=False) as both:
        page.goto(f"{both.desk}/web/20261119090000/{URL}")
        seen: list[str] = []
        for _ in range(14):
            page.keyboard.press("Tab")
            seen.append(page.evaluate("document.activeElement.textContent.trim().slice(0, 40)"))
        assert seen[0] == "Skip to the content"
        for wanted in ("Source", "PDF", "Text", "Proof", "Cited in 1 place", "2 captures", "Report a problem"):
            assert wanted in seen, (wanted, seen)


def test_pages_stand_without_scripts_and_print_without_navigation(
    playwright: Playwright, tmp_path: Path, furnished: Room
) -> None:
    with (
        listening(furnished) as both,
        browsing(playwright, tmp_path / "p", java_script_enabled=False) as context,
    ):
        page = context.new_page()
        page.goto(f"{both.desk}/web/20261119090000/{URL}")
        assert page.locator("img.picture").is_visible()
        assert re.search(r"not running|needs scripts", page.content()) is None
        page.goto(f"{both.desk}/links/2")
        assert page.locator("svg.plot").is_visible()
        page.emulate_media(media="print")
        assert not page.locator("header.site").is_visible() and page.locator("h1").is_visible()
