"""``linkkeeper check``: one look each at some URLs, nothing stored."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import typer

from linkkeeper.assembly.looking import open_observer
from linkkeeper.checks.case import Case
from linkkeeper.checks.observe import Leave, Observer
from linkkeeper.cli.addresses import with_scheme
from linkkeeper.cli.judge import as_object
from linkkeeper.cli.options import ConfigOption, JsonOption
from linkkeeper.cli.output import complain, console, json_line
from linkkeeper.errors import InputError
from linkkeeper.settings import Settings, load
from linkkeeper.vocabulary.observation import Observation, ObservationKind
from linkkeeper.vocabulary.uri import UnusableUrl, fetch_form

#: Nothing was learned of the source: our own way out failed, so that the look could not be done.
_NOT_DONE = frozenset({ObservationKind.PROXY_ERROR})


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""

    @app.command("check")
    def check_command(
        urls: Annotated[list[str], typer.Argument(help="Addresses to look at.", metavar="URL…")],
        as_json: JsonOption = False,
        config: ConfigOption = None,
    ) -> int:
        """Look once at each URL and say what was found; nothing is stored."""
        settings = load(config)
        usable, status = with_scheme(urls)
        return max(status, asyncio.run(_check(usable, settings, as_json=as_json))) if usable else status


async def _check(urls: Sequence[str], settings: Settings, *, as_json: bool) -> int:
    forms, unusable = _read(urls)
    failed = bool(unusable)
    for error in unusable:
        complain(error)
    async with open_observer(settings) as observer:
        async for url, observation in _as_they_come(forms, observer):
            failed = failed or observation.kind in _NOT_DONE
            _show(url, observation, as_json=as_json)
    return int(failed)


async def _as_they_come(forms: dict[str, str], observer: Observer) -> AsyncIterator[tuple[str, Observation]]:
    async def one(url: str, form: str) -> tuple[str, Observation]:
        return url, (await observer.observe(Case(cited=form), leave=Leave(patient=True, browser=True))).observation

    tasks = [asyncio.create_task(one(url, form)) for url, form in forms.items()]
    for task in asyncio.as_completed(tasks):
        yield await task


def _read(urls: Sequence[str]) -> tuple[dict[str, str], list[InputError]]:
    """The fetch form of each URL as given, each once, and what is no URL."""
    forms: dict[str, str] = {}
    unusable = []
    for url in urls:
        try:
            forms[url] = fetch_form(url)
        except UnusableUrl as error:
            unusable.append(InputError("read the address", subject=url, reason=str(error)))
    return forms, unusable


def _show(url: str, observation: Observation, *, as_json: bool) -> None:
    if as_json:
        json_line(as_object(observation) | {"url": url})
        return
    words = f"{observation.kind.value}: {observation.evidence.words} [{observation.rule}]"
    console().print(f"{url}\n  {words}")
