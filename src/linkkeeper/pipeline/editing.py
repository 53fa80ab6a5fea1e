"""An editor's decisions carried out: each is kept with who and why; access changes are journaled first."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from linkkeeper.archive.journal import Access, Journal, JournalEntry, access_entry
from linkkeeper.checks.standing import standing_of
from linkkeeper.checks.states import pin, release
from linkkeeper.errors import InputError, UsageError
from linkkeeper.pipeline.following import Following
from linkkeeper.pipeline.ports import DecisionLedger
from linkkeeper.vocabulary.capture import AccessLevel
from linkkeeper.vocabulary.moment import Clock
from linkkeeper.vocabulary.records import Decision
from linkkeeper.vocabulary.state import LinkState
from linkkeeper.vocabulary.uri import UnusableUrl, fetch_form, host_of, identity_key, is_supported, politeness_key
from linkkeeper.vocabulary.views import Asked


class RepairDesk(Protocol):
    """Satisfied by :class:`linkkeeper.pipeline.mend.Mender`."""

    def approve(self, repair_id: int, *, by: str) -> int: ...
    def dismiss(self, repair_id: int, *, by: str, reason: str) -> None: ...
    def undo_repair(self, repair_id: int, *, by: str, reason: str) -> int: ...


#: ``mailto:a@b``, ``javascript:…``: a scheme that is none of the web's; ``host:8080/a`` is not one.
_OTHER_SCHEME = re.compile(r"(?!https?:)[A-Za-z][A-Za-z0-9+.-]*:(?!\d)", re.IGNORECASE)


def require_scheme(url: str) -> None:
    """
    Refuse ``www.example.org/a``: whether it is meant with http or https, only who typed it knows.

    Raises:
        InputError: it has no scheme; the hint holds the URL to try.
    """
    if "://" not in url and not _OTHER_SCHEME.match(url):
        raise InputError(
            "use the URL", subject=url, reason="it has no scheme", hint=f"did you mean https://{url.lstrip('/')} ?"
        )


def require_web_address(url: str) -> str:
    """
    The fetch form of a URL that somebody typed.

    Raises:
        InputError: it has no scheme, another one than http, or no host.
    """
    if _OTHER_SCHEME.match(url):
        raise InputError("use the URL", subject=url, reason="only http and https can be archived")
    require_scheme(url)
    try:
        fetch = fetch_form(url)
    except UnusableUrl as error:
        raise InputError("use the URL", subject=url, reason=str(error)) from error
    if not is_supported(fetch):
        raise InputError("use the URL", subject=url, reason="only http and https can be archived")
    return fetch


class Editing:
    """
    What the desk, the API and the command line let editors do.

    Args:
        keep_upload: Makes a capture of an editor's file; ``(fetch form,
            identity key, file, by) -> capture id``.
        repairs: Carries out, dismisses and takes back repairs.
    """

    def __init__(
        self,
        *,
        ledger: DecisionLedger,
        journal: Journal,
        clock: Clock,
        keep_upload: Callable[[str, str, Path, str], str],
        following: Following,
        repairs: RepairDesk,
    ) -> None:
        self._ledger = ledger
        self._journal = journal
        self._clock = clock
        self._keep_upload = keep_upload
        self._following = following
        self._repairs = repairs

    def ask(self, urls: Sequence[str], *, by: str) -> Sequence[Asked]:
        return [self._ask_one(url, by=by) for url in urls]

    def _ask_one(self, url: str, *, by: str) -> Asked:
        try:
            fetch = require_web_address(url)
        except InputError as error:
            return Asked(url=url, capture_id=None, request_state=None, problem=f"{error.reason}. {error.hint}".strip())
        now = self._clock.now()
        capture_id, state = self._ledger.ask(self._link_for(fetch), now=now, by=by)
        return Asked(url=url, capture_id=capture_id, request_state=state.value)

    def _link_for(self, fetch: str) -> int:
        return self._ledger.link_for(
            identity_key=identity_key(fetch),
            fetch_form=fetch,
            host=politeness_key(host_of(fetch)),
            now=self._clock.now(),
        )

    def cancel(self, capture_id: str, *, by: str) -> None:
        self._ledger.cancel(capture_id, now=self._clock.now())
        self._ledger.note(self._decision("cancel", capture_id, by=by, reason="asked by an editor"))

    def pin(self, url: str, state: LinkState | None, *, by: str, reason: str) -> None:
        _require_reason(reason, operation="pin the link", subject=url)
        record = self._ledger.link_by_key(identity_key(require_web_address(url)))
        if record is None:
            raise InputError("pin the link", subject=url, reason="nothing cites it", hint="see: linkkeeper status")
        standing = standing_of(record.standing, first_seen=record.first_seen_at)
        now = self._clock.now()
        if state is None:
            moved = release(standing, by=by, reason=reason, moment=now)
        else:
            moved = pin(standing, state, by=by, reason=reason, moment=now)
        decision = self._decision(
            "pin",
            record.fetch_form,
            by=by,
            reason=reason,
            before=record.state.value,
            after=state.value if state else "unpinned",
        )
        self._ledger.hold(
            record.id,
            state=moved.state,
            since=moved.since,
            standing=moved.to_json(),
            pinned=state,
            decision=decision,
        )

    def confirm(self, capture_id: str, *, by: str, reason: str) -> None:
        self._ledger.confirm(capture_id, decision=self._decision("confirm", capture_id, by=by, reason=reason))

    def withhold(
        self, capture_id: str, level: AccessLevel, *, by: str, reason: str, until: datetime | None = None
    ) -> None:
        _require_reason(reason, operation="withhold the capture", subject=capture_id)
        if level is AccessLevel.OPEN:
            raise UsageError("withhold the capture", subject=capture_id, reason="open is no way of withholding")
        if (level is AccessLevel.EMBARGO) != (until is not None):
            raise UsageError(
                "withhold the capture",
                subject=capture_id,
                reason="an embargo needs an end" if until is None else "only an embargo has an end",
                hint="give --until DATE with --as embargo",
            )
        self._change_access(capture_id, level, until=until, by=by, reason=reason)

    def restore(self, capture_id: str, *, by: str, reason: str) -> None:
        _require_reason(reason, operation="restore the capture", subject=capture_id)
        self._change_access(capture_id, AccessLevel.OPEN, until=None, by=by, reason=reason)

    def _change_access(
        self, capture_id: str, level: AccessLevel, *, until: datetime | None, by: str, reason: str
    ) -> None:
        before = Access(*self._ledger.access_of(capture_id))
        after = Access(level, until, reason)
        entry = access_entry(capture_id, moment=self._clock.now(), actor=by, before=before, after=after)
        self._journal.append(entry)
        self.carry_out(entry)

    def carry_out(self, entry: JournalEntry) -> None:
        """Let a journaled access change take effect; what can't be read keeps the capture dark."""
        after = Access.from_json(entry.after)
        decision = Decision(
            moment=entry.moment,
            kind="access",
            subject=entry.subject,
            actor=entry.actor,
            reason=after.reason or entry.reason,
            before=Access.from_json(entry.before).level.value,
            after=after.level.value,
            journal_id=entry.id,
        )
        self._ledger.set_access(entry.subject, after.level, until=after.until, decision=decision)

    def upload(self, url: str, file: Path, *, by: str) -> str:
        fetch = require_web_address(url)
        try:
            file.open("rb").close()
        except OSError as error:
            raise InputError("upload the file", subject=str(file), reason=error.strerror or str(error)) from error
        return self._keep_upload(fetch, identity_key(fetch), file, by)

    def report_problem(self, capture_id: str, *, words: str) -> None:
        self._ledger.access_of(capture_id)
        self._ledger.note(self._decision("report", capture_id, by="a reader", reason=words[:2000]))

    def follow(self, location: str, *, schedule: str | None, apply: str | None, policy: str | None) -> int:
        return self._following.follow(location, schedule=schedule, apply=apply, policy=policy).id

    def unfollow(self, location: str) -> None:
        self._following.unfollow(location)

    def approve_repair(self, repair_id: int, *, by: str) -> None:
        self._repairs.approve(repair_id, by=by)
        self._ledger.note(self._decision("repair", str(repair_id), by=by, reason="approved"))

    def dismiss_repair(self, repair_id: int, *, by: str, reason: str) -> None:
        self._repairs.dismiss(repair_id, by=by, reason=reason)
        self._ledger.note(self._decision("repair", str(repair_id), by=by, reason=f"dismissed: {reason}"))

    def undo_repair(self, repair_id: int, *, by: str, reason: str) -> None:
        self._repairs.undo_repair(repair_id, by=by, reason=reason)
        self._ledger.note(self._decision("repair", str(repair_id), by=by, reason=f"undone: {reason}"))

    def _decision(
        self, kind: str, subject: str, *, by: str, reason: str, before: str | None = None, after: str | None = None
    ) -> Decision:
        return Decision(
            moment=self._clock.now(), kind=kind, subject=subject, actor=by, reason=reason, before=before, after=after
        )


def _require_reason(reason: str, *, operation: str, subject: str) -> None:
    if not reason.strip():
        raise UsageError(operation, subject=subject, reason="it needs a reason, kept with the decision")
