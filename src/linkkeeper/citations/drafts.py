"""What the readers of the formats hand over: notes and links before they are judged."""

from dataclasses import dataclass, field
from datetime import date

from linkkeeper.citations.flat import Flat
from linkkeeper.vocabulary.citation import OccurrenceForm


@dataclass(frozen=True, slots=True)
class Destination:
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
    destinations: list[Destination] = field(default_factory=list)
    copies: tuple["NoteDraft", ...] = ()
    text_form: OccurrenceForm = OccurrenceForm.BARE_TEXT
    width: int | None = None
    numbered: bool = True
    begin: int = 0


@dataclass(slots=True)
class LinkDraft:
    """Running text with its links; the notes are cut out."""

    flat: Flat
    destinations: list[Destination] = field(default_factory=list)
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
