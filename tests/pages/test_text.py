"""Bytes of a page to title, headings, text, links, language."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkkeeper.pages.text import Refresh, read_page

ARTICLE = b"""<!DOCTYPE html>
<html lang="DE-de"><head><meta charset="utf-8"><title> Der
 Brunnen \xe2\x80\x93 Institut </title>
<meta property="og:site_name" content="Institut"><meta name="author" content="Ada Weller">
<meta property="article:published_time" content="2019-06-03T08:00Z"><link rel="canonical" href="/r/1">
<meta name="citation_doi" content="10.1000/182"><script>var hidden = 1</script></head>
<body><nav><a href="/">Start</a> <a href="#top">Oben</a></nav>
<main><h1>Der <em>Brunnen</em></h1>
<p id="p1">Erster&nbsp;Absatz mit <a href="https://data.example/x">Daten</a>, gut lesbar.</p>
<p hidden>Unsichtbar</p><p style="display:none">Auch nicht</p>
<h2>Messung</h2><p>Zweiter Absatz, der die Messung des Brunnens beschreibt und lang genug ist.</p></main>
<noscript>Bitte JavaScript</noscript><footer>Impressum <a href="/impressum">hier</a></footer></body></html>"""


def test_a_page_is_read_as_a_reader_sees_it() -> None:
    page = read_page(ARTICLE, "text/html")
    assert page.title == "Der Brunnen – Institut"
    assert page.headings == ("Der Brunnen", "Messung")
    assert page.language == "de-de"
    assert page.links == ("/", "https://data.example/x", "/impressum")
    assert page.main_links == ("https://data.example/x",)
    assert "Erster Absatz mit Daten" in page.visible_text
    for unseen in ("hidden", "Unsichtbar", "Auch nicht", "JavaScript"):
        assert unseen not in page.visible_text
    assert "Impressum" in page.visible_text
    assert "Impressum" not in page.main_text
    assert (page.site_name, page.authors, page.published) == ("Institut", ("Ada Weller",), "2019-06-03T08:00Z")
    assert (page.canonical_url, page.identifier) == ("/r/1", "10.1000/182")
    assert page.has_scripts
    assert "p1" in page.element_ids


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("<p>é".encode("latin-1"), "text/html; charset=ISO-8859-1", "é"),
        ("<p>“quoted” words".encode("cp1252"), "text/html", "“quoted” words"),
        ("<p>сноска".encode("koi8-r"), "text/html;charset=koi8-r", "сноска"),
        ('<meta charset="gb2312"><p>注释'.encode("gb2312"), "text/html", "注释"),
        ("\ufeff<p>note".encode("utf-16-le"), "text/html; charset=utf-8", "note"),
        ("<p>naïve words cut in a characteré".encode()[:-1], "text/html", "naïve words cut in a character\ufffd"),
    ],
)
def test_text_is_decoded_as_browsers_do(body: bytes, content_type: str | None, text: str) -> None:
    assert read_page(body, content_type).visible_text == text


@pytest.mark.parametrize(
    ("body", "refresh"),
    [
        (b'<meta http-equiv="refresh" content="0; url=/new">', Refresh(0, "/new")),
        (b"<meta http-equiv=Refresh content=\"5;URL='https://a.example/'\">", Refresh(5, "https://a.example/")),
        (b'<meta http-equiv="refresh" content="12">', None),
        (b'<noscript><meta http-equiv="refresh" content="0; url=/no-script"></noscript><div id=app></div>', None),
        (b'<html><script>window.location.href="/lander"</script></html>', Refresh(0, "/lander")),
        (b"<html><script>location.replace('/x')</script></html>", Refresh(0, "/x")),
        (b"<html><script>if (location.href == '/x') {}</script></html>", None),
        (b"<html>" + b"<p>text</p>" * 300 + b"<script>location='/x'</script></html>", None),
    ],
)
def test_redirects_written_in_the_page_are_found(body: bytes, refresh: Refresh | None) -> None:
    assert read_page(body, "text/html").refresh == refresh


def test_a_frame_that_holds_the_whole_page_is_not_thrown_away() -> None:
    """Old systems wrap everything in one form, and some themes name the wrapper a banner."""
    text = "The yearly report on wells and gauges. " * 20
    assert "wells and gauges" in read_page(f"<form id=aspnet><div>{text}</div></form>".encode(), None).main_text
    assert "wells and gauges" in read_page(f"<div class=banner>{text}</div>".encode(), None).main_text


@pytest.mark.parametrize(
    ("body", "content_type", "markup", "words"),
    [
        (b"plain words of a file", "text/plain", False, 5),
        (b"<html><p>markup in disguise", "text/plain", True, 3),
        (b"<!doctype html><p>untyped markup", None, True, 2),
        (b'{"a": "json words"}', "application/json", False, 3),
        (b"%PDF-1.7 binary", "application/pdf", False, 0),
        (b"\x89PNG\x00\x00", None, False, 0),
        (b"", "text/html", True, 0),
    ],
)
def test_only_what_holds_text_is_read(body: bytes, content_type: str | None, markup: bool, words: int) -> None:
    page = read_page(body, content_type)
    assert (page.markup, page.word_count) == (markup, words)


def test_unspaced_scripts_are_counted_by_characters() -> None:
    assert read_page("<p>地下水位下降了十一厘米</p>".encode(), "text/html; charset=utf-8").word_count == 6


@settings(max_examples=80, deadline=None)
@given(
    st.binary(max_size=400) | st.text(max_size=400).map(lambda text: f"<html><body><p>{text}".encode()),
    st.sampled_from([None, "text/html", "text/html; charset=utf-16", "text/html; charset=idna", "x", "text/plain"]),
)
def test_no_bytes_break_the_reader(body: bytes, content_type: str | None) -> None:
    page = read_page(body, content_type)
    assert page.word_count >= 0
    assert page.visible_text == " ".join(page.visible_text.split())
