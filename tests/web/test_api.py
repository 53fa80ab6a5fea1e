"""The API: the objects of ``status`` and ``capture --json``, steps as events, refusals that say why."""

import json
from typing import Any

import httpx
import pytest

from linkkeeper.adapters.sqlmodel_tables import RequestRow
from linkkeeper.pipeline.status import capture_object
from linkkeeper.vocabulary.state import LinkState
from web_making import Room, days_ago

URL = "https://www.example.org/report"


@pytest.fixture
def api(reader: httpx.Client, token: str) -> httpx.Client:
    reader.headers["authorization"] = f"Bearer {token}"
    return reader


def finish(room: Room, capture_id: str, *, state: str = "done") -> None:
    step = {"name": "load", "outcome": "done", "elapsed_s": 1.25, "detail": "the page came"}
    with room.store.database.writing() as session:
        row = session.get_one(RequestRow, capture_id)
        row.state, row.ended_at, row.steps, row.words = state, days_ago(0), [step], "as asked"
        session.add(row)


def test_captures_are_asked_for_with_the_id_that_they_keep(api: httpx.Client, room: Room) -> None:
    answer = api.post("/api/captures", json={"urls": [URL, "https://b.example/"]})
    assert answer.status_code == 202
    first, second = answer.json()
    assert first == {"capture_id": first["capture_id"], "url": URL, "request_state": "waiting"}
    assert second["url"] == "https://b.example/"
    request = room.store.catalogue.request(first["capture_id"])
    assert request is not None and request.requested_by == "token newsroom" and request.reason.value == "editor"


def test_asking_again_while_it_waits_gives_the_same_id(api: httpx.Client) -> None:
    ids = {api.post("/api/captures", json={"urls": [URL]}).json()[0]["capture_id"] for _ in range(2)}
    assert len(ids) == 1


def test_a_url_that_can_not_be_captured_is_told_beside_the_others(api: httpx.Client) -> None:
    good, bad = api.post("/api/captures", json={"urls": [URL, "ftp://a.example/x"]}).json()
    assert good["capture_id"] and bad["capture_id"] is None and bad["problem"]
    assert api.post("/api/captures", json={"urls": ["javascript:alert(1)"]}).status_code == 422


@pytest.mark.parametrize(
    "body", [{}, {"urls": []}, {"urls": "https://a.example/"}, {"urls": [""]}, {"urls": ["a"] * 101}]
)
def test_a_body_that_is_not_as_documented_is_refused(api: httpx.Client, body: dict[str, Any]) -> None:
    answer = api.post("/api/captures", json=body)
    assert answer.status_code == 422 and answer.json()["detail"]


def test_too_many_captures_at_once_wait(api: httpx.Client) -> None:
    wanted = {"urls": [f"https://a.example/{n}" for n in range(100)]}
    statuses = [api.post("/api/captures", json=wanted).status_code for _ in range(4)]
    assert statuses == [202, 202, 202, 429]


def test_a_capture_is_told_with_request_and_steps(api: httpx.Client, room: Room) -> None:
    capture_id = room.ask(URL)
    waiting = api.get(f"/api/captures/{capture_id}").json()
    keys = {"url", "capture_id", "quality", "reason", "directory", "files", "elapsed_s", "request_state", "steps"}
    keys.add("replay_score")
    assert set(waiting) == keys
    assert (waiting["request_state"], waiting["quality"], waiting["files"]) == ("waiting", None, [])
    finish(room, capture_id)
    done = api.get(f"/api/captures/{capture_id}").json()
    assert done["request_state"] == "done" and done["elapsed_s"] == 1.25
    assert done["steps"] == [{"name": "load", "outcome": "done", "elapsed_s": 1.25, "detail": "the page came"}]


def test_a_capture_that_nobody_asked_for_is_told_too(api: httpx.Client, room: Room) -> None:
    capture_id = room.add_capture(URL)
    told = api.get(f"/api/captures/{capture_id}").json()
    assert told["quality"] == "complete" and told["request_state"] == "done" and "capture.wacz" in told["files"]
    assert told["directory"] == str(room.root / "captures" / "2026" / "11" / capture_id)


def test_an_unknown_capture_or_link_is_404(api: httpx.Client) -> None:
    assert api.get("/api/captures/nothing").status_code == 404
    assert api.get("/api/links", params={"url": "https://nobody.example/"}).status_code == 404


def test_a_link_is_told_as_status_tells_it(api: httpx.Client, room: Room) -> None:
    room.add_analysis("An analysis", [("3", "A note.", [URL])])
    capture_id = room.add_capture(URL, moment=days_ago(3))
    room.set_state(URL, LinkState.DEAD, since=days_ago(1), words="gone")
    told = api.get("/api/links", params={"url": URL + "#part"}).json()
    assert list(told) == [
        "url", "state", "since", "pinned", "rule", "evidence", "last_checked_at", "last_ok_at", "next_check_at",
        "checks", "captures", "pins", "cited_in",
    ]  # fmt: skip
    assert (told["state"], told["since"], told["evidence"]) == ("dead", "2026-11-21T09:00:00Z", {"words": "gone"})
    look = {
        "moment": "2026-11-21T09:00:00Z",
        "observation": "gone",
        "rule": "http.410@1",
        "evidence": {"words": "gone"},
    }
    assert told["checks"] == [look | {"state": "dead"}]
    moment = "2026-11-19T09:00:00Z"
    assert told["captures"] == [{"capture_id": capture_id, "moment": moment, "quality": "complete", "uri_m": None}]
    assert [cited["label"] for cited in told["cited_in"]] == ["3"]


def test_steps_come_as_events_until_all_have_ended(api: httpx.Client, room: Room) -> None:
    ids = [room.ask(URL), room.ask("https://b.example/")]
    events: list[tuple[str, Any]] = []
    with api.stream("GET", "/api/captures/events", params={"id": ids}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        name = ""
        for line in answer.iter_lines():
            kind, _, value = line.partition(": ")
            name = value if kind == "event" else name
            if kind == "data":
                events.append((name, json.loads(value)))
                waiting = [event for event in events if event[0] == "capture"]
                if len(waiting) in (2, 3):
                    finish(room, ids[len(waiting) - 2], state="done" if len(waiting) == 2 else "failed")
    told = [(event["capture_id"], event["request_state"]) for name, event in events if name == "capture"]
    assert told == [(ids[0], "waiting"), (ids[1], "waiting"), (ids[0], "done"), (ids[1], "failed")]
    assert events[-1][0] == "end"


def test_there_is_nothing_to_tell_without_request_and_capture() -> None:
    with pytest.raises(ValueError):
        capture_object(None, None)
