"""What showing a capture needs of others."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from linkkeeper.replay.likeness import Grid


class Stage(Protocol):
    """One replay, opened in a browser of its own that reaches nothing but the replay host."""

    async def ready(self, *, timeout_s: float) -> bool:
        """Wait until the archived page stands; False where it does not within the time."""
        ...

    async def look(self) -> Grid:
        """The replay's first screen as it is now."""
        ...

    @property
    def asked_outside(self) -> int:
        """How often the replay asked for something that the replay host does not serve; it got nothing."""
        ...


class ReplayBrowser(Protocol):
    """A real browser to see replays with."""

    def open(self, address: str) -> AbstractAsyncContextManager[Stage]:
        """
        Open a page of the replay host.

        Raises:
            BrowserError: no browser starts, or it died.
        """
        ...

    async def grid(self, picture: bytes) -> Grid:
        """
        A picture (PNG) as cells.

        Raises:
            BrowserError: no browser starts.
            ValueError: it is no picture.
        """
        ...
