"""``linkkeeper doctor`` as an operator runs it."""

from pathlib import Path

import pytest

from command_line import linkkeeper


def config(folder: Path, text: str = "") -> Path:
    path = folder / "config.toml"
    path.write_text(f'[storage]\npath = "{folder / "storage"}"\nmin_free_bytes = 0\n{text}', "utf-8")
    return path


@pytest.mark.browser
def test_everything_is_told_and_nothing_is_changed(tmp_path: Path) -> None:
    ran = linkkeeper("doctor", "--json", "--config", config(tmp_path))
    assert ran.status == 0, ran.out
    told = {found["subject"] for found in ran.objects}
    assert told == {"browser", "sandbox", "fonts", "storage", "database", "clock", "network"}
    assert all(set(found) == {"subject", "health", "found", "advice"} for found in ran.objects)
    assert not (tmp_path / "storage").exists()


def test_trouble_is_told_with_what_to_do_and_exits_1(tmp_path: Path) -> None:
    ran = linkkeeper("doctor", "--config", config(tmp_path, f'[browser]\nexecutable = "{tmp_path / "none"}"\n'))
    assert ran.status == 1
    assert "trouble" in ran.out
    assert "[browser] executable" in " ".join(ran.out.split())
