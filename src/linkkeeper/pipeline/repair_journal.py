"""Repairs of published files as lines of the journal, and back."""

from collections.abc import Sequence

from linkkeeper.archive.journal import Journal, JournalEntry, JournalKind
from linkkeeper.relinking.ports import RepairJournal
from linkkeeper.vocabulary.relink import Edit, FileRepair


class JournaledRepairs:
    """
    Satisfies :class:`linkkeeper.relinking.ports.RepairJournal`: the synced line first, then the row.

    Without rows the journal alone is enough, so that a publisher's own map can
    be applied and taken back where there is no database.

    Args:
        rows: Where repairs are looked up, if there is a database.
    """

    def __init__(self, journal: Journal, *, rows: RepairJournal | None = None) -> None:
        self._journal = journal
        self._rows = rows
        #: What the journal holds, by file; read once, as a folder of files asks for each.
        self._known: dict[str, list[FileRepair]] | None = None

    def add(self, repair: FileRepair) -> None:
        self._journal.append(entry_of(repair))
        if self._rows is not None:
            self._rows.add(repair)
        elif self._known is not None:
            self._known.setdefault(repair.location, []).append(repair)

    def repairs_of(self, location: str) -> Sequence[FileRepair]:
        """All lines of one file, oldest first; one may stand without its change, if a crash came between."""
        if self._rows is not None:
            return self._rows.repairs_of(location)
        if self._known is None:
            self._known = {}
            for entry in self._journal.entries():
                repair = repair_of(entry)
                if repair is not None:
                    self._known.setdefault(repair.location, []).append(repair)
        return tuple(self._known.get(location, ()))


def entry_of(repair: FileRepair) -> JournalEntry:
    return JournalEntry(
        id=repair.id,
        moment=repair.moment.replace(microsecond=0),
        kind=JournalKind.UNDO if repair.undoes else JournalKind.EDIT,
        subject=repair.location,
        actor=repair.who,
        reason=repair.why,
        before={"sha256": repair.before_sha256},
        after={
            "sha256": repair.after_sha256,
            "undoes": repair.undoes,
            "edits": [edit.as_json() for edit in repair.edits],
        },
    )


def repair_of(entry: JournalEntry) -> FileRepair | None:
    """None for a line of another kind, or one that no release of ours has written."""
    if entry.kind not in (JournalKind.EDIT, JournalKind.UNDO):
        return None
    try:
        return FileRepair(
            id=entry.id,
            location=entry.subject,
            moment=entry.moment,
            who=entry.actor,
            why=entry.reason,
            before_sha256=entry.before["sha256"],
            after_sha256=entry.after["sha256"],
            edits=tuple(Edit.from_json(item) for item in entry.after["edits"]),
            undoes=entry.after["undoes"],
        )
    except (KeyError, TypeError, ValueError):
        return None
