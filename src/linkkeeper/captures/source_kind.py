"""What the main resource is, by which the rest of a visit is decided."""

from enum import StrEnum

from linkkeeper.captures.messages import ResponseHead

_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml", "text/plain", "application/json", "text/xml"})
_PAGE_SUFFIXES = ("+xml", "/xml", "+json")


class SourceKind(StrEnum):
    """How a browser takes a main resource."""

    PAGE = "page"
    PDF = "PDF"
    PICTURE = "picture"
    MEDIA = "audio or video"
    FILE = "file"


def kind_of(head: ResponseHead) -> SourceKind:
    """The kind by media type; an attachment is a file whatever its type, unless it is a PDF."""
    media_type = head.media_type
    if media_type in ("application/pdf", "application/x-pdf"):
        return SourceKind.PDF
    if head.text(b"content-disposition").strip().lower().startswith("attachment"):
        return SourceKind.FILE
    if not media_type or media_type in _PAGE_TYPES or media_type.endswith(_PAGE_SUFFIXES):
        # Without a type, browsers look at the first bytes, and mostly find a page.
        return SourceKind.PAGE
    if media_type.startswith("image/"):
        return SourceKind.PICTURE
    if media_type.startswith(("audio/", "video/")):
        return SourceKind.MEDIA
    return SourceKind.FILE
