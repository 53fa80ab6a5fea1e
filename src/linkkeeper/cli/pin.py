"""``linkkeeper pin``: hold a link in a state, or let the looks decide again."""

from typing import Annotated

import typer

from linkkeeper.assembly import open_store
from linkkeeper.cli.options import ConfigOption
from linkkeeper.cli.output import console
from linkkeeper.cli.person import operator
from linkkeeper.errors import UsageError
from linkkeeper.settings import load
from linkkeeper.vocabulary.state import LinkState


def register(app: typer.Typer) -> None:
    app.command("pin")(pin)


def pin(
    url: Annotated[str, typer.Argument(metavar="URL")],
    state: Annotated[str, typer.Argument(metavar="STATE", help='A state, or "none" to unpin.')],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the decision.")],
    config: ConfigOption = None,
) -> None:
    """Hold a link in a state against what looks say; every pin is kept with its reason."""
    wanted = _state(state)
    with open_store(load(config)) as store:
        store.editing.pin(url, wanted, by=operator(), reason=reason)
    console().print(f"{url}: {'pinned as ' + wanted.value if wanted else 'unpinned'}")


def _state(text: str) -> LinkState | None:
    if text == "none":
        return None
    try:
        return LinkState(text)
    except ValueError:
        known = ", ".join(state.value for state in LinkState)
        raise UsageError("pin the link", subject=text, reason="no such state", hint=f"states: {known}, none") from None
