"""The editors' desk: paste, follow, decide; everything by plain forms."""

from typing import Any

import httpx
import pytest

from linkkeeper.vocabulary.capture import AccessLevel, Quality
from linkkeeper.vocabulary.state import LinkState
from linkkeeper.web.pasted import urls_in
from web_making import PASSWORD, Room, days_ago, listening, png

URL = "https://www.example.org/report"


@pytest.mark.parametrize(
    "text, urls",
    [
        ("https://a.example/x\nhttps://b.example/y", ["https://a.example/x", "https://b.example/y"]),
        ("12. Jane Doe, “R”, (https://a.example/r_(1)), 3 May; http://b.example/x.", ["https://a.example/r_(1)", "http://b.example/x"]),
        ("See www.a.example/x, and «https://b.example/ü».", ["https://www.a.example/x", "https://b.example/ü"]),
        ("a.example/report\n", ["https://a.example/report"]),
        ("https://a.example/x https://a.example/x", ["https://a.example/x"]),
        ("Ibid., p. 4. No address here.", []),
        ("ftp://a.example/x javascript:alert(1)", []),
    ],
)  # fmt: skip
def test_urls_are_found_in_what_is_pasted(text: str, urls: list[str]) -> None:
    assert urls_in(text) == urls


def test_a_pasted_note_is_captured_and_shown_while_it_is_made(editor: Any, room: Room) -> None:
    answer = editor.post("/desk/captures", text=f"12. Ada Winter, “Report”, {URL}; https://b.example/.")
    assert answer.status_code == 303
    page = editor.get(answer.headers["location"])
    assert page.text.count('data-state="waiting"') == 2
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page.text
    assert {asked.requested_by for asked in room.store.catalogue.requests()} == {"ada"}


def test_a_text_without_a_url_is_said_to_have_none(editor: Any) -> None:
    answer = editor.post("/desk/captures", text="Ibid., p. 4")
    assert answer.status_code == 422 and "There is no URL in this text." in answer.text and "Ibid., p. 4" in answer.text


def test_a_finished_capture_shows_picture_pdf_and_quality(editor: Any, room: Room) -> None:
    capture_id = room.add_capture(URL, quality=Quality.PARTIAL, reason="A font is missing.")
    page = editor.get(f"/desk/captures/{capture_id}").text
    for wanted in ("A font is missing.", "page.pdf", "screenshot.png", "partial"):
        assert wanted in page


def test_captures_are_withheld_and_restored_with_a_reason(editor: Any, room: Room) -> None:
    capture_id = room.add_capture(URL)
    refused = editor.post(f"/desk/captures/{capture_id}/withhold", level="takedown")
    assert refused.status_code == 422 and "needs a reason" in refused.text
    answer = editor.post(f"/desk/captures/{capture_id}/withhold", level="embargo", until="2027-01-31", reason="agreed")
    assert answer.status_code == 303
    capture = room.store.catalogue.capture(capture_id)
    assert capture is not None and capture.access is AccessLevel.EMBARGO and capture.access_until is not None
    editor.post(f"/desk/captures/{capture_id}/restore", reason="published elsewhere")
    capture = room.store.catalogue.capture(capture_id)
    assert capture is not None and capture.access is AccessLevel.OPEN
    assert [one.reason for one in room.store.decisions.decisions_on(capture_id)] == ["agreed", "published elsewhere"]


def test_an_unconfirmed_capture_is_confirmed(editor: Any, room: Room) -> None:
    room.add_analysis("An analysis", [("1", "A note.", [URL])])
    capture_id = room.add_capture(URL, confirmed=False, note_words="1 of 6 words of the title")
    listed = editor.get("/desk/unconfirmed").text
    assert "1 of 6 words of the title" in listed
    editor.post(f"/desk/captures/{capture_id}/confirm", back="/desk/unconfirmed")
    capture = room.store.catalogue.capture(capture_id)
    assert capture is not None and capture.confirmed
    assert URL not in editor.get("/desk/unconfirmed").text


def test_a_state_is_pinned_and_freed_with_a_reason(editor: Any, room: Room) -> None:
    room.add_analysis("An analysis", [("1", "A note.", [URL])])
    link_id = room.link_id(URL)
    editor.post(f"/desk/links/{link_id}/pin", state="alive", reason="seen with my own eyes")
    page = room.store.catalogue.link(link_id)
    assert page is not None and page.summary.state is LinkState.ALIVE and page.summary.pinned
    assert "pinned by an editor" in editor.get(f"/links/{link_id}").text
    assert "seen with my own eyes" in editor.get(f"/links/{link_id}").text
    editor.post(f"/desk/links/{link_id}/pin", state="", reason="let it be looked at")
    page = room.store.catalogue.link(link_id)
    assert page is not None and not page.summary.pinned


def test_an_editor_uploads_a_copy(editor: Any, room: Room) -> None:
    room.add_analysis("An analysis", [("1", "A note.", [URL])])
    files = {"file": ("../scan of page.png", png(), "image/png")}
    path = f"/desk/links/{room.link_id(URL)}/upload"
    answer = editor.client.post(path, data={"csrf": editor.csrf}, files=files)
    assert answer.status_code == 303
    page = editor.get(f"/links/{room.link_id(URL)}").text
    assert "Capture" in page
    (capture,) = room.store.catalogue.source_of_url(URL).captures  # type: ignore[union-attr]
    assert capture.uploaded_by == "ada" and "screenshot.png" in capture.files
    assert not list((room.root / "tmp").glob("upload-*"))
    shown = editor.get(f"/web/{capture.timestamp}/{URL}").text
    assert "uploaded by an editor (ada)" in shown


def test_an_editor_imports_another_archives_copy(room: Room) -> None:
    room.add_analysis("An analysis", [("1", "A note.", [URL])])
    asked: list[tuple[str, str, str]] = []

    async def imported(url: str, uri_m: str, by: str) -> str:
        asked.append((url, uri_m, by))
        return room.add_capture(url)

    with listening(room, import_memento=imported) as both, httpx.Client(base_url=both.desk, timeout=20) as client:
        client.post("/login", data={"name": "ada", "password": PASSWORD})
        path = f"/desk/links/{room.link_id(URL)}/import"
        page = client.get(f"/links/{room.link_id(URL)}").text
        assert path in page
        csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
        memento = f"https://archive.example/web/20200501100000/{URL}"
        answer = client.post(path, data={"csrf": csrf, "memento": f" {memento} "})
        assert answer.status_code == 303 and "/desk/captures/" in answer.headers["location"]
        assert asked == [(URL, memento, "ada")]
        assert client.post(path, data={"csrf": csrf, "memento": "ftp://x"}).status_code == 422
        assert client.post(path, data={"memento": memento}).status_code == 403


def test_sources_are_followed_and_left(editor: Any, room: Room) -> None:
    editor.post("/desk/sources", location="https://think.example/feed.xml", schedule="every 2h", apply="propose")
    (source,) = room.store.catalogue.sources()
    assert (source.location, source.schedule) == ("https://think.example/feed.xml", "every 2h")
    assert "every 2h" in editor.get("/desk/sources").text
    wrong = editor.post("/desk/sources", location="https://think.example/b.xml", schedule="whenever")
    assert wrong.status_code == 422 and "whenever" in wrong.text
    editor.post("/desk/sources/remove", location=source.location)
    assert room.store.catalogue.sources() == []


def test_proposed_repairs_are_shown_with_their_diff_and_decided(editor: Any, room: Room) -> None:
    analysis = room.add_analysis("An analysis", [("1", "A note.", [URL])])
    ids = [room.add_repair(analysis, URL, diff="-old <b>line\n+new line") for _ in range(2)]
    page = editor.get("/desk/repairs").text
    assert "<del>-old &lt;b&gt;line</del>" in page and "<ins>+new line</ins>" in page
    editor.post(f"/desk/repairs/{ids[0]}/approve")
    assert editor.post(f"/desk/repairs/{ids[1]}/dismiss").status_code == 422
    editor.post(f"/desk/repairs/{ids[1]}/dismiss", reason="the author objects")
    assert {repair.id: repair.state for repair in room.store.catalogue.repairs()} == {
        ids[0]: "made",
        ids[1]: "dismissed",
    }
    editor.post(f"/desk/repairs/{ids[0]}/undo", reason="the source is back")
    assert [repair.id for repair in room.store.catalogue.repairs(state="undone")] == [ids[0]]


def test_a_waiting_capture_is_cancelled(editor: Any, room: Room) -> None:
    capture_id = room.ask(URL)
    editor.post(f"/desk/captures/{capture_id}/cancel")
    request = room.store.catalogue.request(capture_id)
    assert request is not None and request.state.value == "cancelled"
    assert "cancelled" in editor.get("/desk/queue?state=cancelled").text


def test_what_does_not_exist_is_404_on_the_desk(editor: Any) -> None:
    for path in ("/desk/captures/nothing", "/desk/captures/nothing/card", "/desk/nothing"):
        assert editor.get(path).status_code == 404
    assert editor.post("/desk/captures/nothing/confirm").status_code == 404
    assert editor.post("/desk/links/99/pin", state="dead", reason="x").status_code == 404


def test_titles_from_outside_are_text_and_never_markup(editor: Any, room: Room) -> None:
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    room.add_analysis(f"An analysis {evil}", [("1", f"A note {evil}", [URL])])
    capture_id = room.add_capture(URL, title=evil, text=f"words {evil}", reason=evil, quality=Quality.PARTIAL)
    room.set_state(URL, LinkState.DEAD, words=evil, since=days_ago(1))
    link_id = room.link_id(URL)
    paths = ("/", "/analyses/1", f"/links/{link_id}", "/links/", f"/desk/captures/{capture_id}", "/search?q=words")
    for path in (*paths, f"/web/20261122090000/{URL}"):
        assert "<script>alert" not in editor.get(path).text and "<img src=x" not in editor.get(path).text, path
