"""The bytes of a visit's main resource, as the server sent them."""

from linkkeeper.captures.decoding import payload
from linkkeeper.captures.ledger import Ledger
from linkkeeper.captures.spool import content
from linkkeeper.captures.steps import StepSkipped

LARGEST_DOCUMENT = 8_000_000
#: As much of a document as a look reads.
COMPARED_BYTES = 262_144


def own_pdf(ledger: Ledger, *, limit: int) -> bytes:
    """
    The PDF itself, decoded, up to *limit* bytes.

    Raises:
        StepSkipped: it did not arrive, or is none.
    """
    main = ledger.main
    exchange = ledger.exchange_of(main) if main is not None else None
    if exchange is None or main is None or main.answer is None:
        raise StepSkipped("the file did not arrive")
    pdf = payload(main.answer, content(exchange.response_body), limit=limit)
    if b"%PDF-" not in pdf[:1024]:
        raise StepSkipped("called a PDF, but it is none")
    return pdf


def sent_document(ledger: Ledger) -> bytes:
    """The document, decoded, cut as looks cut theirs: later looks are compared with it; empty if it did not arrive."""
    main = ledger.main
    exchange = ledger.exchange_of(main) if main is not None else None
    if exchange is None or main is None or main.answer is None or exchange.response_body.length > LARGEST_DOCUMENT:
        return b""
    return payload(main.answer, content(exchange.response_body), limit=COMPARED_BYTES)
