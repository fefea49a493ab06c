"""What Python's packages add to the specification's schema: pip chooses for all that a root brings."""

from __future__ import annotations

COLUMNS: dict[str, dict[str, str]] = {
    "package_environments": {
        "id": "uuid not null",
        "version_id": "uuid not null",
        "extras": "text not null",
        "context": "text not null",
        "error": "text",
        "notes": "text",
        "created_at": "timestamp not null",
    },
    "package_environment_members": {
        "id": "uuid not null",
        "environment_id": "uuid not null",
        "package_name": "text not null",
        "version": "text not null",
        "extras": "text not null",
    },
    # All workers choose for one Python and one platform.
    "catalogue_settings": {
        "id": "uuid not null",
        "name": "text not null",
        "value": "text not null",
        "created_at": "timestamp not null",
        "updated_at": "timestamp not null",
    },
}

FOREIGN_KEYS = {
    "package_environments.version_id -> package_versions": "cascade",
    "package_environment_members.environment_id -> package_environments": "cascade",
}

UNIQUE = {
    "catalogue_settings_name_key": "catalogue_settings (name)",
    "package_environments_version_id_extras_key": "package_environments (version_id, extras)",
    "package_environment_members_environment_id_package_name_key": (
        "package_environment_members (environment_id, package_name)"
    ),
}

INDEXES = {
    "idx_package_environment_members_package_name": (
        "package_environment_members (package_name, version)"
    ),
}
