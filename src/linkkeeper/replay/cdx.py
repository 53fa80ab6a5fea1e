"""
CDX answers as pywb's own server gives them, so that pywb can replay our archive.

Source: "CDXJ Server API" of pywb's manual; behaviour compared with pywb 2.10.
"""

import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice

from linkkeeper.replay.addresses import BadAddress, padded_moment
from linkkeeper.vocabulary.uri import surt

MAX_LINES = 100_000
_MEDIA_TYPES = {"cdxj": "text/x-cdxj", "json": "text/x-ndjson", "text": "text/plain"}
_OTHER_NAMES = {"statuscode": "status", "mimetype": "mime", "original": "url", "s": "status", "m": "mime"}
_TEXT_FIELDS = ("urlkey", "timestamp", "url", "mime", "status", "digest", "length", "offset", "filename")
_LATEST = "99991231235959"


class MatchType(StrEnum):
    EXACT = "exact"
    PREFIX = "prefix"
    HOST = "host"
    DOMAIN = "domain"


class BadQuery(ValueError):
    """The query can't be answered; the answer is 400."""


@dataclass(frozen=True, slots=True)
class CdxRecord:
    """
    One line of the index.

    Attributes:
        fields: Strings by name: url, mime, status, digest, length, offset,
            filename and what else the line has.
    """

    key: str
    timestamp: str
    fields: Mapping[str, str]

    def value(self, name: str) -> str:
        """A field by any of its names; empty where there is none."""
        known = {"urlkey": self.key, "timestamp": self.timestamp}
        return known.get(name) or str(self.fields.get(_OTHER_NAMES.get(name, name), ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class CdxQuery:
    """
    A query, read and checked.

    Attributes:
        start, end: Half-open range of keys to look at.
        since, until: 14 digits, both included.
        closest: Sort by nearness to this moment instead of by time.
        fields: To give, in order; empty means all.
    """

    start: str
    end: str
    match: MatchType
    since: str = ""
    until: str = _LATEST
    closest: datetime | None = None
    reverse: bool = False
    limit: int = MAX_LINES
    filters: tuple[Callable[[CdxRecord], bool], ...] = ()
    output: str = "cdxj"
    fields: tuple[str, ...] = ()

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self.output]


@dataclass(frozen=True, slots=True)
class _Parameters:
    """Query parameters; the first of each name counts, but ``filter`` may repeat."""

    pairs: Sequence[tuple[str, str]] = field(default_factory=tuple)

    def get(self, *names: str) -> str:
        return next((value for name, value in self.pairs if name in names and value), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name and value]


def read_query(pairs: Sequence[tuple[str, str]]) -> CdxQuery:
    """
    Read a query.

    Args:
        pairs: Query parameters in order, unescaped.

    Raises:
        BadQuery: no ``url``, or a parameter that can't be read.
    """
    given = _Parameters(pairs)
    url, match = _url_and_match(given)
    try:
        start, end = key_range(url, match)
    except ValueError as error:
        raise BadQuery(f"{url!r}: {error}") from error
    output = given.get("output") or "cdxj"
    if output not in _MEDIA_TYPES:
        raise BadQuery(f"output={output} not supported")
    try:
        return CdxQuery(
            start=start,
            end=end,
            match=match,
            since=_padded(given.get("from", "from_ts"), "00000000000000"),
            until=_padded(given.get("to"), _LATEST),
            closest=padded_moment(given.get("closest")[:14]) if given.get("closest") else None,
            reverse=given.get("sort") == "reverse" or given.get("reverse").lower() in ("1", "true"),
            limit=max(0, min(int(given.get("limit") or MAX_LINES), MAX_LINES)),
            filters=tuple(_filter(text) for text in given.all("filter")),
            output=output,
            fields=tuple(name for name in given.get("fields", "fl").split(",") if name),
        )
    except (BadAddress, ValueError, re.error) as error:
        raise BadQuery(str(error)) from error


def key_range(url: str, match: MatchType) -> tuple[str, str]:
    """
    Return the half-open range of index keys that a query means.

    ``exact`` compares whole keys, so its range ends after the key itself.
    """
    key = surt(url)
    if match is MatchType.EXACT:
        return key, key + "\0"
    if match is MatchType.PREFIX:
        # The key of "…/path/" has lost its slash; a prefix means what was written.
        stem = key if not url.endswith("/") or key.endswith(")/") else key + "/"
        return stem, _after(stem)
    host = key.partition(")")[0]
    if match is MatchType.HOST:
        return host + ")", _after(host + ")")
    return host, host + "-"


def answer(query: CdxQuery, records: Iterable[CdxRecord]) -> str:
    """
    Answer a query.

    Args:
        records: Those with keys in the query's range, sorted by key and
            timestamp, of captures that may be shown.

    Returns:
        The lines, in the order and form asked for; empty without matches.
    """
    matching = (record for record in records if _matches(record, query))
    wanted = query.closest
    if wanted is not None:
        chosen = sorted(matching, key=lambda record: abs(padded_moment(record.timestamp) - wanted))
    elif query.reverse:
        chosen = list(deque(matching, maxlen=query.limit))[::-1]
    else:
        chosen = list(islice(matching, query.limit))
    return "".join(_line(record, query) for record in chosen[: query.limit])


def read_record(line: str) -> CdxRecord:
    """
    Read a CDXJ line.

    Raises:
        ValueError: it is none.
    """
    key, timestamp, block = line.rstrip("\n").split(" ", 2)
    fields = json.loads(block)
    if not isinstance(fields, dict):
        raise ValueError("the line's JSON is no object")
    return CdxRecord(key, timestamp, {name: str(value) for name, value in fields.items()})


def _url_and_match(given: _Parameters) -> tuple[str, MatchType]:
    url = given.get("url")
    if not url:
        raise BadQuery('The "url" param is required')
    named = given.get("matchType")
    if not named and url.startswith("*."):
        url, named = url[2:], "domain"
    elif not named and url.endswith("*"):
        url, named = url[:-1], "prefix"
    try:
        match = MatchType(named or "exact")
    except ValueError:
        raise BadQuery(f"Invalid match_type: {named}") from None
    return url if re.match(r"(?i)[a-z][a-z0-9+.-]*:", url) else f"http://{url}", match


def _after(stem: str) -> str:
    """The smallest text greater than every text that begins with *stem*."""
    return stem[:-1] + chr(ord(stem[-1]) + 1)


def _padded(stamp: str, padding: str) -> str:
    if stamp and not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 14):
        raise BadQuery(f"{stamp!r} is no timestamp")
    return stamp + padding[len(stamp) :] if stamp else ("" if padding[0] == "0" else padding)


def _matches(record: CdxRecord, query: CdxQuery) -> bool:
    in_range = query.start <= record.key < query.end
    in_time = query.since <= record.timestamp <= query.until
    return in_range and in_time and all(test(record) for test in query.filters)


def _filter(text: str) -> Callable[[CdxRecord], bool]:
    """``[!][=|~]field:value``: contains, equals (=), or matches from its start (~)."""
    inverted = text.startswith("!")
    rest = text.removeprefix("!")
    mode = rest[:1] if rest[:1] in ("=", "~") else ""
    name, colon, value = rest.removeprefix(mode).partition(":")
    if not colon:
        name, value = "", name
    pattern = _pattern(value) if mode == "~" else None

    def test(record: CdxRecord) -> bool:
        content = record.value(name) if name else _cdxj_line(record, ())
        if pattern is not None:
            return (pattern.match(content) is not None) != inverted
        return (content == value if mode == "=" else value in content) != inverted

    return test


def _pattern(text: str) -> re.Pattern[str]:
    """Anybody may ask, and Python's matcher has no time limit: only patterns that can't run away."""
    loops = len(re.findall(r"(?<!\\)[*+{]", text))
    if len(text) > 200 or loops > 2 or re.search(r"\)[*+{?]|\\[1-9]|\(\?", text):
        raise BadQuery("the filter's expression is too complex")
    return re.compile(text)


def _line(record: CdxRecord, query: CdxQuery) -> str:
    if query.output == "cdxj":
        return _cdxj_line(record, query.fields)
    if query.output == "json":
        names = query.fields or ("urlkey", "timestamp", *record.fields)
        return json.dumps({name: record.value(name) for name in names if record.value(name)}) + "\n"
    return " ".join(record.value(name) or "-" for name in query.fields or _TEXT_FIELDS) + "\n"


def _cdxj_line(record: CdxRecord, fields: Sequence[str]) -> str:
    chosen = {name: record.value(name) for name in fields} if fields else dict(record.fields)
    return f"{record.key} {record.timestamp} {json.dumps(chosen)}\n"
