"""
The first editor's one-time password, in a file that only the owner of the storage folder can read.

It is left where there is no editor yet. The password works until the editor has
chosen an own one; the file goes then.
"""

import secrets
from pathlib import Path

import structlog

from linkkeeper.pipeline.decisions import Accounts

FIRST_EDITOR = "editor"
FIRST_LOGIN = "first-login"

log = structlog.get_logger()


def leave_first_login(accounts: Accounts, root: Path) -> None:
    """Make the first editor where there is none yet; the database keeps only a hash of the password."""
    if accounts.has_editor():
        return
    password = secrets.token_urlsafe(12)
    path = root / FIRST_LOGIN
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(f"{FIRST_EDITOR}\n{password}\n", "utf-8")
    accounts.add_editor(FIRST_EDITOR, password, one_time=True)
    log.info("first login left", path=str(path))


def forget_first_login(root: Path, name: str) -> None:
    """Remove the file once the password of the editor whom it names was changed."""
    path = root / FIRST_LOGIN
    try:
        if path.read_text("utf-8").partition("\n")[0] == name:
            path.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        # The password in it is worth nothing by now.
        log.warning("the first login's file could not be removed", path=str(path), reason=str(error))
