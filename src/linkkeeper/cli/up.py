"""``linkkeeper up``: scheduler, workers, editors' desk and readers' pages in one process."""

import asyncio

import typer

from linkkeeper import logs
from linkkeeper.cli.options import ConfigOption, VerboseOption
from linkkeeper.cli.output import side_console
from linkkeeper.daemon.run import opened
from linkkeeper.pipeline.first_login import FIRST_LOGIN
from linkkeeper.settings import Settings, load
from linkkeeper.web.servers import replaying, serving


def register(app: typer.Typer) -> None:
    app.command("up")(up)


def up(config: ConfigOption = None, verbose: VerboseOption = 0) -> None:
    """Run the daemon until SIGTERM or Ctrl-C."""
    logs.configure(verbosity=verbose)
    asyncio.run(_up(load(config)))


async def _up(settings: Settings) -> None:
    async with opened(settings, serve=serving, replay=replaying) as daemon:
        await daemon.run(on_ready=lambda url: _say_ready(url, settings))


def _say_ready(url: str, settings: Settings) -> None:
    say = side_console()
    say.print(f"reading room {url}/   desk {url}/desk/")
    login = settings.storage.path / FIRST_LOGIN
    if login.exists():
        say.print(f"the first editor's name and one-time password are in {login}; it goes once an own one is chosen")
    if not settings.web.public_url:
        say.print("[web] public_url is unset: repairs that need an archived link of ours wait for it")
