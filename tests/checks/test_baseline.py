"""Does a capture match its note? A back catalogue is full of addresses that changed hands."""

import os
import re
from datetime import date
from pathlib import Path

import pytest

from linkkeeper.checks.baseline import match_note
from linkkeeper.checks.case import NoteFacts
from linkkeeper.pages.text import Page, read_page

from .judging import sentences

URL = "https://www.old-institute.example/reports/2019/a17"
TITLE = "Falling groundwater in the northern plain"


def capture(
    *, title: str = f"{TITLE} | Old Institute", text: str = sentences(8), head: str = "", language: str = "en"
) -> Page:
    return read_page(
        f'<html lang="{language}"><head><title>{title}</title>{head}</head><body><p>{text}</p></body></html>'.encode(),
        None,
    )


CASINO = capture(title="Best casino bonus 2026", text="Play roulette and poker with a welcome bonus. " * 30)


@pytest.mark.parametrize(
    ("text", "passages"),
    [
        (f"Ada Weller, “{TITLE}”, Old Institute, 3 June 2019, {URL} (accessed 4 May 2020).", (TITLE,)),
        (f"{TITLE}. Old Institute. {URL}", ()),
        (f"Vgl. Weller, „{TITLE}“, {URL} (abgerufen am 4. Mai 2020).", (TITLE,)),
        ("See there.", ("fell by eleven centimetres while the reservoirs in the hills were full",)),
    ],
)
def test_a_page_with_the_title_or_a_passage_of_its_note_matches(text: str, passages: tuple[str, ...]) -> None:
    note = NoteFacts(text=text, passages=passages)
    match = match_note(capture(), note, url=URL)
    assert match.matched
    assert match.score > 0.5
    assert match.words.startswith("the page matches its note")
    refused = match_note(CASINO, note, url=URL)
    assert not refused.matched
    assert refused.words.startswith("the page does not match its note")


def test_the_words_of_the_address_stand_for_a_note_without_words() -> None:
    url = "https://www.old-institute.example/2019/falling-groundwater-northern-plain"
    bare = NoteFacts(text=url)
    assert match_note(capture(), bare, url=url).matched
    assert not match_note(CASINO, bare, url=url).matched


def test_a_site_that_no_longer_calls_itself_by_its_name_is_not_trusted_on_a_bare_address() -> None:
    url = "https://www.oldinstitute.example/"
    assert match_note(capture(), NoteFacts(text=url), url=url).matched
    assert not match_note(CASINO, NoteFacts(text=url), url=url).matched


def test_author_and_date_speak_for_a_page() -> None:
    head = (
        '<meta name="author" content="Ada Weller"><meta property="article:published_time" content="2019-06-03T08:00Z">'
    )
    note = NoteFacts(text=f"Weller on wells, {URL}", published=date(2019, 6, 3))
    with_facts = match_note(capture(title="Wells", head=head), note, url=URL)
    scores = {part.name: part.score for part in with_facts.parts}
    assert (scores["author"], scores["date"]) == (1.0, 1.0)
    later = match_note(capture(title="Wells", head=head.replace("2019", "2025")), note, url=URL)
    assert later.score < with_facts.score


def test_an_empty_page_matches_nothing() -> None:
    match = match_note(read_page(b"", "text/html"), NoteFacts(text="", passages=()), url=URL)
    assert (match.matched, match.score) == (False, 0.0)


def test_real_pages_match_their_own_note_and_hardly_any_other() -> None:
    root = os.environ.get("LINKKEEPER_CORPUS")
    files = sorted((Path(root or "/nonexistent") / "corpus" / "pages" / "documents").glob("ok-*.html"))
    if not files:
        pytest.skip("LINKKEEPER_CORPUS names no folder with corpus/pages/documents")
    pages = [page for file in files[::2] if len(titled(page := read_page(file.read_bytes(), None)).split()) > 1]
    own = wrong = 0
    for cited in pages:
        title = titled(cited)
        note = NoteFacts(text=f"A. Smith, “{title}”, 3 June 2019, {URL} (accessed 4 May 2020).", passages=(title,))
        for shown in pages:
            matched = match_note(shown, note, url=URL).matched
            own += matched and shown is cited
            wrong += matched and shown is not cited
    assert own == len(pages)
    # Two pieces on the same maker's screens share most of a title.
    assert wrong <= 1


def titled(page: Page) -> str:
    """The page's title without the site's name."""
    return max(re.split(r"\s+[|·–—-]+\s+|\s*\|\s*", page.title), key=len)
