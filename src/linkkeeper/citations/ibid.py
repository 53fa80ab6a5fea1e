"""
Which note another note means: Ibid., Id., repeated citations, supra, op. cit.

Ibid. goes back to the note before it; a chain of them to where it starts. A
repeated citation gives author and title again without the URL. Supra and
op. cit. name a note, or an author whose note stands before.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_SIGNAL = (
    r"(?:(?:but|and|also|see|cf|accord|compare|contra|quoted in|quoting|citing|e\.g|vgl|siehe|voir|generally)\b"
    r"[\W_]*+)*+"
)
_IBID = re.compile(
    rf"[\W_]*+{_SIGNAL}"
    r"(?:ibid(?:em)?|ibíd(?:em)?|ib|id(?=[\s*_)]*[.,]|\W*+$|[\s*_]*\(|\s+at\b)|idem|ebd|ebenda|там же)(?!\w)",
    re.I,
)
_SUPRA = re.compile(
    r"\b(?:notes?|nn?\.|fn\.?|footnotes?|endnotes?|anm\.|fußnote)\s*"
    r"(?P<list>\d{1,4}(?:\s*(?:,|&|and|–|-|to|und)\s*\d{1,4})*)",
    re.I,
)
_POINTING = ("supra", "cit", "note", "fn", "anm", "above", "a.a", "a. a", " n.")
_DIRECTLY = re.compile(r"(?:supra|infra|cit\.?|above|see)\W*$", re.I)
_NEARBY = re.compile(r"supra|infra|above|op\. ?cit|see|cf|\bin\b|,\s*$|^\W*$", re.I)
_SUPRA_WORD = re.compile(r"\bsupra\b|\bop\.?\s*cit\b|\bloc\.?\s*cit\b|\ba\.\s?a\.\s?O\b", re.I)
_QUOTED = re.compile(r"[“„«\"](?P<title>[^“”„«»\"]{8,500}?)[,.]?[”“»\"]")
_URL = re.compile(r"(?:https?://|www\.)\S+")
_WORD = re.compile(r"\w+")
_NAME = re.compile(r"[A-ZÀ-ÖØ-Þ][\w’'-]{2,}")
_MIN_WORDS = 4
#: A note with more words outside its titles is a remark that mentions one, not a citation repeated.
_MAX_WORDS = 30


@dataclass(frozen=True, slots=True)
class Cited:
    """What is asked about a note: label, text, and whether it holds a URL."""

    label: str
    text: str
    has_url: bool


@dataclass(frozen=True, slots=True)
class Meant:
    """Which notes a note means; see :class:`linkkeeper.vocabulary.citation.Note`."""

    ibid_of: str | None = None
    refers_to: tuple[str, ...] = ()
    same_source_as: str | None = None


def meant_by(notes: Sequence[Cited]) -> list[Meant]:
    """Say for each note (in reading order) which others it means."""
    resolver = _Resolver()
    return [resolver.next(note) for note in notes]


class _Resolver:
    def __init__(self) -> None:
        self.seen: list[Cited] = []
        self.meant: dict[str, Meant] = {}
        self.by_words: dict[tuple[str, ...], str] = {}
        self.by_title: dict[str, str] = {}
        self.labels: set[str] = set()

    def next(self, note: Cited) -> Meant:
        meant = self._meant(note)
        self.meant[note.label] = meant
        self.seen.append(note)
        self.labels.add(note.label)
        self._learn(note, meant)
        return meant

    def _meant(self, note: Cited) -> Meant:
        refers_to = self._referred(note)
        if _IBID.match(note.text) and self.seen:
            before = self.seen[-1]
            start = self.meant[before.label].ibid_of if _IBID.match(before.text) else before.label
            return Meant(start or before.label, refers_to, None if note.has_url else self._source_of(before))
        if note.has_url:
            return Meant(None, refers_to)
        if refers_to:
            return Meant(None, refers_to, self._source_at(refers_to[0]))
        repeated = self._repeated(note)
        return Meant(repeated, (), repeated)

    def _source_of(self, note: Cited) -> str:
        """Return the note that holds what *note* cites: itself, unless it only points on."""
        return note.label if note.has_url else self.meant[note.label].same_source_as or note.label

    def _source_at(self, label: str) -> str:
        return self.meant[label].same_source_as or label if label in self.meant else label

    def _referred(self, note: Cited) -> tuple[str, ...]:
        lower = note.text.lower()
        if not any(word in lower for word in _POINTING):
            return ()
        found: list[str] = []
        for match in _SUPRA.finditer(note.text):
            if not _near_supra(note.text, match.start()):
                continue
            found += [label for label in _expand(match["list"]) if label in self.labels]
        if not found and (word := _SUPRA_WORD.search(note.text)) is not None:
            author = self._by_author(note.text[: word.start()])
            found += [author] if author else []
        return tuple(dict.fromkeys(found))

    def _by_author(self, before: str) -> str | None:
        """Return the latest full note that names the author named before "op. cit."."""
        names = [name for name in _NAME.findall(before[-80:]) if name.lower() not in {"see", "also", "cf"}]
        for note in reversed(self.seen):
            if (
                names
                and names[-1] in note.text[:200]
                and not _SUPRA_WORD.search(note.text)
                and not _IBID.match(note.text)
            ):
                return note.label
        return None

    def _repeated(self, note: Cited) -> str | None:
        words = _words(note.text)
        if len(words) >= _MIN_WORDS and words in self.by_words:
            return self.by_words[words]
        if len(_words(_QUOTED.sub(" ", note.text))) > _MAX_WORDS:
            return None
        for match in _QUOTED.finditer(note.text[:1_000]):
            title = " ".join(_words(match["title"]))
            if len(title) >= 12 and (label := self.by_title.get(title)) is not None:
                return label
        return None

    def _learn(self, note: Cited, meant: Meant) -> None:
        if not note.has_url or meant.ibid_of is not None:
            return
        self.by_words[_words(_URL.sub(" ", note.text))] = note.label
        for match in _QUOTED.finditer(note.text[:2_000]):
            words = _words(match["title"])
            self.by_title[" ".join(words)] = note.label
            short = re.split(r"[:?–—]", match["title"], maxsplit=1)[0]
            self.by_title.setdefault(" ".join(_words(short)), note.label)


def _near_supra(text: str, position: int) -> bool:
    """
    Tell whether "note 5" at *position* means a note of this text.

    "907 n.2" is a footnote of the cited decision, not of the analysis.
    """
    before = text[max(0, position - 30) : position]
    if text[position : position + 5].lower().startswith(("n.", "nn.", "n ")):
        return bool(_DIRECTLY.search(before))
    return bool(_NEARBY.search(before))


def _expand(listed: str) -> list[str]:
    """Read "5, 7 and 9-12" as labels; a range of more than 30 is no range."""
    labels: list[str] = []
    numbers = re.findall(r"(\d{1,4})\s*(–|-|to)?", listed)
    for index, (number, joint) in enumerate(numbers):
        labels.append(number)
        if joint and index + 1 < len(numbers):
            first, last = int(number), _full(number, numbers[index + 1][0])
            if 0 < last - first <= 30:
                labels += [str(between) for between in range(first + 1, last + 1)]
    return list(dict.fromkeys(labels))


def _full(first: str, last: str) -> int:
    """Complete a shortened range: 121-23 ends at 123."""
    return int(first[: len(first) - len(last)] + last) if len(last) < len(first) else int(last)


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))


def passages_of(text: str) -> tuple[str, ...]:
    """Return the titles and sentences that a note quotes, without their marks."""
    found = (match["title"].strip(" ,.") for match in _QUOTED.finditer(text))
    return tuple(dict.fromkeys(passage for passage in found if len(passage) >= 8))
