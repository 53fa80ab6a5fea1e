"""Bodies of one endless word, or of one word again and again, are read in the time that any page takes."""

import pytest

from linkkeeper.pages.marks import consent_words, geography_words, labels, login_words
from linkkeeper.pages.missing import missing_marks
from linkkeeper.pages.parking import parking_marks
from linkkeeper.pages.text import read_page
from linkkeeper.pages.walls import wall_marks

_BYTES = 100_000


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "word", ["x", "a.", "a-", "_", "«a", "is for sale ", " - ", "access denied | ", "make sure you "]
)
@pytest.mark.parametrize("page", ["{}", "<p>{}", "<title>{}</title>", "<h1>{}</h1>"])
def test_every_pattern_comes_to_an_end(word: str, page: str) -> None:
    """A pattern that tries again from each of a quarter of a million places never ends, and nothing else is checked."""
    body = page.format(word * (_BYTES // len(word))).encode()
    read = read_page(body, "text/html")
    assert len(labels(read.title)) <= 1_000
    assert not consent_words(read)
    assert not geography_words(read)
    assert not login_words(read)
    parking_marks(body, read, host="a.example")
    missing_marks(body, read)
    wall_marks(body, read)
