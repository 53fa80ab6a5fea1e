"""
Marks in wikitext: everything that makes, defines or repeats a note.

``<ref>`` is one way of many: ``{{efn}}`` and ``{{refn}}`` hold a note, ``{{r}}``
names some that stand elsewhere, ``{{sfn}}`` is a short note in itself, and
lists (``{{reflist|refs=}}``, ``<references>``) define notes used above them.

Source: the documentation of these templates on the English, German, French,
Polish and Russian Wikipedias.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_REF = re.compile(r"<ref(?P<attributes>(?:\s[^<>]*?)?)(?P<closed>/)?>", re.I)
_REF_END = re.compile(r"</ref\s*>", re.I)
_NAME = re.compile(r"""\bname\s*=\s*(?:"(?P<d>[^"]*)"|'(?P<s>[^']*)'|(?P<b>[^\s/>]+))""", re.I)
_GROUP = re.compile(r"""\bgroup\s*=\s*(?:"(?P<d>[^"]*)"|'(?P<s>[^']*)'|(?P<b>[^\s/>]+))""", re.I)
_REFERENCES = re.compile(r"<references\b[^>/]*>.*?</references\s*>", re.I | re.S)
_BRACES = re.compile(r"\{\{|\}\}")
_INNER = re.compile(r"\{\{|\}\}|\[\[|\]\]|\|")
_TEMPLATE = re.compile(r"\s*([^{}|\n<>\[\]]{1,80}?)\s*(?=[|}\n])")
_NAMED = re.compile(r"\s*([\w -]{1,20}?)\s*=\s*")
#: Templates that hold a note in the running text, with the group that they put it in.
_HOLDING = {
    **dict.fromkeys(("efn", "efn-la", "nota de rodapé"), "lower-alpha"),
    "efn-ua": "upper-alpha",
    "efn-lr": "lower-roman",
    "efn-ur": "upper-roman",
    "efn-lg": "lower-greek",
    **dict.fromkeys(("notetag", "note label", "note"), "note"),
    **dict.fromkeys(("refn", "#tag:ref", "ref label"), ""),
}
_SHORT = frozenset({"sfn", "sfnp", "sfnm", "sfnmp", "sfn0", "harvnp", "harvsp", "odn"})
_REPEATING = frozenset({"r", "refr", "rnote"})
_LISTING = re.compile(
    r"(?:ref-?\s?list\w?|reflist\w*|references|notelist(?:-\w\w)?|notefoot|listaref|références|réf\w*|notes|przypisy|примечания|"
    r"přípisky|fußnoten|einzelnachweise|referências|reflista)",
    re.I,
)
_TEXT = frozenset({"1", "texte", "text", "content"})
#: No note is longer (characters).
_MAX_REF = 60_000
_MAX_PARAMETERS = 200


@dataclass(frozen=True, slots=True)
class Tag:
    """
    A mark in the source.

    Attributes:
        body: What the note says; None for a mark that only names another.
        listed: It stands in a list, which defines notes and marks none.
    """

    name: str
    group: str
    start: int
    end: int
    body: tuple[int, int] | None
    listed: bool = False


def find_tags(text: str) -> list[Tag]:
    """Return the marks of *text* in order; one may stand within another's body."""
    templates = list(_templates(text))
    lists = sorted(
        [(start, end) for start, end, name in templates if _LISTING.fullmatch(name)]
        + ([match.span() for match in _REFERENCES.finditer(text)] if "</references" in text.lower() else [])
    )
    tags = [*_elements(text), *(tag for item in templates for tag in _of_template(text, *item))]
    tags.sort(key=lambda tag: (tag.start, -tag.end))
    starts = [start for start, _ in lists]
    return [_in_list(tag, lists[: bisect_right(starts, tag.start)]) for tag in tags]


def _in_list(tag: Tag, before: Sequence[tuple[int, int]]) -> Tag:
    if not any(tag.start < end for _, end in before[-3:]):
        return tag
    return Tag(tag.name, tag.group, tag.start, tag.end, tag.body, listed=True)


def _elements(text: str) -> Iterator[Tag]:
    ends = [match.span() for match in _REF_END.finditer(text)]
    done = -1
    for match in _REF.finditer(text):
        if match.start() < done:
            continue
        name, group = _attribute(_NAME, match["attributes"]), _attribute(_GROUP, match["attributes"])
        closing = bisect_left(ends, (match.end(), 0))
        if match["closed"]:
            yield Tag(name, group, match.start(), match.end(), None)
        elif closing < len(ends) and ends[closing][0] - match.end() <= _MAX_REF:
            done = ends[closing][1]
            yield Tag(name, group, match.start(), done, (match.end(), ends[closing][0]))


def _attribute(pattern: re.Pattern[str], attributes: str) -> str:
    match = pattern.search(attributes)
    return next((value.strip() for value in (match["d"], match["s"], match["b"]) if value), "") if match else ""


def _templates(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the templates whose names matter here: start, end, name as written by most."""
    opened: list[int] = []
    for brace in _BRACES.finditer(text):
        if brace.group() == "{{":
            opened.append(brace.start())
        elif opened:
            start = opened.pop()
            name = _TEMPLATE.match(text, start + 2, min(brace.end(), start + 90))
            called = _called(name[1]) if name else ""
            if called in _HOLDING or called in _SHORT or called in _REPEATING or _LISTING.fullmatch(called):
                yield start, brace.end(), called


def _called(name: str) -> str:
    name = " ".join(name.replace("_", " ").split()).lower()
    return "#tag:ref" if name.startswith("#tag:") and name.removeprefix("#tag:").strip() == "ref" else name


def _of_template(text: str, start: int, end: int, called: str) -> Iterator[Tag]:
    if _LISTING.fullmatch(called):
        return
    given = _parameters(text, start, end)
    values = {name: text[left:right].strip(" \t\n\"'") for name, (left, right) in given.items() if right - left < 300}
    group = values.get("group", values.get("groupe", values.get("g", "")))
    if called in _REPEATING:
        for name, value in values.items():
            if name.isdecimal() and value:
                yield Tag(value, group, start, end, None)
    elif called in _SHORT:
        body = min((left for left, _ in given.values()), default=end - 2), end - 2
        yield Tag(f"{called} {' '.join(text[body[0] : body[1]].split())}", "", start, end, body)
    else:
        named = values.get("name", values.get("nom", ""))
        held = next((place for name, place in given.items() if name in _TEXT), None)
        if held is not None and held[1] - held[0] <= _MAX_REF:
            yield Tag(named, group or _HOLDING[called], start, end, held)
        elif named:
            yield Tag(named, group or _HOLDING[called], start, end, None)


def _parameters(text: str, start: int, end: int) -> dict[str, tuple[int, int]]:
    """Return where the values of a template's parameters stand; those without a name are called 1, 2, 3 …"""
    bars: list[int] = []
    depth = 0
    for token in _INNER.finditer(text, start + 2, end - 2):
        if token.group() in ("{{", "[["):
            depth += 1
        elif token.group() in ("}}", "]]"):
            depth = max(0, depth - 1)
        elif depth == 0 and len(bars) < _MAX_PARAMETERS:
            bars.append(token.start())
    found: dict[str, tuple[int, int]] = {}
    count = 0
    for bar, stop in zip(bars, [*bars[1:], end - 2], strict=True):
        name = _NAMED.match(text, bar + 1, stop)
        if name is None or ("/" in text[bar + 1 : name.start(1)]):
            count += 1
            found[str(count)] = (bar + 1, stop)
        else:
            found[name[1].lower()] = (name.end(), stop)
    return found
