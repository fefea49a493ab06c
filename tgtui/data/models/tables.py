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
    Integer,
    LargeBinary,
    Named,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)

from tgtui.data.models.base import METADATA, FoldedText
from tgtui.data.storage.types import Key, UtcTimestamp
from tgtui.registries.base import REGISTRIES

REGISTRY_LIST = ", ".join(f"'{name}'" for name in REGISTRIES)
REGISTRY_CHECK = f"registry IN ({REGISTRY_LIST})"


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
)
"""One package of one registry. A row without a successful fetch is known by name only."""


class PackageVersionColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    package_id: Named[UUID] = Column(Key, ForeignKey("packages.id", ondelete="CASCADE"))
    version: Named[str] = Column(Text)
    sort_key: Named[str] = Column(FoldedText)
    """Of `versions/sorting.py`."""
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
)
"""A row is a job: a person, or another package, wants this package in the catalogue."""


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
