"""``linkkeeper doctor``: what is found on this machine, and what to do."""

import asyncio

import typer
from rich.table import Table

from linkkeeper import assembly
from linkkeeper.cli.options import ConfigOption, JsonOption
from linkkeeper.cli.output import console, json_line
from linkkeeper.settings import load
from linkkeeper.vocabulary.finding import Finding, Health

_MARKS = {Health.GOOD: "good", Health.WARNING: "look here", Health.TROUBLE: "trouble"}


def register(app: typer.Typer) -> None:
    @app.command()
    def doctor(config: ConfigOption = None, as_json: JsonOption = False) -> int:
        """Tell what this machine has and what to do: browser, sandbox, fonts, storage, database, clock, network."""
        findings = asyncio.run(assembly.examine(load(config)))
        if as_json:
            for finding in findings:
                json_line(
                    {
                        "subject": finding.subject,
                        "health": str(finding.health),
                        "found": finding.found,
                        "advice": finding.advice,
                    }
                )
        else:
            console().print(_table(findings))
        return 1 if any(finding.health is Health.TROUBLE for finding in findings) else 0


def _table(findings: tuple[Finding, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "", "found", "what to do"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        table.add_row(finding.subject, _MARKS[finding.health], finding.found, finding.advice)
    return table
