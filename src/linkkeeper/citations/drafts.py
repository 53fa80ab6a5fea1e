"""What the readers of the formats hand over: notes and links before they are judged."""

from array import array
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, overload

from linkkeeper.citations.flat import Flat
from linkkeeper.vocabulary.citation import OccurrenceForm


class Destination(NamedTuple):
    """
    A link: where it points and which text shows it.

    Attributes:
        start, end: The text that shows it, in the flat text.
        url: The destination, the carrier's escapes undone.
        source: Place of the destination in the source (characters); None where there is none.
        original: The URL that the author cited, where the markup keeps it
            beside an archived one (``data-originalurl``, ``url=``).
    """

    start: int
    end: int
    url: str
    source: tuple[int, int] | None
    form: OccurrenceForm
    original: str | None = None


class Links(Sequence[Destination]):
    """Links of HTML, kept as plain columns: an object for each would take several times as much as the link."""

    __slots__ = ("_originals", "_places", "_urls")

    def __init__(self) -> None:
        self._urls: list[str] = []
        #: Four numbers a link: where its text and its destination begin and end.
        self._places = array("I")
        self._originals: dict[int, str] = {}

    def add(self, url: str, text: tuple[int, int], source: tuple[int, int], original: str | None = None) -> None:
        if original is not None:
            self._originals[len(self._urls)] = original
        self._urls.append(url)
        self._places.extend((*text, *source))

    def urls(self) -> Iterator[tuple[str, int]]:
        """Yield each address and where in the source it begins; quick."""
        return zip(self._urls, self._places[2::4], strict=True)

    def without(self, dropped: Container[int]) -> "Links":
        """Return the links but for those at some indexes."""
        kept = Links()
        for index, link in enumerate(self):
            if index not in dropped and link.source is not None:
                kept.add(link.url, (link.start, link.end), link.source, link.original)
        return kept

    def __len__(self) -> int:
        return len(self._urls)

    def __iter__(self) -> Iterator[Destination]:
        return map(self._one, range(len(self._urls)))

    @overload
    def __getitem__(self, index: int) -> Destination: ...

    @overload
    def __getitem__(self, index: slice) -> list[Destination]: ...

    def __getitem__(self, index: int | slice) -> Destination | list[Destination]:
        if isinstance(index, slice):
            return [self._one(place) for place in range(*index.indices(len(self._urls)))]
        return self._one(index if index >= 0 else index + len(self._urls))

    def _one(self, index: int) -> Destination:
        start, end, source_start, source_end = self._places[4 * index : 4 * index + 4]
        original = self._originals.get(index) if self._originals else None
        return Destination(
            start, end, self._urls[index], (source_start, source_end), OccurrenceForm.HTML_HREF, original
        )


@dataclass(slots=True)
class NoteDraft:
    """
    A note as found.

    Attributes:
        label: As the reader sees it.
        flat: Its text, back links left out; from *begin* on without the label.
        start, end: In the source (characters).
        copies: The same note's text elsewhere (margin and end list, attribute).
        text_form: What its bare URLs are.
        width: Length of a full line where the text is wrapped.
        numbered: False where *label* is only its place in the order.
    """

    label: str
    flat: Flat
    start: int
    end: int
    destinations: Sequence[Destination] = ()
    copies: tuple["NoteDraft", ...] = ()
    text_form: OccurrenceForm = OccurrenceForm.BARE_TEXT
    width: int | None = None
    numbered: bool = True
    begin: int = 0


@dataclass(slots=True)
class LinkDraft:
    """Running text with its links; the notes are cut out."""

    flat: Flat
    destinations: Sequence[Destination] = ()
    text_form: OccurrenceForm = OccurrenceForm.BARE_TEXT
    width: int | None = None


@dataclass(slots=True)
class Draft:
    """
    All that a reader of a format found in one edition.

    Attributes:
        own_hosts: The publisher's own hosts, as the edition tells them.
    """

    notes: list[NoteDraft]
    running: list[LinkDraft]
    title: str | None = None
    language: str | None = None
    published: date | None = None
    own_hosts: frozenset[str] = frozenset()
