"""Who deleted and who requested something can't be written by another login (docs/security.md). What is stored stays."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

FILE = Path(__file__).resolve().parent.parent / "functions" / "0014_guards.sql"
TRIGGERS = ("package_requests_made_by", "package_requests_handed_to")


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.get_bind().exec_driver_sql(FILE.read_text(encoding="utf-8"))


def downgrade() -> None:
    """The stricter `tgtui_deleted_by` stays: the older schema works with it too, and drops it with its own."""
    if op.get_context().dialect.name == "postgresql":
        for trigger in TRIGGERS:
            op.execute(f"DROP TRIGGER {trigger} ON package_requests")
        op.execute("DROP FUNCTION tgtui_requested_by()")
