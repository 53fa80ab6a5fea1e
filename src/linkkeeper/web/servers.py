"""The two listeners in one process: desk with reading room, and the replay host."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Generator
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from linkkeeper.assembly import Store
from linkkeeper.assembly.seeking import importing
from linkkeeper.errors import ConfigurationError
from linkkeeper.settings import Settings
from linkkeeper.web.addresses import Addresses
from linkkeeper.web.desk import build_desk
from linkkeeper.web.replay_host import build_replay_host, replay_files_present
from linkkeeper.web.services import WebServices

STARTS_WITHIN_S = 15.0


class Servers:
    """Use as an asynchronous context manager; both answer inside the block."""

    def __init__(self, store: Store, settings: Settings, *, note: str = "") -> None:
        self._store = store
        self._web = settings.web
        self._note = note
        self._running = _Running()
        self.desk_url = ""

    async def __aenter__(self) -> Self:
        desk = _bind(self._web.desk_host, self._web.desk_port, setting="web.desk_port")
        replay = _bind(self._web.replay_host, self._web.replay_port, setting="web.replay_port")
        addresses = Addresses(
            public_url=self._web.public_url,
            replay_url=self._web.replay_url,
            desk_port=desk.getsockname()[1],
            replay_port=replay.getsockname()[1],
        )
        services = _services(self._store, addresses, replay=self._web.replay, note=self._note)
        self.desk_url = addresses.desk
        try:
            await self._running.start(build_desk(services), desk)
            await self._running.start(build_replay_host(services), replay)
        except BaseException:
            await self._running.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._running.stop()


def _services(store: Store, addresses: Addresses, *, replay: bool, note: str = "") -> WebServices:
    return WebServices(
        catalogue=store.catalogue,
        decisions=store.editing,
        accounts=store.accounts,
        clock=store.clock,
        storage=store.settings.storage.path,
        addresses=addresses,
        replay=replay,
        note=note,
        import_memento=importing(store),
    )


class _Running:
    """Servers that run in this process's event loop."""

    def __init__(self) -> None:
        self._servers: list[tuple[_Server, asyncio.Task[None]]] = []

    async def start(self, app: ASGIApp, bound: socket.socket) -> None:
        config = uvicorn.Config(
            app, log_level="warning", lifespan="off", access_log=False, timeout_graceful_shutdown=2, server_header=False
        )
        server = _Server(config)
        task = asyncio.create_task(server.serve(sockets=[bound]))
        self._servers.append((server, task))
        answering = asyncio.create_task(server.answers.wait())
        try:
            await asyncio.wait({answering, task}, timeout=STARTS_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            answering.cancel()
        if not server.answers.is_set():
            raise ConfigurationError("listen", subject=str(bound.getsockname()), reason="the server did not start")

    async def stop(self) -> None:
        for server, _task in self._servers:
            server.should_exit = True
        await asyncio.gather(*(task for _, task in self._servers), return_exceptions=True)
        self._servers.clear()


@contextlib.asynccontextmanager
async def serving(store: Store, *, note: str = "") -> AsyncIterator[str]:
    """
    Serve the desk and the replay host while the block runs.

    Args:
        note: A sentence shown on every page; empty for none.

    Yields:
        The desk's address.

    Raises:
        ConfigurationError: a port can't be bound.
    """
    async with Servers(store, store.settings, note=note) as servers:
        yield servers.desk_url


@contextlib.asynccontextmanager
async def replaying(store: Store) -> AsyncIterator[str]:
    """
    Serve the replay host for our own browser, under this machine's own names whatever the public ones are.

    Yields:
        Its address; empty where replay is turned off or was left out of the build.

    Raises:
        ConfigurationError: no port can be had.
    """
    if not (store.settings.web.replay and replay_files_present()):
        yield ""
        return
    bound = _bind("127.0.0.1", 0, setting="web.replay_port")
    port = bound.getsockname()[1]
    services = _services(store, Addresses(replay_port=port), replay=True)
    server = _Running()
    try:
        await server.start(build_replay_host(services), bound)
        yield services.addresses.replay("")
    finally:
        await server.stop()


class _Server(uvicorn.Server):
    """Tells when it answers, and leaves signals to the daemon: two servers must not fight for them."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answers = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answers.set()


def _bind(host: str, port: int, *, setting: str) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        raise ConfigurationError(
            "listen",
            subject=f"{host}:{port}",
            reason=error.strerror or str(error),
            hint=f"another program may use it; change {setting}",
        ) from error
    return bound
