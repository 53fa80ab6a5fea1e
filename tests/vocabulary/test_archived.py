"""Archive copies are recognised by address, whoever made them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.vocabulary.archived import unwrap_archive
from linkkeeper.vocabulary.citation import ArchiveKind

OWN = ("https://links.example.org", "https://old.example.net/keep/")


@pytest.mark.parametrize(
    ("url", "original", "timestamp"),
    [
        (
            "https://web.archive.org/web/20200102030405/https://a.example/x?y=1#z",
            "https://a.example/x?y=1#z",
            "20200102030405",
        ),
        ("https://web.archive.org/web/20200102030405if_/http:/a.example/x", "http://a.example/x", "20200102030405"),
        ("https://web.archive.org/web/2020/a.example/x", "http://a.example/x", None),
        ("https://web.archive.org/web/*/a.example/x", "http://a.example/x", None),
        (
            "http://web.archive.org/web/20200102030405/https%3A%2F%2Fa.example%2Fx",
            "https://a.example/x",
            "20200102030405",
        ),
        ("https://archive.ph/2020.01.02-030405/https://a.example/x", "https://a.example/x", "20200102030405"),
        ("https://archive.today/newest/https://a.example/x", "https://a.example/x", None),
        ("https://archive.is/AbCd1", None, None),
        ("https://perma.cc/AB12-CD34", None, None),
        ("https://ghostarchive.org/archive/AbCd1", None, None),
        ("http://www.webcitation.org/query?url=http://a.example/x&date=2012-01-02", "http://a.example/x", None),
        ("http://www.webcitation.org/6AbCdEfGh", None, None),
        (
            "https://www.webarchive.org.uk/wayback/archive/20200102030405/http://a.example/",
            "http://a.example/",
            "20200102030405",
        ),
        ("https://wayback.archive-it.org/123/20200102030405/http://a.example/", "http://a.example/", "20200102030405"),
        ("https://webarchive.loc.gov/all/20200102030405/http://a.example/", "http://a.example/", "20200102030405"),
        (
            "https://webarchive.nationalarchives.gov.uk/20200102030405/http://a.example/",
            "http://a.example/",
            "20200102030405",
        ),
        ("https://arquivo.pt/wayback/20200102030405/http://a.example/", "http://a.example/", "20200102030405"),
        (
            "https://webcache.googleusercontent.com/search?q=cache:AbCdEfGhIjKl:a.example/x+words",
            "http://a.example/x",
            None,
        ),
        ("https://megalodon.jp/2020-0102-0304-05/a.example/x", "http://a.example/x", "20200102030405"),
        ("https://timetravel.mementoweb.org/memento/20200102/http://a.example/", "http://a.example/", None),
        ("https://r.jina.ai/https://a.example/x", "https://a.example/x", None),
        (
            "https://wayback.library.example/coll/20200102030405mp_/https://a.example/x",
            "https://a.example/x",
            "20200102030405",
        ),
    ],
)
def test_a_copy_names_what_it_archives(url: str, original: str | None, timestamp: str | None) -> None:
    copy = unwrap_archive(url)
    assert copy is not None
    assert copy.kind is ArchiveKind.OTHER
    assert (copy.original, copy.timestamp, copy.uri_m) == (original, timestamp, url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/web/2020/report",
        "https://archive.org/details/some-book",
        "https://perma.cc/",
        "https://archive.ph/",
        "https://example.org/20200102030405/report",
        "not a url",
    ],
)
def test_other_addresses_are_no_copies(url: str) -> None:
    assert unwrap_archive(url, OWN) is None


def test_copies_of_copies_are_unwrapped_to_the_original() -> None:
    inner = "https://a.example/x"
    url = f"https://web.archive.org/web/20210102030405/https://archive.ph/2020.01.02-030405/{inner}"
    copy = unwrap_archive(url)
    assert copy is not None
    assert (copy.original, copy.timestamp) == (inner, "20210102030405")


def test_behind_our_copy_stands_exactly_what_was_cited() -> None:
    """A dead link to another archive, repaired by us, still stands for that archive's address."""
    cited = "https://web.archive.org/web/20200102030405/https://a.example/x"
    copy = unwrap_archive(f"https://links.example.org/web/20261122090000/{cited}", OWN)
    assert copy is not None
    assert copy.kind is ArchiveKind.OURS
    assert copy.original == cited


def test_every_public_base_that_we_ever_had_is_ours() -> None:
    copy = unwrap_archive("https://old.example.net/keep/web/20261122090000/https://a.example/x?y#z", OWN)
    assert copy is not None
    assert (copy.kind, copy.original) == (ArchiveKind.OURS, "https://a.example/x?y#z")


@given(st.text(max_size=80))
def test_any_text_is_read_without_failing(text: str) -> None:
    unwrap_archive("https://web.archive.org/web/" + text, OWN)
    unwrap_archive(text, OWN)
