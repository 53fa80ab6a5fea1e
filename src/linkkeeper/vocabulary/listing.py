"""Listings: the pages that a feed or sitemap names."""

from dataclasses import dataclass
from enum import StrEnum


class ListingKind(StrEnum):
    FEED = "feed"
    SITEMAP = "sitemap"
    SITEMAP_INDEX = "sitemap_index"


@dataclass(frozen=True, slots=True)
class Listing:
    """*pages* are absolute URLs in the listing's order; of further sitemaps for an index."""

    kind: ListingKind
    pages: tuple[str, ...]
