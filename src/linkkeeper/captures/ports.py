"""What a visit needs from outside; joined in :mod:`linkkeeper.assembly`."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from linkkeeper.captures.browser_key import BrowserKey
from linkkeeper.vocabulary.capture import Exchange, ExchangeFailure
from linkkeeper.vocabulary.connection import OpenedConnection

__all__ = [
    "Arrival",
    "BrowserLease",
    "BrowserPool",
    "Gate",
    "OpenedConnection",
    "PageTrouble",
    "ProxyAddress",
    "RecordSink",
    "SandboxMode",
    "Tab",
    "TabLost",
]


class Gate(Protocol):
    """The egress gate; satisfied by :class:`linkkeeper.egress.gate.EgressGate`."""

    async def connect(self, host: str, port: int, *, tls: bool, timeout_s: float | None = None) -> OpenedConnection:
        """
        Connect to an allowed address of *host*; TLS is the caller's to start.

        Raises:
            EgressError: one of its subclasses, by what went wrong.
        """
        ...


class RecordSink(Protocol):
    """
    Where a visit writes; satisfied by :class:`linkkeeper.archive.draft.Draft`.

    All methods may be called from several tasks; they serialise themselves,
    write in a thread and return when the bytes are written.
    """

    async def exchange(self, exchange: Exchange) -> None:
        """Write response and request records of one exchange."""
        ...

    async def failure(self, failure: ExchangeFailure) -> None:
        """Keep an exchange that failed, for the manifest."""
        ...

    async def rendering(
        self, name: str, data: bytes, *, media_type: str, target: str, moment: datetime, conversion: bool
    ) -> None:
        """
        Keep something made from the page: as a file *name* of the capture if
        it is one of the capture's own (``screenshot.png`` …), and as a WARC
        ``conversion`` or ``resource`` record that refers to the main response.
        """
        ...

    async def metadata(self, data: bytes, *, media_type: str, target: str, moment: datetime) -> None:
        """Write a WARC ``metadata`` record (TLS certificate, page metadata)."""
        ...

    def scratch(self) -> Path:
        """A folder on the same file system for spooled bodies; gone after publishing."""
        ...


@dataclass(frozen=True, slots=True)
class ProxyAddress:
    """A recorder on loopback, and the credentials of its one visit."""

    port: int
    user: str
    password: str


class SandboxMode(StrEnum):
    """How a browser is kept from the machine; recorded in the manifest."""

    ON = "on"
    UNPRIVILEGED_USER = "on, as an unprivileged user"
    OFF = "off"


class PageTrouble(Exception):
    """The page did not do what a step asked of it; later steps may still work."""


class TabLost(Exception):
    """
    The page is gone: it closed itself, crashed, or its browser died.

    Attributes:
        crashed: The page's process or the browser died, so that a second try
            in a fresh browser makes sense.
    """

    def __init__(self, reason: str, *, crashed: bool) -> None:
        super().__init__(reason)
        self.crashed = crashed


class Arrival(StrEnum):
    """How a navigation ended, seen from the browser."""

    COMMITTED = "committed"
    DOWNLOAD = "download"
    FAILED = "failed"


class Tab(Protocol):
    """
    One page in a context of its own; dialogs and popups are handled by the tab.

    Every method may raise :class:`TabLost` and :class:`PageTrouble`, and
    ``TimeoutError`` where it has a limit.

    Attributes:
        dialogs, popups: How many were dismissed.
        trouble: The browser's own words for the last failed navigation.
    """

    dialogs: int
    popups: int
    trouble: str

    async def open(self, url: str, *, timeout_s: float) -> Arrival:
        """Navigate and wait until the answer's document begins."""
        ...

    async def loaded(self, *, timeout_s: float) -> None:
        """Wait for the load event."""
        ...

    def address(self) -> str:
        """The page's address now."""
        ...

    async def run(self, script: str, argument: Any = None, *, timeout_s: float) -> Any:
        """Evaluate a function expression with *argument* in the page; JSON in, JSON out."""
        ...

    async def click_in_frames(self, selectors: tuple[str, ...], *, timeout_s: float) -> str | None:
        """Click the first visible match in any frame; return its selector."""
        ...

    async def dismiss_by_rule_set(self, *, timeout_s: float) -> str | None:
        """
        Let a rule set from elsewhere refuse the page's consent banner.

        Returns:
            The banner's product; None without a rule set, or if it knows no banner here.
        """
        ...

    async def text(self, *, timeout_s: float) -> str:
        """The visible text of the page and of its frames."""
        ...

    async def dom(self, *, timeout_s: float) -> str:
        """The document as scripts left it, open shadow roots written out as templates."""
        ...

    async def picture(self, *, full_height: int | None, timeout_s: float) -> bytes:
        """A PNG of the viewport, or of the page down to *full_height* CSS pixels."""
        ...

    async def pdf(self, *, for_screen: bool, timeout_s: float) -> bytes:
        """A print rendition, by the page's print style or by its screen style."""
        ...

    async def grow_frames(self, *, timeout_s: float) -> int:
        """Make frames as high as what they hold, for a print; returns how many grew."""
        ...

    async def stop_loading(self) -> None:
        """Give up on what has not arrived, as the browser's stop button does."""
        ...

    async def stop_scripts(self) -> None:
        """Break a script that does not end by itself."""
        ...


class BrowserLease(Protocol):
    """A running browser, held for one visit."""

    key: BrowserKey
    version: str
    sandbox: SandboxMode

    def tab(
        self, proxy: ProxyAddress, *, service_workers: bool, on_landing: Callable[[str], None]
    ) -> AbstractAsyncContextManager[Tab]:
        """Open a page in a new context that goes through *proxy*; *on_landing* hears of every new address."""
        ...


class BrowserPool(Protocol):
    """Keeps browsers; satisfied by :class:`linkkeeper.adapters.playwright_browser.PlaywrightPool`."""

    def lease(self) -> AbstractAsyncContextManager[BrowserLease]:
        """
        A browser for one visit: a running one, or a fresh one if that is spent or dead.

        Raises:
            BrowserError: none found, or it does not start.
        """
        ...
