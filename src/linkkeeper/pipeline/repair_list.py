"""``repairs.json``: the repairs of pages whose files can't be edited, for the middleware and the reader script."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from linkkeeper.errors import InputError
from linkkeeper.pipeline.repair_cases import UriM, case_of
from linkkeeper.relinking.anchors import Words
from linkkeeper.relinking.decide import decide_all, repairs_of
from linkkeeper.relinking.export import export, read_export
from linkkeeper.relinking.files import replace_file
from linkkeeper.vocabulary.moment import Clock
from linkkeeper.vocabulary.records import CitedLink, FollowedSource
from linkkeeper.vocabulary.relink import Apply, Repair, RepairPolicy

REPAIRS_FILE = "repairs.json"


class ListLedger(Protocol):
    """Satisfied by :class:`linkkeeper.adapters.sqlmodel_repairs.SqlRepairs`."""

    def cited_links(self, location: str, *, now: datetime) -> Sequence[CitedLink]: ...
    def to_mend(self) -> Sequence[tuple[str, FollowedSource]]: ...


class RepairLister:
    """
    Keeps the list up to date.

    Only analyses of sources with ``apply = "write"`` and the list's own policy
    are in it: elsewhere an editor has the word, and files speak for themselves.

    Args:
        path: Of the list; replaced in one step, and only when it changes.
    """

    def __init__(
        self, *, ledger: ListLedger, uri_m: UriM, policy: RepairPolicy, words: Words, path: Path, clock: Clock
    ) -> None:
        self._ledger = ledger
        self._uri_m = uri_m
        self._policy = policy
        self._words = words
        self._path = path
        self._clock = clock

    def publish(self) -> int:
        """
        Write the list; returns how many repairs are in it.

        Raises:
            StorageError: it can't be written.
        """
        repairs: dict[str, Repair] = {}
        for location, source in self._ledger.to_mend():
            if Apply(source.apply) is Apply.WRITE and RepairPolicy(source.policy) is self._policy:
                for repair in self._repairs(location):
                    repairs.setdefault(repair.url, repair)
        if not self._stands(repairs):
            moment = self._clock.now().replace(microsecond=0)
            replace_file(self._path, export(repairs.values(), moment=moment, policy=self._policy, words=self._words))
        return len(repairs)

    def _repairs(self, location: str) -> Sequence[Repair]:
        # A file may be repaired already; the page that is made of it may come from somewhere else.
        links = self._ledger.cited_links(location, now=self._clock.now())
        cases = [
            case_of(link, self._uri_m, policy=self._policy, apply=Apply.WRITE, repaired=frozenset()) for link in links
        ]
        return repairs_of(decide_all(cases))

    def _stands(self, repairs: dict[str, Repair]) -> bool:
        """True if the file holds just these: its moment, and so readers' caches, then stay."""
        try:
            held = read_export(self._path.read_bytes(), origin=str(self._path))
        except (OSError, InputError):
            return False
        now = read_export(export(repairs.values(), moment=held.moment, policy=self._policy, words=self._words))
        return held == now
