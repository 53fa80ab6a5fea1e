"""``linkkeeper relink`` with a publisher's own map: diff, write, undo, check, copies; no database needed."""

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from linkkeeper.cli import run
from linkkeeper.relinking.files import keep_backup

URL = "https://gone.example/a"
MEMENTO = "https://keeper.example/web/20240203040506/https://gone.example/a"
SUFFIX = f" [archived 2024-02-03: {MEMENTO}]"
HTML = f'<!DOCTYPE html>\r\n<p>See <a href="{URL}">the source</a> &amp; more.</p>\r\n'
MARKDOWN = f"A claim.[^1]\n\n[^1]: Author, [Title]({URL}), and {URL}.\n"
TEXT = f"A claim. [1]\n\n[1] Author, “Title,” {URL}. Accessed 3 May 2020.\n"
WIKITEXT = f"A claim.<ref>{{{{cite web|url={URL}|title=T}}}}</ref>\n\n== References ==\n<references />\n"
RST = f"A claim [1]_.\n\n.. [1] Author, Title, {URL}.\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of published files in every format, a map, and the storage elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LINKKEEPER_STORAGE__PATH", str(tmp_path / "storage"))
    folder = tmp_path / "site"
    (folder / "deeper").mkdir(parents=True)
    files = {"a.html": HTML, "b.md": MARKDOWN, "c.txt": TEXT, "deeper/d.wiki": WIKITEXT, "e.rst": RST}
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    (folder / "picture.png").write_bytes(b"\x89PNG" + URL.encode())
    (folder / ".hidden.html").write_text(HTML)
    mementos = [{"url": URL, "memento": MEMENTO, "moment": "2024-02-03T04:05:06Z"}]
    (tmp_path / "map.json").write_text(json.dumps(mementos))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_default_shows_a_patch_that_others_can_apply(
    site: Path, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    before = contents(site)
    assert run(["relink", str(site), "--map", "map.json"]) == 0
    patch = capfdbinary.readouterr().out
    assert contents(site) == before
    copy = tmp_path / "copy"
    shutil.copytree(site, copy)
    subprocess.run(["git", "apply", "--unsafe-paths", "-p1", "-"], cwd=copy, input=patch, check=True,
                   env={**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path)})  # fmt: skip
    assert run(["relink", str(site), "--map", "map.json", "--write"]) == 0
    assert contents(copy) == contents(site)


def test_writing_changes_the_links_and_nothing_else(site: Path) -> None:
    assert run(["relink", str(site), "--map", "map.json", "--write"]) == 0
    written = contents(site)
    assert written["b.md"].decode() == MARKDOWN.replace(f"({URL})", f"({MEMENTO})").replace(
        f"{URL}.", f"{URL}{SUFFIX}."
    )
    assert written["c.txt"].decode() == TEXT.replace(f"{URL}.", f"{URL}{SUFFIX}.")
    assert written["e.rst"].decode() == RST.replace(f"{URL}.", f"{URL}{SUFFIX}.")
    assert (
        f"|url={URL}|archive-url={MEMENTO}|archive-date=2024-02-03|url-status=dead|"
        in written["deeper/d.wiki"].decode()
    )
    assert f'<a href="{MEMENTO}" data-originalurl="{URL}"' in written["a.html"].decode()
    assert written["a.html"].count(b"\r\n") == 2
    assert written["picture.png"] == b"\x89PNG" + URL.encode() and written[".hidden.html"] == HTML.encode()


def test_undo_gives_every_byte_back(site: Path) -> None:
    before = contents(site)
    assert run(["relink", str(site), "--map", "map.json", "--write"]) == 0
    assert contents(site) != before
    assert run(["relink", str(site), "--undo"]) == 0
    assert contents(site) == before
    assert run(["relink", str(site), "--undo"]) == 0


def test_undo_leaves_later_edits_alone(site: Path) -> None:
    run(["relink", str(site), "--map", "map.json", "--write"])
    path = site / "c.txt"
    path.write_bytes(b"New heading\n\n" + path.read_bytes() + b"Postscript.\n")
    assert run(["relink", str(path), "--undo"]) == 0
    assert path.read_bytes() == b"New heading\n\n" + TEXT.encode() + b"Postscript.\n"


def test_writing_twice_repairs_once(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["relink", str(site), "--map", "map.json", "--write"])
    once = contents(site)
    capsys.readouterr()
    assert run(["relink", str(site), "--map", "map.json", "--write", "--json"]) == 0
    assert contents(site) == once
    assert all(not line["edits"] for line in lines(capsys))


def test_the_file_keeps_its_mode_and_a_symbolic_link_stays_one(site: Path) -> None:
    (site / "c.txt").chmod(0o640)
    (site / "link.txt").symlink_to("c.txt")
    assert run(["relink", str(site / "link.txt"), "--map", "map.json", "--write"]) == 0
    assert (site / "link.txt").is_symlink() and SUFFIX in (site / "c.txt").read_text()
    assert (site / "c.txt").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("more", [[], ["--write"]])
def test_copies_go_to_the_folder_and_originals_stay(site: Path, tmp_path: Path, more: list[str]) -> None:
    before = contents(site)
    out = tmp_path / "out"
    assert run(["relink", str(site), "--map", "map.json", "--out", str(out), *more]) == 0
    assert contents(site) == before
    assert set(contents(out)) == {"a.html", "b.md", "c.txt", "deeper/d.wiki", "e.rst"}
    assert SUFFIX.encode() in contents(out)["c.txt"]
    assert run(["relink", str(out), "--undo"]) == 0
    assert all(contents(out)[name] == before[name] for name in contents(out))


def test_copies_of_files_with_one_name_do_not_overwrite_each_other(site: Path, tmp_path: Path) -> None:
    (site / "deeper" / "c.txt").write_text(f"Another text about {URL}; and more of it.\n")
    out = tmp_path / "out"
    arguments = [str(site / "c.txt"), str(site / "deeper" / "c.txt"), "--map", "map.json", "--out", str(out)]
    assert run(["relink", *arguments]) == 0
    assert set(contents(out)) == {"c.txt", "deeper/c.txt"}


class TestCheck:
    def test_dead_links_are_named_with_file_and_line(self, site: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["relink", str(site), "--map", "map.json", "--check"]) == 1
        out = capsys.readouterr().out
        assert f"{site / 'b.md'}:3: {URL} is dead; archived at {MEMENTO}" in out
        assert f"{site / 'a.html'}:2: " in out

    def test_as_json(self, site: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["relink", str(site), "--map", "map.json", "--check", "--json"]) == 1
        found = lines(capsys)
        assert len(found) == 6
        assert found[0] == {
            "file": str(site / "a.html"),
            "line": 2,
            "url": URL,
            "state": "dead",
            "memento": MEMENTO,
            "why": "in the publisher's map",
        }

    def test_repaired_files_pass(self, site: Path) -> None:
        run(["relink", str(site), "--map", "map.json", "--write"])
        assert run(["relink", str(site), "--map", "map.json", "--check"]) == 0


class TestJson:
    def test_one_line_a_file_and_nothing_else_on_standard_output(
        self, site: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["relink", str(site / "b.md"), "--map", "map.json", "--json"]) == 0
        (line,) = lines(capsys)
        assert line["changed"] and line["written"] is None and line["refusals"] == []
        assert [edit["form"] for edit in line["edits"]] == ["markdown_destination", "bare_text"]
        assert line["edits"][0]["before"] == URL and line["edits"][0]["after"] == MEMENTO


class TestTrouble:
    @pytest.mark.parametrize("flags", [["--diff", "--write"], ["--undo", "--check"], ["--check", "--out", "x"]])
    def test_contradicting_flags_are_bad_usage(self, site: Path, flags: list[str]) -> None:
        assert run(["relink", str(site), "--map", "map.json", *flags]) == 2

    @pytest.mark.parametrize(
        "content",
        ["", "{}", '[{"url": "https://a.example/"}]', '["https://a.example/"]',
         '[{"url": "https://a.example/", "memento": "not an address", "moment": "2024-02-03T04:05:06Z"}]',
         '[{"url": "https://a.example/", "memento": "https://k.example/", "moment": "2024-02-03"}]'],
    )  # fmt: skip
    def test_a_map_that_is_none_is_bad_usage(self, site: Path, content: str) -> None:
        Path("map.json").write_text(content)
        assert run(["relink", str(site), "--map", "map.json"]) == 2

    def test_a_missing_map_is_bad_usage(self, site: Path) -> None:
        assert run(["relink", str(site), "--map", "none.json"]) == 2

    def test_a_missing_file_is_named(self, site: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["relink", str(site / "none.html"), "--map", "map.json"]) == 1
        assert "none.html" in capsys.readouterr().err

    def test_a_binary_is_named_and_the_others_are_repaired(
        self, site: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        arguments = [str(site / "picture.png"), str(site / "c.txt"), "--map", "map.json", "--write"]
        assert run(["relink", *arguments]) == 1
        assert "picture.png" in capsys.readouterr().err
        assert SUFFIX in (site / "c.txt").read_text()

    def test_without_a_journal_no_file_is_changed(self, site: Path, tmp_path: Path) -> None:
        """The line comes first: what can't be journaled is not done."""
        (tmp_path / "storage").mkdir()
        (tmp_path / "storage" / "journal").write_text("a file where a folder must be")
        before = contents(site)
        assert run(["relink", str(site), "--map", "map.json", "--write"]) == 1
        assert contents(site) == before

    def test_a_refused_place_is_listed_and_left(self, site: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = site / "e.rst"
        rule = "+" + "-" * (len(URL) + 2) + "+"
        path.write_text(f"Title\n=====\n\n{rule}\n| {URL} |\n{rule}\n\n.. [1] Author, Title.\n")
        before = path.read_bytes()
        assert run(["relink", str(path), "--map", "map.json", "--write"]) == 1
        assert path.read_bytes() == before
        assert f"{path}:5: {URL} left as it is" in capsys.readouterr().err


def test_the_journal_tells_what_was_done_and_the_old_bytes_are_kept(site: Path, tmp_path: Path) -> None:
    before = (site / "c.txt").read_bytes()
    run(["relink", str(site / "c.txt"), "--map", "map.json", "--write"])
    run(["relink", str(site / "c.txt"), "--undo"])
    (journal,) = (tmp_path / "storage" / "journal").glob("*.jsonl")
    made, undone = (json.loads(line) for line in journal.read_text().splitlines())
    assert made["kind"] == "edit" and made["subject"] == str(site / "c.txt")
    assert made["after"]["edits"][0]["after"] == SUFFIX and made["after"]["edits"][0]["url"] == URL
    assert made["actor"] and made["reason"] == "in the publisher's map" and made["moment"].endswith("Z")
    assert undone["kind"] == "undo" and undone["after"]["undoes"] == made["id"]
    assert undone["before"]["sha256"] == made["after"]["sha256"]
    kept = tmp_path / "storage" / "backups" / "texts" / made["before"]["sha256"]
    assert kept.read_bytes() == before
    assert keep_backup(before, kept.parent) == kept


def test_words_are_in_the_publications_language(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKKEEPER_RELINKING__LANGUAGE", "de")
    assert run(["relink", str(site / "c.txt"), "--map", "map.json", "--write"]) == 0
    assert f"{URL} [archiviert 2024-02-03: {MEMENTO}]. Accessed" in (site / "c.txt").read_text()


def test_annotating_is_a_setting(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKKEEPER_SOURCES__POLICY", "annotate")
    assert run(["relink", str(site / "a.html"), str(site / "b.md"), "--map", "map.json", "--write"]) == 0
    assert f'href="{URL}" data-originalurl=' in (site / "a.html").read_text()
    assert f"[Title]({URL}){SUFFIX}, and" in (site / "b.md").read_text()


def test_links_of_the_running_text_stay_where_only_notes_count(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKKEEPER_CITATIONS__SCOPE", "notes")
    (site / "b.md").write_text(f"A [claim]({URL}).[^1]\n\n[^1]: Author, [Title]({URL}).\n")
    assert run(["relink", str(site / "b.md"), "--map", "map.json", "--write"]) == 0
    assert (site / "b.md").read_text() == f"A [claim]({URL}).[^1]\n\n[^1]: Author, [Title]({MEMENTO}).\n"


def test_a_packed_format_is_listed_as_what_can_not_be_repaired(
    tmp_path: Path, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "piece.docx"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
        "word/document.xml": f'<w:document xmlns:w="{word}" xmlns:r="{relations}"><w:body><w:p>'
        '<w:hyperlink r:id="r1"><w:r><w:t>Source</w:t></w:r></w:hyperlink></w:p></w:body></w:document>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{relations}/hyperlink" Target="{URL}" TargetMode="External"/></Relationships>',
    }
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    before = path.read_bytes()
    assert run(["relink", str(path), "--map", "map.json", "--write"]) == 1
    assert path.read_bytes() == before
    assert f"{URL} left as it is: a DOCX file can't be repaired in place" in capsys.readouterr().err
