"""Where a URL begins and ends in running text, and when its pieces belong together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.citations.boundaries import find_urls


def urls(text: str, width: int | None = None) -> list[str]:
    return [found.url for found in find_urls(text, width=width)]


@pytest.mark.parametrize(
    ("text", "url", "reason"),
    [
        ("https://a.example/b\n/c.", "https://a.example/b/c", "the next line begins with /"),
        ("https://a.example/b/\nc-d.", "https://a.example/b/c-d", "the line ends with /"),
        ("https://a.example/b-\nc_d.", "https://a.example/b-c_d", "the line ends with -"),
        ("https://a.example/b.\npdf.", "https://a.example/b.pdf", "broken before the file type"),
        ("https://a.example/%2\n0b", "https://a.example/%20b", "broken inside an escape"),
        ("https://a.example/?t\n=1 x", "https://a.example/?t=1", "the next line begins with ="),
        ("https:// www.a.example/b", "https://www.a.example/b", "broken after the scheme"),
        ("https://a.example/ b/c-d9 .", "https://a.example/b/c-d9", "stray space after /"),
        ("https://a.example/b ?x=1", "https://a.example/b?x=1", "goes on with its query after a stray space"),
        ("<https://a.example/b\nplain>", "https://a.example/bplain", "inside angle brackets"),
    ],
)
def test_each_rejoining_says_why(text: str, url: str, reason: str) -> None:
    (found,) = find_urls(text)
    assert (found.url, found.rejoined) == (url, (reason,))


def test_a_full_line_goes_on_a_short_one_does_not() -> None:
    text = "x" * 60 + " https://a.example/results\nNav=false&q= x\nshort https://a.example/b\nNav=false"
    assert urls(text, width=86) == ["https://a.example/resultsNav=false&q=", "https://a.example/b"]


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/b/\nAccessed May 3",
        "https://a.example/b/\nand then",
        "https://a.example/b/\n\n/c",
        "https://a.example/b/ 36 “Title”",
        "https://a.example/b/\n[12] Kay",
        "https://a.example/b/ Kay-Ott",
        "https://a.example/b/) c/d",
        "https://a.example/b/, c/d-e",
        "https://a.example/b/\nhttps://c.example/",
    ],
)
def test_what_is_in_doubt_stays_apart(text: str) -> None:
    assert urls(text)[0] == "https://a.example/b/"


@given(st.text(max_size=200))
def test_urls_lie_apart_and_in_order_in_any_text(text: str) -> None:
    end = 0
    for found in find_urls("http://a.example/" + text + " https://b.example/" + text, width=40):
        assert end <= found.start < found.end
        end = found.end


_SAFE = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_~/", min_size=1, max_size=30)


@given(
    st.lists(_SAFE, min_size=1, max_size=6), st.sampled_from([", ", "; ", " and ", ". See ", ") (", "” “", ";", ","])
)
def test_lists_of_urls_are_taken_apart(paths: list[str], joint: str) -> None:
    written = [f"https://host.example/{path.strip('-_~/')}x" for path in paths]
    assert urls(f"“{joint.join(written)}”.") == written


@pytest.mark.parametrize(
    "unit", ["https://", "https://a.example/(", "www.", "https://a.example/ b/", "http", "[", "\u200b"]
)
def test_catastrophic_looking_text_ends(unit: str) -> None:
    assert len(find_urls(unit * 20_000, width=80)) <= 20_000
