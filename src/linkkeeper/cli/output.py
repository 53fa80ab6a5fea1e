"""What commands print: findings on standard output, everything else on standard error."""

import json
import sys
from typing import Any

from rich.console import Console


def console() -> Console:
    """For tables and sentences that are the command's result; square brackets are no markup."""
    return Console(highlight=False, markup=False, soft_wrap=True)


def side_console() -> Console:
    """For progress, hints and warnings: standard error."""
    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def json_line(value: Any) -> None:
    """Write one object as one line of JSON to standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, separators=(", ", ": ")) + "\n")
    sys.stdout.flush()


def complain(error: object) -> None:
    """Tell what could not be done, on standard error."""
    side_console().print(f"linkkeeper: {error}")


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: "1 note", "2 notes"."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
