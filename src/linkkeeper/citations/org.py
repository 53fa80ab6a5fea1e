"""
Org files: footnote definitions and inline notes, links, verbatim parts left out.

Source: the Org manual, "Creating Footnotes", "Link Format", "Literal Examples".
"""

import re
from collections.abc import Iterator, Sequence

from linkkeeper.citations.boundaries import trim
from linkkeeper.citations.dates import dates_of
from linkkeeper.citations.drafts import Destination, Draft, LinkDraft, NoteDraft
from linkkeeper.citations.flat import Flat
from linkkeeper.citations.numbered import find_numbered
from linkkeeper.vocabulary.citation import OccurrenceForm

_DEFINITION = re.compile(r"^\[fn:(?P<label>[\w-]{1,60})\][ \t]*", re.M)
_INLINE_NOTE = re.compile(r"\[fn:(?P<label>[\w-]{0,60}):[ \t]*")
#: A definition ends before a heading, the next definition, and two blank lines.
_END = re.compile(r"^(?=\*+ |\[fn:[\w-]{1,60}\])|\n[ \t]*\n[ \t]*\n", re.M)
_UNREAD = re.compile(
    r"^[ \t]*#\+begin_(?P<block>src|example|export|comment)\b.*?^[ \t]*#\+end_(?P=block)[^\n]*$"
    r"|^[ \t]*:(?:properties|logbook):[ \t]*$.*?^[ \t]*:end:[ \t]*$"
    r"|^[ \t]*(?:#(?:[ \t][^\n]*)?|:[ \t][^\n]*|#\+[a-z_]+:[^\n]*)$",
    re.M | re.S | re.I,
)
_KEYWORD = re.compile(r"^#\+(?P<name>title|date|language):[ \t]*(?P<value>[^\n]*\S)", re.M | re.I)
_BRACKETS = re.compile(r"[\[\]]")
_TOKEN = re.compile(
    r"""\[\[(?P<url>[^\[\]\s]{1,8000})\](?:\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\]){1,2000}?)\])?\]
      | <(?P<angled>(?:https?|ftp)://[^<>\s]+)>
      | (?P<bare>(?:https?|ftp)://[^\s<>\[\]]+)
      | (?<![\w~=])(?P<mark>[~=])(?=\S)(?P<code>[^\n]{1,400}?)(?<=\S)(?P=mark)(?![\w~=])
      | \[fn:[\w-]{1,60}\] | \[(?:file|id|\#)[^\[\]]*\]
      | (?<![\w*/_+])[*/_+](?=[^\s*/_+]) | (?<=[^\s*/_+])[*/_+](?![\w*/_+])""",
    re.X,
)


def read_org(text: str) -> Draft:
    """Read notes and links of an Org file."""
    keywords = {match["name"].lower(): match["value"] for match in _KEYWORD.finditer(text)}
    view = _UNREAD.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)
    taker = _Taker(view)
    notes = [*_defined(view, taker), *_inline(view, taker)] or _numbered(view, taker)
    notes.sort(key=lambda note: note.start)
    running: list[LinkDraft] = []
    position = 0
    for start, end in [*((note.start, note.end) for note in notes), (len(view), len(view))]:
        if start > position:
            running.append(LinkDraft(*taker.take(position, start, code=False)))
        position = max(position, end)
    published = dates_of(re.sub(r"[<>\[\]]", " ", keywords.get("date", ""))).published
    return Draft(notes, running, keywords.get("title"), keywords.get("language"), published)


def _defined(view: str, taker: "_Taker") -> Iterator[NoteDraft]:
    seen: set[str] = set()
    for match in _DEFINITION.finditer(view):
        if match["label"] not in seen:
            seen.add(match["label"])
            ending = _END.search(view, match.end())
            yield _note(taker, match["label"], match.start(), match.end(), ending.start() if ending else len(view))


def _inline(view: str, taker: "_Taker") -> Iterator[NoteDraft]:
    done = count = 0
    for match in _INLINE_NOTE.finditer(view):
        closing = _closing(view, match.end()) if match.start() >= done else None
        if closing is None:
            continue
        count += 1
        note = _note(taker, match["label"] or str(count), match.start(), match.end(), closing)
        note.end, note.numbered = closing + 1, bool(match["label"])
        done = note.end
        yield note


def _closing(view: str, start: int) -> int | None:
    """Return the bracket that ends an inline note; no note is longer than 8,000 characters."""
    depth = 1
    for bracket in _BRACKETS.finditer(view, start, start + 8_000):
        depth += 1 if bracket.group() == "[" else -1
        if depth == 0:
            return bracket.start()
    return None


def _numbered(view: str, taker: "_Taker") -> list[NoteDraft]:
    """Notes typed by hand, known by their numbers."""
    found = find_numbered(view)
    return [_note(taker, note.label, note.start, note.body, max(note.body, note.end)) for note in found]


def _note(taker: "_Taker", label: str, start: int, body: int, end: int) -> NoteDraft:
    flat, links = taker.take(body, end)
    return NoteDraft(label=label, flat=flat, start=start, end=end, destinations=links)


class _Taker:
    """Takes text out of the source; links become their texts."""

    def __init__(self, text: str) -> None:
        self.text = text

    def take(self, start: int, end: int, *, code: bool = True) -> tuple[Flat, Sequence[Destination]]:
        """Take text; in running text (without *code*) a URL in verbatim words is an example, no source."""
        flat, links = Flat(), list[Destination]()
        position = start
        for match in _TOKEN.finditer(self.text, start, end):
            if match.start() < position:
                continue
            flat.copy(self.text, position, match.start())
            position = match.end()
            if match["url"] or match["angled"]:
                links.append(self._link(flat, match))
            elif match["bare"]:
                position = match.start() + len(trim(match["bare"]))
                flat.copy(self.text, match.start(), position)
            elif match["code"] and code:
                flat.copy(self.text, *match.span("code"))
            elif match["code"]:
                flat.put("\ufffc", *match.span())
        flat.copy(self.text, position, end)
        return flat, links

    def _link(self, flat: Flat, match: re.Match[str]) -> Destination:
        begin = len(flat)
        place = match.span("url" if match["url"] else "angled")
        flat.copy(self.text, *(match.span("text") if match["text"] else place))
        return Destination(begin, len(flat), self.text[slice(*place)], place, OccurrenceForm.ORG_LINK)
