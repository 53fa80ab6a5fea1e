"""The journal survives crashes, full disks and several writers."""

import json
import multiprocessing
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkkeeper.archive.journal import (
    OPEN,
    Access,
    Journal,
    JournalEntry,
    JournalKind,
    TornLine,
    access_entry,
    access_of,
    new_entry,
)
from linkkeeper.errors import StorageError
from linkkeeper.vocabulary.capture import AccessLevel

MOMENT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def entry(subject: str = "capture-1", reason: str = "asked for") -> JournalEntry:
    after = {"level": "private", "until": None, "reason": reason}
    return new_entry(
        JournalKind.ACCESS, moment=MOMENT, subject=subject, actor="ed", reason=reason, before=None, after=after
    )


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    written = [entry("one"), entry("two", "line\nbreak, é, \x00"), entry("three")]
    for item in written:
        journal.append(item)
    assert list(journal.read()) == written
    assert [path.name for path in (tmp_path / "journal").iterdir()] == ["2026-11.jsonl"]


def test_a_line_has_the_keys_of_the_design(tmp_path: Path) -> None:
    Journal(tmp_path).append(entry())
    line = json.loads((tmp_path / "journal" / "2026-11.jsonl").read_text())
    assert sorted(line) == ["actor", "after", "before", "id", "kind", "moment", "reason", "subject"]
    assert line["moment"] == "2026-11-22T09:00:00Z"


def test_a_torn_last_line_is_told_and_spoils_no_later_one(tmp_path: Path) -> None:
    """The line is synced before the change, so a torn one changed nothing."""
    journal = Journal(tmp_path)
    journal.append(entry("one"))
    path = tmp_path / "journal" / "2026-11.jsonl"
    path.write_bytes(path.read_bytes() + entry("torn").as_line()[:-20])
    journal.append(entry("two"))
    kinds = [item.subject if isinstance(item, JournalEntry) else (item.number, item.file) for item in journal.read()]
    assert kinds == ["one", (2, "2026-11.jsonl"), "two"]
    assert [item.subject for item in journal.entries()] == ["one", "two"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_damage_to_a_line_leaves_the_others_readable(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("journal")
    journal = Journal(root)
    for subject in ("one", "two", "three"):
        journal.append(entry(subject))
    path = root / "journal" / "2026-11.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    damaged = bytearray(lines[1])
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(damaged) - 2))
        damaged[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != 10))
    path.write_bytes(lines[0] + bytes(damaged) + lines[2])
    found = list(journal.read())
    assert isinstance(found[0], JournalEntry)
    assert isinstance(found[2], JournalEntry)
    assert isinstance(found[1], JournalEntry | TornLine)


def append_many(root: Path, name: str) -> None:
    for number in range(25):
        Journal(root).append(entry(f"{name}-{number}"))


def test_several_processes_never_mix_their_lines(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=append_many, args=(tmp_path, name)) for name in ("a", "b", "c")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    found = list(Journal(tmp_path).read())
    assert not [item for item in found if isinstance(item, TornLine)]
    assert len(found) == 75


def test_a_part_written_by_a_full_disk_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path)
    journal.append(entry("one"))
    real_write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, data: real_write(descriptor, data[:7]))
        with pytest.raises(StorageError, match="journal"):
            journal.append(entry("two"))
    assert [item.subject for item in journal.read() if isinstance(item, JournalEntry)] == ["one"]


def test_an_unsynced_line_is_an_error_so_the_change_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(StorageError, match="Input/output"):
        Journal(tmp_path).append(entry())


def test_the_last_change_of_access_counts() -> None:
    takedown = Access(AccessLevel.TAKEDOWN, None, "a court's order")
    changes = [
        access_entry("a", moment=MOMENT, actor="ed", before=OPEN, after=takedown),
        access_entry("b", moment=MOMENT, actor="ed", before=OPEN, after=takedown),
        access_entry("b", moment=MOMENT, actor="ed", before=takedown, after=OPEN),
    ]
    now = access_of(changes)
    assert now["a"] == takedown
    assert now["b"].level is AccessLevel.OPEN


def test_an_embargo_ends_at_its_moment_and_no_second_before() -> None:
    embargo = Access(AccessLevel.EMBARGO, MOMENT, "until it is published")
    assert embargo.at(MOMENT - timedelta(seconds=1)) is embargo
    assert embargo.at(MOMENT).level is AccessLevel.OPEN


@pytest.mark.parametrize("content", [None, {}, {"level": "who knows"}, "open", {"level": "embargo", "until": "soon"}])
def test_an_access_that_cannot_be_read_is_kept_dark(content: object) -> None:
    assert Access.from_json(content).level is AccessLevel.PRIVATE
