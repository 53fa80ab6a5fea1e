"""
Which note another note means: Ibid., Id., repeated citations, supra, op. cit.

Ibid. goes back to the note before it; a chain of them to where it starts. A
repeated citation gives author and title again without the URL. Supra and
op. cit. name a note, or an author whose note stands before.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

_SIGNAL = (
    r"(?:(?:but|and|also|see|cf|accord|compare|contra|quoted in|quoting|citing|e\.g|vgl|siehe|voir|véase|vide|cfr|zie|"
    r"см|generally)\b[\W_]*+)*+"
)
_IBID = re.compile(
    rf"[\W_]*+{_SIGNAL}"
    r"(?:ibid(?:em)?|ibíd(?:em)?|ib|id(?=[\s*_)]*[.,]|\W*+$|[\s*_]*\(|\s+at\b)|idem|ebd|ebenda|там же|"
    r"loc\.?\s?cit|a\.\s?a\.\s?O)(?!\w)",
    re.I,
)
_SUPRA = re.compile(
    r"\b(?:(?P<many>notes|nn\.|footnotes|endnotes|fußnoten|notas)|note|n\.|(?<=\()n|fn\.?|footnote|endnote|anm\.|"
    r"fußnote|nota|noot|voetnoot)\s*(?P<list>\d{1,4}(?:\s*(?:,|&|and|–|-|to|und)\s*\d{1,4})*)",
    re.I,
)
_DIRECTLY = re.compile(r"(?:supra|infra|cit\.?|above|see)\W*$", re.I)
_NEARBY = re.compile(
    r"supra|infra|above|op\. ?cit|see|cf|\bin\b|\b(?:wie|siehe|vgl|voir|véase|vide|zie|oben)\b|a\. ?a\. ?O|,\s*$|^\W*$",
    re.I,
)
_SUPRA_WORD = re.compile(r"\bsupra\b|\bop\.?\s*cit\b|\bloc\.?\s*cit\b|\ba\.\s?a\.\s?O\b", re.I)
_QUOTED = re.compile(r"[“„«\"](?P<title>[^“”„«»\"]{8,500}+)[”“»\"]")
_URL = re.compile(r"(?:https?://|www\.)\S+")
_WORD = re.compile(r"\w+")
_NAME = re.compile(r"[A-ZÀ-ÖØ-Þ][\w’'-]{2,}")
_MIN_WORDS = 4
#: A note with more words outside its titles is a remark that mentions one, not a citation repeated.
_MAX_WORDS = 30


class Cited(NamedTuple):
    """What is asked about a note: label, text, and whether it holds a URL."""

    label: str
    text: str
    has_url: bool


class Meant(NamedTuple):
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
        #: Of each series of notes the last one; and the series whose last one was an Ibid.
        self.last: dict[str, Cited] = {}
        self.after_ibid: set[str] = set()
        self.meant: dict[str, Meant] = {}
        #: What notes cite is taken down once the first one asks for it: in most texts, hardly any does.
        self.unread: list[Cited] = []
        self.unnamed: list[Cited] = []
        self.by_words: dict[str, str] = {}
        self.by_title: dict[str, str] = {}
        self.by_name: dict[str, str] = {}
        self.labels: set[str] = set()

    def next(self, note: Cited) -> Meant:
        is_ibid = _IBID.match(note.text) is not None
        named = _supra_word(note.text)
        meant = self._meant(note, named, is_ibid=is_ibid)
        series = _series(note.label)
        (self.after_ibid.add if is_ibid else self.after_ibid.discard)(series)
        self.meant[note.label] = meant
        self.last[series] = note
        self.labels.add(note.label)
        if note.has_url and meant.ibid_of is None:
            self.unread.append(note)
        if not is_ibid and named is None:
            self.unnamed.append(note)
        return meant

    def _meant(self, note: Cited, named: re.Match[str] | None, *, is_ibid: bool) -> Meant:
        refers_to = self._referred(note, named)
        series = _series(note.label)
        if is_ibid and series in self.last:
            before = self.last[series]
            start = self.meant[before.label].ibid_of if series in self.after_ibid else before.label
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

    def _referred(self, note: Cited, named: re.Match[str] | None) -> tuple[str, ...]:
        found: list[str] = []
        if _may_name_notes(note.text.lower()):
            for match in _SUPRA.finditer(note.text):
                if _near_supra(note.text, match.start()):
                    # Behind the comma after one note stands a page.
                    listed = match["list"] if match["many"] else match["list"].partition(",")[0]
                    found += [label for label in _expand(listed) if label in self.labels]
        if not found and named is not None:
            author = self._by_author(note.text[: named.start()])
            found += [author] if author else []
        return tuple(dict.fromkeys(found)) if found else ()

    def _by_author(self, before: str) -> str | None:
        """Return the latest full note that names the author named before "op. cit."."""
        for note in self.unnamed:
            self.by_name |= dict.fromkeys(_NAME.findall(note.text, 0, 200), note.label)
        self.unnamed.clear()
        names = [name for name in _NAME.findall(before[-80:]) if name.lower() not in {"see", "also", "cf"}]
        return self.by_name.get(names[-1]) if names else None

    def _repeated(self, note: Cited) -> str | None:
        for before in self.unread:
            self._learn(before)
        self.unread.clear()
        words = _words(note.text)
        if words.count(" ") + 1 >= _MIN_WORDS and words in self.by_words:
            return self.by_words[words]
        if len(_QUOTED.sub(" ", note.text).split()) > _MAX_WORDS:
            return None
        for match in _QUOTED.finditer(note.text[:1_000]):
            title = _words(match["title"])
            if len(title) >= 12 and (label := self.by_title.get(title)) is not None:
                return label
        return None

    def _learn(self, note: Cited) -> None:
        self.by_words[_words(_URL.sub(" ", note.text))] = note.label
        for match in _QUOTED.finditer(note.text[:2_000]):
            self.by_title[_words(match["title"])] = note.label
            short = re.split(r"[:?–—]", match["title"], maxsplit=1)[0]
            self.by_title.setdefault(_words(short), note.label)


def _series(label: str) -> str:
    """
    Return which series a note belongs to: "note 2" and "b" stand among numbers, but are counted apart.

    Names of notes (``[^kay]``) are no series of their own, nor are Roman numbers.
    """
    if label.isdecimal() or label in ("i", "v", "x", "l"):
        return ""
    if len(label) == 1:
        return "letters" if label.isalpha() else "signs"
    group, _, number = label.rpartition(" ")
    return group if number.isdecimal() else ""


def _may_name_notes(lower: str) -> bool:
    """Plain words are found much quicker than patterns."""
    return (
        "note" in lower
        or "nota" in lower
        or "noot" in lower
        or "fn" in lower
        or "anm." in lower
        or "fuß" in lower
        or " n." in lower
        or "(n" in lower
        or " nn" in lower
    )


def _supra_word(text: str) -> re.Match[str] | None:
    """Find "supra", "op. cit." and their like."""
    may = "upra" in text or "UPRA" in text or "cit" in text or "CIT" in text or "a. a" in text or "a.a" in text
    return _SUPRA_WORD.search(text) if may or "a. A" in text or "a.A" in text else None


def _near_supra(text: str, position: int) -> bool:
    """
    Tell whether "note 5" at *position* means a note of this text.

    "907 n.2" is a footnote of the cited decision, not of the analysis.
    """
    before = text[max(0, position - 30) : position]
    if before.endswith("(") and text[position : position + 2].lower() in ("n ", "n\u00a0"):
        return True
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


def _words(text: str) -> str:
    """Return the words alone, so that spacing and punctuation make no difference."""
    return " ".join(_WORD.findall(text.casefold()))


def passages_of(text: str) -> tuple[str, ...]:
    """Return the titles and sentences that a note quotes, without their marks."""
    found = [title.strip(" ,.") for title in _QUOTED.findall(text)]
    return tuple(dict.fromkeys(passage for passage in found if len(passage) >= 8))
