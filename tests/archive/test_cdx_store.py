"""The index of all captures: derived, complete, and dark where a capture is dark."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from archive_making import MOMENT, URL, exchange, published
from linkkeeper.archive.cdx_store import CDX_FILE, CdxStore
from linkkeeper.archive.cdxj import read_line
from linkkeeper.archive.records import read_block
from linkkeeper.errors import StorageError

EVERYTHING = ("", "\U0010ffff")


def fill(root: Path) -> CdxStore:
    later = MOMENT.replace(hour=10)
    published(root)
    published(root, capture_id="capture-2", token="token-2", exchanges=[replace(exchange(main=True), moment=later)])
    store = CdxStore(root)
    assert store.catch_up() == 2
    return store


def lines(store: CdxStore, *, dark: str = "") -> list[str]:
    return list(store.between(*EVERYTHING, shown=lambda capture: capture != dark))


def test_every_line_leads_to_its_record_below_the_captures_folder(tmp_path: Path) -> None:
    found = [read_line(text) for text in lines(fill(tmp_path))]
    assert len(found) == 4
    assert [(line.key, line.timestamp) for line in found] == sorted((line.key, line.timestamp) for line in found)
    for line in found:
        (path,) = (tmp_path / "captures").glob(f"*/*/{line.filename}")
        with path.open("rb") as stream:
            header, _ = read_block(stream, offset=line.offset, length=line.length)
        assert f"WARC-Target-URI: {line.url}\r\n".encode() in header


def test_a_range_gives_the_captures_of_one_url_by_time(tmp_path: Path) -> None:
    key = "example,source)/article?a=1"
    found = list(fill(tmp_path).between(key, key + "\0", shown=lambda _: True))
    assert [read_line(text).timestamp for text in found] == ["20261122090000", "20261122100000"]
    assert {read_line(text).url for text in found} == {URL}


def test_a_dark_capture_has_no_line(tmp_path: Path) -> None:
    """Issue 7.4: every form of it disappears."""
    found = lines(fill(tmp_path), dark="capture-1")
    assert len(found) == 1
    assert "capture-2" in found[0]


def test_catching_up_twice_changes_nothing_and_forgets_what_is_gone(tmp_path: Path) -> None:
    store = fill(tmp_path)
    assert store.catch_up() == 0
    shutil.rmtree(tmp_path / "captures" / "2026" / "11" / "capture-1")
    store.catch_up()
    assert store.known() == {"capture-2"}
    assert len(lines(store)) == 1


def test_many_lines_come_in_pages_without_gap_or_double(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linkkeeper.archive.cdx_store._PAGE", 3)
    store = fill(tmp_path)
    assert len(lines(store)) == len(set(lines(store))) == 4


def test_a_damaged_index_says_that_it_can_be_removed(tmp_path: Path) -> None:
    store = fill(tmp_path)
    for path in tmp_path.glob(f"{CDX_FILE}*"):
        path.unlink()
    (tmp_path / CDX_FILE).write_bytes(b"no database" * 1000)
    with pytest.raises(StorageError, match="remove the file"):
        store.known()
    (tmp_path / CDX_FILE).unlink()
    assert store.catch_up() == 2
