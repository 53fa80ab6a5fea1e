"""
What other archives' tools say of our captures: pywb, cdxj-indexer, py-wacz, bagit.

A battery: each tool lives in an environment of its own (:mod:`other_tools`).
"""

import functools
import http.server
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

import other_tools
from archive_making import MOMENT, URL, exchange, posted, published
from linkkeeper.archive.cdx_store import CdxStore
from linkkeeper.archive.export import ExportFormat, export
from linkkeeper.archive.shelf import Shelf
from linkkeeper.replay.addresses import Addresses
from linkkeeper.replay.cdx import BadQuery, answer, read_query, read_record
from linkkeeper.replay.timemap import link_timemap
from linkkeeper.vocabulary.capture import Exchange, Truncation
from linkkeeper.vocabulary.memento import Memento

pytestmark = [pytest.mark.battery, pytest.mark.timeout(600)]

PAGE = "<html><title>Söurce</title><p>words</html>".encode()
BINARY = bytes(range(256)) * 300
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nTransfer-Encoding: chunked\r\n\r\n"
MULTIPART = b'--XX\r\nContent-Disposition: form-data; name="field"\r\n\r\na value\r\n--XX--\r\n'


def visit(hour: int) -> list[Exchange]:
    """A page with everything that indexes and replay have trouble with."""
    moment = MOMENT.replace(hour=hour)
    binary = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n" % len(BINARY)
    moved = b"HTTP/1.1 301 Moved Permanently\r\nLocation: /article?a=1\r\nContent-Length: 0\r\n\r\n"
    made = [
        exchange("http://source.example/old", b"", head=moved),
        exchange(URL, PAGE, main=True),
        exchange("http://source.example/style.css", b"4\r\nbody\r\n2\r\n{}\r\n0\r\n\r\n", head=CHUNKED),
        exchange("http://source.example/a.png", BINARY, head=binary),
        exchange("http://source.example/again.png", BINARY, head=binary),
        exchange("http://www.source.example/Mixed/Case.HTML?b=2&A=1", PAGE + b"2"),
        exchange("https://source.example:8443/path//double/?q=%7Etilde+x%20y", PAGE + b"3"),
        exchange(
            "http://source.example/missing", b"gone", head=b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n"
        ),
        posted(
            "http://source.example/api",
            b'{"page": 1, "list": [1, 2.0, true], "deep": {"page": "x y&z"}}',
            b"json answer",
            media_type="application/json",
        ),
        posted(
            "http://source.example/form?x=1",
            b"a=1&b=two+words&c=%26",
            b"form answer",
            media_type="application/x-www-form-urlencoded",
        ),
        posted(
            "http://source.example/upload", MULTIPART, b"upload answer", media_type="multipart/form-data; boundary=XX"
        ),
        posted(
            "http://source.example/beacon", b"\x00\x01binary", b"beacon answer", media_type="application/octet-stream"
        ),
        replace(exchange("http://source.example/cut", b"half"), truncated=Truncation.LENGTH),
    ]
    return [replace(item, moment=moment.replace(second=number)) for number, item in enumerate(made)]


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tools")


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("archive") / "storage"
    published(root, exchanges=visit(9))
    published(root, capture_id="capture-2", token="token-2", exchanges=visit(12))
    CdxStore(root).catch_up()
    return root


class CdxHandler(http.server.BaseHTTPRequestHandler):
    """Our CDX answers over HTTP, as the reading room gives them."""

    def __init__(self, storage: Path, asked: list[str], *arguments: object) -> None:
        self.store = CdxStore(storage)
        self.shelf = Shelf(storage)
        self.asked = asked
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path.startswith("/captures/"):
            self.part_of_a_wacz()
            return
        try:
            query = read_query(parse_qsl(urlsplit(self.path).query))
        except BadQuery as error:
            self.send_error(400, str(error))
            return
        lines = self.store.between(query.start, query.end, shown=lambda _: True)
        content = answer(query, map(read_record, lines)).encode()
        self.send_response(200)
        self.send_header("Content-Type", query.media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def part_of_a_wacz(self) -> None:
        """A range of a capture's package, as the replay host gives it out."""
        _, _, capture_id, name = self.path.split("/")
        data = (self.shelf.require(capture_id) / name).read_bytes()
        first, _, last = self.headers["Range"].removeprefix("bytes=").partition("-")
        part = data[int(first) : int(last) + 1 if last else None]
        self.send_response(206)
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Content-Range", f"bytes {first}-{int(first) + len(part) - 1}/{len(data)}")
        self.end_headers()
        self.wfile.write(part)

    def log_message(self, *_: object) -> None:
        """The battery's output is its own."""


@pytest.fixture(scope="module")
def pywb(storage: Path, tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """A running pywb with two collections on our archive: over HTTP alone, and by files."""
    binaries = other_tools.environment("pywb", folder=tools)
    asked: list[str] = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(CdxHandler, storage, asked))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home = tmp_path_factory.mktemp("pywb")
    index = "".join(CdxStore(storage).between("", "\U0010ffff", shown=lambda _: True))
    (home / "ours.cdxj").write_text(index)
    places = [f"{path.name}/capture.wacz\t{path}/capture.wacz\n" for path in Shelf(storage).directories()]
    (home / "places").write_text("".join(sorted(places)))
    (home / "config.yaml").write_text(
        json.dumps(
            {
                "collections": {
                    "asking": {
                        "index": f"cdx+http://127.0.0.1:{server.server_port}/cdx",
                        "archive_paths": f"http://127.0.0.1:{server.server_port}/captures/",
                    },
                    "filed": {"index_paths": f"{home}/ours.cdxj", "archive_paths": f"{home}/places"},
                }
            }
        )
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [str(binaries / "wayback"), "-p", str(port), "-b", "127.0.0.1"],
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_it_answers(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}", asked
    finally:
        process.terminate()
        process.wait(20)
        server.shutdown()
        server.server_close()


def _wait_until_it_answers(address: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            threading.Event().wait(0.2)
        else:
            return
    pytest.fail("pywb did not start")


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def get(address: str, *, data: bytes | None = None, media_type: str = "") -> tuple[int, bytes]:
    request = urllib.request.Request(address, data=data, headers={"Content-Type": media_type} if media_type else {})
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=30) as answered:
            return answered.status, answered.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.mark.parametrize("collection", ["asking", "filed"])
@pytest.mark.parametrize(
    ("stamp", "url", "content"),
    [
        ("20261122090001", URL, PAGE),
        ("20261122120001", URL, PAGE),
        ("20261122090002", "http://source.example/style.css", b"body{}"),
        ("20261122090003", "http://source.example/a.png", BINARY),
        ("20261122090004", "http://source.example/again.png", BINARY),
        ("20261122090005", "http://www.source.example/Mixed/Case.HTML?b=2&A=1", PAGE + b"2"),
        ("20261122090012", "http://source.example/cut", b"half"),
    ],
)
def test_pywb_replays_our_records_byte_for_byte(
    pywb: tuple[str, list[str]], collection: str, stamp: str, url: str, content: bytes
) -> None:
    """From the WACZ itself, by absolute offset; a revisit gives the body that it refers to."""
    assert get(f"{pywb[0]}/{collection}/{stamp}id_/{url}") == (200, content)


@pytest.mark.parametrize("collection", ["asking", "filed"])
@pytest.mark.parametrize(
    ("url", "body", "media_type", "content"),
    [
        (
            "http://source.example/api",
            b'{"page": 1, "list": [1, 2.0, true], "deep": {"page": "x y&z"}}',
            "application/json",
            b"json answer",
        ),
        (
            "http://source.example/form?x=1",
            b"a=1&b=two+words&c=%26",
            "application/x-www-form-urlencoded",
            b"form answer",
        ),
        ("http://source.example/upload", MULTIPART, "multipart/form-data; boundary=XX", b"upload answer"),
        ("http://source.example/beacon", b"\x00\x01binary", "application/octet-stream", b"beacon answer"),
    ],
)
def test_pywb_answers_our_posts(
    pywb: tuple[str, list[str]], collection: str, url: str, body: bytes, media_type: str, content: bytes
) -> None:
    assert get(f"{pywb[0]}/{collection}/20261122090000id_/{url}", data=body, media_type=media_type) == (200, content)


@pytest.mark.parametrize(
    ("path", "status"),
    [("http://source.example/missing", 404), ("http://source.example/old", 301), ("http://unknown.example/", 404)],
)
def test_pywb_gives_the_status_that_the_source_gave(pywb: tuple[str, list[str]], path: str, status: int) -> None:
    assert get(f"{pywb[0]}/asking/20261122090000id_/{path}")[0] == status


def test_pywb_really_asked_our_server(pywb: tuple[str, list[str]]) -> None:
    get(f"{pywb[0]}/asking/20261122090000id_/{URL}")
    assert any("url=" in path and "closest=" in path for path in pywb[1])


QUERIES = [
    "url=http://source.example/article?a=1",
    "url=http://source.example/article?a=1&closest=20261122110000",
    "url=http://source.example/article?a=1&closest=20261122110000&limit=1",
    "url=http://source.example/article?a=1&sort=reverse",
    "url=http://source.example/article?a=1&from=2026112210",
    "url=http://source.example/article?a=1&to=2026112210",
    "url=http://source.example/*",
    "url=http://source.example/a&matchType=prefix",
    "url=http://source.example/&matchType=prefix",
    "url=http://source.example/x&matchType=host",
    "url=*.source.example",
    "url=source.example&matchType=domain&limit=5",
    "url=http://source.example/x&matchType=host&filter=%3Dstatus:200",
    "url=http://source.example/x&matchType=host&filter=!%3Dstatus:200",
    "url=http://source.example/x&matchType=host&filter=~mime:image/.*",
    "url=http://source.example/x&matchType=host&filter=mime:image&filter=!mime:revisit",
    "url=http://unknown.example/",
]


@pytest.mark.parametrize("query", QUERIES)
def test_our_cdx_answers_are_pywb_s_own(pywb: tuple[str, list[str]], storage: Path, query: str) -> None:
    """The same lines in the same order, over the same index (pywb adds names of its collection)."""
    _, theirs = get(f"{pywb[0]}/filed/cdx?{query}")
    asked = read_query(parse_qsl(query))
    lines = CdxStore(storage).between(asked.start, asked.end, shown=lambda _: True)
    ours = answer(asked, map(read_record, lines))
    assert [_bare(line) for line in ours.splitlines()] == [_bare(line) for line in theirs.decode().splitlines()]


def _bare(line: str) -> tuple[str, str, dict[str, str]]:
    key, timestamp, block = line.split(" ", 2)
    added = {"source", "source-coll", "access"}
    return key, timestamp, {name: value for name, value in json.loads(block).items() if name not in added}


def test_our_timemap_has_the_mementos_that_pywb_s_has(pywb: tuple[str, list[str]]) -> None:
    _, theirs = get(f"{pywb[0]}/filed/timemap/link/{URL}")
    moments = [MOMENT.replace(hour=hour, second=1) for hour in (9, 12)]
    mementos = [Memento(uri_r=URL, uri_m=None, moment=moment) for moment in moments]
    ours = link_timemap(URL, mementos, addresses=Addresses("http://x"))
    assert _datetimes(ours) == _datetimes(theirs.decode()) != []


def _datetimes(timemap: str) -> list[str]:
    return [part.partition('"')[0] for part in timemap.split('; datetime="')[1:]]


def test_cdxj_indexer_gives_the_keys_and_places_that_we_give(storage: Path, tools: Path, tmp_path: Path) -> None:
    """With its own SURT and its own reading of request bodies."""
    binaries = other_tools.environment("wacz", folder=tools)
    warc = export(Shelf(storage).require("capture-1"), target=tmp_path, kind=ExportFormat.WARC)
    ran = subprocess.run(
        [str(binaries / "cdxj-indexer"), "-s", "-p", "-d", str(warc)],
        capture_output=True,
        text=True,
        check=True,
    )
    # It writes numbers and truths as Python does; the specification and browsers as JavaScript does.
    text = ran.stdout.replace("2.0", "2").replace("True", "true")
    theirs = {line["offset"]: (key, stamp, line) for key, stamp, line in map(_bare, text.splitlines())}
    # Pictures and metadata are indexed too, but under names that no page has.
    theirs = {offset: line for offset, line in theirs.items() if not line[0].startswith("urn:linkkeeper:")}
    ours = {str(line.offset): line for line in Shelf(storage).index("capture-1")}
    assert ours.keys() == theirs.keys()
    for offset, line in ours.items():
        key, stamp, fields = theirs[offset]
        assert (line.key, line.timestamp, str(line.length)) == (key, stamp, fields["length"])
        assert (line.url, line.digest, line.media_type) == (fields["url"], fields["digest"], fields.get("mime", "unk"))
        assert line.record_digest == fields["recordDigest"]
        assert (line.request_body or "") == (fields.get("requestBody") or "")


def test_an_import_into_pywb_shows_the_page_and_not_what_we_made_of_it(
    storage: Path, tools: Path, tmp_path: Path
) -> None:
    binaries = other_tools.environment("pywb", folder=tools)
    warc = export(Shelf(storage).require("capture-1"), target=tmp_path, kind=ExportFormat.WARC)
    ran = subprocess.run([str(binaries / "cdx-indexer"), "-j", str(warc)], capture_output=True, text=True, check=True)
    lines = [_bare(line) for line in ran.stdout.splitlines()]
    assert {fields["mime"] for key, _, fields in lines if key == "example,source)/article?a=1"} == {"text/html"}
    assert {fields["mime"] for key, _, fields in lines if key.startswith("urn:")} == {"image/png", "application/json"}


def test_py_wacz_calls_our_package_valid(storage: Path, tools: Path) -> None:
    binaries = other_tools.environment("wacz", folder=tools)
    path = Shelf(storage).require("capture-1") / "capture.wacz"
    ran = subprocess.run(
        [str(binaries / "wacz"), "validate", "-f", str(path)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout
    assert "is valid" in ran.stdout


def test_bagit_calls_our_bag_valid(storage: Path, tools: Path, tmp_path: Path) -> None:
    binaries = other_tools.environment("bagit", folder=tools)
    bag = export(Shelf(storage).require("capture-1"), target=tmp_path, kind=ExportFormat.BAGIT)
    program = "import bagit, sys; bagit.Bag(sys.argv[1]).validate()"
    ran = subprocess.run(
        [str(binaries / "python"), "-c", program, str(bag)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


def test_warcio_s_own_commands_read_our_warc(storage: Path, tmp_path: Path) -> None:
    """Its one complaint is the payload digest of chunked bodies, which it hashes with their framing."""
    warc = export(Shelf(storage).require("capture-1"), target=tmp_path, kind=ExportFormat.WARC)
    program = "from warcio.cli import main; main()"
    indexed = subprocess.run(
        [sys.executable, "-c", program, "index", str(warc)], capture_output=True, text=True, check=True
    )
    manifest = Shelf(storage).manifest("capture-1")
    assert len(indexed.stdout.splitlines()) == manifest.warc.records
    checked = subprocess.run(
        [sys.executable, "-c", program, "check", str(warc)], capture_output=True, text=True, check=False
    )
    complaints = [line.strip() for line in checked.stdout.splitlines() if "failed" in line]
    assert len(complaints) == 1
    assert complaints[0].startswith("payload digest failed")
