"""
Reading what Memento archives say: Link headers and TimeMaps.

Source: RFC 8288 (Link), RFC 6690 (application/link-format), RFC 7089 sections 2.2, 3 and 5.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import urljoin

from linkkeeper.vocabulary.memento import Memento

#: Links read of one TimeMap; the archives' own pages hold at most so many.
MOST_LINKS = 200_000

_TARGET = re.compile(r"[\s,]*<(?P<target>[^>]*)>")
_PARAMETER = re.compile(
    r'\s*;\s*(?P<name>[A-Za-z0-9!#$&+.^_`|~*-]+)\s*(?:=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s;,]*)))?'
)


@dataclass(frozen=True, slots=True)
class Link:
    """One link: absolute *target*, its relation types, its other parameters by lower-case name."""

    target: str
    relations: frozenset[str]
    parameters: dict[str, str]

    @property
    def moment(self) -> datetime | None:
        return http_date(self.parameters.get("datetime", ""))


def read_links(text: str, *, base: str) -> Iterator[Link]:
    """
    Read links in their order; what is no link is passed over up to the next one.

    Args:
        base: The address that *text* came from, for relative targets.
    """
    position = 0
    for _ in range(MOST_LINKS):
        target = _TARGET.match(text, position) or _TARGET.search(text, position)
        if target is None:
            return
        position = target.end()
        parameters: dict[str, str] = {}
        while parameter := _PARAMETER.match(text, position):
            value = parameter["quoted"] if parameter["quoted"] is not None else parameter["bare"] or ""
            parameters.setdefault(parameter["name"].lower(), re.sub(r"\\(.)", r"\1", value))
            position = parameter.end()
        relations = frozenset(parameters.pop("rel", "").lower().split())
        yield Link(urljoin(base, target["target"].strip()), relations, parameters)


def mementos_in(links: Sequence[Link], *, uri_r: str) -> list[Memento]:
    """The mementos that links name, ascending by moment, each address once; not verified yet."""
    found: dict[str, Memento] = {}
    for link in links:
        if "memento" in link.relations and link.moment is not None:
            found.setdefault(link.target, Memento(uri_r=uri_r, uri_m=link.target, moment=link.moment))
    return sorted(found.values(), key=lambda memento: memento.moment)


def http_date(text: str) -> datetime | None:
    """Read an HTTP date as an aware UTC moment; None for anything else."""
    try:
        moment = parsedate_to_datetime(text.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def as_http_date(moment: datetime) -> str:
    """``Accept-Datetime``'s form."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def nearest_first(mementos: Sequence[Memento], wanted: datetime) -> list[Memento]:
    """In the order in which they are tried: at or before *wanted*, latest first, then after it, earliest first."""
    before = [memento for memento in mementos if memento.moment <= wanted]
    after = [memento for memento in mementos if memento.moment > wanted]
    return sorted(before, key=lambda one: one.moment, reverse=True) + sorted(after, key=lambda one: one.moment)


def raw_form(uri_m: str) -> str | None:
    """
    Where a Wayback-style archive gives the captured bytes without its own banner.

    ``…/20200101000000/http://…`` becomes ``…/20200101000000id_/http://…``;
    None where the address is not of that form.
    """
    raw, count = re.subn(r"/(\d{14})(?:[a-z]{2}_)?/(?=https?:)", r"/\1id_/", uri_m, count=1)
    return raw if count else None


def shown_form(uri_m: str) -> str:
    """
    Where a Wayback-style archive shows a memento to readers, with its own banner.

    pywb's TimeMaps name the page inside its frame (``…/20200101000000mp_/…``).
    """
    return re.sub(r"/(\d{14})mp_/(?=https?:)", r"/\1/", uri_m, count=1)
