"""Text is decoded as browsers do it, and each character knows its byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.pages.decode import decode, printable


@pytest.mark.parametrize(
    ("data", "declared", "encoding", "text"),
    [
        ("déjà vu".encode(), None, "utf-8", "déjà vu"),
        (b"\xef\xbb\xbfd\xc3\xa9j\xc3\xa0", None, "utf-8", "déjà"),
        ("“quoted”".encode("cp1252"), None, "windows-1252", "“quoted”"),
        ("é".encode("latin-1"), "text/html; charset=ISO-8859-1", "windows-1252", "é"),
        ("сноска".encode("koi8-r"), "text/html;charset=koi8-r", "koi8-r", "сноска"),
        ("注釈".encode("cp932"), "text/html; charset=Shift_JIS", "shift_jis", "注釈"),
        ("注释".encode("gb18030"), "text/html; charset=gb2312", "gb18030", "注释"),
        ("\ufeffnote".encode("utf-16-le"), "text/html; charset=utf-8", "utf-16le", "note"),
        (b"caf\xc3\xa9", "text/html; charset=no-such-thing", "utf-8", "café"),
    ],
)
def test_the_encoding_is_found_as_browsers_find_it(data: bytes, declared: str, encoding: str, text: str) -> None:
    decoded = decode(data, declared_type=declared)
    assert (decoded.encoding, decoded.text) == (encoding, text)


def test_a_page_may_name_its_own_encoding() -> None:
    page = '<meta charset="windows-1251"><p>сноска'.encode("cp1251")
    assert decode(page, markup=True).text.endswith("сноска")
    assert decode(b'<meta charset="utf-16"><p>x', markup=True).encoding == "utf-8"


@given(
    st.binary(max_size=300), st.sampled_from(["utf-8", "shift_jis", "gbk", "big5", "euc-kr", "utf-16", "iso-2022-jp"])
)
def test_every_character_knows_its_byte(data: bytes, charset: str) -> None:
    decoded = decode(data, declared_type=f"text/plain; charset={charset}")
    places = [decoded.byte(index) for index in range(len(decoded.text) + 1)]
    assert places == sorted(places)
    assert places[-1] <= len(data)
    printable(decoded.text).encode()


@given(st.text(max_size=1500), st.integers(0, 1500), st.integers(0, 1500))
def test_spans_are_the_bytes_of_the_text(text: str, start: int, end: int) -> None:
    data = "\ufeff".encode() + text.encode("utf-8", "replace")
    decoded = decode(data)
    start, end = sorted((min(start, len(decoded.text)), min(end, len(decoded.text))))
    assert decoded.span(start, end).of(data).decode() == decoded.text[start:end]
    assert decoded.index(decoded.byte(start)) == start
