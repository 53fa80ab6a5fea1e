"""How well each capture replays; passwords that must be changed at the first sign-in."""

import sqlalchemy as sa
from alembic import op

from linkkeeper.adapters.sqlmodel_tables import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_UNREHEARSED = sa.text("replay_looked_at IS NULL AND same_as IS NULL")


def upgrade() -> None:
    op.add_column("capture", sa.Column("replay_score", sa.Float(), nullable=True))
    op.add_column("capture", sa.Column("replay_words", sa.Text(), nullable=True))
    op.add_column("capture", sa.Column("replay_looked_at", UTCDateTime(), nullable=True))
    op.create_index(
        "ix_capture_unrehearsed", "capture", ["moment"], sqlite_where=_UNREHEARSED, postgresql_where=_UNREHEARSED
    )
    op.add_column("editor", sa.Column("must_change", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("editor", "must_change")
    op.drop_index("ix_capture_unrehearsed", table_name="capture")
    for name in ("replay_looked_at", "replay_words", "replay_score"):
        op.drop_column("capture", name)
