"""The specification's schema as plain data, and every place where ours differs from it with the reason.

Tests build the expected schema from these lists and compare it with what the databases say. The
specification leaves `account` undefined; what it names of the others stands here as it stands there.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.data.models import specification_advisories as advisories
from tests.data.models import specification_environments as environments
from tests.data.models import specification_insights as insights
from tests.data.models import specification_personal as personal
from tests.data.models import specification_search as search

SPECIFIED = frozenset({"npm", "jsr", "brew", "apt"})
REGISTRIES = SPECIFIED | {"pypi"}


class Changed(NamedTuple):
    """What we have instead of what is specified."""

    ours: str
    because: str


SPECIFIED_COLUMNS: dict[str, dict[str, str]] = {
    "packages": {
        "id": "uuid not null",
        "name": "text not null",
        "registry": "text not null",
        "description": "text",
        "homepage": "text",
        "repository": "text",
        "last_fetch_attempt": "timestamp",
        "last_fetch_success": "timestamp",
        "deleted_at": "timestamp",
        "deleted_by": "uuid",
        "created_at": "timestamp not null",
        "updated_at": "timestamp not null",
    },
    "package_versions": {
        "id": "uuid not null",
        "package_id": "uuid not null",
        "version": "text not null",
        "published_at": "timestamp",
        "created_at": "timestamp not null",
    },
    "package_dependencies": {
        "id": "uuid not null",
        "package_id": "uuid not null",
        "version_id": "uuid not null",
        "dependency_name": "text not null",
        "dependency_package_id": "uuid",
        "dependency_version_range": "text not null",
        "resolved_version": "text not null",
        "resolved_version_id": "uuid",
        "dependency_type": "text not null",
        "created_at": "timestamp not null",
    },
    "package_requests": {
        "id": "uuid not null",
        "package_name": "text not null",
        "registry": "text not null",
        "requested_by": "uuid",
        "source_request_id": "uuid",
        "is_auto_queued": "boolean not null",
        "status": "text not null",
        "error_message": "text",
        "package_id": "uuid",
        "attempt_count": "integer not null",
        "created_at": "timestamp not null",
        "updated_at": "timestamp not null",
    },
    "tags": {
        "id": "uuid not null",
        "name": "text not null",
        "slug": "text not null",
        "description": "text",
        "color": "text",
        "deleted_at": "timestamp",
        "deleted_by": "uuid",
        "created_at": "timestamp not null",
        "updated_at": "timestamp not null",
    },
    "package_tags": {
        "id": "uuid not null",
        "package_id": "uuid not null",
        "tag_id": "uuid not null",
        "created_by": "uuid not null",
        "created_at": "timestamp not null",
    },
    "account": {"id": "uuid not null"},
}

ADDED_COLUMNS: dict[str, dict[str, str]] = {
    # Search folds case in the database, by an index.
    "packages": {"search_name": "text not null"},
    # SQL sorts versions, finds the latest, and tells "has none" from "not loaded".
    "package_versions": {
        "sort_key": "text not null",
        "is_prerelease": "boolean not null",
        "is_yanked": "boolean not null",
        "yank_message": "text",
        "dependencies_wanted_at": "timestamp",
        "dependencies_fetched_at": "timestamp",
        # What an import wrote: the next one sees at a glance what is different.
        "fingerprint": "bytes",
        "conflicts": "text",
    },
    # What else a registry says of a version: the specification names license, maintainers and keywords as columns to come.
    "package_facts": {
        "id": "uuid not null",
        "licence": "text",
        "expression": "text",
        "licence_kind": "text not null",
        "download_size": "bigint",
        "unpacked_size": "bigint",
        "file_count": "integer",
        "measured_size": "bigint",
        "measured_files": "integer",
        "details": "text not null",
        "digest": "bytes not null",
    },
    # Edges cross registries, go by aliases, and may stay unresolved.
    "package_dependencies": {
        "dependency_registry": "text not null",
        "declared_name": "text",
        "alternatives": "text",
        "resolution_error": "text",
        "source_field": "text not null",
        "is_optional": "boolean not null",
    },
    # Chains, order, retries and crash recovery of the queue.
    "package_requests": {
        "depth": "integer not null",
        "priority": "integer not null",
        "is_forced": "boolean not null",
        "error_code": "text",
        "retry_after": "timestamp",
        "lease_token": "uuid",
        "lease_expires_at": "timestamp",
        "locked_by": "text",
        "alone_count": "integer",
        "stage": "text",
        "stage_done": "bigint",
        "stage_total": "bigint",
    },
    # Who it is at which identity provider; never a role.
    "account": {
        "issuer": "text not null",
        "subject": "text not null",
        "display_name": "text not null",
        "stays_out_since": "timestamp",  # of the insights about people
        "created_at": "timestamp not null",
        "updated_at": "timestamp not null",
    },
    # npm's `latest` is a dist-tag, not the highest number.
    "package_dist_tags": {
        "id": "uuid not null",
        "package_id": "uuid not null",
        "tag": "text not null",
        "version": "text not null",
        "created_at": "timestamp not null",
    },
    # What someone asks for at once is one chain, which shares requests with other people's.
    "package_request_chains": {
        "id": "uuid not null",
        "requested_by": "uuid",
        "charges": "integer not null",
        "charged_at": "timestamp",
        "created_at": "timestamp not null",
        "updated_at": "timestamp not null",
        "cancelled_at": "timestamp",
        "settled_at": "timestamp",
        "left_out": "integer",  # known once it is settled
    },
    "package_request_members": {
        "id": "uuid not null",
        "chain_id": "uuid not null",
        "request_id": "uuid not null",
        "is_root": "boolean not null",
        "cancelled_at": "timestamp",
        "created_at": "timestamp not null",
    },
    # A host that is down or asks for patience is left alone by every program.
    "registry_outages": {
        "id": "uuid not null",
        "host": "text not null",
        "machine": "text not null",
        "registry": "text not null",
        "reason": "text not null",
        "failures": "integer not null",
        "retry_at": "timestamp not null",
        "created_at": "timestamp not null",
        "updated_at": "timestamp not null",
    },
    # Whether a worker works is asked from outside: by probes, from other machines.
    "worker_signs": {
        "id": "uuid not null",
        "worker": "text not null",
        "looked_at": "timestamp not null",
        "created_at": "timestamp not null",
    },
    # Raw events of this platform, to be aggregated elsewhere.
    "package_interactions": {
        "id": "uuid not null",
        "package_id": "uuid not null",
        "account_id": "uuid",
        "kind": "text not null",
        "day": "date not null",
        "created_at": "timestamp not null",
    },
    **search.COLUMNS,
    **insights.COLUMNS,
    **personal.COLUMNS,
    **environments.COLUMNS,
    **advisories.COLUMNS,
    # Of the specification's fourth version: packages that are one software in several registries.
    "cross_registry_links": {
        "id": "uuid not null",
        "package_id": "uuid not null",
        "software": "text not null",
        "created_at": "timestamp not null",
    },
    # An index that was imported whole is not compared again.
    "registry_imports": {
        "id": "uuid not null",
        "registry": "text not null",
        "digest": "text not null",
        "package_count": "integer not null",
        "version_count": "integer not null",
        "created_at": "timestamp not null",
        "updated_at": "timestamp not null",
    },
}

SPECIFIED_FOREIGN_KEYS: dict[str, str] = {
    "packages.deleted_by -> account": "no action",
    "package_versions.package_id -> packages": "cascade",
    "package_dependencies.package_id -> packages": "cascade",
    "package_dependencies.version_id -> package_versions": "cascade",
    "package_dependencies.dependency_package_id -> packages": "set null",
    "package_dependencies.resolved_version_id -> package_versions": "set null",
    "package_requests.requested_by -> account": "set null",
    "package_requests.source_request_id -> package_requests": "set null",
    "package_requests.package_id -> packages": "set null",
    "tags.deleted_by -> account": "no action",
    "package_tags.package_id -> packages": "cascade",
    "package_tags.tag_id -> tags": "cascade",
    "package_tags.created_by -> account": "cascade",
}

ADDED_FOREIGN_KEYS: dict[str, str] = {
    "package_dist_tags.package_id -> packages": "cascade",
    "package_facts.id -> package_versions": "cascade",
    "package_request_chains.requested_by -> account": "set null",
    "package_request_members.chain_id -> package_request_chains": "cascade",
    "package_request_members.request_id -> package_requests": "cascade",
    "package_interactions.package_id -> packages": "cascade",
    "package_interactions.account_id -> account": "set null",
    **search.FOREIGN_KEYS,
    **insights.FOREIGN_KEYS,
    **personal.FOREIGN_KEYS,
    **environments.FOREIGN_KEYS,
    **advisories.FOREIGN_KEYS,
    "cross_registry_links.package_id -> packages": "cascade",
}

SPECIFIED_UNIQUE: dict[str, str] = {
    "packages_name_registry_unique": "packages (name, registry)",
    "package_versions_package_version_unique": "package_versions (package_id, version)",
    "package_tags_package_tag_unique": "package_tags (package_id, tag_id)",
    # Without a name there: these are the ones PostgreSQL would give.
    "tags_name_key": "tags (name)",
    "tags_slug_key": "tags (slug)",
}

ADDED_UNIQUE: dict[str, str] = {
    "account_issuer_subject_key": "account (issuer, subject)",
    "package_dist_tags_package_id_tag_key": "package_dist_tags (package_id, tag)",
    "package_request_members_chain_id_request_id_key": "package_request_members (chain_id, request_id)",
    "registry_outages_host_machine_key": "registry_outages (host, machine)",
    "worker_signs_worker_key": "worker_signs (worker)",
    "package_interactions_package_id_account_id_kind_day_key": (
        "package_interactions (package_id, account_id, kind, day)"
    ),
    **search.UNIQUE,
    **insights.UNIQUE,
    **personal.UNIQUE,
    **environments.UNIQUE,
    **advisories.UNIQUE,
    "cross_registry_links_package_id_software_key": "cross_registry_links (package_id, software)",
    "registry_imports_registry_key": "registry_imports (registry)",
}

SPECIFIED_CHECKS: dict[str, frozenset[str]] = {
    "packages.registry": SPECIFIED,
    "package_dependencies.dependency_type": frozenset({"runtime", "dev", "peer", "optional"}),
    "package_requests.registry": SPECIFIED,
    "package_requests.status": frozenset({"pending", "fetching", "completed", "failed"}),
}

WIDENED_CHECKS: dict[str, frozenset[str]] = {
    # Python, the fifth registry.
    "packages.registry": REGISTRIES,
    "package_requests.registry": REGISTRIES,
    # A person can cancel.
    "package_requests.status": frozenset(
        {"pending", "fetching", "completed", "failed", "cancelled"}
    ),
}

ADDED_CHECKS: dict[str, frozenset[str]] = {
    "package_dependencies.dependency_registry": REGISTRIES,
    "package_search.registry": REGISTRIES,
    "registry_imports.registry": REGISTRIES,
    "package_interactions.kind": frozenset({"view", "search", "request", "tag"}),
    "registry_outages.registry": REGISTRIES,
    "package_facts.licence_kind": frozenset(
        {"permissive", "weak", "strong", "restricted", "unknown"}
    ),
    **personal.CHECKS,
}

SPECIFIED_INDEXES: dict[str, str] = {
    "idx_packages_name": "packages (name)",
    "idx_packages_registry": "packages (registry)",
    "idx_packages_last_fetch_attempt": "packages (last_fetch_attempt)",
    "idx_packages_created_at": "packages (created_at DESC)",
    "idx_packages_deleted_at": "packages (deleted_at) WHERE deleted_at IS NULL",
    "idx_package_versions_package_id": "package_versions (package_id)",
    "idx_package_versions_published_at": "package_versions (published_at DESC NULLS LAST)",
    "idx_package_dependencies_package_id": "package_dependencies (package_id)",
    "idx_package_dependencies_version_id": "package_dependencies (version_id)",
    "idx_package_dependencies_dependency_package_id": "package_dependencies (dependency_package_id)",
    "idx_package_dependencies_resolved_version_id": "package_dependencies (resolved_version_id)",
    "idx_package_dependencies_dependency_name": "package_dependencies (dependency_name)",
    "idx_package_dependencies_name_type": "package_dependencies (dependency_name, dependency_type)",
    "idx_package_dependencies_name_resolved": (
        "package_dependencies (dependency_name, resolved_version) WHERE resolved_version IS NOT NULL"
    ),
    "idx_package_requests_unique_pending": (
        "unique package_requests (package_name, registry, status)"
        " WHERE status IN ('pending', 'fetching')"
    ),
    "idx_package_requests_requested_by_created": "package_requests (requested_by, created_at DESC)",
    "idx_package_requests_status_created": (
        "package_requests (status, created_at) WHERE status IN ('pending', 'fetching')"
    ),
    "idx_package_requests_is_auto_queued": "package_requests (is_auto_queued, status)",
    "idx_package_requests_source_request_id": "package_requests (source_request_id)",
    "idx_tags_slug": "tags (slug)",
    "idx_tags_name": "tags (name)",
    "idx_tags_deleted_at": "tags (deleted_at) WHERE deleted_at IS NULL",
    "idx_package_tags_package_id": "package_tags (package_id)",
    "idx_package_tags_tag_id": "package_tags (tag_id)",
    "idx_package_tags_created_by": "package_tags (created_by)",
}

CHANGED_INDEXES: dict[str, Changed] = {
    "idx_packages_name": Changed(
        "packages (search_name, registry) WHERE deleted_at IS NULL",
        "the unique constraint indexes (name, registry); this one serves search, which folds case",
    ),
    "idx_packages_registry": Changed(
        "packages (registry, search_name) WHERE deleted_at IS NULL",
        "a list of one registry comes in order of name",
    ),
    "idx_packages_deleted_at": Changed(
        "packages (updated_at DESC) WHERE deleted_at IS NULL",
        "every entry of the specified one has the same key",
    ),
    "idx_package_versions_package_id": Changed(
        "package_versions (package_id, sort_key)",
        "a package's newest version and a page of its versions without a sort",
    ),
    "idx_package_versions_published_at": Changed(
        "package_versions (package_id, published_at, sort_key)",
        "versions are listed by date of one package; what was released last is in package_search",
    ),
    "idx_package_dependencies_version_id": Changed(
        "package_dependencies (version_id, dependency_type, resolved_version_id,"
        " dependency_package_id, is_optional)",
        "covers the step of the recursive closure",
    ),
    "idx_package_dependencies_resolved_version_id": Changed(
        "package_dependencies (resolved_version_id, dependency_type, version_id, package_id,"
        " is_optional)",
        "covers the step of the closure of dependents",
    ),
    "idx_package_dependencies_dependency_package_id": Changed(
        "package_dependencies (dependency_package_id, dependency_type)",
        "dependents are narrowed by type",
    ),
    "idx_package_dependencies_dependency_name": Changed(
        "package_dependencies (dependency_name, dependency_registry) WHERE resolved_version_id IS NULL",
        "name_type serves every lookup by name; this one finds the edges a new package may complete",
    ),
    "idx_package_dependencies_package_id": Changed(
        "package_dependencies (package_id, dependency_name)",
        "whether one package depends on a name, for a search that walks down an order",
    ),
    "idx_package_dependencies_name_type": Changed(
        "package_dependencies (dependency_name, dependency_type, dependency_registry, package_id,"
        " is_optional)",
        "a name alone does not say of which registry; who depends on it is read from the index alone",
    ),
    "idx_package_dependencies_name_resolved": Changed(
        "package_dependencies (dependency_name, dependency_registry, resolved_version)",
        "a name alone does not say of which registry, and resolved_version is never null",
    ),
    "idx_package_requests_unique_pending": Changed(
        "unique package_requests (package_name, registry) WHERE status IN ('pending', 'fetching')",
        "with status in the key a pending and a fetching request of one package can coexist",
    ),
    "idx_tags_slug": Changed(
        "tags (slug) WHERE deleted_at IS NULL", "the unique constraint indexes all of them"
    ),
    "idx_tags_name": Changed(
        "tags (name) WHERE deleted_at IS NULL", "the unique constraint indexes all of them"
    ),
    "idx_tags_deleted_at": Changed(
        "tags (deleted_at) WHERE deleted_at IS NOT NULL",
        "every entry of the specified one has the same key; this one lists what can be restored",
    ),
    "idx_package_tags_package_id": Changed(
        "package_tags (package_id, created_at)", "a package's tags in the order they were given"
    ),
    "idx_package_tags_tag_id": Changed(
        "package_tags (tag_id, package_id)", "a filter by tag reads the index alone"
    ),
}

ADDED_INDEXES: dict[str, str] = {
    "idx_package_dependencies_alternatives": (
        "package_dependencies (version_id) WHERE alternatives IS NOT NULL"
    ),
    "idx_package_dependencies_declared_name": (
        "package_dependencies (version_id, declared_name) WHERE declared_name IS NOT NULL"
    ),
    "idx_packages_deleted": "packages (id) WHERE deleted_at IS NOT NULL",
    "idx_package_requests_claim": (
        "package_requests (registry, priority, id) WHERE status = 'pending' AND retry_after IS NULL"
    ),
    "idx_package_requests_retry": (
        "package_requests (registry, retry_after)"
        " WHERE status = 'pending' AND retry_after IS NOT NULL"
    ),
    "idx_package_requests_lease": "package_requests (lease_expires_at) WHERE status = 'fetching'",
    "idx_package_requests_package": "package_requests (package_name, registry, id)",
    "idx_package_request_chains_requested_by": "package_request_chains (requested_by, id)",
    "idx_package_request_chains_charged": "package_request_chains (requested_by, charged_at)",
    "idx_package_request_chains_unsettled": (
        "package_request_chains (id) WHERE settled_at IS NULL AND cancelled_at IS NULL"
    ),
    "idx_package_request_members_request_id": "package_request_members (request_id, chain_id)",
    "idx_package_interactions_account_id": "package_interactions (account_id)",
    **search.INDEXES,
    **insights.INDEXES,
    **personal.INDEXES,
    **environments.INDEXES,
    **advisories.INDEXES,
    "idx_cross_registry_links_software": "cross_registry_links (software, package_id)",
}
