"""The quick way through a large page finds what reading all of it finds, or says that it can't tell."""

from datetime import UTC, datetime

import pytest

from linkkeeper.relinking.html_places import find_places
from linkkeeper.relinking.html_quick import quick_places
from linkkeeper.relinking.wanted import Wanted
from linkkeeper.vocabulary.relink import Repair
from relinking.published_texts import Published, published

PAGES = [text for text in published() if text.name.endswith(("html", "htm"))]
URL = "https://gone.example/a"
WORDS = "<p>Ten words that stand in the text of the page.</p>" * 40


def wanted(*urls: str) -> Wanted:
    moment = datetime(2024, 2, 3, tzinfo=UTC)
    return Wanted([Repair(url=url, uri_m="https://keeper.example/m", moment=moment) for url in urls])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_both_ways_find_the_same(page: Published) -> None:
    for urls in (page.urls, *((url,) for url in page.urls)):
        quick = quick_places(page.data, wanted(*urls))
        assert quick is None or quick == find_places(page.data, wanted(*urls))


@pytest.mark.parametrize(
    "page",
    [
        f'<p title="<p>" class="x"><a title="<p>" href="{URL}">x</a></p>',
        f"<p>Words</p><a href='{URL}' title='<p>'>{URL}</a> {URL} <!-- <p> --> {URL}.",
        f"<form>{URL}</form> and {URL} <button>{URL}</button>",
    ],
)
def test_odd_markup_is_read_alike(page: str) -> None:
    quick = quick_places((WORDS + page).encode(), wanted(URL))
    assert quick is not None and quick == find_places((WORDS + page).encode(), wanted(URL))


def test_many_pages_need_not_be_read_whole() -> None:
    told = [page.name for page in PAGES if quick_places(page.data, wanted(*page.urls)) is not None]
    assert len(told) > len(PAGES) / 3


@pytest.mark.parametrize(
    "part",
    [
        f'<nav><a href="{URL}">x</a></nav>',
        f'<div class="related-posts"><a href="{URL}">x</a></div>',
        f"<footer><p>{URL}</p></footer>",
    ],
)
def test_what_may_be_navigation_is_left_to_the_reader_of_citations(part: str) -> None:
    found = quick_places(f"<html><body>{WORDS}{part}</body></html>".encode(), wanted(URL))
    assert found is not None and found.certain == () and len(found.doubtful) == 1


@pytest.mark.parametrize(
    "page",
    [
        f'<body><nav><a href="{URL}">x</a> and most of the words</nav><p>Few words stand here but some.</p>',
        f'<article>{WORDS}</article><article><a href="{URL}">x</a>{WORDS}</article>',
        f'<p>\ue000<a href="{URL}">x</a></p>',
    ],
    ids=["navigation of half the words", "several articles", "our own mark"],
)
def test_it_says_when_it_can_not_tell(page: str) -> None:
    assert quick_places(page.encode(), wanted(URL)) is None


@pytest.mark.parametrize(
    "part",
    [
        f"<!-- {URL} -->",
        f"<script>{URL}</script>",
        f"<noscript><a href='{URL}'>x</a></noscript>",
        f"<template><a href='{URL}'>x</a></template>",
        f"<svg><a href='{URL}'>x</a></svg>",
        f"<p><code>{URL}</code></p>",
        f"<p><a href='https://other.example/'>{URL}</a></p>",
        f"<p title='{URL}'>x</p>",
        f"<p>{URL}/more</p>",
        f"<a href='https://other.example/?u={URL}'>x</a>",
    ],
)
def test_what_is_no_citation_is_no_place(part: str) -> None:
    found = quick_places(f"<html><body>{WORDS}{part}</body></html>".encode(), wanted(URL))
    assert found is not None and found.certain == found.doubtful == ()
