"""Every family of footnotes, in several variations, is read as a careful editor reads it."""

import re
from html import unescape

import pytest

from citations.catalogue import Variation, variations
from linkkeeper.citations.read import read


@pytest.mark.parametrize("variation", list(variations()), ids=str)
def test_notes_are_found_with_their_labels_and_urls(variation: Variation) -> None:
    reading = read(variation.source.encode(), location=variation.name)
    found = [(note.label, [url.as_cited for url in note.urls]) for note in reading.notes]
    assert found == [(note.label, note.urls) for note in variation.notes]


@pytest.mark.parametrize("variation", list(variations()), ids=str)
def test_ibid_and_supra_mean_the_right_notes(variation: Variation) -> None:
    reading = read(variation.source.encode(), location=variation.name)
    found = [(note.label, note.ibid_of, list(note.refers_to)) for note in reading.notes]
    assert found == [(note.label, note.ibid_of, note.refers_to) for note in variation.notes]


@pytest.mark.parametrize("variation", [item for item in variations() if item.links is not None], ids=str)
def test_links_of_the_text_are_told_from_all_others(variation: Variation) -> None:
    reading = read(variation.source.encode(), location=variation.name)
    assert [url.as_cited for url in reading.links] == variation.links


@pytest.mark.parametrize("variation", list(variations()), ids=str)
def test_spans_point_at_exactly_what_they_claim(variation: Variation) -> None:
    data = variation.source.encode()
    reading = read(data, location=variation.name)
    for note in reading.notes:
        assert note.span is not None
        for url in note.urls:
            assert url.occurrences
            for place in url.occurrences:
                assert place.span is not None
                written = unescape(place.span.of(data).decode()).strip().replace("doi: ", "doi:")
                written = re.sub(r"^/web/\d{14}/", "", written)
                if url.as_cited == f"doi:{written}":
                    continue
                assert written[:8].lower() == url.as_cited[:8].lower() or "google.com/url" in written


@pytest.mark.parametrize("variation", [item for item in variations() if item.dates is not None], ids=str)
def test_dates_are_told_by_what_the_note_says_of_them(variation: Variation) -> None:
    reading = read(variation.source.encode(), location=variation.name)
    found = [
        " ".join([note.label, *(str(day or "-") for day in (note.published, note.accessed, note.archived))])
        for note in reading.notes
    ]
    assert found == variation.dates


@pytest.mark.parametrize("variation", [item for item in variations() if item.pairs is not None], ids=str)
def test_archived_copies_are_paired_with_what_they_archive(variation: Variation) -> None:
    reading = read(variation.source.encode(), location=variation.name)
    copies = [(note, url) for note in reading.notes for url in note.urls if url.archive is not None]
    assert [f"{note.label} {url.as_cited} {url.paired_with}" for note, url in copies] == variation.pairs
