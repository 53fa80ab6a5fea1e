"""``linkkeeper judge``: the rules on a saved body, offline."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from linkkeeper.checks.case import Case, baseline_of
from linkkeeper.checks.judge import judge
from linkkeeper.checks.look import Answer, Look
from linkkeeper.cli.options import ConfigOption, JsonOption
from linkkeeper.cli.output import console, json_line
from linkkeeper.errors import InputError, UsageError
from linkkeeper.pages.text import read_page
from linkkeeper.settings import load
from linkkeeper.vocabulary.observation import Observation
from linkkeeper.vocabulary.uri import UnusableUrl, fetch_form


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""

    @app.command("judge")
    def judge_command(
        file: Annotated[Path, typer.Argument(help="A saved body.", metavar="FILE")],
        status: Annotated[int, typer.Option(min=100, max=999, help="HTTP status that it came with.")],
        url: Annotated[str, typer.Option(help="The cited URL.")],
        header: Annotated[list[str] | None, typer.Option(help="A header of the answer, “Name: value”.")] = None,
        final_url: Annotated[str | None, typer.Option(help="Where the answer came from, after redirects.")] = None,
        baseline: Annotated[Path | None, typer.Option(help="An earlier body of the source, to judge drift.")] = None,
        as_json: JsonOption = False,
        config: ConfigOption = None,
    ) -> None:
        """Judge a saved body by the same rules as a look, offline."""
        if config is not None:
            load(config)
        cited = _address(url)
        headers = tuple(_header(line) for line in header or [])
        answer = Answer(
            url=_address(final_url) if final_url else cited, status=status, headers=headers, body=_read(file)
        )
        look = Look(url=cited, moment=datetime.now(UTC), elapsed_s=0.0, answer=answer)
        before = baseline_of(read_page(_read(baseline), None), final_url=cited) if baseline else None
        observation = replace(judge(look, Case(cited=cited, baseline=before)), url=url)
        if as_json:
            json_line(as_object(observation))
        else:
            console().print(
                f"{observation.kind.value}: {observation.evidence.words} [{observation.rule}]", markup=False
            )


def _address(text: str) -> str:
    try:
        return fetch_form(text)
    except UnusableUrl as error:
        raise UsageError("read the address", subject=text, reason=str(error)) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError("read the body", subject=str(path), reason=error.strerror or str(error)) from error


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        raise UsageError("read the option --header", subject=line, reason="not of the form “Name: value”")
    return name.strip(), value.strip()


def as_object(observation: Observation) -> dict[str, object]:
    """The object that ``check`` and ``judge`` print."""
    return {
        "url": observation.url,
        "observation": observation.kind.value,
        "rule": observation.rule,
        "http_status": observation.http_status,
        "final_url": observation.final_url,
        "redirects": [{"url": hop.url, "status": hop.status} for hop in observation.redirects],
        "evidence": observation.evidence.as_json(),
        "elapsed_s": round(observation.elapsed_s, 3),
    }
