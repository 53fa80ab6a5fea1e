"""Where to connect instead: the ``[network] connect_to`` setting, as curl's ``--connect-to``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from linkkeeper.egress.addresses import plain_host
from linkkeeper.errors import ConfigurationError

#: A name, an address, an IPv6 address in brackets, or nothing; no scheme, no path, no second port.
_HOST = re.compile(r"\[[0-9A-Fa-f:.%\w]+\]|[^\s/:@\[\]\\]*")


@dataclass(frozen=True, slots=True)
class Target:
    """
    Where to connect instead.

    Attributes:
        host: Address or name; empty means that the name does not exist.
        port: None means the port that was asked for.
    """

    host: str
    port: int | None


@dataclass(frozen=True, slots=True)
class ConnectTo:
    """The table, read; keys are plain host (``*`` for any) and port (None for any)."""

    targets: Mapping[tuple[str, int | None], Target]

    @classmethod
    def read(cls, table: Mapping[str, str]) -> "ConnectTo":
        """
        Read the setting.

        Raises:
            ConfigurationError: a key or target that is not ``host:port``.
        """
        return cls({_read_key(key): _read_target(key, value) for key, value in table.items()})

    def target(self, host: str, port: int, *, any_host: bool = True) -> Target | None:
        """
        Find where to connect instead of *host*; the most exact entry wins.

        Args:
            host: As :func:`plain_host` returns it.
            any_host: Whether entries for ``*`` count.
        """
        if not self.targets:
            return None
        keys = [(host, port), (host, None)]
        if any_host:
            keys += [("*", port), ("*", None)]
        return next((self.targets[key] for key in keys if key in self.targets), None)


def _read_key(text: str) -> tuple[str, int | None]:
    host, port = _split(text, setting=text)
    if not host and port is None:
        raise _wrong(text, "it names neither a host nor a port")
    return plain_host(host) or "*", port


def _read_target(key: str, text: str) -> Target:
    host, port = _split(text, setting=key)
    if not host and port is not None:
        # As curl: an empty host with a port keeps the host that was asked for.
        host = _split(key, setting=key)[0]
        if host in ("", "*"):
            raise _wrong(key, f"the target {text!r} names no host")
    return Target(plain_host(host), port)


def _split(text: str, *, setting: str) -> tuple[str, int | None]:
    host, colon, port = text.strip().rpartition(":")
    if not colon or port.endswith("]"):
        host, port = text.strip(), ""
    if not _HOST.fullmatch(host):
        raise _wrong(setting, f"{text!r} is not of the form host:port")
    if port in ("", "*"):
        return host, None
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise _wrong(setting, f"{port!r} is not a port")
    return host, int(port)


def _wrong(setting: str, reason: str) -> ConfigurationError:
    return ConfigurationError(
        "use the setting",
        subject=f"network.connect_to.{setting!r}",
        reason=reason,
        hint='write "www.example.org:443" = "127.0.0.1:8443", "*:443" for any host, "" for a name that does not exist',
    )
