"""
Splicing where the URL stays and the archived link follows: plain text and bare URLs elsewhere.

The form is one for all formats without markup of their own:
``https://example.org/a [archived 2026-11-22: URI-M].``
"""

import re

from linkkeeper.pages.decode import codec_of
from linkkeeper.relinking.anchors import known_words, suffix
from linkkeeper.relinking.places import Answer, Cut, Task, encode
from linkkeeper.vocabulary.edition import Span
from linkkeeper.vocabulary.relink import RefusalReason

_MARK = re.compile(
    rf" \[(?:{'|'.join(sorted(re.escape(word) for word in known_words()))}) \d{{4}}-\d\d-\d\d(?:: |\]\()"
)
_LONGEST_MARK = 40


def add_suffix(task: Task, *, at: int | None = None) -> Answer:
    """
    Put the archived link after the URL.

    Args:
        at: Where instead of right after the URL: behind the whole link, where
            the URL is its destination.
    """
    position = task.place.span.end if at is None else at
    if is_repaired(task, position):
        return None
    try:
        text = task.encoded(suffix(task.repair, task.words))
    except UnicodeEncodeError:
        return unwritable(task)
    return [Cut(Span(position, position), text)]


def is_repaired(task: Task, position: int) -> bool:
    """True if an archived link stands at *position* already."""
    longest = len(encode(" " * _LONGEST_MARK, task.encoding))
    following = task.data[position : position + longest].decode(codec_of(task.encoding), "ignore")
    return _MARK.match(following) is not None


def unwritable(task: Task) -> Answer:
    words = f"the document's encoding ({task.encoding}) can't hold the archived link"
    return task.refuse(RefusalReason.UNWRITABLE, words)
