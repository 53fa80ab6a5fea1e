"""Requests and hosts under leases: one worker each, late results refused, nothing lost."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from linkkeeper.adapters import process_identity
from linkkeeper.adapters.sqlmodel_captures import SqlCaptures
from linkkeeper.adapters.sqlmodel_decisions import SqlDecisions
from linkkeeper.adapters.sqlmodel_engine import Database, open_database
from linkkeeper.adapters.sqlmodel_hosts import LEASE, SqlHosts
from linkkeeper.adapters.sqlmodel_tables import RequestRow
from linkkeeper.errors import StaleLeaseError
from linkkeeper.vocabulary.capture import Quality, RequestReason
from linkkeeper.vocabulary.records import ClaimedRequest, NewCapture

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=3650)
NOBODY: frozenset[str] = frozenset()


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(f"sqlite:///{tmp_path / 'linkkeeper.db'}", backups=tmp_path, now=NOW)


@pytest.fixture
def captures(database: Database) -> SqlCaptures:
    return SqlCaptures(database)


def _link(database: Database, url: str = "https://a.example/x", host: str = "a.example") -> int:
    return SqlDecisions(database).link_for(identity_key=url, fetch_form=url, host=host, now=NOW)


def _claim(captures: SqlCaptures, token: str = "t") -> ClaimedRequest:
    request = captures.claim(due=LATER, busy_hosts=NOBODY, token=token)
    assert request is not None
    return request


def _capture(request: ClaimedRequest) -> NewCapture:
    return NewCapture(
        id=request.id,
        link_id=request.link_id,
        url=request.url,
        moment=NOW,
        quality=Quality.COMPLETE,
        reason="",
        directory=f"captures/2026/11/{request.id}",
        files=("capture.wacz",),
        manifest_sha256="0" * 64,
        total_bytes=1,
    )


def test_a_request_is_claimed_once(database: Database, captures: SqlCaptures) -> None:
    captures.ask(_link(database), reason=RequestReason.FIRST_SEEN, now=NOW)
    assert captures.claim(due=NOW, busy_hosts=NOBODY, token="one") is not None
    assert captures.claim(due=NOW, busy_hosts=NOBODY, token="two") is None


def test_asking_twice_moves_up_and_does_not_double(database: Database, captures: SqlCaptures) -> None:
    link = _link(database)
    first = captures.ask(link, reason=RequestReason.RETRY, now=NOW, not_before=NOW + timedelta(days=1))
    assert captures.claim(due=NOW, busy_hosts=NOBODY, token="t") is None
    assert captures.ask(link, reason=RequestReason.EDITOR, now=NOW, by="ed") == first
    assert _claim(captures).reason is RequestReason.EDITOR


def test_an_editors_request_goes_first(database: Database, captures: SqlCaptures) -> None:
    captures.ask(_link(database), reason=RequestReason.FIRST_SEEN, now=NOW)
    urgent = captures.ask(
        _link(database, "https://b.example/", "b.example"), reason=RequestReason.EDITOR, now=NOW + timedelta(hours=1)
    )
    assert _claim(captures).id == urgent


def test_a_busy_host_is_passed_over(database: Database, captures: SqlCaptures) -> None:
    captures.ask(_link(database), reason=RequestReason.EDITOR, now=NOW)
    other = captures.ask(_link(database, "https://b.example/", "b.example"), reason=RequestReason.RETRY, now=NOW)
    claimed = captures.claim(due=LATER, busy_hosts=frozenset({"a.example"}), token="t")
    assert claimed is not None
    assert claimed.id == other


def test_a_lease_that_ran_out_is_taken_over_and_the_late_result_refused(
    database: Database, captures: SqlCaptures
) -> None:
    captures.ask(_link(database), reason=RequestReason.FIRST_SEEN, now=NOW)
    slow = _claim(captures, "slow")
    with database.writing() as session:
        row = session.get_one(RequestRow, slow.id)
        row.lease_until = datetime.now(UTC) - timedelta(seconds=1)
        session.add(row)
    quick = _claim(captures, "quick")
    assert (quick.id, quick.attempt) == (slow.id, 2)
    with pytest.raises(StaleLeaseError):
        captures.beat(slow)
    with pytest.raises(StaleLeaseError):
        captures.finish(slow, capture=_capture(slow), words="", now=NOW)
    assert captures.known() == frozenset()
    captures.finish(quick, capture=_capture(quick), words="", now=NOW)
    assert captures.known() == {quick.id}


def test_a_request_let_go_waits_again_and_counts_no_attempt(database: Database, captures: SqlCaptures) -> None:
    captures.ask(_link(database), reason=RequestReason.FIRST_SEEN, now=NOW)
    captures.let_go(_claim(captures))
    assert _claim(captures).attempt == 1


def test_a_cancelled_request_refuses_its_result(database: Database, captures: SqlCaptures) -> None:
    captures.ask(_link(database), reason=RequestReason.FIRST_SEEN, now=NOW)
    request = _claim(captures)
    SqlDecisions(database).cancel(request.id, now=NOW)
    with pytest.raises(StaleLeaseError):
        captures.finish(request, capture=_capture(request), words="", now=NOW)


def test_leases_of_a_killed_process_end_at_once(database: Database, captures: SqlCaptures) -> None:
    hosts = SqlHosts(database)
    captures.ask(_link(database), reason=RequestReason.FIRST_SEEN, now=NOW)
    alive = process_identity.worker_token()
    boot, namespace, _, _, _ = alive.split("-")
    gone = f"{boot}-{namespace}-{2**22 + 1}-1-abc"
    _claim(captures, gone)
    hosts.claim("a.example", token=gone, now=datetime.now(UTC))
    hosts.claim("b.example", token=alive, now=datetime.now(UTC))
    assert captures.release_dead(process_identity.is_dead) == 1
    assert hosts.release_dead(process_identity.is_dead) == 1
    assert hosts.claim("a.example", token=alive, now=datetime.now(UTC))
    assert not hosts.claim("b.example", token="another", now=datetime.now(UTC))


def test_tokens_of_other_machines_are_never_called_dead() -> None:
    assert not process_identity.is_dead("boot-1-1-1-abc")
    assert not process_identity.is_dead("anything")
    assert not process_identity.is_dead(process_identity.worker_token())


def test_a_host_is_held_by_one_worker_until_its_lease_ends(database: Database) -> None:
    hosts = SqlHosts(database)
    assert hosts.claim("a.example", token="one", now=NOW)
    assert hosts.claim("a.example", token="one", now=NOW)
    assert not hosts.claim("a.example", token="two", now=NOW)
    assert hosts.claim("a.example", token="two", now=NOW + LEASE + timedelta(seconds=1))


def test_a_beat_keeps_a_host_and_tells_who_waits_for_it(database: Database) -> None:
    hosts = SqlHosts(database)
    hosts.claim("a.example", token="one", now=NOW)
    assert hosts.beat(token="one", now=NOW) == frozenset()
    hosts.want("a.example", now=NOW)
    assert hosts.beat(token="one", now=NOW + LEASE) == {"a.example"}
    assert not hosts.claim("a.example", token="two", now=NOW + LEASE + timedelta(seconds=1))
    hosts.release("a.example", token="one")
    assert hosts.claim("a.example", token="two", now=NOW)
