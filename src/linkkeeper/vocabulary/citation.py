"""Citations: what an edition cites, each with its exact place."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from linkkeeper.vocabulary.edition import Span


class SourceFormat(StrEnum):
    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"
    RST = "rst"
    WIKITEXT = "wikitext"
    ORG = "org"
    DOCX = "docx"
    PDF = "pdf"


class OccurrenceForm(StrEnum):
    """How a URL stands in the source; decides how relinking may splice it."""

    HTML_HREF = "html_href"
    HTML_TEXT = "html_text"
    MARKDOWN_DESTINATION = "markdown_destination"
    MARKDOWN_DEFINITION = "markdown_definition"
    AUTOLINK = "autolink"
    BARE_TEXT = "bare_text"
    RST_TARGET = "rst_target"
    WIKITEXT_LINK = "wikitext_link"
    WIKITEXT_TEMPLATE = "wikitext_template"
    ORG_LINK = "org_link"
    ATTRIBUTE_COPY = "attribute_copy"
    DOCX_RELATION = "docx_relation"
    PDF_ANNOTATION = "pdf_annotation"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """
    One place of a URL in the edition.

    *span* covers exactly the URL's characters as written (the attribute value,
    the destination, or the bare text; for a broken URL from its first to its
    last character). None where the format has no byte place (DOCX, PDF).
    """

    span: Span | None
    form: OccurrenceForm


class UrlFlag(StrEnum):
    """What was unusual about a URL as written."""

    SCHEMELESS = "schemeless"
    PROTOCOL_RELATIVE = "protocol_relative"
    REJOINED = "rejoined"
    CLEANED = "cleaned"
    SHOWN_DIFFERS = "shown_differs"
    UNSUPPORTED_SCHEME = "unsupported_scheme"
    IDENTIFIER = "identifier"


class ArchiveKind(StrEnum):
    OURS = "ours"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveCopy:
    """
    A cited URL that is itself an archived copy.

    Attributes:
        uri_m: The archived copy's address as cited.
        original: The URL that it archives, where the address tells it.
        timestamp: 14 digits where the address tells them.
        service: Host-like name of the archive (``web.archive.org``).
    """

    kind: ArchiveKind
    uri_m: str
    original: str | None
    timestamp: str | None
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedUrl:
    """
    One URL as an analysis cites it.

    Attributes:
        as_cited: The characters of the URL after unescaping the carrier's
            own escapes (``&amp;``, soft hyphens); never normalised. A DOI that
            stands by itself is cited as ``doi:10.…``, flagged as identifier.
        shown: Link text where it is another URL than the destination.
        rejoined: Why pieces were put together again, one phrase per seam.
        archive: Set when this is an archived copy; its original may be
            another CitedUrl of the same note (``paired_with``, as cited).
        identifier: ``doi:…`` or ``hdl:…`` where the URL is one.
    """

    as_cited: str
    occurrences: tuple[Occurrence, ...]
    flags: frozenset[UrlFlag] = frozenset()
    shown: str | None = None
    rejoined: tuple[str, ...] = ()
    archive: ArchiveCopy | None = None
    paired_with: str | None = None
    identifier: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """
    A footnote or endnote.

    Attributes:
        label: As the reader sees it.
        text: Plain text, white space folded.
        span: Byte range in the edition; None where the format has none.
        urls: In order of first occurrence.
        ibid_of: Label where the Ibid. chain starts, or of the note that
            holds the repeated citation's URL.
        refers_to: Labels named by supra / op. cit.
        same_source_as: Label of the note that holds the source meant by an
            Ibid. or a repeated citation; None where there is none.
        published, accessed, archived: Dates that the note gives.
        passages: Quoted sentences and titles of the note, for matching.
    """

    label: str
    text: str
    span: Span | None
    urls: tuple[CitedUrl, ...] = ()
    ibid_of: str | None = None
    refers_to: tuple[str, ...] = ()
    same_source_as: str | None = None
    published: date | None = None
    accessed: date | None = None
    archived: date | None = None
    passages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """
    What one edition cites.

    Attributes:
        notes: In the order of the text.
        links: URLs of the running text (not in a note), in order, each once.
        title, language, published: Of the analysis itself, where it tells.
    """

    format: SourceFormat
    encoding: str
    notes: tuple[Note, ...]
    links: tuple[CitedUrl, ...]
    title: str | None = None
    language: str | None = None
    published: date | None = None
