"""The same dozen notes in every kind of markup, in every kind of page around it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape, unescape
from itertools import cycle
from urllib.parse import quote

from citations.catalogue import FOLDER, Expected, expected, sections

_PROSE = (
    "The council met on Tuesday to discuss the state of the harbour and the price of salt.",
    "In 2019 the ministry published figures that nobody had asked for, 14 of them wrong.",
    "Fishing fleets from three ports complained about the new breakwater, which had cost 4 million.",
    "According to officials, the project would be finished in 12 months; it was not.",
)
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
LINKS = ["https://source.example/story-3", "https://source.example/story-7"]


@dataclass(frozen=True, slots=True)
class Site:
    """A page: what stands around it and how its notes are marked up."""

    title: str
    page: str
    notes: list[Expected]


def kinds() -> Iterator[tuple[str, dict[str, str]]]:
    return sections(FOLDER / "sites" / "markup.txt")


def sites(parts: dict[str, str]) -> Iterator[Site]:
    """Yield a page of each kind around notes in one kind of markup."""
    texts, wanted = _notes()
    roman = "{roman}" in parts["mark"]
    article = _article({name: part.rstrip("\n") for name, part in parts.items()}, texts)
    notes = [_relabelled(note) for note in wanted] if roman else wanted
    for title, page in sections(FOLDER / "sites" / "pages.txt"):
        yield Site(title, page["page"].replace("{article}", article), notes)


def _notes() -> tuple[list[str], list[Expected]]:
    texts: list[str] = []
    wanted: list[Expected] = []
    for title, parts in sections(FOLDER / "sites" / "notes.txt"):
        texts.append(parts["note"].strip())
        wanted.append(expected(f"{title} {parts.get('means', '').strip()}"))
    return texts, wanted


def _relabelled(note: Expected) -> Expected:
    def roman(label: str) -> str:
        return _ROMAN[int(label) - 1]

    ibid = roman(note.ibid_of) if note.ibid_of else None
    return Expected(roman(note.label), note.urls, ibid, [roman(label) for label in note.refers_to])


def _article(parts: dict[str, str], texts: list[str]) -> str:
    body = "\n".join(
        f"<p>{first} {second[:-1]}.{_filled(parts['mark'], number, text)} {third}{_link(number - 1)}</p>"
        for number, (text, first, second, third) in enumerate(
            zip(texts, cycle(_PROSE[1:] + _PROSE[:1]), cycle(_PROSE), cycle(_PROSE[2:] + _PROSE[:2]), strict=False),
            start=1,
        )
    )
    pieces = [parts.get("opening", ""), body, parts.get("before", ""), _listed(parts.get("note", ""), texts)]
    return "".join([*pieces, parts.get("between", ""), _listed(parts.get("again", ""), texts), parts.get("after", "")])


def _listed(template: str, texts: list[str]) -> str:
    return "\n".join(_filled(template, number, text) for number, text in enumerate(texts, start=1)) if template else ""


def _link(index: int) -> str:
    if index not in (3, 7):
        return ""
    return f' As <a href="https://source.example/story-{index}">reported before</a>, this is so.'


def _filled(template: str, number: int, text: str) -> str:
    values = {
        "{n}": str(number),
        "{m}": str(number + 1),
        "{roman}": _ROMAN[number - 1],
        "{key}": f"k{number * 7919:x}q",
        "{title}": escape(re.sub("<[^>]+>", "", text).replace('"', ""), quote=True),
        "{forwarded}": re.sub(r'href="([^"]+)"', _forwarded, text),
        "{text}": text,
    }
    for name, value in values.items():
        template = template.replace(name, value)
    return template


def _forwarded(match: re.Match[str]) -> str:
    target = quote(unescape(match[1]), safe="/:?").replace("&", "%26")
    return f'href="https://www.google.com/url?q={target}&amp;sa=D&amp;source=editors"'
