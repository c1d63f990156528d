"""The hub audit: published pages, their links, what was seen of the files, rounds and incidents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TABLES = ("audit_incidents", "audit_rounds", "audit_files", "audit_links", "audit_pages")


def upgrade() -> None:
    op.create_table(
        "audit_pages",
        sa.Column("hub", sa.String(280), primary_key=True),
        sa.Column("path", sa.String(500), primary_key=True),
        sa.Column("publisher", sa.String(200), nullable=False),
        sa.Column("version", sa.String(200), nullable=False),
        sa.Column("name", sa.String(500), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("checked_at", sa.Float, nullable=False),
    )
    op.create_index("audit_pages_rank", "audit_pages", ["hub", "rank"])
    op.create_table(
        "audit_links",
        sa.Column("hub", sa.String(280), primary_key=True),
        sa.Column("path", sa.String(500), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("url_hash", sa.String(64), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("file_format", sa.Text, nullable=False),
    )
    op.create_index("audit_links_url", "audit_links", ["url_hash"])
    op.create_table(
        "audit_files",
        sa.Column("url_hash", sa.String(64), primary_key=True),
        sa.Column("checked_at", sa.Float, nullable=False),
        sa.Column("seen_at", sa.Float, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "audit_rounds",
        sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
        sa.Column("hub", sa.String(280), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("commit", sa.String(64), nullable=False),
        sa.Column("started_at", sa.Float, nullable=False),
        sa.Column("finished_at", sa.Float),
        sa.Column("counts", sa.Text, nullable=False),
    )
    op.create_index("audit_rounds_hub", "audit_rounds", ["hub", "started_at"])
    op.create_table(
        "audit_incidents",
        sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
        sa.Column("hub", sa.String(280), nullable=False),
        sa.Column("url_hash", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("opened_at", sa.Float, nullable=False),
        sa.Column("closed_at", sa.Float),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_index("audit_incidents_hub", "audit_incidents", ["hub", "opened_at"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
