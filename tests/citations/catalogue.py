"""Reads the catalogue of fixtures: one file a family, a section for each variation."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent / "fixtures"

_NAMES = {
    "html": "analysis.html",
    "markdown": "analysis.md",
    "text": "analysis.txt",
    "rst": "analysis.rst",
    "wikitext": "analysis.wiki",
    "org": "analysis.org",
}


@dataclass(slots=True)
class Expected:
    label: str
    urls: list[str]
    ibid_of: str | None = None
    refers_to: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Variation:
    """
    One way of writing footnotes: the source and what is in it.

    Attributes:
        dates: Of each note its label and when its source was published, read and archived.
        pairs: Of each archived copy the note, its address and the cited URL that it is a copy of.
    """

    family: str
    title: str
    name: str
    source: str
    notes: list[Expected]
    links: list[str] | None
    dates: list[str] | None
    pairs: list[str] | None

    def __str__(self) -> str:
        return f"{self.family}: {self.title}"


def variations() -> Iterator[Variation]:
    for path in sorted(FOLDER.glob("*.txt")):
        for title, named in sections(path):
            yield _variation(path.stem, title, named)


def sections(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the sections of a fixture: title, and parts by name."""
    for section in re.split(r"^=== ", path.read_text("utf-8"), flags=re.M)[1:]:
        title, _, rest = section.partition("\n")
        parts = re.split(r"^--- (\w+)\n", rest, flags=re.M)[1:]
        yield title, dict(zip(parts[::2], parts[1::2], strict=True))


def _variation(family: str, title: str, named: dict[str, str]) -> Variation:
    kind = next(name for name in named if name in _NAMES)
    notes = [expected(line) for line in named.get("notes", "").splitlines() if line.strip()]
    links = named["links"].split() if "links" in named else None
    name = named["name"].strip() if "name" in named else _NAMES[kind]
    dates, pairs = (named[part].strip().splitlines() if part in named else None for part in ("dates", "pairs"))
    return Variation(family, title, name, named[kind], notes, links, dates, pairs)


def expected(line: str) -> Expected:
    """Read ``label URL… [ibid label] [refers label…]``."""
    words = line.split()
    size = 2 if words[0] == "note" else 1
    label, rest = " ".join(words[:size]), words[size:]
    expected = Expected(label, [])
    while rest:
        word = rest.pop(0)
        if word == "ibid":
            expected.ibid_of = rest.pop(0)
        elif word == "refers":
            expected.refers_to.append(rest.pop(0))
        else:
            expected.urls.append(word)
    return expected
