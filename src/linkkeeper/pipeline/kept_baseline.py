"""The page that looks are compared with, as its capture keeps it."""

import json

import structlog

from linkkeeper.archive.shelf import Shelf
from linkkeeper.captures.decoding import payload
from linkkeeper.captures.main_resource import COMPARED_BYTES
from linkkeeper.captures.messages import MalformedMessage, head_end, read_response
from linkkeeper.checks.case import Baseline, baseline_of
from linkkeeper.errors import LinkkeeperError
from linkkeeper.pages.text import Page, read_page

log = structlog.get_logger()


def kept_baseline(shelf: Shelf, capture_id: str) -> Baseline | None:
    """
    Read a capture's sketches.

    Sketches of a release that hashed words otherwise are made anew from the
    capture's own record and text; the capture itself never changes.

    Returns:
        None where the capture keeps nothing to compare with.
    """
    content = shelf.sketches(capture_id)
    if not content:
        return None
    try:
        return Baseline.from_json(json.loads(content))
    except (ValueError, KeyError) as error:
        reason = str(error)
    try:
        return _made_anew(shelf, capture_id)
    except (LinkkeeperError, MalformedMessage) as error:
        log.warning("baseline unreadable", capture=capture_id, reason=reason, error=str(error))
        return None


def _made_anew(shelf: Shelf, capture_id: str) -> Baseline:
    main = shelf.manifest(capture_id).main
    text = shelf.text(capture_id) or ""
    if main is None:
        return baseline_of(read_page(text.encode(), "text/plain; charset=utf-8"), final_url=None)
    _, block = shelf.record(capture_id, offset=main.offset, length=main.length)
    return baseline_of(_page_in(block), final_url=main.url, rendered_text=text or None)


def _page_in(block: bytes) -> Page:
    """Read the page in a recorded answer: its head and its body as received."""
    end = head_end(block)
    head = read_response(block[:end])
    return read_page(payload(head, block[end:], limit=COMPARED_BYTES), head.text(b"content-type") or None)
