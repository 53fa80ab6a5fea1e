"""A short digest of the last page of each link, so that the same bytes are not judged twice."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("link", sa.Column("body_hash", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("link", "body_hash")
