"""``linkkeeper capture``: capture some URLs now."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import typer

from linkkeeper import logs
from linkkeeper.assembly import Engine, open_engine
from linkkeeper.cli.addresses import with_scheme
from linkkeeper.cli.options import ConfigOption, JsonOption, VerboseOption
from linkkeeper.cli.output import complain, console, json_line, side_console
from linkkeeper.cli.person import operator
from linkkeeper.errors import InputError
from linkkeeper.pipeline.status import capture_object
from linkkeeper.settings import load
from linkkeeper.vocabulary.capture import Quality, RequestState
from linkkeeper.vocabulary.views import Asked, RequestView

#: How often a capture that another process makes is asked after.
LOOK_AGAIN_S = 0.5
_ENDS = frozenset(quality.value for quality in Quality)
_OPEN = (RequestState.WAITING, RequestState.RUNNING)


def register(app: typer.Typer) -> None:
    app.command("capture")(capture)


def capture(
    urls: Annotated[list[str], typer.Argument(metavar="URL…")],
    config: ConfigOption = None,
    json: JsonOption = False,
    verbose: VerboseOption = 0,
) -> int:
    """Capture URLs now, ahead of everything else: WARC, PDF, picture and text."""
    logs.configure(verbosity=verbose)
    usable, status = with_scheme(urls)
    return max(status, asyncio.run(_capture(usable, config, as_json=json))) if usable else status


async def _capture(urls: Sequence[str], config: ConfigOption, *, as_json: bool) -> int:
    async with open_engine(load(config), allow_unsandboxed=True) as engine:
        engine.store.recovery.adopt()
        asked = engine.store.editing.ask(urls, by=operator())
        status = 0
        for refused in (one for one in asked if one.problem):
            complain(InputError("capture", subject=refused.url, reason=refused.problem or ""))
            status = 1
        if not as_json:
            engine.keeper.on_event = _tell
        async with engine.hosts.beating():
            async for view in _as_they_end(engine, asked):
                status = max(status, _show(engine, view, as_json=as_json))
    return status


def _tell(url: str, words: str) -> None:
    """Every step for somebody who watches; for a file or a pipe only how each capture ended."""
    out = side_console()
    if out.is_terminal or words in _ENDS:
        out.print(f"{url}: {words}")


async def _as_they_end(engine: Engine, asked: Sequence[Asked]) -> AsyncIterator[RequestView]:
    """Each request once it ended, whether this process or a running daemon made the capture."""
    waiting = list(dict.fromkeys(one.capture_id for one in asked if one.capture_id))
    catalogue = engine.store.catalogue
    while waiting:
        views = [view for capture_id in waiting if (view := catalogue.request(capture_id)) is not None]
        waiting = [view.capture_id for view in views if view.state in _OPEN]
        for view in views:
            if view.state not in _OPEN:
                yield view
        links = frozenset(view.link_id for view in views if view.state in _OPEN)
        if links and not await engine.keeper.work_one(links=links):
            await asyncio.sleep(LOOK_AGAIN_S)


def _show(engine: Engine, view: RequestView, *, as_json: bool) -> int:
    found = capture_object(view, view.capture, storage=engine.store.settings.storage.path)
    if as_json:
        del found["request_state"], found["steps"]
        json_line(found)
    elif view.capture is not None:
        words = f"{found['quality']}{': ' + found['reason'] if found['reason'] else ''}"
        console().print(f"{view.url}\n  {words}\n  {found['directory']}")
    if view.capture is None:
        complain(InputError("capture", subject=view.url, reason=view.words or view.state.value))
        return 1
    return 0
