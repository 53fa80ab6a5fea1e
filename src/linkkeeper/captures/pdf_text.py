"""The words of a PDF, of a source that is one and of our print of a page; and how many of the page's they are."""

import io
import logging
from typing import TYPE_CHECKING

from linkkeeper.captures.kept_text import KeptText

if TYPE_CHECKING:
    from pypdf import PdfReader

#: Reading a PDF in Python is slow.
_MOST_CHECKED_PAGES = 60
_ENOUGH = 0.95


def text_of(pdf: bytes, *, most_pages: int) -> str:
    """Text of the first pages; "" where there is none or the file can't be read."""
    try:
        reader = _reader(pdf)
        return "\n\n".join(page.extract_text() for page in reader.pages[:most_pages])
    except Exception:  # pypdf raises whatever a broken file leads it to
        return ""


def _reader(pdf: bytes) -> "PdfReader":
    # Five megabytes, which only a process that meets a PDF needs.
    from pypdf import PdfReader

    # It reports every oddity of a file as a warning of its logger.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    return PdfReader(io.BytesIO(pdf))


def title_of(pdf: bytes) -> str | None:
    """The title that the file gives itself."""
    try:
        metadata = _reader(pdf).metadata
        title = metadata.title if metadata is not None else None
    except Exception:  # as above
        return None
    return title.strip() or None if isinstance(title, str) else None


def share_of_text(page_text: str, pdf: bytes) -> float | None:
    """
    Share of a page's text that a PDF made of it has, of 0 to 1.

    Returns:
        None when the page has too little text to tell, or the PDF more pages than are
        read and not enough of the text on those.
    """
    kept = KeptText(page_text)
    try:
        pages = _reader(pdf).pages
        for page in pages[:_MOST_CHECKED_PAGES]:
            kept.meet(page.extract_text())
            if (kept.share or 0) >= _ENOUGH:
                return kept.share
    except Exception:  # as above
        return kept.share
    return kept.share if len(pages) <= _MOST_CHECKED_PAGES else None
