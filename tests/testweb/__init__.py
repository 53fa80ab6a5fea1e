"""
The shared test web: invented hosts on loopback whose pages have every pathology, and age.

It is the product's own small web (:mod:`linkkeeper.demo.small_web`) with further behaviours::

    with TestWeb() as web:
        web.place("https://www.example-news.org/a", behaviours.alive(title="Ice on the river"))
        settings = web.settings(storage)          # connect_to, ca_file, allow_addresses
        web.age("https://www.example-news.org/a", behaviours.Gone())
"""

from pathlib import Path
from typing import Any

from linkkeeper.demo.authority import CertificateFault
from linkkeeper.demo.small_web import Asked, Reply, SmallWeb
from testweb import behaviours

__all__ = ["Asked", "CertificateFault", "Reply", "TestWeb", "behaviours"]


class TestWeb(SmallWeb):
    """A small web that also writes the settings that lead to it."""

    __test__ = False

    def network(self) -> dict[str, Any]:
        """The ``[network]`` table."""
        return {
            "connect_to": self.connect_to(),
            "ca_file": str(self.ca_file),
            "allow_addresses": list(self.allow_addresses),
        }

    def settings(self, storage: Path, *, min_free_bytes: int = 0, **tables: dict[str, Any]) -> dict[str, Any]:
        """Values of a ``config.toml`` that keeps everything under *storage* and reaches only this web."""
        quick = {"host_interval_s": 0.0}
        values: dict[str, Any] = {
            "storage": {"path": str(storage), "min_free_bytes": min_free_bytes},
            "network": self.network(),
            "checks": quick,
        }
        for name, table in tables.items():
            values[name] = {**values.get(name, {}), **table}
        return values

    def write_config(self, path: Path, *, storage: Path, min_free_bytes: int = 0, **tables: dict[str, Any]) -> Path:
        """Write :meth:`settings` as a ``config.toml`` for a command in another process."""
        path.write_text(to_toml(self.settings(storage, min_free_bytes=min_free_bytes, **tables)), "utf-8")
        return path


def to_toml(tables: dict[str, dict[str, Any]]) -> str:
    """*tables* as TOML; values are strings, numbers, truths, lists and flat tables of strings."""
    lines: list[str] = []
    for name, table in tables.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {_toml_value(value)}" for key, value in table.items()]
        lines.append("")
    return "\n".join(lines)


def _toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_quoted(key)} = {_toml_value(item)}" for key, item in value.items()) + " }"
    return _quoted(str(value))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
