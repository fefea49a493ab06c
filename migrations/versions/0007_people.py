"""What people do to the queue, as functions of PostgreSQL, so that it can hold the line itself (docs/security.md).

SQLite has nobody to guard against: its file belongs to whoever opens it.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None

FUNCTIONS = Path(__file__).resolve().parent.parent / "functions" / "0007_people.sql"
TRIGGERS = {
    "packages_deleted_by": "packages",
    "tags_deleted_by": "tags",
    "package_tags_created_by": "package_tags",
}
SIGNATURES = (
    "tgtui_created_by()",
    "tgtui_deleted_by()",
    "tgtui_record(uuid[], uuid[], text[], date[])",
    "tgtui_cancel_chain(uuid, uuid, boolean)",
    "tgtui_cancel(uuid, uuid, boolean)",
    "tgtui_retry(uuid, uuid, boolean, boolean, integer, interval)",
    "tgtui_active_packages()",
    "tgtui_hurry(uuid, text[], text[])",
    "tgtui_bring_to_front(text, text)",
    "tgtui_want_version(uuid, uuid)",
    "tgtui_ask(text, text, uuid, boolean, integer, integer, interval)",
    "tgtui_queue(text, text, uuid, boolean, integer, integer, interval)",
    "tgtui_refused(text, text, uuid, integer, interval)",
    "tgtui_outcome(text, uuid, text, timestamp, integer, integer)",
    "tgtui_is_visible_to(uuid, uuid)",
    "tgtui_acting_for(uuid)",
    "tgtui_sign_in(text, text, text)",
    "tgtui_my_requests()",
    "tgtui_me()",
    "tgtui_limits()",
    "tgtui_require(text)",
    "tgtui_may(text)",
    "tgtui_is_restricted()",
    "tgtui_uuid7()",
    "tgtui_now()",
)

UNGUARD = """
DO $$
DECLARE
    policy record;
BEGIN
    FOR policy IN SELECT tablename, policyname FROM pg_policies
                  WHERE schemaname = current_schema() AND left(policyname, 6) = 'tgtui_' LOOP
        EXECUTE 'DROP POLICY ' || quote_ident(policy.policyname) || ' ON ' || quote_ident(policy.tablename);
        EXECUTE 'ALTER TABLE ' || quote_ident(policy.tablename) || ' DISABLE ROW LEVEL SECURITY';
    END LOOP;
END $$
"""
"""Policies that `tgtui db grants` made need the functions."""


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.get_bind().exec_driver_sql(FUNCTIONS.read_text(encoding="utf-8"))


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.get_bind().exec_driver_sql(UNGUARD)
        for trigger, table in TRIGGERS.items():
            op.execute(f"DROP TRIGGER {trigger} ON {table}")
        for signature in SIGNATURES:
            op.execute(f"DROP FUNCTION {signature}")
        op.execute("DROP TYPE tgtui_asked")
