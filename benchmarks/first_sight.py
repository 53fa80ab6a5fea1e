"""
How soon a reader sees something: the picture, then the replay, in a browser profile that has never been here.

    python benchmarks/first_sight.py [--rounds 7]

Aims: the picture within 0.5 s, the replay within 2.5 s. One capture, made by our engine of an article of the test
web, is served by us and, exported as WARC, by pywb (installed by pip into an environment of its own; see
``OTHER_TOOLS``). Each round starts a browser on a new profile for either, in turn; what else the machine does is
thereby shared fairly. Times count from the navigation, by the browser's own clock, to the painted picture and to the
archived document's load. pywb rewrites on the server and has no picture; its first paint and its load are told.
"""

import argparse
import asyncio
import json
import multiprocessing
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from linkkeeper.adapters.chromium import find_browser
from linkkeeper.assembly import open_engine
from linkkeeper.settings import Settings
from other_tools import environment
from testweb import TestWeb, behaviours
from web_making import listening, open_room

URL = "https://www.river.example/ice"
#: Third-party storage allowed, as browsers have it by default today; Chromium's test profile blocks it.
PREFERENCES = {"profile": {"cookie_controls_mode": 0}}
#: When the picture was painted, told before anything else runs in the page.
WATCH = """document.addEventListener('load', event => {
  const one = event.target;
  if (one.matches && one.matches('img.picture'))
    one.decode().then(() => requestAnimationFrame(() => setTimeout(() => { window.pictureAt = performance.now(); })));
}, true);
new MutationObserver(() => {
  const stage = document.getElementById('stage');
  if (stage && stage.classList.contains('live') && !window.replayAt) window.replayAt = performance.now();
}).observe(document, {subtree: true, childList: true, attributes: true, attributeFilter: ['class']});"""


def serve(root: Path, pipe: Connection) -> None:
    with open_room(root) as room:
        (capture,) = room.store.catalogue.captures()
        with listening(room) as both:
            pipe.send(f"{both.desk}/web/{capture.timestamp}/{URL}")
            pipe.recv()


async def keep(root: Path) -> None:
    with TestWeb() as web:
        web.place(URL, behaviours.alive("Ice on the river"))
        settings = Settings.model_validate(web.settings(root))
        async with open_engine(settings, allow_unsandboxed=True) as engine:
            engine.store.editing.ask([URL], by="benchmark")
            assert await engine.keeper.work_one()


@contextmanager
def ours(root: Path) -> Iterator[str]:
    near, far = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(root, far))
    server.start()
    try:
        yield near.recv()
    finally:
        near.send("stop")
        server.join(20)


@contextmanager
def pywb(package: Path, folder: Path) -> Iterator[str]:
    programs = environment("pywb", folder=folder)
    warc = folder / "capture.warc.gz"
    with zipfile.ZipFile(package) as opened:
        warc.write_bytes(opened.read("archive/data.warc.gz"))
    for arguments in (("init", "kept"), ("add", "kept", str(warc))):
        subprocess.run([programs / "wb-manager", *arguments], cwd=folder, check=True, capture_output=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [programs / "wayback", "--bind", "127.0.0.1", "--port", str(port)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}/kept/{URL}"
        wait_for(address)
        yield address
    finally:
        server.terminate()
        server.wait(20)


def wait_for(address: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{address} does not answer")


def fresh(playwright: Any, look: Any) -> Any:
    """Let *look* use a page of a browser that was never used."""
    executable = find_browser("", playwrights_own=Path(playwright.chromium.executable_path))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Default").mkdir()
        (Path(folder) / "Default" / "Preferences").write_text(json.dumps(PREFERENCES))
        context: BrowserContext = playwright.chromium.launch_persistent_context(
            folder, executable_path=executable, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            return look(context.pages[0])
        finally:
            context.close()


def see_ours(address: str, page: Page) -> tuple[float, float]:
    page.add_init_script(WATCH)
    page.goto(address, wait_until="commit")
    page.wait_for_selector("#stage.live", timeout=60_000)
    picture, replay = page.evaluate("[window.pictureAt, window.replayAt]")
    return picture / 1000, replay / 1000


def see_pywb(address: str, page: Page) -> tuple[float, float]:
    page.goto(address, wait_until="commit")
    page.wait_for_function(
        "() => { const f = document.querySelector('iframe'); const d = f && f.contentDocument;"
        " return d && d.readyState === 'complete' && d.body && d.body.innerText.includes('Ice on the river') }",
        timeout=60_000,
    )
    frame = next(frame for frame in page.frames if "mp_/" in frame.url)
    loaded = frame.evaluate("performance.timeOrigin + performance.getEntriesByType('navigation')[0].loadEventEnd")
    painted = frame.evaluate(
        "performance.timeOrigin + performance.getEntriesByName('first-contentful-paint')[0].startTime"
    )
    began = page.evaluate("performance.timeOrigin")
    return (painted - began) / 1000, (loaded - began) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root, other = Path(folder) / "storage", Path(folder) / "pywb"
        root.mkdir()
        other.mkdir()
        asyncio.run(keep(root))
        package = next((root / "captures").rglob("capture.wacz"))
        with ours(root) as our_address, pywb(package, other) as its_address, sync_playwright() as playwright:
            wait_for(our_address)
            mine, its = [], []
            for number in range(given.rounds):
                mine.append(fresh(playwright, lambda page: see_ours(our_address, page)))
                its.append(fresh(playwright, lambda page: see_pywb(its_address, page)))
                print(f"round {number + 1}: ours {mine[-1]}, pywb {its[-1]}", file=sys.stderr)
    tell("linkkeeper", ("picture painted (aim 0.5)", "replay stands (aim 2.5)"), mine)
    tell("pywb", ("first paint", "page loaded"), its)


def tell(name: str, words: tuple[str, str], times: list[tuple[float, float]]) -> None:
    said = []
    for word, column in zip(words, zip(*times, strict=True), strict=True):
        said.append(
            f"{word}: median {statistics.median(column):.2f} s, best {min(column):.2f}, worst {max(column):.2f}"
        )
    print(f"{name}: {'; '.join(said)}")


if __name__ == "__main__":
    main()
