"""Carrying repairs out on files: one step, old bytes kept, journal first; a crash in between is told apart."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.archive.journal import Journal
from linkkeeper.errors import InputError, RelinkRefused, StorageError
from linkkeeper.pipeline.repair_journal import JournaledRepairs, entry_of, repair_of
from linkkeeper.relinking.files import (
    Act,
    carried_out,
    carry_out,
    carry_out_undo,
    location_of,
    plan_undo,
    read_file,
    repaired_urls,
    replace_file,
    standing,
)
from linkkeeper.relinking.patch import Change, unified
from linkkeeper.relinking.repair import Text, plan
from linkkeeper.vocabulary.citation import SourceFormat
from linkkeeper.vocabulary.digest import sha256_hex
from linkkeeper.vocabulary.relink import Edit, FileRepair, Repair, RepairPlan

URL, OTHER = "https://gone.example/a", "https://lost.example/b"
MEMENTO = "https://keeper.example/web/20240203040506/"
PAGE = f'<!DOCTYPE html><p>See <a href="{URL}">one</a> and <a href="{OTHER}">two</a>, each in its place.</p>'.encode()
ACT = Act(who="ed", moment=datetime(2026, 11, 22, 9, tzinfo=UTC), why="the source is dead")


class Memory:
    """A journal in memory; *broken* refuses lines, as a full disk does."""

    def __init__(self) -> None:
        self.lines: list[FileRepair] = []
        self.broken = False

    def add(self, repair: FileRepair) -> None:
        if self.broken:
            raise StorageError("write the journal", subject="journal", reason="no space left")
        self.lines.append(repair)

    def repairs_of(self, location: str) -> Sequence[FileRepair]:
        return [line for line in self.lines if line.location == location]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    path.write_bytes(PAGE)
    return path


def planned(data: bytes = PAGE, *urls: str) -> RepairPlan:
    moment = datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    repairs = [Repair(url=url, uri_m=MEMENTO + url, moment=moment) for url in urls or (URL, OTHER)]
    return plan(Text(data=data, format=SourceFormat.HTML), repairs)


def carried(page: Path, journal: Memory, *urls: str) -> FileRepair:
    made = planned(page.read_bytes(), *urls)
    return carry_out(made, page, act=ACT, journal=journal, backups=page.parent / "backups")


def undone(page: Path, journal: Memory, *urls: str) -> tuple[FileRepair, ...]:
    history = journal.repairs_of(location_of(page))
    back = plan_undo(page.read_bytes(), history, only=frozenset(urls) or None)
    return carry_out_undo(back, page, act=ACT, journal=journal, backups=page.parent / "backups")


def test_the_record_says_what_why_who_and_when(page: Path) -> None:
    journal = Memory()
    repair = carried(page, journal)
    assert journal.lines == [repair]
    assert (repair.who, repair.why, repair.moment) == (ACT.who, ACT.why, ACT.moment)
    assert repair.before_sha256 == sha256_hex(PAGE) and repair.made(page.read_bytes())
    assert (page.parent / "backups" / repair.before_sha256).read_bytes() == PAGE


def test_a_file_that_changed_since_it_was_planned_is_left(page: Path) -> None:
    made = planned()
    page.write_bytes(PAGE + b" more")
    with pytest.raises(RelinkRefused, match="changed since"):
        carry_out(made, page, act=ACT, journal=Memory(), backups=page.parent / "backups")
    assert page.read_bytes() == PAGE + b" more"


def test_without_its_journal_line_nothing_is_written(page: Path) -> None:
    journal = Memory()
    journal.broken = True
    with pytest.raises(StorageError):
        carried(page, journal)
    assert page.read_bytes() == PAGE


def test_a_line_whose_change_never_came_does_not_count(page: Path) -> None:
    """A crash between line and file: the file still has the bytes from before."""
    journal = Memory()
    lost = carried(page, journal)
    page.write_bytes(PAGE)
    assert carried_out([lost], PAGE) == [] and repaired_urls(PAGE, [lost]) == frozenset()
    made = carried(page, journal)
    assert carried_out([lost, made], page.read_bytes()) == [made]
    undone(page, journal)
    assert page.read_bytes() == PAGE


def test_repairs_made_one_after_the_other_are_taken_back_together_or_apart(page: Path) -> None:
    journal = Memory()
    carried(page, journal, URL)
    carried(page, journal, OTHER)
    both = page.read_bytes()
    assert repaired_urls(both, journal.lines) == {URL, OTHER}
    undone(page, journal, URL)
    assert page.read_bytes() == planned(PAGE, OTHER).after
    assert repaired_urls(page.read_bytes(), journal.lines) == {OTHER}
    undone(page, journal)
    assert page.read_bytes() == PAGE
    assert standing(carried_out(journal.lines, PAGE)) == []


def test_one_of_several_edits_of_a_repair_can_be_taken_back(page: Path) -> None:
    journal = Memory()
    carried(page, journal)
    (line,) = undone(page, journal, OTHER)
    assert [edit.url for edit in line.edits] == [OTHER] and line.undoes == journal.lines[0].id
    undone(page, journal)
    assert page.read_bytes() == PAGE


def test_a_file_that_the_publisher_restored_needs_no_undo(page: Path) -> None:
    journal = Memory()
    carried(page, journal)
    page.write_bytes(PAGE)
    assert plan_undo(PAGE, journal.lines).parts == ()


def test_nothing_is_left_behind_when_a_file_can_not_be_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "inside").write_text("x")
    with pytest.raises(StorageError):
        replace_file(folder, b"data")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.html"):
        read_file(tmp_path / "none.html")


def test_the_journal_gives_back_what_it_was_given(page: Path, tmp_path: Path) -> None:
    journal = JournaledRepairs(Journal(tmp_path / "storage"))
    memory = Memory()
    repair = carried(page, memory)
    journal.add(repair)
    assert list(journal.repairs_of(repair.location)) == [repair]
    entry = entry_of(repair)
    assert repair_of(entry) == repair
    assert repair_of(replace(entry, after={"sha256": "x"})) is None


@given(st.binary(max_size=40), st.binary(min_size=1, max_size=40))
def test_edits_survive_json_whatever_their_bytes(before: bytes, after: bytes) -> None:
    (edit,) = planned(PAGE, URL).edits
    changed = replace(edit, before=before, after=after, left=after, right=before)
    assert Edit.from_json(changed.as_json()) == changed


class TestPatches:
    @given(st.lists(st.sampled_from([b"one\n", b"two\r\n", b"\n", b"last"]), max_size=30), st.data())
    def test_a_patch_turns_the_old_text_into_the_new_one(self, lines: list[bytes], data: st.DataObject) -> None:
        before = b"".join(lines)
        places = sorted(data.draw(st.sets(st.integers(0, len(before)), max_size=6)))
        changes = [Change(place, place, data.draw(st.sampled_from([b"+", b"new\nline", b"\n"]))) for place in places]
        after = before
        for change in reversed(changes):
            after = after[: change.start] + change.after + after[change.end :]
        assert applied(before, unified(before, changes, name="x")) == after

    def test_no_change_is_no_patch(self) -> None:
        assert unified(b"a\n", [], name="x") == b""


def applied(before: bytes, patch: bytes) -> bytes:
    """A patch program of a few lines, as a second reader of the format."""
    lines = before.split(b"\n")
    old = [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    new: list[bytes] = []
    position = 0
    rows = patch.split(b"\n")[2:]
    for number, row in enumerate(rows):
        bare = number + 1 < len(rows) and rows[number + 1].startswith(b"\\")
        text = row[1:] + (b"" if bare else b"\n")
        if row.startswith(b"@@"):
            start = int(row.split(b" ")[1].split(b",")[0][1:]) - 1
            new += old[position:start]
            position = start
        elif row.startswith(b"+"):
            new.append(text)
        elif row[:1] in (b" ", b"-"):
            assert old[position] == text
            new += [text] if row.startswith(b" ") else []
            position += 1
    return b"".join(new + old[position:])
