"""Publishing systems and page designs: any of the one in any of the other gives the same notes."""

import pytest

from citations.sites import LINKS, kinds, sites
from linkkeeper.citations.read import read


@pytest.mark.parametrize(("title", "parts"), [pytest.param(*kind, id=kind[0]) for kind in kinds()])
def test_the_same_notes_come_out_of_every_kind_of_page(title: str, parts: dict[str, str]) -> None:
    for site in sites(parts):
        reading = read(site.page.encode(), location="analysis.html")
        found = [(n.label, [url.as_cited for url in n.urls], n.ibid_of, list(n.refers_to)) for n in reading.notes]
        assert found == [(n.label, n.urls, n.ibid_of, n.refers_to) for n in site.notes], site.title
        assert [url.as_cited for url in reading.links] == LINKS, site.title
