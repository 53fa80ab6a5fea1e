"""URLs in what an editor pastes: one or many, or the text of a note."""

import re

from linkkeeper.vocabulary.uri import UnusableUrl, fetch_form, is_supported

_IN_TEXT = re.compile(r"(?:https?://|www\.)[^\s<>\"“”«»|\\^`{}]+", re.I)
_AFTER = ".,;:!?'’…"
_PAIRS = {")": "(", "]": "["}


def urls_in(text: str) -> list[str]:
    """
    The URLs of *text* in order, each once.

    A line that is one word is taken as an address even without a scheme.
    """
    found: list[str] = []
    for line in text.splitlines():
        word = line.strip().strip("<>")
        if word and not re.search(r"\s", word) and "." in word and not _IN_TEXT.search(word):
            found.append(word if "://" in word else f"https://{word.lstrip('/')}")
        else:
            found.extend(_absolute(_trimmed(match.group())) for match in _IN_TEXT.finditer(line))
    return list(dict.fromkeys(url for url in found if _usable(url)))


def _absolute(url: str) -> str:
    return f"https://{url}" if url.lower().startswith("www.") else url


def _trimmed(url: str) -> str:
    """Without the punctuation of the sentence around it; brackets of its own are kept."""
    while url:
        last = url[-1]
        if last in _AFTER or (last in _PAIRS and url.count(last) > url.count(_PAIRS[last])):
            url = url[:-1]
        else:
            break
    return url


def _usable(url: str) -> bool:
    try:
        return is_supported(fetch_form(url))
    except UnusableUrl:
        return False
