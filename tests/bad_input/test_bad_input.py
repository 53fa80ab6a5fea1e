"""Bad input of every kind: a clear message with what to do, the right exit status, nothing lost."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import Ran, linkkeeper
from testweb import TestWeb, behaviours

PAGE = "https://www.example-news.org/world/ice"


@pytest.fixture
def web() -> Iterator[TestWeb]:
    with TestWeb() as running:
        running.place(PAGE, behaviours.alive("Ice on the river"))
        yield running


@pytest.fixture
def analysis(tmp_path: Path) -> Path:
    path = tmp_path / "analysis.txt"
    path.write_text(
        f"The river froze.[1]\n---\n[1] Ada Winter, “Ice on the river,” Example News, October 20, 2019, {PAGE}.\n",
        "utf-8",
    )
    return path


def told(ran: Ran) -> str:
    """What was said on standard error; a traceback is never an answer."""
    assert "Traceback" not in ran.err, ran.err
    return " ".join(ran.err.split())


def archive(web: TestWeb, folder: Path, *analyses: object, min_free_bytes: int = 0, **tables: dict[str, object]) -> Ran:
    config = web.write_config(
        folder / "config.toml", storage=folder / "storage", min_free_bytes=min_free_bytes, **tables
    )
    return linkkeeper("archive", *analyses, "--out", folder / "out", "--config", config)


def test_an_unknown_setting_is_named_with_the_nearest_known_one(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[storage]\npaht = 'x'\n", "utf-8")
    ran = linkkeeper("citations", "x.txt", "--config", config)
    assert ran.status == 2
    assert "storage.paht" in told(ran)
    assert "did you mean 'path'?" in told(ran)


def test_an_unknown_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKKEEPER_STORAGE__PAHT", "x")
    ran = linkkeeper("status")
    assert ran.status == 2
    assert "LINKKEEPER_STORAGE__PAHT" in told(ran)


def test_a_settings_file_that_was_named_and_is_missing(tmp_path: Path) -> None:
    ran = linkkeeper("status", "--config", tmp_path / "nowhere.toml")
    assert ran.status == 2
    assert "nowhere.toml" in told(ran)


def test_a_settings_file_that_is_not_toml(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("this is = = not toml", "utf-8")
    ran = linkkeeper("status", "--config", tmp_path / "config.toml")
    assert ran.status == 2
    assert "config.toml" in told(ran)


def test_a_missing_analysis_is_named_and_the_others_are_done(web: TestWeb, tmp_path: Path, analysis: Path) -> None:
    ran = linkkeeper("citations", tmp_path / "nowhere.txt", analysis, "--json")
    assert ran.status == 1
    assert "nowhere.txt" in told(ran)
    assert [entry["footnotes"][0]["urls"] for entry in ran.objects] == [[PAGE]]


def test_a_binary_is_no_analysis(tmp_path: Path) -> None:
    (tmp_path / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 20)
    ran = linkkeeper("citations", tmp_path / "picture.txt", "--json")
    assert (ran.status, ran.out) == (1, "")
    assert "picture.txt" in told(ran)


def test_archive_names_a_binary_and_a_missing_file(web: TestWeb, tmp_path: Path) -> None:
    (tmp_path / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    ran = archive(web, tmp_path, tmp_path / "picture.txt", tmp_path / "nowhere.txt")
    assert ran.status == 1
    assert "picture.txt" in told(ran)
    assert "nowhere.txt" in told(ran)


def test_urls_without_scheme_and_of_other_schemes_in_notes_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "analysis.html"
    path.write_text(
        "<p>One.<sup><a href='#n1'>1</a></sup></p><ol class=footnotes><li id=n1>See www.example-news.org/plain and"
        " <a href='javascript:alert(1)'>a script</a>, <a href='data:text/html,x'>data</a>,"
        f" <a href='ftp://files.example-news.org/a'>a file</a>, <a href='{PAGE}'>the page</a>.</li></ol>",
        "utf-8",
    )
    ran = linkkeeper("citations", path, "--json")
    assert ran.status == 0, ran.err
    urls = ran.objects[0]["footnotes"][0]["urls"]
    assert PAGE in urls
    assert "www.example-news.org/plain" in urls
    assert not any(url.startswith(("javascript:", "data:")) for url in urls)


@pytest.mark.parametrize("url", ["ftp://files.example-news.org/a", "javascript:alert(1)", "data:text/html,x"])
def test_a_url_that_cannot_be_checked_is_unsupported(web: TestWeb, tmp_path: Path, url: str) -> None:
    config = web.write_config(tmp_path / "config.toml", storage=tmp_path / "storage")
    ran = linkkeeper("check", url, "--json", "--config", config)
    assert ran.objects[0]["observation"] == "unsupported"
    assert ran.status == 0


@pytest.mark.parametrize("command", ["check", "capture"])
def test_a_url_without_scheme_is_asked_for_one(web: TestWeb, tmp_path: Path, command: str) -> None:
    config = web.write_config(tmp_path / "config.toml", storage=tmp_path / "storage")
    ran = linkkeeper(command, "www.example-news.org/world/ice", "--json", "--config", config)
    assert (ran.status, ran.out) == (2, "")
    assert "has no scheme" in told(ran)
    assert "https://www.example-news.org/world/ice" in told(ran)


def test_a_url_without_scheme_keeps_no_other_from_being_looked_at(web: TestWeb, tmp_path: Path) -> None:
    config = web.write_config(tmp_path / "config.toml", storage=tmp_path / "storage")
    ran = linkkeeper("check", "www.example-news.org/world/ice", PAGE, "--json", "--config", config)
    assert ran.status == 2
    assert [found["url"] for found in ran.objects] == [PAGE]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ('connect_to = { "https://www.example.org" = "127.0.0.1:1" }', "https://www.example.org"),
        ('connect_to = { "www.example.org:443" = "127.0.0.1:http" }', "'http' is not a port"),
        ('canaries = ["www.example.org"]', "http:// or https://"),
    ],
)
def test_a_malformed_setting_of_the_network_is_named(tmp_path: Path, setting: str, said: str) -> None:
    (tmp_path / "config.toml").write_text(f"[network]\n{setting}\n", "utf-8")
    ran = linkkeeper("status", "--config", tmp_path / "config.toml")
    assert ran.status == 2
    assert said in told(ran)
    assert f"network.{setting.partition(' ')[0]}" in told(ran)


def test_a_page_of_50_mb_is_looked_at_without_reading_it_all(web: TestWeb, tmp_path: Path) -> None:
    web.place("https://huge.example/all", behaviours.Huge())
    config = web.write_config(tmp_path / "config.toml", storage=tmp_path / "storage")
    ran = linkkeeper("check", "https://huge.example/all", "--json", "--config", config)
    assert (ran.status, ran.objects[0]["observation"]) == (0, "ok")
    assert ran.objects[0]["elapsed_s"] < 5


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_a_page_of_50_mb_is_captured_within_its_limits(web: TestWeb, tmp_path: Path) -> None:
    web.place("https://huge.example/all", behaviours.Huge())
    config = web.write_config(
        tmp_path / "config.toml",
        storage=tmp_path / "storage",
        captures={"max_body_bytes": 2_000_000, "total_timeout_s": 60.0},
    )
    ran = linkkeeper("capture", "https://huge.example/all", "--json", "--config", config)
    captured = ran.objects[0]
    assert captured["quality"] in {"partial", "complete"}, captured
    assert captured["reason"]
    assert sum(file.stat().st_size for file in Path(captured["directory"]).iterdir()) < 60_000_000
    assert linkkeeper("verify", "--config", config).status == 0


def test_a_feed_that_is_not_xml_is_named(web: TestWeb, tmp_path: Path) -> None:
    web.place("https://www.example-news.org/feed", behaviours.NotXml())
    config = web.write_config(tmp_path / "config.toml", storage=tmp_path / "storage")
    ran = linkkeeper("archive", "https://www.example-news.org/feed", "--out", tmp_path / "out", "--config", config)
    assert ran.status == 1
    assert "https://www.example-news.org/feed" in told(ran)


def test_a_storage_that_can_t_be_written(web: TestWeb, tmp_path: Path, analysis: Path) -> None:
    (tmp_path / "storage").write_text("a file stands here", "utf-8")
    ran = archive(web, tmp_path, analysis)
    assert ran.status == 1
    assert "[storage] path" in told(ran)
    assert (tmp_path / "storage").read_text("utf-8") == "a file stands here"


def test_a_disk_that_is_nearly_full_stops_captures_and_keeps_the_database(
    web: TestWeb, tmp_path: Path, analysis: Path
) -> None:
    ran = archive(web, tmp_path, analysis, min_free_bytes=10**17)
    assert ran.status == 1
    assert "min_free_bytes" in told(ran) or "free" in told(ran)
    again = web.write_config(tmp_path / "config.toml", storage=tmp_path / "storage")
    assert linkkeeper("verify", "--config", again).status == 0
    status = linkkeeper("status", PAGE, "--json", "--config", again)
    assert status.objects[0]["captures"] == []


def test_no_browser_is_named_before_any_work(web: TestWeb, tmp_path: Path, analysis: Path) -> None:
    ran = archive(web, tmp_path, analysis, browser={"executable": str(tmp_path / "chromium")})
    assert ran.status == 1
    assert "[browser] executable" in told(ran)


def test_a_locked_database_is_waited_for_and_then_named(web: TestWeb, tmp_path: Path) -> None:
    config = web.write_config(tmp_path / "config.toml", storage=tmp_path / "storage")
    assert linkkeeper("sources", "--config", config).status == 0
    with contextlib.closing(sqlite3.connect(tmp_path / "storage" / "linkkeeper.db", isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        ran = linkkeeper("add", tmp_path / "config.toml", "--config", config)
    assert ran.status == 1
    assert "locked" in told(ran)
    assert "another process" in told(ran)


def test_a_newer_database_is_left_alone(web: TestWeb, tmp_path: Path) -> None:
    config = web.write_config(tmp_path / "config.toml", storage=tmp_path / "storage")
    assert linkkeeper("sources", "--config", config).status == 0
    path = tmp_path / "storage" / "linkkeeper.db"
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    ran = linkkeeper("status", "--config", config)
    assert ran.status == 1
    assert "newer release" in told(ran)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)


def test_no_arguments_and_wrong_options_are_bad_usage() -> None:
    assert linkkeeper("archive").status == 2
    assert linkkeeper("archive", "--nonsense").status == 2
    assert linkkeeper("nonsense").status == 2


@pytest.mark.parametrize(
    ("public", "replay", "said"),
    [
        ("sources.pub.example", "https://replay.example", "must begin with http"),
        ("https://sources.pub.example", "", "needs replay_url"),
        ("https://a.example", "https://a.example:8581", "same host"),
    ],
)
def test_public_addresses_that_would_break_links_are_refused(
    tmp_path: Path, public: str, replay: str, said: str
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[web]\npublic_url = "{public}"\nreplay_url = "{replay}"\n', "utf-8")
    ran = linkkeeper("status", "--config", config)
    assert ran.status == 2
    assert said in ran.err
