"""
An editor's decisions: capture this, pin that, withhold, restore, confirm.

The port that the desk, the API and the command line share. Satisfied by
:class:`linkkeeper.adapters.sqlmodel_decisions.Decisions`; every access change
is journaled before it takes effect.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from linkkeeper.vocabulary.capture import AccessLevel
from linkkeeper.vocabulary.state import LinkState
from linkkeeper.vocabulary.views import Account, Asked

__all__ = ["Account", "Accounts", "Asked", "Decisions"]


class Decisions(Protocol):
    """Raises InputError where the subject is unknown and UsageError where the words are wrong."""

    def ask(self, urls: Sequence[str], *, by: str) -> Sequence[Asked]:
        """Ask for a capture of each URL now, ahead of everything else; one still waiting is moved up, not doubled."""
        ...

    def cancel(self, capture_id: str, *, by: str) -> None: ...
    def pin(self, url: str, state: LinkState | None, *, by: str, reason: str) -> None:
        """Hold a link in *state*; None lets the looks decide again."""
        ...

    def confirm(self, capture_id: str, *, by: str, reason: str) -> None:
        """Say that a capture shows the source meant; it becomes the baseline."""
        ...

    def withhold(
        self, capture_id: str, level: AccessLevel, *, by: str, reason: str, until: datetime | None = None
    ) -> None: ...
    def restore(self, capture_id: str, *, by: str, reason: str) -> None: ...
    def upload(self, url: str, file: Path, *, by: str) -> str:
        """Keep the editor's own file as a capture of *url*; returns its id."""
        ...

    def report_problem(self, capture_id: str, *, words: str) -> None: ...
    def follow(self, location: str, *, schedule: str | None, apply: str | None, policy: str | None) -> int: ...
    def unfollow(self, location: str) -> None: ...
    def approve_repair(self, repair_id: int, *, by: str) -> None: ...
    def dismiss_repair(self, repair_id: int, *, by: str, reason: str) -> None: ...
    def undo_repair(self, repair_id: int, *, by: str, reason: str) -> None: ...


class Accounts(Protocol):
    """Editors, their sessions and tokens. Secrets are stored hashed only."""

    def has_editor(self) -> bool: ...
    def add_editor(self, name: str, password: str, *, one_time: bool = False) -> None:
        """Raises UsageError for a name that is taken or a short password; a *one_time* one must be changed first."""
        ...

    def set_password(self, account: Account, *, current: str, new: str) -> None:
        """
        Give an editor a new password, and end all of the editor's sessions.

        Args:
            current: The present one; not asked for while it is a one-time password.

        Raises:
            UsageError: *current* is wrong, or *new* is short or the same.
        """
        ...

    def sign_in(self, name: str, password: str, *, now: datetime) -> str | None:
        """The session secret for the cookie, or None where name or password is wrong."""
        ...

    def session(self, secret: str, *, now: datetime) -> Account | None: ...
    def sign_out(self, secret: str) -> None: ...
    def create_token(self, name: str, *, by: str) -> str:
        """The token, shown once: ``lk_…``."""
        ...

    def revoke_token(self, name: str) -> None: ...
    def token(self, secret: str, *, now: datetime) -> str | None:
        """The name of a living token, or None."""
        ...
