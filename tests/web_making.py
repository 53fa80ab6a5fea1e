"""A room full of analyses, sources and captures on a real store, and both listeners running on it."""

import contextlib
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from sqlmodel import Session, select

from archive_making import about, exchange
from linkkeeper.adapters.sqlmodel_tables import CheckRow, LinkRow, RepairRow
from linkkeeper.archive.draft import Draft
from linkkeeper.archive.publish import publish
from linkkeeper.assembly import Store, open_store
from linkkeeper.settings import Settings
from linkkeeper.vocabulary.capture import Exchange, PageMetadata, Quality, RequestReason
from linkkeeper.vocabulary.citation import CitedUrl, Note, Reading, SourceFormat
from linkkeeper.vocabulary.digest import sha256_hex
from linkkeeper.vocabulary.edition import Edition
from linkkeeper.vocabulary.records import CollectedCitation, NewCapture
from linkkeeper.vocabulary.state import LinkState
from linkkeeper.vocabulary.uri import fetch_form, host_of, identity_key, politeness_key
from linkkeeper.web.addresses import Addresses
from linkkeeper.web.desk import build_desk
from linkkeeper.web.replay_host import build_replay_host
from linkkeeper.web.services import WebServices

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
PDF_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n"
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R>>endobj\n"
    b"4 0 obj<</Length 36>>stream\n0.2 0.4 0.6 rg 40 40 220 120 re f  \nendstream endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)


def png(width: int = 640, height: int = 400) -> bytes:
    """A striped picture."""
    row = lambda y: b"\0" + bytes((230, 235, 240) if y // 20 % 2 else (70, 110, 150)) * width  # noqa: E731

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(row(y) for y in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@dataclass
class StillClock:
    """The clock port, stopped until it is moved."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


class DeskDecisions:
    """The store's own decisions, but a decision on a repair only changes its row: no text is edited here."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store.editing, name)

    def approve_repair(self, repair_id: int, *, by: str) -> None:
        self._set(repair_id, "made", by)

    def dismiss_repair(self, repair_id: int, *, by: str, reason: str) -> None:
        self._set(repair_id, "dismissed", by)

    def undo_repair(self, repair_id: int, *, by: str, reason: str) -> None:
        self._set(repair_id, "undone", by)

    def _set(self, repair_id: int, state: str, by: str) -> None:
        with self._store.database.writing() as session:
            row = session.get_one(RepairRow, repair_id)
            row.state, row.who = state, by
            session.add(row)


@dataclass
class Room:
    """A store to fill and the services on it."""

    store: Store
    clock: StillClock
    root: Path
    services: WebServices = field(init=False)
    number: int = 0

    def __post_init__(self) -> None:
        self.services = self.served()

    def served(self, **changes: Any) -> WebServices:
        """Services on this store, as given to the two applications."""
        values: dict[str, Any] = {
            "catalogue": self.store.catalogue,
            "decisions": DeskDecisions(self.store),
            "accounts": self.store.accounts,
            "clock": self.clock,
            "storage": self.root,
        }
        return WebServices(**values | changes)

    def add_analysis(
        self, title: str, notes: Sequence[tuple[str, str, Sequence[str]]], *, published: date = date(2026, 10, 1)
    ) -> int:
        """Store an analysis; *notes* are label, text and URLs."""
        data = title.encode()
        made = tuple(
            Note(label=label, text=text, span=None, urls=tuple(CitedUrl(as_cited=url, occurrences=()) for url in urls))
            for label, text, urls in notes
        )
        reading = Reading(
            format=SourceFormat.HTML, encoding="utf-8", notes=made, links=(), title=title, published=published
        )
        citations = [
            collected(cited, index, position)
            for position, (index, cited) in enumerate(
                (index, cited) for index, note in enumerate(made) for cited in note.urls
            )
        ]
        location = f"https://analyses.example/{sha256_hex(data)[:8]}.html"
        edition = Edition(location=location, sha256=sha256_hex(data), moment=self.clock.now(), data=data)
        self.store.analyses.store(edition, reading, citations, source_id=None)
        found = self.store.analyses.analysis_id(edition.location)
        assert found is not None
        return found

    def link_id(self, url: str) -> int:
        page = self.store.catalogue.link_of_url(url)
        assert page is not None, url
        return page.summary.id

    def set_state(self, url: str, state: LinkState, *, since: datetime | None = None, words: str = "") -> None:
        """Put a link into a state, with the look that told it."""
        moment = since or self.clock.now()
        with self.store.database.writing() as session:
            row = session.get_one(LinkRow, self.link_id(url))
            row.state, row.since, row.last_checked_at = state.value, moment, moment
            kind = "ok" if state is LinkState.ALIVE else "gone"
            look = CheckRow(link_id=row.id, moment=moment, observation=kind, rule="http.410@1", state=state.value)
            look.evidence, look.http_status = {"words": words}, 200 if kind == "ok" else 410
            session.add_all([row, look])

    def add_capture(
        self,
        url: str,
        *,
        moment: datetime | None = None,
        title: str = "A source",
        quality: Quality = Quality.COMPLETE,
        reason: str = "",
        exchanges: Sequence[Exchange] | None = None,
        pictures: dict[str, bytes] | None = None,
        pdf: bytes = PDF,
        media_type: str = "text/html",
        text: str = "The words of the source.",
        confirmed: bool = True,
        note_words: str = "",
        same_as: str | None = None,
    ) -> str:
        """Publish a capture and give it its row; returns its id."""
        self.number += 1
        taken = moment or self.clock.now()
        capture_id = f"{taken:%Y%m%d%H%M%S}-{self.number:010x}"
        fetch = fetch_form(url)
        files: dict[str, Any] = {}
        directory, digest, total = "", "0" * 64, 0
        if same_as is None:
            draft = Draft.open(self.root, token=f"t{self.number}", capture_id=capture_id, url=fetch, software="test/1")
            body = b"<!doctype html><title>A source</title><h1>A source</h1><p>words</p>"
            for one in exchanges or [exchange(fetch, body, head=HTML, main=True, moment=taken)]:
                draft.write_exchange(one)
            for name, data in (pictures if pictures is not None else {"screenshot.png": png()}).items():
                render(draft, name, data, "image/png", taken, fetch)
            if pdf:
                render(draft, "page.pdf", pdf, "application/pdf", taken, fetch)
            facts = about(
                url=fetch,
                identity_key=identity_key(fetch),
                quality=quality,
                quality_reason=reason,
                started_at=taken,
                finished_at=taken,
                final_url=fetch,
                media_type=media_type,
                page=PageMetadata(title=title),
                text=text,
            )
            done = publish(draft, about=facts)
            files, digest, total = dict(done.files), done.manifest_sha256, done.total_bytes
            directory = str(done.directory.relative_to(self.root))
        capture = NewCapture(
            id=capture_id,
            link_id=self._link_for(fetch),
            url=fetch,
            moment=taken,
            quality=quality,
            reason=reason,
            directory=directory,
            files=tuple(files),
            manifest_sha256=digest,
            total_bytes=total,
            title=title,
            media_type=media_type,
            http_status=200,
            text=text,
            confirmed=confirmed,
            note_words=note_words,
            same_as=same_as,
        )
        self.store.captures.adopt(capture, now=taken)
        return capture_id

    def _link_for(self, fetch: str) -> int:
        return self.store.decisions.link_for(
            identity_key=identity_key(fetch),
            fetch_form=fetch,
            host=politeness_key(host_of(fetch)),
            now=self.clock.now(),
        )

    def ask(self, url: str) -> str:
        return self.store.captures.ask(
            self._link_for(fetch_form(url)), reason=RequestReason.EDITOR, now=self.clock.now()
        )

    def add_repair(self, analysis_id: int, url: str, **values: Any) -> int:
        given = {
            "state": "proposed",
            "why": "The source is dead.",
            "file": "a.html",
            "diff": "",
            "moment": NOW,
        } | values
        with self.store.database.writing() as session:
            row = RepairRow(analysis_id=analysis_id, link_id=self.link_id(url), **given)
            session.add(row)
            session.flush()
            assert row.id is not None
            return row.id

    def rows(self, session_work: Callable[[Session], Any]) -> Any:
        with self.store.database.reading() as session:
            return session_work(session)


def render(draft: Draft, name: str, data: bytes, media_type: str, moment: datetime, url: str) -> None:
    draft.write_rendering(name, data, media_type=media_type, target=f"urn:{name}:{url}", moment=moment, conversion=True)


def collected(cited: CitedUrl, note_index: int, position: int) -> CollectedCitation:
    fetch = fetch_form(cited.as_cited)
    return CollectedCitation(
        note_index=note_index,
        position=position,
        cited=cited,
        fetch_form=fetch,
        identity_key=identity_key(fetch),
        host=politeness_key(host_of(fetch)),
        supported=True,
        ordinal=0,
        same_as=None,
    )


@contextlib.contextmanager
def open_room(root: Path) -> Iterator[Room]:
    """An empty store."""
    clock = StillClock()
    settings = Settings.model_validate({"storage": {"path": root}})
    with open_store(settings, clock=clock) as store:
        yield Room(store=store, clock=clock, root=root)


def links_of(session: Session) -> list[LinkRow]:
    return list(session.exec(select(LinkRow)))


@dataclass(frozen=True)
class Listeners:
    """Both applications, running."""

    desk: str
    replay: str
    services: WebServices


@contextlib.contextmanager
def listening(room: Room, **changes: Any) -> Iterator[Listeners]:
    """Run both listeners on free ports, under the default names ``localhost`` and ``127.0.0.1``."""
    sockets = [bound(), bound()]
    ports = [one.getsockname()[1] for one in sockets]
    addresses = Addresses(desk_port=ports[0], replay_port=ports[1])
    services = room.served(addresses=addresses, **changes)
    apps = (build_desk(services), build_replay_host(services))
    with contextlib.ExitStack() as stack:
        for app, one in zip(apps, sockets, strict=True):
            stack.enter_context(running(app, one))
        yield Listeners(f"http://localhost:{ports[0]}", f"http://127.0.0.1:{ports[1]}", services)


def bound() -> socket.socket:
    one = socket.create_server(("127.0.0.1", 0))
    # As the servers' own sockets are; asyncio sets it only where the protocol is named.
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    one.listen(512)
    return one


@contextlib.contextmanager
def running(app: Any, listener: socket.socket) -> Iterator[None]:
    config = uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)
