"""What looks are compared with: read from the capture, or made anew where another release made it."""

import gzip
import json
from pathlib import Path

import pytest
from tests.archive_making import URL, exchange, published

from linkkeeper.archive.shelf import Shelf
from linkkeeper.checks.case import baseline_of
from linkkeeper.pages.shingles import HASH_VERSION
from linkkeeper.pages.text import read_page
from linkkeeper.pipeline.kept_baseline import kept_baseline

PAGE = (
    "<html lang=en><title>Water of the valley</title><body><article><p>"
    + " ".join(f"Well {number} gave {number * 7} buckets in a dry summer." for number in range(90))
    + '</p><a href="/wells">wells</a></article></body></html>'
).encode()
NOW = baseline_of(read_page(PAGE, "text/html; charset=utf-8"), final_url=URL)
_TYPE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
_PACKED = gzip.compress(PAGE)
FORMS = {
    "plain": (_TYPE + b"\r\n", PAGE),
    "packed": (_TYPE + b"Content-Encoding: gzip\r\n\r\n", _PACKED),
    "in chunks": (
        _TYPE + b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n",
        b"%x\r\n%s\r\n0\r\n\r\n" % (len(_PACKED), _PACKED),
    ),
}


def of_an_earlier_release() -> dict[str, object]:
    """Sketches whose hashes are not ours."""
    old = NOW.to_json()
    for part in ("main", "visible"):
        old[part] = old[part] | {"version": HASH_VERSION - 1, "sample": ["00000000000000ff"]}
    return old


def test_sketches_of_this_release_are_read(tmp_path: Path) -> None:
    published(tmp_path, sketches=NOW.to_json())
    assert kept_baseline(Shelf(tmp_path), "capture-1") == NOW


@pytest.mark.parametrize("form", FORMS)
def test_sketches_of_an_earlier_release_are_made_anew_from_the_record(form: str, tmp_path: Path) -> None:
    head, body = FORMS[form]
    made = published(
        tmp_path, exchanges=[exchange(content=body, head=head, main=True)], sketches=of_an_earlier_release()
    )
    before = (made.directory / "sketches.json").read_bytes()
    assert kept_baseline(Shelf(tmp_path), "capture-1") == NOW
    assert (made.directory / "sketches.json").read_bytes() == before


def test_a_capture_without_a_main_record_is_compared_by_its_text(tmp_path: Path) -> None:
    words = "A letter that an editor uploaded, of which nothing but the text is left to compare with."
    published(tmp_path, exchanges=[exchange()], sketches=of_an_earlier_release(), text=words)
    anew = kept_baseline(Shelf(tmp_path), "capture-1")
    assert anew == baseline_of(read_page(words.encode(), "text/plain"), final_url=None)


def test_a_capture_without_sketches_has_no_baseline(tmp_path: Path) -> None:
    published(tmp_path, sketches=None)
    assert kept_baseline(Shelf(tmp_path), "capture-1") is None


def test_sketches_that_are_none_are_made_anew(tmp_path: Path) -> None:
    published(tmp_path, exchanges=[exchange(content=PAGE, main=True)], sketches={"simhash": "ff"})
    anew = kept_baseline(Shelf(tmp_path), "capture-1")
    assert anew is not None
    assert json.loads(json.dumps(anew.to_json())) == NOW.to_json()
