"""A repaired edition gives the same citations as the original."""

from datetime import UTC, datetime
from urllib.parse import unquote

import pytest

from citations.catalogue import Variation, variations
from linkkeeper.citations.assemble import key_of
from linkkeeper.citations.read import read
from linkkeeper.relinking.repair import Text, plan
from linkkeeper.vocabulary.citation import CitedUrl, Reading
from linkkeeper.vocabulary.relink import Repair
from linkkeeper.vocabulary.uri import UnusableUrl, fetch_form

BASE = "https://keeper.example"


def repair(url: CitedUrl) -> Repair:
    uri_m = f"{BASE}/web/20261122090000/{fetch_form(url.as_cited)}"
    return Repair(url=url.as_cited, uri_m=uri_m, moment=datetime(2026, 11, 22, 9, 0, tzinfo=UTC))


def all_urls(reading: Reading) -> list[CitedUrl]:
    return [*(url for note in reading.notes for url in note.urls), *reading.links]


def citations(reading: Reading) -> list[object]:
    # Archived links hold the address as it is fetched: escaped.
    notes = [
        (note.label, unquote(note.text), [key_of(url.as_cited) for url in note.urls], note.ibid_of, note.refers_to)
        for note in reading.notes
    ]
    return [notes, [key_of(url.as_cited) for url in reading.links]]


@pytest.mark.parametrize("variation", list(variations()), ids=str)
def test_our_own_archived_links_stand_for_what_was_cited(variation: Variation) -> None:
    data = variation.source.encode()
    before = read(data, location=variation.name)
    repairs = []
    for url in all_urls(before):
        try:
            repairs.append(repair(url))
        except UnusableUrl:
            continue
    made = plan(Text(data=data, location=variation.name), list({one.url: one for one in repairs}.values()), read=read)
    after = read(made.after, location=variation.name, own_bases=("https://former.example", BASE))
    assert not any(BASE in url.as_cited for url in all_urls(after))
    assert citations(after) == citations(before)
