"""
Write the reference of commands and settings into ``README.md``.

``python scripts/reference.py`` rewrites the two marked sections; ``--check``
writes nothing and exits 1 where they are not what the program says.
"""

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from linkkeeper.cli import build_app
from linkkeeper.settings import Settings

TARGET = Path(__file__).parent.parent / "README.md"


def commands() -> str:
    group = typer.main.get_command(build_app())
    return "\n".join(line for name, command in _leaves(group) for line in _command(name, command))


def _leaves(command: Any, name: str = "linkkeeper") -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield name, command
        return
    for child_name, child in children.items():
        if not child.hidden:
            yield from _leaves(child, f"{name} {child_name}")


def _command(name: str, command: Any) -> Iterator[str]:
    options = [option for option in command.params if option.param_type_name == "option" and option.name != "help"]
    arguments = [argument for argument in command.params if argument.param_type_name == "argument"]
    words = " ".join(_argument(argument) for argument in arguments)
    yield f"### `{name}{' ' + words if words else ''}`\n"
    yield inspect.cleandoc(command.help or "").split("\f")[0].strip() + "\n"
    for option in options:
        yield f"- {_option(option)}"
    yield ""


def _argument(argument: Any) -> str:
    name = str(argument.metavar or argument.name or "").upper().strip("[]").removesuffix("...")
    name = name.rstrip("…") + ("…" if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _option(option: Any) -> str:
    spelled = ", ".join(f"`{text}`" for text in (*option.opts, *option.secondary_opts))
    help_text = " ".join((option.help or "").split())
    return f"{spelled}: {help_text}".rstrip(": ")


def settings() -> str:
    defaults = Settings.model_construct()
    lines = ["| setting | meaning |", "|---|---|"]
    for table_name in Settings.model_fields:
        for key, info in type(getattr(defaults, table_name)).model_fields.items():
            meaning = (info.description or "").replace("|", "\\|")
            lines.append(f"| `[{table_name}] {key}` | {meaning} |")
    return "\n".join(lines) + "\n"


def filled(text: str) -> str:
    for name, content in (("commands", commands()), ("settings", settings())):
        start = f"<!-- {name}: written by scripts/reference.py -->"
        end = f"<!-- end of {name} -->"
        pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
        text = pattern.sub(lambda _, parts=(start, content, end): f"{parts[0]}\n\n{parts[1]}\n{parts[2]}", text)
    return text


def main() -> int:
    before = TARGET.read_text("utf-8")
    wanted = filled(before)
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(wanted, "utf-8")
        return 0
    if before == wanted:
        return 0
    print(f"{TARGET.name} is not what the program says; run: python scripts/reference.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
