"""Exports are whole, proven, and readable without linkkeeper."""

import hashlib
import zipfile
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from archive_making import published
from linkkeeper.archive.export import ExportFormat, export
from linkkeeper.errors import FixityError, InputError, StorageError


def test_a_wacz_is_the_capture_s_own(tmp_path: Path) -> None:
    done = published(tmp_path)
    path = export(done.directory, target=tmp_path / "out", kind=ExportFormat.WACZ)
    assert path == tmp_path / "out" / "capture-1.wacz"
    assert path.read_bytes() == (done.directory / "capture.wacz").read_bytes()


def test_a_warc_is_cut_out_byte_for_byte(tmp_path: Path) -> None:
    done = published(tmp_path)
    path = export(done.directory, target=tmp_path / "out", kind=ExportFormat.WARC)
    with zipfile.ZipFile(done.directory / "capture.wacz") as package:
        assert path.read_bytes() == package.read("archive/data.warc.gz")
    with path.open("rb") as stream:
        assert sum(1 for _ in ArchiveIterator(stream)) == 9


def test_a_bag_holds_every_file_with_its_digest(tmp_path: Path) -> None:
    """RFC 8493: declaration, payload manifest, tag manifest, oxum."""
    done = published(tmp_path)
    bag = export(done.directory, target=tmp_path / "out", kind=ExportFormat.BAGIT)
    assert (bag / "bagit.txt").read_text() == "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    listed = dict(reversed(line.split("  ")) for line in (bag / "manifest-sha256.txt").read_text().splitlines())
    present = {f"data/{path.name}" for path in (bag / "data").iterdir()}
    assert listed.keys() == present == {f"data/{path.name}" for path in done.directory.iterdir()}
    for name, digest in listed.items():
        assert hashlib.sha256((bag / name).read_bytes()).hexdigest() == digest
    for line in (bag / "tagmanifest-sha256.txt").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((bag / name).read_bytes()).hexdigest() == digest
    size = sum(path.stat().st_size for path in (bag / "data").iterdir())
    assert f"Payload-Oxum: {size}.6\n" in (bag / "bag-info.txt").read_text()


@pytest.mark.parametrize("kind", list(ExportFormat))
def test_a_damaged_capture_is_not_exported(tmp_path: Path, kind: ExportFormat) -> None:
    done = published(tmp_path)
    path = done.directory / "text.txt"
    path.write_bytes(path.read_bytes() + b"!")
    with pytest.raises(FixityError, match=r"text\.txt"):
        export(done.directory, target=tmp_path / "out", kind=kind)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", list(ExportFormat))
def test_nothing_is_overwritten(tmp_path: Path, kind: ExportFormat) -> None:
    done = published(tmp_path)
    export(done.directory, target=tmp_path / "out", kind=kind)
    with pytest.raises(InputError, match="there already"):
        export(done.directory, target=tmp_path / "out", kind=kind)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    done = published(tmp_path)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="export the capture"):
        export(done.directory, target=tmp_path / "file", kind=ExportFormat.WACZ)
