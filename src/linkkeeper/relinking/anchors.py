"""
Anchors: what a repair writes, in the words of the publication's language.

Attributes follow Robust Links (draft of March 2025): ``data-originalurl`` and
``data-versiondate`` are required, ``data-versionurl`` names the snapshot and
its own date. ``data-originalurl`` repeats the bytes of the old ``href``, so
that a repaired page can be undone by reading it alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from linkkeeper.vocabulary.moment import to_iso, utc
from linkkeeper.vocabulary.relink import Repair

#: "archived", as it stands before a date, by primary language subtag.
_ARCHIVED: Mapping[str, str] = MappingProxyType(
    {
        "ar": "مؤرشف",
        "cs": "archivováno",
        "da": "arkiveret",
        "de": "archiviert",
        "el": "αρχειοθετήθηκε",
        "en": "archived",
        "es": "archivado",
        "et": "arhiveeritud",
        "fa": "بایگانی‌شده",
        "fi": "arkistoitu",
        "fr": "archivé",
        "he": "בארכיון",
        "hu": "archiválva",
        "it": "archiviato",
        "ja": "アーカイブ",
        "ko": "보관됨",
        "lt": "archyvuota",
        "lv": "arhivēts",
        "nb": "arkivert",
        "nl": "gearchiveerd",
        "no": "arkivert",
        "pl": "zarchiwizowano",
        "pt": "arquivado",
        "ro": "arhivat",
        "ru": "архивировано",
        "sk": "archivované",
        "sv": "arkiverad",
        "tr": "arşivlendi",
        "uk": "архівовано",
        "zh": "存档",
    }
)


@dataclass(frozen=True, slots=True)
class Words:
    """What repairs say; *archived* stands before the date of the copy."""

    archived: str = "archived"


ENGLISH = Words()


def words_of(language: str) -> Words:
    """
    Look the words of a language up.

    Args:
        language: A BCP 47 tag; only its first subtag counts.

    Returns:
        English for a language that has no words here.
    """
    primary = language.strip().lower().partition("-")[0].partition("_")[0]
    return Words(_ARCHIVED.get(primary, ENGLISH.archived))


def known_words() -> frozenset[str]:
    """Every "archived" that a repair may have written, to recognise repaired texts."""
    return frozenset(_ARCHIVED.values())


def copy_date(repair: Repair) -> str:
    """The day of the capture, in UTC, as ``2026-11-22``."""
    return utc(repair.moment).date().isoformat()


def intended_date(repair: Repair) -> date:
    """The date that the author saw the source, or the capture's own where nothing tells it."""
    return repair.intended or utc(repair.moment).date()


def phrase(repair: Repair, words: Words) -> str:
    """``archived 2026-11-22: URI-M``: says what the link is, and stays complete on paper."""
    return f"{words.archived} {copy_date(repair)}: {repair.uri_m}"


def suffix(repair: Repair, words: Words) -> str:
    """What follows a bare URL in texts without markup."""
    return f" [{phrase(repair, words)}]"


def html_suffix(repair: Repair, words: Words) -> str:
    """What follows a bare URL in the text of an HTML page: the same, as a link."""
    attributes = robust_attributes(repair, original=escaped(repair.url), quote='"')
    address = escaped(repair.uri_m)
    return f' [<a href="{address}"{attributes}>{escaped(phrase(repair, words))}</a>]'


def robust_attributes(repair: Repair, *, original: str, quote: str, present: frozenset[str] = frozenset()) -> str:
    """
    The three attributes, each with a space before it.

    Args:
        original: The old ``href`` as it stands in the page, escapes included.
        quote: The quotation mark that the page uses for this ``href``.
        present: Names of attributes that the element has already; of two
            with one name a browser takes the first, so these are left out.
    """
    version = f"{escaped(repair.uri_m, quote)} {to_iso(repair.moment)}"
    pairs = {
        "data-originalurl": original,
        "data-versionurl": version,
        "data-versiondate": intended_date(repair).isoformat(),
    }
    return "".join(f" {name}={quote}{value}{quote}" for name, value in pairs.items() if name not in present)


def escaped(text: str, quote: str = '"') -> str:
    """*text* for an attribute value in *quote* marks, or for running text."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return safe.replace("'", "&#39;") if quote == "'" else safe.replace('"', "&quot;")
