"""Captures as rows and back; a new one becomes searchable, and the baseline where it is the first good one."""

from sqlalchemy import text
from sqlmodel import Session

from linkkeeper.adapters.sqlmodel_tables import (
    CaptureRow,
    LinkRow,
)
from linkkeeper.vocabulary.capture import Quality
from linkkeeper.vocabulary.records import NewCapture


def insert_capture(session: Session, capture: NewCapture) -> None:
    """Write the row, its searchable text, and make it the link's baseline where it is the first complete one."""
    session.add(_as_row(capture))
    session.flush()
    if capture.same_as is None:
        session.connection().execute(
            text("INSERT INTO captured_text (capture_id, title, url, body) VALUES (:id, :title, :url, :body)"),
            {"id": capture.id, "title": capture.title or "", "url": capture.url, "body": capture.text},
        )
    link = session.get_one(LinkRow, capture.link_id)
    if link.baseline_id is None and capture.quality == "complete" and capture.same_as is None:
        link.confirmed = capture.confirmed
        if capture.confirmed:
            link.baseline_id = capture.id
        session.add(link)


def _as_row(capture: NewCapture) -> CaptureRow:
    return CaptureRow(
        id=capture.id,
        link_id=capture.link_id,
        url=capture.url,
        moment=capture.moment,
        quality=capture.quality.value,
        reason=capture.reason,
        title=capture.title,
        media_type=capture.media_type,
        language=capture.language,
        http_status=capture.http_status,
        final_url=capture.final_url,
        directory=capture.directory,
        files=list(capture.files),
        manifest_sha256=capture.manifest_sha256,
        total_bytes=capture.total_bytes,
        text_sha256=capture.text_sha256,
        note_score=capture.note_score,
        note_words=capture.note_words,
        confirmed=capture.confirmed,
        same_as=capture.same_as,
        uploaded_by=capture.uploaded_by,
    )


def capture_value(row: CaptureRow) -> NewCapture:
    return NewCapture(
        id=row.id,
        link_id=row.link_id,
        url=row.url,
        moment=row.moment,
        quality=Quality(row.quality),
        reason=row.reason,
        directory=row.directory,
        files=tuple(row.files or ()),
        manifest_sha256=row.manifest_sha256,
        total_bytes=row.total_bytes,
        title=row.title,
        media_type=row.media_type,
        language=row.language,
        http_status=row.http_status,
        final_url=row.final_url,
        text_sha256=row.text_sha256,
        note_score=row.note_score,
        note_words=row.note_words,
        confirmed=row.confirmed,
        same_as=row.same_as,
        uploaded_by=row.uploaded_by,
    )
