"""Which format an edition has: by content first, by name second."""

import re
import zipfile
from io import BytesIO

from linkkeeper.errors import InputError
from linkkeeper.vocabulary.citation import SourceFormat

_HTML_START = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_HTML_TAG = re.compile(rb"</(?:p|div|body|html|article|section|table|ul|ol)\s*>", re.I)
_NAMES = {
    **dict.fromkeys(("html", "htm", "xhtml", "shtml", "php", "aspx"), SourceFormat.HTML),
    **dict.fromkeys(("md", "markdown", "mdx", "mdown", "mkd", "qmd", "rmd", "mkdn"), SourceFormat.MARKDOWN),
    **dict.fromkeys(("rst", "rest"), SourceFormat.RST),
    **dict.fromkeys(("wiki", "wikitext", "mediawiki", "mw"), SourceFormat.WIKITEXT),
    "org": SourceFormat.ORG,
    **dict.fromkeys(("txt", "text"), SourceFormat.TEXT),
}
_TYPES = {
    "text/html": SourceFormat.HTML,
    "application/xhtml+xml": SourceFormat.HTML,
    "text/markdown": SourceFormat.MARKDOWN,
    "text/x-rst": SourceFormat.RST,
    "text/x-wiki": SourceFormat.WIKITEXT,
    "text/org": SourceFormat.ORG,
    "text/x-org": SourceFormat.ORG,
}
_RST = (
    re.compile(rb"^\.\. (?:\[[^\]\n]{1,40}\]|_[^\n:]{1,80}:|\w+::)", re.M),
    re.compile(rb"^(?:=|-|~|\^){4,}[ \t]*\r?$", re.M),
    re.compile(rb"`[^`\n]+`_|\[#?\w*\]_|::\r?\n\r?\n[ \t]"),
)
_WIKI = (
    re.compile(rb"<ref[ >/]", re.I),
    re.compile(rb"\{\{\s*[A-Za-z][^{}\n]{0,60}[|}\n]"),
    re.compile(rb"\[\[[^\[\]\n]{1,300}\]\]"),
    re.compile(rb"^==+[^=\n]+==+[ \t]*\r?$", re.M),
)
_MARKDOWN = (
    re.compile(rb"^\[\^[^\]\n]+\]:", re.M),
    re.compile(rb"\[[^\[\]\n]{0,300}\]\((?:https?:|<|/|#)[^)\n]{0,2000}\)"),
    re.compile(rb"^#{1,6} \S", re.M),
    re.compile(rb"\A---\r?\n(?:.*\r?\n){1,60}?---\r?$", re.M),
    re.compile(rb"^```|^~~~|^> |\*\*[^*\n]+\*\*", re.M),
)
_ORG = (
    re.compile(rb"^#\+(?:title|author|begin_src|begin_quote|options|startup):?", re.M | re.I),
    re.compile(rb"^\[fn:[\w-]+\] ", re.M),
    re.compile(rb"\[\[(?:https?|file):[^\[\]\n]+\](?:\[[^\[\]\n]+\])?\]"),
    re.compile(rb"^\*+ \S", re.M),
)
#: What starts like this is no text.
_MAGIC = (
    *(b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x7fELF", b"\x1f\x8b", b"\xd0\xcf\x11\xe0", b"RIFF", b"\x00\x00\x00"),
    *(b"7z\xbc\xaf", b"Rar!", b"{\\rtf"),
)
_SAMPLE = 400_000


def format_of(data: bytes, location: str, declared_type: str | None = None) -> SourceFormat:
    """
    Tell the format of an edition.

    Raises:
        InputError: empty, or nothing that can be read as an analysis.
    """
    if not data.strip():
        raise _unreadable(location, "it is empty")
    if data.startswith(b"%PDF-") or b"%PDF-" in data[:1024]:
        return SourceFormat.PDF
    if data.startswith(b"PK\x03\x04"):
        return _zipped(data, location)
    head = data[:_SAMPLE]
    _refuse_binary(head, location)
    text = _ascii_view(head).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    named = _named(location, declared_type)
    if _HTML_START.match(text):
        return SourceFormat.HTML
    return _by_marks(text, named)


def _by_marks(text: bytes, named: SourceFormat | None) -> SourceFormat:
    """A name is believed unless the content shows clear marks of another format."""
    if named in (SourceFormat.MARKDOWN, SourceFormat.RST, SourceFormat.WIKITEXT, SourceFormat.HTML, SourceFormat.ORG):
        return named
    rst = sum(bool(mark.search(text)) for mark in _RST)
    wiki = len(_WIKI[0].findall(text)) > 0 and sum(bool(mark.search(text)) for mark in _WIKI[1:]) >= 1
    markdown = sum(bool(mark.search(text)) for mark in _MARKDOWN)
    if rst >= 2 and re.search(_RST[0], text):
        return SourceFormat.RST
    if not wiki and sum(bool(mark.search(text)) for mark in _ORG) >= 3:
        return SourceFormat.ORG
    if wiki or (_WIKI[3].search(text) and _WIKI[2].search(text) and _WIKI[1].search(text)):
        return SourceFormat.WIKITEXT
    if _MARKDOWN[0].search(text) or (markdown >= 2 and _MARKDOWN[1].search(text)):
        return SourceFormat.MARKDOWN
    if len(_HTML_TAG.findall(text[:100_000])) >= 3:
        return SourceFormat.HTML
    return named or SourceFormat.TEXT


def _named(location: str, declared_type: str | None) -> SourceFormat | None:
    media = (declared_type or "").partition(";")[0].strip().lower()
    if media in _TYPES:
        return _TYPES[media]
    path = location.partition("?")[0].partition("#")[0] if "://" in location else location
    return _NAMES.get(path.rpartition(".")[2].lower()) if "." in path.rpartition("/")[2] else None


def _ascii_view(head: bytes) -> bytes:
    """Drop the zero bytes of UTF-16, so that marks can be searched for."""
    return head.replace(b"\x00", b"") if head[:2] in (b"\xff\xfe", b"\xfe\xff") else head


def _refuse_binary(head: bytes, location: str) -> None:
    if head.startswith(_MAGIC):
        raise _unreadable(location, "it is no text, no DOCX and no PDF")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return
    control = sum(head.count(byte) for byte in b"\x00\x01\x02\x03\x04\x05\x06\x0e\x0f\x10\x11\x12")
    if control > len(head) // 1000 + 1 or head.count(b"\x00") > 8:
        raise _unreadable(location, "it is binary data")


def _zipped(data: bytes, location: str) -> SourceFormat:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            if "word/document.xml" in archive.namelist():
                return SourceFormat.DOCX
    except zipfile.BadZipFile as error:
        raise _unreadable(location, "it is a damaged ZIP or DOCX file") from error
    raise _unreadable(location, "it is a ZIP file, but no DOCX")


def _unreadable(location: str, reason: str) -> InputError:
    return InputError(
        "read the analysis",
        subject=location,
        reason=reason,
        hint="give an HTML, Markdown, text, reStructuredText, wikitext, Org, DOCX or PDF file",
    )
