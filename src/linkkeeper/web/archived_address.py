"""Reading ``/web/<timestamp>/<URL>`` and its kin: the URL stands in the request's target as it is, query and all."""

import re
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from linkkeeper.replay.addresses import asked_url, padded_moment

_STAMPED = re.compile(r"(?P<stamp>\d{1,14}|\*)(?P<modifier>[a-z]{2}_)?/(?P<rest>.+)", re.S)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedAddress:
    """
    What was asked for below ``/web/``.

    Attributes:
        stamp: Up to 14 digits, ``*`` for all, or empty for the newest.
        moment: That the digits mean; None without digits.
        modifier: Two letters and an underscore, or empty.
        url: Fetch form without fragment.
    """

    stamp: str
    moment: datetime | None
    modifier: str
    url: str


def target_after(request: Request, prefix: str) -> str:
    """What follows *prefix* in the request's target, undecoded, with its query."""
    raw = request.scope.get("raw_path") or request.scope["path"].encode()
    path = raw.decode("latin-1").partition("?")[0].removeprefix(prefix)
    query = request.scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def read_address(request: Request) -> ArchivedAddress:
    """
    Read the address that was asked for.

    Raises:
        BadAddress: it has no URL, or digits that are no date.
    """
    text = target_after(request, "/web/")
    found = _STAMPED.fullmatch(text)
    if found is None:
        return ArchivedAddress(stamp="", moment=None, modifier="", url=asked_url(text))
    stamp = found["stamp"]
    return ArchivedAddress(
        stamp=stamp,
        moment=None if stamp == "*" else padded_moment(stamp),
        modifier=found["modifier"] or "",
        url=asked_url(found["rest"]),
    )
