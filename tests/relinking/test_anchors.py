"""What repairs write: Robust Links attributes, words in the publication's language."""

from datetime import UTC, date, datetime

import pytest

from linkkeeper.relinking.anchors import ENGLISH, html_suffix, known_words, robust_attributes, suffix, words_of
from linkkeeper.vocabulary.relink import Repair

REPAIR = Repair(
    url="https://gone.example/a?x=1&y=2",
    uri_m="https://keeper.example/web/20240203040506/https://gone.example/a?x=1&y=2",
    moment=datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC),
    intended=date(2024, 1, 31),
)


def test_robust_links_carry_original_version_and_intended_date() -> None:
    """The draft's grammar: the snapshot's address, a space, its own moment; the date of linking apart."""
    attributes = robust_attributes(REPAIR, original="https://gone.example/a?x=1&amp;y=2", quote='"')
    assert attributes == (
        ' data-originalurl="https://gone.example/a?x=1&amp;y=2"'
        ' data-versionurl="https://keeper.example/web/20240203040506/https://gone.example/a?x=1&amp;y=2'
        ' 2024-02-03T04:05:06Z"'
        ' data-versiondate="2024-01-31"'
    )


def test_attributes_that_stand_there_already_are_left_alone() -> None:
    attributes = robust_attributes(REPAIR, original="x", quote="'", present=frozenset({"data-versiondate", "href"}))
    assert "data-versiondate" not in attributes and " data-originalurl='x'" in attributes


def test_the_plain_form_is_complete_on_paper() -> None:
    assert suffix(REPAIR, ENGLISH) == f" [archived 2024-02-03: {REPAIR.uri_m}]"


def test_in_html_the_same_words_are_a_link() -> None:
    """The link text says what it is: an archived copy, of which day, where."""
    text = html_suffix(REPAIR, ENGLISH)
    assert text.startswith(' [<a href="https://keeper.example/web/20240203040506/')
    assert ">archived 2024-02-03: https://keeper.example/" in text and text.endswith("</a>]")
    assert "&y" not in text


@pytest.mark.parametrize(
    ("language", "word"),
    [("de", "archiviert"), ("de-AT", "archiviert"), ("fr_CA", "archivé"), ("EN-us", "archived"), ("tlh", "archived")],
)
def test_words_are_in_the_publications_language(language: str, word: str) -> None:
    assert words_of(language).archived == word


def test_every_word_is_recognised_again() -> None:
    assert words_of("ja").archived in known_words()
