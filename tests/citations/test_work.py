"""Hostile and huge documents cost work in proportion to their size: calls are counted, not seconds."""

import sys
from types import FrameType

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


def test_twenty_thousand_links_are_all_found() -> None:
    links = "".join(f'<p>See <a href="https://a.example/{number}">it</a>.</p>' for number in range(20_000))
    reading = read(f"<article>{links}</article>".encode(), location="a.html")
    assert len(reading.links) == 20_000
    assert reading.links[-1].as_cited == "https://a.example/19999"
