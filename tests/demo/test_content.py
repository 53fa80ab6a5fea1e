"""The bundled analyses, their sources, and the cast of the three acts."""

import re
from pathlib import Path

from linkkeeper.demo import content
from linkkeeper.demo.content import Fate
from testweb import TestWeb, acts


def test_every_source_is_cited_and_every_cited_url_is_a_source(tmp_path: Path) -> None:
    text = "\n".join(path.read_text("utf-8") for path in content.copy_analyses(tmp_path))
    cited = set(re.findall(r"https://[^\s\"<>)]+?(?=[.,;]?[\s\"<>)])", text))
    assert cited == {source.url for source in content.sources()}


def test_the_analyses_hold_a_dozen_notes_with_ibid_and_a_repeated_citation(tmp_path: Path) -> None:
    page, briefing = (path.read_text("utf-8") for path in content.copy_analyses(tmp_path))
    notes = re.findall(r'<li id="n\d+">', page) + re.findall(r"^\[\^\w+\]:", briefing, re.MULTILINE)
    assert len(notes) == 12
    assert "Ibid." in page
    assert page.count("Tidal Freight: What Eight Crossings") == 2


def test_the_sources_meet_every_fate_and_no_two_share_a_host_that_is_lost() -> None:
    sources = content.sources()
    assert {source.fate for source in sources} == set(Fate)
    whole_host = {Fate.PARKED, Fate.TAKEN_OVER, Fate.NAME_GONE, Fate.SOFT_404}
    hosts = [source.host for source in sources]
    assert all(hosts.count(source.host) == 1 for source in sources if source.fate in whole_host)


def test_texts_are_long_enough_to_be_compared() -> None:
    """Under 80 words a comparison rests on the title alone."""
    for source in content.sources():
        if isinstance(source.living, content.Alive):
            assert sum(len(text.split()) for text in source.living.article.paragraphs) >= 80


def test_a_name_that_is_gone_no_longer_leads_anywhere() -> None:
    with TestWeb() as web:
        content.first_edition(web)
        assert "" not in {web.connect_to()[f"{source.host}:443"] for source in content.sources()}
        content.second_edition(web)
        assert web.connect_to()["www.oldpilots.example:443"] == ""


def test_the_twin_has_sixteen_urls_in_fourteen_notes() -> None:
    analysis = acts.TWIN.read_text("utf-8")
    roles = acts.cast(analysis)
    assert len(roles) == 16
    assert [role.label for role in roles] == [
        "1",
        "3",
        "4",
        "5",
        "5",
        "6",
        "7",
        "7",
        "8",
        "9",
        "11",
        "12",
        "12",
        "12",
        "12",
        "14",
    ]
    assert len({role.url for role in roles}) == 16
    assert len(re.findall(r"^\[\d+\] ", analysis, re.MULTILINE)) == 14
    assert not any(role.url.endswith((".", ";", ",")) for role in roles)


def test_fates_of_a_whole_host_fall_on_hosts_cited_once() -> None:
    roles = acts.cast(acts.TWIN.read_text("utf-8"))
    whole_host = {"parked", "taken_over", "name_gone", "tls_expired", "soft_404", "moved_home", "rate_limited"}
    hosts = [role.host for role in roles]
    assert all(hosts.count(role.host) == 1 for role in roles if role.fate in whole_host)
