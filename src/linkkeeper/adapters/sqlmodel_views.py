"""Rows turned into the views that pages show."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from linkkeeper.adapters.sqlmodel_links import must
from linkkeeper.adapters.sqlmodel_tables import CaptureRow, CheckRow, LinkRow, RequestRow
from linkkeeper.checks.states import Standing, looks_counted
from linkkeeper.vocabulary.capture import SHOWN_QUALITIES, AccessLevel, Quality, RequestReason, RequestState
from linkkeeper.vocabulary.moment import to_timestamp
from linkkeeper.vocabulary.observation import ObservationKind
from linkkeeper.vocabulary.state import LinkState
from linkkeeper.vocabulary.uri import is_supported
from linkkeeper.vocabulary.views import CaptureView, CheckView, LinkSummary, RequestView, StepView


def capture_view(row: CaptureRow) -> CaptureView:
    return CaptureView(
        id=row.id,
        link_id=row.link_id,
        url=row.url,
        moment=row.moment,
        timestamp=to_timestamp(row.moment),
        quality=Quality(row.quality),
        reason=row.reason,
        title=row.title,
        media_type=row.media_type,
        language=row.language,
        http_status=row.http_status,
        access=AccessLevel(row.access),
        access_until=row.access_until,
        access_reason=row.access_reason,
        directory=row.directory,
        files=tuple(row.files or ()),
        manifest_sha256=row.manifest_sha256,
        total_bytes=row.total_bytes,
        confirmed=row.confirmed,
        note_words=row.note_words,
        same_as=row.same_as,
        uploaded_by=row.uploaded_by,
        replay_score=row.replay_score,
        replay_words=row.replay_words,
    )


def check_view(row: CheckRow) -> CheckView:
    return CheckView(
        moment=row.moment,
        observation=ObservationKind(row.observation),
        rule=row.rule,
        http_status=row.http_status,
        final_url=row.final_url,
        evidence=dict(row.evidence or {}),
        state=LinkState(row.state),
        void=row.void,
    )


def best_captures(session: Session, link_ids: Iterable[int]) -> dict[int, CaptureView]:
    """Per link the capture to show: openly accessible, complete before partial, confirmed before not, newest."""
    shown = [quality.value for quality in SHOWN_QUALITIES]
    rows = session.exec(
        select(CaptureRow)
        .where(
            col(CaptureRow.link_id).in_(list(link_ids)),
            col(CaptureRow.same_as).is_(None),
            col(CaptureRow.quality).in_(shown),
            CaptureRow.access == AccessLevel.OPEN,
        )
        .order_by(col(CaptureRow.moment))
    ).all()
    best: dict[int, CaptureRow] = {}
    for row in rows:
        rival = best.get(row.link_id)
        if rival is None or _rank(row) >= _rank(rival):
            best[row.link_id] = row
    return {link_id: capture_view(row) for link_id, row in best.items()}


def _rank(row: CaptureRow) -> tuple[bool, bool]:
    return row.confirmed, row.quality == Quality.COMPLETE


def last_checks(session: Session, link_ids: Sequence[int]) -> dict[int, CheckRow]:
    """The newest kept look of each link that was no void one."""
    rows = session.exec(
        select(CheckRow)
        .where(col(CheckRow.link_id).in_(link_ids), col(CheckRow.void).is_(False))
        .order_by(col(CheckRow.moment), col(CheckRow.id))
    )
    return {row.link_id: row for row in rows}


def link_summaries(session: Session, rows: Sequence[LinkRow]) -> dict[int, LinkSummary]:
    """Summaries by link id, with captures and last looks fetched in two queries for all."""
    ids = [must(row.id) for row in rows]
    captures = best_captures(session, ids)
    checks = last_checks(session, ids)
    return {must(row.id): _summary(row, captures, checks) for row in rows}


def _summary(row: LinkRow, captures: dict[int, CaptureView], checks: dict[int, CheckRow]) -> LinkSummary:
    link_id = must(row.id)
    check = checks.get(link_id)
    return LinkSummary(
        id=link_id,
        url=row.fetch_form,
        host=row.host,
        state=LinkState(row.state),
        since=row.since,
        words=_words(row, check),
        pinned=row.pinned is not None,
        confirmed=row.confirmed,
        last_checked_at=row.last_checked_at,
        last_ok_at=row.last_ok_at,
        next_check_at=row.next_check_at,
        capture=captures.get(link_id),
        counted=looks_counted(Standing.from_json(row.standing)) if row.standing else None,
    )


def _words(row: LinkRow, check: CheckRow | None) -> str:
    standing = Standing.from_json(row.standing) if row.standing else None
    if row.pinned is not None and standing:
        pin = standing.pinned
        return f"held as {row.pinned} by {pin.by}: {pin.reason}" if pin else f"held as {row.pinned} by an editor"
    if standing and standing.rule == "editor":
        return f"left so, until the next look, by {standing.words}"
    if check is None and not is_supported(row.fetch_form):
        return "only http and https addresses can be looked at and captured"
    return words_of(check.evidence if check else None)


def words_of(evidence: dict[str, Any] | None) -> str:
    return str((evidence or {}).get("words", ""))


def request_view(row: RequestRow, capture: CaptureRow | None) -> RequestView:
    return RequestView(
        capture_id=row.id,
        link_id=row.link_id,
        url=row.url,
        state=RequestState(row.state),
        reason=RequestReason(row.reason),
        attempt=row.attempt,
        requested_by=row.requested_by,
        created_at=row.created_at,
        ended_at=row.ended_at,
        words=row.words,
        steps=tuple(StepView(**step) for step in row.steps or ()),
        capture=capture_view(capture) if capture else None,
    )


def visible(view: CaptureView, *, now: datetime) -> bool:
    """Tell whether anybody may see it: open, or an embargo that has ended."""
    if view.access is AccessLevel.EMBARGO and view.access_until is not None:
        return view.access_until <= now
    return view.access is AccessLevel.OPEN
