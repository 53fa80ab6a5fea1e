"""Uploads: an editor's own file is published as a capture, marked as such, and gets its row."""

import secrets
from collections.abc import Callable
from pathlib import Path

from linkkeeper.archive.shelf import Shelf
from linkkeeper.archive.upload import UploadOrder, keep_upload
from linkkeeper.captures.pdf_text import text_of, title_of
from linkkeeper.pipeline.recovery import Recovery
from linkkeeper.vocabulary.moment import Clock
from linkkeeper.vocabulary.uri import IDENTITY_RULES

#: Pages of an uploaded PDF whose text is kept for searching.
MOST_PAGES = 60


class Uploads:
    """
    Keeps editors' files.

    Args:
        new_id: Allots a capture's id.
    """

    def __init__(
        self, *, shelf: Shelf, recovery: Recovery, clock: Clock, new_id: Callable[[], str], software: str
    ) -> None:
        self._shelf = shelf
        self._recovery = recovery
        self._clock = clock
        self._new_id = new_id
        self._software = software

    def keep(self, fetch: str, identity_key: str, file: Path, by: str) -> str:
        """
        Keep *file* as a capture of a URL.

        Returns:
            The capture's id.

        Raises:
            InputError: the file is no PDF, HTML, picture, WARC or WACZ, or is damaged.
        """
        text, title = _read_pdf(file)
        order = UploadOrder(
            url=fetch,
            identity_key=identity_key,
            identity_rules=IDENTITY_RULES,
            file=file,
            by=by,
            name=file.name,
            moment=self._clock.now(),
            software=self._software,
            text=text,
            title=title,
        )
        published = keep_upload(self._shelf.root, order, token=secrets.token_hex(12), capture_id=self._new_id())
        return self._recovery.adopt_published(published)


def _read_pdf(file: Path) -> tuple[str | None, str | None]:
    """Text and title of a PDF, which the archive itself can't read; None for every other kind."""
    with file.open("rb") as stream:
        if b"%PDF-" not in stream.read(1024):
            return None, None
    data = file.read_bytes()
    return text_of(data, most_pages=MOST_PAGES) or None, title_of(data)
