"""Editors, sessions and tokens in SQL; passwords by Argon2id, other secrets as SHA-256."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import col, delete, select

from linkkeeper.adapters.sqlmodel_engine import Database
from linkkeeper.adapters.sqlmodel_links import must
from linkkeeper.adapters.sqlmodel_tables import EditorRow, SessionRow, TokenRow
from linkkeeper.errors import InputError, UsageError
from linkkeeper.vocabulary.views import Account

SESSION_LASTS = timedelta(days=14)
SHORTEST_PASSWORD = 10
TOKEN_PREFIX = "lk_"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _require_length(operation: str, name: str, password: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise UsageError(operation, subject=name, reason=f"the password has under {SHORTEST_PASSWORD} characters")


class SqlAccounts:
    """Satisfies :class:`linkkeeper.pipeline.decisions.Accounts`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._hasher = PasswordHasher()

    @cached_property
    def _nobody(self) -> str:
        """Verified when the name is unknown, so that both refusals take equally long."""
        return self._hasher.hash(secrets.token_hex(16))

    def has_editor(self) -> bool:
        with self._database.reading() as session:
            return session.exec(select(EditorRow.id).limit(1)).first() is not None

    def add_editor(self, name: str, password: str, *, one_time: bool = False) -> None:
        if not name.strip():
            raise UsageError("add the editor", subject="name", reason="is empty")
        _require_length("add the editor", name, password)
        with self._database.writing() as session:
            if session.exec(select(EditorRow).where(EditorRow.name == name)).first() is not None:
                raise UsageError("add the editor", subject=name, reason="there is one of that name already")
            row = EditorRow(
                name=name,
                password_hash=self._hasher.hash(password),
                created_at=datetime.now(UTC),
                must_change=one_time,
            )
            session.add(row)

    def set_password(self, account: Account, *, current: str, new: str) -> None:
        _require_length("set the password", account.name, new)
        with self._database.reading() as session:
            stored = session.get_one(EditorRow, account.editor_id).password_hash
        if not account.must_change and not self._fits(stored, current):
            raise UsageError("set the password", subject=account.name, reason="the present password is wrong")
        if self._fits(stored, new):
            raise UsageError("set the password", subject=account.name, reason="it is the old one: choose another")
        with self._database.writing() as session:
            row = session.get_one(EditorRow, account.editor_id)
            row.password_hash, row.must_change = self._hasher.hash(new), False
            session.add(row)
            session.exec(delete(SessionRow).where(col(SessionRow.editor_id) == account.editor_id))

    def _fits(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    def sign_in(self, name: str, password: str, *, now: datetime) -> str | None:
        with self._database.reading() as session:
            row = session.exec(select(EditorRow).where(EditorRow.name == name)).first()
            stored = row.password_hash if row else self._nobody
            editor_id = row.id if row else None
        if not self._fits(stored, password) or editor_id is None:
            return None
        secret = secrets.token_urlsafe(32)
        with self._database.writing() as session:
            session.exec(delete(SessionRow).where(col(SessionRow.expires_at) < now))
            session.add(
                SessionRow(
                    secret_sha256=_digest(secret),
                    editor_id=editor_id,
                    csrf=secrets.token_urlsafe(24),
                    expires_at=now + SESSION_LASTS,
                )
            )
        return secret

    def session(self, secret: str, *, now: datetime) -> Account | None:
        with self._database.reading() as session:
            found = session.exec(
                select(SessionRow, EditorRow)
                .join(EditorRow, col(EditorRow.id) == col(SessionRow.editor_id))
                .where(SessionRow.secret_sha256 == _digest(secret), col(SessionRow.expires_at) > now)
            ).first()
            if found is None:
                return None
            row, editor = found
            return Account(editor_id=must(editor.id), name=editor.name, csrf=row.csrf, must_change=editor.must_change)

    def sign_out(self, secret: str) -> None:
        with self._database.writing() as session:
            session.exec(delete(SessionRow).where(col(SessionRow.secret_sha256) == _digest(secret)))

    def create_token(self, name: str, *, by: str) -> str:
        secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
        with self._database.writing() as session:
            if session.exec(select(TokenRow).where(TokenRow.name == name)).first() is not None:
                raise UsageError("create the token", subject=name, reason="there is one of that name already")
            session.add(TokenRow(secret_sha256=_digest(secret), name=name, created_by=by, created_at=datetime.now(UTC)))
        return secret

    def revoke_token(self, name: str) -> None:
        with self._database.writing() as session:
            row = session.exec(select(TokenRow).where(TokenRow.name == name)).first()
            if row is None:
                raise InputError("revoke the token", subject=name, reason="there is none of that name")
            row.revoked_at = row.revoked_at or datetime.now(UTC)
            session.add(row)

    def token(self, secret: str, *, now: datetime) -> str | None:
        if not secret.startswith(TOKEN_PREFIX):
            return None
        with self._database.reading() as session:
            row = session.get(TokenRow, _digest(secret))
            return None if row is None or row.revoked_at is not None else row.name
