"""Captures are found by id or token, adopted, and only leftovers are swept."""

import subprocess
import sys
from pathlib import Path

import pytest

from archive_making import URL, exchange, open_draft, published
from linkkeeper.archive.manifest import MANIFEST, Manifest
from linkkeeper.archive.shelf import Shelf, Unreadable
from linkkeeper.errors import FixityError, StorageError, UsageError


def test_a_published_capture_is_found_by_its_id(tmp_path: Path) -> None:
    done = published(tmp_path)
    shelf = Shelf(tmp_path)
    assert shelf.directory("capture-1") == done.directory
    assert shelf.directory("capture-1", moment=done.moment) == done.directory
    assert shelf.directory("capture-1", moment="19990101000000") == done.directory
    assert shelf.directory("capture-2") is None


def test_a_published_capture_without_a_row_is_adopted_as_it_was_published(tmp_path: Path) -> None:
    """After a crash between rename and commit it stands on the shelf and nowhere else."""
    first = published(tmp_path)
    second = published(tmp_path, capture_id="capture-2", token="token-2")
    shelf = Shelf(tmp_path)
    assert list(shelf.without_row({"capture-1"})) == [second]
    assert list(shelf.without_row({"capture-1", "capture-2"})) == []
    assert list(shelf.without_row(set())) == [first, second]


def test_rebuild_reads_every_manifest_and_stops_at_none(tmp_path: Path) -> None:
    published(tmp_path)
    broken = published(tmp_path, capture_id="capture-2", token="token-2").directory
    published(tmp_path, capture_id="capture-3", token="token-3")
    (broken / MANIFEST).write_text("{")
    found = list(Shelf(tmp_path).manifests())
    assert [item.capture_id for item in found if isinstance(item, Manifest)] == ["capture-1", "capture-3"]
    assert [item.directory for item in found if isinstance(item, Unreadable)] == [broken]


def test_an_empty_storage_has_nothing(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "not" / "there")
    assert list(shelf.manifests()) == []
    assert shelf.sweep() == []
    assert shelf.free_bytes() > 0
    with pytest.raises(StorageError, match="no such capture"):
        shelf.require("capture-1")


@pytest.mark.parametrize("name", ["../../etc", "a/b", "", "*"])
def test_an_id_is_no_way_out_of_the_storage(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        Shelf(tmp_path).directory(name)


def test_text_sketches_and_records_are_read_back(tmp_path: Path) -> None:
    published(tmp_path)
    shelf = Shelf(tmp_path)
    assert shelf.text("capture-1") == "The words of the source."
    assert shelf.sketches("capture-1") == b'{"simhash":"ff"}\n'
    lines = shelf.index("capture-1")
    page = next(line for line in lines if line.url == URL)
    header, block = shelf.record("capture-1", offset=page.offset, length=page.length)
    assert b"WARC-Type: response" in header
    assert block.endswith(b"<html><title>A source</title>words</html>")
    with pytest.raises(FixityError):
        shelf.record("capture-1", offset=page.offset + 1, length=page.length)


def test_the_sweeper_takes_leftovers_in_tmp_and_nothing_else(tmp_path: Path) -> None:
    published(tmp_path)
    for name in ("journal", "editions", "backups"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kept").write_text("precious")
    open_draft(tmp_path, token="running").write_exchange(exchange())
    for name in ("left-over", "elsewhere"):
        (tmp_path / "tmp" / name / "capture").mkdir(parents=True)
        (tmp_path / "tmp" / name / "data.warc.gz").write_text("torn")
    (tmp_path / "tmp" / "stray-file").write_text("x")
    (tmp_path / "tmp" / "way-out").symlink_to(tmp_path / "journal")
    before = {path for path in tmp_path.rglob("*") if "tmp" not in path.relative_to(tmp_path).parts}
    assert Shelf(tmp_path).sweep(keep={"elsewhere"}) == ["left-over", "stray-file", "way-out"]
    assert {path.name for path in (tmp_path / "tmp").iterdir()} == {"running", "elsewhere"}
    assert {path for path in tmp_path.rglob("*") if "tmp" not in path.relative_to(tmp_path).parts} == before


def test_a_draft_that_lives_in_another_process_is_not_swept(tmp_path: Path) -> None:
    """Its lock tells, so that two processes on one storage never sweep each other's visits."""
    program = (
        "import sys, archive_making as m; from pathlib import Path;"
        "m.open_draft(Path(sys.argv[1]), token='theirs'); print('open', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    )
    with other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        assert Shelf(tmp_path).sweep() == []
        other.kill()
        other.wait(30)
        assert Shelf(tmp_path).sweep() == ["theirs"]


def test_captures_stop_before_the_disk_is_full(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.require_space(1)
    with pytest.raises(StorageError, match="min_free_bytes"):
        shelf.require_space(1 << 62)
