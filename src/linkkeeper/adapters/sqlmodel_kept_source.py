"""
The two queries behind a memento's page.

Readers ask for it more than for anything else, so columns are selected, not
rows as objects: keeping track of objects would take longer than all the rest.
"""

from typing import Any, cast

from sqlalchemy import bindparam, select
from sqlmodel import Session, SQLModel

from linkkeeper.adapters.sqlmodel_links import identity_hash
from linkkeeper.adapters.sqlmodel_tables import AnalysisRow, CaptureRow, CitationRow, LinkRow, NoteRow
from linkkeeper.adapters.sqlmodel_views import capture_view
from linkkeeper.vocabulary.state import LinkState
from linkkeeper.vocabulary.views import CitedIn, KeptSource


def _columns(table: type[SQLModel]) -> Any:
    return cast(Any, table).__table__.c


_LINK, _CAPTURE, _CITATION = _columns(LinkRow), _columns(CaptureRow), _columns(CitationRow)
_ANALYSIS, _NOTE = _columns(AnalysisRow), _columns(NoteRow)

_CAPTURES = (
    select(
        _LINK.id.label("source_id"),
        _LINK.state,
        _LINK.since,
        _LINK.identity_key,
        _LINK.fetch_form,
        *(column for column in _CAPTURE),
    )
    .select_from(LinkRow)
    .outerjoin(CaptureRow, _CAPTURE.link_id == _LINK.id)
    .where(_LINK.identity_hash == bindparam("identity"))
    .order_by(_CAPTURE.moment)
)
_CITED_IN = (
    select(
        _ANALYSIS.id,
        _ANALYSIS.title,
        _ANALYSIS.location,
        _ANALYSIS.published,
        _NOTE.label,
        _NOTE.text,
        _NOTE.accessed,
    )
    .select_from(CitationRow)
    .join(AnalysisRow, _ANALYSIS.id == _CITATION.analysis_id)
    .outerjoin(NoteRow, _NOTE.id == _CITATION.note_id)
    .where(_CITATION.link_id == bindparam("link"), _CITATION.gone_at.is_(None))
    .order_by(_ANALYSIS.id, _CITATION.position)
)


def kept_source(session: Session, identity_key: str) -> KeptSource | None:
    """The link of *identity_key* with all its captures; None where there is no such link."""
    rows = session.connection().execute(_CAPTURES, {"identity": identity_hash(identity_key)}).all()
    own = [row for row in rows if (row.identity_key or row.fetch_form) == identity_key]
    if not own:
        return None
    link = own[0]
    return KeptSource(
        link_id=link.source_id,
        state=LinkState(link.state),
        since=link.since,
        captures=tuple(capture_view(cast(CaptureRow, row)) for row in own if row.id is not None),
        cited_in=cited_in(session, link.source_id),
    )


def cited_in(session: Session, link_id: int) -> tuple[CitedIn, ...]:
    """Who cites a link, analysis by analysis, in the order of their texts."""
    rows = session.connection().execute(_CITED_IN, {"link": link_id})
    return tuple(
        CitedIn(
            analysis_id=row.id,
            analysis_title=row.title,
            file=row.location,
            label=row.label,
            note_text=row.text,
            cited_on=row.accessed or row.published,
        )
        for row in rows
    )
