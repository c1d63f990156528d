"""Jobs know who caused them, so that workers are shared out fairly."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0002"
branch_labels = None
depends_on = None

RUNNING = sa.text("worker <> ''")


def upgrade() -> None:
    op.add_column("jobs", sa.Column("author", sa.String(100), nullable=False, server_default=""))
    op.create_index("jobs_running", "jobs", ["worker"], sqlite_where=RUNNING, postgresql_where=RUNNING)


def downgrade() -> None:
    op.drop_index("jobs_running", "jobs")
    op.drop_column("jobs", "author")
