"""Reading an edition as a whole: formats, what can't be read, properties."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkkeeper.citations.read import read
from linkkeeper.errors import InputError
from linkkeeper.vocabulary.citation import ArchiveKind, Reading, SourceFormat, UrlFlag
from linkkeeper.vocabulary.uri import fetch_form


def notes_of(reading: Reading) -> list[tuple[str, list[str]]]:
    return [(note.label, [url.as_cited for url in note.urls]) for note in reading.notes]


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"<!DOCTYPE html><p>x</p>", "analysis.txt", SourceFormat.HTML),
        (b"\xef\xbb\xbf<html><p>x</p></html>", "a", SourceFormat.HTML),
        (b"Salt.[^1]\n\n[^1]: Kay.\n", "analysis.txt", SourceFormat.MARKDOWN),
        (b"Salt\n====\n\nSalt [1]_.\n\n.. [1] Kay.\n", "analysis.txt", SourceFormat.RST),
        (b"'''Salt'''<ref>Kay</ref>\n\n== See ==\n[[Iron]]\n", "analysis", SourceFormat.WIKITEXT),
        (b"* Salt\nSalt.[fn:1] [[https://o.example/][O]]\n\n[fn:1] Kay.\n", "analysis.txt", SourceFormat.ORG),
        (b"Salt.[1]\n---\n[1] Kay.\n", "analysis.txt", SourceFormat.TEXT),
        ("<html><p>x</p></html>".encode("utf-16"), "a.html", SourceFormat.HTML),
        (b"A sentence with <b>some</b> markup.", "a.md", SourceFormat.MARKDOWN),
    ],
)
def test_the_format_comes_from_the_content_first(data: bytes, name: str, kind: SourceFormat) -> None:
    assert read(data, location=name).format is kind


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "no text"),
        (b"abc\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00def", "binary"),
        (b"PK\x03\x04broken", "damaged"),
        (b"%PDF-1.4 broken", "PDF"),
    ],
)
def test_what_is_no_analysis_is_named(data: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as raised:
        read(data, location="/tmp/picture.txt")
    assert raised.value.subject == "/tmp/picture.txt"


def test_an_editor_is_told_what_was_unusual_about_a_url() -> None:
    page = (
        "<p>A<sup><a href='#n1' id='r1'>1</a></sup></p><ol class='footnotes'><li id='n1'>"
        "www.a.example/x; <a href='//b.example/y'>B</a>; <a href='ftp://c.example/z'>C</a>; https://d.&#8203;example/;"
        " <a href='https://e.example/real'>https://e.example/shown</a>; https://doi.org/10.5555/AbC."
        " <a href='#r1'>↩</a></li></ol>"
    )
    (note,) = read(page.encode(), location="a.html").notes
    flags = {url.as_cited: set(url.flags) for url in note.urls}
    assert flags["www.a.example/x"] == {UrlFlag.SCHEMELESS}
    assert flags["//b.example/y"] == {UrlFlag.PROTOCOL_RELATIVE}
    assert flags["ftp://c.example/z"] == {UrlFlag.UNSUPPORTED_SCHEME}
    assert flags["https://d.example/"] == {UrlFlag.CLEANED}
    assert flags["https://e.example/real"] == {UrlFlag.SHOWN_DIFFERS}
    by_url = {url.as_cited: url for url in note.urls}
    assert by_url["https://e.example/real"].shown == "https://e.example/shown"
    assert by_url["https://doi.org/10.5555/AbC"].identifier == "doi:10.5555/abc"


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("Kay, Salt, doi:10.5555/AbC.1.", ["doi:10.5555/AbC.1"]),
        ("Kay, Salt (doi: 10.5555/x_(2)), 3.", ["doi:10.5555/x_(2)"]),
        ("Kay, doi:10.5555/x, https://doi.org/10.5555/x.", ["https://doi.org/10.5555/x"]),
        ("Kay, https://a.example/doi:10.5555/x.", ["https://a.example/doi:10.5555/x"]),
    ],
)
def test_a_doi_by_itself_is_a_source(text: str, cited: list[str]) -> None:
    (note,) = read(f"A.[1]\n---\n[1] {text}\n".encode(), location="a.txt").notes
    assert [url.as_cited for url in note.urls] == cited
    if cited[0].startswith("doi:"):
        assert note.urls[0].flags == {UrlFlag.IDENTIFIER}
        assert note.urls[0].identifier == cited[0].lower()
        assert fetch_form(cited[0]) == f"https://doi.org/{cited[0][4:]}"


def test_copies_of_a_note_in_attributes_and_lists_are_places_of_its_url() -> None:
    page = (
        "<p>Salt<sup><a href='#n1' id='r1' title='Kay, https://a.example/x, p. 3; https://cut.exam'>1</a></sup>.</p>"
        "<ol class='footnotes'><li id='n1'>Kay, https://a.example/x, p. 3; Ott. <a href='#r1'>↩</a></li></ol>"
        "<div class='print'><p>1. Kay, https://a.example/x, p. 3; Ott.</p></div>"
    )
    reading = read(page.encode(), location="a.html")
    (url,) = reading.notes[0].urls
    assert sorted(place.form for place in url.occurrences) == ["attribute_copy", "html_text", "html_text"]
    assert {place.span.of(page.encode()) for place in url.occurrences if place.span} == {b"https://a.example/x"}
    assert reading.links == ()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("Salt and Iron\n\nBy Jane Doe, June 1, 2024\n\nSalt is old since 3 May 2019.", "a.txt"),
        ("Salt and Iron By Jane Doe | June 1, 2024 Salt is old.", "a.txt"),
        ("# Salt\n\n*By Jane Doe, June 1, 2024*\n\nText", "a.md"),
        ("<h1>Salt</h1><p class=byline>By <a href=x>Jane Doe</a>, June 1, 2024</p><p>On May 3, 2020.</p>", "a.html"),
        ("<h1>Salt</h1><p>By Jane Doe</p><p>June 1, 2024 | 5 min</p>", "a.html"),
        ('<script type="application/ld+json">{"datePublished": "2024-06-01T09:00"}</script><p>x</p>', "a.html"),
    ],
)
def test_the_date_of_the_analysis_is_read_from_its_head(data: str, name: str) -> None:
    assert read(data.encode(), location=name).published == date(2024, 6, 1)


def test_a_date_in_the_first_sentence_is_not_the_date_of_the_analysis() -> None:
    assert read(b"Salt was traded on May 3, 2020 by the king. It was old.", location="a.txt").published is None


def test_archive_copies_are_paired_with_what_they_archive() -> None:
    text = (
        "A.[1]\n---\n[1] Kay, https://a.example/x [https://perma.cc/AB12-CD34]; https://b.example/y, archived at "
        "https://web.archive.org/web/20200102030405/https://b.example/y.\n"
    )
    (note,) = read(text.encode(), location="a.txt").notes
    paired = {url.as_cited: (url.archive.kind, url.paired_with) for url in note.urls if url.archive}
    assert paired == {
        "https://perma.cc/AB12-CD34": (ArchiveKind.OTHER, "https://a.example/x"),
        "https://web.archive.org/web/20200102030405/https://b.example/y": (ArchiveKind.OTHER, "https://b.example/y"),
    }


@pytest.mark.parametrize(
    ("text", "published", "accessed", "archived"),
    [
        ("Kay, “Salt,” March 3, 2019, https://a.example (accessed 27 August 2025).", (2019, 3, 3), (2025, 8, 27), None),
        ("Kay, Salz, 3. März 2019, https://a.example, abgerufen am 27.08.2025.", (2019, 3, 3), (2025, 8, 27), None),
        ("Kay (2019-03-03), retrieved 2020-01-02, archived 2020-01-03.", (2019, 3, 3), (2020, 1, 2), (2020, 1, 3)),
        ("Kay, le 3 avril 2019, consulté le 4 mai 2020.", (2019, 4, 3), (2020, 5, 4), None),
        ("Kay, Salt, 1999, pp. 12-13; 99 March 2020; 31.02.2020", None, None, None),
    ],
)
def test_dates_of_a_note_are_told_apart(
    text: str, published: tuple[int, int, int], accessed: tuple[int, int, int], archived: tuple[int, int, int]
) -> None:
    (note,) = read(f"A.[1]\n---\n[1] {text}\n".encode(), location="a.txt").notes
    wanted = [date(*value) if value else None for value in (published, accessed, archived)]
    assert [note.published, note.accessed, note.archived] == wanted


def test_quoted_titles_are_kept_for_matching_captures() -> None:
    (note,) = read("A.[1]\n---\n[1] Kay, “The Salt Trade,” Daily, “so it was”.\n".encode(), location="a.txt").notes
    assert note.passages == ("The Salt Trade", "so it was")


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("Kay, supra note 1, at 9.", ("1",)),
        ("See supra notes 1-2 & 3.", ("1", "2", "3")),
        ("Kay, op. cit., n. 2, p. 7.", ("2",)),
        ("Salt v. Iron, 602 U.S. at 907 n.2 (1999).", ()),
        ("Kay, 94 Salt L. Rev. 1311, 1316 & n.3 (2021).", ()),
        ("Ott, op. cit., p. 4.", ("2",)),
        ("See note 40.", ()),
    ],
)
def test_supra_and_op_cit_name_their_notes(text: str, labels: tuple[str, ...]) -> None:
    notes = ["Kay, Salt (1999).", "Ott, Iron (2001).", "Das, Tin (2003).", text]
    items = "\n".join(f"[{number}] {note}" for number, note in enumerate(notes, start=1))
    reading = read(f"A.[1] B.[2] C.[3] D.[4]\n\nNotes\n\n{items}\n".encode(), location="a.txt")
    assert reading.notes[3].refers_to == labels


def test_the_publishers_own_pages_are_no_sources_in_the_text() -> None:
    text = "See https://www.pub.example/other and https://salt.example/x.\n"
    reading = read(text.encode(), location="a.txt", publisher_hosts=frozenset({"pub.example"}))
    assert [url.as_cited for url in reading.links] == ["https://salt.example/x"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_spans_are_bytes_of_the_edition_in_every_encoding(encoding: str) -> None:
    text = "Café “Süß”.[1]\n---\n[1] Kay, “Ü,” https://a.example/é.\n"
    data = text.encode(encoding)
    (note,) = read(data, location="a.txt").notes
    (place,) = note.urls[0].occurrences
    assert place.span is not None
    plain = encoding.removesuffix("-sig") if encoding != "utf-16" else "utf-16-le"
    assert place.span.of(data).decode(plain) == "https://a.example/é"


_WORDS = st.text("abcdefgh ijklmnop", min_size=12, max_size=60).map(lambda text: f"Kay {text.strip()} text")
_URLS = st.integers(0, 9_999).map(lambda number: f"https://host{number}.example/path-{number}/a_b?c={number}")
_NOTES = st.lists(st.tuples(_WORDS, st.lists(_URLS, min_size=1, max_size=3, unique=True)), min_size=2, max_size=8)


def _wanted(notes: list[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    return [(str(number), urls) for number, (_, urls) in enumerate(notes, start=1)]


@given(_NOTES)
@settings(max_examples=40, deadline=None)
def test_a_page_made_of_notes_gives_those_notes_back(notes: list[tuple[str, list[str]]]) -> None:
    marks = "".join(f"<p>Text<sup><a href='#f{n}' id='b{n}'>{n}</a></sup></p>" for n, _ in enumerate(notes, start=1))
    items = "".join(
        f"<li id='f{number}'>{words}, {', '.join(urls)}. <a href='#b{number}'>↩</a></li>"
        for number, (words, urls) in enumerate(notes, start=1)
    )
    page = f"<article>{marks}<ol>{items}</ol></article>"
    assert notes_of(read(page.encode(), location="a.html")) == _wanted(notes)


@given(_NOTES)
@settings(max_examples=40, deadline=None)
def test_a_text_made_of_notes_gives_those_notes_back(notes: list[tuple[str, list[str]]]) -> None:
    marks = " ".join(f"Text.[{number}]" for number, _ in enumerate(notes, start=1))
    items = "\n".join(f"[{n}] {words}, {'; '.join(urls)}." for n, (words, urls) in enumerate(notes, start=1))
    assert notes_of(read(f"{marks}\n\nNotes\n\n{items}\n".encode(), location="a.txt")) == _wanted(notes)


@given(_NOTES)
@settings(max_examples=40, deadline=None)
def test_markdown_made_of_notes_gives_those_notes_back(notes: list[tuple[str, list[str]]]) -> None:
    marks = " ".join(f"Text[^{number}]." for number, _ in enumerate(notes, start=1))
    items = "\n".join(
        f"[^{n}]: {words}, {', '.join(f'[Kay]({url})' for url in urls)}."
        for n, (words, urls) in enumerate(notes, start=1)
    )
    assert notes_of(read(f"{marks}\n\n{items}\n".encode(), location="a.md")) == _wanted(notes)


@given(st.lists(st.sampled_from(["/", "-", "_", "pdf", "/a", "x", ".", "%2"]), min_size=2, max_size=6))
@settings(deadline=None)
def test_rejoining_never_crosses_a_note(ends: list[str]) -> None:
    """Whatever a note ends with, the next note's text is not part of its URL."""
    items = "\n".join(f"[{number}] https://a.example/b{end}" for number, end in enumerate(ends, start=1))
    reading = read(f"{' '.join(f'T.[{n + 1}]' for n in range(len(ends)))}\n---\n{items}\n".encode(), location="a.txt")
    for note in reading.notes:
        assert note.span is not None
        for url in note.urls:
            assert "[" not in url.as_cited
            for place in url.occurrences:
                assert place.span is not None
                assert note.span.start <= place.span.start <= place.span.end <= note.span.end


_SNIPPETS = st.sampled_from(
    [
        "<li id='fn1'>",
        "</li>",
        "<ol class=footnotes>",
        "<sup><a href='#fn1'>1</a></sup>",
        "[^1]: ",
        "[^1]",
        "[1] ",
        "\n",
        "1. ",
        "https://a.example/(",
        "](",
        "[",
        "<ref>",
        "</ref>",
        "{{cite|url=",
        "|",
        "}}",
        ".. [1] ",
        "`",
        "&#x200b;",
        "↩",
        "Ibid. ",
        "<a href='",
        "'>",
        "Notes\n",
        "<!--",
        "-->",
        "```\n",
        "\x80",
        "<table><tr>",
        "~~~",
        "\x0c",
    ]
)


@given(st.lists(_SNIPPETS, max_size=40), st.sampled_from(["a.html", "a.md", "a.txt", "a.rst", "a.wiki"]))
@settings(max_examples=200, deadline=None)
def test_reading_never_fails_on_any_soup(pieces: list[str], name: str) -> None:
    data = "".join(pieces).encode("latin-1", "replace")
    try:
        reading = read(data, location=name, own_bases=("https://a.example",))
    except InputError:
        return
    for note in reading.notes:
        note.text.encode()
        assert note.span is not None
        assert note.span.end <= len(data)


@pytest.mark.parametrize("number", ["²", "9" * 5_000, "-1", "1.5", "٣"])
@pytest.mark.parametrize("page", ["<ol start={}><li id=fn1>x https://a.example/", "<ol><li value={} id=fn1>x"])
def test_a_list_may_begin_at_anything(page: str, number: str) -> None:
    data = f"<p>x<a href=#fn1>1</a>{page.format(number)} <a href=#r1>↩</a></ol>".encode()
    assert [note.label for note in read(data, location="a.html").notes] == ["1"]


@given(st.binary(max_size=400), st.sampled_from(["a.html", "a.md", "a.txt", "a.rst", "a.wiki", "a.docx", "a.pdf"]))
@settings(max_examples=150, deadline=None)
def test_reading_never_fails_on_any_bytes(data: bytes, name: str) -> None:
    try:
        read(data, location=name)
    except InputError as error:
        assert error.reason


@pytest.mark.parametrize(
    "other",
    ["__ Section_", "__ mailto:kay@a.example", ".. __: Section_", ".. __:", ".. __: `The section`_"],
)
def test_nameless_references_lead_to_the_targets_in_their_order(other: str) -> None:
    """One that leads to no URL takes none away from the next."""
    text = (
        "Salt [1]_, iron [2]_.\n\n.. [1] `Kay`__ and `Lee <mailto:lee@a.example>`__.\n.. [2] `Moss`__.\n\n"
        f"{other}\n\n.. __: https://moss.example/\n\nSection\n=======\n\nWords.\n"
    )
    assert notes_of(read(text.encode(), location="a.rst")) == [("1", []), ("2", ["https://moss.example/"])]
