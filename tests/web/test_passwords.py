"""A one-time password works until an own one is chosen, and leads nowhere else before."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from linkkeeper.pipeline.first_login import FIRST_LOGIN, forget_first_login, leave_first_login
from web_making import PASSWORD, Room, listening, open_room

OWN = "a password of my own"


@pytest.fixture
def one_time(tmp_path: Path) -> Any:
    """A first start, and its editor signed in by the password that it left."""
    with open_room(tmp_path) as room:
        leave_first_login(room.store.accounts, room.root)
        name, password = (room.root / FIRST_LOGIN).read_text("utf-8").split()
        with listening(room) as both, httpx.Client(base_url=both.desk, timeout=20) as client:
            answer = client.post("/login", data={"name": name, "password": password})
            assert answer.status_code == 303
            yield client, password, room


def choose(client: httpx.Client, new: str, again: str | None = None, **more: str) -> httpx.Response:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/password").text)
    assert found is not None
    return client.post("/password", data={"csrf": found[1], "new": new, "again": again or new, **more})


def test_nothing_comes_before_an_own_password(one_time: Any) -> None:
    client, password, room = one_time
    for path in ("/desk/", "/desk/queue", "/", "/web/2026/https://a.example/"):
        assert client.get(path).headers.get("location") == "/password", path
    assert client.get("/api/captures/a").status_code == 403
    assert "works until then" in client.get("/password").text
    assert client.get("/static/linkkeeper.css").status_code == 200
    for new, again in ((password, password), ("short", "short"), (OWN, "another one then")):
        assert choose(client, new, again).status_code == 422
    assert (room.root / FIRST_LOGIN).exists()


def test_the_one_time_password_ends_with_the_own_one(one_time: Any) -> None:
    client, password, room = one_time
    answer = choose(client, OWN)
    assert answer.status_code == 303 and answer.headers["location"] == "/desk/"
    assert client.get("/desk/").status_code == 200
    assert not (room.root / FIRST_LOGIN).exists()
    accounts, now = room.store.accounts, room.clock.now()
    assert accounts.sign_in("editor", password, now=now) is None
    assert accounts.sign_in("editor", OWN, now=now) is not None
    leave_first_login(accounts, room.root)
    assert not (room.root / FIRST_LOGIN).exists()


def test_a_first_login_that_can_not_be_removed_is_told(tmp_path: Path) -> None:
    """No file is no trouble; a folder in its place is."""
    with capture_logs() as events:
        forget_first_login(tmp_path, "editor")
        assert events == []
        (tmp_path / FIRST_LOGIN).mkdir()
        forget_first_login(tmp_path, "editor")
    assert [one["log_level"] for one in events] == ["warning"]


def test_a_password_is_changed_by_who_knows_it_and_ends_other_sessions(editor: Any, room: Room) -> None:
    accounts, now = room.store.accounts, room.clock.now()
    elsewhere = accounts.sign_in("ada", PASSWORD, now=now)
    assert elsewhere is not None
    wrong = choose(editor.client, OWN, current="a guess of mine")
    assert wrong.status_code == 422 and "present password is wrong" in wrong.text
    assert accounts.session(elsewhere, now=now) is not None
    assert choose(editor.client, OWN, current=PASSWORD).status_code == 303
    assert editor.get("/desk/").status_code == 200
    assert accounts.session(elsewhere, now=now) is None


def test_a_stranger_reaches_no_password_page(reader: httpx.Client) -> None:
    assert reader.get("/password").headers["location"] == "/login?next=/password"
    assert reader.post("/password", data={"new": OWN, "again": OWN}).status_code == 303
