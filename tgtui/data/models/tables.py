"""Every table of the catalogue, the same on SQLite and PostgreSQL. `docs/schema.md` explains them.

No column has a database default: the program sets every value, so that the schema can be replicated.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tgtui.data.models.base import Base, FoldedText, where
from tgtui.registries.base import REGISTRIES

REGISTRY_LIST = ", ".join(f"'{name}'" for name in REGISTRIES)
REGISTRY_CHECK = f"registry IN ({REGISTRY_LIST})"
ACTIVE = "deleted_at IS NULL"
DELETED = "deleted_at IS NOT NULL"
QUEUED = "status IN ('pending', 'fetching')"
DUE = "status = 'pending' AND retry_after IS NULL"
WAITING = "status = 'pending' AND retry_after IS NOT NULL"
UNSETTLED = "settled_at IS NULL AND cancelled_at IS NULL"


class Account(Base):
    """A person or service. Roles come from the identity provider and are never stored."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    issuer: Mapped[str]
    subject: Mapped[str]
    display_name: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Package(Base):
    """One package of one registry. A row without a successful fetch is known by name only."""

    __tablename__ = "packages"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    search_name: Mapped[str] = mapped_column(FoldedText)
    registry_name: Mapped[str] = mapped_column("registry")
    description: Mapped[str | None]
    homepage: Mapped[str | None]
    repository: Mapped[str | None]
    last_fetch_attempt: Mapped[datetime | None]
    last_fetch_success: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    deleted_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column()
    updated_at: Mapped[datetime] = mapped_column()

    __table_args__ = (
        CheckConstraint(REGISTRY_CHECK, name="registry"),
        UniqueConstraint("name", "registry", name="packages_name_registry_unique"),
        Index("idx_packages_name", "search_name", "registry", **where(ACTIVE)),
        Index("idx_packages_registry", "registry", "search_name", **where(ACTIVE)),
        Index("idx_packages_last_fetch_attempt", "last_fetch_attempt"),
        Index("idx_packages_created_at", created_at.desc()),
        Index("idx_packages_deleted_at", updated_at.desc(), **where(ACTIVE)),
        Index("idx_packages_deleted", "id", **where(DELETED)),
    )


class PackageVersion(Base):
    """One published version. All versions of a package are stored, their dependencies only when needed."""

    __tablename__ = "package_versions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    package_id: Mapped[UUID] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"))
    version: Mapped[str]
    sort_key: Mapped[bytes]
    is_prerelease: Mapped[bool]
    is_yanked: Mapped[bool]
    yank_message: Mapped[str | None]
    published_at: Mapped[datetime | None] = mapped_column()
    dependencies_wanted_at: Mapped[datetime | None]
    dependencies_fetched_at: Mapped[datetime | None]
    fingerprint: Mapped[bytes | None]
    conflicts: Mapped[str | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("package_id", "version", name="package_versions_package_version_unique"),
        Index("idx_package_versions_package_id", "package_id", "sort_key"),
        Index("idx_package_versions_published_at", "package_id", "published_at", "sort_key"),
    )


class PackageDistTag(Base):
    """A registry's own name for a version. npm's `latest` is one, and not the highest number."""

    __tablename__ = "package_dist_tags"
    __table_args__ = (UniqueConstraint("package_id", "tag"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    package_id: Mapped[UUID] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"))
    tag: Mapped[str]
    version: Mapped[str]
    created_at: Mapped[datetime]


class PackageDependency(Base):
    """One edge of one version: what it declares, and what that resolved to."""

    __tablename__ = "package_dependencies"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    package_id: Mapped[UUID] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"))
    version_id: Mapped[UUID] = mapped_column(ForeignKey("package_versions.id", ondelete="CASCADE"))
    dependency_registry: Mapped[str]
    dependency_name: Mapped[str]
    declared_name: Mapped[str | None]
    dependency_package_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("packages.id", ondelete="SET NULL")
    )
    dependency_version_range: Mapped[str]
    resolved_version: Mapped[str]
    resolved_version_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("package_versions.id", ondelete="SET NULL")
    )
    resolution_error: Mapped[str | None]
    dependency_type: Mapped[str]
    source_field: Mapped[str]
    is_optional: Mapped[bool]
    alternatives: Mapped[str | None]
    created_at: Mapped[datetime]

    __table_args__ = (
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


class PackageRequest(Base):
    """A row is a job: a person, or another package, wants this package in the catalogue."""

    __tablename__ = "package_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    package_name: Mapped[str]
    registry_name: Mapped[str] = mapped_column("registry")
    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    source_request_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("package_requests.id", ondelete="SET NULL")
    )
    depth: Mapped[int]
    is_auto_queued: Mapped[bool]
    priority: Mapped[int]
    status: Mapped[str]
    is_forced: Mapped[bool]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    package_id: Mapped[UUID | None] = mapped_column(ForeignKey("packages.id", ondelete="SET NULL"))
    attempt_count: Mapped[int]
    retry_after: Mapped[datetime | None]
    lease_token: Mapped[UUID | None]
    lease_expires_at: Mapped[datetime | None]
    locked_by: Mapped[str | None]
    alone_count: Mapped[int | None]
    stage: Mapped[str | None]
    stage_done: Mapped[int | None] = mapped_column(BigInteger)
    stage_total: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column()
    updated_at: Mapped[datetime]

    __table_args__ = (
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
        Index("idx_package_requests_requested_by_created", "requested_by", created_at.desc()),
        Index("idx_package_requests_status_created", "status", "created_at", **where(QUEUED)),
        Index("idx_package_requests_is_auto_queued", "is_auto_queued", "status"),
        Index("idx_package_requests_source_request_id", "source_request_id"),
        Index("idx_package_requests_claim", "registry", "priority", "id", **where(DUE)),
        Index("idx_package_requests_retry", "registry", "retry_after", **where(WAITING)),
        Index("idx_package_requests_lease", "lease_expires_at", **where("status = 'fetching'")),
        Index("idx_package_requests_package", "package_name", "registry", "id"),
    )


class PackageRequestChain(Base):
    """What someone asked for at once, with all that it brings: any number of requests, shared with other chains."""

    __tablename__ = "package_request_chains"
    __table_args__ = (
        Index("idx_package_request_chains_requested_by", "requested_by", "id"),
        Index("idx_package_request_chains_charged", "requested_by", "charged_at"),
        Index("idx_package_request_chains_unsettled", "id", **where(UNSETTLED)),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    charges: Mapped[int]
    charged_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


class PackageRequestMember(Base):
    """A request that a chain needs. Another chain may need it too."""

    __tablename__ = "package_request_members"
    __table_args__ = (
        UniqueConstraint("chain_id", "request_id"),
        Index("idx_package_request_members_request_id", "request_id", "chain_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID] = mapped_column(
        ForeignKey("package_request_chains.id", ondelete="CASCADE")
    )
    request_id: Mapped[UUID] = mapped_column(ForeignKey("package_requests.id", ondelete="CASCADE"))
    is_root: Mapped[bool]
    cancelled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class RegistryOutage(Base):
    """A registry's host that is left alone until `retry_at`, by one machine or, if that is empty, by all."""

    __tablename__ = "registry_outages"
    __table_args__ = (
        CheckConstraint(REGISTRY_CHECK, name="registry"),
        UniqueConstraint("host", "machine"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    host: Mapped[str]
    machine: Mapped[str]
    registry_name: Mapped[str] = mapped_column("registry")
    reason: Mapped[str]
    failures: Mapped[int]
    retry_at: Mapped[datetime]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class WorkerSign(Base):
    """A worker that runs, and when it last looked at the queue, by the database's clock."""

    __tablename__ = "worker_signs"
    __table_args__ = (UniqueConstraint("worker"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    worker: Mapped[str]
    looked_at: Mapped[datetime]
    created_at: Mapped[datetime]


class Tag(Base):
    """A flat label. A deleted one keeps its name and slug."""

    __tablename__ = "tags"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    slug: Mapped[str]
    description: Mapped[str | None]
    color: Mapped[str | None]
    deleted_at: Mapped[datetime | None]
    deleted_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("name"),
        UniqueConstraint("slug"),
        Index("idx_tags_slug", "slug", **where(ACTIVE)),
        Index("idx_tags_name", "name", **where(ACTIVE)),
        Index("idx_tags_deleted_at", "deleted_at", **where("deleted_at IS NOT NULL")),
    )


class PackageTag(Base):
    """A tag on a package, and who applied it."""

    __tablename__ = "package_tags"
    __table_args__ = (
        UniqueConstraint("package_id", "tag_id", name="package_tags_package_tag_unique"),
        Index("idx_package_tags_package_id", "package_id", "created_at"),
        Index("idx_package_tags_tag_id", "tag_id", "package_id"),
        Index("idx_package_tags_created_by", "created_by"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    package_id: Mapped[UUID] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"))
    tag_id: Mapped[UUID] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"))
    created_by: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]


class PackageInteraction(Base):
    """What people do here, one row per account, package, kind and day: the catalogue's own popularity."""

    __tablename__ = "package_interactions"
    __table_args__ = (
        CheckConstraint("kind IN ('view', 'search', 'request', 'tag')", name="kind"),
        UniqueConstraint("package_id", "account_id", "kind", "day"),
        Index("idx_package_interactions_account_id", "account_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    package_id: Mapped[UUID] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    kind: Mapped[str]
    day: Mapped[date]
    created_at: Mapped[datetime]


class CrossRegistryLink(Base):
    """The software a package is; packages of other registries with the same value are the same thing."""

    __tablename__ = "cross_registry_links"
    __table_args__ = (
        UniqueConstraint("package_id", "software"),
        Index("idx_cross_registry_links_software", "software", "package_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    package_id: Mapped[UUID] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"))
    software: Mapped[str]
    created_at: Mapped[datetime]


class RegistryImport(Base):
    """The last whole import of a registry's index."""

    __tablename__ = "registry_imports"
    __table_args__ = (
        CheckConstraint(REGISTRY_CHECK, name="registry"),
        UniqueConstraint("registry"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    registry_name: Mapped[str] = mapped_column("registry")
    digest: Mapped[str]
    package_count: Mapped[int]
    version_count: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
