"""Texts of every format as publishers write them: all citations, only those, byte for byte, and back."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linkkeeper.citations.read import read
from linkkeeper.cli import run
from linkkeeper.relinking.places import unsplice
from linkkeeper.relinking.repair import Text, plan
from linkkeeper.relinking.undo import undo
from linkkeeper.vocabulary.relink import Edit, Repair, RepairPlan, RepairPolicy
from relinking.published_texts import Mark, Published, published

ARCHIVE = "https://keeper.example/web/20240203040506/"
#: How far from a URL its repair may stand: a title in Markdown, the parameters of a template.
REACH = {"wiki": 220}
#: One of each format, and what is refused.
SOME = ("wp-1252.html", "utf16.html", "jekyll.md", "pep.rst", "newsletter.txt", "utf16.txt", "enwiki.wiki")


def planned(text: Published, policy: RepairPolicy = RepairPolicy.SWAP_WHEN_DEAD) -> RepairPlan:
    moment = datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    repairs = [Repair(url=url, uri_m=ARCHIVE + url, moment=moment) for url in text.urls]
    return plan(Text(data=text.data, location=text.name), repairs, policy=policy, read=read)


def belongs(edit: Edit, mark: Mark, name: str) -> bool:
    reach = REACH.get(name.rpartition(".")[2], 12)
    return mark.start - 3 <= edit.span.start and edit.span.end <= mark.end + reach and edit.uri_m == ARCHIVE + mark.url


@pytest.mark.parametrize("other_line_ends", [False, True], ids=["as published", "other line ends"])
@pytest.mark.parametrize("name", [text.name for text in published()])
def test_every_citation_and_nothing_else_is_repaired(name: str, other_line_ends: bool) -> None:
    text = next(one for one in published(other_line_ends=other_line_ends) if one.name == name)
    made = planned(text)
    cited = [mark for mark in text.marks if not mark.kind]
    assert [mark for mark in cited if not any(belongs(edit, mark, name) for edit in made.edits)] == []
    assert [edit for edit in made.edits if not any(belongs(edit, mark, name) for mark in cited)] == []
    refused = {(refusal.span.start, refusal.span.end) for refusal in made.refusals if refusal.span is not None}
    assert refused == {(mark.start, mark.end) for mark in text.marks if mark.kind == "~"}


@pytest.mark.parametrize("policy", [RepairPolicy.SWAP_WHEN_DEAD, RepairPolicy.ANNOTATE])
def test_each_is_given_back_byte_for_byte(policy: RepairPolicy) -> None:
    for text in published():
        made = planned(text, policy)
        assert unsplice(made.after, made.edits) == text.data, text.name
        assert undo(made.after, made.edits).data == text.data, text.name
        once_more = plan(Text(data=made.after, location=text.name), [], read=read)
        assert once_more.after == made.after, text.name


def test_annotating_takes_no_url_away() -> None:
    for text in published():
        made = planned(text, RepairPolicy.ANNOTATE)
        assert [edit.before for edit in made.edits if b"/" in edit.before] == [], text.name


def test_the_command_repairs_a_folder_of_them_and_takes_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LINKKEEPER_STORAGE__PATH", str(tmp_path / "storage"))
    texts = {text.name: text for text in published() if text.name in SOME}
    for name, text in texts.items():
        Path("site", name).parent.mkdir(exist_ok=True)
        Path("site", name).write_bytes(text.data)
    urls = sorted({url for text in texts.values() for url in text.urls})
    mementos = [{"url": url, "memento": ARCHIVE + url, "moment": "2024-02-03T04:05:06Z"} for url in urls]
    Path("map.json").write_text(json.dumps(mementos))
    # What is refused is listed, and the exit status says so.
    assert run(["relink", "site", "--map", "map.json", "--write"]) == 1
    changed = [name for name, text in texts.items() if Path("site", name).read_bytes() != text.data]
    assert len(changed) == len(texts) - 1  # all but the page in UTF-16
    assert run(["relink", "site", "--undo"]) == 0
    assert [name for name, text in texts.items() if Path("site", name).read_bytes() != text.data] == []
