"""DOCX and PDF: notes, links as relationships, annotations; written here, byte by byte."""

import zipfile
from io import BytesIO

import pytest
from pypdf import PdfWriter
from pypdf.annotations import Link
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, NumberObject

from linkkeeper.citations.pdf import _Piece, _Rows
from linkkeeper.citations.read import read
from linkkeeper.errors import InputError
from linkkeeper.vocabulary.citation import OccurrenceForm, SourceFormat

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'


def docx(document: str, **parts: str) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("word/document.xml", f"<w:document {_W} {_R}><w:body>{document}</w:body></w:document>")
        for name, content in parts.items():
            path = f"word/_rels/{name.removesuffix('_rels')}.xml.rels" if name.endswith("_rels") else f"word/{name}.xml"
            archive.writestr(path, content)
    return stream.getvalue()


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def relations(**targets: str) -> str:
    items = "".join(f'<Relationship Id="{key}" Target="{url}" TargetMode="External"/>' for key, url in targets.items())
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{items}</Relationships>'
    )


def test_word_notes_have_the_numbers_that_word_shows() -> None:
    body = (
        f'<w:p>{run("Salt")}<w:r><w:footnoteReference w:id="7"/></w:r>'
        f'{run(" iron")}<w:r><w:footnoteReference w:id="3"/></w:r>'
        f'<w:r><w:endnoteReference w:id="2"/></w:r><w:hyperlink r:id="r1">{run("the text")}</w:hyperlink></w:p>'
    )
    notes = (
        f'<w:footnotes {_W} {_R}><w:footnote w:id="0" w:type="separator"><w:p/></w:footnote>'
        f'<w:footnote w:id="3"><w:p><w:r><w:footnoteRef/></w:r>{run("Ibid.")}</w:p></w:footnote>'
        f'<w:footnote w:id="7"><w:p><w:r><w:footnoteRef/></w:r>{run(" Kay, https://a.exam")}{run("ple/x, ")}'
        f'<w:hyperlink r:id="r9">{run("Salt")}</w:hyperlink>.</w:p></w:footnote></w:footnotes>'
    )
    ends = (
        f'<w:endnotes {_W} {_R}><w:endnote w:id="2"><w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText>HYPERLINK "https://c.example/z"</w:instrText></w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        f'{run("Zinc")}<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p></w:endnote></w:endnotes>'
    )
    data = docx(
        body,
        document_rels=relations(r1="https://text.example/"),
        footnotes=notes,
        footnotes_rels=relations(r9="https://b.example/y"),
        endnotes=ends,
    )
    reading = read(data, location="analysis.docx")
    assert reading.format is SourceFormat.DOCX
    found = [(note.label, [url.as_cited for url in note.urls], note.ibid_of) for note in reading.notes]
    assert found == [
        ("1", ["https://a.example/x", "https://b.example/y"], None),
        ("2", [], "1"),
        ("i", ["https://c.example/z"], None),
    ]
    assert [url.as_cited for url in reading.links] == ["https://text.example/"]
    assert reading.notes[0].span is None
    assert reading.notes[0].urls[1].occurrences[0].form is OccurrenceForm.DOCX_RELATION


def test_a_mark_of_the_authors_choice_is_not_counted() -> None:
    body = (
        f'<w:p>{run("Salt")}<w:r><w:footnoteReference w:customMarkFollows="1" w:id="1"/><w:t>*</w:t></w:r>'
        f'{run(" iron")}<w:r><w:footnoteReference w:id="2"/></w:r>'
        f'<w:del><w:r><w:footnoteReference w:id="3"/></w:r></w:del><w:r><w:footnoteReference w:id="4"/></w:r></w:p>'
    )
    texts = ["Kay, https://a.example/kay.", "Salt, https://a.example/2.", "Gone.", "Ibid."]
    notes = "".join(
        f'<w:footnote w:id="{number}"><w:p>{run(text)}</w:p></w:footnote>' for number, text in enumerate(texts, start=1)
    )
    reading = read(docx(body, footnotes=f"<w:footnotes {_W}>{notes}</w:footnotes>"), location="a.docx")
    assert [(note.label, [url.as_cited for url in note.urls], note.ibid_of) for note in reading.notes] == [
        ("*", ["https://a.example/kay"], None),
        ("1", ["https://a.example/2"], None),
        ("2", [], "1"),
    ]


@pytest.mark.parametrize(
    ("style", "labels"),
    [("decimal", ["4", "5"]), ("upperRoman", ["IV", "V"]), ("lowerLetter", ["d", "e"]), ("chicago", ["§", "**"])],
)
def test_endnotes_are_numbered_as_the_document_says(style: str, labels: list[str]) -> None:
    marks = "".join(f'<w:r><w:endnoteReference w:id="{number}"/></w:r>' for number in (1, 2))
    notes = "".join(f'<w:endnote w:id="{number}"><w:p>{run("Kay.")}</w:p></w:endnote>' for number in (1, 2))
    settings = (
        f'<w:settings {_W}><w:endnotePr><w:numFmt w:val="{style}"/><w:numStart w:val="4"/></w:endnotePr></w:settings>'
    )
    data = docx(f"<w:p>{marks}</w:p>", endnotes=f"<w:endnotes {_W}>{notes}</w:endnotes>", settings=settings)
    assert [note.label for note in read(data, location="a.docx").notes] == labels


def test_links_are_found_in_fields_within_fields_and_in_strict_files() -> None:
    def mark(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    inner = (
        f'{mark("begin")}<w:r><w:instrText>HYPER</w:instrText></w:r><w:r><w:instrText>LINK "https://b.example/y" '
        f"</w:instrText></w:r>{mark('separate')}{run('Iron')}{mark('end')}"
    )
    outer = f"{mark('begin')}<w:r><w:instrText> TOC </w:instrText></w:r>{mark('separate')}{inner}{mark('end')}"
    simple = f'<w:fldSimple w:instr="HYPERLINK https://c.example/z">{run("Zinc")}</w:fldSimple>'
    data = docx(
        f'<w:p>{outer}{simple}<w:hyperlink r:id="r1">{run("Salt")}</w:hyperlink></w:p>',
        document_rels=relations(r1="https://a.example/x"),
    )
    assert [url.as_cited for url in read(data, location="a.docx").links] == [
        *("https://b.example/y", "https://c.example/z", "https://a.example/x"),
    ]
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as usual, zipfile.ZipFile(stream, "w") as strict:
        for name in usual.namelist():
            content = usual.read(name).decode()
            content = content.replace(
                "http://schemas.openxmlformats.org/wordprocessingml/2006", "http://purl.oclc.org/ooxml/wordprocessingml"
            )
            content = content.replace(
                "http://schemas.openxmlformats.org/officeDocument/2006", "http://purl.oclc.org/ooxml/officeDocument"
            )
            strict.writestr(name, content)
    assert read(stream.getvalue(), location="a.docx").links == read(data, location="a.docx").links


def test_notes_typed_as_paragraphs_are_found_by_number() -> None:
    lines = ["Salt.[1] Iron.[2]", "Notes", "[1] Kay, “Salt,” https://a.example/x.", "[2] Ibid."]
    data = docx("".join(f"<w:p>{run(line)}</w:p>" for line in lines))
    reading = read(data, location="analysis.docx")
    assert [(note.label, [url.as_cited for url in note.urls]) for note in reading.notes] == [
        ("1", ["https://a.example/x"]),
        ("2", []),
    ]


def test_deep_and_damaged_parts_are_no_crash() -> None:
    deep = "<w:r>" * 3_000 + "<w:t>https://a.example/deep</w:t>" + "</w:r>" * 3_000
    reading = read(docx(f"<w:p>{deep}</w:p>"), location="a.docx")
    assert [url.as_cited for url in reading.links] == ["https://a.example/deep"]
    with pytest.raises(InputError, match="damaged"):
        read(docx("<w:p>"), location="a.docx")


def pdf(lines: list[str], *links: str) -> bytes:
    writer = PdfWriter()
    page = writer.add_blank_page(width=600, height=800)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Courier"),
        }
    )
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(font)})}
    )
    content = DecodedStreamObject()
    shown = "".join(f"({line}) Tj T*\n" for line in (text.replace("(", r"\(").replace(")", r"\)") for text in lines))
    content.set_data(f"BT /F1 8 Tf 10 TL 30 760 Td\n{shown}ET".encode("latin-1"))
    page[NameObject("/Contents")] = writer._add_object(content)
    for url in links:
        writer.add_annotation(page_number=0, annotation=Link(rect=(30, 20, 200, 30), url=url))
    stream = BytesIO()
    writer.write(stream)
    return stream.getvalue()


_PAGE = [
    "Salt is old and was traded in all of the known world, by sea and by land,1 and iron was",
    "traded in much smaller amounts than that.2",
    "",
    "Notes",
    "1 Kay, The Salt Trade of the Northern Seas, 2019, https://salt.example/reports/2019/the-",
    "salt-trade-of-the-north.pdf, accessed May 3, 2020.",
    "2 Ibid.",
]


def test_urls_over_lines_of_a_pdf_are_rejoined() -> None:
    reading = read(pdf(_PAGE, "https://elsewhere.example/"), location="analysis.pdf")
    assert [(note.label, [url.as_cited for url in note.urls], note.ibid_of) for note in reading.notes] == [
        ("1", ["https://salt.example/reports/2019/the-salt-trade-of-the-north.pdf"], None),
        ("2", [], "1"),
    ]
    assert [url.as_cited for url in reading.links] == ["https://elsewhere.example/"]


def test_an_annotation_says_how_a_url_really_goes_on() -> None:
    whole = "https://salt.example/reports/2019/the-salt-trade-of-the-north.pdf?lang=en"
    reading = read(pdf(_PAGE, whole), location="analysis.pdf")
    (url,) = reading.notes[0].urls
    assert url.as_cited == whole
    assert url.occurrences[0].form is OccurrenceForm.PDF_ANNOTATION
    assert reading.links == ()


def test_a_link_over_words_belongs_to_the_note_of_these_words() -> None:
    lines = ["Salt is old.[1] Iron is not.[2]", "Notes", "[1] Kay, Salt, 2019.", "[2] Ott, Iron, 2020."]
    reading = read(set_line_by_line(lines, {2: "https://a.example/salt", 0: "https://text.example/"}), location="a.pdf")
    assert [(note.label, [url.as_cited for url in note.urls]) for note in reading.notes] == [
        ("1", ["https://a.example/salt"]),
        ("2", []),
    ]
    assert [url.as_cited for url in reading.links] == ["https://text.example/"]


def set_line_by_line(lines: list[str], links: dict[int, str]) -> bytes:
    """A page whose lines are placed one by one, as print engines do, with links over some of them."""
    writer = PdfWriter(BytesIO(pdf([""])))
    page = writer.pages[0]
    content = DecodedStreamObject()
    shown = "".join(
        f"BT /F1 8 Tf 1 0 0 1 30 {700 - 20 * index} Tm ({line}) Tj ET\n" for index, line in enumerate(lines)
    )
    content.set_data(shown.encode("latin-1"))
    page[NameObject("/Contents")] = writer._add_object(content)
    for index, url in links.items():
        low = 698 - 20 * index
        writer.add_annotation(page_number=0, annotation=Link(rect=(30, low, 200, low + 10), url=url))
    stream = BytesIO()
    writer.write(stream)
    return stream.getvalue()


def with_rectangles(data: bytes, *rectangles: tuple[int, int, int, int]) -> bytes:
    """Add links without sensible places; numbers may have hundreds of digits."""
    writer = PdfWriter(BytesIO(data))
    for index, corners in enumerate(rectangles):
        link = Link(rect=(0, 0, 1, 1), url=f"https://odd.example/{index}")
        link[NameObject("/Rect")] = ArrayObject(NumberObject(number) for number in corners)
        writer.add_annotation(page_number=0, annotation=link)
    stream = BytesIO()
    writer.write(stream)
    return stream.getvalue()


def test_links_with_odd_rectangles_are_read() -> None:
    huge = 10**30
    odd = ((0, 0, huge, huge), (-huge, 10, 20, 30), (huge, huge, -huge, -huge), (30, 20, 20, 10))
    reading = read(with_rectangles(pdf(_PAGE), *odd), location="a.pdf")
    assert [note.label for note in reading.notes] == ["1", "2"]
    found = {url.as_cited for urls in (*(note.urls for note in reading.notes), reading.links) for url in urls}
    assert found >= {f"https://odd.example/{index}" for index in range(4)}


def test_a_damaged_link_costs_neither_the_text_nor_the_other_links() -> None:
    reading = read(with_rectangles(pdf(_PAGE, "https://b.example/"), (0, 0, 10**400, 5)), location="a.pdf")
    assert [note.label for note in reading.notes] == ["1", "2"]
    assert [url.as_cited for url in reading.links] == ["https://b.example/"]


def test_links_over_very_wide_rows_cost_a_bounded_work() -> None:
    rows = _Rows()
    for index in range(20_000):
        rows.add(_Piece(float(index), 700.0, index, index + 1))
    found = [rows.below((0.0, 699.0, 20_000.0, 710.0)) for _ in range(2_000)]
    assert found[0] == (0, 20_000)
    assert found[-1] is None
    assert rows.left > -25_000


def test_a_scan_without_text_is_named() -> None:
    with pytest.raises(InputError, match="no text"):
        read(pdf([]), location="scan.pdf")


_OWN = "https://keeper.example/web/20261122090000/https://a.example/x"


def test_our_own_archived_links_stand_for_what_was_cited_in_office_files() -> None:
    notes = (
        f'<w:footnotes {_W} {_R}><w:footnote w:id="1"><w:p>{run("Kay, ")}'
        f'<w:hyperlink r:id="r1">{run("Salt")}</w:hyperlink></w:p></w:footnote></w:footnotes>'
    )
    mark = '<w:p><w:r><w:footnoteReference w:id="1"/></w:r></w:p>'
    repaired = docx(mark, footnotes=notes, footnotes_rels=relations(r1=_OWN))
    original = docx(mark, footnotes=notes, footnotes_rels=relations(r1="https://a.example/x"))
    bases = ["https://keeper.example"]
    for before, after, name in (
        (original, repaired, "a.docx"),
        (pdf(["Salt."], "https://a.example/x"), pdf(["Salt."], _OWN), "a.pdf"),
    ):
        first, second = read(before, location=name, own_bases=bases), read(after, location=name, own_bases=bases)
        assert [(n.label, n.text, [url.as_cited for url in n.urls]) for n in second.notes] == [
            (n.label, n.text, [url.as_cited for url in n.urls]) for n in first.notes
        ]
        assert [url.as_cited for url in second.links] == [url.as_cited for url in first.links]
        cited = [url for note in second.notes for url in note.urls] or list(second.links)
        assert [url.as_cited for url in cited] == ["https://a.example/x"]
