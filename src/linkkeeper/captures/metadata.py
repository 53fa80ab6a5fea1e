"""What a page says of itself."""

from selectolax.lexbor import LexborHTMLParser

from linkkeeper.pages.text import Page
from linkkeeper.vocabulary.capture import PageMetadata

_MODIFIED = (
    "meta[property='article:modified_time']",
    "meta[property='og:updated_time']",
    "meta[itemprop='dateModified']",
    "meta[name='last-modified']",
)


def metadata_of(page: Page, document: str, *, media_type: str) -> PageMetadata:
    """Collect what *document*, read as *page*, says of itself."""
    return PageMetadata(
        title=page.title or None,
        authors=page.authors,
        published=page.published,
        modified=_modified(document),
        language=page.language,
        canonical_url=page.canonical_url,
        media_type=media_type or None,
    )


def _modified(document: str) -> str | None:
    tree = LexborHTMLParser(document)
    for selector in _MODIFIED:
        if (found := tree.css_first(selector)) is not None and (value := found.attributes.get("content")):
            return value.strip()
    return None
