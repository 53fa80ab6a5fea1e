"""
Wanted: which URLs are to be repaired, and a quick way to tell that a page holds none of them.

The quick way looks at bytes alone: host names as written, escaped, in capitals,
in Unicode, or with invisible characters inside. It may say yes for nothing; it
never says no to a page that holds a wanted URL.
"""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from urllib.parse import unquote

from linkkeeper.vocabulary.relink import Repair
from linkkeeper.vocabulary.uri import INVISIBLE, UnusableUrl, fetch_form, host_of

#: More hosts than these are looked up among a page's own instead of searched for one by one.
_MANY_HOSTS = 8
_HOST_ENDS_TEXT = re.compile(r"[/\\?#\"'<>&:\s(){}\[\]|,;]")
_HOST_ENDS = re.compile(rb"[/\\?#\"'<>&:\s(){}\[\]|,;]")
#: References to characters that a host may be written with: digits, letters, stop, hyphen, colon, slash, @.
_ESCAPED_HOST = re.compile(
    rb"&(?:#x0*(?:2[d-f]|3[0-9a]|[46][0-9a-f]|[57][0-9a])(?![0-9a-f])"
    rb"|#0*(?:4[5-9]|5[0-8]|6[4-9]|[78]\d|90|9[7-9]|1[01]\d|12[0-2])(?!\d)"
    rb"|(?:period|colon|sol|hyphen|dash|lowbar|commat);)"
)
_PERCENT_IN_HOST = re.compile(rb"//[^/?#\s\"'<>]*%")
_INVISIBLE_REFERENCE = re.compile(
    rb"&(?:(?:shy|zwnj|zwj|lrm|rlm|zerowidthspace|nobreak);"
    rb"|#0*(?:173|820[3-7]|823[4-8]|8288|829[4-7]|65279)(?:;|(?!\d))"
    rb"|#x0*(?:ad|200[b-f]|202[a-e]|206[06-9]|feff)(?:;|(?![0-9a-f])))"
)
_INVISIBLE_BYTES = tuple(character.encode() for character in INVISIBLE)
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

    def __bool__(self) -> bool:
        return bool(self._by_key)

    def _add_spelling(self, url: str) -> None:
        bare = re.sub(r"(?i)^(?:https?:)?//", "", url)
        host = _HOST_ENDS_TEXT.split(bare, maxsplit=1)[0].lower()
        spellings = self._on_host.setdefault(host, [])
        if url not in spellings:
            spellings.append(url)
            spellings.sort(key=len, reverse=True)

    def spellings_on(self, host: str) -> Sequence[str]:
        """Wanted URLs as cited, longest first, whose host is written like *host*."""
        return self._on_host.get(host.lower(), ())

    def may_stand_in_text(self, text: str) -> bool:
        """As :meth:`may_stand_in`, for a piece of decoded text."""
        return self.may_stand_in(text.encode("utf-8", "surrogatepass"))

    @property
    def by_key(self) -> Mapping[str, Repair]:
        return self._by_key

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
        if not self._by_key:
            return False
        if b"\0" in data[:64]:
            return True  # UTF-16: rare enough to be read
        lowered = data.lower()
        if self._stands(lowered):
            return True
        plain = _unescaped(lowered)
        return plain is not lowered and self._stands(plain)

    def _stands(self, lowered: bytes) -> bool:
        if len(self._needles) <= _MANY_HOSTS:
            return any(needle in lowered for needle in self._needles)
        return any(name in self._names for name in _hosts_in(lowered))


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


def _hosts_in(lowered: bytes) -> Iterable[bytes]:
    """Whatever follows ``//`` or starts with ``www.``, up to where a host must end."""
    for piece in lowered.split(b"//")[1:]:
        yield _HOST_ENDS.split(piece[:260], maxsplit=1)[0].rpartition(b"@")[2].rstrip(b".")
    for piece in lowered.split(b"www.")[1:]:
        yield b"www." + _HOST_ENDS.split(piece[:260], maxsplit=1)[0].rstrip(b".")


def _unescaped(lowered: bytes) -> bytes:
    """*lowered* without escapes inside host names; the same object if there are none."""
    plain = lowered
    if b"&" in plain:
        if _INVISIBLE_REFERENCE.search(plain):
            plain = _INVISIBLE_REFERENCE.sub(b"", plain)
        if _ESCAPED_HOST.search(plain):
            plain = html.unescape(plain.decode("latin-1")).encode("utf-8", "replace").lower()
    if b"%" in plain and _PERCENT_IN_HOST.search(plain):
        plain = unquote(plain.decode("latin-1"), "latin-1").encode("latin-1", "replace").lower()
    if not plain.isascii():
        for invisible in _INVISIBLE_BYTES:
            if invisible in plain:
                plain = plain.replace(invisible, b"")
    return plain
