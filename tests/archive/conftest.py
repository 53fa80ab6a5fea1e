"""Closes the drafts that a test opened: warnings are errors here."""

from collections.abc import Iterator

import pytest

import archive_making


@pytest.fixture(autouse=True)
def _closed_drafts() -> Iterator[None]:
    yield
    while archive_making.OPENED:
        archive_making.OPENED.pop().abandon()
