"""
Wikitext: ``<ref>`` with templates, bracket links and bare URLs; named and reused refs.

Labels are the numbers that MediaWiki shows: by first use in the text, each
group counted apart. Parameter names are those of the English, German and
French citation templates.
"""

import re
from dataclasses import dataclass, field

from linkkeeper.citations.drafts import Destination, Draft, LinkDraft, NoteDraft
from linkkeeper.citations.flat import Flat
from linkkeeper.vocabulary.citation import OccurrenceForm

_REF = re.compile(r"<ref(?P<attributes>(?:\s[^<>]*?)?)(?:/>|>(?P<body>.{0,60000}?)</ref\s*>)", re.I | re.S)
_NAME = re.compile(r"""\bname\s*=\s*(?:"(?P<d>[^"]*)"|'(?P<s>[^']*)'|(?P<b>[^\s/>]+))""", re.I)
_GROUP = re.compile(r"""\bgroup\s*=\s*(?:"(?P<d>[^"]*)"|'(?P<s>[^']*)'|(?P<b>[^\s/>]+))""", re.I)
_COMMENT = re.compile(
    r"<!--.*?-->|<(?P<tag>nowiki|pre|source|syntaxhighlight|math)\b[^>]*>.*?</(?P=tag)\s*>", re.I | re.S
)
_REFERENCES = re.compile(
    r"<references\b[^>/]*>.*?</references\s*>|\{\{\s*(?:reflist|references)\b[^{}]*\|\s*refs\s*=", re.I | re.S
)
_URL_PARAMETER = re.compile(
    r"\|\s*(?P<name>(?:chapter-?|contribution-?|lay-?|conference-?|transcript-?|section-?)?url|archive-?url|archiv-?url|"
    r"archivurl|lien|lire en ligne|url ?archive|archive|website|online|URL|Online)\s*=\s*(?P<url>(?:https?:)?//[^\s|{}<>\]]+)",
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
_ARCHIVE_NAMES = re.compile(r"archiv", re.I)


@dataclass(slots=True)
class _Ref:
    """One note of the page: where it is defined, under which group and number."""

    group: str
    name: str
    number: int
    body: tuple[int, int] | None = None
    start: int = 0
    end: int = 0
    used: list[int] = field(default_factory=list)


def read_wikitext(text: str) -> Draft:
    """Read notes and links of a wiki page's source."""
    view = _COMMENT.sub(lambda match: " " * len(match.group()), text)
    refs = _refs(view)
    taker = _Taker(view)
    notes = [_note(taker, ref) for ref in refs if ref.body is not None]
    running: list[LinkDraft] = []
    position = 0
    for start, end in [*sorted((match.start(), match.end()) for match in _REF.finditer(view)), (len(view), len(view))]:
        if start >= position:
            flat, links = taker.take(position, start)
            running.append(LinkDraft(flat, links))
            position = end
    return Draft(notes, running)


def _refs(text: str) -> list[_Ref]:
    """Number the notes as MediaWiki does: by first use, definitions in ``<references>`` aside."""
    lists = [match.span() for match in _REFERENCES.finditer(text)]
    refs: list[_Ref] = []
    known: dict[tuple[str, str], _Ref] = {}
    counts: dict[str, int] = {}
    defined: list[tuple[re.Match[str], str, str]] = []
    for match in _REF.finditer(text):
        name, group = _attribute(_NAME, match), _attribute(_GROUP, match)
        if any(start <= match.start() < end for start, end in lists):
            defined.append((match, group, name))
            continue
        ref = known.get((group, name)) if name else None
        if ref is None:
            counts[group] = counts.get(group, 0) + 1
            ref = _Ref(group, name, counts[group])
            refs.append(ref)
            if name:
                known[group, name] = ref
        _define(ref, match)
    for match, group, name in defined:
        ref = known.get((group, name)) or next((other for (_, key), other in known.items() if key == name), None)
        if ref is None:
            counts[group] = counts.get(group, 0) + 1
            ref = _Ref(group, name, counts[group])
            refs.append(ref)
        _define(ref, match)
    return refs


def _define(ref: _Ref, match: re.Match[str]) -> None:
    if match["body"] is not None and match["body"].strip() and ref.body is None:
        ref.body, ref.start, ref.end = match.span("body"), match.start(), match.end()


def _attribute(pattern: re.Pattern[str], ref: re.Match[str]) -> str:
    match = pattern.search(ref["attributes"] or "")
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
