"""Byte-exact on real documents: the shared folder's, found through ``LINKKEEPER_CORPUS``."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linkkeeper.citations.read import read
from linkkeeper.relinking.html_places import find_places
from linkkeeper.relinking.places import unsplice
from linkkeeper.relinking.repair import Text, plan
from linkkeeper.relinking.undo import undo
from linkkeeper.relinking.wanted import Wanted, address_of
from linkkeeper.vocabulary.citation import OccurrenceForm, Reading
from linkkeeper.vocabulary.relink import RefusalReason, Repair

FOLDER = Path(os.environ.get("LINKKEEPER_CORPUS", "")) / "corpus" / "citations" / "documents"
DOCUMENTS = sorted(FOLDER.iterdir()) if os.environ.get("LINKKEEPER_CORPUS") and FOLDER.is_dir() else []
MEMENTO = "https://keeper.example/web/20240203040506/"

pytestmark = pytest.mark.skipif(not DOCUMENTS, reason="LINKKEEPER_CORPUS names no folder with real documents")


def repair(url: str) -> Repair:
    return Repair(url=url, uri_m=MEMENTO + url, moment=datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC))


def cited(reading: Reading) -> list[str]:
    urls = [url.as_cited for note in reading.notes for url in note.urls] + [url.as_cited for url in reading.links]
    return [url for url in dict.fromkeys(urls) if url.lower().startswith("http")]


def occurrences(reading: Reading, wanted: Wanted) -> set[tuple[int, int]]:
    urls = [url for note in reading.notes for url in note.urls] + list(reading.links)
    return {
        (one.span.start, one.span.end)
        for url in urls
        for one in url.occurrences
        if one.span is not None
        and one.form is not OccurrenceForm.ATTRIBUTE_COPY
        and wanted.repair_of(url.as_cited) is not None
    }


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_three_urls_of_each_are_repaired_byte_for_byte(path: Path) -> None:
    data = path.read_bytes()
    reading = read(data, location=path.name)
    urls = cited(reading)
    chosen = urls[:: max(1, len(urls) // 3)][:3]
    if not chosen:
        pytest.skip(f"{path.name} cites no URL")
    made = plan(Text(data=data, location=path.name), [repair(url) for url in chosen], read=read)
    # A drawn table has no room for a second link; everything else must be repaired.
    assert {refusal.reason for refusal in made.refusals} <= {RefusalReason.NO_ROOM}
    left = {refusal.url for refusal in made.refusals}
    assert {edit.url for edit in made.edits} | left >= set(chosen) or not made.edits
    assert made.edits or left
    assert unsplice(made.after, made.edits) == data
    assert undo(made.after, made.edits).data == data
    assert undo(b"New.\n" + made.after, made.edits).data == b"New.\n" + data
    rest = made.after
    for edit in made.edits:
        rest = rest.replace(edit.after, edit.before, 1)
    assert rest == data


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if path.suffix == ".html"], ids=lambda path: path.name)
def test_the_quick_finder_sees_what_the_reader_of_citations_sees(path: Path) -> None:
    data = path.read_bytes()
    reading = read(data, location=path.name)
    wanted = Wanted([repair(url) for url in cited(reading)])
    found = find_places(data, wanted)
    places = {(place.span.start, place.span.end) for place in (*found.certain, *found.doubtful)}
    assert occurrences(reading, wanted) <= places
    notes = {url.as_cited for note in reading.notes for url in note.urls}
    for place in found.certain:
        # The running text may cite a note's URL once more; that is one of its places too.
        assert (place.span.start, place.span.end) in occurrences(reading, wanted) or place.url in notes


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if path.suffix == ".md"], ids=lambda path: path.name)
def test_markdown_still_means_the_same_to_another_parser(path: Path) -> None:
    """The links that a CommonMark parser sees are the old ones, in order, but for the swapped ones."""
    markdown_it = pytest.importorskip("markdown_it")
    parser = markdown_it.MarkdownIt("commonmark")
    data = path.read_bytes()
    reading = read(data, location=path.name)
    made = plan(Text(data=data, location=path.name), [repair(url) for url in cited(reading)], read=read)

    def links(text: bytes) -> list[str]:
        return re.findall(r'(?:href|src)="([^"]*)"', parser.render(text.decode()))

    # "http://a.example" and "http://a.example/" are one destination.
    before, after = (
        [address_of(link.replace(MEMENTO, "")) or link for link in links(text)] for text in (data, made.after)
    )
    swapped = [edit for edit in made.edits if edit.form is not OccurrenceForm.BARE_TEXT]
    assert len(swapped) > 0
    assert after == before
