"""reStructuredText: footnotes, citations, targets and references."""

import re

from linkkeeper.citations.drafts import Destination, Draft, LinkDraft, NoteDraft
from linkkeeper.citations.flat import Flat
from linkkeeper.citations.numbered import line_width
from linkkeeper.vocabulary.citation import OccurrenceForm

_NOTE = re.compile(r"^(?P<indent>[ \t]*)\.\.[ \t]+\[(?P<label>\#?[\w.:+-]*|\*)\][ \t]*", re.M)
_TARGET = re.compile(
    r"^[ \t]*(?:\.\.[ \t]+_(?P<name>(?:`[^`\n]+`|\\:|[^:\n\\])*):|__)[ \t]+\n?[ \t]*(?P<url>\S+)[ \t]*$", re.M
)
_BLOCK = re.compile(
    r"^(?P<indent>[ \t]*)\.\.[ \t]+(?:code(?:-block)?|sourcecode|raw|math|image|figure|highlight|include)::", re.M
)
_LITERAL = re.compile(r"::[ \t]*\n(?:[ \t]*\n)+(?P<body>(?:[ \t]+\S.*\n|[ \t]*\n)+)")
_INLINE = re.compile(
    r"""`(?P<text>[^`<>]*+)<(?P<url>(?:https?|ftp)://[^<>`]+)>`__?
      | `(?P<phrase>[^`\n]{1,200})`_(?!_) | (?<![\w`])(?P<word>[A-Za-z][\w.-]*)_(?![\w_])
      | ``(?P<literal>[^`]{1,300})`` | (?P<mark>\[\#?[\w-]+\]_) | (?P<emphasis>\*{1,2}(?=\S)|(?<=\S)\*{1,2})
      | (?P<bare>(?:https?|ftp)://[^\s<>`]+)""",
    re.X,
)


def read_rst(text: str) -> Draft:
    """Read notes and links of a reStructuredText document."""
    targets = {_name(match["name"] or ""): match for match in _TARGET.finditer(text) if "://" in match["url"]}
    taker = _Taker(text, targets)
    notes: list[NoteDraft] = []
    running: list[LinkDraft] = []
    position, counted = 0, 0
    width = line_width(text)
    for match in _NOTE.finditer(text):
        if match.start() < position:
            continue
        running.append(taker.running(position, match.start(), width))
        end = _end(text, match)
        label = match["label"]
        if label in ("#", "", "*"):
            counted += 1
        flat, destinations = taker.take(match.end(), end)
        notes.append(
            NoteDraft(
                label=label if label not in ("#", "") else str(counted),
                flat=flat,
                start=match.start(),
                end=end,
                destinations=destinations,
                width=width,
                numbered=label not in ("#", ""),
            )
        )
        position = end
    running.append(taker.running(position, len(text), width))
    title = re.search(r"^(?P<title>\S.*)\n(?:={3,}|-{3,}|~{3,})[ \t]*$|^:?Title:[ \t]*(?P<field>.+)$", text, re.M)
    return Draft(notes, running, (title["title"] or title["field"]).strip() if title else None)


def _end(text: str, note: re.Match[str]) -> int:
    """A note goes on over lines that are indented deeper than its dots."""
    depth = len(note["indent"])
    position = end = _line_end(text, note.end())
    while position < len(text):
        start = position + 1
        position = _line_end(text, start)
        line = text[start:position]
        if not line.strip():
            continue
        if len(line) - len(line.lstrip()) <= depth:
            break
        end = position
    return end


def _line_end(text: str, start: int) -> int:
    found = text.find("\n", start)
    return len(text) if found < 0 else found


def _name(name: str) -> str:
    return " ".join(name.strip("`").replace("\\", "").split()).casefold()


class _Taker:
    """Takes text out of the source; named references become links."""

    def __init__(self, text: str, targets: dict[str, re.Match[str]]) -> None:
        self.text, self.targets = text, targets
        self.skipped = sorted(
            [match.span() for match in targets.values()] + [m.span("body") for m in _LITERAL.finditer(text)]
        )

    def take(self, start: int, end: int) -> tuple[Flat, list[Destination]]:
        flat, links = Flat(), []
        position = start
        for match in _INLINE.finditer(self.text, start, end):
            flat.copy(self.text, position, match.start())
            position = match.end()
            link = self._link(flat, match)
            if link is not None:
                links.append(link)
        flat.copy(self.text, position, end)
        return flat, links

    def running(self, start: int, end: int, width: int | None) -> LinkDraft:
        """Take running text: literal blocks and target lines are left out."""
        whole, links = Flat(), []
        position = start
        for left, right in [*self.skipped, (end, end)]:
            if left >= position and left <= end:
                part, found = self.take(position, left)
                base = len(whole)
                whole.append(part)
                links += [_moved(link, base) for link in found]
                position = max(position, right)
        return LinkDraft(whole, links, width=width)

    def _link(self, flat: Flat, match: re.Match[str]) -> Destination | None:
        begin = len(flat)
        if match["url"]:
            flat.copy(self.text, *(match.span("text") if match["text"] else match.span("url")))
            url = re.sub(r"\s+", "", match["url"])
            return Destination(begin, len(flat), url, match.span("url"), OccurrenceForm.RST_TARGET)
        if match["literal"]:
            flat.copy(self.text, *match.span("literal"))
        elif match["bare"]:
            flat.copy(self.text, *match.span("bare"))
        elif match["phrase"] or match["word"]:
            group = "phrase" if match["phrase"] else "word"
            flat.copy(self.text, *match.span(group))
            target = self.targets.get(_name(match[group]))
            if target is not None:
                return Destination(begin, len(flat), target["url"], target.span("url"), OccurrenceForm.RST_TARGET)
        return None


def _moved(link: Destination, by: int) -> Destination:
    return Destination(link.start + by, link.end + by, link.url, link.source, link.form, link.original)
