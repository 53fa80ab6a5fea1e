"""
Write ``config.toml`` from the settings: every table and key with its meaning and default.

``python scripts/config_file.py`` rewrites the file at the top of the checkout;
``--check`` writes nothing and exits 1 where file and settings differ.
"""

import json
import sys
import textwrap
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from linkkeeper.settings import Settings

TARGET = Path(__file__).parent.parent / "config.toml"

OPENING = """\
# Settings of linkkeeper. Every setting stands here with its default; delete what you don't change.
#
# The file is read from the current folder or from --config PATH. LINKKEEPER_<TABLE>__<KEY> in the environment goes
# before it (LINKKEEPER_STORAGE__PATH=/srv/linkkeeper). Unknown names are refused. Secrets belong in the environment.
"""

TABLES = {
    "storage": "Where everything is kept.",
    "database": "History, decisions and what is due.",
    "network": "How the outside is reached; every outgoing byte goes through one gate.",
    "browser": "The Chromium that visits sources.",
    "captures": "One visit to a source, and its limits.",
    "checks": "Looking whether a source is still there.",
    "citations": "What counts as cited.",
    "sources": "Defaults of followed sources of analyses; `linkkeeper add` keeps a source's own.",
    "relinking": "Repairing the published text.",
    "web": "The editors' desk, the readers' pages, the replay host.",
    "backup": "Copies of the database.",
}


def render() -> str:
    defaults = Settings.model_construct()
    return "\n".join([OPENING, *(_table(name, getattr(defaults, name)) for name in Settings.model_fields)])


def _table(name: str, table: BaseModel) -> str:
    lines = [f"# {TABLES.get(name, '')}".rstrip(), f"[{name}]"]
    for key, info in type(table).model_fields.items():
        lines += textwrap.wrap(info.description or "", 118, initial_indent="# ", subsequent_indent="# ")
        lines.append(f"{key} = {_value(getattr(table, key))}")
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:_}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return json.dumps(str(value), ensure_ascii=False)


def main() -> int:
    wanted = render()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(wanted, "utf-8")
        return 0
    if TARGET.is_file() and TARGET.read_text("utf-8") == wanted:
        return 0
    print(f"{TARGET.name} is not what the settings say; run: python scripts/config_file.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
