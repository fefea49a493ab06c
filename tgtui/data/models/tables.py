"""Every table of the catalogue, the same on SQLite and PostgreSQL. `docs/schema.md` explains them.

No column has a database default: the program sets every value, so that the schema can be replicated.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Named,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)

from tgtui.data.models.base import METADATA, FoldedText, where
from tgtui.data.storage.types import Key, UtcTimestamp
from tgtui.registries.base import REGISTRIES

REGISTRY_LIST = ", ".join(f"'{name}'" for name in REGISTRIES)
REGISTRY_CHECK = f"registry IN ({REGISTRY_LIST})"
ACTIVE = "deleted_at IS NULL"
DELETED = "deleted_at IS NOT NULL"
QUEUED = "status IN ('pending', 'fetching')"
DUE = "status = 'pending' AND retry_after IS NULL"
WAITING = "status = 'pending' AND retry_after IS NOT NULL"
UNSETTLED = "settled_at IS NULL AND cancelled_at IS NULL"


class AccountColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    issuer: Named[str] = Column(Text)
    subject: Named[str] = Column(Text)
    display_name: Named[str] = Column(Text)
    stays_out_since: Named[datetime | None] = Column(UtcTimestamp)
    created_at: Named[datetime] = Column(UtcTimestamp)
    updated_at: Named[datetime] = Column(UtcTimestamp)


accounts = Table("account", METADATA, AccountColumns, UniqueConstraint("issuer", "subject"))
"""A person or service. Roles come from the identity provider and are never stored."""


class PackageColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    name: Named[str] = Column(Text)
    search_name: Named[str] = Column(FoldedText)
    registry: Named[str] = Column(Text)
    description: Named[str | None] = Column(Text)
    homepage: Named[str | None] = Column(Text)
    repository: Named[str | None] = Column(Text)
    last_fetch_attempt: Named[datetime | None] = Column(UtcTimestamp)
    last_fetch_success: Named[datetime | None] = Column(UtcTimestamp)
    deleted_at: Named[datetime | None] = Column(UtcTimestamp)
    deleted_by: Named[UUID | None] = Column(Key, ForeignKey("account.id"))
    created_at: Named[datetime] = Column(UtcTimestamp)
    updated_at: Named[datetime] = Column(UtcTimestamp)


packages = Table(
    "packages",
    METADATA,
    PackageColumns,
    CheckConstraint(REGISTRY_CHECK, name="registry"),
    UniqueConstraint("name", "registry", name="packages_name_registry_unique"),
    Index("idx_packages_name", "search_name", "registry", **where(ACTIVE)),
    Index("idx_packages_registry", "registry", "search_name", **where(ACTIVE)),
    Index("idx_packages_last_fetch_attempt", "last_fetch_attempt"),
    Index("idx_packages_deleted", "id", **where(DELETED)),
)
"""One package of one registry. A row without a successful fetch is known by name only."""
Index("idx_packages_created_at", packages.c.created_at.desc())
Index("idx_packages_deleted_at", packages.c.updated_at.desc(), **where(ACTIVE))


class PackageVersionColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    package_id: Named[UUID] = Column(Key, ForeignKey("packages.id", ondelete="CASCADE"))
    version: Named[str] = Column(Text)
    sort_key: Named[bytes] = Column(LargeBinary)
    is_prerelease: Named[bool] = Column(Boolean)
    is_yanked: Named[bool] = Column(Boolean)
    yank_message: Named[str | None] = Column(Text)
    published_at: Named[datetime | None] = Column(UtcTimestamp)
    dependencies_wanted_at: Named[datetime | None] = Column(UtcTimestamp)
    dependencies_fetched_at: Named[datetime | None] = Column(UtcTimestamp)
    fingerprint: Named[bytes | None] = Column(LargeBinary)
    conflicts: Named[str | None] = Column(Text)
    created_at: Named[datetime] = Column(UtcTimestamp)


package_versions = Table(
    "package_versions",
    METADATA,
    PackageVersionColumns,
    UniqueConstraint("package_id", "version", name="package_versions_package_version_unique"),
    Index("idx_package_versions_package_id", "package_id", "sort_key"),
    Index("idx_package_versions_published_at", "package_id", "published_at", "sort_key"),
)
"""One published version. All versions of a package are stored, their dependencies only when needed."""


class PackageDistTagColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    package_id: Named[UUID] = Column(Key, ForeignKey("packages.id", ondelete="CASCADE"))
    tag: Named[str] = Column(Text)
    version: Named[str] = Column(Text)
    created_at: Named[datetime] = Column(UtcTimestamp)


package_dist_tags = Table(
    "package_dist_tags", METADATA, PackageDistTagColumns, UniqueConstraint("package_id", "tag")
)
"""A registry's own name for a version. npm's `latest` is one, and not the highest number."""


class PackageDependencyColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    package_id: Named[UUID] = Column(Key, ForeignKey("packages.id", ondelete="CASCADE"))
    version_id: Named[UUID] = Column(Key, ForeignKey("package_versions.id", ondelete="CASCADE"))
    dependency_registry: Named[str] = Column(Text)
    dependency_name: Named[str] = Column(Text)
    declared_name: Named[str | None] = Column(Text)
    dependency_package_id: Named[UUID | None] = Column(
        Key, ForeignKey("packages.id", ondelete="SET NULL")
    )
    dependency_version_range: Named[str] = Column(Text)
    resolved_version: Named[str] = Column(Text)
    resolved_version_id: Named[UUID | None] = Column(
        Key, ForeignKey("package_versions.id", ondelete="SET NULL")
    )
    resolution_error: Named[str | None] = Column(Text)
    dependency_type: Named[str] = Column(Text)
    source_field: Named[str] = Column(Text)
    is_optional: Named[bool] = Column(Boolean)
    alternatives: Named[str | None] = Column(Text)
    created_at: Named[datetime] = Column(UtcTimestamp)


package_dependencies = Table(
    "package_dependencies",
    METADATA,
    PackageDependencyColumns,
    CheckConstraint(f"dependency_registry IN ({REGISTRY_LIST})", name="dependency_registry"),
    CheckConstraint(
        "dependency_type IN ('runtime', 'dev', 'peer', 'optional')", name="dependency_type"
    ),
    Index("idx_package_dependencies_package_id", "package_id", "dependency_name"),
    Index(
        "idx_package_dependencies_version_id",
        "version_id",
        "dependency_type",
        "resolved_version_id",
        "dependency_package_id",
        "is_optional",
    ),
    Index(
        "idx_package_dependencies_declared_name",
        "version_id",
        "declared_name",
        **where("declared_name IS NOT NULL"),
    ),
    Index(
        "idx_package_dependencies_alternatives",
        "version_id",
        **where("alternatives IS NOT NULL"),
    ),
    Index(
        "idx_package_dependencies_dependency_package_id",
        "dependency_package_id",
        "dependency_type",
    ),
    Index(
        "idx_package_dependencies_resolved_version_id",
        "resolved_version_id",
        "dependency_type",
        "version_id",
        "package_id",
        "is_optional",
    ),
    Index(
        "idx_package_dependencies_dependency_name",
        "dependency_name",
        "dependency_registry",
        **where("resolved_version_id IS NULL"),
    ),
    Index(
        "idx_package_dependencies_name_type",
        "dependency_name",
        "dependency_type",
        "dependency_registry",
        "package_id",
        "is_optional",
    ),
    Index(
        "idx_package_dependencies_name_resolved",
        "dependency_name",
        "dependency_registry",
        "resolved_version",
    ),
)
"""One edge of one version: what it declares, and what that resolved to."""


class PackageRequestColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    package_name: Named[str] = Column(Text)
    registry: Named[str] = Column(Text)
    requested_by: Named[UUID | None] = Column(Key, ForeignKey("account.id", ondelete="SET NULL"))
    source_request_id: Named[UUID | None] = Column(
        Key, ForeignKey("package_requests.id", ondelete="SET NULL")
    )
    depth: Named[int] = Column(Integer)
    is_auto_queued: Named[bool] = Column(Boolean)
    priority: Named[int] = Column(Integer)
    status: Named[str] = Column(Text)
    is_forced: Named[bool] = Column(Boolean)
    error_code: Named[str | None] = Column(Text)
    error_message: Named[str | None] = Column(Text)
    package_id: Named[UUID | None] = Column(Key, ForeignKey("packages.id", ondelete="SET NULL"))
    attempt_count: Named[int] = Column(Integer)
    retry_after: Named[datetime | None] = Column(UtcTimestamp)
    lease_token: Named[UUID | None] = Column(Key)
    lease_expires_at: Named[datetime | None] = Column(UtcTimestamp)
    locked_by: Named[str | None] = Column(Text)
    alone_count: Named[int | None] = Column(Integer)
    stage: Named[str | None] = Column(Text)
    stage_done: Named[int | None] = Column(BigInteger)
    stage_total: Named[int | None] = Column(BigInteger)
    created_at: Named[datetime] = Column(UtcTimestamp)
    updated_at: Named[datetime] = Column(UtcTimestamp)


package_requests = Table(
    "package_requests",
    METADATA,
    PackageRequestColumns,
    CheckConstraint(REGISTRY_CHECK, name="registry"),
    CheckConstraint(
        "status IN ('pending', 'fetching', 'completed', 'failed', 'cancelled')", name="status"
    ),
    Index(
        "idx_package_requests_unique_pending",
        "package_name",
        "registry",
        unique=True,
        **where(QUEUED),
    ),
    Index("idx_package_requests_status_created", "status", "created_at", **where(QUEUED)),
    Index("idx_package_requests_is_auto_queued", "is_auto_queued", "status"),
    Index("idx_package_requests_source_request_id", "source_request_id"),
    Index("idx_package_requests_claim", "registry", "priority", "id", **where(DUE)),
    Index("idx_package_requests_retry", "registry", "retry_after", **where(WAITING)),
    Index("idx_package_requests_lease", "lease_expires_at", **where("status = 'fetching'")),
    Index("idx_package_requests_package", "package_name", "registry", "id"),
)
"""A row is a job: a person, or another package, wants this package in the catalogue."""
Index(
    "idx_package_requests_requested_by_created",
    package_requests.c.requested_by,
    package_requests.c.created_at.desc(),
)


class PackageRequestChainColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    requested_by: Named[UUID | None] = Column(Key, ForeignKey("account.id", ondelete="SET NULL"))
    charges: Named[int] = Column(Integer)
    charged_at: Named[datetime | None] = Column(UtcTimestamp)
    created_at: Named[datetime] = Column(UtcTimestamp)
    updated_at: Named[datetime] = Column(UtcTimestamp)
    cancelled_at: Named[datetime | None] = Column(UtcTimestamp)
    settled_at: Named[datetime | None] = Column(UtcTimestamp)
    left_out: Named[int | None] = Column(Integer)


package_request_chains = Table(
    "package_request_chains",
    METADATA,
    PackageRequestChainColumns,
    Index("idx_package_request_chains_requested_by", "requested_by", "id"),
    Index("idx_package_request_chains_charged", "requested_by", "charged_at"),
    Index("idx_package_request_chains_unsettled", "id", **where(UNSETTLED)),
)
"""What someone asked for at once, with all that it brings: any number of requests, shared with other chains."""


class PackageRequestMemberColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    chain_id: Named[UUID] = Column(Key, ForeignKey("package_request_chains.id", ondelete="CASCADE"))
    request_id: Named[UUID] = Column(Key, ForeignKey("package_requests.id", ondelete="CASCADE"))
    is_root: Named[bool] = Column(Boolean)
    cancelled_at: Named[datetime | None] = Column(UtcTimestamp)
    created_at: Named[datetime] = Column(UtcTimestamp)


package_request_members = Table(
    "package_request_members",
    METADATA,
    PackageRequestMemberColumns,
    UniqueConstraint("chain_id", "request_id"),
    Index("idx_package_request_members_request_id", "request_id", "chain_id"),
)
"""A request that a chain needs. Another chain may need it too."""


class RegistryOutageColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    host: Named[str] = Column(Text)
    machine: Named[str] = Column(Text)
    registry: Named[str] = Column(Text)
    reason: Named[str] = Column(Text)
    failures: Named[int] = Column(Integer)
    retry_at: Named[datetime] = Column(UtcTimestamp)
    created_at: Named[datetime] = Column(UtcTimestamp)
    updated_at: Named[datetime] = Column(UtcTimestamp)


registry_outages = Table(
    "registry_outages",
    METADATA,
    RegistryOutageColumns,
    CheckConstraint(REGISTRY_CHECK, name="registry"),
    UniqueConstraint("host", "machine"),
)
"""A registry's host that is left alone until `retry_at`, by one machine or, if that is empty, by all."""


class WorkerSignColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    worker: Named[str] = Column(Text)
    looked_at: Named[datetime] = Column(UtcTimestamp)
    created_at: Named[datetime] = Column(UtcTimestamp)


worker_signs = Table("worker_signs", METADATA, WorkerSignColumns, UniqueConstraint("worker"))
"""A worker that runs, and when it last looked at the queue, by the database's clock."""


class TagColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    name: Named[str] = Column(Text)
    slug: Named[str] = Column(Text)
    description: Named[str | None] = Column(Text)
    color: Named[str | None] = Column(Text)
    deleted_at: Named[datetime | None] = Column(UtcTimestamp)
    deleted_by: Named[UUID | None] = Column(Key, ForeignKey("account.id"))
    created_at: Named[datetime] = Column(UtcTimestamp)
    updated_at: Named[datetime] = Column(UtcTimestamp)


tags = Table(
    "tags",
    METADATA,
    TagColumns,
    UniqueConstraint("name"),
    UniqueConstraint("slug"),
    Index("idx_tags_slug", "slug", **where(ACTIVE)),
    Index("idx_tags_name", "name", **where(ACTIVE)),
    Index("idx_tags_deleted_at", "deleted_at", **where("deleted_at IS NOT NULL")),
)
"""A flat label. A deleted one keeps its name and slug."""


class PackageTagColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    package_id: Named[UUID] = Column(Key, ForeignKey("packages.id", ondelete="CASCADE"))
    tag_id: Named[UUID] = Column(Key, ForeignKey("tags.id", ondelete="CASCADE"))
    created_by: Named[UUID] = Column(Key, ForeignKey("account.id", ondelete="CASCADE"))
    created_at: Named[datetime] = Column(UtcTimestamp)


package_tags = Table(
    "package_tags",
    METADATA,
    PackageTagColumns,
    UniqueConstraint("package_id", "tag_id", name="package_tags_package_tag_unique"),
    Index("idx_package_tags_package_id", "package_id", "created_at"),
    Index("idx_package_tags_tag_id", "tag_id", "package_id"),
    Index("idx_package_tags_created_by", "created_by"),
)
"""A tag on a package, and who applied it."""


class PackageInteractionColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    package_id: Named[UUID] = Column(Key, ForeignKey("packages.id", ondelete="CASCADE"))
    account_id: Named[UUID | None] = Column(Key, ForeignKey("account.id", ondelete="SET NULL"))
    kind: Named[str] = Column(Text)
    day: Named[date] = Column(Date)
    created_at: Named[datetime] = Column(UtcTimestamp)


package_interactions = Table(
    "package_interactions",
    METADATA,
    PackageInteractionColumns,
    CheckConstraint("kind IN ('view', 'search', 'request', 'tag')", name="kind"),
    UniqueConstraint("package_id", "account_id", "kind", "day"),
    Index("idx_package_interactions_account_id", "account_id"),
)
"""What people do here, one row per account, package, kind and day: the catalogue's own popularity."""


class CrossRegistryLinkColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    package_id: Named[UUID] = Column(Key, ForeignKey("packages.id", ondelete="CASCADE"))
    software: Named[str] = Column(Text)
    created_at: Named[datetime] = Column(UtcTimestamp)


cross_registry_links = Table(
    "cross_registry_links",
    METADATA,
    CrossRegistryLinkColumns,
    UniqueConstraint("package_id", "software"),
    Index("idx_cross_registry_links_software", "software", "package_id"),
)
"""The software a package is; packages of other registries with the same value are the same thing."""


class RegistryImportColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    registry: Named[str] = Column(Text)
    digest: Named[str] = Column(Text)
    package_count: Named[int] = Column(Integer)
    version_count: Named[int] = Column(Integer)
    created_at: Named[datetime] = Column(UtcTimestamp)
    updated_at: Named[datetime] = Column(UtcTimestamp)


registry_imports = Table(
    "registry_imports",
    METADATA,
    RegistryImportColumns,
    CheckConstraint(REGISTRY_CHECK, name="registry"),
    UniqueConstraint("registry"),
)
"""The last whole import of a registry's index."""
