"""Collecting: editions are kept, read once, and their citations keep their identity; sources are polled."""

import asyncio
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from linkkeeper.assembly import Engine, open_engine
from linkkeeper.errors import InputError, UsageError
from linkkeeper.pipeline.poll import analysis_files
from linkkeeper.settings import load
from linkkeeper.vocabulary.capture import RequestState
from testweb import TestWeb, behaviours

PIECE = """A piece. The river froze.[1] The mill closed.[2] So it was.[3]
---
[1] Ann Bell, “Ice on the river,” https://www.post.example/ice.
[2] Ben Cole, “The mill closes,” https://www.mill.example/closes.
[3] Ibid.
"""
RENUMBERED = """A piece. It snowed.[1] The river froze.[2] The mill closed.[3] So it was.[4]
---
[1] Cai Dunn, “Snow in the valley,” https://www.post.example/snow.
[2] Ann Bell, “Ice on the river,” https://www.post.example/ice.
[3] Ben Cole, “The mill closes,” https://www.mill.example/closes.
[4] Ibid.
"""


class MovedClock:
    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def web() -> Iterator[TestWeb]:
    with TestWeb() as web:
        yield web


def _run(web: TestWeb, folder: Path, work, *, clock: MovedClock | None = None, **tables):  # type: ignore[no-untyped-def]
    """Run *work(engine)* on an engine that reaches only the test web."""
    config = web.write_config(folder / "config.toml", storage=folder / "storage", **tables)

    async def go():  # type: ignore[no-untyped-def]
        async with open_engine(load(config), clock=clock, allow_unsandboxed=True) as engine:
            return await work(engine)

    return asyncio.run(go())


async def _take_in(engine: Engine, *inputs: Path | str):  # type: ignore[no-untyped-def]
    return await engine.archive_run.take_in([str(item) for item in inputs])


def test_an_edition_is_read_once_and_its_new_links_ask_for_a_capture(web: TestWeb, tmp_path: Path) -> None:
    piece = tmp_path / "piece.txt"
    piece.write_text(PIECE, "utf-8")

    async def work(engine: Engine) -> None:
        first = await _take_in(engine, piece)
        again = await _take_in(engine, piece)
        requests = engine.store.catalogue.requests()
        assert first.problems == again.problems == ()
        assert sorted(request.url for request in requests) == [
            "https://www.mill.example/closes",
            "https://www.post.example/ice",
        ]
        assert {request.state for request in requests} == {RequestState.WAITING}
        edition = first.editions[0]
        assert engine.store.editions.get(edition.sha256) == piece.read_bytes()

    _run(web, tmp_path, work)


def test_a_crash_right_after_the_edition_was_written_loses_no_first_capture(web: TestWeb, tmp_path: Path) -> None:
    """The same bytes are not read again, so that nobody would ask later."""
    piece = tmp_path / "piece.txt"
    piece.write_text(PIECE, "utf-8")

    async def work(engine: Engine) -> None:
        def crash(*arguments: object, **more: object) -> None:
            raise KeyboardInterrupt

        # What follows the edition's transaction does not happen any more.
        engine.store.captures.ask = crash  # type: ignore[method-assign]
        engine.store.captures.last_capture_moment = crash  # type: ignore[method-assign]
        await _take_in(engine, piece)
        assert engine.store.captures.open_requests() == 2

    _run(web, tmp_path, work)


def test_an_ibid_is_a_citation_of_the_source_it_means(web: TestWeb, tmp_path: Path) -> None:
    piece = tmp_path / "piece.txt"
    piece.write_text(PIECE, "utf-8")

    async def work(engine: Engine) -> None:
        await _take_in(engine, piece)
        page = engine.store.catalogue.analysis_at(str(piece))
        assert page is not None
        third = page.notes[2]
        assert third.ibid_of == "2"
        assert [(one.is_repeat, one.as_cited, one.link.url) for one in third.citations] == [
            (True, "", "https://www.mill.example/closes")
        ]

    _run(web, tmp_path, work)


def test_unchanged_citations_keep_their_identity_when_notes_are_renumbered(web: TestWeb, tmp_path: Path) -> None:
    piece = tmp_path / "piece.txt"
    piece.write_text(PIECE, "utf-8")

    async def work(engine: Engine) -> None:
        await _take_in(engine, piece)
        before = _ids(engine, piece)
        piece.write_text(RENUMBERED, "utf-8")
        await _take_in(engine, piece)
        after = _ids(engine, piece)
        for url in ("https://www.post.example/ice", "https://www.mill.example/closes"):
            assert after[url] == before[url]
        assert "https://www.post.example/snow" in after
        piece.write_text(PIECE.replace("https://www.mill.example/closes", "https://www.mill.example/other"), "utf-8")
        await _take_in(engine, piece)
        assert "https://www.mill.example/closes" not in _ids(engine, piece)

    _run(web, tmp_path, work)


def _ids(engine: Engine, piece: Path) -> dict[str, list[int]]:
    page = engine.store.catalogue.analysis_at(str(piece))
    assert page is not None
    found: dict[str, list[int]] = {}
    for note in page.notes:
        for citation in note.citations:
            found.setdefault(citation.link.url, []).append(citation.id)
    return found


def test_a_source_cited_again_is_captured_again_only_when_its_copy_is_old(web: TestWeb, tmp_path: Path) -> None:
    web.place("https://www.post.example/ice", behaviours.alive(title="Ice on the river"))
    clock = MovedClock()
    first, second, third = (tmp_path / f"{name}.txt" for name in ("first", "second", "third"))
    for path in (first, second, third):
        path.write_text(
            PIECE.partition("[2]")[0] + "\n---\n[1] Ann Bell, “Ice,” https://www.post.example/ice.", "utf-8"
        )

    async def work(engine: Engine) -> None:
        await _take_in(engine, first)
        while await engine.keeper.work_one():
            pass
        await _take_in(engine, second)
        assert engine.store.captures.open_requests() == 0
        clock.at += timedelta(days=31)
        await _take_in(engine, third)
        assert engine.store.captures.open_requests() == 1

    _run(web, tmp_path, work, clock=clock)


def test_what_no_browser_can_open_is_reported_and_never_asked_for(web: TestWeb, tmp_path: Path) -> None:
    piece = tmp_path / "piece.md"
    piece.write_text(
        "Text.[^1][^2][^3]\n\n[^1]: [A](ftp://files.example/a.txt).\n[^2]: [B](javascript:alert(1)).\n"
        "[^3]: [C](data:text/plain,hello).\n",
        "utf-8",
    )

    async def work(engine: Engine) -> None:
        intake = await _take_in(engine, piece)
        assert intake.problems == ()
        assert engine.store.captures.open_requests() == 0
        summary = await engine.watcher.run()
        assert summary.looks == 0

    _run(web, tmp_path, work)
    assert web.requests == []


def test_the_scope_notes_leaves_links_of_the_running_text_alone(web: TestWeb, tmp_path: Path) -> None:
    piece = tmp_path / "piece.md"
    piece.write_text("See [a](https://www.text.example/a).[^1]\n\n[^1]: <https://www.note.example/b>.\n", "utf-8")

    async def work(engine: Engine) -> list[str]:
        await _take_in(engine, piece)
        return [link.url for link in engine.store.catalogue.links()]

    assert _run(web, tmp_path, work, citations={"scope": "notes"}) == ["https://www.note.example/b"]


def test_a_binary_as_analysis_is_named_and_the_others_go_on(web: TestWeb, tmp_path: Path) -> None:
    binary, piece = tmp_path / "picture.txt", tmp_path / "piece.txt"
    binary.write_bytes(bytes(range(256)) * 40)
    piece.write_text(PIECE, "utf-8")

    async def work(engine: Engine) -> None:
        intake = await _take_in(engine, binary, piece, tmp_path / "missing.txt")
        assert [str(binary) in str(intake.problems[0]), "missing.txt" in str(intake.problems[1])] == [True, True]
        assert [edition.location for edition in intake.editions] == [str(piece)]

    _run(web, tmp_path, work)


FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Pieces</title>
<item><title>One</title><link>https://www.pub.example/one</link></item>
<item><title>Two</title><link>https://www.pub.example/two</link></item></channel></rss>"""
SITEMAP = """<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc>https://www.pub.example/one</loc></url><url><loc>https://www.pub.example/two</loc></url></urlset>"""
INDEX = """<?xml version="1.0" encoding="UTF-8"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>https://www.pub.example/sitemap-1.xml.gz</loc></sitemap></sitemapindex>"""


def _publish(web: TestWeb) -> None:
    for name in ("one", "two"):
        html = f'<title>{name}</title><article><p>See <a href="https://www.src.example/{name}">it</a>.</p></article>'
        web.place(f"https://www.pub.example/{name}", behaviours.File(html.encode(), "text/html; charset=utf-8"))
    web.place("https://www.pub.example/feed.xml", behaviours.File(FEED.encode(), "application/rss+xml"))
    web.place(
        "https://www.pub.example/sitemap-1.xml.gz", behaviours.File(gzip.compress(SITEMAP.encode()), "application/gzip")
    )
    web.place("https://www.pub.example/sitemap.xml", behaviours.File(INDEX.encode(), "application/xml"))
    web.place("https://www.pub.example/broken.xml", behaviours.File(b"<rss><channel><item>", "application/rss+xml"))
    web.place("https://www.pub.example/page.xml", behaviours.File(b"<p>no feed at all</p>", "text/html"))


@pytest.mark.parametrize("address", ["feed.xml", "sitemap.xml"])
def test_a_feed_and_a_sitemap_lead_to_their_analyses(web: TestWeb, tmp_path: Path, address: str) -> None:
    _publish(web)

    async def work(engine: Engine) -> list[str]:
        engine.store.following.follow(f"https://www.pub.example/{address}")
        assert await engine.poller.poll_due() == 2
        return sorted(link.url for link in engine.store.catalogue.links())

    assert _run(web, tmp_path, work) == ["https://www.src.example/one", "https://www.src.example/two"]


@pytest.mark.parametrize("address", ["broken.xml", "page.xml", "nowhere.xml"])
def test_a_feed_that_is_none_says_so_and_is_asked_again_later(web: TestWeb, tmp_path: Path, address: str) -> None:
    _publish(web)

    async def work(engine: Engine) -> None:
        engine.store.following.follow(f"https://www.pub.example/{address}")
        assert await engine.poller.poll_due() == 0
        source = engine.store.catalogue.sources()[0]
        assert source.last_error
        assert f"https://www.pub.example/{address}" in source.last_error
        assert source.next_poll_at is not None

    _run(web, tmp_path, work)


def test_each_source_is_polled_on_its_own_schedule(web: TestWeb, tmp_path: Path) -> None:
    clock = MovedClock()
    pieces = tmp_path / "pieces"
    pieces.mkdir()
    (pieces / "piece.txt").write_text(PIECE, "utf-8")
    (pieces / "photo.jpg").write_bytes(b"\xff\xd8\xff")

    async def work(engine: Engine) -> None:
        engine.store.following.follow(str(pieces), schedule="every 2h")
        assert await engine.poller.poll_due() == 1
        assert await engine.poller.poll_due() == 0
        (pieces / "piece.txt").write_text(RENUMBERED, "utf-8")
        clock.at += timedelta(hours=1)
        assert await engine.poller.poll_due() == 0
        clock.at += timedelta(hours=1, minutes=1)
        assert await engine.poller.poll_due() == 1

    _run(web, tmp_path, work, clock=clock)


def test_one_file_that_cannot_be_read_does_not_keep_the_others_of_its_folder(web: TestWeb, tmp_path: Path) -> None:
    pieces = tmp_path / "pieces"
    pieces.mkdir()
    (pieces / "a picture.txt").write_bytes(bytes(range(256)) * 40)
    (pieces / "piece.txt").write_text(PIECE, "utf-8")

    async def work(engine: Engine) -> None:
        engine.store.following.follow(str(pieces))
        assert await engine.poller.poll_due() == 1
        assert "a picture.txt" in (engine.store.catalogue.sources()[0].last_error or "")
        assert engine.store.catalogue.analysis_at(str(pieces / "piece.txt")) is not None

    _run(web, tmp_path, work)


def test_one_page_of_a_feed_that_is_gone_does_not_keep_the_others(web: TestWeb, tmp_path: Path) -> None:
    _publish(web)
    web.place("https://www.pub.example/one", behaviours.Gone())

    async def work(engine: Engine) -> None:
        intake = await _take_in(engine, "https://www.pub.example/feed.xml")
        assert [edition.location for edition in intake.editions] == ["https://www.pub.example/two"]
        assert ["https://www.pub.example/one" in str(problem) for problem in intake.problems] == [True]
        engine.store.following.follow("https://www.pub.example/feed.xml")
        await engine.poller.poll_due()
        assert "https://www.pub.example/one" in (engine.store.catalogue.sources()[0].last_error or "")

    _run(web, tmp_path, work)


def test_an_analysis_that_was_known_before_it_was_followed_belongs_to_its_source(web: TestWeb, tmp_path: Path) -> None:
    pieces = tmp_path / "pieces"
    pieces.mkdir()
    piece = pieces / "piece.txt"
    piece.write_text(PIECE, "utf-8")

    async def work(engine: Engine) -> None:
        await _take_in(engine, piece)
        assert engine.store.repairs.source_of(str(piece)) is None
        engine.store.following.follow(str(pieces))
        assert await engine.poller.poll_due() == 0
        source = engine.store.repairs.source_of(str(piece))
        assert source is not None and source.location == str(pieces)
        engine.store.following.follow(str(piece))
        await engine.poller.poll_due()
        still = engine.store.repairs.source_of(str(piece))
        assert still is not None and still.location == str(pieces)

    _run(web, tmp_path, work)


def test_following_refuses_what_it_could_never_do(web: TestWeb, tmp_path: Path) -> None:
    async def work(engine: Engine) -> None:
        follow = engine.store.following.follow
        with pytest.raises(InputError, match="no such file"):
            follow(str(tmp_path / "missing"))
        with pytest.raises(InputError, match="only http"):
            follow("ftp://files.example/")
        with pytest.raises(UsageError, match="every 6h"):
            follow(str(tmp_path), schedule="now and then")
        with pytest.raises(UsageError, match="known"):
            follow(str(tmp_path), apply="guess")
        with pytest.raises(InputError, match="not followed"):
            engine.store.following.unfollow(str(tmp_path))

    _run(web, tmp_path, work)


def test_a_folder_is_read_without_what_linkkeeper_itself_left_in_it(web: TestWeb, tmp_path: Path) -> None:
    """Its storage and its reports hold copies of sources, not analyses."""
    (tmp_path / "piece.txt").write_text(PIECE, "utf-8")
    for name in ("storage/captures/a", "storage/editions", "out/relinked"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "storage/captures/a/text.txt").write_text("https://www.inside.example/", "utf-8")
    for name in ("report.json", "report.html", "relinked/piece.txt"):
        (tmp_path / "out" / name).write_text(PIECE, "utf-8")
    assert [path.name for path in analysis_files(tmp_path)] == ["piece.txt"]
