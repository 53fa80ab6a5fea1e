"""
The Memento client against a real pywb in its own process and environment; a battery.

``LINKKEEPER_PYWB`` names the folder of pywb's programs; without it, pywb is
installed into a temporary environment of its own (it is GPL and never one of
our dependencies).
"""

import asyncio
import contextlib
import io
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from linkkeeper.adapters.memento_archives import MementoArchives
from linkkeeper.relinking.mementos import ArchiveAnswer, MementoVerdict, Search
from linkkeeper.vocabulary.moment import SystemClock

pytestmark = [
    pytest.mark.battery,
    pytest.mark.timeout(600),
    # warcio leaves its temporary files to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

URL = "http://gone.example/report"
CAPTURES = [
    (
        "2019-01-01T10:00:00Z",
        "200 OK",
        b"<html><title>Report</title><p>The report as it was cited, first edition.</p></html>",
    ),
    ("2020-05-01T10:00:00Z", "200 OK", b"<html><title>Report</title><p>The report as it was cited.</p></html>"),
    ("2020-05-20T10:00:00Z", "404 Not Found", b"<html><title>Not found</title></html>"),
    ("2020-06-20T10:00:00Z", "200 OK", b"<html><title>Sign in</title><form><input type=password></form></html>"),
    ("2021-03-01T10:00:00Z", "200 OK", b"<html><title>Report</title><p>The report as it was cited, later.</p></html>"),
]


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


class LoopbackFetch:
    """One GET, redirects not followed."""

    def __init__(self) -> None:
        self._opener = urllib.request.build_opener(NoRedirects, urllib.request.ProxyHandler({}))
        self.asked: list[str] = []

    async def get(self, url: str, *, headers: Mapping[str, str]) -> ArchiveAnswer:
        self.asked.append(url)
        return await asyncio.to_thread(self._get, url, headers)

    def _get(self, url: str, headers: Mapping[str, str]) -> ArchiveAnswer:
        try:
            with self._opener.open(urllib.request.Request(url, headers=dict(headers)), timeout=30) as answer:
                return ArchiveAnswer(
                    url=url, status=answer.status, headers=tuple(answer.getheaders()), body=answer.read()
                )
        except urllib.error.HTTPError as error:
            with error:
                return ArchiveAnswer(
                    url=url, status=error.code, headers=tuple(error.headers.items()), body=error.read()
                )


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    named = os.environ.get("LINKKEEPER_PYWB")
    if named:
        return Path(named)
    folder = tmp_path_factory.mktemp("pywb-environment")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", "pywb"], check=True)
    return folder / "bin"


def write_warc(path: Path) -> None:
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        for moment, status, body in CAPTURES:
            headers = StatusAndHeaders(
                status, [("Content-Type", "text/html"), ("Content-Length", str(len(body)))], protocol="HTTP/1.1"
            )
            record = writer.create_warc_record(
                URL, "response", payload=io.BytesIO(body), http_headers=headers, warc_headers_dict={"WARC-Date": moment}
            )
            writer.write_record(record)


@pytest.fixture(scope="module")
def archive(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running pywb that holds :data:`CAPTURES`."""
    root = tmp_path_factory.mktemp("pywb")
    write_warc(root / "captures.warc.gz")
    for arguments in (["init", "coll"], ["add", "coll", "captures.warc.gz"]):
        subprocess.run([programs / "wb-manager", *arguments], cwd=root, check=True, capture_output=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    log = (root / "log").open("wb")
    running = subprocess.Popen(
        [programs / "wayback", "-b", "127.0.0.1", "-p", str(port)], cwd=root, stdout=log, stderr=log
    )
    try:
        wait_for(port, running)
        yield f"http://127.0.0.1:{port}/coll/"
    finally:
        running.terminate()
        running.wait(20)
        log.close()


def wait_for(port: int, running: "subprocess.Popen[bytes]") -> None:
    """Connect until it listens; another process gives no other sign."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        assert running.poll() is None, "pywb ended before it listened"
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(0.2)
    raise AssertionError("pywb did not listen within a minute")


def judge(answer: ArchiveAnswer, uri_r: str) -> MementoVerdict:
    good = answer.status == 200 and b"as it was cited" in answer.body and b"wombat" not in answer.body
    return MementoVerdict(good, "shows the source" if good else f"HTTP {answer.status}: not the source")


def search(archive: str, wanted: str) -> tuple[Search, LoopbackFetch]:
    fetch = LoopbackFetch()
    archives = MementoArchives((archive,), fetch=fetch, clock=SystemClock())
    return asyncio.run(
        archives.search(URL, wanted=datetime.fromisoformat(wanted).replace(tzinfo=UTC), judge=judge)
    ), fetch


@pytest.mark.parametrize(
    ("wanted", "moment"),
    [
        ("2020-05-02", "2020-05-01T10:00:00+00:00"),  # the nearest before
        ("2020-04-30", "2019-01-01T10:00:00+00:00"),  # before, though one from after is nearer
        ("2018-01-01", "2019-01-01T10:00:00+00:00"),  # none before: the first after
        ("2020-05-21", "2020-05-01T10:00:00+00:00"),  # the nearest is an archived 404
        ("2020-06-21", "2020-05-01T10:00:00+00:00"),  # the nearest is a login wall
        ("2026-01-01", "2021-03-01T10:00:00+00:00"),
    ],
)
def test_the_nearest_good_memento_is_found(archive: str, wanted: str, moment: str) -> None:
    found, _ = search(archive, wanted)
    assert found.failed == ()
    (memento,) = found.verified
    assert memento.moment.isoformat() == moment
    assert memento.uri_m is not None and memento.uri_m.startswith(archive) and memento.uri_m.endswith(URL)


def test_what_an_archive_does_not_have_is_no_failure(archive: str) -> None:
    archives = MementoArchives((archive,), fetch=LoopbackFetch(), clock=SystemClock())
    found = asyncio.run(
        archives.search("http://unknown.example/", wanted=datetime(2020, 1, 1, tzinfo=UTC), judge=judge)
    )
    assert found == Search(answered=(archive,)) and found.held_nowhere
