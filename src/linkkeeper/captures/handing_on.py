"""
How an answer is handed on to the browser.

Everything as it came, with one exception: the document of a page or frame ends
for the browser with its connection, whatever framing the origin gave it. A document
that breaks off, at the origin or at a limit of ours, is then shown as far as
it came; told of the break, Chromium drops what it has not yet parsed, which
behind a script that loads late is all of it. The record says that it broke off.
"""

from linkkeeper.captures.framing import BodyEnd, ChunkedBody
from linkkeeper.captures.ledger import Asked
from linkkeeper.captures.messages import Framing, ResponseHead, without_fields
from linkkeeper.captures.source_kind import SourceKind, kind_of
from linkkeeper.captures.wire import Wire, WireLost

#: Header lines that the browser must not act on: it would ask for credentials
#: instead of showing the page, or leave for a protocol that we can't record.
_KEPT_FROM_BROWSER = frozenset({b"www-authenticate", b"proxy-authenticate", b"alt-svc"})
_FRAMING_FIELDS = frozenset({b"content-length", b"transfer-encoding", b"trailer"})


class HandingOn:
    """
    The browser's side of one answer.

    Args:
        browser: None when nobody waits for the answer.
        framing: Of the body, as it comes from the origin.
    """

    def __init__(self, browser: Wire | None, asked: Asked, head: ResponseHead, framing: Framing) -> None:
        self._browser = browser
        self._head = head
        self._framing = framing
        shown = asked.navigation and kind_of(head) is SourceKind.PAGE
        self._document = shown and framing is not Framing.NONE

    @property
    def ends_with_connection(self) -> bool:
        return self._document or self._framing is Framing.UNTIL_CLOSE

    @property
    def hides_breaks(self) -> bool:
        """Whether a body that breaks off would look whole to the browser though it should not."""
        return self._framing is Framing.UNTIL_CLOSE and not self._document

    async def head(self) -> None:
        unwanted = _KEPT_FROM_BROWSER | _FRAMING_FIELDS if self._document else _KEPT_FROM_BROWSER
        await self._send(without_fields(self._head, unwanted))

    async def piece(self, piece: bytes, end: BodyEnd) -> None:
        """Hand on what *end* was just fed."""
        if self._document and isinstance(end, ChunkedBody):
            piece = b"".join(piece[start:stop] for start, stop in end.data_spans)
        await self._send(piece)

    async def _send(self, data: bytes) -> None:
        if self._browser is None or self._browser.lost or not data:
            return
        try:
            await self._browser.send(data)
        except WireLost:
            return
