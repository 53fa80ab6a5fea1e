"""The database: opening, migrating, and the two kinds of transactions."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.exc import DatabaseError as SqlDatabaseError
from sqlmodel import Session

from linkkeeper.errors import ConfigurationError, DatabaseError

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_S = 10


class Database:
    """
    Sync sessions on one engine.

    ``reading()`` is a deferred transaction; ``writing()`` begins immediately,
    because on SQLite a transaction that reads first and writes later fails at
    once when another writer came between, whatever the busy timeout.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._watching: sqlite3.Connection | None = None
        self._watch_lock = threading.Lock()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        with _clear_errors(str(self.engine.url)), Session(self.engine) as session:
            yield session

    @contextlib.contextmanager
    def writing(self) -> Iterator[Session]:
        with _clear_errors(str(self.engine.url)), Session(self.engine) as session:
            session.connection(execution_options={"linkkeeper_immediate": True})
            yield session
            session.commit()

    def version(self) -> int:
        """
        Another number after each commit, of this process or another.

        SQLite tells a connection what *others* committed, so this one is kept
        apart and never writes. It costs some microseconds and no disk access.
        """
        with self._watch_lock:
            if self._watching is None:
                pooled = self.engine.raw_connection()
                self._watching = cast(sqlite3.Connection, pooled.driver_connection)
                pooled.detach()
            return int(self._watching.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        with self._watch_lock:
            if self._watching is not None:
                self._watching.close()
                self._watching = None
        self.engine.dispose()


def open_database(url: str, *, backups: Path, now: datetime) -> Database:
    """
    Open the database, made or upgraded to this release's tables.

    Before an upgrade a copy is left under *backups*.

    Raises:
        ConfigurationError: *url* is no SQLite URL.
        DatabaseError: locked, damaged, or written by a newer release.
    """
    engine = _engine(url)
    database = Database(engine)
    with _clear_errors(url):
        _upgrade(database, backups=backups, now=now)
    return database


def backup_database(database: Database, target: Path) -> None:
    """
    Write a consistent copy with ``VACUUM INTO``; readers and writers go on.

    Raises:
        DatabaseError: *target* exists or can't be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    part.unlink(missing_ok=True)
    # Not through a session: VACUUM runs in no transaction, and ours begin one.
    with _clear_errors(str(target)), contextlib.closing(database.engine.raw_connection()) as connection:
        connection.cursor().execute("VACUUM INTO ?", (str(part),))
    part.replace(target)


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError("open the database", subject=url, reason=str(error)) from error
    if parsed.get_backend_name() != "sqlite":
        raise ConfigurationError(
            "open the database",
            subject=parsed.render_as_string(hide_password=True),
            reason="this release keeps its data in SQLite only",
            hint="leave [database] url empty, or give sqlite:///path/to/file.db",
        )
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: sqlite3.Connection, _: object) -> None:
    # pysqlite's own BEGIN comes too late (before the first write); we send ours in _on_begin.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_S * 1000}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    how = "BEGIN IMMEDIATE" if options.get("linkkeeper_immediate") else "BEGIN"
    connection.exec_driver_sql(how)


def _config(url: str) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def _upgrade(database: Database, *, backups: Path, now: datetime) -> None:
    current, head = _revision(database), _newest()
    if current == head:
        return
    # Only now: it costs every start a tenth of a second and some megabytes.
    from alembic import command
    from alembic.script import ScriptDirectory

    config = _config(str(database.engine.url))
    script = ScriptDirectory.from_config(config)
    if current is not None:
        _refuse_newer(script, current, subject=str(database.engine.url))
        backup_database(database, backups / f"before-{head}-{now:%Y%m%d%H%M%S}.db")
    # Immediately: a process started beside this one waits its turn, and then finds nothing left to upgrade.
    with database.engine.connect().execution_options(linkkeeper_immediate=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _revision(database: Database) -> str | None:
    """The revision that the database is at; None for an empty one."""
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return cast("str | None", connection.execute(text("SELECT version_num FROM alembic_version")).scalar())


def _newest() -> str:
    """The revision of this release: its files are numbered."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _refuse_newer(script: "ScriptDirectory", revision: str, *, subject: str) -> None:
    from alembic.util import CommandError

    try:
        script.get_revision(revision)
    except CommandError as error:
        raise DatabaseError(
            "open the database",
            subject=subject,
            reason=f"it was written by a newer release (revision {revision})",
            hint="install that release or newer, or restore a backup from the storage folder's backups/",
        ) from error


@contextlib.contextmanager
def _clear_errors(subject: str) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        cause = str(error.orig)
        hint = (
            "another process holds it; stop it or wait"
            if "locked" in cause
            else "check that the folder exists, is writable and has free space"
        )
        raise DatabaseError("use the database", subject=subject, reason=cause, hint=hint) from error
    except SqlDatabaseError as error:
        if "IntegrityError" in type(error).__name__:
            raise
        raise DatabaseError(
            "use the database",
            subject=subject,
            reason=str(error.orig),
            hint="it may be damaged: restore the newest file of backups/, then run linkkeeper rebuild",
        ) from error
