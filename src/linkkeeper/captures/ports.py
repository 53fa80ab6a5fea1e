"""What a visit needs from outside; joined in :mod:`linkkeeper.assembly`."""

from datetime import datetime
from pathlib import Path
from typing import Protocol

from linkkeeper.vocabulary.capture import Exchange, ExchangeFailure
from linkkeeper.vocabulary.connection import OpenedConnection

__all__ = ["Gate", "OpenedConnection", "RecordSink"]


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
