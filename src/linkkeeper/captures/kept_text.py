"""How much of a page's text something made of it has: its print, its document."""

import re
from unicodedata import normalize

_WORD = re.compile(r"\w{2,}")
_NO_LETTERS = re.compile(r"[\W_]+")
_RUN = 5
_BLOCK = 1 << 16
_LONGEST_TEXT = 300_000
_FEWEST_LETTERS = 20


class KeptText:
    """
    Meets a page's text again, piece by piece.

    By words and by runs of letters, whichever finds more: a print breaks the lines of scripts
    without spaces and splits words where it changes fonts, which leaves the letters in their
    order; right-to-left lines change their order and leave the words.
    """

    def __init__(self, page_text: str) -> None:
        text = _folded(page_text[:_LONGEST_TEXT])
        letters = _NO_LETTERS.sub("", text)
        self._words = set(_WORD.findall(text))
        self._runs = {letters[at : at + _RUN] for at in range(len(letters) - _RUN + 1)}
        self._all = (len(self._words), len(self._runs))
        self._tellable = len(letters) >= _FEWEST_LETTERS

    def meet(self, kept: str) -> None:
        """Take note of what one piece has."""
        for start in range(0, len(kept), _BLOCK):
            text = _folded(kept[start : start + _BLOCK])
            letters = _NO_LETTERS.sub("", text)
            self._words.difference_update(_WORD.findall(text))
            self._runs.difference_update(letters[at : at + _RUN] for at in range(len(letters) - _RUN + 1))

    @property
    def share(self) -> float | None:
        """0 to 1; None when the page has too little text to tell."""
        if not self._tellable:
            return None
        left = (len(self._words), len(self._runs))
        return max(1 - missing / whole for missing, whole in zip(left, self._all, strict=True) if whole)


def _folded(text: str) -> str:
    """Ligatures and the presentation forms of letters, which prints are made of, as plain letters."""
    return normalize("NFKC", text).casefold()
