"""The seven tables of the specification, and what the program adds (docs/schema.md)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
TIMESTAMP = sa.TIMESTAMP()
FOLDED_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", KEY, nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("updated_at", TIMESTAMP, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("account_issuer_subject_key")),
    )
    op.create_table(
        "packages",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("search_name", FOLDED_TEXT, nullable=False),
        sa.Column("registry", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("homepage", sa.Text(), nullable=True),
        sa.Column("repository", sa.Text(), nullable=True),
        sa.Column("last_fetch_attempt", TIMESTAMP, nullable=True),
        sa.Column("last_fetch_success", TIMESTAMP, nullable=True),
        sa.Column("deleted_at", TIMESTAMP, nullable=True),
        sa.Column("deleted_by", KEY, nullable=True),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("updated_at", TIMESTAMP, nullable=False),
        sa.CheckConstraint(
            "registry IN ('npm', 'jsr', 'brew', 'apt')", name=op.f("ck_packages_registry")
        ),
        sa.ForeignKeyConstraint(
            ["deleted_by"], ["account.id"], name=op.f("fk_packages_deleted_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_packages")),
        sa.UniqueConstraint("name", "registry", name="packages_name_registry_unique"),
    )
    op.create_index("idx_packages_created_at", "packages", [sa.text("created_at DESC")])
    op.create_index(
        "idx_packages_deleted_at",
        "packages",
        [sa.text("updated_at DESC")],
        **where("deleted_at IS NULL"),
    )
    op.create_index("idx_packages_last_fetch_attempt", "packages", ["last_fetch_attempt"])
    op.create_index(
        "idx_packages_name", "packages", ["search_name", "registry"], **where("deleted_at IS NULL")
    )
    op.create_index(
        "idx_packages_registry",
        "packages",
        ["registry", "search_name"],
        **where("deleted_at IS NULL"),
    )

    op.create_table(
        "tags",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("color", sa.Text(), nullable=True),
        sa.Column("deleted_at", TIMESTAMP, nullable=True),
        sa.Column("deleted_by", KEY, nullable=True),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("updated_at", TIMESTAMP, nullable=False),
        sa.ForeignKeyConstraint(["deleted_by"], ["account.id"], name=op.f("fk_tags_deleted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.UniqueConstraint("name", name=op.f("tags_name_key")),
        sa.UniqueConstraint("slug", name=op.f("tags_slug_key")),
    )
    op.create_index(
        "idx_tags_deleted_at", "tags", ["deleted_at"], **where("deleted_at IS NOT NULL")
    )
    op.create_index("idx_tags_name", "tags", ["name"], **where("deleted_at IS NULL"))
    op.create_index("idx_tags_slug", "tags", ["slug"], **where("deleted_at IS NULL"))

    op.create_table(
        "package_dist_tags",
        sa.Column("id", KEY, nullable=False),
        sa.Column("package_id", KEY, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.ForeignKeyConstraint(
            ["package_id"],
            ["packages.id"],
            name=op.f("fk_package_dist_tags_package_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_dist_tags")),
        sa.UniqueConstraint("package_id", "tag", name=op.f("package_dist_tags_package_id_tag_key")),
    )
    op.create_table(
        "package_interactions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("package_id", KEY, nullable=False),
        sa.Column("account_id", KEY, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.CheckConstraint(
            "kind IN ('view', 'search', 'request', 'tag')",
            name=op.f("ck_package_interactions_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_package_interactions_account_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["package_id"],
            ["packages.id"],
            name=op.f("fk_package_interactions_package_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_interactions")),
        sa.UniqueConstraint(
            "package_id",
            "account_id",
            "kind",
            "day",
            name=op.f("package_interactions_package_id_account_id_kind_day_key"),
        ),
    )
    op.create_index("idx_package_interactions_account_id", "package_interactions", ["account_id"])

    op.create_table(
        "package_requests",
        sa.Column("id", KEY, nullable=False),
        sa.Column("package_name", sa.Text(), nullable=False),
        sa.Column("registry", sa.Text(), nullable=False),
        sa.Column("requested_by", KEY, nullable=True),
        sa.Column("source_request_id", KEY, nullable=True),
        sa.Column("root_request_id", KEY, nullable=True),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("is_auto_queued", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("is_forced", sa.Boolean(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("package_id", KEY, nullable=True),
        sa.Column("attempt_count", sa.Integer(), nullable=False),
        sa.Column("retry_after", TIMESTAMP, nullable=True),
        sa.Column("lease_token", KEY, nullable=True),
        sa.Column("lease_expires_at", TIMESTAMP, nullable=True),
        sa.Column("locked_by", sa.Text(), nullable=True),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("updated_at", TIMESTAMP, nullable=False),
        sa.CheckConstraint(
            "registry IN ('npm', 'jsr', 'brew', 'apt')", name=op.f("ck_package_requests_registry")
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'fetching', 'completed', 'failed', 'cancelled')",
            name=op.f("ck_package_requests_status"),
        ),
        sa.ForeignKeyConstraint(
            ["package_id"],
            ["packages.id"],
            name=op.f("fk_package_requests_package_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"],
            ["account.id"],
            name=op.f("fk_package_requests_requested_by"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["root_request_id"],
            ["package_requests.id"],
            name=op.f("fk_package_requests_root_request_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["source_request_id"],
            ["package_requests.id"],
            name=op.f("fk_package_requests_source_request_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_requests")),
    )
    op.create_index(
        "idx_package_requests_claim",
        "package_requests",
        ["priority", "id"],
        **where("status = 'pending'"),
    )
    op.create_index(
        "idx_package_requests_is_auto_queued", "package_requests", ["is_auto_queued", "status"]
    )
    op.create_index(
        "idx_package_requests_lease",
        "package_requests",
        ["lease_expires_at"],
        **where("status = 'fetching'"),
    )
    op.create_index(
        "idx_package_requests_package", "package_requests", ["package_name", "registry", "id"]
    )
    op.create_index(
        "idx_package_requests_requested_by_created",
        "package_requests",
        ["requested_by", sa.text("created_at DESC")],
    )
    op.create_index(
        "idx_package_requests_root_request_id", "package_requests", ["root_request_id", "status"]
    )
    op.create_index(
        "idx_package_requests_source_request_id", "package_requests", ["source_request_id"]
    )
    op.create_index(
        "idx_package_requests_status_created",
        "package_requests",
        ["status", "created_at"],
        **where("status IN ('pending', 'fetching')"),
    )
    op.create_index(
        "idx_package_requests_unique_pending",
        "package_requests",
        ["package_name", "registry"],
        unique=True,
        **where("status IN ('pending', 'fetching')"),
    )

    op.create_table(
        "package_tags",
        sa.Column("id", KEY, nullable=False),
        sa.Column("package_id", KEY, nullable=False),
        sa.Column("tag_id", KEY, nullable=False),
        sa.Column("created_by", KEY, nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["account.id"],
            name=op.f("fk_package_tags_created_by"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["package_id"],
            ["packages.id"],
            name=op.f("fk_package_tags_package_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tags.id"], name=op.f("fk_package_tags_tag_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_tags")),
        sa.UniqueConstraint("package_id", "tag_id", name="package_tags_package_tag_unique"),
    )
    op.create_index("idx_package_tags_created_by", "package_tags", ["created_by"])
    op.create_index("idx_package_tags_package_id", "package_tags", ["package_id", "created_at"])
    op.create_index("idx_package_tags_tag_id", "package_tags", ["tag_id", "package_id"])

    op.create_table(
        "package_versions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("package_id", KEY, nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.LargeBinary(), nullable=False),
        sa.Column("is_prerelease", sa.Boolean(), nullable=False),
        sa.Column("is_yanked", sa.Boolean(), nullable=False),
        sa.Column("yank_message", sa.Text(), nullable=True),
        sa.Column("published_at", TIMESTAMP, nullable=True),
        sa.Column("dependencies_wanted_at", TIMESTAMP, nullable=True),
        sa.Column("dependencies_fetched_at", TIMESTAMP, nullable=True),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.ForeignKeyConstraint(
            ["package_id"],
            ["packages.id"],
            name=op.f("fk_package_versions_package_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_versions")),
        sa.UniqueConstraint(
            "package_id", "version", name="package_versions_package_version_unique"
        ),
    )
    op.create_index(
        "idx_package_versions_package_id", "package_versions", ["package_id", "sort_key"]
    )
    # SQLite sorts NULLs last under DESC by itself and does not take the words in an index.
    nulls = "" if op.get_context().dialect.name == "sqlite" else " NULLS LAST"
    op.create_index(
        "idx_package_versions_published_at",
        "package_versions",
        [sa.text(f"published_at DESC{nulls}")],
    )

    op.create_table(
        "package_dependencies",
        sa.Column("id", KEY, nullable=False),
        sa.Column("package_id", KEY, nullable=False),
        sa.Column("version_id", KEY, nullable=False),
        sa.Column("dependency_registry", sa.Text(), nullable=False),
        sa.Column("dependency_name", sa.Text(), nullable=False),
        sa.Column("declared_name", sa.Text(), nullable=True),
        sa.Column("dependency_package_id", KEY, nullable=True),
        sa.Column("dependency_version_range", sa.Text(), nullable=False),
        sa.Column("resolved_version", sa.Text(), nullable=False),
        sa.Column("resolved_version_id", KEY, nullable=True),
        sa.Column("resolution_error", sa.Text(), nullable=True),
        sa.Column("dependency_type", sa.Text(), nullable=False),
        sa.Column("source_field", sa.Text(), nullable=False),
        sa.Column("is_optional", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.CheckConstraint(
            "dependency_registry IN ('npm', 'jsr', 'brew', 'apt')",
            name=op.f("ck_package_dependencies_dependency_registry"),
        ),
        sa.CheckConstraint(
            "dependency_type IN ('runtime', 'dev', 'peer', 'optional')",
            name=op.f("ck_package_dependencies_dependency_type"),
        ),
        sa.ForeignKeyConstraint(
            ["dependency_package_id"],
            ["packages.id"],
            name=op.f("fk_package_dependencies_dependency_package_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["package_id"],
            ["packages.id"],
            name=op.f("fk_package_dependencies_package_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["resolved_version_id"],
            ["package_versions.id"],
            name=op.f("fk_package_dependencies_resolved_version_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["package_versions.id"],
            name=op.f("fk_package_dependencies_version_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_dependencies")),
    )
    op.create_index(
        "idx_package_dependencies_dependency_name",
        "package_dependencies",
        ["dependency_name", "dependency_registry"],
        **where("resolved_version_id IS NULL"),
    )
    op.create_index(
        "idx_package_dependencies_dependency_package_id",
        "package_dependencies",
        ["dependency_package_id", "dependency_type"],
    )
    op.create_index(
        "idx_package_dependencies_name_resolved",
        "package_dependencies",
        ["dependency_name", "dependency_registry", "resolved_version"],
    )
    op.create_index(
        "idx_package_dependencies_name_type",
        "package_dependencies",
        ["dependency_name", "dependency_type", "dependency_registry"],
    )
    op.create_index("idx_package_dependencies_package_id", "package_dependencies", ["package_id"])
    op.create_index(
        "idx_package_dependencies_resolved_version_id",
        "package_dependencies",
        ["resolved_version_id"],
    )
    op.create_index(
        "idx_package_dependencies_version_id",
        "package_dependencies",
        ["version_id", "dependency_type", "resolved_version_id"],
    )

    op.create_table(
        "package_request_watchers",
        sa.Column("id", KEY, nullable=False),
        sa.Column("request_id", KEY, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_package_request_watchers_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["package_requests.id"],
            name=op.f("fk_package_request_watchers_request_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_request_watchers")),
        sa.UniqueConstraint(
            "request_id",
            "account_id",
            name=op.f("package_request_watchers_request_id_account_id_key"),
        ),
    )
    op.create_index(
        "idx_package_request_watchers_account_id", "package_request_watchers", ["account_id"]
    )


def downgrade() -> None:

    op.drop_table("package_request_watchers")

    op.drop_table("package_dependencies")

    op.drop_table("package_versions")

    op.drop_table("package_tags")

    op.drop_table("package_requests")

    op.drop_table("package_interactions")
    op.drop_table("package_dist_tags")

    op.drop_table("tags")

    op.drop_table("packages")
    op.drop_table("account")
