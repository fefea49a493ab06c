"""What people keep for themselves, beside the specification's schema."""

from __future__ import annotations

COLUMNS: dict[str, dict[str, str]] = {
    # Who watches what, and what came in since they looked.
    "package_watches": {
        "id": "uuid not null",
        "account_id": "uuid not null",
        "package_id": "uuid not null",
        "news": "text",
        "news_at": "timestamp",
        "created_at": "timestamp not null",
    },
    # The specification names it without columns.
    "package_comparisons": {
        "id": "uuid not null",
        "account_id": "uuid not null",
        "name": "text not null",
        "packages": "text not null",
        "created_at": "timestamp not null",
        "updated_at": "timestamp not null",
    },
    # The specification names `projects` and `project_dependencies` without columns.
    "projects": {
        "id": "uuid not null",
        "account_id": "uuid not null",
        "name": "text not null",
        "files": "text not null",
        "problems": "text not null",
        "digest": "text",
        "read_at": "timestamp",
        "shared_at": "timestamp",
        "created_at": "timestamp not null",
        "updated_at": "timestamp not null",
    },
    "project_packages": {
        "id": "uuid not null",
        "project_id": "uuid not null",
        "position": "integer not null",
        "path": "text not null",
        "registry": "text not null",
        "name": "text not null",
        "version": "text",
        "source": "text not null",
        "folder": "text",
        "licence": "text",
        "deprecated": "text",
    },
    "project_dependencies": {
        "id": "uuid not null",
        "project_id": "uuid not null",
        "position": "integer not null",
        "workspace": "text not null",
        "path": "text not null",
        "line": "integer not null",
        "registry": "text not null",
        "name": "text not null",
        "declared_name": "text",
        "version_range": "text not null",
        "dependency_type": "text not null",
        "source_field": "text not null",
        "source": "text not null",
        "condition": "text",
        "locked_id": "uuid",
    },
    "project_edges": {
        "id": "uuid not null",
        "project_id": "uuid not null",
        "dependent_id": "uuid not null",
        "dependency_id": "uuid not null",
        "version_range": "text not null",
        "dependency_type": "text not null",
        "declared_name": "text",
    },
}

FOREIGN_KEYS = {
    "package_watches.account_id -> account": "cascade",
    "package_watches.package_id -> packages": "cascade",
    "package_comparisons.account_id -> account": "cascade",
    "projects.account_id -> account": "cascade",
    "project_packages.project_id -> projects": "cascade",
    "project_dependencies.project_id -> projects": "cascade",
    "project_dependencies.locked_id -> project_packages": "set null",
    "project_edges.project_id -> projects": "cascade",
    "project_edges.dependent_id -> project_packages": "cascade",
    "project_edges.dependency_id -> project_packages": "cascade",
}

UNIQUE = {
    "package_watches_account_id_package_id_key": "package_watches (account_id, package_id)",
    "package_comparisons_account_id_name_key": "package_comparisons (account_id, name)",
    "projects_account_id_name_key": "projects (account_id, name)",
}

INDEXES = {
    "idx_package_watches_package_id": "package_watches (package_id)",
    "idx_package_watches_news": "package_watches (account_id, news_at DESC)"
    " WHERE news_at IS NOT NULL",
    "idx_project_packages_project_id": "project_packages (project_id)",
    "idx_project_packages_name": "project_packages (name, registry, version)",
    "idx_project_dependencies_project_id": "project_dependencies (project_id)",
    "idx_project_dependencies_locked_id": "project_dependencies (locked_id)",
    "idx_project_edges_project_id": "project_edges (project_id)",
    "idx_project_edges_dependent_id": "project_edges (dependent_id)",
    "idx_project_edges_dependency_id": "project_edges (dependency_id)",
}

SOURCES = frozenset({"registry", "workspace", "folder", "archive", "git", "url"})
TYPES = frozenset({"runtime", "dev", "peer", "optional"})
CHECKS = {
    "project_packages.source": SOURCES,
    "project_dependencies.source": SOURCES,
    "project_dependencies.dependency_type": TYPES,
    "project_edges.dependency_type": TYPES,
}
