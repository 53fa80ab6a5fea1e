"""
Wanted: which URLs are to be repaired, and a quick way to tell that a page holds none of them.

The quick way looks at bytes alone: host names as written, escaped, in capitals,
in Unicode, or with invisible characters inside. It may say yes for nothing; it
never says no to a page that holds a wanted URL.
"""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from urllib.parse import unquote_to_bytes

from linkkeeper.vocabulary.relink import Repair
from linkkeeper.vocabulary.uri import UnusableUrl, fetch_form, host_of

#: More hosts than these are looked up among a page's own instead of searched for one by one.
_MANY_HOSTS = 8
#: Bytes of the longest host name, each letter escaped or not, that is still looked at around an escape.
_LONGEST_HOST = 600
_HOST_ENDS_TEXT = re.compile(r"[/\\?#\"'<>&:\s(){}\[\]|,;]")
#: References to what a host may be written with: digits, letters, stop, hyphen, colon, slash, @.
_HOST_REFERENCE = (
    rb"&(?:#x0*(?:2[d-f]|3[0-9a]|[46][0-9a-f]|[57][0-9a])(?![0-9a-f])"
    rb"|#0*(?:4[5-9]|5[0-8]|6[4-9]|[78]\d|90|9[7-9]|1[01]\d|12[0-2])(?!\d)"
    rb"|(?:period|colon|sol|hyphen|dash|lowbar|commat);)"
)
_INVISIBLE_REFERENCE = (
    rb"&(?:#x0*(?:ad|200[b-f]|202[a-e]|206[06-9]|feff)(?:;|(?![0-9a-f]))"
    rb"|#0*(?:173|820[3-7]|823[4-8]|8288|829[4-7]|65279)(?:;|(?!\d))"
    rb"|(?:shy|zwnj|zwj|lrm|rlm|zerowidthspace|nobreak);)"
)
_REFERENCE = re.compile(_HOST_REFERENCE + rb";?")
_SUSPECT_REFERENCE = re.compile(_HOST_REFERENCE + b"|" + _INVISIBLE_REFERENCE)
_INVISIBLE = re.compile(
    _INVISIBLE_REFERENCE + rb"|\xc2\xad|\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf"
)
_ODD = rb"[^\s/\"'<>?#]{0,250}?(?:%|\xc2\xad|\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf)"
#: A host with an escape or an invisible character in it.
_ODD_HOSTS = (re.compile(rb"//\s{0,3}" + _ODD), re.compile(rb"www\." + _ODD))
_HOST_END = rb"/\\?#\"'<>&:\s(){}\[\]|,;!*"
#: Two patterns, as each begins with letters that can be searched for at once.
_HOSTS = (re.compile(rb"//\s{0,3}[^" + _HOST_END + rb"]{1,253}"), re.compile(rb"www\.[^" + _HOST_END + rb"]{1,249}"))
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
#: A DOI without its resolver's address (``doi:10.…``, ``doi 10.…``), also with a hard space.
_IDENTIFIER = re.compile(rb"doi:?(?:\s|[\x80-\xff]{1,3}|&#?[a-z0-9]{2,8};)?10\.")
_RESOLVER = "https://doi.org/10."
_TRAILING = re.compile(r"(?:\s|%20|%e2%80%8b|%c2%a0)+$", re.I)


class Wanted:
    """
    The repairs to make, found by URL.

    Two URLs are the same if a browser would request the same address for
    them, fragment included.
    """

    def __init__(self, repairs: Iterable[Repair]) -> None:
        self._by_key: dict[str, Repair] = {}
        for repair in repairs:
            for url in (repair.url, *repair.spellings):
                key = address_of(url)
                if key is not None:
                    self._by_key.setdefault(key, repair)
        self._on_host: dict[str, list[str]] = {}
        for repair in self._by_key.values():
            for url in (repair.url, *repair.spellings):
                self._add_spelling(url)
        self.hosts = frozenset(host_of(key) for key in self._by_key) - {""}
        self._needles = tuple(sorted(needle for host in self.hosts for needle in _spellings(host)))
        self._names = frozenset(self._needles)
        self._has_identifiers = any(key.startswith(_RESOLVER) for key in self._by_key)

    def __bool__(self) -> bool:
        return bool(self._by_key)

    def _add_spelling(self, url: str) -> None:
        bare = re.sub(r"(?i)^(?:https?:)?//", "", url)
        host = _HOST_ENDS_TEXT.split(bare, maxsplit=1)[0].lower().rstrip(".")
        spellings = self._on_host.setdefault(host, [])
        if url not in spellings:
            spellings.append(url)
            spellings.sort(key=len, reverse=True)

    def spellings_on(self, host: str) -> Sequence[str]:
        """Wanted URLs as cited, longest first, whose host is written like *host*."""
        return self._on_host.get(host.lower(), ())

    def repair_of(self, url: str) -> Repair | None:
        """The repair for *url* as cited, cleaned of what copying leaves at its end."""
        key = address_of(url)
        if key is None:
            return None
        found = self._by_key.get(key)
        if found is None and (cleaned := _TRAILING.sub("", url)) != url:
            return self.repair_of(cleaned)
        return found

    def may_stand_in(self, data: bytes) -> bool:
        """False only if no wanted URL can stand in *data*, whatever its format."""
        places = self.places_in(data)
        return places is None or bool(places) or self.identifiers_may_stand_in(data)

    def identifiers_may_stand_in(self, data: bytes) -> bool:
        """False only if no wanted DOI can stand in *data* by itself, without the address of its resolver."""
        if not self._has_identifiers:
            return False
        return b"\0" in data[:64] or _IDENTIFIER.search(data.lower()) is not None

    def places_in(self, data: bytes) -> Sequence[int] | None:
        """
        Find where wanted hosts may stand in *data*, as offsets, ascending.

        Where a wanted host is written in another way (escaped, with invisible
        characters), every such piece of writing is a place. None for UTF-16,
        which only a parser sees through.
        """
        if not self._by_key:
            return ()
        if b"\0" in data[:64]:
            return None
        lowered = data.lower()
        odd = _odd_places(lowered)
        if not odd:
            return self._stand_at(lowered)
        plain = self._stand_at(lowered)
        return sorted({*plain, *odd}) if plain or self._stand_at(_unescaped(_around(lowered, odd))) else ()

    def _stand_at(self, lowered: bytes) -> Sequence[int]:
        if len(self._needles) > _MANY_HOSTS:
            return sorted({place for place, host in _hosts_in(lowered) if host in self._names})
        places: set[int] = set()
        for needle in self._needles:
            place = lowered.find(needle)
            while place >= 0:
                places.add(place)
                place = lowered.find(needle, place + 1)
        return sorted(places)


def is_identifier(url: str) -> bool:
    """Tell a DOI as it is cited by itself from the address of its resolver."""
    return url[:7].lower() == "doi:10."


def address_of(url: str) -> str | None:
    """What a browser would request; None for what can't be requested."""
    try:
        return fetch_form(url)
    except UnusableUrl:
        return None


def _spellings(host: str) -> Sequence[bytes]:
    """*host* as bytes of a page: in ASCII, and in Unicode if it has such a form."""
    spellings = [host.encode("ascii", "ignore")]
    if "xn--" in host:
        with suppress(UnicodeError):
            name = host.encode("ascii").decode("idna")
            spellings += [name.encode(codec, "ignore") for codec in ("utf-8", "cp1252", "cp1251", "cp1250")]
    return spellings


def _hosts_in(lowered: bytes) -> Iterator[tuple[int, bytes]]:
    """Whatever follows ``//`` or starts with ``www.``, up to where a host must end, with its place."""
    for pattern in _HOSTS:
        for found in pattern.finditer(lowered):
            host = found[0]
            if b"@" in host or host[-1:] in b"._~":
                host = host.rpartition(b"@")[2].rstrip(b"._~")
            host = host.removeprefix(b"//").lstrip()
            yield found.start(), host
            if not host.isascii():
                # A quotation mark or an ellipsis behind it, in whatever encoding.
                yield found.start(), _BEYOND_ASCII.split(host, maxsplit=1)[0].rstrip(b".")


def _odd_places(lowered: bytes) -> list[int]:
    """Where a host may be written otherwise than as it is."""
    places: list[int] = []
    if b"&" in lowered:
        places += [found.start() for found in _SUSPECT_REFERENCE.finditer(lowered)]
    if b"%" in lowered or not lowered.isascii():
        places += [found.start() for pattern in _ODD_HOSTS for found in pattern.finditer(lowered)]
    return places


def _around(lowered: bytes, places: Sequence[int]) -> bytes:
    """What stands near *places*, as far as a host reaches; most of a page is not."""
    pieces: list[bytes] = []
    end = 0
    for place in sorted(places):
        if place + _LONGEST_HOST > end:
            start = max(end, place - _LONGEST_HOST)
            if start > end:
                pieces.append(b" ")
            pieces.append(lowered[start : place + _LONGEST_HOST])
            end = place + _LONGEST_HOST
    return b"".join(pieces)


def _unescaped(lowered: bytes) -> bytes:
    """*lowered* with all escapes resolved that a host may be written with, and nothing invisible."""
    plain = _INVISIBLE.sub(b"", lowered)
    plain = _REFERENCE.sub(lambda found: html.unescape(found[0].decode("ascii")).encode(), plain)
    return unquote_to_bytes(plain).lower() if b"%" in plain else plain.lower()
