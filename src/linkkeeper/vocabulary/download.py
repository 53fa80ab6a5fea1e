"""Something fetched whole: a feed, a sitemap, a page of a followed source."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """
    One document as the web gave it.

    Attributes:
        url: That was asked.
        final_url: That answered (after redirects).
        headers: In order of arrival, names as received.
        body: Decoded; empty when *not_modified*.
        not_modified: The server answered 304 to our validators.
    """

    url: str
    final_url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    not_modified: bool = False

    def header(self, name: str) -> str | None:
        """The first value of *name*, case-insensitive."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)
