"""
DOCX: footnotes and endnotes parts, hyperlinks as relationships or fields.

Places are not bytes of the edition (parts are packed), so spans are absent.
Labels are what Word shows: footnotes in Arabic numbers, endnotes in small
Roman ones unless the document says otherwise, counted by their marks in the
text; marks of the author's own choice (a star) are not counted.

Source: ECMA-376 part 1, 17.11 (footnotes, endnotes), 17.16 (fields).
"""

import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from linkkeeper.citations.drafts import Destination, Draft, LinkDraft, NoteDraft
from linkkeeper.citations.flat import Flat
from linkkeeper.citations.numbered import find_numbered
from linkkeeper.citations.numerals import repeated_letter, roman
from linkkeeper.errors import InputError
from linkkeeper.vocabulary.citation import OccurrenceForm
from linkkeeper.vocabulary.numbers import whole_number

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_FIELD = re.compile(r'HYPERLINK\s+(?:\\[a-z]\s+)?"([^"]+)"|HYPERLINK\s+(?!\\)(?P<plain>[^\s"]+)', re.I)
#: Word's "strict" files name the same things by other addresses.
_STRICT = (
    (b"http://purl.oclc.org/ooxml/wordprocessingml/main", _W[1:-1].encode()),
    (b"http://purl.oclc.org/ooxml/officeDocument/relationships", _R[1:-1].encode()),
)
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
#: Not shown, or shown by what they stand for.
_UNREAD = frozenset({"del", "moveFrom", "delText", "instrText", "footnoteRef", "endnoteRef", _FALLBACK})
_SIGNS = "*†‡§"
#: A part larger than this, unpacked, is no text: a bomb.
_MAX_PART = 64 * 1024 * 1024


def read_docx(data: bytes, location: str) -> Draft:
    """
    Read notes and links of a Word document.

    Raises:
        InputError: a part is damaged, or swells beyond reason.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            package = _Package(archive, location)
            document = package.part("word/document.xml")
            if document is None:
                raise package.damaged("it holds no document")
            body = _take(document, package.relations("document"))
            notes = [
                *_notes(package, "footnotes", "footnote", document, "decimal"),
                *_notes(package, "endnotes", "endnote", document, "lowerRoman"),
            ]
            title = _title(package)
    except (zipfile.BadZipFile, ParseError, DefusedXmlException, NotImplementedError, EOFError) as error:
        raise InputError("read the analysis", subject=location, reason=f"the DOCX is damaged: {error}") from error
    if notes:
        return Draft(notes, [LinkDraft(body.flat, body.links)], title)
    return _typed_notes(body, title)


@dataclass(slots=True)
class _Taken:
    flat: Flat
    links: list[Destination]


class _Package:
    def __init__(self, archive: zipfile.ZipFile, location: str) -> None:
        self.archive, self.location = archive, location
        self.names = set(archive.namelist())

    def damaged(self, reason: str) -> InputError:
        return InputError("read the analysis", subject=self.location, reason=reason)

    def part(self, name: str) -> Element | None:
        if name not in self.names:
            return None
        with self.archive.open(name) as stream:
            content = stream.read(_MAX_PART + 1)
        if len(content) > _MAX_PART:
            raise self.damaged(f"{name} is larger than {_MAX_PART >> 20} MiB")
        for strict, usual in _STRICT:
            content = content.replace(strict, usual)
        root: Element = fromstring(content)
        return root

    def relations(self, name: str) -> dict[str, str]:
        root = self.part(f"word/_rels/{name}.xml.rels")
        if root is None:
            return {}
        return {item.get("Id", ""): item.get("Target", "") for item in root if item.get("TargetMode") == "External"}


def _notes(package: _Package, part: str, kind: str, document: Element, usual: str) -> Iterator[NoteDraft]:
    root = package.part(f"word/{part}.xml")
    if root is None:
        return
    relations = package.relations(part)
    by_id = {
        item.get(f"{_W}id", ""): item for item in root.iter(f"{_W}{kind}") if item.get(f"{_W}type") in (None, "normal")
    }
    written, count = _numbering(package, document, kind, usual)
    seen: set[str] = set()
    for mark in _marks(document, kind):
        if mark.identifier not in by_id or mark.identifier in seen:
            continue
        seen.add(mark.identifier)
        label = mark.chosen or written(count)
        count += not mark.chosen
        taken = _take(by_id[mark.identifier], relations)
        yield NoteDraft(label=label, flat=taken.flat, start=0, end=0, destinations=taken.links)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A mark in the text: which note it means, and what it shows if the author chose that."""

    identifier: str
    chosen: str


def _marks(document: Element, kind: str) -> Iterator[_Mark]:
    """Yield the marks in order; those that were deleted, or stand in a second copy for older programs, are none."""
    stack = [document]
    while stack:
        element = stack.pop()
        if element.tag in (f"{_W}del", f"{_W}moveFrom", _FALLBACK):
            continue
        if element.tag == f"{_W}r":
            yield from _marks_of_run(element, kind)
        stack += reversed(list(element))


def _marks_of_run(run: Element, kind: str) -> Iterator[_Mark]:
    for reference in run.findall(f"{_W}{kind}Reference"):
        own = reference.get(f"{_W}customMarkFollows") in ("1", "true", "on")
        chosen = "".join(text.text or "" for text in run.findall(f"{_W}t")).strip() if own else ""
        yield _Mark(reference.get(f"{_W}id", ""), chosen or ("*" if own else ""))


def _numbering(package: _Package, document: Element, kind: str, usual: str) -> tuple[Callable[[int], str], int]:
    """Return how the document writes the numbers of its notes, and with which it begins."""
    settings = package.part("word/settings.xml")
    style, start = usual, 1
    for root in (settings, document):
        for properties in root.iter(f"{_W}{kind}Pr") if root is not None else ():
            style = _setting(properties, "numFmt") or style
            # Word counts to 32,767.
            start = min(whole_number(_setting(properties, "numStart")) or start, 32_767)
    return _WRITTEN.get(style, str), start


def _setting(properties: Element, name: str) -> str:
    found = properties.find(f"{_W}{name}")
    return found.get(f"{_W}val", "") if found is not None else ""


def _sign(count: int) -> str:
    return _SIGNS[(count - 1) % 4] * ((count - 1) // 4 + 1)


_WRITTEN: dict[str, Callable[[int], str]] = {
    "lowerRoman": roman,
    "upperRoman": lambda count: roman(count).upper(),
    "lowerLetter": repeated_letter,
    "upperLetter": lambda count: repeated_letter(count).upper(),
    "chicago": _sign,
}


def _take(root: Element, relations: dict[str, str]) -> _Taken:
    """Take text and links of a part: runs, breaks, hyperlinks, fields."""
    taker = _Taker(relations)
    taker.element(root)
    return _Taken(taker.flat, taker.links)


def _field_url(instruction: str) -> str | None:
    match = _FIELD.search(instruction)
    return (match[1] or match["plain"]) if match is not None else None


class _Taker:
    def __init__(self, relations: dict[str, str]) -> None:
        self.relations = relations
        self.flat = Flat()
        self.links: list[Destination] = []
        #: Fields that are open, each in the one before: its instruction, where its text begins.
        self.fields: list[tuple[str, int]] = []

    def element(self, root: Element) -> None:
        """Walk without recursion: a hostile part may nest without end."""
        stack: list[tuple[Element | None, str, int]] = [(root, "", 0)]
        while stack:
            element, url, begin = stack.pop()
            if element is None:
                self._leave(url, begin)
                continue
            name = element.tag.removeprefix(_W)
            if name == "instrText" and self.fields:
                self.fields[-1] = (self.fields[-1][0] + (element.text or ""), self.fields[-1][1])
            if name in _UNREAD:
                continue
            self._enter(element, name, stack)
            stack += [(child, "", 0) for child in reversed(list(element))]

    def _enter(self, element: Element, name: str, stack: list[tuple[Element | None, str, int]]) -> None:
        if name == "t":
            self._put(element.text or "")
        elif name in ("br", "cr"):
            self._put("\n")
        elif name == "tab":
            self._put(" ")
        elif name == "noBreakHyphen":
            self._put("-")
        elif name == "p":
            stack.append((None, "\n\n", 0))
        elif name == "hyperlink":
            target = self.relations.get(element.get(f"{_R}id", ""), "")
            anchor = element.get(f"{_W}anchor")
            if target:
                stack.append((None, f"{target}#{anchor}" if anchor else target, len(self.flat)))
        elif name == "fldSimple":
            field = _field_url(element.get(f"{_W}instr", ""))
            if field is not None:
                stack.append((None, field, len(self.flat)))
        elif name == "fldChar":
            self._field(element.get(f"{_W}fldCharType", ""))

    def _field(self, kind: str) -> None:
        if kind == "begin":
            self.fields.append(("", len(self.flat)))
        elif kind == "separate" and self.fields:
            self.fields[-1] = (self.fields[-1][0], len(self.flat))
        elif kind == "end" and self.fields:
            instruction, begin = self.fields.pop()
            url = _field_url(instruction)
            if url is not None:
                self._link(url, begin)

    def _leave(self, what: str, begin: int) -> None:
        if what == "\n\n":
            if not self.flat.ends_with_paragraph():
                self._put("\n\n")
        else:
            self._link(what, begin)

    def _link(self, url: str, begin: int) -> None:
        self.links.append(Destination(begin, len(self.flat), url, None, OccurrenceForm.DOCX_RELATION))

    def _put(self, value: str) -> None:
        self.flat.put(value, len(self.flat), len(self.flat) + len(value))


def _typed_notes(body: _Taken, title: str | None) -> Draft:
    """Notes typed as paragraphs, without Word's own: by their numbers."""
    text = body.flat.text
    notes: list[NoteDraft] = []
    running: list[LinkDraft] = []
    position = 0
    for found in find_numbered(text):
        if found.start > position:
            running.append(_running(body, position, found.start))
        part = _running(body, found.body, max(found.body, found.end))
        notes.append(NoteDraft(found.label, part.flat, 0, 0, part.destinations, numbered=not found.counted))
        position = max(position, found.end)
    running.append(_running(body, position, len(text)))
    return Draft(notes, running, title)


def _running(body: _Taken, start: int, end: int) -> LinkDraft:
    flat = Flat()
    flat.copy(body.flat.text, start, end)
    links = [
        Destination(link.start - start, link.end - start, link.url, None, link.form)
        for link in body.links
        if start <= link.start and link.end <= end
    ]
    return LinkDraft(flat, links)


def _title(package: _Package) -> str | None:
    core = package.part("docProps/core.xml")
    if core is None:
        return None
    return next((item.text for item in core.iter() if item.tag.endswith("}title") and item.text), None)
