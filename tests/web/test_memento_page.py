"""The memento page: the source at once, what it is, and nothing of it where it is withheld."""

import httpx
import pytest

from linkkeeper.vocabulary.capture import AccessLevel, Quality
from linkkeeper.vocabulary.state import LinkState
from web_making import Listeners, Room, days_ago, png

URL = "https://www.example.org/report?lang=en&page=2"
NOTES = [("7", "Ada Winter, “Report”.", [URL])]


@pytest.fixture
def captured(room: Room) -> str:
    room.clock.moment = days_ago(52)
    room.add_analysis("Water in the delta", NOTES)
    room.clock.moment = days_ago(0)
    return room.add_capture(URL, moment=days_ago(40), title="The Report")


def test_the_picture_stands_in_the_servers_own_html(reader: httpx.Client, listeners: Listeners, captured: str) -> None:
    page = reader.get(f"/web/20261013090000/{URL}")
    assert page.status_code == 200
    assert f'src="{listeners.replay}/captures/{captured}/screenshot.png"' in page.text
    assert "Captured" in page.text and "12 days after the citation" in page.text
    assert "Water in the delta, note 7" in page.text


def test_nothing_from_outside_is_served_by_the_desk(reader: httpx.Client, captured: str) -> None:
    for path in (f"/captures/{captured}/text.txt", f"/captures/{captured}/page.pdf", "/replay/ui.js", "/replay/sw.js"):
        assert reader.get(path).status_code == 404


def test_another_timestamp_leads_to_the_nearest_capture(reader: httpx.Client, room: Room, captured: str) -> None:
    room.add_capture(URL, moment=days_ago(2))
    for stamp, wanted in (("2026", "20261013090000"), ("20261113000000", "20261120090000"), ("2031", "20261120090000")):
        answer = reader.get(f"/web/{stamp}/{URL}")
        assert answer.status_code == 302
        assert answer.headers["location"] == f"/web/{wanted}/{URL}"


def test_earlier_and_later_captures_are_one_step_away(reader: httpx.Client, room: Room, captured: str) -> None:
    room.add_capture(URL, moment=days_ago(2))
    escaped = URL.replace("&", "&amp;")
    first = reader.get(f"/web/20261013090000/{URL}").text
    assert f'<a rel="next" href="/web/20261120090000/{escaped}">' in first and 'rel="prev"' not in first
    last = reader.get(f"/web/20261120090000/{URL}").text
    assert f'<a rel="prev" href="/web/20261013090000/{escaped}">' in last and "2 of 2" in last


def test_the_newest_is_meant_where_no_time_is_given(reader: httpx.Client, captured: str) -> None:
    assert reader.get(f"/web/{URL}").headers["location"] == f"/web/20261013090000/{URL}"


def test_a_capture_of_a_wall_is_never_nearest_while_the_source_is_kept(
    reader: httpx.Client, room: Room, captured: str
) -> None:
    room.add_capture(URL, moment=days_ago(1), quality=Quality.BLOCKED, reason="A bot wall.")
    assert reader.get(f"/web/20261122/{URL}").headers["location"].startswith("/web/20261013090000/")
    wall = reader.get(f"/web/20261121090000/{URL}")
    assert "this shows its refusal, not the source" in wall.text and "A bot wall." in wall.text


def test_partial_and_unconfirmed_captures_say_so(reader: httpx.Client, room: Room, captured: str) -> None:
    room.add_capture(
        URL, moment=days_ago(1), quality=Quality.PARTIAL, reason="2 pictures are missing.", confirmed=False
    )
    page = reader.get(f"/web/20261121090000/{URL}").text
    assert "not complete" in page and "2 pictures are missing." in page
    assert "not been confirmed that this is the source" in page


def test_an_unchanged_capture_shows_the_bytes_of_the_one_it_is_the_same_as(
    reader: httpx.Client, room: Room, captured: str
) -> None:
    room.add_capture(URL, moment=days_ago(1), same_as=captured)
    page = reader.get(f"/web/20261121090000/{URL}").text
    assert f"/captures/{captured}/screenshot.png" in page
    assert "same text as on 13 October 2026" in page


def test_a_hostile_original_is_named_but_not_linked(reader: httpx.Client, room: Room, captured: str) -> None:
    for state in (LinkState.PARKED, LinkState.USURPED):
        room.set_state(URL, state)
        for path in (f"/web/20261013090000/{URL}", f"/links/{room.link_id(URL)}", "/links/"):
            assert 'href="https://www.example.org' not in reader.get(path).text, (state, path)


def test_a_living_original_is_linked_without_telling_it_where_from(
    reader: httpx.Client, room: Room, captured: str
) -> None:
    room.set_state(URL, LinkState.ALIVE)
    page = reader.get(f"/web/20261013090000/{URL}")
    assert 'href="https://www.example.org/report?lang=en&amp;page=2" rel="noopener noreferrer nofollow"' in page.text
    assert page.headers["referrer-policy"] == "same-origin"


def test_the_sources_own_pdf_stands_at_once(reader: httpx.Client, listeners: Listeners, room: Room) -> None:
    capture_id = room.add_capture("https://papers.example.edu/a.pdf", media_type="application/pdf", pictures={})
    page = reader.get("/web/20261122090000/https://papers.example.edu/a.pdf").text
    frame = f'<iframe class="frame" src="{listeners.replay}/captures/{capture_id}/page.pdf"'
    assert frame in page
    assert "sandbox" not in page.partition(frame)[2].partition(">")[0]


def test_replay_and_text_are_framed_in_a_sandbox(reader: httpx.Client, captured: str) -> None:
    for modifier in ("tx_", "rp_"):
        page = reader.get(f"/web/20261013090000{modifier}/{URL}").text
        assert 'sandbox="allow-scripts allow-same-origin allow-forms"' in page


def test_every_way_of_seeing_it_works_without_scripts(reader: httpx.Client, captured: str) -> None:
    expected = {"pd_": "page.pdf", "im_": "screenshot.png", "tx_": "text.txt", "pr_": "Download everything (WACZ)"}
    for modifier, wanted in expected.items():
        assert wanted in reader.get(f"/web/20261013090000{modifier}/{URL}").text


def test_the_proof_lists_the_digests_of_the_manifest(reader: httpx.Client, room: Room, captured: str) -> None:
    capture = room.store.catalogue.capture(captured)
    assert capture is not None
    page = reader.get(f"/web/20261013090000pr_/{URL}").text
    assert capture.manifest_sha256 in page
    assert page.count('class="digest"') >= 2 + len(capture.files)


def test_a_preview_has_title_and_picture(reader: httpx.Client, captured: str) -> None:
    page = reader.get(f"/web/20261013090000/{URL}").text
    assert '<meta property="og:title" content="The Report">' in page
    assert '<meta property="og:image" content="http://127.0.0.1:' in page and f"{captured}/screenshot.png" in page


@pytest.mark.parametrize(
    "level, status", [(AccessLevel.TAKEDOWN, 451), (AccessLevel.PRIVATE, 403), (AccessLevel.EMBARGO, 403)]
)
def test_a_withheld_capture_is_a_tombstone_in_every_form(
    reader: httpx.Client, outside: httpx.Client, room: Room, captured: str, level: AccessLevel, status: int
) -> None:
    until = days_ago(-10) if level is AccessLevel.EMBARGO else None
    room.store.editing.withhold(captured, level, by="ada", reason="asked", until=until)
    for modifier in ("", "pd_", "tx_", "rp_", "pr_"):
        page = reader.get(f"/web/20261013090000{modifier}/{URL}")
        assert page.status_code == status
        assert captured not in page.text and "asked" not in page.text
    assert reader.get(f"/web/2026/{URL}").status_code == status
    for name in ("capture.wacz", "page.pdf", "screenshot.png", "text.txt", "manifest.json"):
        assert outside.get(f"/captures/{captured}/{name}").status_code == status
    assert outside.get(f"/replay/page/{captured}").status_code == status
    assert reader.get(f"/timegate/{URL}").status_code == 404
    assert reader.get(f"/timemap/link/{URL}").status_code == 404
    assert reader.get("/cdx", params={"url": URL}).text == ""
    assert captured not in reader.get("/search?q=words").text
    room.store.editing.restore(captured, by="ada", reason="settled")
    assert reader.get(f"/web/20261013090000/{URL}").status_code == 200
    assert captured in reader.get("/cdx", params={"url": URL}).text


def test_what_is_the_same_as_a_withheld_capture_is_dark_too(reader: httpx.Client, room: Room, captured: str) -> None:
    room.add_capture(URL, moment=days_ago(1), same_as=captured)
    room.store.editing.withhold(captured, AccessLevel.TAKEDOWN, by="ada", reason="asked")
    assert reader.get(f"/web/20261121090000/{URL}").status_code == 451


def test_an_embargo_ends_by_itself(reader: httpx.Client, room: Room, captured: str) -> None:
    room.store.editing.withhold(captured, AccessLevel.EMBARGO, by="ada", reason="asked", until=days_ago(-10))
    assert "until 2 December 2026" in reader.get(f"/web/20261013090000/{URL}").text
    room.clock.moment = days_ago(-11)
    assert reader.get(f"/web/20261013090000/{URL}").status_code == 200


def test_an_address_of_which_nothing_is_kept_is_404_without_a_live_link(reader: httpx.Client) -> None:
    page = reader.get("/web/20260101000000/https://nobody.example/<script>alert(1)</script>")
    assert page.status_code == 404
    assert "<script>alert" not in page.text and 'href="https://nobody' not in page.text


@pytest.mark.parametrize(
    "path", ["/web/2026/", "/web/20261013090000xx_/https://www.example.org/", "/web/2026/javascript:1"]
)
def test_what_is_no_archived_address_is_404(reader: httpx.Client, path: str) -> None:
    assert reader.get(path).status_code == 404


def test_folded_slashes_of_a_proxy_are_mended(reader: httpx.Client, captured: str) -> None:
    folded = URL.replace("https://", "https:/")
    assert reader.get(f"/web/20261013090000/{folded}").status_code == 200


def test_a_reader_reports_a_problem(reader: httpx.Client, room: Room, captured: str) -> None:
    answer = reader.post(f"/web/20261013090000/{URL}", data={"words": "The second page is missing."})
    assert "Thank you" in answer.text
    kept = room.store.decisions.decisions_on(captured)
    assert [(one.kind, one.reason) for one in kept] == [("report", "The second page is missing.")]


def test_reports_of_programs_and_floods_are_not_kept(reader: httpx.Client, room: Room, captured: str) -> None:
    reader.post(f"/web/20261013090000/{URL}", data={"words": "Buy", "website": "https://spam.example"})
    assert room.store.decisions.decisions_on(captured) == []
    answers = [reader.post(f"/web/20261013090000/{URL}", data={"words": "x"}).status_code for _ in range(6)]
    assert answers[-1] == 429


def test_the_whole_page_can_be_seen_as_a_picture(reader: httpx.Client, room: Room) -> None:
    both = {"screenshot.png": png(), "screenshot-full.png": png(640, 1200)}
    capture_id = room.add_capture("https://long.example/a", pictures=both)
    capture = room.store.catalogue.capture(capture_id)
    assert capture is not None and "screenshot-full.png" in capture.files
    assert "See the whole page as a picture" in reader.get("/web/20261122090000/https://long.example/a").text
    assert "screenshot-full.png" in reader.get("/web/20261122090000im_/https://long.example/a").text
