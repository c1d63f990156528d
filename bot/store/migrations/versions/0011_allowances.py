"""What forges allow, and the pace of writes that all workers share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "allowances",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("most", sa.BigInteger, nullable=False),
        sa.Column("remaining", sa.BigInteger, nullable=False),
        sa.Column("reset_at", sa.Float, nullable=False),
        sa.Column("told_at", sa.Float, nullable=False),
    )
    op.create_table(
        "paces",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("held", sa.Float, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("paces")
    op.drop_table("allowances")
