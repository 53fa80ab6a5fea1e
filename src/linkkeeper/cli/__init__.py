"""The command line, one file per command."""

import importlib
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import typer

from linkkeeper import __version__, logs
from linkkeeper.cli.output import complain
from linkkeeper.errors import LinkkeeperError

#: In the order of ``linkkeeper --help``.
COMMANDS = (
    "archive",
    "up",
    "demo",
    "sources",
    "citations",
    "check",
    "judge",
    "capture",
    "status",
    "relink",
    "verify",
    "rebuild",
    "backup",
    "pin",
    "upload",
    "access",
    "accounts",
    "export",
    "doctor",
)

INTERNAL_FAILURE = 3
INTERRUPTED = 130
_INTERRUPTED = "interrupted; what was done is kept, the next run goes on from here"

#: What Typer raises on bad usage. Quirk: recent releases carry a click of
#: their own, whose exceptions aren't those of the package ``click``; their common
#: base is found from the one that Typer exports.
_BAD_USAGE: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")


#: Modules that hold commands of other names.
_HOMES = {
    "add": "sources",
    "remove": "sources",
    "withhold": "access",
    "restore": "access",
    "editor": "accounts",
    "token": "accounts",
}


def _needed(words: Sequence[str]) -> Sequence[str]:
    """The module of the command that *words* name: importing all of them takes longer than most commands."""
    if list(words[:1]) == ["--version"]:
        return ()
    module = _HOMES.get(words[0], words[0]) if words else ""
    return (module,) if module in COMMANDS else COMMANDS


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"linkkeeper {__version__}")
        raise typer.Exit


def build_app(modules: Sequence[str] = COMMANDS) -> typer.Typer:
    """The command line with every command registered, or with those of some *modules* only."""
    app = typer.Typer(
        name="linkkeeper",
        help="Keeps the sources of published, footnoted work: captures, watches and repairs every cited link.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def root(
        version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Show release."),
    ) -> None:
        del version

    for name in modules:
        importlib.import_module(f"linkkeeper.cli.{name}").register(app)
    return app


def run(arguments: list[str] | None = None) -> int:
    """
    Run one command.

    Returns:
        0 done, 1 something could not be done, 2 bad usage or configuration,
        3 an internal failure, 130 interrupted, by Ctrl-C or SIGTERM.
    """
    logs.configure()
    try:
        words = sys.argv[1:] if arguments is None else arguments
        result = build_app(_needed(words))(words, standalone_mode=False)
    except _BAD_USAGE as error:
        error.show()
        return int(error.exit_code)
    except LinkkeeperError as error:
        complain(error)
        return error.exit_status
    except (KeyboardInterrupt, typer.Abort):
        complain(_INTERRUPTED)
        return INTERRUPTED
    except BrokenPipeError:
        return 1
    except Exception as error:
        # The last line of defence: a defect of ours must not look like a finding about a source.
        traceback.print_exc(file=sys.stderr)
        complain(f"internal failure: {type(error).__name__}: {error}")
        return INTERNAL_FAILURE
    if result == INTERRUPTED:
        # Typer makes a status of Ctrl-C by itself.
        complain(_INTERRUPTED)
    return result if isinstance(result, int) else 0


def main() -> NoReturn:
    """Entry point of the ``linkkeeper`` command."""
    # A command that a supervisor ends clears up as one that its user ends; the daemon has its own way.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    sys.exit(run())
