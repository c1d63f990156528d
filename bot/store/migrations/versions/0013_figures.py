"""Jobs name the delivery that asked for them, and figures say what they count."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

#: Counters of runs by their verdict, of which `failed` read as a run that broke.
VERDICTS = ("passed", "failed", "unverified", "nothing_to_check")
LAST = "last_delivery_timestamp_seconds"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("delivery", sa.String(100), nullable=False, server_default=""))
    for verdict in VERDICTS:
        _rename(f"runs_{verdict}_total", f"verdicts_{verdict}_total")
    newest = "SELECT :name, received_at FROM deliveries ORDER BY received_at DESC LIMIT 1"
    op.execute(sa.text(f"INSERT INTO counters (name, value) {newest}").bindparams(name=LAST))


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM counters WHERE name = :name").bindparams(name=LAST))
    for verdict in VERDICTS:
        _rename(f"verdicts_{verdict}_total", f"runs_{verdict}_total")
    op.drop_column("jobs", "delivery")


def _rename(old: str, new: str) -> None:
    op.execute(sa.text("UPDATE counters SET name = :new WHERE name = :old").bindparams(old=old, new=new))
