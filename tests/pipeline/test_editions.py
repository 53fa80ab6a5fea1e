"""Notes are renumbered, inserted, merged and corrected from edition to edition; what they cite stays itself."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from citations.test_office_files import docx, run, set_line_by_line
from linkkeeper.assembly import Store, open_store
from linkkeeper.assembly.engine import collector_of
from linkkeeper.settings import load
from linkkeeper.vocabulary.edition import Edition

KAY = "Kay, “The Price of Salt,” 2019, https://a.example/salt, p. 3."
KAY_AGAIN = "Kay, “The Price of Salt,” 2019, https://a.example/salt, p. 9."
OTT = "Ott, “Iron and its Uses,” 2020, https://b.example/iron."
RAY = "Ray, “Tin,” 2021, https://c.example/tin."
DOE = "Doe, “Lead,” 2018, https://d.example/lead."
NEW = "New, “Zinc,” 2022, https://n.example/zinc."
MERGED = "Ray, “Tin,” 2021, https://c.example/tin; Doe, “Lead,” 2018, https://d.example/lead."
CORRECTED = "Otto, “Iron and Its Uses,” 2020, https://b.example/iron."
FIRST = (KAY, OTT, "Ibid.", RAY, KAY_AGAIN, DOE)
SECOND = (NEW, KAY_AGAIN, KAY, CORRECTED, "Ibid.", MERGED)

_PROSE = "The council met on Tuesday to discuss the state of the harbour"


def _html(notes: Sequence[str]) -> bytes:
    marks = "".join(f'<p>{_PROSE}.<a href="#fn{n}">[{n}]</a></p>' for n in _numbers(notes))
    listed = "".join(f'<li id="fn{n}">{text}</li>' for n, text in enumerate(notes, start=1))
    return f"<!doctype html><title>Salt</title><article>{marks}<ol>{listed}</ol></article>".encode()


def _markdown(notes: Sequence[str]) -> bytes:
    marks = "\n".join(f"{_PROSE}.[^{n}]" for n in _numbers(notes))
    return f"# Salt\n\n{marks}\n\n{_listed('[^{}]: {}', notes)}\n".encode()


def _text(notes: Sequence[str]) -> bytes:
    marks = "\n".join(f"{_PROSE}.[{n}]" for n in _numbers(notes))
    return f"Salt\n\n{marks}\n\nNotes\n\n{_listed('[{}] {}', notes)}\n".encode()


def _rst(notes: Sequence[str]) -> bytes:
    marks = "\n".join(f"{_PROSE} [{n}]_." for n in _numbers(notes))
    return f"Salt\n====\n\n{marks}\n\n{_listed('.. [{}] {}', notes)}\n".encode()


def _wikitext(notes: Sequence[str]) -> bytes:
    return "\n".join(["'''Salt'''", *(f"{_PROSE}.<ref>{text}</ref>" for text in notes), "== See ==\n[[X]]"]).encode()


def _docx(notes: Sequence[str]) -> bytes:
    marks = "".join(f'<w:p>{run(_PROSE)}<w:r><w:footnoteReference w:id="{n}"/></w:r></w:p>' for n in _numbers(notes))
    listed = "".join(f'<w:footnote w:id="{n}"><w:p>{run(t)}</w:p></w:footnote>' for n, t in enumerate(notes, start=1))
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    return docx(marks, footnotes=f"<w:footnotes {space}>{listed}</w:footnotes>")


def _pdf(notes: Sequence[str]) -> bytes:
    straight = [text.replace("“", '"').replace("”", '"') for text in notes]
    lines = [f"{_PROSE}.[{n}]" for n in _numbers(notes)]
    return set_line_by_line([*lines, "Notes", *_listed("[{}] {}", straight).split("\n")], {})


def _numbers(notes: Sequence[str]) -> range:
    return range(1, len(notes) + 1)


def _listed(template: str, notes: Sequence[str]) -> str:
    return "\n".join(template.format(number, text) for number, text in enumerate(notes, start=1))


WRITERS: dict[str, Callable[[Sequence[str]], bytes]] = {
    "salt.html": _html,
    "salt.md": _markdown,
    "salt.txt": _text,
    "salt.rst": _rst,
    "salt.wiki": _wikitext,
    "salt.docx": _docx,
    "salt.pdf": _pdf,
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("editions")
    config = folder / "config.toml"
    config.write_text(f'[storage]\npath = "{folder / "storage"}"\nmin_free_bytes = 0\n', "utf-8")
    with open_store(load(config, environment={})) as opened:
        yield opened


def take_in(store: Store, name: str, notes: Sequence[str]) -> dict[tuple[str, str, str], int]:
    """Take in an edition; return each citation's id by its source, kind and page."""
    data = WRITERS[name](notes)
    edition = Edition(
        data=data, location=f"/pieces/{name}", sha256=hashlib.sha256(data).hexdigest(), moment=datetime.now(UTC)
    )
    collector_of(store.settings, store).take_in(edition)
    found = store.analyses.citations_at(edition.location)
    ids = {}
    for item in found:
        page = next((words for words in ("p. 3", "p. 9") if words in item.mark.note_text), "")
        ids[item.mark.identity_key, item.mark.kind, page] = item.id
    assert len(ids) == len(found)
    return ids


@pytest.mark.parametrize("name", WRITERS)
def test_citations_stay_themselves_however_their_notes_are_numbered_and_put_together(store: Store, name: str) -> None:
    before, after = take_in(store, name, FIRST), take_in(store, name, SECOND)
    assert len(before) == 6
    assert {key: after.get(key) for key in before} == before
    ((new, *_),) = set(after) - set(before)
    assert "n.example" in new


def test_ibid_means_the_note_before_it_where_each_chapter_counts_from_one(store: Store) -> None:
    def chapter(letter: str, notes: Sequence[str]) -> str:
        marks = "".join(f'<p>{_PROSE}.<a href="#{letter}{n}">[{n}]</a></p>' for n in _numbers(notes))
        listed = "".join(f'<li id="{letter}{n}">{text}</li>' for n, text in enumerate(notes, start=1))
        return f"<h2>Chapter</h2>{marks}<h3>Notes</h3><ol>{listed}</ol>"

    page = f"<!doctype html><article>{chapter('fna', [KAY])}{chapter('fnb', [OTT, 'Ibid.'])}</article>".encode()
    location = "/pieces/chapters.html"
    collector_of(store.settings, store).take_in(
        Edition(data=page, location=location, sha256=hashlib.sha256(page).hexdigest(), moment=datetime.now(UTC))
    )
    kinds = [(item.mark.kind, item.mark.identity_key) for item in store.analyses.citations_at(location)]
    assert [(kind, "b.example" in key) for kind, key in kinds] == [("note", False), ("note", True), ("repeat", True)]
