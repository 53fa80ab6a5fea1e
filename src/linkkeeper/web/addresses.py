"""Addresses of the desk and of the replay host: what they are called, and which names are accepted."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from linkkeeper.errors import ConfigurationError
from linkkeeper.vocabulary.memento import memento_path
from linkkeeper.vocabulary.views import CaptureView

ID_MARK = "{id}"
LOCAL_DESK = "localhost"
LOCAL_REPLAY = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """
    The ``[web]`` settings that decide addresses, as plain values.

    *desk_port* and *replay_port* are those really bound (never 0); they only
    count while the public addresses are unset.
    """

    public_url: str = ""
    replay_url: str = ""
    desk_port: int = 8580
    replay_port: int = 8581

    def __post_init__(self) -> None:
        if self.public_url and not self.replay_url:
            raise ConfigurationError(
                "use the setting",
                subject="web.public_url",
                reason="set without web.replay_url",
                hint="archived pages need a host name of their own, such as https://replay.example.org",
            )
        if self.public_url and urlsplit(self.public_url).hostname == urlsplit(self.replay_url).hostname:
            raise ConfigurationError(
                "use the setting",
                subject="web.replay_url",
                reason="has the same host as web.public_url",
                hint="cookies ignore ports: only another host name keeps archived scripts away from the desk",
            )

    @property
    def desk(self) -> str:
        """Origin of the desk and the reading room, without a slash at its end."""
        return self.public_url.rstrip("/") or f"http://{LOCAL_DESK}:{self.desk_port}"

    @property
    def secure(self) -> bool:
        return self.desk.startswith("https://")

    def replay(self, capture_id: str) -> str:
        """Origin that serves the bytes of this capture."""
        pattern = self.replay_url.rstrip("/") or f"http://{LOCAL_REPLAY}:{self.replay_port}"
        return pattern.replace(ID_MARK, capture_id)

    @property
    def replay_csp(self) -> str:
        """The replay host as a source expression; a wildcard where each capture has its own name."""
        origin = self.replay(ID_MARK)
        if ID_MARK not in origin:
            return origin
        scheme, _, rest = origin.partition("://")
        return f"{scheme}://*.{rest.partition('.')[2]}"

    def file(self, capture: CaptureView, name: str) -> str:
        """Absolute address of one file of *capture* on the replay host."""
        holder = capture.same_as or capture.id
        return f"{self.replay(holder)}/captures/{holder}/{name}"

    def uri_m(self, capture: CaptureView) -> str:
        """Absolute address of the memento page."""
        return f"{self.desk}{memento_path(capture.timestamp, capture.url)}"

    def is_desk(self, host: str) -> bool:
        """Whether the desk answers to this ``Host`` header."""
        return _name_of(host) == (urlsplit(self.public_url).hostname if self.public_url else LOCAL_DESK)

    def is_replay(self, host: str) -> bool:
        """Whether the replay host answers to this ``Host`` header."""
        if not self.replay_url:
            return _name_of(host) == LOCAL_REPLAY
        pattern = self._replay_pattern()
        return pattern.fullmatch(_name_of(host)) is not None

    def capture_of_host(self, host: str) -> str | None:
        """The capture id that the replay host's own name carries, where it does."""
        if ID_MARK not in self.replay_url:
            return None
        found = self._replay_pattern().fullmatch(_name_of(host))
        return found["id"] if found else None

    def _replay_pattern(self) -> re.Pattern[str]:
        name = urlsplit(self.replay_url.replace(ID_MARK, "-id-mark-")).hostname or ""
        return re.compile(re.escape(name).replace(re.escape("-id-mark-"), r"(?P<id>[0-9a-z-]+)"))


def _name_of(host: str) -> str:
    """The name in a ``Host`` header: lower case, without port and final dot."""
    name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    return name.strip("[]").rstrip(".").lower()
