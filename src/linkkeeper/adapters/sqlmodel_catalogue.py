"""The catalogue on SQL: what pages, reports and ``status`` show. Reading only."""

from collections import Counter
from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, func, select

from linkkeeper.adapters.sqlmodel_engine import Database
from linkkeeper.adapters.sqlmodel_history import HistoryQueries
from linkkeeper.adapters.sqlmodel_kept_source import cited_in, kept_source
from linkkeeper.adapters.sqlmodel_links import find_link, must
from linkkeeper.adapters.sqlmodel_tables import (
    AnalysisRow,
    CaptureRow,
    CheckRow,
    CitationRow,
    DecisionRow,
    HostRow,
    LinkRow,
    NoteRow,
    RepairRow,
    RequestRow,
    SourceRow,
)
from linkkeeper.adapters.sqlmodel_views import capture_view, check_view, link_summaries, request_view
from linkkeeper.vocabulary.capture import RequestState
from linkkeeper.vocabulary.moment import Clock
from linkkeeper.vocabulary.state import LinkState
from linkkeeper.vocabulary.uri import UnusableUrl, fetch_form, identity_key
from linkkeeper.vocabulary.views import (
    AnalysisPage,
    AnalysisSummary,
    CaptureView,
    CitationView,
    HostSummary,
    KeptSource,
    LinkPage,
    LinkSummary,
    NoteView,
    PinView,
    RepairView,
    RequestView,
    SourceView,
    StateCounts,
)


class SqlCatalogue(HistoryQueries):
    """Satisfies :class:`linkkeeper.pipeline.catalogue.Catalogue`."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        super().__init__(database, clock=clock)

    def sources(self) -> Sequence[SourceView]:
        with self._database.reading() as session:
            rows = session.exec(
                select(SourceRow, func.count(col(AnalysisRow.id)))
                .outerjoin(AnalysisRow, col(AnalysisRow.source_id) == col(SourceRow.id))
                .where(col(SourceRow.removed_at).is_(None))
                .group_by(col(SourceRow.id))
                .order_by(col(SourceRow.id))
            ).all()
            return [_source_view(row, analyses) for row, analyses in rows]

    def analyses(self, *, limit: int = 200, offset: int = 0) -> Sequence[AnalysisSummary]:
        with self._database.reading() as session:
            rows = session.exec(
                select(AnalysisRow)
                .order_by(col(AnalysisRow.first_seen_at).desc(), col(AnalysisRow.id))
                .limit(limit)
                .offset(offset)
            ).all()
            return [_analysis_summary(session, row) for row in rows]

    def analysis(self, analysis_id: int) -> AnalysisPage | None:
        with self._database.reading() as session:
            row = session.get(AnalysisRow, analysis_id)
            return None if row is None else _analysis_page(session, row)

    def analysis_at(self, location: str) -> AnalysisPage | None:
        with self._database.reading() as session:
            row = session.exec(select(AnalysisRow).where(AnalysisRow.location == location)).first()
            return None if row is None else _analysis_page(session, row)

    def link(self, link_id: int) -> LinkPage | None:
        with self._database.reading() as session:
            row = session.get(LinkRow, link_id)
            return None if row is None else _link_page(session, row)

    def link_of_url(self, url: str) -> LinkPage | None:
        with self._database.reading() as session:
            row = _link_row(session, url)
            return None if row is None else _link_page(session, row)

    def links(
        self,
        *,
        state: LinkState | None = None,
        host: str | None = None,
        confirmed: bool | None = None,
        limit: int = 200,
        offset: int = 0,
    ) -> Sequence[LinkSummary]:
        query = select(LinkRow).order_by(col(LinkRow.since).desc(), col(LinkRow.id)).limit(limit).offset(offset)
        if state is not None:
            query = query.where(LinkRow.state == state.value)
        if host is not None:
            query = query.where(LinkRow.host == host)
        if confirmed is not None:
            query = query.where(LinkRow.confirmed == confirmed)
        with self._database.reading() as session:
            return list(link_summaries(session, session.exec(query).all()).values())

    def hosts(self, *, limit: int = 200) -> Sequence[HostSummary]:
        with self._database.reading() as session:
            keys = session.exec(
                select(LinkRow.host).group_by(LinkRow.host).order_by(func.count().desc(), LinkRow.host).limit(limit)
            ).all()
            return [_host_summary(session, key) for key in keys]

    def host(self, key: str) -> HostSummary | None:
        with self._database.reading() as session:
            summary = _host_summary(session, key)
            return summary if summary.links else None

    def capture(self, capture_id: str) -> CaptureView | None:
        with self._database.reading() as session:
            row = session.get(CaptureRow, capture_id)
            return None if row is None else capture_view(row)

    def source_of_url(self, url: str) -> KeptSource | None:
        try:
            key = identity_key(fetch_form(url))
        except UnusableUrl:
            return None
        with self._database.reading() as session:
            return kept_source(session, key)

    def version(self) -> int:
        return self._database.version()

    def replaying_badly(self, *, below: float, limit: int = 200) -> Sequence[CaptureView]:
        query = (
            select(CaptureRow)
            .where(col(CaptureRow.replay_score) < below)
            .order_by(col(CaptureRow.moment).desc())
            .limit(limit)
        )
        with self._database.reading() as session:
            return [capture_view(row) for row in session.exec(query)]

    def captures(self, *, limit: int = 100, offset: int = 0) -> Sequence[CaptureView]:
        with self._database.reading() as session:
            rows = session.exec(select(CaptureRow).order_by(col(CaptureRow.moment).desc()).limit(limit).offset(offset))
            return [capture_view(row) for row in rows]

    def request(self, capture_id: str) -> RequestView | None:
        with self._database.reading() as session:
            row = session.get(RequestRow, capture_id)
            return None if row is None else request_view(row, session.get(CaptureRow, capture_id))

    def requests(self, *, state: RequestState | None = None, limit: int = 100) -> Sequence[RequestView]:
        ended = col(RequestRow.state).in_([RequestState.DONE, RequestState.FAILED, RequestState.CANCELLED])
        query = (
            select(RequestRow)
            .order_by(ended, col(RequestRow.created_at).desc(), col(RequestRow.id).desc())
            .limit(limit)
        )
        if state is not None:
            query = query.where(RequestRow.state == state.value)
        with self._database.reading() as session:
            rows = session.exec(query).all()
            captures = {
                row.id: row
                for row in session.exec(select(CaptureRow).where(col(CaptureRow.id).in_([row.id for row in rows])))
            }
            return [request_view(row, captures.get(row.id)) for row in rows]

    def repairs(self, *, state: str | None = None, limit: int = 200) -> Sequence[RepairView]:
        query = (
            select(RepairRow, LinkRow.fetch_form, NoteRow.label)
            .join(LinkRow, col(LinkRow.id) == col(RepairRow.link_id))
            .outerjoin(CitationRow, col(CitationRow.id) == col(RepairRow.citation_id))
            .outerjoin(NoteRow, col(NoteRow.id) == col(CitationRow.note_id))
            .order_by(col(RepairRow.moment).desc(), col(RepairRow.id).desc())
            .limit(limit)
        )
        if state is not None:
            query = query.where(RepairRow.state == state)
        with self._database.reading() as session:
            return [_repair_view(row, url, label) for row, url, label in session.exec(query)]

    def counts(self) -> StateCounts:
        with self._database.reading() as session:
            rows = session.exec(select(LinkRow.state, func.count()).group_by(LinkRow.state)).all()
            return tuple((LinkState(state), amount) for state, amount in rows)


def _link_row(session: Session, url: str) -> LinkRow | None:
    try:
        return find_link(session, identity_key(fetch_form(url)))
    except UnusableUrl:
        return None


def _source_view(row: SourceRow, analyses: int) -> SourceView:
    return SourceView(
        id=must(row.id),
        kind=row.kind,
        location=row.location,
        schedule=row.schedule,
        apply=row.apply,
        policy=row.policy,
        added_at=row.added_at,
        last_polled_at=row.last_polled_at,
        next_poll_at=row.next_poll_at,
        last_error=row.last_error,
        analyses=analyses,
    )


def _repair_view(row: RepairRow, url: str, label: str | None) -> RepairView:
    return RepairView(
        id=must(row.id),
        analysis_id=row.analysis_id,
        file=row.file,
        label=label,
        url=url,
        uri_m=row.uri_m,
        state=row.state,
        why=row.why,
        who=row.who,
        moment=row.moment,
        diff=row.diff,
    )


def _analysis_summary(session: Session, row: AnalysisRow) -> AnalysisSummary:
    links = session.exec(
        select(LinkRow.id, LinkRow.state, LinkRow.since)
        .join(CitationRow, col(CitationRow.link_id) == col(LinkRow.id))
        .where(CitationRow.analysis_id == row.id, col(CitationRow.gone_at).is_(None))
        .distinct()
    ).all()
    notes = session.exec(select(func.count()).select_from(NoteRow).where(NoteRow.edition_id == row.edition_id)).one()
    moved = [since for _, state, since in links if state != LinkState.NEW]
    return AnalysisSummary(
        id=must(row.id),
        title=row.title,
        location=row.location,
        published=row.published,
        first_seen_at=row.first_seen_at,
        notes=notes,
        links=len(links),
        counts=_counts(state for _, state, _ in links),
        changed_at=max(moved, default=None),
    )


def _counts(states: Iterable[str]) -> StateCounts:
    counted = Counter(states)
    return tuple((state, counted[state.value]) for state in LinkState if counted[state.value])


def _analysis_page(session: Session, row: AnalysisRow) -> AnalysisPage:
    pairs = session.exec(
        select(CitationRow, LinkRow)
        .join(LinkRow, col(LinkRow.id) == col(CitationRow.link_id))
        .where(CitationRow.analysis_id == row.id, col(CitationRow.gone_at).is_(None))
        .order_by(col(CitationRow.position))
    ).all()
    summaries = link_summaries(session, list({must(link.id): link for _, link in pairs}.values()))
    views: dict[int | None, list[CitationView]] = {}
    for citation, link in pairs:
        view = CitationView(
            id=must(citation.id),
            as_cited=citation.as_cited,
            link=summaries[must(link.id)],
            is_repeat=citation.is_repeat,
        )
        views.setdefault(citation.note_id, []).append(view)
    notes = session.exec(
        select(NoteRow).where(NoteRow.edition_id == row.edition_id).order_by(col(NoteRow.position))
    ).all()
    return AnalysisPage(
        summary=_analysis_summary(session, row),
        notes=tuple(
            NoteView(
                id=must(note.id),
                label=note.label,
                text=note.text,
                ibid_of=note.ibid_of,
                citations=tuple(views.get(note.id, ())),
            )
            for note in notes
        ),
        links=tuple(views.get(None, ())),
    )


def _link_page(session: Session, row: LinkRow) -> LinkPage:
    link_id = must(row.id)
    checks = session.exec(
        select(CheckRow)
        .where(CheckRow.link_id == link_id)
        .order_by(col(CheckRow.moment).desc(), col(CheckRow.id).desc())
    ).all()
    captures = session.exec(
        select(CaptureRow).where(CaptureRow.link_id == link_id).order_by(col(CaptureRow.moment).desc())
    ).all()
    last = next((check for check in checks if not check.void), None)
    summary = link_summaries(session, [row])[link_id]
    return LinkPage(
        summary=summary,
        rule=last.rule if last else "",
        evidence=dict(last.evidence or {}) if last else {},
        checks=tuple(check_view(check) for check in checks),
        captures=tuple(capture_view(capture) for capture in captures),
        cited_in=cited_in(session, link_id),
        pins=_pins(session, summary.url),
    )


def _pins(session: Session, url: str) -> tuple[PinView, ...]:
    rows = session.exec(
        select(DecisionRow)
        .where(DecisionRow.kind == "pin", DecisionRow.subject == url)
        .order_by(col(DecisionRow.id).desc())
    )
    known = set(LinkState)
    return tuple(
        PinView(
            moment=row.moment,
            actor=row.actor,
            reason=row.reason,
            state=LinkState(row.after) if row.after in known else None,
        )
        for row in rows
    )


def _host_summary(session: Session, key: str) -> HostSummary:
    states = session.exec(select(LinkRow.state, func.count()).where(LinkRow.host == key).group_by(LinkRow.state)).all()
    row = session.get(HostRow, key)
    counted = dict(states)
    return HostSummary(
        key=key,
        links=sum(counted.values()),
        counts=tuple((state, counted[state.value]) for state in LinkState if state.value in counted),
        backoff_until=row.backoff_until if row else None,
    )
