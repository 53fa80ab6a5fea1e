"""
Wikitext: ``<ref>`` with templates, bracket links and bare URLs; named and reused refs.

Labels are the numbers that MediaWiki shows: by first use in the text, each
group counted apart. Parameter names are those of the English, German and
French citation templates.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from linkkeeper.citations.drafts import Destination, Draft, LinkDraft, NoteDraft
from linkkeeper.citations.flat import Flat
from linkkeeper.citations.numerals import letters, roman
from linkkeeper.citations.wikitext_marks import Tag, find_tags
from linkkeeper.vocabulary.citation import OccurrenceForm

_UNREAD = re.compile(r"<!--|<(?P<tag>nowiki|pre|source|syntaxhighlight|math)\b[^>/]*>", re.I)
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
_DOI = re.compile(r"\|\s*doi\s*=", re.I)
#: Templates that are nothing but a link to an archived copy.
_ARCHIVING = re.compile(r"web-?archiv\w*|wayback|cite (?:web archive|archive)", re.I)
_DATE = re.compile(r"\|\s*(?:date|datum|data|fecha)\s*=", re.I)
_TOKEN = re.compile(
    r"""\[(?P<url>(?:(?:https?|ftp):)?//[^\s\[\]<>"]+)(?:[ \t]+(?P<text>[^\[\]\n]*(?:\[\[[^\[\]\n]*\]\][^\[\]\n]*)*))?\]
      | \[\[(?:[^\[\]|\n]*\|)?(?P<page>[^\[\]|\n]*)\]\]
      | (?P<parameter>\|\s*[\w\s-]{1,30}?\s*=\s*)
      | (?P<open>\{\{\s*[^{}|\n]{1,80}?\s*(?=[|}])) | (?P<close>\}\}) | (?P<pipe>\|)
      | (?P<quotes>'{2,5}) | (?P<tag></?[A-Za-z][^<>]{0,200}>) | (?P<entity>&(?:nbsp|amp|ndash|mdash|quot|lt|gt|shy);)
      | (?P<bare>(?:https?|ftp)://[^\s\[\]<>"|{}]+)""",
    re.X,
)
_WRITTEN: dict[str, Callable[[int], str]] = {
    "lower-alpha": letters,
    "upper-alpha": lambda number: letters(number).upper(),
    "lower-roman": roman,
    "upper-roman": lambda number: roman(number).upper(),
    "lower-greek": lambda number: "αβγδεζηθικλμνξοπρστυφχψω"[(number - 1) % 24],
    "decimal": str,
}
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
    tags = find_tags(view)
    taker = _Taker(view, [tag.start for tag in tags], [tag.end for tag in tags])
    notes = [_note(taker, ref) for ref in _refs(view, tags) if ref.body is not None]
    flat, links = taker.take(0, len(view), mark="\ufffc")
    return Draft(notes, [LinkDraft(flat, links)])


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


def _refs(text: str, tags: Sequence[Tag]) -> list[_Ref]:
    """Number the notes as MediaWiki does: by first use, each group apart; lists only define."""
    refs: list[_Ref] = []
    known: dict[tuple[str, str], _Ref] = {}
    by_name: dict[str, _Ref] = {}
    counts: dict[str, int] = {}
    for tag in sorted(tags, key=lambda tag: tag.listed):
        ref = known.get((tag.group, tag.name)) or (by_name.get(tag.name) if tag.listed else None) if tag.name else None
        if ref is None:
            counts[tag.group] = counts.get(tag.group, 0) + 1
            ref = _Ref(tag.group, tag.name, counts[tag.group])
            refs.append(ref)
            if tag.name:
                known[tag.group, tag.name] = ref
                by_name.setdefault(tag.name, ref)
        if tag.body is not None and ref.body is None and text[tag.body[0] : tag.body[1]].strip():
            ref.body, ref.start, ref.end = tag.body, tag.start, tag.end
    return refs


def _note(taker: "_Taker", ref: _Ref) -> NoteDraft:
    body = ref.body or (ref.start, ref.end)
    flat, links = taker.take(*body)
    return NoteDraft(label=_shown(ref), flat=flat, start=ref.start, end=ref.end, destinations=links)


def _shown(ref: _Ref) -> str:
    """Return the label that MediaWiki shows: some groups only say how their numbers are written."""
    if not ref.group:
        return str(ref.number)
    written = _WRITTEN.get(ref.group.lower())
    return written(ref.number) if written is not None else f"{ref.group} {ref.number}"


class _Taker:
    """Takes text out of the source; marks (which may stand in each other) are left out of what is around them."""

    def __init__(self, text: str, starts: Sequence[int], ends: Sequence[int]) -> None:
        self.text, self.starts, self.ends = text, starts, ends
        self.template = ""

    def take(self, start: int, end: int, *, mark: str = "") -> tuple[Flat, list[Destination]]:
        """Take text: templates as their values, links as their texts, *mark* for each mark."""
        flat, links = Flat(), list[Destination]()
        position, self.template = start, ""
        for index in range(bisect_left(self.starts, start), bisect_left(self.starts, end)):
            if self.starts[index] >= position:
                self._piece(flat, links, position, self.starts[index])
                flat.put(mark, self.starts[index], self.ends[index])
                position = self.ends[index]
        self._piece(flat, links, position, end)
        return flat, links

    def _piece(self, flat: Flat, links: list[Destination], start: int, end: int) -> None:
        text, position = self.text, start
        for match in _TOKEN.finditer(text, start, end):
            if match.start() < position:
                continue
            flat.copy(text, position, match.start())
            position = match.end()
            if match["url"]:
                links.append(self._bracket(flat, match))
            elif match["parameter"] or match["pipe"]:
                position = self._parameter(flat, links, match, end)
            elif match["open"]:
                self.template = match["open"][2:].strip().lower()
            elif match["page"]:
                flat.copy(text, *match.span("page"))
            elif match["bare"]:
                flat.copy(text, *match.span("bare"))
            elif match["entity"]:
                flat.put(_ENTITIES[match["entity"].strip("&;")], *match.span())
        flat.copy(text, position, end)

    def _bracket(self, flat: Flat, match: re.Match[str]) -> Destination:
        begin = len(flat)
        if match["text"]:
            self._piece(flat, [], *match.span("text"))
        return Destination(begin, len(flat), match["url"], match.span("url"), OccurrenceForm.WIKITEXT_LINK)

    def _parameter(self, flat: Flat, links: list[Destination], match: re.Match[str], end: int) -> int:
        """Put a template's value after a space; the value of ``url=`` is a link."""
        flat.put(" ", match.start(), match.end())
        status = _STATUS.match(self.text, match.start(), end)
        if status is not None:
            return status.end()
        named = _URL_PARAMETER.match(self.text, match.start(), end)
        if named is None:
            self._said(flat, match)
            return match.end()
        begin = len(flat)
        flat.copy(self.text, *named.span("url"))
        links.append(Destination(begin, len(flat), named["url"], named.span("url"), OccurrenceForm.WIKITEXT_TEMPLATE))
        return named.end()

    def _said(self, flat: Flat, match: re.Match[str]) -> None:
        """Put in words what the name of a parameter says of its value."""
        dated = _DATED.match(match.group())
        if dated is not None:
            flat.put("archived " if dated["archived"] else "accessed ", match.start(), match.end())
        elif _DOI.match(match.group()) and self.text.startswith("10.", match.end()):
            flat.put("doi:", match.end(), match.end())
        elif _ARCHIVING.fullmatch(self.template) and _DATE.match(match.group()):
            flat.put("archived ", match.start(), match.end())
