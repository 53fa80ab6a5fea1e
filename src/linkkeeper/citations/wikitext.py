"""
Wikitext: ``<ref>`` with templates, bracket links and bare URLs; named and reused refs.

Labels are the numbers that MediaWiki shows: by first use in the text, each
group counted apart. Parameter names are those of the English, German and
French citation templates.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from linkkeeper.citations.drafts import Destination, Draft, LinkDraft, NoteDraft
from linkkeeper.citations.flat import Flat
from linkkeeper.vocabulary.citation import OccurrenceForm

_REF = re.compile(r"<ref(?P<attributes>(?:\s[^<>]*?)?)(?P<closed>/)?>", re.I)
_REF_END = re.compile(r"</ref\s*>", re.I)
_NAME = re.compile(r"""\bname\s*=\s*(?:"(?P<d>[^"]*)"|'(?P<s>[^']*)'|(?P<b>[^\s/>]+))""", re.I)
_GROUP = re.compile(r"""\bgroup\s*=\s*(?:"(?P<d>[^"]*)"|'(?P<s>[^']*)'|(?P<b>[^\s/>]+))""", re.I)
_UNREAD = re.compile(r"<!--|<(?P<tag>nowiki|pre|source|syntaxhighlight|math)\b[^>/]*>", re.I)
_REFERENCES = re.compile(
    r"<references\b[^>/]*>.*?</references\s*>|\{\{\s*(?:reflist|references)\b[^{}]*\|\s*refs\s*=", re.I | re.S
)
_URL_PARAMETER = re.compile(
    r"\|\s*(?P<name>(?:chapter-?|contribution-?|lay-?|conference-?|transcript-?|section-?)?url|archive-?url|archiv-?url|"
    r"archivurl|lien|lire en ligne|url ?archive|archive|website|online)\s*=\s*"
    r"(?P<url>(?:https?:)?//[^\s|{}<>\]]+)",
    re.I,
)
#: Says whether the original is gone; nothing that a reader reads.
_STATUS = re.compile(
    r"\|\s*(?:url-?status|dead-?url|offline|dodeurl|urlmorto|urlmorta|tot|df)\s*=\s*[\w-]*\s*(?=[|}])", re.I
)
_DATED = re.compile(
    r"\|\s*(?:(?P<archived>archive-?date|archivedate|archiv-?datum|archiv_datum|archiefdatum|arkivdatum|zarchiwizowano|"
    r"dataarchivio|arquivodata|date-?archive)|access-?date|accessdate|zugriff|abruf|consulté le|bezochtdatum|hämtdatum|"
    r"data dostępu|accesso|acessodata)\s*=",
    re.I,
)
#: No note is longer (characters).
_MAX_REF = 60_000
_TOKEN = re.compile(
    r"""\[(?P<url>(?:(?:https?|ftp):)?//[^\s\[\]<>"]+)(?:[ \t]+(?P<text>[^\[\]\n]*(?:\[\[[^\[\]\n]*\]\][^\[\]\n]*)*))?\]
      | \[\[(?:[^\[\]|\n]*\|)?(?P<page>[^\[\]|\n]*)\]\]
      | (?P<parameter>\|\s*[\w\s-]{1,30}?\s*=\s*)
      | (?P<open>\{\{\s*[^{}|\n]{1,80}?\s*(?=[|}])) | (?P<close>\}\}) | (?P<pipe>\|)
      | (?P<quotes>'{2,5}) | (?P<tag></?[A-Za-z][^<>]{0,200}>) | (?P<entity>&(?:nbsp|amp|ndash|mdash|quot|lt|gt|shy);)
      | (?P<bare>(?:https?|ftp)://[^\s\[\]<>"|{}]+)""",
    re.X,
)
_ENTITIES = {"nbsp": " ", "amp": "&", "ndash": "–", "mdash": "—", "quot": '"', "lt": "<", "gt": ">", "shy": ""}


@dataclass(slots=True)
class _Ref:
    """One note of the page: where it is defined, under which group and number."""

    group: str
    name: str
    number: int
    body: tuple[int, int] | None = None
    start: int = 0
    end: int = 0


def read_wikitext(text: str) -> Draft:
    """Read notes and links of a wiki page's source."""
    view = _without_unread(text)
    tags = _tags(view)
    refs = _refs(view, tags)
    taker = _Taker(view)
    notes = [_note(taker, ref) for ref in refs if ref.body is not None]
    running: list[LinkDraft] = []
    position = 0
    for start, end in [*((tag.start, tag.end) for tag in tags), (len(view), len(view))]:
        if start >= position:
            flat, links = taker.take(position, start)
            running.append(LinkDraft(flat, links))
            position = end
    return Draft(notes, running)


def _without_unread(text: str) -> str:
    """Blank out comments and code; positions stay."""
    parts: list[str] = []
    position = 0
    absent: set[str] = set()
    while (match := _UNREAD.search(text, position)) is not None:
        closing = _closing(match["tag"])
        found = closing.search(text, match.end()) if closing.pattern not in absent else None
        if found is None:
            absent.add(closing.pattern)
            parts.append(text[position : match.end()])
            position = match.end()
            continue
        end = found.end()
        parts += [text[position : match.start()], " " * (end - match.start())]
        position = end
    return "".join(parts) + text[position:]


def _closing(tag: str | None) -> re.Pattern[str]:
    return re.compile(rf"</{tag}\s*>", re.I) if tag else re.compile("-->")


@dataclass(frozen=True, slots=True)
class _Tag:
    """A ``<ref>`` in the source; *body* is None for one that only names another."""

    attributes: str
    start: int
    end: int
    body: tuple[int, int] | None


def _tags(text: str) -> list[_Tag]:
    ends = [match.span() for match in _REF_END.finditer(text)]
    tags: list[_Tag] = []
    for match in _REF.finditer(text):
        if tags and match.start() < tags[-1].end:
            continue
        closing = bisect_left(ends, (match.end(), 0))
        if match["closed"]:
            tags.append(_Tag(match["attributes"], match.start(), match.end(), None))
        elif closing < len(ends) and ends[closing][0] - match.end() <= _MAX_REF:
            body = (match.end(), ends[closing][0])
            tags.append(_Tag(match["attributes"], match.start(), ends[closing][1], body))
    return tags


def _refs(text: str, tags: Sequence[_Tag]) -> list[_Ref]:
    """Number the notes as MediaWiki does: by first use, definitions in ``<references>`` aside."""
    lists = [match.span() for match in _REFERENCES.finditer(text)] if "</references" in text.lower() else []
    refs: list[_Ref] = []
    known: dict[tuple[str, str], _Ref] = {}
    counts: dict[str, int] = {}
    defined: list[tuple[_Tag, str, str]] = []
    for tag in tags:
        name, group = _attribute(_NAME, tag), _attribute(_GROUP, tag)
        if any(start <= tag.start < end for start, end in lists):
            defined.append((tag, group, name))
            continue
        ref = known.get((group, name)) if name else None
        if ref is None:
            counts[group] = counts.get(group, 0) + 1
            ref = _Ref(group, name, counts[group])
            refs.append(ref)
            if name:
                known[group, name] = ref
        _define(text, ref, tag)
    for tag, group, name in defined:
        ref = known.get((group, name)) or next((other for (_, key), other in known.items() if key == name), None)
        if ref is None:
            counts[group] = counts.get(group, 0) + 1
            ref = _Ref(group, name, counts[group])
            refs.append(ref)
        _define(text, ref, tag)
    return refs


def _define(text: str, ref: _Ref, tag: _Tag) -> None:
    if tag.body is not None and ref.body is None and text[tag.body[0] : tag.body[1]].strip():
        ref.body, ref.start, ref.end = tag.body, tag.start, tag.end


def _attribute(pattern: re.Pattern[str], tag: _Tag) -> str:
    match = pattern.search(tag.attributes)
    return next((value for value in (match["d"], match["s"], match["b"]) if value), "") if match else ""


def _note(taker: "_Taker", ref: _Ref) -> NoteDraft:
    body = ref.body or (ref.start, ref.end)
    flat, links = taker.take(*body)
    label = f"{ref.group} {ref.number}" if ref.group else str(ref.number)
    return NoteDraft(label=label, flat=flat, start=ref.start, end=ref.end, destinations=links)


class _Taker:
    def __init__(self, text: str) -> None:
        self.text = text

    def take(self, start: int, end: int) -> tuple[Flat, list[Destination]]:
        """Take text: templates as their values, links as their texts."""
        text, flat = self.text, Flat()
        links: list[Destination] = []
        position = start
        for match in _TOKEN.finditer(text, start, end):
            if match.start() < position:
                continue
            flat.copy(text, position, match.start())
            position = match.end()
            if match["url"]:
                links.append(self._bracket(flat, match))
            elif match["parameter"] or match["pipe"]:
                position = self._parameter(flat, links, match, end)
            elif match["page"]:
                flat.copy(text, *match.span("page"))
            elif match["bare"]:
                flat.copy(text, *match.span("bare"))
            elif match["entity"]:
                flat.put(_ENTITIES[match["entity"].strip("&;")], *match.span())
        flat.copy(text, position, end)
        return flat, links

    def _bracket(self, flat: Flat, match: re.Match[str]) -> Destination:
        begin = len(flat)
        if match["text"]:
            inner, _ = self.take(*match.span("text"))
            flat.append(inner)
        return Destination(begin, len(flat), match["url"], match.span("url"), OccurrenceForm.WIKITEXT_LINK)

    def _parameter(self, flat: Flat, links: list[Destination], match: re.Match[str], end: int) -> int:
        """Put a template's value after a space; the value of ``url=`` is a link."""
        flat.put(" ", match.start(), match.end())
        status = _STATUS.match(self.text, match.start(), end)
        if status is not None:
            return status.end()
        named = _URL_PARAMETER.match(self.text, match.start(), end)
        if named is None:
            dated = _DATED.match(match.group())
            if dated is not None:
                flat.put("archived " if dated["archived"] else "accessed ", match.start(), match.end())
            return match.end()
        begin = len(flat)
        flat.copy(self.text, *named.span("url"))
        links.append(Destination(begin, len(flat), named["url"], named.span("url"), OccurrenceForm.WIKITEXT_TEMPLATE))
        return named.end()
