"""
Does the replay look as the page did: live, in ReplayWeb.page and in pywb, compared by their pixels.

Each page of the truth web is captured by ``linkkeeper capture``; ``linkkeeper up`` shows it in ReplayWeb.page, and
pywb (installed by pip into an environment of its own, see ``OTHER_TOOLS``) shows the exported WARC. One Chromium
takes all pictures, at the same viewport: of the first screen, and of the whole page. While it shows a replay, no name
of the truth web resolves. Printed is the share of pixels that differ; for videos whether they play, for the article
whether the answer to its POST is there, and how many requests of a replay wanted to leave for the live web.
Run: ``python benchmarks/capture_replay.py [--keep FOLDER] [PAGE…]``; *FOLDER* gets the pictures.
"""

import argparse
import asyncio
import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from capture_web import TESTS, Web, running_web
from playwright.async_api import Browser, BrowserContext, Error, Frame, Page, async_playwright

sys.path.insert(0, str(TESTS))
from testweb import to_toml

HOST = "https://www.truth.example"
PAGES = {
    "article": f"{HOST}/article",
    "redirects": f"{HOST}/redirects",
    "early hints": f"{HOST}/hints",
    "hundred": f"{HOST}/hundred",
    "forty": f"{HOST}/forty",
    "slow": f"{HOST}/slow",
    "http/2 origin": "https://modern.example/modern",
    "plain http": "http://www.truth.example/plain-http",
    "http/1.0 until close": f"{HOST}/old-server",
    "bare line feeds": f"{HOST}/no-length",
    "meta refresh": f"{HOST}/meta-refresh",
    "push state": f"{HOST}/quotes",
    "picture": f"{HOST}/picture/40.png",
    "chunk extensions": f"{HOST}/extended-chunks",
    "stray lines": f"{HOST}/stray-lines",
    "shadow roots": f"{HOST}/shadows",
    "video": f"{HOST}/video",
    "pdf": f"{HOST}/paper.pdf",
}
FRAME = (
    "<!DOCTYPE html><style>html, body {{ margin: 0; height: 100%; overflow: hidden }} "
    "iframe {{ display: block; border: 0; width: 100%; height: 100% }}</style>"
    '<iframe src="{address}"></iframe>'
)
WIDTH, HEIGHT, TALLEST = 1280, 900, 6000
REST_S = 1.0
DIFFERING = """async ([one, two]) => {
  const pixels = async data => {
    const picture = await createImageBitmap(await (await fetch('data:image/png;base64,' + data)).blob());
    const canvas = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
    canvas.drawImage(picture, 0, 0);
    return canvas.getImageData(0, 0, picture.width, picture.height);
  };
  const [a, b] = [await pixels(one), await pixels(two)];
  if (a.width !== b.width || a.height !== b.height) return 1;
  const left = new Uint32Array(a.data.buffer), right = new Uint32Array(b.data.buffer);
  let count = 0;
  for (let n = 0; n < left.length; n++) if (left[n] !== right[n]) count++;
  return count / left.length;
}"""
SCROLL = """async () => {
  const root = document.scrollingElement;
  for (let n = 0; root && n < 60 && scrollY + innerHeight < root.scrollHeight; n++) {
    scrollBy(0, innerHeight * 0.9); await new Promise(done => setTimeout(done, 60));
  }
  scrollTo(0, 0);
  return root ? root.scrollHeight : 0;
}"""
PLAY = """async () => {
  const videos = [...document.querySelectorAll('video')];
  await Promise.allSettled(videos.map(video => { video.muted = true; return video.play(); }));
  await new Promise(done => setTimeout(done, 1500));
  return videos.map(video => video.currentTime > 0.3 && !video.error);
}"""
STILL = """async () => { for (const video of document.querySelectorAll('video')) {
  video.pause();
  const sought = new Promise(done => { video.onseeked = done; setTimeout(done, 3000); });
  video.currentTime = 2; await sought; } }"""


@dataclass(slots=True)
class Shown:
    """
    Attributes:
        first, whole: Pictures of the first screen and of the page.
        answer: What the article wrote after its POST.
        videos: Whether each plays.
    """

    first: bytes = b""
    whole: bytes = b""
    height: int = 0
    answer: str = ""
    videos: list[bool] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    trouble: str = ""

    def keep(self, folder: Path | None, name: str) -> None:
        """Write both pictures, if anybody wants them."""
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for part, picture in (("screen", self.first), ("whole", self.whole)):
                (folder / f"{name.replace('/', '-')} {part}.png").write_bytes(picture)


@dataclass(frozen=True, slots=True)
class Daemon:
    """The product, with its captures by URL."""

    config: Path
    captures: dict[str, str]
    replay: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def linkkeeper(*arguments: str) -> str:
    program = str(Path(sys.executable).with_name("linkkeeper"))
    return subprocess.run([program, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def make_captures(folder: Path, web: Web, wanted: dict[str, str]) -> Daemon:
    ports = {"desk_port": free_port(), "replay_port": free_port()}
    config = folder / "config.toml"
    network = {"connect_to": web.connect_to, "ca_file": web.ca_file, "allow_addresses": ["127.0.0.0/8"]}
    storage = {"path": str(folder / "storage"), "min_free_bytes": 0}
    config.write_text(to_toml({"storage": storage, "network": network, "web": ports, "browser": {"sandbox": "off"}}))
    lines = linkkeeper("capture", *wanted.values(), "--json", "--config", str(config)).splitlines()
    made = {found["url"]: found for found in map(json.loads, lines)}
    for url, found in made.items():
        if found["quality"] != "complete":
            print(f"  {url}: {found['quality']}: {found['reason']}", flush=True)
    captures = {url: found["capture_id"] for url, found in made.items()}
    return Daemon(config, captures, f"http://127.0.0.1:{ports['replay_port']}")


@contextmanager
def program(*command: str, folder: Path, answers: str) -> Iterator[None]:
    """A program in the background from when *answers* does."""
    with (folder / f"{Path(command[0]).name}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        end = time.monotonic() + 60
        while True:
            with suppress(OSError):
                urllib.request.urlopen(answers, timeout=5).close()
                break
            if time.monotonic() > end:
                raise TimeoutError(f"{command[0]} did not start")
            time.sleep(0.2)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def pywb_of(folder: Path, daemon: Daemon, tools: Path, port: int) -> tuple[str, ...]:
    """Put the exported WARCs into a collection of pywb's; the command that serves it."""
    place = tools / "pywb" / "bin"
    if not (place / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(place.parent)], check=True, capture_output=True)
        pip = [str(place / "python"), "-m", "pip", "install", "--quiet", "pywb"]
        subprocess.run(pip, check=True, capture_output=True)
    home = folder / "pywb"
    home.mkdir()
    (home / "config.yaml").write_text("framed_replay: true\n")
    subprocess.run([str(place / "wb-manager"), "init", "ours"], cwd=home, check=True, capture_output=True)
    exported = linkkeeper(
        "export", *daemon.captures.values(), "--format", "warc", "--out", str(home), "--config", str(daemon.config)
    )
    del exported
    warcs = sorted(str(path) for path in home.glob("*.warc.gz"))
    subprocess.run([str(place / "wb-manager"), "add", "ours", *warcs], cwd=home, check=True, capture_output=True)
    return str(place / "wayback"), "-p", str(port), "-b", "127.0.0.1", "-d", str(home)


class Camera:
    """Takes pictures with one browser; live or of a replay."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    async def live(self, url: str) -> Shown:
        return await self._shown(url, frame_of=None, height=None)

    async def replay(self, address: str, *, marks: tuple[str, ...], like: Shown, framed: bool = False) -> Shown:
        """
        The page at *address*, of whose frames the archived one has one of *marks* in its address.

        Args:
            framed: *address* is that of the archived page itself; it is put into a frame as large as the screen.
        """
        return await self._shown(address, frame_of=marks, height=like.height, framed=framed)

    async def _shown(
        self, address: str, *, frame_of: tuple[str, ...] | None, height: int | None, framed: bool = False
    ) -> Shown:
        shown = Shown()
        context = await self._browser.new_context(ignore_https_errors=True, viewport={"width": WIDTH, "height": HEIGHT})
        own = address.split("/")[2]
        if frame_of is not None:
            context.on("request", lambda request: _note_leaving(request.url, own, shown.left))
        try:
            await self._take(context, address, shown, frame_of=frame_of, height=height, framed=framed)
        except (Error, TimeoutError) as error:
            shown.trouble = str(error).splitlines()[0]
        finally:
            await context.close()
        return shown

    async def _take(
        self,
        context: BrowserContext,
        address: str,
        shown: Shown,
        *,
        frame_of: tuple[str, ...] | None,
        height: int | None,
        framed: bool,
    ) -> None:
        page = await context.new_page()
        if framed:
            await page.set_content(FRAME.format(address=address.replace("&", "&amp;")), timeout=30_000)
        else:
            await page.goto(address, wait_until="load", timeout=30_000)
        frame = page.main_frame if frame_of is None else await _archived(page, frame_of)
        await frame.wait_for_load_state("load", timeout=20_000)
        await asyncio.sleep(REST_S)
        shown.height = height or 0
        with suppress(Error):
            found = int(await frame.evaluate(SCROLL))
            shown.height = height or min(max(found, HEIGHT), TALLEST)
            shown.videos = await frame.evaluate(PLAY)
            await frame.evaluate(STILL)
        await asyncio.sleep(REST_S)
        with suppress(Error):
            shown.answer = await frame.evaluate("() => (document.getElementById('out') || {}).textContent || ''")
        shown.first = await page.screenshot()
        await page.set_viewport_size({"width": WIDTH, "height": shown.height or HEIGHT})
        await asyncio.sleep(REST_S)
        shown.whole = await page.screenshot()


def _note_leaving(url: str, own: str, left: list[str]) -> None:
    if url.startswith(("http:", "https:", "ws:", "wss:")) and url.split("/")[2] != own:
        left.append(url)


async def _archived(page: Page, marks: tuple[str, ...]) -> Frame:
    for _ in range(150):
        for frame in page.frames:
            if any(mark in frame.url for mark in marks) and frame.parent_frame is not None:
                return frame
        await asyncio.sleep(0.2)
    raise TimeoutError("the replay shows no archived page")


async def compare(browser: Browser, one: bytes, two: bytes) -> float:
    page = await browser.new_page()
    encoded = [base64.b64encode(picture).decode("ascii") for picture in (one, two)]
    share = 0.0 if one == two else float(await page.evaluate(DIFFERING, encoded))
    await page.close()
    return share


async def judged(browser: Browser, live: Shown, framed: Shown, replayed: Shown) -> str:
    """Compare with the nearer of the live page alone and in a frame, whose layer rounds some pixels by one."""
    if replayed.trouble or not replayed.whole:
        return replayed.trouble or "no picture"
    first = min([await compare(browser, one.first, replayed.first) for one in (live, framed) if one.first])
    whole = min([await compare(browser, one.whole, replayed.whole) for one in (live, framed) if one.whole])
    words = [f"{first:8.3%} {whole:8.3%}"]
    if live.answer:
        words.append("POST answered" if replayed.answer == live.answer else f"POST NOT answered: {replayed.answer!r}")
    if live.videos:
        words.append(f"{sum(replayed.videos)} of {sum(live.videos)} videos play")
    if replayed.left:
        words.append(f"{len(replayed.left)} requests for the live web: {replayed.left[0]}")
    return ", ".join(words)


async def photograph(web: Web, wanted: dict[str, str], daemon: Daemon, pywb: str, *, keep: Path | None) -> None:
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    rules = ", ".join(f"MAP {name} {target}" for name, target in web.connect_to.items())
    flags = ["--no-sandbox", "--disable-quic", "--autoplay-policy=no-user-gesture-required"]
    async with async_playwright() as playwright:
        chromium = playwright.chromium
        lively = await chromium.launch(executable_path=executable, args=[*flags, f"--host-resolver-rules={rules}"])
        offline = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
        replaying = await chromium.launch(executable_path=executable, args=[*flags, offline])
        print(f"{'page':22} {'tool':15} {'screen':>8} {'whole':>8}")
        for name, url in wanted.items():
            live = await Camera(lively).live(url)
            framed = await Camera(lively).replay(url, marks=(url.split("/")[2],), like=live, framed=True)
            again = await Camera(lively).live(url)
            live.keep(keep, f"{name} live")
            print(f"{name:22} {'live again':15} {await judged(lively, live, framed, again)}", flush=True)
            camera = Camera(replaying)
            shown = await camera.replay(
                f"{daemon.replay}/replay/page/{daemon.captures[url]}", marks=("mp_/", "id_/"), like=live
            )
            shown.keep(keep, f"{name} ReplayWeb.page")
            print(f"{'':22} {'ReplayWeb.page':15} {await judged(lively, live, framed, shown)}", flush=True)
            shown = await camera.replay(f"{pywb}/mp_/{url}", marks=("mp_/",), like=live, framed=True)
            shown.keep(keep, f"{name} pywb")
            print(f"{'':22} {'pywb':15} {await judged(lively, live, framed, shown)}", flush=True)
        await lively.close()
        await replaying.close()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--keep", type=Path)
    options.add_argument("pages", nargs="*", metavar="PAGE")
    given = options.parse_args()
    if unknown := set(given.pages) - set(PAGES):
        options.error(f"no such page: {', '.join(sorted(unknown))}; there are {', '.join(PAGES)}")
    wanted = {name: PAGES[name] for name in given.pages or PAGES}
    with running_web() as web, tempfile.TemporaryDirectory() as temporary, ExitStack() as running:
        folder = Path(temporary)
        tools = Path(os.environ.get("OTHER_TOOLS", folder / "tools"))
        daemon = make_captures(folder, web, wanted)
        port = free_port()
        command = pywb_of(folder, daemon, tools, port)
        up = (str(Path(sys.executable).with_name("linkkeeper")), "up", "--config", str(daemon.config))
        running.enter_context(program(*up, folder=folder, answers=f"{daemon.replay}/health"))
        running.enter_context(program(*command, folder=folder, answers=f"http://127.0.0.1:{port}/"))
        asyncio.run(photograph(web, wanted, daemon, f"http://127.0.0.1:{port}/ours", keep=given.keep))


if __name__ == "__main__":
    main()
