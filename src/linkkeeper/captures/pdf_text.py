"""The words of a PDF, of a source that is one and of our print of a page; and whether they are the page's."""

import io
import logging
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pypdf import PdfReader

#: Reading a PDF in Python is slow; a few pages tell whether the text is there.
CHECKED_PAGES = 3
_MOST_WORDS = 200
_WORD = re.compile(r"\w{2,}")


def text_of(pdf: bytes, *, most_pages: int) -> str:
    """Text of the first pages; "" where there is none or the file can't be read."""
    # pypdf reports every oddity of a file as a warning of its logger.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = _reader(pdf)
        return "\n\n".join(page.extract_text() for page in reader.pages[:most_pages])
    except Exception:  # pypdf raises whatever a broken file leads it to
        return ""


def _reader(pdf: bytes) -> "PdfReader":
    # Five megabytes, which only a process that meets a PDF needs.
    from pypdf import PdfReader

    return PdfReader(io.BytesIO(pdf))


def title_of(pdf: bytes) -> str | None:
    """The title that the file gives itself."""
    try:
        metadata = _reader(pdf).metadata
        title = metadata.title if metadata is not None else None
    except Exception:  # as above
        return None
    return title.strip() or None if isinstance(title, str) else None


def word_share(page_text: str, kept_text: str) -> float | None:
    """
    Share of a page's words that something made of it has.

    Returns:
        1.0 when it has as many of them as the first pages of a PDF can be expected to;
        None when the page has too few words to tell.
    """
    words = set(_WORD.findall(page_text.lower()))
    if len(words) < 5:
        return None
    found = words & set(_WORD.findall(kept_text.lower()))
    return min(1.0, len(found) / min(len(words), _MOST_WORDS))
