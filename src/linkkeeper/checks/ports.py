"""What the checks need from outside; joined in :mod:`linkkeeper.assembly`."""

from typing import Protocol

from linkkeeper.checks.look import Look


class Fetch(Protocol):
    """Sends one polite GET and follows its redirects by hand."""

    async def look(self, url: str, *, validators: tuple[str | None, str | None] = (None, None)) -> Look:
        """
        Look once at *url*.

        Args:
            url: Fetch form.
            validators: ETag and Last-Modified of the last full look.

        Returns:
            A look; network trouble is a fact in it, never an exception.
        """
        ...


class BrowserLook(Protocol):
    """A visit with a real browser that keeps nothing; satisfied by captures."""

    async def look(self, url: str) -> Look: ...
