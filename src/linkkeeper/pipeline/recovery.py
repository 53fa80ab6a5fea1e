"""Recovery: what a crash left half done is finished or swept; rows are rebuilt from archive and journal."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from linkkeeper.archive.journal import Access, Journal, JournalEntry, JournalKind, TornLine, access_of
from linkkeeper.archive.publish import Published
from linkkeeper.archive.shelf import Shelf, Unreadable
from linkkeeper.pipeline.repair_journal import repair_of
from linkkeeper.vocabulary.capture import AccessLevel
from linkkeeper.vocabulary.digest import sha256_hex, sha256_of_file
from linkkeeper.vocabulary.moment import Clock
from linkkeeper.vocabulary.records import Decision, NewCapture
from linkkeeper.vocabulary.relink import FileRepair
from linkkeeper.vocabulary.uri import host_of, politeness_key

CAPTURE_ID = re.compile(rb"\d{14}-[0-9a-f]{10}")
DARK = Access(AccessLevel.PRIVATE, None, "a damaged line of the journal may concern it")


class AdoptingLedger(Protocol):
    def known(self) -> frozenset[str]: ...
    def adopt(self, capture: NewCapture, *, now: datetime) -> bool: ...
    def leased_tokens(self) -> frozenset[str]: ...


class AccessLedger(Protocol):
    def journaled(self) -> frozenset[str]: ...
    def link_for(self, *, identity_key: str, fetch_form: str, host: str, now: datetime) -> int: ...
    def set_access(
        self, capture_id: str, level: AccessLevel, *, until: datetime | None, decision: Decision
    ) -> None: ...


class RepairRows(Protocol):
    def known_repairs(self) -> frozenset[str]: ...
    def add(self, repair: FileRepair) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What a rebuild brought; *trouble* names what could not be read, a sentence each."""

    captures: int
    added: int
    dark: int
    trouble: tuple[str, ...]


class Recovery:
    """Joins the archive, the journal and the rows again after a crash or a loss."""

    def __init__(
        self, *, shelf: Shelf, journal: Journal, captures: AdoptingLedger, access: AccessLedger, clock: Clock
    ) -> None:
        self._shelf = shelf
        self._journal = journal
        self._captures = captures
        self._access = access
        self._clock = clock

    def carry_out_journal(self, carry_out: Callable[[JournalEntry], None]) -> int:
        """Carry out access changes whose line stands without its row; returns how many."""
        done = self._access.journaled()
        late = [entry for entry in self._journal.entries() if entry.kind is JournalKind.ACCESS and entry.id not in done]
        for entry in late:
            carry_out(entry)
        return len(late)

    def adopt_repairs(self, repairs: RepairRows) -> int:
        """Give journaled edits of files their row, where the file shows that they were made."""
        known = repairs.known_repairs()
        lines = [repair for entry in self._journal.entries() if (repair := repair_of(entry)) is not None]
        late = [repair for repair in lines if repair.id not in known and _was_made(repair, lines)]
        for repair in late:
            repairs.add(repair)
        return len(late)

    def adopt(self) -> int:
        """Give published captures that have no row theirs, with the access that the journal tells."""
        known = self._captures.known()
        orphans = list(self._shelf.without_row(known))
        if not orphans:
            return 0
        dark = self._dark()
        return sum(self._adopt_one(published, dark) for published in orphans)

    def sweep_abandoned(self) -> list[str]:
        """Remove drafts of visits that nobody makes any more; those under a living lease stay."""
        return self._shelf.sweep(keep=self._captures.leased_tokens())

    def rebuild(self) -> Rebuilt:
        """Recreate rows of captures from their manifests, and their access from the journal."""
        trouble: list[str] = []
        readable = 0
        for manifest in self._shelf.manifests():
            if isinstance(manifest, Unreadable):
                trouble.append(str(manifest))
            else:
                readable += 1
        trouble += [f"{line.file}:{line.number}: {line.reason}" for line in self._torn()]
        added = self.adopt()
        dark = self._dark()
        for capture_id, access in dark.items():
            self._set(capture_id, access)
        return Rebuilt(captures=readable, added=added, dark=len(dark), trouble=tuple(trouble))

    def adopt_published(self, published: Published) -> str:
        """Give one fresh capture (an upload) its row; returns its id."""
        self._adopt_one(published, {})
        return published.capture_id

    def _adopt_one(self, published: Published, dark: dict[str, Access]) -> bool:
        about = published.manifest.about
        link_id = self._access.link_for(
            identity_key=about.identity_key,
            fetch_form=about.url,
            host=politeness_key(host_of(about.url)),
            now=self._clock.now(),
        )
        text = self._shelf.text(published.capture_id, moment=published.moment)
        added = self._captures.adopt(
            new_capture(published, link_id=link_id, root=self._shelf.root, text=text or ""), now=self._clock.now()
        )
        if published.capture_id in dark:
            self._set(published.capture_id, dark[published.capture_id])
        return added

    def _dark(self) -> dict[str, Access]:
        """Access of every capture that the journal speaks of, and of those that a torn line may mean."""
        found = dict(access_of(self._journal.entries()))
        for line in self._torn():
            for capture_id in CAPTURE_ID.findall(_raw_line(self._journal.folder / line.file, line.number)):
                found[capture_id.decode()] = DARK
        return {key: value for key, value in found.items() if value.level is not AccessLevel.OPEN}

    def _torn(self) -> list[TornLine]:
        return [item for item in self._journal.read() if isinstance(item, TornLine)]

    def _set(self, capture_id: str, access: Access) -> None:
        decision = Decision(
            moment=self._clock.now(), kind="access", subject=capture_id, actor="rebuild", reason=access.reason
        )
        self._access.set_access(capture_id, access.level, until=access.until, decision=decision)


def new_capture(published: Published, *, link_id: int, root: Path, text: str) -> NewCapture:
    """The row's value of a published capture, from its manifest."""
    about = published.manifest.about
    return NewCapture(
        id=published.capture_id,
        link_id=link_id,
        url=about.url,
        moment=published.main_moment,
        quality=about.quality,
        reason=about.quality_reason,
        directory=published.directory.relative_to(root).as_posix(),
        files=(*sorted(published.files), "manifest.json", "manifest.sha256"),
        manifest_sha256=published.manifest_sha256,
        total_bytes=published.total_bytes,
        title=about.page.title,
        media_type=about.media_type,
        language=about.page.language,
        http_status=about.status,
        final_url=about.final_url,
        text=text,
        text_sha256=sha256_hex(text.encode()) if text else None,
        uploaded_by=about.uploaded_by,
    )


def _was_made(repair: FileRepair, lines: Sequence[FileRepair]) -> bool:
    """An edit counts as made only if the file is what it left, or a later line started from that."""
    if any(later.location == repair.location and later.before_sha256 == repair.after_sha256 for later in lines):
        return True
    try:
        return sha256_of_file(Path(repair.location)) == repair.after_sha256
    except OSError:
        return False


def _raw_line(path: Path, number: int) -> bytes:
    with path.open("rb") as stream:
        for count, line in enumerate(stream, start=1):
            if count == number:
                return line
    return b""
