"""A room on a real store, both listeners on it, and readers and editors as clients."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from web_making import PASSWORD, Listeners, Room, listening, open_room


@pytest.fixture(scope="session")
def fresh_storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A storage folder as a first start leaves it, with the editor ``ada``; made once, copied for each test."""
    root = tmp_path_factory.mktemp("fresh")
    with open_room(root) as opened:
        opened.store.accounts.add_editor("ada", PASSWORD)
    return root


@pytest.fixture
def room(tmp_path: Path, fresh_storage: Path) -> Iterator[Room]:
    shutil.copytree(fresh_storage, tmp_path, dirs_exist_ok=True)
    with open_room(tmp_path) as opened:
        yield opened


@pytest.fixture
def listeners(room: Room) -> Iterator[Listeners]:
    with listening(room) as both:
        yield both


@pytest.fixture
def reader(listeners: Listeners) -> Iterator[httpx.Client]:
    """Somebody without an account, on the desk's listener."""
    with httpx.Client(base_url=listeners.desk, timeout=20) as client:
        yield client


@pytest.fixture
def outside(listeners: Listeners) -> Iterator[httpx.Client]:
    """Somebody on the replay host."""
    with httpx.Client(base_url=listeners.replay, timeout=20) as client:
        yield client


class Editor:
    """An editor signed in, who sends the session's own token with each form."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        client.post("/login", data={"name": "ada", "password": PASSWORD})
        found = re.search(r'name="csrf" value="([^"]+)"', client.get("/desk/").text)
        assert found is not None
        self.csrf = found[1]

    def get(self, path: str, **params: object) -> httpx.Response:
        return self.client.get(path, **params)  # type: ignore[arg-type]

    def post(self, path: str, **form: object) -> httpx.Response:
        return self.client.post(path, data={"csrf": self.csrf, **form})


@pytest.fixture
def editor(listeners: Listeners) -> Iterator[Editor]:
    with httpx.Client(base_url=listeners.desk, timeout=20) as client:
        yield Editor(client)


@pytest.fixture
def token(room: Room) -> str:
    return room.store.accounts.create_token("newsroom", by="ada")
