"""A room on a real store, both listeners on it, and readers and editors as clients."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from linkkeeper.web.addresses import Addresses
from linkkeeper.web.desk import build_desk
from linkkeeper.web.replay_host import build_replay_host
from linkkeeper.web.sessions import COOKIE
from web_making import NOW, PASSWORD, Listeners, Room, bound, open_room, running


@dataclass(frozen=True)
class Fresh:
    """A storage folder as a first start leaves it, with the editor ``ada``, and her session."""

    root: Path
    session: str


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """Made once, copied for each test: hashing a password is slow on purpose."""
    root = tmp_path_factory.mktemp("fresh")
    with open_room(root) as opened:
        opened.store.accounts.add_editor("ada", PASSWORD)
        session = opened.store.accounts.sign_in("ada", PASSWORD, now=NOW)
    assert session is not None
    return Fresh(root, session)


@pytest.fixture
def room(tmp_path: Path, fresh: Fresh) -> Iterator[Room]:
    shutil.copytree(fresh.root, tmp_path, dirs_exist_ok=True)
    with open_room(tmp_path) as opened:
        yield opened


class Changing:
    """An application that is another one for each test, on a server that is started once."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@dataclass(frozen=True)
class House:
    desk: Changing
    replay: Changing
    ports: tuple[int, int]


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """Both servers, without applications yet."""
    sockets = bound(), bound()
    desk, replay = Changing(), Changing()
    with running(desk, sockets[0]), running(replay, sockets[1]):
        yield House(desk, replay, (sockets[0].getsockname()[1], sockets[1].getsockname()[1]))


@pytest.fixture
def listeners(room: Room, house: House) -> Listeners:
    services = room.served(addresses=Addresses(desk_port=house.ports[0], replay_port=house.ports[1]))
    house.desk.app, house.replay.app = build_desk(services), build_replay_host(services)
    return Listeners(f"http://localhost:{house.ports[0]}", f"http://127.0.0.1:{house.ports[1]}", services)


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

    def __init__(self, client: httpx.Client, session: str = "") -> None:
        self.client = client
        if session:
            client.cookies.set(COOKIE, session, domain="localhost.local")
        else:
            client.post("/login", data={"name": "ada", "password": PASSWORD})
        found = re.search(r'name="csrf" value="([^"]+)"', client.get("/desk/").text)
        assert found is not None
        self.csrf = found[1]

    def get(self, path: str, **params: object) -> httpx.Response:
        return self.client.get(path, **params)  # type: ignore[arg-type]

    def post(self, path: str, **form: object) -> httpx.Response:
        return self.client.post(path, data={"csrf": self.csrf, **form})


@pytest.fixture
def editor(listeners: Listeners, fresh: Fresh) -> Iterator[Editor]:
    with httpx.Client(base_url=listeners.desk, timeout=20) as client:
        yield Editor(client, fresh.session)


@pytest.fixture
def token(room: Room) -> str:
    return room.store.accounts.create_token("newsroom", by="ada")
