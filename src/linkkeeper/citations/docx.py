"""
DOCX: footnotes and endnotes parts, hyperlinks as relationships or fields.

Places are not bytes of the edition (parts are packed), so spans are absent.
Labels are what Word shows: footnotes in Arabic numbers, endnotes in small
Roman ones, counted by their marks in the text.

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
from linkkeeper.errors import InputError
from linkkeeper.vocabulary.citation import OccurrenceForm

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_FIELD = re.compile(r'HYPERLINK\s+(?:\\[a-z]\s+)?"([^"]+)"', re.I)
_ROMAN = tuple(
    zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ["m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i"],
        strict=True,
    )
)
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
                *_notes(package, "footnotes", "footnote", document, str),
                *_notes(package, "endnotes", "endnote", document, _roman),
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
        root: Element = fromstring(content)
        return root

    def relations(self, name: str) -> dict[str, str]:
        root = self.part(f"word/_rels/{name}.xml.rels")
        if root is None:
            return {}
        return {item.get("Id", ""): item.get("Target", "") for item in root if item.get("TargetMode") == "External"}


def _notes(
    package: _Package, part: str, kind: str, document: Element, number: Callable[[int], str]
) -> Iterator[NoteDraft]:
    root = package.part(f"word/{part}.xml")
    if root is None:
        return
    relations = package.relations(part)
    by_id = {
        item.get(f"{_W}id", ""): item for item in root.iter(f"{_W}{kind}") if item.get(f"{_W}type") in (None, "normal")
    }
    order = [item.get(f"{_W}id", "") for item in document.iter(f"{_W}{kind}Reference")]
    used = list(dict.fromkeys(identifier for identifier in order if identifier in by_id))
    for count, identifier in enumerate(used, start=1):
        taken = _take(by_id[identifier], relations)
        yield NoteDraft(label=number(count), flat=taken.flat, start=0, end=0, destinations=taken.links)


def _roman(count: int) -> str:
    text = ""
    for value, letters in _ROMAN:
        text += letters * (count // value)
        count %= value
    return text


def _take(root: Element, relations: dict[str, str]) -> _Taken:
    """Take text and links of a part: runs, breaks, hyperlinks, fields."""
    taker = _Taker(relations)
    taker.element(root)
    return _Taken(taker.flat, taker.links)


class _Taker:
    def __init__(self, relations: dict[str, str]) -> None:
        self.relations = relations
        self.flat = Flat()
        self.links: list[Destination] = []
        self.field: str | None = None
        self.field_begin = 0

    def element(self, root: Element) -> None:
        """Walk without recursion: a hostile part may nest without end."""
        stack: list[tuple[Element | None, str, int]] = [(root, "", 0)]
        while stack:
            element, url, begin = stack.pop()
            if element is None:
                self._leave(url, begin)
                continue
            name = element.tag.removeprefix(_W)
            if name in ("del", "instrText", "footnoteRef", "endnoteRef", "delText"):
                if name == "instrText":
                    self.field = (self.field or "") + (element.text or "")
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
            match = _FIELD.search(element.get(f"{_W}instr", ""))
            if match is not None:
                stack.append((None, match.group(1), len(self.flat)))
        elif name == "fldChar":
            self._field(element.get(f"{_W}fldCharType", ""))

    def _field(self, kind: str) -> None:
        if kind == "begin":
            self.field = ""
        elif kind == "separate":
            self.field_begin = len(self.flat)
        elif kind == "end" and self.field is not None:
            match = _FIELD.search(self.field)
            if match is not None:
                self._link(match.group(1), self.field_begin)
            self.field = None

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
