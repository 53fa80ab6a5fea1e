"""The first tables."""

import sqlalchemy as sa
from alembic import op

from linkkeeper.adapters.sqlmodel_tables import UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("moment", UTCDateTime(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("journal_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("journal_id", name=op.f("uq_decision_journal_id")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decision_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_decision_subject"), ["subject"], unique=False)

    op.create_table(
        "editor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editor")),
        sa.UniqueConstraint("name", name=op.f("uq_editor_name")),
    )
    op.create_table(
        "file_repair",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("moment", UTCDateTime(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("before_sha256", sa.String(), nullable=False),
        sa.Column("after_sha256", sa.String(), nullable=False),
        sa.Column("edits", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("undoes", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_repair")),
    )
    with op.batch_alter_table("file_repair", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_file_repair_undoes"), ["undoes"], unique=False)

    op.create_table(
        "host",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("lease_until", UTCDateTime(), nullable=True),
        sa.Column("backoff_until", UTCDateTime(), nullable=True),
        sa.Column("crawl_delay_s", sa.Float(), nullable=True),
        sa.Column("wanted_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_host")),
    )
    op.create_table(
        "link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("identity_hash", sa.BigInteger(), nullable=False),
        sa.Column("identity_key", sa.Text(), nullable=True),
        sa.Column("identity_rules", sa.Integer(), nullable=False),
        sa.Column("fetch_form", sa.Text(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=True),
        sa.Column("pinned", sa.String(), nullable=True),
        sa.Column("first_seen_at", UTCDateTime(), nullable=False),
        sa.Column("last_checked_at", UTCDateTime(), nullable=True),
        sa.Column("last_ok_at", UTCDateTime(), nullable=True),
        sa.Column("next_check_at", UTCDateTime(), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("evidence_class", sa.String(), nullable=True),
        sa.Column("baseline_id", sa.String(), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("browser_look_at", UTCDateTime(), nullable=True),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("last_modified", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sa.UniqueConstraint("identity_hash", name=op.f("uq_link_identity_hash")),
    )
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.create_index("ix_link_host_next_check_at", ["host", "next_check_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_link_next_check_at"), ["next_check_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_link_state"), ["state"], unique=False)

    op.create_table(
        "round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
    )
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_round_scope"), ["scope"], unique=False)

    op.create_table(
        "sibling",
        sa.Column("directory", sa.String(), nullable=False),
        sa.Column("moment", UTCDateTime(), nullable=False),
        sa.Column("answers", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("directory", name=op.f("pk_sibling")),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("schedule", sa.String(), nullable=False),
        sa.Column("apply", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("added_at", UTCDateTime(), nullable=False),
        sa.Column("last_polled_at", UTCDateTime(), nullable=True),
        sa.Column("next_poll_at", UTCDateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("removed_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("location", name=op.f("uq_source_location")),
    )
    op.create_table(
        "token",
        sa.Column("secret_sha256", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("revoked_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("secret_sha256", name=op.f("pk_token")),
        sa.UniqueConstraint("name", name=op.f("uq_token_name")),
    )
    op.create_table(
        "analysis",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("published", sa.Date(), nullable=True),
        sa.Column("first_seen_at", UTCDateTime(), nullable=False),
        sa.Column("read_at", UTCDateTime(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_analysis_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analysis")),
        sa.UniqueConstraint("location", name=op.f("uq_analysis_location")),
    )
    with op.batch_alter_table("analysis", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_analysis_source_id"), ["source_id"], unique=False)

    op.create_table(
        "capture",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("moment", UTCDateTime(), nullable=False),
        sa.Column("quality", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("media_type", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("final_url", sa.Text(), nullable=True),
        sa.Column("directory", sa.String(), nullable=False),
        sa.Column("files", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("manifest_sha256", sa.String(), nullable=False),
        sa.Column("total_bytes", sa.Integer(), nullable=False),
        sa.Column("text_sha256", sa.String(), nullable=True),
        sa.Column("note_score", sa.Float(), nullable=True),
        sa.Column("note_words", sa.Text(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("confirmed_by", sa.String(), nullable=True),
        sa.Column("same_as", sa.String(), nullable=True),
        sa.Column("uploaded_by", sa.String(), nullable=True),
        sa.Column("access", sa.String(), nullable=False),
        sa.Column("access_until", UTCDateTime(), nullable=True),
        sa.Column("access_reason", sa.Text(), nullable=True),
        sa.Column("verified_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_capture_link_id_link")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capture")),
    )
    with op.batch_alter_table("capture", schema=None) as batch_op:
        batch_op.create_index("ix_capture_link_id_moment", ["link_id", "moment"], unique=False)

    op.create_table(
        "external_memento",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("uri_m", sa.Text(), nullable=False),
        sa.Column("moment", UTCDateTime(), nullable=False),
        sa.Column("archive", sa.String(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_external_memento_link_id_link")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_memento")),
        sa.UniqueConstraint("link_id", "uri_m", name=op.f("uq_external_memento_link_id_uri_m")),
    )
    with op.batch_alter_table("external_memento", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_external_memento_link_id"), ["link_id"], unique=False)

    op.create_table(
        "looked",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("moment", UTCDateTime(), nullable=False),
        sa.Column("observation", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("final_url", sa.Text(), nullable=True),
        sa.Column("redirects", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("evidence", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("elapsed_s", sa.Float(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_looked_link_id_link")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_looked")),
    )
    with op.batch_alter_table("looked", schema=None) as batch_op:
        batch_op.create_index("ix_looked_link_id_moment", ["link_id", "moment"], unique=False)

    op.create_table(
        "request",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("lease_until", UTCDateTime(), nullable=True),
        sa.Column("not_before", UTCDateTime(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("requested_by", sa.String(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("steps", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_request_link_id_link")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
    )
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_link_id"), ["link_id"], unique=False)
        batch_op.create_index("ix_request_state_priority", ["state", "priority", "created_at"], unique=False)

    op.create_table(
        "session",
        sa.Column("secret_sha256", sa.String(), nullable=False),
        sa.Column("editor_id", sa.Integer(), nullable=False),
        sa.Column("csrf", sa.String(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["editor_id"], ["editor.id"], name=op.f("fk_session_editor_id_editor")),
        sa.PrimaryKeyConstraint("secret_sha256", name=op.f("pk_session")),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_editor_id"), ["editor_id"], unique=False)

    op.create_table(
        "spelling",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("fetch_form", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_spelling_link_id_link")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spelling")),
        sa.UniqueConstraint("link_id", "fetch_form", name=op.f("uq_spelling_link_id_fetch_form")),
    )
    with op.batch_alter_table("spelling", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spelling_link_id"), ["link_id"], unique=False)

    op.create_table(
        "edition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("analysis_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("moment", UTCDateTime(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("encoding", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["analysis_id"], ["analysis.id"], name=op.f("fk_edition_analysis_id_analysis")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
    )
    with op.batch_alter_table("edition", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_edition_analysis_id"), ["analysis_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_edition_sha256"), ["sha256"], unique=False)

    op.create_table(
        "note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("analysis_id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("span_start", sa.Integer(), nullable=True),
        sa.Column("span_end", sa.Integer(), nullable=True),
        sa.Column("ibid_of", sa.String(), nullable=True),
        sa.Column("refers_to", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("same_source_as", sa.String(), nullable=True),
        sa.Column("published", sa.Date(), nullable=True),
        sa.Column("accessed", sa.Date(), nullable=True),
        sa.Column("archived", sa.Date(), nullable=True),
        sa.Column("passages", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["analysis_id"], ["analysis.id"], name=op.f("fk_note_analysis_id_analysis")),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_note_edition_id_edition")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    with op.batch_alter_table("note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_note_analysis_id"), ["analysis_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_note_edition_id"), ["edition_id"], unique=False)

    op.create_table(
        "citation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("analysis_id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("note_id", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("as_cited", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("occurrences", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("is_repeat", sa.Boolean(), nullable=False),
        sa.Column("archive_copy", sa.Text(), nullable=True),
        sa.Column("first_seen_at", UTCDateTime(), nullable=False),
        sa.Column("gone_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["analysis_id"], ["analysis.id"], name=op.f("fk_citation_analysis_id_analysis")),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_citation_link_id_link")),
        sa.ForeignKeyConstraint(["note_id"], ["note.id"], name=op.f("fk_citation_note_id_note")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_citation")),
    )
    with op.batch_alter_table("citation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_citation_analysis_id"), ["analysis_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_citation_link_id"), ["link_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_citation_note_id"), ["note_id"], unique=False)

    op.create_table(
        "repair",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("analysis_id", sa.Integer(), nullable=False),
        sa.Column("citation_id", sa.Integer(), nullable=True),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("uri_m", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("who", sa.String(), nullable=True),
        sa.Column("moment", UTCDateTime(), nullable=False),
        sa.Column("capture_id", sa.String(), nullable=True),
        sa.Column("diff", sa.Text(), nullable=False),
        sa.Column("file_repair_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["analysis_id"], ["analysis.id"], name=op.f("fk_repair_analysis_id_analysis")),
        sa.ForeignKeyConstraint(["citation_id"], ["citation.id"], name=op.f("fk_repair_citation_id_citation")),
        sa.ForeignKeyConstraint(
            ["file_repair_id"], ["file_repair.id"], name=op.f("fk_repair_file_repair_id_file_repair")
        ),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_repair_link_id_link")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repair")),
    )
    with op.batch_alter_table("repair", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_repair_analysis_id"), ["analysis_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_repair_file_repair_id"), ["file_repair_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_repair_link_id"), ["link_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_repair_state"), ["state"], unique=False)

    # The words of captures, searched by readers; filled with the capture's row.
    op.execute(
        "CREATE VIRTUAL TABLE captured_text USING fts5("
        "capture_id UNINDEXED, title, url, body, tokenize = 'unicode61 remove_diacritics 2')"
    )


def downgrade() -> None:
    op.execute("DROP TABLE captured_text")
    with op.batch_alter_table("repair", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_repair_state"))
        batch_op.drop_index(batch_op.f("ix_repair_link_id"))
        batch_op.drop_index(batch_op.f("ix_repair_file_repair_id"))
        batch_op.drop_index(batch_op.f("ix_repair_analysis_id"))

    op.drop_table("repair")
    with op.batch_alter_table("citation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_citation_note_id"))
        batch_op.drop_index(batch_op.f("ix_citation_link_id"))
        batch_op.drop_index(batch_op.f("ix_citation_analysis_id"))

    op.drop_table("citation")
    with op.batch_alter_table("note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_note_edition_id"))
        batch_op.drop_index(batch_op.f("ix_note_analysis_id"))

    op.drop_table("note")
    with op.batch_alter_table("edition", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_edition_sha256"))
        batch_op.drop_index(batch_op.f("ix_edition_analysis_id"))

    op.drop_table("edition")
    with op.batch_alter_table("spelling", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_spelling_link_id"))

    op.drop_table("spelling")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_editor_id"))

    op.drop_table("session")
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.drop_index("ix_request_state_priority")
        batch_op.drop_index(batch_op.f("ix_request_link_id"))

    op.drop_table("request")
    with op.batch_alter_table("looked", schema=None) as batch_op:
        batch_op.drop_index("ix_looked_link_id_moment")

    op.drop_table("looked")
    with op.batch_alter_table("external_memento", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_external_memento_link_id"))

    op.drop_table("external_memento")
    with op.batch_alter_table("capture", schema=None) as batch_op:
        batch_op.drop_index("ix_capture_link_id_moment")

    op.drop_table("capture")
    with op.batch_alter_table("analysis", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_analysis_source_id"))

    op.drop_table("analysis")
    op.drop_table("token")
    op.drop_table("source")
    op.drop_table("sibling")
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_round_scope"))

    op.drop_table("round")
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_link_state"))
        batch_op.drop_index(batch_op.f("ix_link_next_check_at"))
        batch_op.drop_index("ix_link_host_next_check_at")

    op.drop_table("link")
    op.drop_table("host")
    with op.batch_alter_table("file_repair", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_file_repair_undoes"))

    op.drop_table("file_repair")
    op.drop_table("editor")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_decision_subject"))
        batch_op.drop_index(batch_op.f("ix_decision_kind"))

    op.drop_table("decision")
