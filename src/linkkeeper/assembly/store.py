"""What needs no network: storage, database, decisions, accounts, reading."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from linkkeeper import __version__
from linkkeeper.adapters.apscheduler_beats import next_time
from linkkeeper.adapters.git_tree import GitBranches
from linkkeeper.adapters.jinja_report import JinjaReport
from linkkeeper.adapters.local_editions import LocalEditions
from linkkeeper.adapters.sqlmodel_accounts import SqlAccounts
from linkkeeper.adapters.sqlmodel_analyses import SqlAnalyses
from linkkeeper.adapters.sqlmodel_captures import SqlCaptures
from linkkeeper.adapters.sqlmodel_catalogue import SqlCatalogue
from linkkeeper.adapters.sqlmodel_checks import SqlChecks
from linkkeeper.adapters.sqlmodel_decisions import SqlDecisions
from linkkeeper.adapters.sqlmodel_engine import Database, backup_database, open_database
from linkkeeper.adapters.sqlmodel_hosts import SqlHosts
from linkkeeper.adapters.sqlmodel_repairs import SqlRepairs
from linkkeeper.adapters.sqlmodel_requests import new_capture_id
from linkkeeper.adapters.sqlmodel_sources import SqlSources
from linkkeeper.archive.journal import Journal
from linkkeeper.archive.shelf import Shelf
from linkkeeper.citations.read import read
from linkkeeper.errors import StorageError
from linkkeeper.pipeline.editing import Editing
from linkkeeper.pipeline.following import FollowDefaults, Following
from linkkeeper.pipeline.mend import Mender
from linkkeeper.pipeline.recovery import Recovery
from linkkeeper.pipeline.repair_cases import KnownFromStore, UriM
from linkkeeper.pipeline.repair_journal import JournaledRepairs
from linkkeeper.pipeline.uploads import Uploads
from linkkeeper.relinking.anchors import words_of
from linkkeeper.settings import Settings
from linkkeeper.vocabulary.memento import memento_path
from linkkeeper.vocabulary.moment import Clock, SystemClock, to_timestamp
from linkkeeper.vocabulary.relink import RepairPolicy

SOFTWARE = f"linkkeeper {__version__}"
BACKUPS = "backups"
EDITIONS = "editions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Everything that is kept, and what may be decided about it."""

    settings: Settings
    clock: Clock
    database: Database
    shelf: Shelf
    journal: Journal
    editions: LocalEditions
    analyses: SqlAnalyses
    captures: SqlCaptures
    checks: SqlChecks
    hosts: SqlHosts
    sources: SqlSources
    decisions: SqlDecisions
    accounts: SqlAccounts
    catalogue: SqlCatalogue
    editing: Editing
    uploads: Uploads
    mender: Mender
    repairs: SqlRepairs
    following: Following
    recovery: Recovery
    report: JinjaReport

    def backup(self, target: Path | None = None) -> Path:
        """
        Copy the database to *target*, or to the backups folder under its moment.

        Raises:
            DatabaseError: it can't be written.
        """
        folder = self.settings.storage.path / BACKUPS
        path = target or folder / f"linkkeeper-{to_timestamp(self.clock.now())}.db"
        backup_database(self.database, path)
        return path


@contextlib.contextmanager
def open_store(settings: Settings, *, clock: Clock | None = None) -> Iterator[Store]:
    """
    Open storage and database, made on first use, and finish what a crash interrupted.

    Raises:
        StorageError: the storage folder can't be made or written.
        DatabaseError: the database is locked, damaged or newer.
    """
    now = clock or SystemClock()
    root = settings.storage.path
    _require_writable(root)
    database = open_database(settings.database_url, backups=root / BACKUPS, now=now.now())
    try:
        store = _store(settings, now, database)
        store.recovery.carry_out_journal(store.editing.carry_out)
        store.recovery.adopt_repairs(store.repairs)
        yield store
    finally:
        database.close()


def _store(settings: Settings, clock: Clock, database: Database) -> Store:
    root = settings.storage.path
    shelf, journal = Shelf(root), Journal(root)
    captures, decisions, sources = SqlCaptures(database), SqlDecisions(database), SqlSources(database)
    recovery = Recovery(shelf=shelf, journal=journal, captures=captures, access=decisions, clock=clock)
    uploads = Uploads(
        shelf=shelf,
        recovery=recovery,
        clock=clock,
        new_id=lambda: new_capture_id(SystemClock().now()),
        software=SOFTWARE,
    )
    repairs = SqlRepairs(database)
    mender = _mender(settings, clock, repairs, journal)
    following = Following(ledger=sources, clock=clock, defaults=_defaults(settings), next_time=next_time)
    editing = Editing(
        ledger=decisions,
        journal=journal,
        clock=clock,
        keep_upload=uploads.keep,
        following=following,
        repairs=mender,
    )
    return Store(
        settings=settings,
        clock=clock,
        database=database,
        shelf=shelf,
        journal=journal,
        editions=LocalEditions(root / EDITIONS),
        analyses=SqlAnalyses(database),
        captures=captures,
        checks=SqlChecks(database),
        hosts=SqlHosts(database),
        sources=sources,
        decisions=decisions,
        accounts=SqlAccounts(database),
        catalogue=SqlCatalogue(database, clock=clock),
        editing=editing,
        uploads=uploads,
        mender=mender,
        repairs=repairs,
        following=following,
        recovery=recovery,
        report=JinjaReport(root),
    )


def _defaults(settings: Settings) -> FollowDefaults:
    chosen = settings.sources
    return FollowDefaults(schedule=chosen.schedule, apply=chosen.apply, policy=chosen.policy)


@contextlib.contextmanager
def open_known_repairs(settings: Settings) -> Iterator[KnownFromStore]:
    """What the store knows of the sources of any file; for ``relink``."""
    with open_store(settings) as store:
        yield KnownFromStore(
            ledger=store.repairs,
            journal=JournaledRepairs(store.journal, rows=store.repairs),
            read=read,
            uri_m=public_uri(settings),
            own_bases=settings.own_bases,
            clock=store.clock,
            policy=RepairPolicy(settings.sources.policy),
        )


def public_uri(settings: Settings) -> UriM:
    """How captures of ours are addressed: None for each while ``[web] public_url`` is unset."""
    public = settings.web.public_url.rstrip("/")
    return lambda capture, url: f"{public}{memento_path(to_timestamp(capture.moment), url)}" if public else None


def _mender(settings: Settings, clock: Clock, repairs: SqlRepairs, journal: Journal) -> Mender:
    return Mender(
        ledger=repairs,
        journal=JournaledRepairs(journal, rows=repairs),
        read=read,
        words=words_of(settings.relinking.language),
        uri_m=public_uri(settings),
        own_bases=settings.own_bases,
        backups=settings.storage.path / BACKUPS / "texts",
        clock=clock,
        branches=GitBranches(clock=clock),
        notes_only=settings.citations.scope == "notes",
    )


def _require_writable(root: Path) -> None:
    try:
        root.mkdir(parents=True, exist_ok=True)
        probe = root / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise StorageError(
            "use the storage folder",
            subject=str(root),
            reason=error.strerror or str(error),
            hint="check [storage] path, its owner and the free space",
        ) from error
