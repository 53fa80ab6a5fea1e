"""
Addresses of the Memento protocol: reading the ones asked for, writing our own.

Source: RFC 7089; the shape of URI-Ms is the Wayback Machine's, which every
other archive's tools understand.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import unquote

from linkkeeper.vocabulary.memento import Memento
from linkkeeper.vocabulary.moment import from_timestamp, to_timestamp
from linkkeeper.vocabulary.uri import UnusableUrl, fetch_form, is_supported

_COLLAPSED = re.compile(r"^(https?):/*(?=[^/])", re.I)
#: What is not given: January, the first, midnight.
_SMALLEST = "00000101000000"


class TimeMapFormat(StrEnum):
    LINK = "link"
    JSON = "json"


class BadAddress(ValueError):
    """The address asks for nothing that could be archived."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """
    Our own addresses.

    Args:
        base: Public base address without a trailing slash; empty gives
            addresses relative to the host, for pages on a desk without a
            public address.
    """

    base: str = ""

    def memento(self, memento: Memento) -> str:
        """URI-M: as the memento says, else ours."""
        return memento.uri_m or self.at(memento.uri_r, memento.moment)

    def at(self, url: str, moment: datetime) -> str:
        return f"{self.base}/web/{to_timestamp(moment)}/{url}"

    def timegate(self, url: str) -> str:
        return f"{self.base}/timegate/{without_fragment(url)}"

    def timemap(self, url: str, kind: TimeMapFormat = TimeMapFormat.LINK) -> str:
        return f"{self.base}/timemap/{kind.value}/{without_fragment(url)}"


def without_fragment(url: str) -> str:
    return url.partition("#")[0]


def asked_url(path: str) -> str:
    """
    Read the URL at the end of a path (``/timegate/<URL>``, ``/timemap/link/<URL>``).

    Args:
        path: The rest of the raw request target, still percent-encoded, with
            its query string. Servers and browsers fold the slashes of
            ``http://``; that is undone.

    Raises:
        BadAddress: no http or https URL.
    """
    text = path.lstrip("/")
    if re.match(r"(?i)https?%3a", text):
        text = unquote(text)
    text = _COLLAPSED.sub(r"\1://", text)
    try:
        url = without_fragment(fetch_form(text))
    except UnusableUrl as error:
        raise BadAddress(str(error)) from error
    if not is_supported(url):
        raise BadAddress(f"{url!r} is no http or https URL")
    return url


def padded_moment(stamp: str) -> datetime:
    """
    Read a timestamp of 1 to 14 digits; what is missing is the smallest possible.

    Raises:
        BadAddress: no such date.
    """
    padded = stamp + _SMALLEST[len(stamp) :]
    try:
        return from_timestamp(padded) if int(padded[:4]) else datetime(1, 1, 1, tzinfo=UTC)
    except ValueError as error:
        raise BadAddress(f"{stamp!r} is no date") from error
