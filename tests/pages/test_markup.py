"""The position-keeping reader of HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.pages.markup import Markup, parse, unescape
from linkkeeper.pages.nodes import Element, Text


def names(markup: Markup) -> list[str]:
    return [element.name for element in markup.elements()]


def outer(markup: Markup, name: str) -> list[str]:
    return [markup.text[element.start : element.end] for element in markup.elements() if element.name == name]


def test_attribute_values_know_their_bytes_whatever_their_quotes() -> None:
    page = "<p>é<a href=\"one\" HREF='no' data-x = 'two' id=three download>x</a>".encode()
    markup = parse(page)
    link = next(element for element in markup.elements() if element.name == "a")
    found = {name: markup.span(item.start, item.end).of(page) for name, item in markup.attributes(link).items()}
    assert found == {"href": b"one", "data-x": b"two", "id": b"three", "download": b""}


@pytest.mark.parametrize("name", ["data-tip1", "@click", "v-on:click.prevent", ":Style2", "été", "[hidden]"])
def test_what_stands_in_the_value_of_any_attribute_is_none(name: str) -> None:
    markup = parse(f"<div {name}=\"a style=display:none class='x' b\" id=one>x</div>".encode())
    element = next(markup.elements())
    assert [key for key, _ in markup.valued(element)] == [name.lower(), "id"]
    assert markup.words(element) == "one"
    assert markup.attribute(element, "style") is None
    assert list(markup.attributes(element)) == [name.lower(), "id"]


@pytest.mark.parametrize(
    ("page", "items"),
    [
        ("<ul><li>one<li>two</ul>", ["<li>one", "<li>two"]),
        ("<ol><li>a<ol><li>b</ol><li>c</ol>", ["<li>a<ol><li>b</ol>", "<li>b", "<li>c"]),
        ("<li><p>one</p></li><li><b>two</li>", ["<li><p>one</p></li>", "<li><b>two</li>"]),
    ],
)
def test_list_items_end_where_browsers_end_them(page: str, items: list[str]) -> None:
    assert outer(parse(page.encode()), "li") == items


def test_a_paragraph_ends_before_a_block_and_a_link_before_a_link() -> None:
    assert outer(parse(b"<p>one<div>two</div><p>three"), "p") == ["<p>one", "<p>three"]
    assert outer(parse(b"<a>one<a>two</a>"), "a") == ["<a>one", "<a>two</a>"]


def test_an_inline_end_tag_does_not_end_a_block() -> None:
    markup = parse(b"<span><div>a</span>b</div>c")
    assert outer(markup, "div") == ["<div>a</span>b</div>"]


@pytest.mark.parametrize(
    "hidden",
    [
        "<!-- <a href=x>no</a> -->",
        "<script>if (a < b) { '<a href=x>' }</script>",
        "<style>a > b {}</style>",
        "<template><a>no<template></template></a></template>",
        "<svg><a>no</a></svg>",
        "<noscript><a>no</a></noscript>",
        "<textarea><a>no</a></textarea>",
        "<![if !supportFootnotes]>",
        "<?xml version='1.0'?>",
        "<!doctype html>",
    ],
)
def test_what_no_reader_sees_is_passed_over(hidden: str) -> None:
    markup = parse(f"<p>before{hidden}<a>after</a>".encode())
    assert [name for name in names(markup) if name == "a"] == ["a"]
    assert outer(markup, "a") == ["<a>after</a>"]


def test_a_stray_quote_does_not_swallow_the_page() -> None:
    assert outer(parse(b'<p title="a"">x<a href=y>z</a>'), "a") == ["<a href=y>z</a>"]
    assert outer(parse(b'<p title="a>x<a href=y>z</a>'), "a") == ["<a href=y>z</a>"]


def test_query_parameters_that_look_like_entities_stay() -> None:
    assert unescape("?a=1&copy=2&amp;b=3&#38;c&notin;") == "?a=1&copy=2&b=3&c∉"


def check_whole(markup: Markup) -> None:
    """Nodes nest, lie in the text, in order."""
    last = 0
    for index, node in enumerate(markup.nodes):
        assert last <= node.start <= node.end <= len(markup.text)
        last = node.start
        if isinstance(node, Element):
            assert node.index == index < node.stop <= len(markup.nodes)
            assert node.start <= node.inner <= node.inner_end <= node.end
            assert markup.text[node.start] == "<"
            for item in markup.attributes(node).values():
                assert markup.text[item.start : item.end] == item.raw
        if isinstance(node, Text) and node.parent is not None:
            assert node.parent.inner <= node.start and node.end <= node.parent.inner_end


_PIECES = [
    "<p>",
    "</p>",
    "<a href='x'>",
    "</a>",
    "<li",
    ">",
    "<!--",
    "-->",
    '"',
    "'",
    "=",
    "<script>",
    "</script>",
    "<div class=a>",
    "</div>",
    "<template>",
    "</template>",
    "text",
    "&amp;",
    "<",
    "/",
    "<b>",
    "</b>",
    "<td>",
    "<svg/>",
    "é",
]


@given(st.lists(st.sampled_from(_PIECES), max_size=60))
def test_any_soup_is_read_without_failing(pieces: list[str]) -> None:
    check_whole(parse("".join(pieces).encode()))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_failing(data: bytes) -> None:
    check_whole(parse(data))


@pytest.mark.parametrize(
    "unit",
    [
        *("<div>", "<b>", "<a href='", "<p><b>", "<li><b>", "</div>", "<!--", "<svg>", "<template>", "<script>"),
        *("<x y='", '<a b="', "<table><td>", "<b></i>", "<b><div></b>", "<", "&", "<p", "<!"),
        "<template></template><template>",
    ],
)
def test_work_is_linear_on_hostile_markup(unit: str) -> None:
    """Counted, not timed: at most a fixed number of steps for each token, however long the page."""
    long = parse((unit * 4000).encode()).steps
    assert long <= 4000 * 4 * 300


def test_deep_nesting_is_no_recursion() -> None:
    markup = parse(b"<div>" * 50_000 + b"<a href=x>deep</a>")
    assert outer(markup, "a") == ["<a href=x>deep</a>"]
