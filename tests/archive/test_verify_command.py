"""``verify`` and ``export`` as an operator runs them."""

import json
import shutil
from pathlib import Path

import pytest
from sqlmodel import select

from archive_making import published
from linkkeeper.adapters.sqlmodel_tables import CaptureRow
from linkkeeper.assembly import open_store
from linkkeeper.cli import run
from linkkeeper.settings import load


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two captures and a migrated database without rows, made once."""
    root = tmp_path_factory.mktemp("made")
    published(root / "storage")
    published(root / "storage", capture_id="capture-2", token="token-2")
    (root / "config.toml").write_text(f'[storage]\npath = "{root / "storage"}"\n')
    assert linkkeeper(root / "storage", "verify") == 0
    return root


@pytest.fixture
def storage(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    shutil.copytree(made / "storage", tmp_path / "storage")
    (tmp_path / "config.toml").write_text(f'[storage]\npath = "{tmp_path / "storage"}"\n')
    capsys.readouterr()
    return tmp_path / "storage"


def linkkeeper(storage: Path, *arguments: str) -> int:
    return run([arguments[0], "--config", str(storage.parent / "config.toml"), *arguments[1:]])


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_sound_captures_verify_with_status_0(storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert linkkeeper(storage, "verify", "--json") == 0
    first, second, others = lines(capsys)
    assert (first["capture_id"], first["sound"], first["files"], first["records"]) == ("capture-1", True, 6, 9)
    assert second["capture_id"] == "capture-2"
    assert others == {"editions": 0, "trouble": []}


def test_a_flipped_bit_is_named_and_exits_1(storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = storage / "captures" / "2026" / "11" / "capture-2" / "screenshot.png"
    data = bytearray(path.read_bytes())
    data[3] ^= 1
    path.write_bytes(data)
    assert linkkeeper(storage, "verify", "--json") == 1
    damaged = lines(capsys)[1]
    assert damaged["sound"] is False
    assert [damage["file"] for damage in damaged["damages"]] == ["screenshot.png"]  # type: ignore[attr-defined]
    assert linkkeeper(storage, "verify", "capture-1") == 0
    assert linkkeeper(storage, "verify", "capture-2") == 1


def test_what_was_found_sound_is_noted_and_what_is_damaged_is_not(storage: Path) -> None:
    assert linkkeeper(storage, "rebuild") == 0
    path = storage / "captures" / "2026" / "11" / "capture-1" / "screenshot.png"
    path.write_bytes(path.read_bytes()[:-1])
    assert linkkeeper(storage, "verify") == 1
    with open_store(load(storage.parent / "config.toml")) as store, store.database.reading() as session:
        rows = {row.id: row.verified_at for row in session.exec(select(CaptureRow))}
        assert rows["capture-1"] is None
        assert rows["capture-2"] is not None
        assert store.captures.longest_unverified(1) == ["capture-1"]


def test_an_unknown_capture_is_named_and_exits_1(storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert linkkeeper(storage, "verify", "capture-9") == 1
    assert "capture-9" in capsys.readouterr().err


def test_a_row_without_its_folder_is_damage(storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert linkkeeper(storage, "rebuild") == 0
    capsys.readouterr()
    shutil.rmtree(storage / "captures" / "2026" / "11" / "capture-1")
    assert linkkeeper(storage, "verify", "--json") == 1
    assert {str(line.get("capture_id")): line.get("sound") for line in lines(capsys)[:2]} == {
        "capture-1": False,
        "capture-2": True,
    }


def test_a_torn_journal_line_is_told(storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (storage / "journal").mkdir()
    (storage / "journal" / "2026-11.jsonl").write_text('{"id": "torn')
    assert linkkeeper(storage, "verify") == 1
    assert "2026-11.jsonl, line 1" in capsys.readouterr().out


def test_a_changed_edition_is_told(storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (storage / "editions").mkdir()
    (storage / "editions" / ("0" * 64)).write_text("not these bytes")
    assert linkkeeper(storage, "verify") == 1
    assert "0000" in capsys.readouterr().out


def test_export_writes_what_was_asked_for(storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = storage.parent / "out"
    assert linkkeeper(storage, "export", "capture-1", "--format", "warc", "--out", str(out), "--json") == 0
    assert lines(capsys) == [{"capture_id": "capture-1", "path": str(out / "capture-1.warc.gz")}]
    assert linkkeeper(storage, "export", "capture-1", "capture-9", "--out", str(out)) == 1
    assert (out / "capture-1.wacz").is_file()
    assert "capture-9" in capsys.readouterr().err


def test_a_withheld_capture_is_not_exported(storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Issue 7.4: every form of it disappears, exports made afterwards too."""
    assert linkkeeper(storage, "rebuild") == 0
    assert linkkeeper(storage, "withhold", "capture-1", "--as", "takedown", "--reason", "a court's order") == 0
    assert linkkeeper(storage, "export", "capture-1", "--out", str(storage.parent / "out")) == 1
    assert "withheld" in capsys.readouterr().err
    assert linkkeeper(storage, "restore", "capture-1", "--reason", "lifted") == 0
    assert linkkeeper(storage, "export", "capture-1", "--out", str(storage.parent / "out")) == 0


def test_an_unknown_format_is_bad_usage(storage: Path) -> None:
    assert linkkeeper(storage, "export", "capture-1", "--format", "tar") == 2
