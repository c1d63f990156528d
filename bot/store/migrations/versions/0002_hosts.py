"""What all workers share of file servers: breakers, connections held, and files that were verified."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hosts",
        sa.Column("host", sa.String(260), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("rests", sa.Integer, nullable=False),
        sa.Column("closed_until", sa.Float, nullable=False),
        sa.Column("probe_until", sa.Float, nullable=False),
        sa.Column("next_at", sa.Float, nullable=False),
    )
    op.create_table(
        "host_slots",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("host", sa.String(260), nullable=False),
        sa.Column("run", sa.String(40), nullable=False),
        sa.Column("process", sa.String(100), nullable=False),
        sa.Column("connections", sa.Integer, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
    )
    op.create_index("host_slots_host", "host_slots", ["host"])
    op.create_table(
        "verified",
        sa.Column("url_hash", sa.String(64), primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("measured_at", sa.Float, nullable=False),
        sa.Column("pull", sa.String(320), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )


def downgrade() -> None:
    for table in ("verified", "host_slots", "hosts"):
        op.drop_table(table)
