"""What relinking needs from outside; joined in :mod:`linkkeeper.assembly`."""

from collections.abc import Sequence
from typing import Protocol

from linkkeeper.vocabulary.citation import Reading
from linkkeeper.vocabulary.relink import FileRepair


class ReadCitations(Protocol):
    """Reads what an edition cites, each URL with its places; satisfied by :func:`linkkeeper.citations.read.read`."""

    def __call__(
        self,
        data: bytes,
        *,
        location: str,
        declared_type: str | None = ...,
        own_bases: Sequence[str] = ...,
        publisher_hosts: frozenset[str] = ...,
    ) -> Reading: ...


class RepairJournal(Protocol):
    """
    Keeps carried-out repairs: a synced journal line before the change, then the row.

    Satisfied by shape; the files that are repaired are none of its business.
    """

    def add(self, repair: FileRepair) -> None:
        """Write the line and sync it; only then may the file be changed."""
        ...

    def repairs_of(self, location: str) -> Sequence[FileRepair]:
        """All repairs and undos of one file, in the order they were made."""
        ...
