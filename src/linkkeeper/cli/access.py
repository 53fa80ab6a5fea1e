"""``linkkeeper withhold`` and ``restore``: who may see a capture."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from linkkeeper.assembly import open_store
from linkkeeper.cli.options import ConfigOption
from linkkeeper.cli.output import console
from linkkeeper.cli.person import operator
from linkkeeper.errors import UsageError
from linkkeeper.settings import load
from linkkeeper.vocabulary.capture import AccessLevel


def register(app: typer.Typer) -> None:
    app.command("withhold")(withhold)
    app.command("restore")(restore)


def withhold(
    capture_id: Annotated[str, typer.Argument(metavar="ID")],
    level: Annotated[str, typer.Option("--as", metavar="private|embargo|takedown", help="Who may still see it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept, and shown on the tombstone of a takedown.")],
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="End of an embargo, 2027-01-31.")] = None,
    config: ConfigOption = None,
) -> None:
    """Make a capture invisible in every form; journaled before it takes effect."""
    with open_store(load(config)) as store:
        store.editing.withhold(capture_id, _level(level), by=operator(), reason=reason, until=_date(until))
    console().print(f"{capture_id}: {level}")


def restore(
    capture_id: Annotated[str, typer.Argument(metavar="ID")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the decision.")],
    config: ConfigOption = None,
) -> None:
    """Make a withheld capture visible again."""
    with open_store(load(config)) as store:
        store.editing.restore(capture_id, by=operator(), reason=reason)
    console().print(f"{capture_id}: open")


def _level(text: str) -> AccessLevel:
    try:
        return AccessLevel(text)
    except ValueError:
        raise UsageError(
            "withhold the capture", subject=text, reason="no such way", hint="--as private, embargo or takedown"
        ) from None


def _date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise UsageError("read --until", subject=text, reason="not a date", hint="write it as 2027-01-31") from None
