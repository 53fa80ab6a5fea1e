"""A dead DOI that is cited by itself (``doi:10.…``) is repaired like a bare URL, in every format."""

from datetime import UTC, datetime

import pytest

from linkkeeper.citations.read import read
from linkkeeper.relinking.repair import Text, plan, standing
from linkkeeper.relinking.undo import undo
from linkkeeper.relinking.wanted import Wanted
from linkkeeper.vocabulary.relink import RefusalReason, Repair

MEMENTO = "https://keeper.example/web/1/https://doi.org/10.5555/x"
SUFFIX = f" [archived 2024-02-03: {MEMENTO}]"
NOTES = {
    "a.txt": "Salt.[1]\n---\n[1] Kay, %s.\n",
    "a.md": "Salt.[^1]\n\n[^1]: Kay, %s.\n",
    "a.rst": "Salt [1]_.\n\n.. [1] Kay, %s.\n",
    "a.wiki": "'''Salt'''<ref>Kay, %s.</ref>\n\n== See ==\n[[Iron]]\n",
    "a.html": "<!DOCTYPE html><p>Salt<sup><a href='#n1' id='r1'>1</a></sup></p>"
    "<ol class='footnotes'><li id='n1'>Kay, %s. <a href='#r1'>↩</a></li></ol>",
}


def repair(url: str = "doi:10.5555/x") -> Repair:
    return Repair(url=url, uri_m=MEMENTO, moment=datetime(2024, 2, 3, tzinfo=UTC))


@pytest.mark.parametrize("url", ["doi:10.5555/x", "https://doi.org/10.5555/x"])
@pytest.mark.parametrize("written", ["doi:10.5555/x", "DOI: 10.5555/x", "doi 10.5555/x", "doi:\u00a010.5555/x"])
@pytest.mark.parametrize("name", sorted(NOTES))
def test_the_archived_link_follows_it(name: str, written: str, url: str) -> None:
    text = Text(data=(NOTES[name] % written).encode(), location=name)
    made = plan(text, [repair(url)], read=read)
    assert len(made.edits) == 1 and not made.refusals
    if name == "a.html":
        assert f'{written} [<a href="{MEMENTO}"' in made.after.decode()
    else:
        assert made.after.decode() == NOTES[name] % (written + SUFFIX)
    assert undo(made.after, made.edits).data == text.data
    assert len(standing(text, [repair(url)], read=read)) == 1
    repaired = Text(data=made.after, location=name)
    assert not plan(repaired, [repair(url)], read=read).edits
    assert standing(repaired, [repair(url)], read=read) == ()


@pytest.mark.parametrize("name", sorted(NOTES))
def test_another_doi_stays(name: str) -> None:
    made = plan(Text(data=(NOTES[name] % "doi:10.5555/x2").encode(), location=name), [repair()], read=read)
    assert not made.edits and not made.refusals


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.rst", "`Kay <doi:10.5555/x>`_"),
        ("a.rst", "`doi:10.5555/x`_"),
        ("a.wiki", "[[doi:10.5555/x]]"),
        ("a.wiki", "[doi:10.5555/x Words]"),
        ("a.wiki", "{{cite journal|title=K|id=doi:10.5555/x}}"),
    ],
)
def test_as_the_target_of_a_link_it_is_refused(name: str, words: str) -> None:
    made = plan(Text(data=(NOTES[name] % words).encode(), location=name), [repair()], read=read)
    assert not made.edits
    assert [one.reason for one in made.refusals] in ([RefusalReason.NO_ROOM], [RefusalReason.UNKNOWN_TEMPLATE])


@pytest.mark.parametrize(
    ("name", "link"),
    [
        ("a.md", "[doi:10.5555/x](%s)"),
        ("a.rst", "`Salt, doi:10.5555/x <%s>`_"),
        ("a.rst", "`doi:10.5555/x <%s>`_"),
        ("a.wiki", "[%s Salt, doi:10.5555/x]"),
    ],
)
def test_among_the_words_of_a_link_it_stays(name: str, link: str) -> None:
    made = plan(
        Text(data=(NOTES[name] % (link % "https://doi.org/10.5555/x")).encode(), location=name), [repair()], read=read
    )
    assert made.after.decode() == NOTES[name] % (link % MEMENTO)
    again = plan(Text(data=made.after, location=name), [repair()], read=read)
    assert not again.edits and not again.refusals


@pytest.mark.parametrize("words", ["<code>doi:10.5555/x</code>", "<a href='https://b.example/'>doi:10.5555/x</a>"])
def test_in_code_or_in_the_words_of_a_page_s_link_it_stays(words: str) -> None:
    made = plan(Text(data=(NOTES["a.html"] % words).encode(), location="a.html"), [repair()], read=read)
    assert not made.edits and not made.refusals


def test_only_who_wants_a_doi_looks_for_one() -> None:
    text = b"Kay, doi:10.5555/x."
    assert Wanted([repair()]).may_stand_in(text)
    assert not Wanted([repair("https://doi.org/about")]).may_stand_in(text)
    assert not Wanted([repair("https://gone.example/")]).may_stand_in(text)
