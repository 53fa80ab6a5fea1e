"""What the checks need from outside; joined in :mod:`linkkeeper.assembly`."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from linkkeeper.checks.look import Failure, Look


class Slot(Protocol):
    """Leave to send one request to one host; the connection may be opened before its moment has come."""

    async def sending(self) -> None:
        """Wait until the host's interval since its last request is over; call it right before sending."""
        ...

    async def starting(self) -> None:
        """The same for a browser, which sends later: nothing else goes to the host until :meth:`sent`."""
        ...

    def sent(self) -> None:
        """Tell that the browser's request went out; giving the slot back tells it too."""
        ...

    def answered(self, status: int, headers: Sequence[tuple[str, str]]) -> None:
        """Tell that the host answered, so that its pace can follow what it asks for."""
        ...

    def failed(self, failure: Failure) -> None:
        """Tell that it did not."""
        ...


class Slots(Protocol):
    """The pace of all hosts; satisfied by :class:`linkkeeper.checks.pacing.Pacer`."""

    def slot(self, url: str) -> AbstractAsyncContextManager[Slot]:
        """
        Wait for leave to send to the host of *url*; given back on leaving.

        Raises:
            HostDeferred: the host rests longer than anybody would wait.
        """
        ...


class Fetch(Protocol):
    """Sends one polite GET and follows its redirects by hand."""

    async def look(
        self,
        url: str,
        *,
        validators: tuple[str | None, str | None] = (None, None),
        patient: bool = False,
    ) -> Look:
        """
        Look once at *url*.

        Args:
            url: Fetch form.
            validators: ETag and Last-Modified of the last full look.
            patient: Wait as long as only a retry after a time-out may.

        Returns:
            A look; network trouble is a fact in it, never an exception.
        """
        ...


class SiblingMemory(Protocol):
    """Keeps what siblings answered; satisfied by the database, by shape."""

    def siblings(self, directory: str, *, now: datetime) -> list[dict[str, Any]] | None:
        """Answers of at most a week ago; None when nobody asked."""
        ...

    def remember_siblings(self, directory: str, answers: list[dict[str, Any]], *, now: datetime) -> None: ...


class BrowserLook(Protocol):
    """A visit with a real browser that keeps nothing; satisfied by captures."""

    async def look(self, url: str) -> Look: ...
