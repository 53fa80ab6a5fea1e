"""Seeking: a source that died before we saw it is repaired with another archive's copy, through the real gate."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from linkkeeper.adapters.sqlmodel_mementos import SqlMementos
from linkkeeper.assembly import Store, open_network, open_store
from linkkeeper.assembly.seeking import lister_of, seeker_of
from linkkeeper.checks.standing import Standing
from linkkeeper.citations.read import read
from linkkeeper.cli import run
from linkkeeper.pipeline.seek import memento_judge
from linkkeeper.relinking.export import read_export
from linkkeeper.relinking.link_format import as_http_date
from linkkeeper.relinking.mementos import ArchiveAnswer
from linkkeeper.settings import Settings, load
from linkkeeper.vocabulary.digest import sha256_hex
from linkkeeper.vocabulary.edition import Edition
from linkkeeper.vocabulary.moment import SystemClock
from linkkeeper.vocabulary.observation import Evidence, Observation, ObservationKind
from linkkeeper.vocabulary.records import LookResult, NoteContext
from linkkeeper.vocabulary.state import LinkState
from linkkeeper.vocabulary.views import LinkPage

URL = "http://gone.example/ice"
GATE = "http://archive.example/web/"
MOMENT = datetime(2020, 5, 1, 10, tzinfo=UTC)
PAGE = (
    "<!doctype html><title>Ice on the river</title><h1>Ice on the river</h1><p>By Ann Bell</p>"
    "<p>The river froze early this year, said the warden, who has kept its gauge for thirty winters and more.</p>"
)
PIECE = f"# A piece\n\nIce.[^1]\n\n[^1]: Ann Bell, “Ice on the river,” Post, {URL}, accessed 3 May 2020.\n".encode()


@pytest.fixture
def archive() -> Iterator[tuple[int, dict[str, str]]]:
    """An archive in the Wayback style; its one page can be replaced."""
    held = {"page": PAGE}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            stamp = f"{MOMENT:%Y%m%d%H%M%S}"
            if not held["page"]:
                self.answer(int(held.get("status", "404")), b"nothing here")
            elif self.path == f"/web/{URL}":
                self.answer(302, b"", Location=f"{GATE}{stamp}/{URL}", Vary="accept-datetime")
            elif self.path in (f"/web/{stamp}/{URL}", f"/web/{stamp}id_/{URL}"):
                banner = "" if "id_" in self.path else "<div>The archive's banner</div>"
                body = (banner + held["page"]).encode()
                self.answer(200, body, **{"Memento-Datetime": as_http_date(MOMENT), "Content-Type": "text/html"})
            else:
                self.answer(404, b"nothing here")

        def answer(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, held
        server.shutdown()


@pytest.fixture
def settings(tmp_path: Path, archive: tuple[int, dict[str, str]]) -> Settings:
    config = tmp_path / "config.toml"
    config.write_text(
        f"""
[storage]
path = "{tmp_path / "storage"}"
min_free_bytes = 0
[network]
allow_addresses = ["127.0.0.0/8"]
connect_to = {{ "archive.example:80" = "127.0.0.1:{archive[0]}", "*:80" = "", "*:443" = "" }}
[relinking]
archives = ["{GATE}"]
""",
        "utf-8",
    )
    return load(config, environment={})


@pytest.fixture
def store(settings: Settings, tmp_path: Path) -> Iterator[Store]:
    """A store that follows one piece whose only source is dead and was never captured."""
    from linkkeeper.assembly.engine import collector_of

    piece = tmp_path / "pieces" / "piece.md"
    piece.parent.mkdir()
    piece.write_bytes(PIECE)
    with open_store(settings) as opened:
        source = opened.following.follow(str(piece.parent), apply="write", policy="swap-when-dead")
        now = opened.clock.now()
        edition = Edition(location=str(piece), sha256=sha256_hex(PIECE), moment=now, data=PIECE)
        collector_of(settings, opened).take_in(edition, source_id=source.id)
        die(opened)
        yield opened


def die(store: Store, *, standing: Standing | None = None) -> None:
    page = link_page(store)
    now = store.clock.now()
    text = standing.to_json() if standing else None
    look = Observation(
        url=URL, moment=now, kind=ObservationKind.DNS_MISSING, rule="test@1", evidence=Evidence(words="x")
    )
    store.checks.record(
        [
            LookResult(
                link_id=page.summary.id, observation=look, state=LinkState.DEAD, since=now, standing=text,
                next_check_at=now + timedelta(days=7), is_ok=False, kept=True, evidence_class="dns_missing",
            )
        ]
    )  # fmt: skip


def seek(store: Store, settings: Settings) -> int:
    async def ran() -> int:
        async with open_network(settings, clock=store.clock) as network:
            return await seeker_of(store, network).seek()

    return asyncio.run(ran())


def test_what_died_before_we_saw_it_is_repaired_with_a_verified_copy(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    assert store.mender.mend() == 0
    assert seek(store, settings) == 1
    assert store.mender.mend() == 1
    uri_m = f"{GATE}20200501100000/{URL}"
    text = (tmp_path / "pieces" / "piece.md").read_text("utf-8")
    assert f"{URL} [archived 2020-05-01: {uri_m}], accessed 3 May 2020." in text


def test_the_list_for_pages_without_files_follows(store: Store, settings: Settings) -> None:
    lister, path = lister_of(store), settings.storage.path / "repairs.json"
    assert lister.publish() == 0
    empty = path.read_bytes()
    seek(store, settings)
    assert lister.publish() == 1
    listed = read_export(path.read_bytes())
    assert [(repair.url, repair.uri_m) for repair in listed.repairs] == [(URL, f"{GATE}20200501100000/{URL}")]
    written = path.stat().st_mtime_ns
    assert path.read_bytes() != empty and lister.publish() == 1
    assert path.stat().st_mtime_ns == written


def test_what_was_found_is_not_asked_for_again(store: Store, settings: Settings) -> None:
    seek(store, settings)
    assert SqlMementos(store.database).to_seek(now=store.clock.now()) == []


@pytest.mark.parametrize(
    "page",
    [
        "<!doctype html><title>Page not found</title><h1>404</h1><p>We could not find that page.</p>",
        "<!doctype html><title>Gardening tips</title><p>" + "Tulips and roses want a sunny place in any garden. " * 20,
    ],
)
def test_a_copy_of_something_else_is_kept_as_refused(
    store: Store, settings: Settings, archive: tuple[int, dict[str, str]], page: str
) -> None:
    archive[1]["page"] = page
    assert seek(store, settings) == 0
    assert store.mender.mend() == 0
    due = SqlMementos(store.database).to_seek
    assert due(now=store.clock.now()) == []
    assert len(due(now=store.clock.now() + timedelta(days=31))) == 1


DIED = datetime(2026, 9, 1, tzinfo=UTC)
STILLBORN = Standing(state=LinkState.DEAD, since=DIED, rule="network@1", words="no such host")


def link_page(store: Store) -> LinkPage:
    page = store.catalogue.link_of_url(URL)
    assert page is not None
    return page


def test_what_nobody_ever_saw_alive_never_existed_and_the_history_says_why(
    store: Store, settings: Settings, archive: tuple[int, dict[str, str]]
) -> None:
    archive[1]["page"] = ""
    die(store, standing=STILLBORN)
    before = link_page(store).checks
    assert seek(store, settings) == 0
    after = link_page(store).checks
    assert link_page(store).summary.state is LinkState.NEVER_EXISTED
    new = [check for check in after if check not in before]
    assert len(new) == 1 and len(after) == len(before) + 1
    assert new[0].state is LinkState.NEVER_EXISTED
    words = new[0].evidence["words"]
    assert "no archive holds a copy" in words and "archive.example" in words
    assert SqlMementos(store.database).to_seek(now=store.clock.now()) == []


def test_what_was_alive_once_stays_dead_though_no_archive_holds_it(
    store: Store, settings: Settings, archive: tuple[int, dict[str, str]]
) -> None:
    archive[1]["page"] = ""
    die(store, standing=replace(STILLBORN, last_alive=MOMENT))
    seek(store, settings)
    assert link_page(store).summary.state is LinkState.DEAD


def test_an_archive_that_gives_no_answer_settles_nothing(
    store: Store, settings: Settings, archive: tuple[int, dict[str, str]]
) -> None:
    archive[1].update(page="", status="503")
    die(store, standing=STILLBORN)
    seek(store, settings)
    assert link_page(store).summary.state is LinkState.DEAD


def test_without_archives_a_dead_link_stays_dead(store: Store, settings: Settings) -> None:
    relinking = settings.relinking.model_copy(update={"archives": ()})
    bare = replace(store, settings=settings.model_copy(update={"relinking": relinking}))
    die(store, standing=STILLBORN)
    assert seek(bare, settings) == 0
    assert link_page(store).summary.state is LinkState.DEAD


def test_a_look_that_came_between_is_not_written_over(store: Store) -> None:
    die(store, standing=STILLBORN)
    ledger = SqlMementos(store.database)
    before = ledger.link(link_page(store).summary.id)
    die(store, standing=replace(STILLBORN, last_alive=MOMENT))
    look = Observation(url=URL, moment=DIED, kind=ObservationKind.MISSING, rule="x@1", evidence=Evidence(words="x"))
    assert not ledger.conclude(before, look, state=LinkState.NEVER_EXISTED, since=DIED, standing="{}")
    assert link_page(store).summary.state is LinkState.DEAD


def test_a_memento_can_be_imported_as_a_capture_of_ours(store: Store, settings: Settings) -> None:
    async def ran() -> str:
        async with open_network(settings, clock=store.clock) as network:
            return await seeker_of(store, network).import_memento(URL, f"{GATE}20200501100000/{URL}", by="ed")

    view = store.catalogue.capture(asyncio.run(ran()))
    assert view is not None and view.url == URL
    assert view.uploaded_by is not None and GATE in view.uploaded_by and "01 May 2020" in view.uploaded_by


def test_the_command_line_imports_a_memento_too(
    store: Store, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(tmp_path / "config.toml")
    assert run(["upload", URL, f"{GATE}20200501100000/{URL}", "--config", config]) == 0
    view = store.catalogue.capture(capsys.readouterr().out.strip())
    assert view is not None and view.url == URL and GATE in (view.uploaded_by or "")
    assert run(["upload", URL, f"{GATE}19990101000000/{URL}", "--config", config]) == 1
    assert "the archive answers HTTP 404" in capsys.readouterr().err
    assert run(["upload", URL, "http://nowhere.example/x", "--config", config]) == 1
    assert "can't" in capsys.readouterr().err


def test_the_judge_takes_files_as_they_are_and_pages_by_their_note() -> None:
    words = "Ann Bell, “Ice on the river,” Post"
    note = NoteContext(analysis_id=1, label="1", text=words, passages=("Ice on the river",), as_cited=URL)
    judged = memento_judge([note], SystemClock())

    def answer(status: int, kind: str, body: bytes) -> ArchiveAnswer:
        return ArchiveAnswer(url=GATE, status=status, headers=(("Content-Type", kind),), body=body)

    assert judged(answer(200, "text/html", PAGE.encode()), URL).good
    assert judged(answer(200, "application/pdf", b"%PDF-1.4 report"), URL).good
    assert not judged(answer(404, "text/html", PAGE.encode()), URL).good
    assert not judged(answer(200, "text/html", PAGE.replace("Ice", "Fire").replace("river", "hill").encode()), URL).good


def test_the_piece_reads_as_meant() -> None:
    (note,) = read(PIECE, location="piece.md").notes
    assert note.accessed is not None and note.accessed.isoformat() == "2020-05-03"
