"""Links in SQL: finding one by its identity, and turning rows into records."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from linkkeeper.adapters.sqlmodel_tables import LinkRow, SpellingRow
from linkkeeper.vocabulary.records import LinkRecord
from linkkeeper.vocabulary.state import LinkState
from linkkeeper.vocabulary.uri import IDENTITY_RULES


def identity_hash(key: str) -> int:
    """The first 64 bits of SHA-256 of the identity key, as the signed integer that SQL keeps."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big", signed=True)


def key_of(row: LinkRow) -> str:
    return row.identity_key if row.identity_key is not None else row.fetch_form


def find_link(session: Session, identity_key: str) -> LinkRow | None:
    """The link of *identity_key*; a row with the same hash and another key is not it."""
    row = session.exec(select(LinkRow).where(LinkRow.identity_hash == identity_hash(identity_key))).first()
    return row if row is not None and key_of(row) == identity_key else None


def get_or_create_link(
    session: Session, *, identity_key: str, fetch_form: str, host: str, supported: bool, now: datetime
) -> tuple[LinkRow, bool]:
    """
    The link of an identity, made if it is new.

    Returns:
        The row with its id, and whether it was made.
    """
    row = find_link(session, identity_key)
    if row is not None:
        _keep_spelling(session, row, fetch_form)
        return row, False
    row = LinkRow(
        identity_hash=identity_hash(identity_key),
        identity_key=None if identity_key == fetch_form else identity_key,
        identity_rules=IDENTITY_RULES,
        fetch_form=fetch_form,
        host=host,
        since=now,
        first_seen_at=now,
        next_check_at=now if supported else None,
    )
    session.add(row)
    session.flush()
    return row, True


def _keep_spelling(session: Session, row: LinkRow, fetch_form: str) -> None:
    if fetch_form == row.fetch_form:
        return
    known = session.exec(
        select(SpellingRow).where(SpellingRow.link_id == row.id, SpellingRow.fetch_form == fetch_form)
    ).first()
    if known is None:
        session.add(SpellingRow(link_id=must(row.id), fetch_form=fetch_form))


def must(row_id: int | None) -> int:
    """The id of a row that was flushed; SQLModel types it as optional."""
    if row_id is None:
        raise ValueError("row has no id yet")
    return row_id


def records_of(session: Session, rows: Sequence[LinkRow]) -> list[LinkRecord]:
    """Records of *rows*, in their order, with their spellings fetched in one query."""
    ids = [must(row.id) for row in rows]
    spellings: dict[int, list[str]] = {}
    for spelling in session.exec(
        select(SpellingRow).where(col(SpellingRow.link_id).in_(ids)).order_by(col(SpellingRow.id))
    ):
        spellings.setdefault(spelling.link_id, []).append(spelling.fetch_form)
    return [_record(row, tuple(spellings.get(must(row.id), ()))) for row in rows]


def _record(row: LinkRow, spellings: tuple[str, ...]) -> LinkRecord:
    return LinkRecord(
        id=must(row.id),
        identity_key=key_of(row),
        fetch_form=row.fetch_form,
        host=row.host,
        state=LinkState(row.state),
        standing=row.standing,
        first_seen_at=row.first_seen_at,
        last_checked_at=row.last_checked_at,
        last_ok_at=row.last_ok_at,
        next_check_at=row.next_check_at,
        looks=row.looks,
        confirmed=row.confirmed,
        spellings=spellings,
        evidence_class=row.evidence_class,
        baseline_id=row.baseline_id,
        browser_look_at=row.browser_look_at,
        etag=row.etag,
        last_modified=row.last_modified,
        body_hash=row.body_hash,
    )
