"""What is still to be done is found without reading what was done; so is whose turn it is among comments."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_lite = op.get_context().dialect.name == "sqlite"
    still_open = sa.text(f"wanted > done AND parked IS {0 if is_lite else 'false'}")
    where: dict[str, Any] = {"sqlite_where": still_open, "postgresql_where": still_open}
    op.drop_index("jobs_due", "jobs")
    op.create_index("jobs_open", "jobs", ["due_at"], **where)
    op.create_index("jobs_turns", "jobs", ["forge", "repo", "number", "kind", "id"], **where)


def downgrade() -> None:
    op.drop_index("jobs_turns", "jobs")
    op.drop_index("jobs_open", "jobs")
    op.create_index("jobs_due", "jobs", ["parked", "due_at"])
