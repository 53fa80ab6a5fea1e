"""Histories and searches on SQL: states over time, and full-text search."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session, col, or_, select

from linkkeeper.adapters.sqlmodel_engine import Database
from linkkeeper.adapters.sqlmodel_links import must
from linkkeeper.adapters.sqlmodel_tables import AnalysisRow, CheckRow, CitationRow, LinkRow, as_number
from linkkeeper.vocabulary.moment import Clock
from linkkeeper.vocabulary.state import LinkState
from linkkeeper.vocabulary.views import Finding, StatesOn

_SEARCH = text(
    """
    SELECT capture.id, captured_text.title, capture.url,
           snippet(captured_text, 3, '', '', '…', 24) AS snippet
    FROM captured_text JOIN capture ON capture.id = captured_text.capture_id
    WHERE captured_text MATCH :words
      AND (capture.access = 'open' OR (capture.access = 'embargo' AND capture.access_until <= :now))
    ORDER BY bm25(captured_text, 0.0, 8.0, 4.0, 1.0) LIMIT :limit
    """
)


class HistoryQueries:
    """The catalogue's questions about time and words."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def states_over_time(
        self, *, analysis_id: int | None = None, link_id: int | None = None, host: str | None = None, days: int = 90
    ) -> Sequence[StatesOn]:
        """States at the end of each of the last *days* days, rebuilt from the kept looks."""
        today = self._clock.now().date()
        with self._database.reading() as session:
            links = _links_of(session, analysis_id=analysis_id, link_id=link_id, host=host)
            turns = _turns(session, links)
        first = max(today - timedelta(days=days - 1), min((row.first_seen_at.date() for row in links), default=today))
        return _counts_by_day(first, today, links, turns) if links else []

    def search(self, words: str, *, limit: int = 50) -> Sequence[Finding]:
        """Analyses and links by title and address, captures by their text; best first."""
        terms = [term for term in words.split() if term.strip('"')]
        if not terms:
            return []
        with self._database.reading() as session:
            return [
                *_analyses_found(session, terms, limit),
                *_links_found(session, terms, limit),
                *_captures_found(session, terms, limit, now=self._clock.now()),
            ][:limit]


def _links_of(session: Session, *, analysis_id: int | None, link_id: int | None, host: str | None) -> Sequence[LinkRow]:
    query = select(LinkRow)
    if link_id is not None:
        query = query.where(LinkRow.id == link_id)
    if host is not None:
        query = query.where(LinkRow.host == host)
    if analysis_id is not None:
        cited = select(CitationRow.link_id).where(
            CitationRow.analysis_id == analysis_id, col(CitationRow.gone_at).is_(None)
        )
        query = query.where(col(LinkRow.id).in_(cited))
    return session.exec(query).all()


def _turns(session: Session, links: Sequence[LinkRow]) -> dict[int, list[tuple[datetime, str]]]:
    found: dict[int, list[tuple[datetime, str]]] = {}
    rows = session.exec(
        select(CheckRow.link_id, CheckRow.moment, CheckRow.state)
        .where(col(CheckRow.link_id).in_([row.id for row in links]), col(CheckRow.void).is_(False))
        .order_by(col(CheckRow.moment), col(CheckRow.id))
    )
    for link_id, moment, state in rows:
        found.setdefault(link_id, []).append((moment, state))
    return found


def _counts_by_day(
    first: date, last: date, links: Sequence[LinkRow], turns: dict[int, list[tuple[datetime, str]]]
) -> list[StatesOn]:
    """One pass: every link's changes are counted on their days, and the days are then added up."""
    changes: dict[date, Counter[str]] = {}
    for row in links:
        before = None
        for moment, state in [(row.first_seen_at, LinkState.NEW.value), *turns.get(must(row.id), [])]:
            day = max(moment.date(), row.first_seen_at.date(), first)
            on = changes.setdefault(day, Counter())
            on[state] += 1
            if before is not None:
                on[before] -= 1
            before = state
    totals: Counter[str] = Counter()
    found = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        totals.update(changes.get(day, {}))
        counts = tuple((state, totals[state.value]) for state in LinkState if totals[state.value])
        found.append(StatesOn(day=day, counts=counts))
    return found


def _like(term: str) -> str:
    escaped = term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _analyses_found(session: Session, terms: Sequence[str], limit: int) -> list[Finding]:
    query = select(AnalysisRow).limit(limit)
    for term in terms:
        query = query.where(
            or_(
                col(AnalysisRow.title).like(_like(term), escape="\\"),
                col(AnalysisRow.location).like(_like(term), escape="\\"),
            )
        )
    return [
        Finding(kind="analysis", key=str(row.id), title=row.title, snippet=row.location) for row in session.exec(query)
    ]


def _links_found(session: Session, terms: Sequence[str], limit: int) -> list[Finding]:
    query = select(LinkRow).limit(limit)
    for term in terms:
        query = query.where(col(LinkRow.fetch_form).like(_like(term), escape="\\"))
    return [
        Finding(kind="link", key=str(row.id), title=row.fetch_form, snippet=row.state) for row in session.exec(query)
    ]


def _captures_found(session: Session, terms: Sequence[str], limit: int, *, now: datetime) -> list[Finding]:
    # Each term quoted, so that a reader's punctuation is never taken for FTS5's query language.
    match = " ".join('"' + term.replace('"', '""') + '"' for term in terms)
    rows = session.connection().execute(_SEARCH, {"words": match, "limit": limit, "now": as_number(now)})
    return [
        Finding(kind="capture", key=row.id, title=row.title or row.url, snippet=row.snippet or row.url) for row in rows
    ]
