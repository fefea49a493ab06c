"""Every index that is not a constraint's own. No query needs these objects, and making them takes a tenth of a command's start.

Migrations make them, and tests compare.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, text

from tgtui.data.models.advisories import (
    advisory_aliases,
    advisory_findings,
    advisory_packages,
    advisory_ranges,
)
from tgtui.data.models.environments import package_environment_members
from tgtui.data.models.insights import insight_results
from tgtui.data.models.personal import package_watches
from tgtui.data.models.projects import project_dependencies, project_edges, project_packages
from tgtui.data.models.search import known, licence_said, package_search
from tgtui.data.models.tables import (
    cross_registry_links,
    package_dependencies,
    package_interactions,
    package_request_chains,
    package_request_members,
    package_requests,
    package_tags,
    package_versions,
    packages,
    tags,
)
from tgtui.data.storage.sql import behind_scope

ACTIVE = "deleted_at IS NULL"
DELETED = "deleted_at IS NOT NULL"
QUEUED = "status IN ('pending', 'fetching')"
DUE = "status = 'pending' AND retry_after IS NULL"
WAITING = "status = 'pending' AND retry_after IS NOT NULL"
UNSETTLED = "settled_at IS NULL AND cancelled_at IS NULL"


def where(condition: str) -> dict[str, Any]:
    """A partial index on both databases. Queries must spell the condition with literals to use it."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


Index("idx_packages_name", packages.c.search_name, packages.c.registry, **where(ACTIVE))
Index("idx_packages_registry", packages.c.registry, packages.c.search_name, **where(ACTIVE))
Index("idx_packages_last_fetch_attempt", packages.c.last_fetch_attempt)
Index("idx_packages_deleted", packages.c.id, **where(DELETED))
Index("idx_packages_created_at", packages.c.created_at.desc())
Index("idx_packages_deleted_at", packages.c.updated_at.desc(), **where(ACTIVE))

Index("idx_package_versions_package_id", package_versions.c.package_id, package_versions.c.sort_key)
Index(
    "idx_package_versions_published_at",
    package_versions.c.package_id,
    package_versions.c.published_at,
    package_versions.c.sort_key,
)

Index(
    "idx_package_dependencies_package_id",
    package_dependencies.c.package_id,
    package_dependencies.c.dependency_name,
)
Index(
    "idx_package_dependencies_version_id",
    package_dependencies.c.version_id,
    package_dependencies.c.dependency_type,
    package_dependencies.c.resolved_version_id,
    package_dependencies.c.dependency_package_id,
    package_dependencies.c.is_optional,
)
Index(
    "idx_package_dependencies_declared_name",
    package_dependencies.c.version_id,
    package_dependencies.c.declared_name,
    **where("declared_name IS NOT NULL"),
)
Index(
    "idx_package_dependencies_alternatives",
    package_dependencies.c.version_id,
    **where("alternatives IS NOT NULL"),
)
Index(
    "idx_package_dependencies_dependency_package_id",
    package_dependencies.c.dependency_package_id,
    package_dependencies.c.dependency_type,
)
Index(
    "idx_package_dependencies_resolved_version_id",
    package_dependencies.c.resolved_version_id,
    package_dependencies.c.dependency_type,
    package_dependencies.c.version_id,
    package_dependencies.c.package_id,
    package_dependencies.c.is_optional,
)
Index(
    "idx_package_dependencies_dependency_name",
    package_dependencies.c.dependency_name,
    package_dependencies.c.dependency_registry,
    **where("resolved_version_id IS NULL"),
)
Index(
    "idx_package_dependencies_name_type",
    package_dependencies.c.dependency_name,
    package_dependencies.c.dependency_type,
    package_dependencies.c.dependency_registry,
    package_dependencies.c.package_id,
    package_dependencies.c.is_optional,
)
Index(
    "idx_package_dependencies_name_resolved",
    package_dependencies.c.dependency_name,
    package_dependencies.c.dependency_registry,
    package_dependencies.c.resolved_version,
)

Index(
    "idx_package_environment_members_package_name",
    package_environment_members.c.package_name,
    package_environment_members.c.version,
)
Index(
    "idx_package_requests_unique_pending",
    package_requests.c.package_name,
    package_requests.c.registry,
    unique=True,
    **where(QUEUED),
)
Index(
    "idx_package_requests_status_created",
    package_requests.c.status,
    package_requests.c.created_at,
    **where(QUEUED),
)
Index(
    "idx_package_requests_is_auto_queued",
    package_requests.c.is_auto_queued,
    package_requests.c.status,
)
Index("idx_package_requests_source_request_id", package_requests.c.source_request_id)
Index(
    "idx_package_requests_claim",
    package_requests.c.registry,
    package_requests.c.priority,
    package_requests.c.id,
    **where(DUE),
)
Index(
    "idx_package_requests_retry",
    package_requests.c.registry,
    package_requests.c.retry_after,
    **where(WAITING),
)
Index(
    "idx_package_requests_lease",
    package_requests.c.lease_expires_at,
    **where("status = 'fetching'"),
)
Index(
    "idx_package_requests_package",
    package_requests.c.package_name,
    package_requests.c.registry,
    package_requests.c.id,
)
Index(
    "idx_package_requests_requested_by_created",
    package_requests.c.requested_by,
    package_requests.c.created_at.desc(),
)

Index(
    "idx_package_request_chains_requested_by",
    package_request_chains.c.requested_by,
    package_request_chains.c.id,
)
Index(
    "idx_package_request_chains_charged",
    package_request_chains.c.requested_by,
    package_request_chains.c.charged_at,
)
Index("idx_package_request_chains_unsettled", package_request_chains.c.id, **where(UNSETTLED))

Index(
    "idx_package_request_members_request_id",
    package_request_members.c.request_id,
    package_request_members.c.chain_id,
)

Index("idx_tags_slug", tags.c.slug, **where(ACTIVE))
Index("idx_tags_name", tags.c.name, **where(ACTIVE))
Index("idx_tags_deleted_at", tags.c.deleted_at, **where("deleted_at IS NOT NULL"))

Index("idx_package_tags_package_id", package_tags.c.package_id, package_tags.c.created_at)
Index("idx_package_tags_tag_id", package_tags.c.tag_id, package_tags.c.package_id)
Index("idx_package_tags_created_by", package_tags.c.created_by)

Index("idx_package_interactions_account_id", package_interactions.c.account_id)

Index(
    "idx_cross_registry_links_software",
    cross_registry_links.c.software,
    cross_registry_links.c.package_id,
)

Index("idx_package_search_name", package_search.c.name, package_search.c.id)
Index(
    "idx_package_search_rank",
    package_search.c.rank.desc(),
    package_search.c.name,
    package_search.c.id,
    package_search.c.key,
)
Index(
    "idx_package_search_registry",
    package_search.c.registry,
    package_search.c.rank.desc(),
    package_search.c.name,
    package_search.c.id,
    package_search.c.key,
)
Index(
    "idx_package_search_key",
    package_search.c.key,
    package_search.c.rank.desc(),
    package_search.c.name,
    package_search.c.id,
)
Index(
    "idx_package_search_scoped",
    behind_scope(package_search.c.key),
    package_search.c.rank.desc(),
    package_search.c.name,
    package_search.c.id,
    sqlite_where=text("instr(key, '/') > 0"),
    postgresql_where=text("strpos(key, '/') > 0"),
)
Index(
    "idx_package_search_dependents",
    package_search.c.dependents.desc(),
    package_search.c.name,
    package_search.c.id,
)
Index(
    "idx_package_search_heaviest",
    known(package_search.c.brings).desc(),
    package_search.c.name,
    package_search.c.id,
)
Index(
    "idx_package_search_dependents_all",
    known(package_search.c.dependents_all).desc(),
    package_search.c.name,
    package_search.c.id,
)
Index(
    "idx_package_search_size",
    known(package_search.c.unpacked_size).desc(),
    package_search.c.name,
    package_search.c.id,
)
Index("idx_package_search_licence", licence_said(package_search.c.licence), package_search.c.id)
Index(
    "idx_package_search_uses",
    package_search.c.uses.desc(),
    package_search.c.name,
    package_search.c.id,
)
Index(
    "idx_package_search_released",
    package_search.c.released_at.desc(),
    package_search.c.name,
    package_search.c.id,
)
Index(
    "idx_package_search_deprecated",
    package_search.c.rank.desc(),
    package_search.c.name,
    package_search.c.id,
    **where("is_deprecated"),
)
Index(
    "idx_package_search_incomplete",
    package_search.c.rank.desc(),
    package_search.c.name,
    package_search.c.id,
    **where("is_incomplete"),
)
Index(
    "idx_package_search_failed",
    package_search.c.rank.desc(),
    package_search.c.name,
    package_search.c.id,
    **where("is_failed"),
)
Index(
    "idx_package_search_vulnerable",
    package_search.c.rank.desc(),
    package_search.c.name,
    package_search.c.id,
    **where("severity IS NOT NULL"),
)

Index("idx_advisory_aliases_name", advisory_aliases.c.name)
Index("idx_advisory_aliases_advisory_id", advisory_aliases.c.advisory_id)
Index("idx_advisory_packages_name", advisory_packages.c.name, advisory_packages.c.ecosystem)
Index("idx_advisory_packages_advisory_id", advisory_packages.c.advisory_id)
Index("idx_advisory_ranges_affected_id", advisory_ranges.c.affected_id)
Index("idx_advisory_findings_package_id", advisory_findings.c.package_id)
Index(
    "idx_advisory_findings_advisory_id",
    advisory_findings.c.advisory_id,
    advisory_findings.c.version_id,
)
Index(
    "idx_advisory_findings_malware", advisory_findings.c.version_id, **where("severity = 5")
)  # MALWARE, which screens look for at each change
Index("idx_advisory_findings_flaw", advisory_findings.c.flaw, advisory_findings.c.version_id)

Index("idx_insight_results_package_id", insight_results.c.package_id)
Index("idx_insight_results_account_id", insight_results.c.account_id)

Index("idx_package_watches_package_id", package_watches.c.package_id)
Index(
    "idx_package_watches_news",
    package_watches.c.account_id,
    package_watches.c.news_at.desc(),
    **where("news_at IS NOT NULL"),
)

Index("idx_project_packages_project_id", project_packages.c.project_id)
Index(
    "idx_project_packages_name",
    project_packages.c.name,
    project_packages.c.registry,
    project_packages.c.version,
)
Index("idx_project_dependencies_project_id", project_dependencies.c.project_id)
Index("idx_project_dependencies_locked_id", project_dependencies.c.locked_id)
Index("idx_project_edges_project_id", project_edges.c.project_id)
Index("idx_project_edges_dependent_id", project_edges.c.dependent_id)
Index("idx_project_edges_dependency_id", project_edges.c.dependency_id)
