"""
The tables, one class each. They do not validate: values are validated before they become rows.

Moments are microseconds since 1970 (:class:`UTCDateTime`), enums are their
values, lists and evidence are JSON text.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Dialect, Index, MetaData, TypeDecorator, UniqueConstraint, false, text
from sqlalchemy.types import JSON, Text
from sqlmodel import Field, SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class UTCDateTime(TypeDecorator[datetime]):
    """
    Aware moments as whole microseconds; refuses naive values.

    SQLite drops time zones and keeps text of 26 characters; an integer keeps
    a third of that and sorts rightly on every database.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive moment {value!r} refused: give it a time zone")
        return as_number(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        seconds, micros = divmod(int(value), 1_000_000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)


def as_number(moment: datetime) -> int:
    """A moment as the databases hold it, for statements written by hand."""
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def _moment(*, nullable: bool = False, index: bool = False) -> Any:
    return Field(default=None, sa_column=Column(UTCDateTime, nullable=nullable, index=index))


def _json(*, nullable: bool = True) -> Any:
    return Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=nullable))


def _text(*, nullable: bool = False) -> Any:
    return Field(default=None if nullable else "", sa_column=Column(Text, nullable=nullable))


class Row(SQLModel):
    """What all tables share: one naming convention, so that migrations can name constraints."""

    metadata = MetaData(naming_convention=NAMING)


class SourceRow(Row, table=True):
    __tablename__ = "source"
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    location: str = Field(unique=True)
    schedule: str
    apply: str
    policy: str
    added_at: datetime = _moment()
    last_polled_at: datetime | None = _moment(nullable=True)
    next_poll_at: datetime | None = _moment(nullable=True)
    last_error: str | None = _text(nullable=True)
    removed_at: datetime | None = _moment(nullable=True)


class AnalysisRow(Row, table=True):
    __tablename__ = "analysis"
    id: int | None = Field(default=None, primary_key=True)
    source_id: int | None = Field(default=None, foreign_key="source.id", index=True)
    location: str = Field(unique=True)
    title: str = _text()
    language: str | None = None
    published: date | None = None
    first_seen_at: datetime = _moment()
    read_at: datetime = _moment()
    edition_id: int | None = None


class EditionRow(Row, table=True):
    __tablename__ = "edition"
    id: int | None = Field(default=None, primary_key=True)
    analysis_id: int = Field(foreign_key="analysis.id", index=True)
    sha256: str = Field(index=True)
    moment: datetime = _moment()
    format: str
    encoding: str
    size: int


class NoteRow(Row, table=True):
    __tablename__ = "note"
    id: int | None = Field(default=None, primary_key=True)
    analysis_id: int = Field(foreign_key="analysis.id", index=True)
    edition_id: int = Field(foreign_key="edition.id", index=True)
    position: int
    label: str
    text: str = _text()
    span_start: int | None = None
    span_end: int | None = None
    ibid_of: str | None = None
    refers_to: list[str] | None = _json()
    same_source_as: str | None = None
    published: date | None = None
    accessed: date | None = None
    archived: date | None = None
    passages: list[str] | None = _json()


class LinkRow(Row, table=True):
    """
    One cited source.

    *identity_hash* is the first 64 bits of the identity key's SHA-256: with a
    million links an index over the keys themselves would double the file.
    *identity_key* is kept only where it differs from the fetch form.
    """

    __tablename__ = "link"
    __table_args__ = (Index("ix_link_host_next_check_at", "host", "next_check_at"),)
    id: int | None = Field(default=None, primary_key=True)
    identity_hash: int = Field(sa_column=Column(BigInteger, unique=True, nullable=False))
    identity_key: str | None = _text(nullable=True)
    identity_rules: int
    fetch_form: str = _text()
    host: str
    state: str = Field(default="new", index=True)
    since: datetime = _moment()
    standing: str | None = _text(nullable=True)
    pinned: str | None = None
    first_seen_at: datetime = _moment()
    last_checked_at: datetime | None = _moment(nullable=True)
    last_ok_at: datetime | None = _moment(nullable=True)
    next_check_at: datetime | None = _moment(nullable=True, index=True)
    looks: int = 0
    evidence_class: str | None = None
    baseline_id: str | None = None
    confirmed: bool = True
    browser_look_at: datetime | None = _moment(nullable=True)
    etag: str | None = None
    last_modified: str | None = None
    body_hash: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))


class CitationRow(Row, table=True):
    """An occurrence of a URL; *occurrences* are ``[start, end, form]``; an Ibid. has none and no *as_cited*."""

    __tablename__ = "citation"
    id: int | None = Field(default=None, primary_key=True)
    analysis_id: int = Field(foreign_key="analysis.id", index=True)
    link_id: int = Field(foreign_key="link.id", index=True)
    note_id: int | None = Field(default=None, foreign_key="note.id", index=True)
    position: int
    as_cited: str = _text()
    ordinal: int = 0
    occurrences: list[list[Any]] | None = _json()
    is_repeat: bool = False
    archive_copy: str | None = _text(nullable=True)
    first_seen_at: datetime = _moment()
    gone_at: datetime | None = _moment(nullable=True)


class SpellingRow(Row, table=True):
    """Another cited form of a link; a failure counts only after these failed too."""

    __tablename__ = "spelling"
    __table_args__ = (UniqueConstraint("link_id", "fetch_form"),)
    id: int | None = Field(default=None, primary_key=True)
    link_id: int = Field(foreign_key="link.id", index=True)
    fetch_form: str = _text()


class CheckRow(Row, table=True):
    __tablename__ = "looked"
    __table_args__ = (Index("ix_looked_link_id_moment", "link_id", "moment"),)
    id: int | None = Field(default=None, primary_key=True)
    link_id: int = Field(foreign_key="link.id")
    moment: datetime = _moment()
    observation: str
    rule: str
    http_status: int | None = None
    final_url: str | None = _text(nullable=True)
    redirects: list[list[Any]] | None = _json()
    evidence: dict[str, Any] | None = _json()
    elapsed_s: float = 0.0
    state: str
    void: bool = False


class CaptureRow(Row, table=True):
    """A published capture, or with *same_as* the record that a later visit found the same text."""

    __tablename__ = "capture"
    __table_args__ = (
        Index("ix_capture_link_id_moment", "link_id", "moment"),
        Index(
            "ix_capture_unrehearsed",
            "moment",
            sqlite_where=text("replay_looked_at IS NULL AND same_as IS NULL"),
            postgresql_where=text("replay_looked_at IS NULL AND same_as IS NULL"),
        ),
    )
    id: str = Field(primary_key=True)
    link_id: int = Field(foreign_key="link.id")
    url: str = _text()
    moment: datetime = _moment()
    quality: str
    reason: str = _text()
    title: str | None = _text(nullable=True)
    media_type: str | None = None
    language: str | None = None
    http_status: int | None = None
    final_url: str | None = _text(nullable=True)
    directory: str
    files: list[str] | None = _json()
    manifest_sha256: str
    total_bytes: int = 0
    text_sha256: str | None = None
    note_score: float | None = None
    note_words: str = _text()
    confirmed: bool = True
    confirmed_by: str | None = None
    same_as: str | None = None
    uploaded_by: str | None = None
    access: str = "open"
    access_until: datetime | None = _moment(nullable=True)
    access_reason: str | None = _text(nullable=True)
    verified_at: datetime | None = _moment(nullable=True)
    replay_score: float | None = None
    replay_words: str | None = _text(nullable=True)
    replay_looked_at: datetime | None = _moment(nullable=True)


class RequestRow(Row, table=True):
    """A capture to make; its id is the capture's. *token* is that of the worker that makes it, until *lease_until*."""

    __tablename__ = "request"
    __table_args__ = (Index("ix_request_state_priority", "state", "priority", "created_at"),)
    id: str = Field(primary_key=True)
    link_id: int = Field(foreign_key="link.id", index=True)
    url: str = _text()
    host: str
    reason: str
    priority: int
    state: str
    attempt: int = 0
    token: str | None = None
    lease_until: datetime | None = _moment(nullable=True)
    not_before: datetime = _moment()
    created_at: datetime = _moment()
    ended_at: datetime | None = _moment(nullable=True)
    requested_by: str | None = None
    words: str = _text()
    steps: list[dict[str, Any]] | None = _json()


class HostRow(Row, table=True):
    """One politeness key and who holds it."""

    __tablename__ = "host"
    key: str = Field(primary_key=True)
    token: str | None = None
    lease_until: datetime | None = _moment(nullable=True)
    backoff_until: datetime | None = _moment(nullable=True)
    crawl_delay_s: float | None = None
    wanted_at: datetime | None = _moment(nullable=True)


class FileRepairRow(Row, table=True):
    """One carried-out repair (or undoing) of one file; *edits* as :class:`vocabulary.relink.Edit` writes them."""

    __tablename__ = "file_repair"
    id: str = Field(primary_key=True)
    location: str = _text()
    moment: datetime = _moment()
    who: str
    why: str = _text()
    before_sha256: str
    after_sha256: str
    edits: list[dict[str, Any]] | None = _json()
    undoes: str | None = Field(default=None, index=True)


class RepairRow(Row, table=True):
    """The repair of one link in one analysis: ``proposed made undone refused dismissed waiting``."""

    __tablename__ = "repair"
    id: int | None = Field(default=None, primary_key=True)
    analysis_id: int = Field(foreign_key="analysis.id", index=True)
    citation_id: int | None = Field(default=None, foreign_key="citation.id")
    link_id: int = Field(foreign_key="link.id", index=True)
    file: str = _text()
    state: str = Field(index=True)
    uri_m: str | None = _text(nullable=True)
    why: str = _text()
    who: str | None = None
    moment: datetime = _moment()
    capture_id: str | None = None
    diff: str = _text()
    file_repair_id: str | None = Field(default=None, foreign_key="file_repair.id", index=True)


class ExternalMementoRow(Row, table=True):
    """Another archive's memento; *verified* only after it was fetched and judged."""

    __tablename__ = "external_memento"
    __table_args__ = (UniqueConstraint("link_id", "uri_m"),)
    id: int | None = Field(default=None, primary_key=True)
    link_id: int = Field(foreign_key="link.id", index=True)
    uri_m: str = _text()
    moment: datetime = _moment()
    archive: str
    verified: bool = False
    words: str = _text()
    asked_at: datetime = _moment()


class DecisionRow(Row, table=True):
    """What an editor (or a reader's report) decided; *journal_id* names its journal line, where it has one."""

    __tablename__ = "decision"
    id: int | None = Field(default=None, primary_key=True)
    moment: datetime = _moment()
    kind: str = Field(index=True)
    subject: str = Field(index=True)
    actor: str
    reason: str = _text()
    before: str | None = _text(nullable=True)
    after: str | None = _text(nullable=True)
    journal_id: str | None = Field(default=None, unique=True)


class EditorRow(Row, table=True):
    __tablename__ = "editor"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    password_hash: str
    created_at: datetime = _moment()
    must_change: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class SessionRow(Row, table=True):
    __tablename__ = "session"
    secret_sha256: str = Field(primary_key=True)
    editor_id: int = Field(foreign_key="editor.id", index=True)
    csrf: str
    expires_at: datetime = _moment()


class TokenRow(Row, table=True):
    __tablename__ = "token"
    secret_sha256: str = Field(primary_key=True)
    name: str = Field(unique=True)
    created_by: str
    created_at: datetime = _moment()
    revoked_at: datetime | None = _moment(nullable=True)


class RoundRow(Row, table=True):
    """One run of ``archive`` over a set of analyses (*scope*); unfinished while *finished_at* is unset."""

    __tablename__ = "round"
    id: int | None = Field(default=None, primary_key=True)
    scope: str = Field(index=True)
    started_at: datetime = _moment()
    finished_at: datetime | None = _moment(nullable=True)


class SiblingRow(Row, table=True):
    """What a host answered for an address that can't exist; kept per host and directory for seven days."""

    __tablename__ = "sibling"
    directory: str = Field(primary_key=True)
    moment: datetime = _moment()
    answers: list[dict[str, Any]] | None = _json()
