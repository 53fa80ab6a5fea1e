"""
PDF: the text layer with its page bottoms, and link annotations.

The text gives notes and boundaries; an annotation that begins like a URL of
the text (lines broken, cut off) says how it really goes on. Spans are absent:
a PDF's bytes hold no text.
"""

import logging
import re
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from linkkeeper.citations.boundaries import find_urls
from linkkeeper.citations.drafts import Destination, Draft, LinkDraft, NoteDraft
from linkkeeper.citations.flat import Flat
from linkkeeper.citations.numbered import find_numbered, line_width
from linkkeeper.errors import InputError
from linkkeeper.vocabulary.citation import OccurrenceForm

if TYPE_CHECKING:
    from pypdf.generic import DictionaryObject

_MAX_PAGES = 2_000
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
        texts = [(page.extract_text() or "").translate(_HYPHENS) for page in pages]
        annotated = [list(_annotations(page)) for page in pages]
        title = str(reader.metadata.title) if reader.metadata and reader.metadata.title else None
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError) as error:
        # pypdf meets damage with whatever its parser trips over.
        raise _unreadable(location, f"the PDF is damaged: {error}") from error
    if not any(text.strip() for text in texts):
        raise _unreadable(location, "the PDF holds no text, only pictures of pages")
    return _draft("\f".join(texts), [url for page in annotated for url in page], title)


def _unreadable(location: str, reason: str) -> InputError:
    return InputError("read the analysis", subject=location, reason=reason)


def _annotations(page: "DictionaryObject") -> Iterator[str]:
    from pypdf.generic import ArrayObject, DictionaryObject

    annotations = page.get("/Annots")
    found = annotations.get_object() if annotations is not None else None
    for item in found if isinstance(found, ArrayObject) else ():
        annotation = item.get_object()
        action = annotation.get("/A") if isinstance(annotation, DictionaryObject) else None
        action = action.get_object() if action is not None else None
        if isinstance(action, DictionaryObject) and "/URI" in action:
            yield str(action["/URI"])


def _draft(text: str, annotated: list[str], title: str | None) -> Draft:
    width = line_width(text.replace("\f", "\n"))
    links = _Links(text, annotated, width)
    notes: list[NoteDraft] = []
    running: list[LinkDraft] = []
    position = 0
    for found in find_numbered(text):
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

    def __init__(self, text: str, annotated: list[str], width: int | None) -> None:
        self.text, self.width = text, width
        self.annotated = list(dict.fromkeys(annotated))
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
        return LinkDraft(flat, links, OccurrenceForm.BARE_TEXT, self.width)

    def _annotation_of(self, url: str) -> str | None:
        """Return the annotation that is *url*, or what *url* is the beginning of."""
        folded = _folded(url)
        exact = self.by_start.get(folded[:40])
        if exact is not None and _folded(exact).startswith(folded):
            return exact
        return next((other for other in self.annotated if _folded(other).startswith(folded) and len(folded) > 16), None)

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
