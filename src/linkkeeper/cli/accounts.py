"""``linkkeeper editor add`` and ``token create|revoke``: who may use the desk and the API."""

import secrets
from typing import Annotated

import typer

from linkkeeper.assembly import open_store
from linkkeeper.cli.options import ConfigOption
from linkkeeper.cli.output import console, side_console
from linkkeeper.cli.person import operator
from linkkeeper.settings import load


def register(app: typer.Typer) -> None:
    editors = typer.Typer(help="Editors of the desk.", no_args_is_help=True)
    editors.command("add")(add_editor)
    app.add_typer(editors, name="editor")
    tokens = typer.Typer(help="Bearer tokens of the API.", no_args_is_help=True)
    tokens.command("create")(create_token)
    tokens.command("revoke")(revoke_token)
    app.add_typer(tokens, name="token")


def add_editor(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    ask: Annotated[bool, typer.Option("--ask", help="Type the password instead of having one made.")] = False,
    config: ConfigOption = None,
) -> None:
    """Add an editor; the made password is printed once, and changed by the editor at the first sign-in."""
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True) if ask else secrets.token_urlsafe(12)
    with open_store(load(config)) as store:
        store.accounts.add_editor(name, password, one_time=not ask)
    side_console().print(f"editor {name} added")
    if not ask:
        console().print(password)


def create_token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the token is for.")],
    config: ConfigOption = None,
) -> None:
    """Create a token for the API; it is printed once and kept only as a digest."""
    with open_store(load(config)) as store:
        console().print(store.accounts.create_token(name, by=operator()))


def revoke_token(name: Annotated[str, typer.Argument(metavar="NAME")], config: ConfigOption = None) -> None:
    """Revoke a token at once."""
    with open_store(load(config)) as store:
        store.accounts.revoke_token(name)
    side_console().print(f"token {name} revoked")
