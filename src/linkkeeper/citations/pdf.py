"""
PDF: the text layer with its page bottoms, and link annotations.

The text gives notes and boundaries; an annotation that begins like a URL of
the text (lines broken, cut off) says how it really goes on; any other belongs
to the words that it lies over. Spans are absent: a PDF's bytes hold no text.
"""

import logging
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import accumulate
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from linkkeeper.citations.boundaries import find_urls
from linkkeeper.citations.drafts import Destination, Draft, LinkDraft, NoteDraft
from linkkeeper.citations.flat import Flat
from linkkeeper.citations.numbered import find_numbered
from linkkeeper.citations.numbered_ends import line_width, without_holes
from linkkeeper.errors import InputError
from linkkeeper.vocabulary.citation import OccurrenceForm

if TYPE_CHECKING:
    from pypdf import PageObject
    from pypdf.generic import ArrayObject, DictionaryObject, PdfObject

_MAX_PAGES = 2_000
#: What pypdf's parser trips over where a file is damaged.
_DAMAGE = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, ArithmeticError, OSError)
#: No link over words is higher (points).
_MAX_HEIGHT = 200
#: So many pieces of one page are looked at for its links; behind that, their place is unknown.
_MAX_LOOKS = 500_000
_HYPHENS = str.maketrans({"\u00ad": None, "\u2010": "-", "\u2011": "-"})


def read_pdf(data: bytes, location: str) -> Draft:
    """
    Read notes and links of a PDF with a text layer.

    Raises:
        InputError: damaged, encrypted, or without any text (a scan).
    """
    # Five megabytes, which only a process that meets a PDF needs.
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.ERROR)
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise _unreadable(location, "the PDF is encrypted")
        pages = [page for _, page in zip(range(_MAX_PAGES), reader.pages, strict=False)]
        read = [_page(page) for page in pages]
        title = str(reader.metadata.title) if reader.metadata and reader.metadata.title else None
    except (*_DAMAGE, PyPdfError) as error:
        raise _unreadable(location, f"the PDF is damaged: {error}") from error
    if not any(page.text.strip() for page in read):
        raise _unreadable(location, "the PDF holds no text, only pictures of pages")
    return _draft("\f".join(page.text for page in read), list(_placed(read)), title)


def _unreadable(location: str, reason: str) -> InputError:
    return InputError("read the analysis", subject=location, reason=reason)


@dataclass(frozen=True, slots=True)
class _Annotation:
    """A link of a page and the words that it lies over (characters of the text); None where that is unknown."""

    url: str
    words: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class _Page:
    text: str
    annotations: list[_Annotation]


def _placed(pages: Sequence[_Page]) -> Iterator[_Annotation]:
    """Yield the annotations of all pages, their places counted from the beginning of the text."""
    offset = 0
    for page in pages:
        for link in page.annotations:
            words = (link.words[0] + offset, link.words[1] + offset) if link.words else None
            yield _Annotation(link.url, words)
        offset += len(page.text) + 1


def _page(page: "PageObject") -> _Page:
    """Take the text of a page and its links, each with the words below it."""
    pieces: list[tuple[str, float, float]] = []

    def see(text: str, cm: list[float], tm: list[float], _font: object, _size: float) -> None:
        x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        pieces.append((text.translate(_HYPHENS), x, y))

    text = (page.extract_text(visitor_text=see) or "").translate(_HYPHENS)
    rows = _Rows()
    if "".join(piece for piece, _, _ in pieces) == text:
        ends = accumulate(len(piece) for piece, _, _ in pieces)
        for (piece, x, y), end in zip(pieces, ends, strict=True):
            if piece.strip() and isfinite(x) and isfinite(y):
                rows.add(_Piece(x, y, end - len(piece), end))
    return _Page(text, [_Annotation(url, rows.below(corners)) for url, corners in _annotations(page)])


class _Piece(NamedTuple):
    """A piece of a page's text: where it stands on the page, and in the text."""

    x: float
    y: float
    start: int
    end: int


class _Rows:
    """The pieces of a page by their rows; how often they are looked at is bounded."""

    def __init__(self) -> None:
        self.rows: dict[int, list[_Piece]] = {}
        self.is_sorted = False
        self.left = _MAX_LOOKS

    def add(self, piece: _Piece) -> None:
        self.rows.setdefault(int(piece.y), []).append(piece)

    def below(self, corners: tuple[float, float, float, float] | None) -> tuple[int, int] | None:
        """Return where the words below a link stand in the text; baselines lie a little above its edge."""
        if corners is None or self.left <= 0:
            return None
        if not self.is_sorted:
            for row in self.rows.values():
                row.sort()
            self.is_sorted = True
        left, low, right, high = corners
        over: list[_Piece] = []
        before: list[_Piece] = []
        for number in range(int(low) - 1, int(min(high, low + _MAX_HEIGHT)) + 1):
            row = self.rows.get(number, [])
            first, last = bisect_left(row, (left - 2,)), bisect_left(row, (right,))
            self.left -= 1 + last - first
            over += [piece for piece in row[first:last] if low - 1 <= piece.y < high]
            # Some programs write a line in one piece, though only its middle is a link.
            before += [piece for piece in row[max(0, first - 1) : first] if low - 1 <= piece.y < high]
            if self.left <= 0:
                return None
        if over:
            ends = max(over, key=lambda piece: (piece.start, piece.end)).end
            return min(piece.start for piece in over), ends
        return max(before)[2:] if before else None


def _annotations(page: "DictionaryObject") -> Iterator[tuple[str, tuple[float, float, float, float] | None]]:
    """Yield the links of a page; a damaged one is passed over, the page's text stands without it."""
    from pypdf.errors import PyPdfError
    from pypdf.generic import ArrayObject

    annotations = page.get("/Annots")
    found = annotations.get_object() if annotations is not None else None
    for item in found if isinstance(found, ArrayObject) else ():
        try:
            link = _annotation(item)
        except (*_DAMAGE, PyPdfError):
            continue
        if link is not None:
            yield link


def _annotation(item: "PdfObject") -> tuple[str, tuple[float, float, float, float] | None] | None:
    from pypdf.generic import ArrayObject, DictionaryObject

    annotation = item.get_object()
    action = annotation.get("/A") if isinstance(annotation, DictionaryObject) else None
    action = action.get_object() if action is not None else None
    if not isinstance(action, DictionaryObject) or "/URI" not in action:
        return None
    corners = annotation.get("/Rect") if isinstance(annotation, DictionaryObject) else None
    corners = corners.get_object() if corners is not None else None
    return str(action["/URI"]), _corners(corners) if isinstance(corners, ArrayObject) else None


def _corners(values: "ArrayObject") -> tuple[float, float, float, float] | None:
    try:
        numbers = [float(value) for value in values[:4]]
    except OverflowError:
        return None
    if len(numbers) < 4 or not all(isfinite(number) for number in numbers):
        return None
    return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])


def _draft(text: str, annotated: list[_Annotation], title: str | None) -> Draft:
    width = line_width(text.replace("\f", "\n"))
    numbered = find_numbered(text, paged=True)
    links = _Links(without_holes(text, numbered), annotated, width)
    notes: list[NoteDraft] = []
    running: list[LinkDraft] = []
    position = 0
    for found in numbered:
        running.append(links.part(position, max(position, found.start)))
        part = links.part(found.body, max(found.body, found.end))
        notes.append(
            NoteDraft(found.label, part.flat, 0, 0, part.destinations, width=width, numbered=not found.counted)
        )
        position = max(position, found.end)
    running.append(links.part(position, len(text)))
    running.append(links.unseen())
    return Draft(notes, running, title)


class _Links:
    """Matches annotations with the URLs of the text."""

    def __init__(self, text: str, annotated: list[_Annotation], width: int | None) -> None:
        self.text, self.width = text, width
        self.annotated = list(dict.fromkeys(link.url for link in annotated))
        #: By where their words end: a note's label may stand in one piece with them.
        self.placed = sorted((link.words[1], link.words[0], link.url) for link in annotated if link.words is not None)
        self.folded = sorted((_folded(url), url) for url in self.annotated)
        self.by_start = {_folded(url)[:40]: url for url in reversed(self.annotated)}
        self.seen: set[str] = set()

    def part(self, start: int, end: int) -> LinkDraft:
        flat = Flat()
        flat.copy(self.text, start, end)
        links: list[Destination] = []
        for found in find_urls(flat.text, width=self.width):
            url = self._annotation_of(found.url)
            if url is not None:
                self.seen.add(url)
                links.append(Destination(found.start, found.end, url, None, OccurrenceForm.PDF_ANNOTATION))
        links += self._over(start, end, {link.url for link in links})
        links.sort(key=lambda link: link.start)
        return LinkDraft(flat, links, OccurrenceForm.BARE_TEXT, self.width)

    def _over(self, start: int, end: int, known: set[str]) -> Iterator[Destination]:
        """Yield the links that lie over words between two places of the text."""
        for index in range(bisect_left(self.placed, (start + 1,)), len(self.placed)):
            last, first, url = self.placed[index]
            if last > end:
                break
            self.seen.add(url)
            if url not in known:
                known.add(url)
                yield Destination(max(first, start) - start, last - start, url, None, OccurrenceForm.PDF_ANNOTATION)

    def _annotation_of(self, url: str) -> str | None:
        """Return the annotation that is *url*, or what *url* is the beginning of."""
        folded = _folded(url)
        exact = self.by_start.get(folded[:40])
        if exact is not None and _folded(exact).startswith(folded):
            return exact
        index = bisect_left(self.folded, (folded,))
        if len(folded) <= 16 or index == len(self.folded) or not self.folded[index][0].startswith(folded):
            return None
        return self.folded[index][1]

    def unseen(self) -> LinkDraft:
        """Links whose text is no URL: they belong to the running text."""
        flat, links = Flat(), []
        for url in self.annotated:
            if url not in self.seen:
                flat.put(" ", len(flat), len(flat) + 1)
                links.append(Destination(len(flat), len(flat), url, None, OccurrenceForm.PDF_ANNOTATION))
        return LinkDraft(flat, links)


def _folded(url: str) -> str:
    return re.sub(r"(?i)^https?://(?:www\.)?", "", url.strip()).rstrip("/").lower()
