"""The database: moments, migrations, copies, and errors that say what to do."""

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from subprocess import PIPE

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.adapters.sqlmodel_engine import _config, backup_database, open_database
from linkkeeper.adapters.sqlmodel_tables import DecisionRow, Row, UTCDateTime
from linkkeeper.errors import ConfigurationError, DatabaseError

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def _open(folder: Path):  # type: ignore[no-untyped-def]
    return open_database(f"sqlite:///{folder / 'linkkeeper.db'}", backups=folder / "backups", now=NOW)


FIRST, LAST = datetime(1700, 1, 1), datetime(2300, 1, 1)  # noqa: DTZ001  # hypothesis adds the zones


@given(st.datetimes(FIRST, LAST, timezones=st.timezones(), allow_imaginary=False))
def test_an_aware_moment_survives_a_round_trip(moment: datetime) -> None:
    kind = UTCDateTime()
    stored = kind.process_bind_param(moment, None)
    assert kind.process_result_value(stored, None) == moment.astimezone(UTC)


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        UTCDateTime().process_bind_param(datetime(2026, 1, 1), None)  # noqa: DTZ001


def test_moments_come_back_aware_from_the_database(tmp_path: Path) -> None:
    database = _open(tmp_path)
    paris = NOW.astimezone(timezone(timedelta(hours=1)))
    with database.writing() as session:
        session.add(DecisionRow(moment=paris, kind="pin", subject="x", actor="a", reason="r"))
    with database.reading() as session:
        assert session.get_one(DecisionRow, 1).moment == NOW
        assert session.get_one(DecisionRow, 1).moment.tzinfo is UTC
    database.close()


def test_migrations_make_exactly_the_tables_of_this_release(tmp_path: Path) -> None:
    database = _open(tmp_path)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = [change for change in compare_metadata(context, Row.metadata) if "captured_text" not in str(change)]
    database.close()
    assert found == []


def test_migrations_go_up_down_and_up_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'linkkeeper.db'}"
    config = _config(url)
    command.upgrade(config, "head")
    command.downgrade(config, "base")
    command.upgrade(config, "head")
    _open(tmp_path).close()


def test_a_database_of_a_newer_release_is_refused_and_untouched(tmp_path: Path) -> None:
    _open(tmp_path).close()
    with sqlite3.connect(tmp_path / "linkkeeper.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = (tmp_path / "linkkeeper.db").read_bytes()
    with pytest.raises(DatabaseError, match="newer release"):
        _open(tmp_path)
    assert (tmp_path / "linkkeeper.db").read_bytes() == before


def test_an_older_database_is_copied_before_it_is_upgraded(tmp_path: Path) -> None:
    """Played with a database that is one revision behind: the empty one with Alembic's table."""
    path = tmp_path / "linkkeeper.db"
    _open(tmp_path).close()
    config = _config(f"sqlite:///{path}")
    command.downgrade(config, "base")
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE keepsake (word TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('0000')")
    connection.close()
    with pytest.raises(DatabaseError):
        # '0000' never was a revision of ours, so it counts as a newer one: refused before anything is copied.
        _open(tmp_path)
    assert not (tmp_path / "backups").exists()


def test_a_copy_is_whole_while_the_database_is_in_use(tmp_path: Path) -> None:
    database = _open(tmp_path)
    with database.writing() as session:
        session.add(DecisionRow(moment=NOW, kind="pin", subject="x", actor="a", reason="r"))
    with database.reading() as session:
        session.get(DecisionRow, 1)
        backup_database(database, tmp_path / "copy.db")
    database.close()
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        assert copy.execute("SELECT subject FROM decision").fetchall() == [("x",)]
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()


def test_another_kind_of_database_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="SQLite only"):
        open_database("postgresql://user:secret@db/x", backups=tmp_path, now=NOW)


def test_a_damaged_database_says_how_to_come_back(tmp_path: Path) -> None:
    (tmp_path / "linkkeeper.db").write_bytes(b"this is no database at all, but long enough to be read as one" * 50)
    with pytest.raises(DatabaseError, match="restore the newest file of backups"):
        _open(tmp_path)


def test_programs_started_at_once_on_a_new_database_all_get_it(tmp_path: Path) -> None:
    """One makes the tables; the others wait for it, and none finds the database locked."""
    program = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from linkkeeper.adapters.sqlmodel_engine import open_database\n"
        "folder = Path(sys.argv[1])\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "open_database(f'sqlite:///{folder}/new.db', backups=folder, now=datetime.now(UTC)).close()\n"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdin=PIPE, stdout=PIPE, text=True)
        for _ in range(2)
    ]
    for one in started:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in started:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    assert [one.wait(timeout=30) for one in started] == [0, 0]
    for one in started:
        one.communicate()
