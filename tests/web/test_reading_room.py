"""The reading room: analyses with their sources and states, a page per analysis, link and host, and search."""

import httpx
import pytest

from linkkeeper.adapters.sqlmodel_tables import AnalysisRow
from linkkeeper.vocabulary.state import LinkState
from linkkeeper.web.rendering import place
from web_making import NOW, Room, days_ago

REPORT = "https://www.example.org/report"
GONE = "https://b.example/gone?page=2"
WORDS = "moved for good to https://www.example.org/" + "a-long-path/" * 20


@pytest.fixture
def analysis(room: Room) -> int:
    room.clock.moment = days_ago(9)
    found = room.add_analysis("Water in the delta", [("1", "Ada Winter, “Report”.", [REPORT]), ("2", "Lost.", [GONE])])
    room.clock.moment = NOW
    room.add_capture(REPORT, moment=days_ago(5), title="The Report", text="Mussels in the estuary.")
    room.set_state(REPORT, LinkState.ALIVE, since=days_ago(4))
    room.set_state(GONE, LinkState.DEAD, since=days_ago(2), words=WORDS)
    return found


def test_the_front_page_lists_analyses_with_the_states_of_their_sources(reader: httpx.Client, analysis: int) -> None:
    page = reader.get("/").text
    assert f'<a href="/analyses/{analysis}">Water in the delta</a>' in page
    assert 'aria-label="1 alive, 1 dead"' in page


def test_an_analysis_shows_its_notes_and_what_became_of_their_sources(reader: httpx.Client, analysis: int) -> None:
    page = reader.get(f"/analyses/{analysis}").text
    assert "2 notes, 2 sources" in page and "Ada Winter, “Report”." in page
    assert page.index('id="note-1"') < page.index(f"/web/20261117090000/{REPORT}") < page.index('id="note-2"')
    assert "no copy to show" in page.partition('id="note-2"')[2]


def test_a_link_tells_its_history_newest_first(reader: httpx.Client, room: Room, analysis: int) -> None:
    page = reader.get(f"/links/{room.link_id(REPORT)}").text
    assert "Water in the delta" in page and "is alive" not in page
    assert page.index("looked: ok") < page.index("<b>Capture</b>")
    assert WORDS in reader.get(f"/links/{room.link_id(GONE)}").text


def test_a_host_lists_its_sources(reader: httpx.Client, analysis: int) -> None:
    assert "/hosts/example.org" in reader.get("/hosts/").text
    page = reader.get("/hosts/example.org").text
    assert "The Report" in page and "b.example" not in page
    assert reader.get("/hosts/nobody.example").status_code == 404


def test_sources_are_filtered_by_state(reader: httpx.Client, analysis: int) -> None:
    page = reader.get("/links/?state=dead").text
    assert "b.example" in page and "The Report" not in page
    assert reader.get("/links/?state=no_such_state").status_code == 404


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("delta", "/analyses/"),
        ("b.example", "/links/"),
        ("mussels", "/web/20261117090000/"),
        ('"mussels AND (', "/web/"),
    ],
)
def test_titles_addresses_and_captured_text_are_searched(
    reader: httpx.Client, analysis: int, words: str, found: str
) -> None:
    page = reader.get("/search", params={"q": words}).text
    results = page.partition('<ol class="findings">')[2]
    assert (f'href="{found}' in results) is (words != '"mussels AND (')


def test_readers_are_told_no_folder_of_this_machine(reader: httpx.Client, editor: object, room: Room) -> None:
    room.add_analysis("", [("1", "A note.", [REPORT])])
    with room.store.database.writing() as session:
        row = session.get_one(AnalysisRow, 1)
        row.title, row.location = "", "/srv/secret-project/piece.html"
        session.add(row)
    room.add_capture(REPORT)
    paths = ("/", "/analyses/1", "/links/1", f"/web/20261122090000/{REPORT}", "/search?q=piece")
    for path in paths:
        page = reader.get(path).text
        assert "secret-project" not in page, path
        assert "piece.html" in page, path
    assert "secret-project" in editor.get("/analyses/1").text  # type: ignore[attr-defined]


def test_a_place_is_an_address_or_a_files_name() -> None:
    assert place("https://think.example/a/b.html") == "https://think.example/a/b.html"
    assert place("/srv/texts/b.md") == place("b.md") == "b.md"
    assert place("/srv/texts/") == "texts"
