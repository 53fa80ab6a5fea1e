"""Hostile and huge documents cost work in proportion to their size: calls and lines are counted, not seconds."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from linkkeeper.citations.read import read

_HOSTILE = [
    *(("a.html", unit) for unit in ("<div>", "<li id=fn1><a href=#r>1</a>", "<div class=notes>", "<a href=#x>1</a>")),
    *(("a.html", unit) for unit in ("<ol class=footnotes><li>x", "<p id=n1><a href=#n1>1</a>", "<!--", "<nav>")),
    *(("a.html", unit) for unit in ("<a href=https://a.example/x>y</a> ", "<a name=f1></a><a href=#f1>1</a> ")),
    *(
        ("a.html", unit)
        for unit in ("<ol><li>x</li></ol><sup>1</sup>", "<tr><td>1.<td>x", "<sup title='x https://a.example/'>1</sup>")
    ),
    *(("a.html", unit) for unit in ("<a class=notes href=/x#n1>1</a>", "<li>doi:10.5555/x ", "<!-- -->x ", "<p>“x ")),
    *(("a.md", unit) for unit in ("[", "](", "[^1]: ", "`", "<!--", "^[", "[a](", "*", "```\n", "\\")),
    *(("a.txt", unit) for unit in ("[1] ", "1. x\n", "https:// ", "https://a.example/\n", "\n1\n", "↩", "Ibid. ")),
    *(
        ("a.txt", unit)
        for unit in (
            "\n[1] Kay, op. cit., note 1-30.",
            "\n[1] “Kay” https://a.example/",
            "[i] x ",
            "¹ x. ",
            "^ 1 x ",
            "x 1 See https://a.example/ ",
        )
    ),
    *(("a.rst", unit) for unit in (".. [1] ", "`a`_ ", "::\n\n  x\n")),
    *(("a.wiki", unit) for unit in ("<ref>", "{{", "[[", "<!--", "<nowiki>", "<ref name=a/>")),
]


#: Where loops without calls could cost more than their share: elements with a thousand attributes and the like.
_LOOPING = [
    *(
        ("a.html", unit)
        for unit in ('<a title="', "<a data-note='x' ", "<p id=", "<sup title='x y z w'>1</sup>", "<td>1")
    ),
    *(("a.md", unit) for unit in ("[a](<", "[a]((", "> - ")),
    *(("a.txt", unit) for unit in ("↩", "1 x. ", "\n[1] x https://a.example/(a, ")),
]


def calls(data: bytes, name: str) -> int:
    """Count the calls that reading *data* makes, of Python and of built-in functions."""
    count = 0

    def count_one(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count_one)
    try:
        read(data, location=name)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(("name", "unit"), _HOSTILE)
def test_twice_the_text_is_at_most_twice_the_work(name: str, unit: str) -> None:
    start = "<p>x</p>" if name == "a.html" else "x "
    once = calls((start + unit * 500).encode(), name)
    twice = calls((start + unit * 1000).encode(), name)
    assert twice <= 2.3 * once + 2_000


def lines(data: bytes, name: str) -> int:
    """Count the lines of Python that reading *data* runs."""
    count = 0

    def count_one(frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
        nonlocal count
        count += event == "line"
        return count_one

    before = sys.gettrace()
    sys.settrace(count_one)
    try:
        read(data, location=name)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(("name", "unit"), _LOOPING)
def test_twice_the_text_is_at_most_twice_the_lines(name: str, unit: str) -> None:
    start = "<p>x</p>" if name == "a.html" else "x "
    once = lines((start + unit * 250).encode(), name)
    twice = lines((start + unit * 500).encode(), name)
    assert twice <= 2.3 * once + 2_000


def test_twenty_thousand_links_are_all_found() -> None:
    links = "".join(f'<p>See <a href="https://a.example/{number}">it</a>.</p>' for number in range(20_000))
    reading = read(f"<article>{links}</article>".encode(), location="a.html")
    assert len(reading.links) == 20_000
    assert reading.links[-1].as_cited == "https://a.example/19999"
