"""
Markdown: footnote definitions, inline notes, HTML notes in Markdown, numbered lists.

Serves CommonMark with the footnote extensions of PHP Markdown Extra, Pandoc,
kramdown, Goldmark (Hugo), markdown-it and Quarto, and MDX.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from linkkeeper.citations.dates import byline_date, dates_of
from linkkeeper.citations.drafts import Draft, LinkDraft, NoteDraft
from linkkeeper.citations.html import after_label, label_of
from linkkeeper.citations.html_collect import prepare
from linkkeeper.citations.html_inline import find_inline
from linkkeeper.citations.html_listed import find_listed
from linkkeeper.citations.html_marks import find_marks
from linkkeeper.citations.html_take import take
from linkkeeper.citations.markdown_text import Definition, MarkdownText, folded
from linkkeeper.citations.numbered import find_numbered
from linkkeeper.pages.decode import in_characters
from linkkeeper.pages.markup import parse_decoded, unescape
from linkkeeper.vocabulary.citation import OccurrenceForm

_FRONT = re.compile(r"\A\ufeff?(?P<fence>---|\+\+\+)[ \t]*\r?\n(?P<body>.*?)^(?P=fence)[ \t]*\r?$", re.S | re.M)
_FENCE = re.compile(r"^[ ]{0,3}(?P<fence>`{3,}|~{3,})[^\n]*$", re.M)
#: What MDX adds to Markdown: modules, and comments of its own.
_MDX = re.compile(
    r"^(?:import\s[^\n]*(?:from\s+)?[\"'][^\n]*|export\s+(?:const|let|var|default|function|async|\{|\*)[^\n]*(?:\n[^\n]*\S[^\n]*)*)"
    r"|\{/\*(?:(?!\*/).){0,8000}\*/\}",
    re.M | re.S,
)
_NOTE = re.compile(r"^[ ]{0,3}\[\^(?P<label>[^\]\s]{1,60})\]:[ \t]*", re.M)
_DEFINITION = re.compile(
    r"""^[ ]{0,3}\[(?P<name>[^\]\^\n][^\]\n]{0,200})\]:[ \t]*\n?[ \t]*(?:<(?P<angled>[^<>\n]*)>|(?P<url>\S+))
        [ \t]*(?:\n?[ \t]+(?:"[^"\n]*"|'[^'\n]*'|\([^()\n]*\)))?[ \t]*$""",
    re.M | re.X,
)
_INLINE_NOTE = re.compile(r"(?<!\\)\^\[(?!\d{1,4}\])")
#: What site builders turn into notes: ``[fn]…[/fn]``, ``{{< fn >}}…{{< /fn >}}``, ``{% sidenote "id" "…" %}``.
_SHORTCODE = re.compile(
    r"""(?:\[(?P<square>efn_note|mfn|fn|ref|footnote|sidenote|marginnote)\b[^\]\n]{0,80}\]
          |\{\{[<%]\s*(?P<curly>footnote|sidenote|marginnote|fn|sn|mn)\b[^{}\n]{0,200}[%>]\}\})
        (?P<body>(?:(?!\[/|\{\{[<%]|\[(?:efn_|mfn|fn|ref|foot|side|margin)).){1,8000}+)
        (?:\[/(?P=square)\]|\{\{[<%]\s*/\s*(?P=curly)\s*[%>]\}\})
      |\{%\s*(?:footnote|sidenote|marginnote)\s+(?:["'][\w-]*["']\s+)?(?P<quote>["'])(?P<quoted>(?:(?!\{%)[^\n]){1,8000}?)(?P=quote)\s*%\}""",
    re.X | re.S,
)
_FIELD = re.compile(r"^(?P<name>title|lang|language|date|published|pubDate)\s*[:=]\s*(?P<value>.+?)\s*$", re.M | re.I)
_HTML_NOTES = re.compile(
    r"<(?:(?:li|ol|section|sup|aside|div|span|p|dialog)\b[^>]*(?:id|class|role)\s*=|"
    r"(?:d-footnote|footnote|fn|side-?note|margin-?note)\b)",
    re.I,
)


def read_markdown(text: str) -> Draft:
    """Read notes and links of a Markdown text."""
    front = _FRONT.match(text)
    masked, definitions = _masked(text, front.end() if front else 0)
    source = MarkdownText(masked, definitions)
    notes = _defined(source) + _inline(source)
    if not notes and _HTML_NOTES.search(masked):
        notes = _html_notes(source, masked)
    if not notes:
        notes = _numbered(source, masked)
    notes.sort(key=lambda note: note.start)
    running = _running(source, [(note.start, note.end) for note in notes], len(masked))
    title, language, published = _fields(front["body"] if front else "", masked)
    return Draft(notes, running, title, language, published)


def _masked(text: str, start: int) -> tuple[str, dict[str, Definition]]:
    """Blank out what is no prose, and collect link definitions; positions stay."""
    parts, position = [_blank(text[:start])], start
    while (fence := _FENCE.search(text, position)) is not None:
        closing = re.compile(rf"^[ ]{{0,3}}{re.escape(fence['fence'])}{fence['fence'][0]}*[ \t]*$", re.M)
        closed = closing.search(text, fence.end())
        end = closed.end() if closed else len(text)
        parts += [text[position : fence.start()], _blank(text[fence.start() : end])]
        position = end
    masked = "".join(parts) + text[position:]
    masked = _MDX.sub(lambda match: _blank(match.group()), _without_comments(masked))
    definitions: dict[str, Definition] = {}
    for match in _DEFINITION.finditer(masked):
        group = "angled" if match["angled"] is not None else "url"
        definitions.setdefault(folded(match["name"]), Definition(unescape(match[group]), match.span(group)))
    return _DEFINITION.sub(lambda match: _blank(match.group()), masked), definitions


def _without_comments(text: str) -> str:
    parts, position = [], 0
    while (start := text.find("<!--", position)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        parts += [text[position:start], _blank(text[start : end + 3])]
        position = end + 3
    return "".join(parts) + text[position:]


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _defined(source: MarkdownText) -> list[NoteDraft]:
    """Notes by definition: ``[^label]: text`` with its continuation lines."""
    starts = list(_NOTE.finditer(source.text))
    notes: list[NoteDraft] = []
    seen: set[str] = set()
    for index, match in enumerate(starts):
        limit = starts[index + 1].start() if index + 1 < len(starts) else len(source.text)
        label = match["label"]
        if label in seen:
            continue
        seen.add(label)
        notes.append(
            _note(source, label, match.start(), match.end(), _end_of_definition(source.text, match.end(), limit))
        )
    return notes


def _end_of_definition(text: str, start: int, limit: int) -> int:
    """A definition goes on over indented lines, and over lines right below without a blank one between."""
    position = end = _line_end(text, start, limit)
    blank = False
    while position < limit:
        line_start = position + 1
        position = _line_end(text, line_start, limit)
        line = text[line_start:position]
        if not line.strip():
            blank = True
            continue
        indented = line.startswith(("  ", "\t"))
        if blank and not indented:
            break
        if not indented and re.match(r"#{1,6} |---+\s*$|\*\*\*+\s*$|<(?:/|div|section|h\d)|```|>", line):
            break
        end, blank = position, False
    return min(end, limit)


def _line_end(text: str, start: int, limit: int) -> int:
    found = text.find("\n", start, limit)
    return limit if found < 0 else found


def _inline(source: MarkdownText) -> list[NoteDraft]:
    """Notes where their mark would be: Pandoc's ``^[text]`` and shortcodes; numbered by place."""
    notes: list[NoteDraft] = []
    for start, body, end, stop in sorted([*_pandoc_notes(source), *_shortcodes(source.text)]):
        if notes and start < notes[-1].end:
            continue
        note = _note(source, str(len(notes) + 1), start, body, end)
        note.end, note.numbered = stop, False
        notes.append(note)
    return notes


def _pandoc_notes(source: MarkdownText) -> Iterator[tuple[int, int, int, int]]:
    for match in _INLINE_NOTE.finditer(source.text):
        closing = source.closing(match.end() - 1)
        if closing is not None and closing - match.end() <= 20_000:
            yield match.start(), match.end(), closing, closing + 1


def _shortcodes(text: str) -> Iterator[tuple[int, int, int, int]]:
    if "[/" not in text and "{%" not in text and "{{" not in text:
        return
    for match in _SHORTCODE.finditer(text):
        body, end = match.span("body" if match["body"] is not None else "quoted")
        yield match.start(), body, end, match.end()


def _note(source: MarkdownText, label: str, start: int, body: int, end: int) -> NoteDraft:
    flat, destinations = source.take(body, end)
    return NoteDraft(label=label, flat=flat, start=start, end=end, destinations=destinations)


def _html_notes(source: MarkdownText, masked: str) -> list[NoteDraft]:
    """Notes written as HTML inside Markdown: the page's structure, the text by Markdown's rules."""
    # Autolinks look like tags; blanked, they don't disturb the structure.
    view = re.sub(r"<(?=(?:https?|ftp)://)", " ", masked)
    page = prepare(parse_decoded(in_characters(view)))
    places = find_listed(page, find_marks(page))
    notes: list[NoteDraft] = []
    for index, place in enumerate(places):
        label, numbered = label_of(page, place, take(page, place.start, place.end), index)
        note = _note(source, label, place.start, place.start, place.end)
        note.numbered, note.begin = numbered, after_label(note.flat.text, label)
        notes.append(note)
    for inline in find_inline(page):
        element = inline.element
        if not any(place.start <= element.start < place.end for place in places):
            note = _note(source, inline.label, element.start, element.inner, element.inner_end)
            note.end, note.numbered, note.begin = (
                element.end,
                not inline.counted,
                after_label(note.flat.text, inline.label),
            )
            notes.append(note)
    return notes


def _numbered(source: MarkdownText, masked: str) -> list[NoteDraft]:
    """Notes by number, where a text was pasted or converted into Markdown."""
    flat, _ = source.take(0, len(masked), lines=True)
    notes: list[NoteDraft] = []
    for found in find_numbered(flat.text, counted=True):
        if found.end <= found.body:
            continue
        start = flat.source_start(found.start)
        body, end = flat.source_range(found.body, found.end)
        notes.append(_note(source, found.label, start, body, max(body, end)))
    return notes


def _running(source: MarkdownText, notes: Sequence[tuple[int, int]], length: int) -> list[LinkDraft]:
    drafts: list[LinkDraft] = []
    position = 0
    for start, end in [*sorted(notes), (length, length)]:
        if start > position:
            flat, destinations = source.take(position, start, code=False)
            drafts.append(LinkDraft(flat, destinations, OccurrenceForm.BARE_TEXT))
        position = max(position, end)
    return drafts


def _fields(front: str, text: str) -> tuple[str | None, str | None, date | None]:
    found = {match["name"].lower(): match["value"].strip("\"' ") for match in _FIELD.finditer(front)}
    heading = re.search(r"^#[ \t]+(.+?)[ \t#]*$", text, re.M)
    title = found.get("title") or (heading.group(1) if heading else None)
    written = found.get("date") or found.get("published") or found.get("pubdate") or ""
    start = heading.start() if heading else 0
    published = dates_of(written[:10]).published or byline_date(
        re.sub(r"[*_#\[\]]", "", text[start : start + 2_000]).lstrip()
    )
    return title, found.get("lang") or found.get("language"), published
