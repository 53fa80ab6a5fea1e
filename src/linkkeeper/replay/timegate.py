"""
TimeGate: choosing the memento nearest to the time asked for, and saying so in headers.

Source: RFC 7089 (Memento), sections 2 (headers), 4.1 and 4.5 (patterns and
special cases).
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from linkkeeper.replay.addresses import Addresses, TimeMapFormat, without_fragment
from linkkeeper.vocabulary.memento import Memento
from linkkeeper.vocabulary.moment import utc

LINK_FORMAT = "application/link-format"

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RFC_1123 = re.compile(
    rf"(?:{'|'.join(_DAYS)}), (?P<day>\d\d) (?P<month>{'|'.join(_MONTHS)}) (?P<year>\d{{4}})"
    r" (?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d) GMT"
)


class NoMemento(LookupError):
    """There is no memento to choose from."""


class BadAcceptDatetime(ValueError):
    """The header is there and is no RFC 1123 date; the answer is 400."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer without a body: status and header lines in order."""

    status: int
    headers: tuple[tuple[str, str], ...]


def http_date(moment: datetime) -> str:
    """Return the RFC 1123 form, as ``Memento-Datetime`` has it."""
    return format_datetime(utc(moment).replace(microsecond=0), usegmt=True)


def read_accept_datetime(value: str | None) -> datetime | None:
    """
    Read ``Accept-Datetime``.

    Returns:
        None where the header is absent or empty: the most recent is meant
        (RFC 7089 section 4.5.1).

    Raises:
        BadAcceptDatetime: not an RFC 1123 date in GMT, or no such day. A
            wrong weekday is passed over: it adds nothing.
    """
    text = (value or "").strip()
    if not text:
        return None
    match = _RFC_1123.fullmatch(text)
    if match is None:
        raise BadAcceptDatetime(f"{text!r} is no RFC 1123 date such as 'Sun, 22 Nov 2026 09:00:00 GMT'")
    try:
        return datetime(
            int(match["year"]),
            _MONTHS.index(match["month"]) + 1,
            int(match["day"]),
            int(match["hour"]),
            int(match["minute"]),
            # A leap second is a moment that datetime can't hold.
            min(int(match["second"]), 59) if match["second"] == "60" else int(match["second"]),
            tzinfo=UTC,
        )
    except ValueError as error:
        raise BadAcceptDatetime(f"{text!r}: {error}") from error


def closest(mementos: Sequence[Memento], wanted: datetime) -> Memento:
    """
    Pick the memento captured nearest to *wanted*.

    Args:
        mementos: Of one URI-R, ascending by time, at least one.
        wanted: Aware.

    Returns:
        The nearest; the earlier of two equally near.

    Raises:
        NoMemento: *mementos* is empty.

    Source: RFC 7089 section 4; the tie rule is ours.
    """
    if not mementos:
        raise NoMemento("there is no memento")
    target = utc(wanted)
    index = bisect_left(mementos, target, key=lambda memento: memento.moment)
    near = mementos[max(index - 1, 0) : index + 1]
    return min(near, key=lambda memento: abs(memento.moment - target))


def negotiate(url: str, mementos: Sequence[Memento], *, accept_datetime: str | None, addresses: Addresses) -> Answer:
    """
    Answer a TimeGate request.

    Args:
        mementos: Of *url*, ascending by time; may be empty.
        accept_datetime: The header as sent, or None.

    Returns:
        302 to the memento; 400 for a header that is no date; 404 without
        mementos. ``Vary`` is always there, ``Memento-Datetime`` never (it
        would say that the answer itself is a memento).
    """
    vary = ("Vary", "accept-datetime")
    try:
        wanted = read_accept_datetime(accept_datetime)
    except BadAcceptDatetime:
        return Answer(400, (vary, ("Link", _joined(original_link(url), timemap_link(url, addresses)))))
    if not mementos:
        return Answer(404, (vary, ("Link", original_link(url))))
    chosen = mementos[-1] if wanted is None else closest(mementos, wanted)
    links = [original_link(url), timemap_link(url, addresses), *_neighbours(mementos, chosen, addresses=addresses)]
    return Answer(302, (("Location", addresses.memento(chosen)), vary, ("Link", _joined(*links))))


def memento_headers(
    memento: Memento, mementos: Sequence[Memento], *, addresses: Addresses
) -> tuple[tuple[str, str], ...]:
    """
    Return the headers of a memento's own page.

    Args:
        mementos: All of its URI-R, ascending, *memento* among them.
    """
    url = memento.uri_r
    links = [original_link(url), timegate_link(url, addresses), timemap_link(url, addresses)]
    links += _neighbours(mementos, memento, addresses=addresses)
    return (("Memento-Datetime", http_date(memento.moment)), ("Link", _joined(*links)))


def _neighbours(mementos: Sequence[Memento], chosen: Memento, *, addresses: Addresses) -> list[str]:
    """Links to first, last, previous, next and *chosen*, each address once with all its relations."""
    relations: dict[int, list[str]] = {}
    place = _place(mementos, chosen)
    for index, relation in ((0, "first"), (place - 1, "prev"), (place, ""), (place + 1, "next")):
        if 0 <= index < len(mementos):
            relations.setdefault(index, []).append(relation)
    relations.setdefault(len(mementos) - 1, []).append("last")
    return [
        memento_link(mementos[index], [name for name in names if name], addresses=addresses)
        for index, names in sorted(relations.items())
    ]


def _place(mementos: Sequence[Memento], chosen: Memento) -> int:
    for index, memento in enumerate(mementos):
        if memento is chosen or memento == chosen:
            return index
    raise NoMemento(f"{chosen.uri_m or chosen.moment} is none of the {len(mementos)} mementos")


def memento_link(memento: Memento, relations: Sequence[str], *, addresses: Addresses) -> str:
    """Return one link of a Link header or TimeMap."""
    relation = " ".join([*relations, "memento"])
    return f'<{link_target(addresses.memento(memento))}>; rel="{relation}"; datetime="{http_date(memento.moment)}"'


def original_link(url: str) -> str:
    return f'<{link_target(without_fragment(url))}>; rel="original"'


def timegate_link(url: str, addresses: Addresses) -> str:
    return f'<{link_target(addresses.timegate(url))}>; rel="timegate"'


def timemap_link(url: str, addresses: Addresses) -> str:
    return f'<{link_target(addresses.timemap(url, TimeMapFormat.LINK))}>; rel="timemap"; type="{LINK_FORMAT}"'


def link_target(address: str) -> str:
    """An address that can stand between < and > in a header line."""
    return re.sub(
        r"[^\x21-\x7e]|[<>\"]",
        lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace")),
        address,
    )


def _joined(*links: str) -> str:
    return ", ".join(links)
