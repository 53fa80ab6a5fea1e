"""The audit finds a flipped bit in any byte of any file, and names it."""

import errno
import gzip
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive_making import published
from linkkeeper.archive import fixity
from linkkeeper.archive.fixity import verify
from linkkeeper.archive.publish import Published
from linkkeeper.archive.records import check_records
from linkkeeper.vocabulary.digest import sha256_of_file


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return published(tmp_path_factory.mktemp("storage"))


@pytest.fixture
def copy(capture: Published, tmp_path: Path) -> Path:
    return Path(shutil.copytree(capture.directory, tmp_path / "capture-1"))


def test_a_capture_as_published_is_sound(capture: Published) -> None:
    report = verify(capture.directory, manifest_sha256=capture.manifest_sha256)
    assert report.sound
    assert (report.files, report.records) == (6, 9)
    assert report.read_bytes == capture.total_bytes


@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_any_flipped_bit_is_found_and_its_file_named(capture: Published, data: st.DataObject) -> None:
    directory = capture.directory
    path = data.draw(st.sampled_from(sorted(directory.iterdir())))
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[place] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(flipped)
    try:
        without_row = verify(directory)
        with_row = verify(directory, manifest_sha256=capture.manifest_sha256)
    finally:
        path.write_bytes(whole)
    assert any(path.name in damage.file for damage in without_row.damages)
    assert any(path.name == damage.file for damage in with_row.damages)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_cut_is_found_and_its_file_named(capture: Published, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(capture.directory.iterdir())))
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    try:
        report = verify(capture.directory)
    finally:
        path.write_bytes(whole)
    assert any(path.name in damage.file for damage in report.damages)


@pytest.mark.battery
@pytest.mark.timeout(1800)
def test_every_byte_of_every_file_counts(capture: Published) -> None:
    """No sample: one bit of each byte, one after the other."""
    missed = []
    for path in sorted(capture.directory.iterdir()):
        whole = path.read_bytes()
        for place in range(len(whole)):
            flipped = bytearray(whole)
            flipped[place] ^= 1 << place % 8
            path.write_bytes(flipped)
            if not any(path.name in damage.file for damage in verify(capture.directory).damages):
                missed.append((path.name, place))
        path.write_bytes(whole)
    assert missed == []
    assert verify(capture.directory).sound


@pytest.mark.parametrize("length", ["1²", "9" * 5_000, "-1", ""])
def test_a_length_that_is_no_number_is_damage_and_no_crash(tmp_path: Path, length: str) -> None:
    head = f"WARC/1.1\r\nWARC-Type: resource\r\nContent-Length: {length}\r\n\r\n"
    path = tmp_path / "torn.warc.gz"
    path.write_bytes(gzip.compress(head.encode("latin-1") + b"block\r\n\r\n"))
    with path.open("rb") as stream:
        (record,) = check_records(stream, start=0, end=path.stat().st_size)
    assert "Content-Length" in record.problem


def test_a_damaged_record_is_named_and_the_others_are_still_read(copy: Path) -> None:
    path = copy / "capture.wacz"
    data = bytearray(path.read_bytes())
    place = data.index(b"\x1f\x8b\x08", 500)
    data[place + 200] ^= 0xFF
    path.write_bytes(data)
    report = verify(copy)
    records = [damage for damage in report.damages if damage.offset is not None]
    assert len(records) == 1
    assert records[0].record_id.startswith("<urn:uuid:") or records[0].url
    assert report.records == 9


def test_every_damaged_record_is_named_alone(capture: Published, tmp_path: Path) -> None:
    """One after the other: the middle of each record's member."""
    manifest = capture.manifest
    path = tmp_path / "capture-1" / "capture.wacz"
    shutil.copytree(capture.directory, tmp_path / "capture-1")
    whole = path.read_bytes()
    starts = [place for place in range(len(whole)) if whole.startswith(b"\x1f\x8b\x08", place)]
    assert len(starts) == manifest.warc.records
    for start in starts:
        data = bytearray(whole)
        data[start + 150] ^= 0x55
        path.write_bytes(data)
        named = [damage.offset for damage in verify(tmp_path / "capture-1").damages if damage.offset is not None]
        assert named == [start - manifest.warc.offset]


@pytest.mark.parametrize("name", ["capture.wacz", "screenshot.png", "text.txt", "manifest.json", "manifest.sha256"])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    damages = [damage for damage in verify(copy).damages if damage.file == name]
    assert [damage.problem for damage in damages] == ["is missing"]


def test_a_file_that_does_not_belong_is_named(copy: Path) -> None:
    (copy / "extra.html").write_text("added later")
    assert [str(damage) for damage in verify(copy).damages] == ["extra.html: is not of this capture"]


def test_a_capture_forged_whole_is_found_by_its_row(copy: Path, capture: Published, tmp_path: Path) -> None:
    """Files and manifest that agree with each other aren't enough: the row repeats the digest."""
    other = published(tmp_path / "other", text="other words")
    assert verify(other.directory).sound
    report = verify(other.directory, manifest_sha256=capture.manifest_sha256)
    assert [damage.file for damage in report.damages] == ["manifest.json"]


def test_an_empty_folder_is_damage_and_no_crash(tmp_path: Path) -> None:
    assert not verify(tmp_path).sound


def test_a_file_on_a_bad_sector_is_damage_and_the_others_are_still_audited(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(path: Path) -> str:
        if path.name == "text.txt":
            raise OSError(errno.EIO, "Input/output error")
        return sha256_of_file(path)

    monkeypatch.setattr(fixity, "sha256_of_file", read)
    report = verify(copy)
    assert [str(damage) for damage in report.damages] == ["text.txt: can't be read: Input/output error"]
    assert report.records == 9
