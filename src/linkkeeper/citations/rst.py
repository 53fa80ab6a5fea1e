"""reStructuredText: footnotes, citations, targets and references."""

import re
from collections.abc import Iterable, Sequence

from linkkeeper.citations.drafts import Destination, Draft, LinkDraft, NoteDraft
from linkkeeper.citations.flat import Flat
from linkkeeper.citations.numbered_ends import line_width
from linkkeeper.vocabulary.citation import OccurrenceForm

_NOTE = re.compile(r"^(?P<indent>[ \t]*)\.\.[ \t]+\[(?P<label>\#?[\w.:+-]*|\*)\][ \t]*", re.M)
_TARGET = re.compile(
    r"^[ \t]*(?:\.\.[ \t]+_(?P<name>(?:`[^`\n]+`|\\:|[^:\n\\])*):|__)[ \t]+\n?[ \t]*(?P<url>\S+)[ \t]*$", re.M
)
#: Also those that lead to a section, to an address for mail or to the next paragraph.
_NAMELESS = re.compile(r"^[ \t]*(?:\.\.[ \t]+__:|__[ \t]+(?=\S))", re.M)
#: Code, raw output, pictures and comments hold no prose; of a figure, all but its caption.
_UNREAD = re.compile(
    r"^(?P<indent>[ \t]*)\.\.(?:[ \t]+(?:\|[^|\n]+\|[ \t]+)?(?:"
    r"(?:code(?:-block)?|sourcecode|raw|math|image|highlight|(?:literal)?include)::|(?P<figure>figure::)"
    r"|(?!\[|_|\||[\w:.+-]+[ \t]?::)\S)|[ \t]*\n(?=[ \t]+\S))"
    r"|^(?P<literal>[ \t]*+(?:(?:[-*+•]|[\w#]{1,3}[.)]|\(\w{1,3}\))[ \t]++)*+)"
    r"(?!\.\.[ \t]+[\w:.+-]+::)(?:[^\n]*[^\s:])?::[ \t]*$"
    r"|^[ \t]*>>> (?P<session>.*(?:\n.*\S.*)*)",
    re.M,
)
#: A phrase that says itself where it leads.
_EMBEDDED = re.compile(r"\s<[^<>]+>\Z")
_OPTIONS = re.compile(r"[^\n]*(?:\n[ \t]+:[^:\n]+:[^\n]*)*")
_SYMBOLS = "*†‡§¶#♠♥♦♣"
_INLINE = re.compile(
    r"""`(?P<text>[^`<>]*+)<(?P<url>(?:https?|ftp)://[^<>`]+)>`__?
      | `(?P<phrase>[^`\n]{1,200})`_(?P<nameless>_?)(?!_)
      | (?<![\w`])(?P<word>[A-Za-z][\w.-]*(?<!_))_(?P<unnamed>_?)(?![\w_])
      | ``(?P<literal>[^`]{1,300})`` | (?P<mark>\[\#?[\w-]+\]_) | (?P<emphasis>\*{1,2}(?=\S)|(?<=\S)\*{1,2})
      | (?P<bare>(?:https?|ftp)://[^\s<>`]+)""",
    re.X,
)


def read_rst(text: str) -> Draft:
    """Read notes and links of a reStructuredText document."""
    text = _without_unread(text)
    taker = _Taker(text, [match for match in _TARGET.finditer(text) if "://" in match["url"]])
    notes: list[NoteDraft] = []
    running: list[LinkDraft] = []
    position = 0
    shown = _Numbers(match["label"] for match in _NOTE.finditer(text))
    width = line_width(text)
    for match in _NOTE.finditer(text):
        if match.start() < position:
            continue
        running.append(taker.running(position, match.start(), width))
        end = _end(text, match.end(), len(match["indent"]))
        label = match["label"]
        given = shown.next(label)
        flat, destinations = taker.take(match.end(), end)
        notes.append(
            NoteDraft(
                label=given,
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


class _Numbers:
    """
    What docutils shows at notes that it counts itself; named ones keep their names, but are counted too.

    Source: docutils' restructuredText specification, "Auto-Numbered Footnotes", "Auto-Symbol Footnotes".
    """

    def __init__(self, labels: Iterable[str]) -> None:
        self.taken = {int(label) for label in labels if label.isascii() and label.isdecimal() and len(label) < 6}
        self.number = self.symbol = 0

    def next(self, label: str) -> str:
        if label == "*":
            self.symbol += 1
            return _SYMBOLS[(self.symbol - 1) % len(_SYMBOLS)] * ((self.symbol - 1) // len(_SYMBOLS) + 1)
        if label and not label.startswith("#"):
            return label
        self.number += 1
        while self.number in self.taken:
            self.number += 1
        return label if len(label) > 1 else str(self.number)


def _without_unread(text: str) -> str:
    """Blank out what is no prose; positions stay."""
    parts: list[str] = []
    position = 0
    for match in _UNREAD.finditer(text):
        if match.start() < position:
            continue
        start = match.start()
        if match["figure"]:
            head = _OPTIONS.match(text, match.end())
            end = head.end() if head else match.end()
        elif match["session"] is not None:
            end = match.end()
        elif match["literal"] is not None:
            start, end = match.end(), _end(text, match.end(), len(match["literal"]))
        else:
            end = _end(text, match.end(), len(match["indent"]))
        parts += [text[position:start], re.sub(r"[^\n]", " ", text[start:end])]
        position = end
    return "".join(parts) + text[position:]


def _end(text: str, start: int, depth: int) -> int:
    """A block goes on over lines that are indented deeper than its dots."""
    position = end = _line_end(text, start)
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

    def __init__(self, text: str, targets: Sequence[re.Match[str]]) -> None:
        self.text = text
        self.targets = {_name(match["name"]): match for match in targets if match["name"] not in (None, "_")}
        #: Nameless references lead to nameless targets, in the order of both; None for one that is no URL.
        starts = {match.start(): match for match in targets}
        self.nameless = iter([starts.get(match.start()) for match in _NAMELESS.finditer(text)])
        self.skipped = [match.span() for match in targets]

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
        """Take running text: target lines are left out."""
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
            nameless = match["nameless"] or match["unnamed"]
            if nameless and _EMBEDDED.search(match[group]):
                return None
            target = next(self.nameless, None) if nameless else self.targets.get(_name(match[group]))
            if target is not None:
                return Destination(begin, len(flat), target["url"], target.span("url"), OccurrenceForm.RST_TARGET)
        return None


def _moved(link: Destination, by: int) -> Destination:
    return Destination(link.start + by, link.end + by, link.url, link.source, link.form, link.original)
