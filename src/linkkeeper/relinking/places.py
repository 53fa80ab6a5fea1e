"""Places: where a URL stands in a text, and what a repair puts there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from linkkeeper.pages.decode import codec_of
from linkkeeper.relinking.anchors import Words
from linkkeeper.vocabulary.citation import OccurrenceForm
from linkkeeper.vocabulary.edition import Span
from linkkeeper.vocabulary.relink import Edit, Refusal, RefusalReason, Repair


@dataclass(frozen=True, slots=True)
class Place:
    """
    One occurrence of a citation.

    *span* covers the URL's bytes as written; *url* is what they say after
    unescaping the carrier's own escapes.
    """

    url: str
    span: Span
    form: OccurrenceForm


@dataclass(frozen=True, slots=True)
class Cut:
    """One range of a text and what replaces it; an empty range only adds."""

    span: Span
    after: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """
    One place to repair.

    Attributes:
        data: The whole text.
        encoding: Python's name of the encoding that *data* is in.
        annotate: The original link stays; a second one is added.
    """

    data: bytes
    encoding: str
    place: Place
    repair: Repair
    words: Words
    annotate: bool = False

    def encoded(self, text: str) -> bytes:
        """*text* in the encoding of the document, without a byte order mark."""
        return encode(text, self.encoding)

    def refuse(self, reason: RefusalReason, words: str) -> Refusal:
        return Refusal(url=self.place.url, reason=reason, words=words, span=self.place.span)

    @property
    def reason(self) -> str:
        return self.repair.why or f"the link is {self.repair.state.value.replace('_', ' ')}"


#: What a splice answers: cuts; a refusal; or None for a place that is repaired already.
Answer = Sequence[Cut] | Refusal | None


def encode(text: str, encoding: str, *, errors: str = "strict") -> bytes:
    """
    Encode a piece of text that goes into the middle of a document.

    Raises:
        UnicodeEncodeError: the encoding has no such character.
    """
    name = codec_of(encoding).lower().replace("_", "-")
    if name in ("utf-8-sig", "utf8"):
        name = "utf-8"
    # "utf-16" as such would put a byte order mark before every piece.
    if name in ("utf-16", "utf-32"):
        name += "-le"
    return text.encode(name, errors)


def join(data: bytes, cuts: Iterable[Cut]) -> bytes:
    """*data* with each cut's range replaced; cuts ascending and not overlapping."""
    pieces: list[bytes] = []
    position = 0
    for cut in cuts:
        pieces += [data[position : cut.span.start], cut.after]
        position = cut.span.end
    return b"".join([*pieces, data[position:]])


def unsplice(data: bytes, edits: Sequence[Edit]) -> bytes:
    """The inverse of a repair, by place alone: what *data* was before *edits*, ascending."""
    pieces: list[bytes] = []
    position = 0
    for edit in edits:
        start = edit.span.start + edit.shift
        pieces += [data[position:start], edit.before]
        position = start + len(edit.after)
    return b"".join([*pieces, data[position:]])
