"""What is precious is enough: rows come back from archive and journal, and what was dark stays dark."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from linkkeeper.archive.journal import Access, access_entry
from linkkeeper.assembly import Store, open_store
from linkkeeper.errors import FixityError, InputError, UsageError
from linkkeeper.settings import load
from linkkeeper.vocabulary.capture import AccessLevel
from linkkeeper.vocabulary.state import LinkState

URL = "https://www.river.example/ice"
PAGE = "<!doctype html><title>Ice on the river</title><p>The river froze early this year, said the warden.</p>"


@contextmanager
def _store(folder: Path) -> Iterator[Store]:
    config = folder / "config.toml"
    config.write_text(f'[storage]\npath = "{folder / "storage"}"\nmin_free_bytes = 0\n', "utf-8")
    with open_store(load(config, environment={})) as store:
        yield store


@pytest.fixture
def three(tmp_path: Path) -> tuple[str, str, str]:
    """Ids of an open, a private and a taken-down capture; the database is lost afterwards."""
    page = tmp_path / "ice.html"
    page.write_text(PAGE, "utf-8")
    with _store(tmp_path) as store:
        first, second, third = (store.editing.upload(f"{URL}?n={number}", page, by="ed") for number in range(3))
        store.editing.withhold(second, AccessLevel.PRIVATE, by="ed", reason="names a minor")
        store.editing.withhold(third, AccessLevel.TAKEDOWN, by="ed", reason="court order")
    return first, second, third


def _lose_database(folder: Path) -> None:
    for path in (folder / "storage").glob("linkkeeper.db*"):
        path.unlink()


def test_rebuild_gives_the_same_captures_and_keeps_dark_what_was_dark(
    tmp_path: Path, three: tuple[str, str, str]
) -> None:
    with _store(tmp_path) as store:
        before = {view.id: view for view in store.catalogue.captures()}
    _lose_database(tmp_path)
    with _store(tmp_path) as store:
        rebuilt = store.recovery.rebuild()
        after = {view.id: view for view in store.catalogue.captures()}
    assert (rebuilt.captures, rebuilt.added, rebuilt.dark, rebuilt.trouble) == (3, 3, 2, ())
    assert after.keys() == before.keys() == set(three)
    for key, view in after.items():
        for name in ("url", "moment", "quality", "directory", "files", "manifest_sha256", "title", "access"):
            assert getattr(view, name) == getattr(before[key], name), name


def test_adopting_after_a_lost_database_never_opens_what_was_withheld(
    tmp_path: Path, three: tuple[str, str, str]
) -> None:
    """The daemon adopts directories without rows at its start: the journal has the last word there too."""
    _lose_database(tmp_path)
    with _store(tmp_path) as store:
        assert store.recovery.adopt() == 3
        levels = [store.catalogue.capture(capture_id).access for capture_id in three]  # type: ignore[union-attr]
    assert levels == [AccessLevel.OPEN, AccessLevel.PRIVATE, AccessLevel.TAKEDOWN]


def test_a_torn_journal_line_keeps_its_capture_dark(tmp_path: Path, three: tuple[str, str, str]) -> None:
    journal = next((tmp_path / "storage" / "journal").glob("*.jsonl"))
    with journal.open("ab") as stream:
        stream.write(b'{"id":"torn","kind":"access","subject":"' + three[0].encode() + b'","after":{"lev')
    _lose_database(tmp_path)
    with _store(tmp_path) as store:
        rebuilt = store.recovery.rebuild()
        view = store.catalogue.capture(three[0])
    assert view is not None
    assert view.access is AccessLevel.PRIVATE
    assert len(rebuilt.trouble) == 1


def test_an_access_line_without_its_row_is_carried_out_at_start(tmp_path: Path, three: tuple[str, str, str]) -> None:
    """As a crash between the journal and the database leaves it."""
    with _store(tmp_path) as store:
        entry = access_entry(
            three[0],
            moment=datetime.now(UTC),
            actor="ed",
            before=Access(AccessLevel.OPEN),
            after=Access(AccessLevel.PRIVATE, None, "crashed here"),
        )
        store.journal.append(entry)
    with _store(tmp_path) as store:
        view = store.catalogue.capture(three[0])
    assert view is not None
    assert (view.access, view.access_reason) == (AccessLevel.PRIVATE, "crashed here")


def test_an_unreadable_manifest_is_named_and_the_others_come_back(tmp_path: Path, three: tuple[str, str, str]) -> None:
    with _store(tmp_path) as store:
        directory = store.shelf.require(three[0])
    (directory / "manifest.json").write_text("{", "utf-8")
    _lose_database(tmp_path)
    with _store(tmp_path) as store:
        rebuilt = store.recovery.rebuild()
    assert rebuilt.added == 2
    assert [three[0] in line for line in rebuilt.trouble] == [True]


def test_a_withheld_capture_is_restored_with_its_reason_kept(tmp_path: Path, three: tuple[str, str, str]) -> None:
    with _store(tmp_path) as store:
        store.editing.restore(three[1], by="ed", reason="consent was given")
        view = store.catalogue.capture(three[1])
        decisions = store.decisions.decisions_on(three[1])
    assert view is not None
    assert view.access is AccessLevel.OPEN
    assert [(one.after, one.reason, one.actor) for one in decisions] == [
        ("private", "names a minor", "ed"),
        ("open", "consent was given", "ed"),
    ]


def test_decisions_need_a_reason_and_a_subject_that_exists(tmp_path: Path, three: tuple[str, str, str]) -> None:
    with _store(tmp_path) as store:
        with pytest.raises(UsageError, match="reason"):
            store.editing.withhold(three[0], AccessLevel.PRIVATE, by="ed", reason=" ")
        with pytest.raises(InputError, match="no capture"):
            store.editing.withhold("nothing", AccessLevel.PRIVATE, by="ed", reason="x")
        with pytest.raises(UsageError, match="needs an end"):
            store.editing.withhold(three[0], AccessLevel.EMBARGO, by="ed", reason="x")
        with pytest.raises(InputError, match="nothing cites it"):
            store.editing.pin("https://nowhere.example/", LinkState.DEAD, by="ed", reason="x")


def test_an_embargo_ends_by_itself_for_readers(tmp_path: Path, three: tuple[str, str, str]) -> None:
    with _store(tmp_path) as store:
        store.editing.withhold(
            three[0], AccessLevel.EMBARGO, by="ed", reason="until print", until=datetime.now(UTC) + timedelta(days=1)
        )
        assert [finding.key for finding in store.catalogue.search("warden")] == []
        store.editing.withhold(
            three[0], AccessLevel.EMBARGO, by="ed", reason="until print", until=datetime.now(UTC) - timedelta(days=1)
        )
        assert [finding.key for finding in store.catalogue.search("warden")] == [three[0]]


def test_a_pin_holds_the_state_and_is_kept_with_name_and_reason(tmp_path: Path, three: tuple[str, str, str]) -> None:
    with _store(tmp_path) as store:
        store.editing.pin(f"{URL}?n=0", LinkState.DEAD, by="ed", reason="the publisher told us")
        page = store.catalogue.link_of_url(f"{URL}?n=0")
        assert page is not None
        assert (page.summary.state, page.summary.pinned) == (LinkState.DEAD, True)
        store.editing.pin(f"{URL}?n=0", None, by="ed", reason="they were wrong")
        page = store.catalogue.link_of_url(f"{URL}?n=0")
        assert page is not None
        assert not page.summary.pinned
        # What looks say counts again, so one is due at once.
        assert page.summary.next_check_at is not None
        assert page.summary.next_check_at <= datetime.now(UTC)
        assert page.summary.words == "left so, until the next look, by ed: they were wrong"


def test_an_edition_is_kept_by_its_digest_and_a_flipped_bit_is_found(tmp_path: Path) -> None:
    from linkkeeper.pipeline.poll import read_file

    piece = tmp_path / "piece.txt"
    piece.write_text("A piece. https://a.example/x.", "utf-8")
    with _store(tmp_path) as store:
        edition = read_file(piece, now=datetime.now(UTC))
        store.editions.keep(edition)
        store.editions.keep(edition)
        assert store.editions.get(edition.sha256) == piece.read_bytes()
        kept = tmp_path / "storage" / "editions" / edition.sha256
        data = bytearray(kept.read_bytes())
        data[3] ^= 1
        kept.write_bytes(data)
        with pytest.raises(FixityError):
            store.editions.get(edition.sha256)


def test_the_journal_is_lines_of_json_that_other_tools_can_read(tmp_path: Path, three: tuple[str, str, str]) -> None:
    journal = next((tmp_path / "storage" / "journal").glob("*.jsonl"))
    lines = [json.loads(line) for line in journal.read_text("utf-8").splitlines()]
    assert [line["kind"] for line in lines] == ["access", "access"]
    assert [line["subject"] for line in lines] == [three[1], three[2]]
    assert set(lines[0]) == {"id", "moment", "kind", "subject", "actor", "reason", "before", "after"}
