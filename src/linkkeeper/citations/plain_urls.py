"""
URLs in running text that end where nobody can doubt it.

Most do: plain characters up to a space before an ordinary word, a bracket
that closes nothing, a quote. These are told by two patterns; all others are
left to :mod:`linkkeeper.citations.boundaries`, which would give the same
answer for these, only much slower.
"""

import re

#: Characters that mean nothing special anywhere in a URL: no bracket, no quote, nothing invisible.
_PLAIN = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9-]{0,60}+\.[A-Za-z0-9]{2}[A-Za-z0-9./_?=&%#~+:@,;!$*-]{0,2000}+")
#: What ends it for certain. Behind a space, a URL may go on that ends with a joint, or with half an escape.
_OVER = re.compile(r"""\Z|[)\]>"]|(?<![/_=&?:pPsS%-])(?<!%.)[ ](?:\Z|[^\s/?&.\x80-\U0010ffff])""", re.S)
_TRAILING = ".,;:!?*"


def plain_end(text: str, start: int) -> int | None:
    """Return where the URL at *start* ends; None where none begins, or its end must be weighed."""
    match = _PLAIN.match(text, start)
    if match is None or _OVER.match(text, match.end()) is None:
        return None
    url = match.group().rstrip(_TRAILING)
    if "://" in url[8:] or text[start - 1 : start] == "_":
        return None
    return start + len(url)
