"""
Whenever the machine, the disk or the process fails, a capture is whole or absent.

The suite strikes at a sample of the operations; the battery at every one.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from archive_making import published
from linkkeeper.archive.fixity import verify
from linkkeeper.archive.shelf import Shelf

CHILD = Path(__file__).parent / "fault_child.py"


def run_child(root: Path, mode: str, number: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(CHILD), str(root), mode, str(number)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def operations(tmp_path_factory: pytest.TempPathFactory) -> int:
    finished = run_child(tmp_path_factory.mktemp("count") / "storage", "count", 0)
    assert finished.returncode == 0, finished.stderr
    return int(finished.stdout)


def assert_whole_or_absent(root: Path) -> bool:
    """After a sweep there is nothing but sound captures; say whether one was published."""
    shelf = Shelf(root)
    shelf.sweep()
    directories = list(shelf.directories())
    for directory in directories:
        report = verify(directory)
        assert report.sound, report.damages
    assert [(found.token, found.directory) for found in shelf.without_row(())] == [
        ("token-1", directory) for directory in directories
    ]
    stray = {path.name for path in root.rglob("*") if path.is_file() and path.parent not in directories}
    assert stray == set()
    assert {path.name for path in root.iterdir()} <= {"captures", "tmp"}
    return bool(directories)


def assert_retried(root: Path, *, was_published: bool) -> None:
    """The second attempt has a token of its own and always succeeds."""
    if was_published:
        return
    done = published(root, token="token-2")
    assert verify(done.directory, manifest_sha256=done.manifest_sha256).sound


def strike(tmp_path: Path, mode: str, number: int) -> None:
    root = tmp_path / f"{mode}-{number}"
    finished = run_child(root, mode, number)
    if mode == "kill":
        assert finished.returncode == -signal.SIGKILL, finished.stderr
        assert not Path(f"{root}.row").exists()
    else:
        assert finished.returncode in (0, 3), finished.stderr
    was_published = assert_whole_or_absent(root) if root.exists() else False
    if finished.returncode == 0:
        assert was_published
    assert_retried(root, was_published=was_published)


@pytest.mark.parametrize("tenth", range(0, 10, 3))
def test_a_killed_process_leaves_a_whole_capture_or_none(tmp_path: Path, operations: int, tenth: int) -> None:
    strike(tmp_path, "kill", 1 + operations * tenth // 10)


@pytest.mark.parametrize("tenth", range(1, 10, 3))
def test_an_input_output_error_leaves_a_whole_capture_or_none(tmp_path: Path, operations: int, tenth: int) -> None:
    strike(tmp_path, "error", 1 + operations * tenth // 10)


@pytest.mark.parametrize("limit", [10, 1000, 5000])
def test_a_disk_that_takes_no_more_leaves_no_capture(tmp_path: Path, limit: int) -> None:
    """The limit bites in the records, the package and the manifest."""
    root = tmp_path / "storage"
    finished = run_child(root, "size", limit)
    assert finished.returncode == 3, finished.stderr
    assert "File too large" in finished.stderr
    assert not assert_whole_or_absent(root)
    assert_retried(root, was_published=False)


@pytest.mark.battery
@pytest.mark.timeout(900)
@pytest.mark.parametrize("mode", ["kill", "error"])
def test_every_operation_may_fail(tmp_path: Path, operations: int, mode: str) -> None:
    for number in range(1, operations + 1):
        strike(tmp_path, mode, number)


@pytest.mark.battery
@pytest.mark.timeout(900)
def test_every_size_of_a_full_disk(tmp_path: Path) -> None:
    """A small file system of its own, filled to every hundredth of what a capture needs."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    place = tmp_path / "small"
    place.mkdir()
    for kilobytes in range(4, 80, 4):
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)], capture_output=True, check=False
        )
        if mounted.returncode != 0:
            pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
        try:
            finished = run_child(place / "storage", "count", 0)
            was_published = assert_whole_or_absent(place / "storage") if (place / "storage").exists() else False
            assert was_published is (finished.returncode == 0), finished.stderr
        finally:
            subprocess.run(["umount", str(place)], check=True)
