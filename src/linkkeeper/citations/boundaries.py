"""
Where a URL in running text begins and ends.

Works on text as a reader sees it: one ``\\n`` is a line end (or ``<br>``),
two are the end of a paragraph, which no URL crosses. Each rejoining of a
broken URL says why; what is in doubt stays apart.

Source: RFC 3986 appendix C for delimiters; the rest is how 78 published
documents write (``docs/footnotes.md``).
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from linkkeeper.citations.plain_urls import plain_end
from linkkeeper.vocabulary.archived import unwrap_archive
from linkkeeper.vocabulary.uri import INVISIBLE

_START = re.compile(
    r"(?:https?|ftp)://|(?:https?|ftp):(?=//)|(?<![\w@./-])(?:www\.(?=[\w-]+\.)|(?:dx\.)?doi\.org/(?=10\.)|hdl\.handle\.net/)"
    r"|(?<![\w/])http(?=s?\s?:\s?//)",
    re.I,
)
#: Where to look closer: found much faster, as these first letters are all that the rest of a text is searched for.
_MAY_START = re.compile(r"[hHfFwWdD](?=[tT][tT]?[pP]|[wW][wW]\.|[oO][iI]\.[oO]|[xX]\.[dD]|[dD][lL]\.[hH])")
#: What no URL in running text holds: white space, angle brackets, quotes, CJK and Arabic punctuation.
_STOP = '\\s<>"`“”„‟«»‹›「」『』《》。，；：！？、（）【】،؛؟।\\\\^\x00-\x1f\ufffc'
_RUN = re.compile(rf"[^{_STOP}]+")
_SCHEMES = ("http://", "https://", "www.")
_INNER = re.compile(r"(?:https?|ftp)://", re.I)
_TRAILING = ".,;:!?'’‘*…|†‡–—"
_CLOSERS = {")": "(", "]": "[", "}": "{"}
_INVISIBLE = re.compile(f"[{INVISIBLE}]+")
_ARRAY = re.compile(r"\[[\w%.-]*\]")
_LABEL = re.compile(r"[\[(]?(?:\d{1,4}|[ivxl]{1,6}|[*†‡§])[\])]?[.|:)]?", re.I)
_EXTENSION = re.compile(r"\.?(?:pdf|html?|aspx?|php|jsp|cfm|docx?|xlsx?|txt|stm|shtml|xml|jpe?g|png)\b", re.I)
_HALF_ESCAPE = re.compile(r"%[0-9A-Fa-f]?$")
_HEX = re.compile(r"[0-9A-Fa-f]")
_HOST = re.compile(r"(?:[A-Za-z]+://)?([^/?#:]*)")
_SEAM = re.compile(r"[ \t\u00a0]*\n[ \t\u00a0]*|[ \t\u00a0\u2009\u202f]+")
#: A drawn line: a rule, a table's, or the one under a heading.
_DRAWN = re.compile(r"([=\-_~#*+^])\1{2}")
_PART = re.compile(r"[/_=&%#?~+]|\w-\w|[a-z]\d|\d[a-z]", re.I)
_BRACKET = re.compile(r"[()\[\]{}]")
#: A host, or the seam of a URL that was broken before it.
_HOST_AHEAD = re.compile(rf"[\s{INVISIBLE}:/]{{1,4}}[^\s/]|[^\s/?#<>()\[\]\"]{{0,255}}\.|localhost", re.I)
#: What may end a piece that goes on behind a space; the scheme alone may, too.
_GOING_ON = frozenset("/-_=&?:pPsS")
_PARAMETER = re.compile(r"[?&][\w.-]+=")
_FILE_TYPE = re.compile(r"\.(?:pdf|html?|aspx?|php)", re.I)
_SHORT_NUMBER = re.compile(r"\d{1,3}[.,]?$")
_WORDY = re.compile(r"[A-Za-z’']+[.,;:)]*")
_STOP_WORDS = frozenset(
    {
        "a",
        "accessed",
        "also",
        "an",
        "and",
        "archived",
        "as",
        "at",
        "available",
        "by",
        "cf",
        "for",
        "from",
        "here",
        "ibid",
    }
    | {"id", "in", "is", "last", "of", "on", "or", "page", "pp", "quoted", "retrieved", "see", "supra", "the", "to"}
    | {"visited", "which", "with", "who", "that", "this", "was", "et", "und", "der", "die", "le", "la", "y", "el"}
)
_MARKS = tuple(
    written
    for mark in ("http", "ftp:", "www.", "doi.org", "hdl.")
    for written in (mark, mark.upper(), mark.capitalize(), mark.upper().replace("ORG", "org"))
)
#: DOIs made of the older item numbers of journals hold angle brackets: ``<693::AID-ASI4>3.0.CO;2-O``.
_ITEM = re.compile(r"<[\w.:;()/+-]{1,60}>\d\.\d\.[A-Z]{2};\d(?:-[\w#])?", re.I)
_DOI = re.compile(rf"(?<![\w/.:=])doi:?\s?(?P<name>10\.\d{{4,9}}/[^{_STOP}]+(?:{_ITEM.pattern})?)", re.I)
#: A URL in more pieces than this is no URL.
_MAX_PIECES = 8
#: No URL is longer; browsers give up near here too.
MAX_LENGTH = 8_000


class FoundUrl(NamedTuple):
    """
    A URL in a text.

    Attributes:
        start, end: In the text, from its first to its last character.
        url: As cited: seams closed, invisible characters taken out.
        rejoined: Why each seam was closed.
        cleaned: Invisible characters were inside.
    """

    start: int
    end: int
    url: str
    rejoined: tuple[str, ...] = ()
    cleaned: bool = False


class _Piece(NamedTuple):
    start: int
    end: int
    text: str


def find_urls(text: str, *, width: int | None = None) -> list[FoundUrl]:
    """
    Find the URLs of *text*, in order, apart from each other.

    Args:
        width: Length of a full line where the text is wrapped; None where
            line ends say nothing about it.
    """
    found: list[FoundUrl] = []
    position = 0
    if not _may_hold(text):
        return found
    while (candidate := _MAY_START.search(text, position)) is not None:
        start = candidate.start()
        end = plain_end(text, start)
        if end is not None:
            found.append(FoundUrl(start, end, text[start:end]))
            position = end
            continue
        match = _START.match(text, start)
        url = _url_at(text, start, width) if match is not None and _HOST_AHEAD.match(text, match.end()) else None
        if url is not None:
            found.append(url)
            position = url.end
        else:
            position = match.end() if match is not None else candidate.end()
    return found


def find_identifiers(text: str) -> list[FoundUrl]:
    """Find the DOIs that stand by themselves (``doi:10.…``), without the address of their resolver."""
    if "10." not in text:
        return []
    found: list[FoundUrl] = []
    for match in _DOI.finditer(text):
        name = trim(match["name"])
        found.append(FoundUrl(match.start(), match.start("name") + len(name), f"doi:{name}"))
    return found


def trim(url: str) -> str:
    """Cut from *url* what belongs to the sentence around it."""
    return url[: _end_of(url)]


def _may_hold(text: str) -> bool:
    """
    Most texts hold no URL; that is told much faster than by looking for one.

    Quirk: lowering a text that is not ASCII takes twelve times its length in memory.
    """
    return "http" in text or any(mark in text for mark in _MARKS)


def _url_at(text: str, start: int, width: int | None) -> FoundUrl | None:
    pieces, reasons = _gather(text, start, width)
    raw = "".join(piece.text for piece in pieces)
    end = _end_of(raw)
    if text[start - 1 : start] == "_":
        end = len(raw[:end].rstrip("_"))
    url = raw[:end]
    if not url.isascii():
        url = _INVISIBLE.sub("", url)
    if not _has_host(url):
        return None
    # Give back the pieces that were cut off again.
    length, last = 0, pieces[0]
    kept = 0
    for piece in pieces:
        if length >= end:
            break
        last, kept = piece, kept + 1
        length += len(piece.text)
    stop = last.end - (length - end)
    return FoundUrl(
        start=start,
        end=stop,
        url=url,
        rejoined=tuple(reasons[: kept - 1]),
        cleaned=len(url) != end,
    )


def _has_host(url: str) -> bool:
    match = _HOST.match(url)
    host = match.group(1) if match else ""
    return len(host) >= 4 and ("." in host.rstrip(".") or host == "localhost") and not host.startswith("-")


def _gather(text: str, start: int, width: int | None) -> tuple[list[_Piece], list[str]]:
    first = _piece(text, start)
    pieces, reasons = [first], []
    bracketed = start > 0 and text[start - 1] == "<"
    joined = first.text
    while len(pieces) < _MAX_PIECES and not _closed(pieces[-1].text):
        seam = _SEAM.match(text, pieces[-1].end)
        if seam is None or seam.end() >= len(text) or _is_over(joined, seam.group(), text[seam.end()]):
            break
        following = _piece(text, seam.end())
        reason = _why(text, joined, seam, following, width=width, bracketed=bracketed)
        if reason is None:
            break
        pieces.append(following)
        reasons.append(reason)
        joined += following.text
    return pieces, reasons


def _is_over(joined: str, seam: str, following: str) -> bool:
    """Tell what most URLs tell by the characters at the seam alone: that they don't go on behind it."""
    if seam != " " or following in "/?&." or not following.isascii():
        return False
    return joined[-1:] not in _GOING_ON and "%" not in joined[-2:]


def _piece(text: str, start: int) -> _Piece:
    match = _RUN.match(text, start, min(len(text), start + MAX_LENGTH))
    if match is None:
        return _Piece(start, start, "")
    item = _ITEM.match(text, match.end()) if text[match.end() : match.end() + 1] == "<" and "10." in match[0] else None
    if item is not None:
        return _Piece(start, item.end(), text[start : item.end()])
    return _Piece(start, match.end(), match.group())


def _closed(piece: str) -> bool:
    """Tell whether a bracket that was not opened, or a second URL, ends the URL in this piece."""
    return _cut(piece) < len(piece.rstrip(_TRAILING))


def _why(
    text: str, joined: str, seam: re.Match[str], following: _Piece, *, width: int | None, bracketed: bool
) -> str | None:
    """Say why the URL goes on after *seam*; None when it does not, or may not."""
    core = following.text.strip(INVISIBLE)
    core = core[: _end_of(core)] or core[:1]
    if not core or _INNER.match(core) or _DRAWN.match(core):
        return None
    if bracketed and "\n" in seam.group() and text[following.end : following.end + 1] == ">":
        return "inside angle brackets"
    if joined.lower().endswith(("http", "https", "http:", "https:")):
        return "broken in the scheme" if core.startswith((":", "/")) else None
    if joined.endswith("://"):
        return "broken after the scheme" if "." in core else None
    if _LABEL.fullmatch(core) or joined[-1] in ")]}”’\"',;!":
        return None
    if "%" in joined[-2:] and _HALF_ESCAPE.search(joined, len(joined) - 2) and _HEX.match(core):
        return "broken inside an escape"
    if "\n" in seam.group():
        return _why_over_lines(joined, core, full=_is_full(text, seam.start(), width))
    return _why_over_space(joined, core) if len(seam.group()) == 1 else None


def _why_over_lines(joined: str, core: str, *, full: bool) -> str | None:
    last = joined[-1]
    if last in ".:":
        if _EXTENSION.match(core) and last == ".":
            return "broken before the file type"
        return "the line is full" if full and last == "." and _is_part(core) and core[0].islower() else None
    if core[0] in "/?&=#%_" and len(core) > 1:
        return f"the next line begins with {core[0]}"
    if core[0] in "-~" and len(core) > 1 and core[1].isalnum():
        return f"the next line begins with {core[0]}"
    if _EXTENSION.fullmatch(core) and core[0] == ".":
        return "broken before the file type"
    if last in "/-_=&?%#+~":
        if _is_part(core) or (full and _is_word(core)):
            return f"the line ends with {last}"
        return None
    return "the line is full" if full and _is_part(core) else None


def _why_over_space(joined: str, core: str) -> str | None:
    last = joined[-1]
    if core[0] == "/" and len(core) > 2 and core[1].isalnum():
        return "goes on with a slash after a stray space"
    if core[0] in "?&" and _PARAMETER.match(core):
        return "goes on with its query after a stray space"
    if core[0] == "." and _FILE_TYPE.fullmatch(core):
        return "goes on with the file type after a stray space"
    if last in "/-_=&?" and _is_part(core) and not core[0].isupper() and not _SHORT_NUMBER.match(core):
        strong = "/" in core or core.count("-") + core.count("_") >= 2 or _EXTENSION.search(core) or "=" in core
        return f"stray space after {last}" if strong else None
    return None


def _is_part(core: str) -> bool:
    """Tell whether *core* looks like a piece of a URL and not like prose."""
    if _WORDY.fullmatch(core):
        return False
    if _PART.search(core):
        return True
    return bool(_EXTENSION.search(core)) or (core.isdigit() and len(core) > 4)


def _is_word(core: str) -> bool:
    return core.isalpha() and core.islower() and len(core) > 2 and core not in _STOP_WORDS


def _is_full(text: str, end: int, width: int | None) -> bool:
    if not width:
        return False
    begin = text.rfind("\n", max(0, end - 4 * width), end) + 1
    return end - begin >= 0.8 * width


def _end_of(raw: str) -> int:
    """Return where the URL at the start of *raw* ends: before what belongs to the sentence."""
    end = _cut(raw)
    while end > 0:
        character = raw[end - 1]
        if (
            character in _TRAILING
            or character in INVISIBLE
            or (character in _CLOSERS and raw.count(character, 0, end) > raw.count(_CLOSERS[character], 0, end))
            or character in "([{"
        ):
            end -= 1
        elif raw.startswith("’s", end - 2):
            end -= 2
        elif raw.startswith(("&gt;", "&lt;"), end - 4):
            end -= 4
        elif raw.startswith("&quot;", end - 6):
            end -= 6
        else:
            break
    return end


def _cut(raw: str) -> int:
    """Return the length of *raw* up to a second URL, or a bracket that doesn't belong to it."""
    limit = len(raw)
    if _BRACKET.search(raw) is None and raw.find("://", 6 if raw.startswith(_SCHEMES) else 0) < 0:
        # Most have neither.
        return limit
    for inner in _INNER.finditer(raw, 1):
        if not _belongs(raw, inner.start()):
            limit = inner.start()
            break
    open_brackets: list[str] = []
    for index, character in _brackets(raw, limit):
        if character == "[" and not _ARRAY.match(raw, index):
            return index
        if character in "([{":
            open_brackets.append(character)
        elif open_brackets and open_brackets[-1] == _CLOSERS[character]:
            open_brackets.pop()
        elif character != "}":
            return index
    return limit


def _brackets(raw: str, limit: int) -> Iterator[tuple[int, str]]:
    return ((match.start(), match.group()) for match in _BRACKET.finditer(raw, 0, limit))


def _belongs(raw: str, inner: int) -> bool:
    """Tell whether the URL at *inner* is a part of the one before it (a query, an archive's address)."""
    before = raw[inner - 1]
    if before in "=&?:%#+@*":
        return True
    if before != "/":
        return False
    host_only = re.fullmatch(r"(?i)(?:[a-z]+://)?[^/]+/", raw[:inner]) is not None
    return not host_only or unwrap_archive(raw) is not None
