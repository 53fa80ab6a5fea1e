"""
Other recorders before the truth web: the same browser browses through them; their WARCs tell what they kept.

Used by ``capture_truth.py``. Each lives in an environment of its own, made on first use in the folder that
``OTHER_TOOLS`` names, else in a temporary one.
"""

import asyncio
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Error
from warcio.archiveiterator import ArchiveIterator

from linkkeeper.archive.message import PayloadDigest, is_chunked

NAMES = Path(__file__).parent / "peers" / "names.py"
_SCROLL = """async () => {
  for (let n = 0; n < 60 && scrollY + innerHeight < document.documentElement.scrollHeight; n++) {
    scrollBy(0, innerHeight * 0.9); await new Promise(done => setTimeout(done, 60)); } }"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """
    One exchange as somebody recorded it.

    Attributes:
        body_sha256: Of the body as received.
        payload_sha256: The same without chunk framing.
        request: Head and body; empty where no request was kept.
    """

    url: str
    head: bytes
    body_sha256: str
    payload_sha256: str
    request_head: bytes = b""
    request_body: bytes = b""

    @property
    def status(self) -> int:
        return int(self.head.split(b" ", 2)[1][:3])


def plain_url(url: str) -> str:
    """WebSockets are recorded under either scheme."""
    return "http" + url[2:] if url.startswith("ws") else url


def digests(head: bytes, body: bytes) -> tuple[str, str]:
    """SHA-256 of *body*, and of what is left without chunk framing."""
    whole = hashlib.sha256(body).hexdigest()
    payload = PayloadDigest()
    payload.update(body)
    return whole, whole if not is_chunked(head) or payload.broken else payload.hexdigest()


@dataclass(frozen=True, slots=True)
class Peer:
    """
    Attributes:
        package: On the package index.
        program: ``module:function`` that starts it.
        arguments: With ``{port}``.
        prepare: Run first, in its folder.
    """

    name: str
    package: str
    program: str
    arguments: tuple[str, ...]
    prepare: tuple[str, ...] = ()

    def environment(self, folder: Path) -> Path:
        """The ``bin`` folder of its environment, made if need be."""
        place = folder / self.package
        if not (place / "bin" / "python").exists():
            subprocess.run([sys.executable, "-m", "venv", str(place)], check=True, capture_output=True)
            pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", self.package]
            subprocess.run(pip, check=True, capture_output=True)
        return place / "bin"

    @contextmanager
    def running(self, tools: Path, home: Path, names: dict[str, str]) -> Iterator[int]:
        """Start it with the table of names; yields its port."""
        binaries = self.environment(tools)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if self.prepare:
            subprocess.run([str(binaries / self.prepare[0]), *self.prepare[1:]], cwd=home, check=True)
        arguments = [argument.format(port=port) for argument in self.arguments]
        with (home / "output").open("wb") as output:
            process = subprocess.Popen(
                [str(binaries / "python"), str(NAMES), self.program, *arguments],
                cwd=home,
                env={**os.environ, "PEER_NAMES": json.dumps(names), "NO_PROXY": "*"},
                stdout=output,
                stderr=output,
            )
        try:
            _wait_for(port)
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


PEERS = (
    Peer(
        "warcprox",
        "warcprox",
        "warcprox.main:main",
        ("--port={port}", "--address=127.0.0.1", "--dedup-db-file=", "--stats-db-file=/dev/null", "--quiet"),
    ),
    Peer(
        "pywb",
        "pywb",
        "pywb.apps.cli:wayback",
        ("--port={port}", "--bind=127.0.0.1", "--proxy=truth", "--proxy-record", "--live", "--threads=40"),
        prepare=("wb-manager", "init", "truth"),
    ),
)


def _wait_for(port: int) -> None:
    end = time.monotonic() + 180
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.2)
    raise TimeoutError("the other recorder did not start")


async def browse(browser: Browser, url: str, *, port: int) -> None:
    """One page as a visit browses it: load, scroll, rest."""
    context = await browser.new_context(
        proxy={"server": f"http://127.0.0.1:{port}"},
        ignore_https_errors=True,
        service_workers="block",
        viewport={"width": 1280, "height": 900},
    )
    page = await context.new_page()
    with suppress(Error):
        await page.goto(url, wait_until="load", timeout=20_000)
    with suppress(Error, TimeoutError):
        async with asyncio.timeout(8):
            # A page that never came answers no script.
            await page.evaluate(_SCROLL)
    with suppress(Error):
        await page.wait_for_load_state("networkidle", timeout=4_000)
    await asyncio.sleep(1)
    await context.close()
    await asyncio.sleep(0.5)


def recorded(home: Path) -> list[Kept]:
    """Every response in the WARCs under *home*, with its request."""
    answers, requests = [], {}
    for path in sorted(home.rglob("*.warc*")):
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream, no_record_parse=True):
                header = record.rec_headers.get_header
                if record.rec_type not in ("response", "request"):
                    continue
                head, _, body = record.raw_stream.read().partition(b"\r\n\r\n")
                if record.rec_type == "request":
                    requests[header("WARC-Concurrent-To")] = (head + b"\r\n\r\n", body)
                else:
                    names = (header("WARC-Record-ID"), header("WARC-Concurrent-To"))
                    answers.append((names, header("WARC-Target-URI"), head + b"\r\n\r\n", body))
    return [_kept(names, url, head, body, requests) for names, url, head, body in answers]


def _kept(names: tuple[str, str], url: str, head: bytes, body: bytes, requests: dict[str, tuple[bytes, bytes]]) -> Kept:
    asked = next((requests[name] for name in names if name in requests), (b"", b""))
    whole, payload = digests(head, body)
    return Kept(
        url=plain_url(url),
        head=head,
        body_sha256=whole,
        payload_sha256=payload,
        request_head=asked[0],
        request_body=asked[1],
    )
