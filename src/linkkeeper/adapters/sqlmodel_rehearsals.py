"""How well captures replay, in SQL."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import update
from sqlmodel import col, select

from linkkeeper.adapters.sqlmodel_engine import Database
from linkkeeper.adapters.sqlmodel_tables import CaptureRow, RequestRow
from linkkeeper.adapters.sqlmodel_views import capture_view
from linkkeeper.vocabulary.capture import SHOWN_QUALITIES, AccessLevel, RequestState
from linkkeeper.vocabulary.views import CaptureView


class SqlRehearsals:
    """Satisfies :class:`linkkeeper.pipeline.rehearse.RehearsalLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unrehearsed(self, limit: int) -> Sequence[CaptureView]:
        with self._database.reading() as session:
            rows = session.exec(
                select(CaptureRow)
                .where(
                    col(CaptureRow.replay_looked_at).is_(None),
                    col(CaptureRow.same_as).is_(None),
                    col(CaptureRow.uploaded_by).is_(None),
                    col(CaptureRow.quality).in_([quality.value for quality in SHOWN_QUALITIES]),
                    CaptureRow.access == AccessLevel.OPEN.value,
                )
                .order_by(col(CaptureRow.moment).desc())
                .limit(limit)
            )
            return [capture_view(row) for row in rows]

    def rehearsed(self, capture_id: str, *, score: float | None, words: str, now: datetime) -> None:
        values = {"replay_score": score, "replay_words": words, "replay_looked_at": now}
        with self._database.writing() as session:
            session.execute(update(CaptureRow).where(col(CaptureRow.id) == capture_id).values(values))

    def capturing(self) -> bool:
        with self._database.reading() as session:
            leased = select(RequestRow.id).where(
                RequestRow.state == RequestState.RUNNING.value, col(RequestRow.lease_until) >= datetime.now(UTC)
            )
            return session.exec(leased.limit(1)).first() is not None
