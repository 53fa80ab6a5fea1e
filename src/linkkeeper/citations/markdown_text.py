"""Markdown's inline text as a reader sees it: links, escapes, emphasis, HTML, each with its place."""

import re
from bisect import bisect_left
from dataclasses import dataclass, field

from linkkeeper.citations.boundaries import trim
from linkkeeper.citations.drafts import Destination
from linkkeeper.citations.flat import Flat
from linkkeeper.pages.markup import BLOCK, unescape
from linkkeeper.vocabulary.citation import OccurrenceForm

_TOKEN = re.compile(
    r"""(?P<escape>\\[!-/:-@\[-`{-~])
      | (?P<code>(?<!`)(?P<ticks>`{1,16}+)(?!`)[^`]{0,400}?(?<!`)(?P=ticks)(?!`))
      | <(?P<auto>(?:https?|ftp)://[^\s<>]+|www\.[^\s<>]+)>
      | (?P<tag></?(?P<name>[A-Za-z][\w-]*)(?P<attributes>(?:\s[^<>]*|/)?)>)
      | (?P<mark>\[\^[^\]\s]{1,60}\](?!:))
      | (?P<link>!?\[)
      | (?P<bare>(?:https?|ftp)://[^\s<>\[\]`|]+)
      | (?P<entity>&(?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,31});)
      | (?P<blank>(?<![ \t])[ \t]*\n(?:[ \t>]*\n)+[ \t]*)
      | (?P<hard>(?:(?<![ ])[ ]{2,}|\\)\n[ \t]*)
      | (?P<soft>(?<![ \t])[ \t]*\n[ \t]*(?:>[ \t]?)*)
      | (?P<emphasis>\*+|~~|(?<![A-Za-z0-9])_+(?=\S)|(?<=\S)_+(?![A-Za-z0-9]))
      | (?P<lead>(?:(?<=\n)|\A)(?:\#{1,6}[ ]|[-+][ ](?=\S)))""",
    re.X,
)
#: Where a token may begin: looked for much faster than tokens, as all of it are single characters to begin with.
_MAY_BEGIN = re.compile(
    r"""[ \t\n\\`<\[!&*~_hf\#+-](?:
        (?<=[ \t])(?:(?<![ \t][ \t])(?=[ \t]*+\n)|(?<![ ][ ])(?=[ ]++\n))
      | (?<=[\n\\`<\[&*~_])
      | (?<=[hf])(?=ttps?://|tp://)
      | (?<=!)(?=\[)
      | (?<=[\#+-])(?<![^\n].))""",
    re.X,
)
_BRACKETS = re.compile(r"\\.|`[^`\n]*`|[\[\]]", re.S)
_TITLE = re.compile(
    r"""\s*(?:"(?:[^"\\]|\\.){0,500}"|'(?:[^'\\]|\\.){0,500}'|\((?:[^()\\]|\\.){0,500}\))?\s*\)""", re.S
)
_REFERENCE = re.compile(r"[ \t]?\[(?P<name>[^\[\]]{0,200})\]")
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.I)
_ORIGINAL = re.compile(r"""\bdata-originalurl\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.I)
_BACK_TEXT = re.compile(r"[\s↩↑⤴↵^←\ufe0e\ufe0f]*(?:back|return|jump[^\]]{0,20})?[\s↩\ufe0e\ufe0f]*", re.I)
#: Marks, and labels that lead back.
_MARK_ADDRESS = re.compile(r"#(?:[\w-]*[-_:])?_?(?:ftn|edn|fn|footnote|endnote|note|cite)[\w:-]*\d", re.I)
_MARK_TEXT = re.compile(r"[\s\\\[\]()^*↩↑]*(?:\d{1,4}|[ivxl]{1,6})?[\s\\\[\]().:*↩↑\ufe0e\ufe0f]*", re.I)
#: CommonMark lets a reader stop at this depth of brackets in a destination.
_MAX_NESTED = 32


@dataclass(frozen=True, slots=True)
class Definition:
    """A link reference definition: the destination and where it stands."""

    url: str
    source: tuple[int, int]


@dataclass(slots=True)
class MarkdownText:
    """
    A Markdown source prepared for taking text out of it.

    Attributes:
        text: Code blocks, comments and definitions blanked out, same length.
        definitions: By name, folded.
    """

    text: str
    definitions: dict[str, Definition] = field(default_factory=dict)
    _opens: list[int] = field(default_factory=list)
    _closes: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        pairs: list[tuple[int, int]] = []
        stack: list[int] = []
        for match in _BRACKETS.finditer(self.text):
            if match.group() == "[":
                stack.append(match.start())
            elif match.group() == "]" and stack:
                pairs.append((stack.pop(), match.start()))
        pairs.sort()
        self._opens = [start for start, _ in pairs]
        self._closes = [end for _, end in pairs]

    def closing(self, opening: int) -> int | None:
        """Return the bracket that closes the one at *opening*."""
        index = bisect_left(self._opens, opening)
        if index < len(self._opens) and self._opens[index] == opening:
            return self._closes[index]
        return None

    def take(self, start: int, end: int, *, lines: bool = False, code: bool = True) -> tuple[Flat, list[Destination]]:
        """
        Take the text between two places.

        Args:
            lines: Keep single line ends (for finding notes by their lines).
            code: Keep what stands in code spans; in running text a URL there is an example, no source.
        """
        taker = _Taker(self, lines, code)
        taker.run(start, end)
        taker.destinations.sort(key=lambda link: link.start)
        return taker.flat, taker.destinations


class _Taker:
    def __init__(self, source: MarkdownText, lines: bool, code: bool) -> None:
        self.source, self.lines, self.code = source, lines, code
        self.flat = Flat()
        self.destinations: list[Destination] = []
        self.anchors: list[tuple[int, re.Match[str]]] = []
        #: Links whose text is being taken: where it ends, what follows.
        self.pending: list[tuple[int, int, int, Destination]] = []

    def run(self, start: int, end: int) -> None:
        text, position = self.source.text, start
        while position < end:
            position = self._close_links(position)
            limit = min(end, self.pending[-1][0]) if self.pending else end
            match = _next_token(text, position, limit)
            if match is None:
                self.flat.copy(text, position, limit)
                position = limit
                if not self.pending:
                    break
                continue
            self.flat.copy(text, position, match.start())
            position = self._token(match, end)
        self._close_links(end)

    def _close_links(self, position: int) -> int:
        while self.pending and position >= self.pending[-1][0]:
            _, after, begin, link = self.pending.pop()
            self.destinations.append(
                Destination(begin, len(self.flat), link.url, link.source, link.form, link.original)
            )
            position = max(position, after)
        return position

    def _token(self, match: re.Match[str], end: int) -> int:
        start, stop = match.span()
        if match["link"]:
            return self._link(match, end)
        if match["tag"]:
            return self._tag(match)
        if match["escape"]:
            self.flat.put(match.group()[1], start, stop)
        elif match["code"]:
            self._code_span(match)
        elif match["auto"]:
            self._autolink(match)
        elif match["bare"]:
            # What belongs to the sentence, or to the emphasis around, is read on its own.
            stop = start + len(trim(match.group()))
            opened = self.source.text[start - 1 : start]
            if opened in ("_", "~"):
                stop = start + len(self.source.text[start:stop].rstrip(opened))
            self._bare(start, stop)
        elif match["entity"]:
            self.flat.put(unescape(match.group()), start, stop)
        elif match["blank"]:
            self.flat.put("\n\n", start, stop)
        elif match["hard"] or (match["soft"] and self.lines):
            self.flat.put("\n", start, stop)
        elif match["soft"]:
            self.flat.put(" ", start, stop)
        return stop

    def _code_span(self, match: re.Match[str]) -> None:
        if self.code:
            self.flat.copy(self.source.text, match.end("ticks"), match.end() - len(match["ticks"]))
        else:
            self.flat.put("\ufffc", *match.span())

    def _bare(self, start: int, stop: int) -> None:
        text, position = self.source.text, start
        for escape in re.compile(r"\\(?=[_*~\-.()&#])").finditer(text, start, stop):
            self.flat.copy(text, position, escape.start())
            position = escape.end()
        self.flat.copy(text, position, stop)

    def _autolink(self, match: re.Match[str]) -> None:
        begin = len(self.flat)
        self.flat.copy(self.source.text, *match.span("auto"))
        link = Destination(begin, len(self.flat), match["auto"], match.span("auto"), OccurrenceForm.AUTOLINK)
        self.destinations.append(link)

    def _tag(self, match: re.Match[str]) -> int:
        name = match["name"].lower()
        opening = not match.group().startswith("</")
        if name == "br":
            self.flat.put("\n", *match.span())
        elif name in BLOCK and not self.flat.ends_with_paragraph():
            self.flat.put("\n\n", *match.span())
        elif name == "a" and opening:
            self.anchors.append((len(self.flat), match))
        elif name == "a" and self.anchors:
            self._anchor(*self.anchors.pop())
        return match.end()

    def _anchor(self, begin: int, opening: re.Match[str]) -> None:
        href = _HREF.search(self.source.text, opening.start(), opening.end())
        if href is None:
            return
        group = href.lastindex or 1
        original = _ORIGINAL.search(opening.group())
        self.destinations.append(
            Destination(
                begin,
                len(self.flat),
                unescape(href.group(group)),
                href.span(group),
                OccurrenceForm.HTML_HREF,
                unescape(original.group(original.lastindex or 1)) if original else None,
            )
        )

    def _link(self, match: re.Match[str], end: int) -> int:
        start, opening = match.start(), match.end() - 1
        closing = self.source.closing(opening)
        if closing is None or closing >= end:
            self.flat.copy(self.source.text, start, match.end())
            return match.end()
        image = match.group().startswith("!")
        link, after = self._destination(opening, closing, end)
        if link is None:
            self.flat.copy(self.source.text, start, match.end())
            return match.end()
        if image or (link.url.startswith("#") and _BACK_TEXT.fullmatch(self.source.text, opening + 1, closing)):
            return after
        if _MARK_ADDRESS.search(link.url) and _MARK_TEXT.fullmatch(self.source.text, opening + 1, closing):
            # A converted mark that carries the page's full address: it leads to a note, not to a source.
            link = Destination(0, 0, link.url[link.url.index("#") :], link.source, link.form)
        self.pending.append((closing, after, len(self.flat), link))
        return match.end()

    def _destination(self, opening: int, closing: int, end: int) -> tuple[Destination | None, int]:
        """Read what follows a bracketed text: ``(destination "title")``, ``[name]``, or nothing (a shortcut)."""
        text = self.source.text
        if text[closing + 1 : closing + 2] == "(":
            inline = self._inline(closing + 1, end)
            if inline is not None:
                return inline
        named = _REFERENCE.match(text, closing + 1, end)
        name = named["name"] if named and named["name"] else text[opening + 1 : closing]
        definition = self.source.definitions.get(folded(name))
        if definition is None:
            return None, closing
        after = named.end() if named else closing + 1
        return Destination(0, 0, definition.url, definition.source, OccurrenceForm.MARKDOWN_DEFINITION), after

    def _inline(self, opening: int, end: int) -> tuple[Destination, int] | None:
        text = self.source.text
        angled = re.compile(r"\(\s*<([^<>\n]*)>").match(text, opening, end)
        if angled is not None:
            start, stop = angled.span(1)
            after = angled.end()
        else:
            lead = re.compile(r"\(\s*").match(text, opening, end)
            start = lead.end() if lead else opening + 1
            stop = after = _end_of_destination(text, start, end)
        closed = _TITLE.match(text, after, end)
        if closed is None:
            return None
        url = unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text[start:stop]))
        return Destination(0, 0, url, (start, stop), OccurrenceForm.MARKDOWN_DESTINATION), closed.end()


def _next_token(text: str, position: int, limit: int) -> re.Match[str] | None:
    for candidate in _MAY_BEGIN.finditer(text, position, limit):
        match = _TOKEN.match(text, candidate.start(), limit)
        if match is not None:
            return match
    return None


def _end_of_destination(text: str, start: int, end: int) -> int:
    """Return the end of a destination without angle brackets: white space or an unopened bracket."""
    depth = 0
    for match in re.compile(r"\\.|[()\s]", re.S).finditer(text, start, min(end, start + 8_000)):
        if match.group() == "(":
            depth += 1
            if depth > _MAX_NESTED:
                return match.start()
        elif match.group() == ")":
            if depth == 0:
                return match.start()
            depth -= 1
        elif match.group().isspace():
            return match.start()
    return end


def folded(name: str) -> str:
    """Fold the name of a link reference, as CommonMark compares them."""
    return " ".join(name.split()).casefold()
