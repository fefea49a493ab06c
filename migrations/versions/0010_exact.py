"""What older programs read wrongly is read again, or set right.

- Edges with a range or a name that was cut: their versions are loaded again when someone asks for them.
- Edges to npm's placeholders of removed packages, which were refused: likewise; the other edges stay until then.
- What npm refuses (`workspace:`, `catalog:`, `link:` ...) counted as resolved: it is unresolved.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tgtui.versions.npm.rules import NpmRules
from tgtui.versions.rules import NotPicked

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

RANGE_CUT_AT, NAME_CUT_AT = 1_000, 214
PLACEHOLDER = "%removed from the registry for security reasons; only a placeholder%"

edges = sa.table(
    "package_dependencies",
    *(
        sa.column(name)
        for name in (
            "package_id",
            "version_id",
            "dependency_registry",
            "dependency_name",
            "declared_name",
            "dependency_version_range",
            "resolved_version",
            "resolution_error",
        )
    ),
)
versions = sa.table(
    "package_versions",
    *(sa.column(name) for name in ("id", "package_id", "dependencies_fetched_at", "fingerprint")),
)
packages = sa.table("packages", sa.column("id"))
stale = sa.table("package_search_stale", sa.column("id"), sa.column("package_id"))


def upgrade() -> None:
    connection = op.get_bind()
    of_npm = edges.c.dependency_registry == "npm"
    of_both = edges.c.dependency_registry.in_(["npm", "jsr"])
    is_cut = of_both & (
        (sa.func.length(edges.c.dependency_version_range) == RANGE_CUT_AT)
        | _is_cut_name(edges.c.dependency_name)
        | _is_cut_name(edges.c.declared_name)
    )
    cut = _distinct(connection, edges.c.version_id, is_cut)
    refused = _distinct(
        connection, edges.c.version_id, of_npm & edges.c.resolution_error.like(PLACEHOLDER)
    )
    changed: set[object] = set()
    for id in {*cut, *refused}:
        forgotten = (
            sa.update(versions)
            .where(versions.c.id == id)
            .values(dependencies_fetched_at=None, fingerprint=None)
            .returning(versions.c.package_id)
        )
        changed.update(connection.scalars(forgotten))
    for id in cut:
        connection.execute(sa.delete(edges).where(edges.c.version_id == id))
    leads_outside = edges.c.resolved_version.contains(":") | edges.c.resolved_version.contains("/")
    for wanted in _distinct(connection, edges.c.resolved_version, of_npm & leads_outside):
        answer = NpmRules().elsewhere("", str(wanted))
        if isinstance(answer, NotPicked):
            is_refused = of_npm & (edges.c.resolved_version == wanted)
            changed.update(_distinct(connection, edges.c.package_id, is_refused))
            connection.execute(
                sa.update(edges)
                .where(is_refused)
                .values(resolved_version="unresolved", resolution_error=answer.reason)
            )
    random = "randomblob(16)" if connection.dialect.name == "sqlite" else "gen_random_uuid()"
    for id in changed:
        found = sa.select(sa.text(random), packages.c.id).where(packages.c.id == id)
        connection.execute(sa.insert(stale).from_select(["id", "package_id"], found))


def downgrade() -> None:
    """Nothing: older programs read the same tables."""


def _is_cut_name(column: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    return (sa.func.length(column) == NAME_CUT_AT) & column.like("%…")


def _distinct(
    connection: sa.Connection, column: sa.ColumnElement[object], which: sa.ColumnElement[bool]
) -> list[object]:
    return list(connection.scalars(sa.select(column).where(which).distinct()))
