"""What the search adds to the specification's schema, each part with its reason."""

from __future__ import annotations

COLUMNS: dict[str, dict[str, str]] = {
    # Derived: what searches, sorts and facets read of a package, narrow enough for a million of them.
    "package_search": {
        "id": "integer not null",
        "package_id": "uuid not null",
        "registry": "text not null",
        "name": "text not null",
        "key": "text not null",
        "words": "text not null",
        "about": "text not null",
        "rank": "integer not null",
        "dependents": "integer not null",
        "optional_dependents": "integer",
        "peer_dependents": "integer",
        "suggested_dependents": "integer",
        "dev_dependents": "integer",
        "brings": "integer",
        "dependents_all": "integer",
        "licence": "text",
        "terms": "text",
        "unpacked_size": "bigint",
        "uses": "integer not null",
        "released_at": "timestamp not null",
        "is_deprecated": "boolean not null",
        "is_incomplete": "boolean not null",
        "is_failed": "boolean not null",
        "severity": "integer",
        "advisories": "integer",
    },
    # Every different licence there: looked through in place of a million packages.
    "search_licences": {"id": "uuid not null", "licence": "text not null"},
    # Packages whose row there must be counted anew; written by many, never changed.
    "package_search_stale": {"id": "uuid not null", "package_id": "uuid not null"},
    # A search somebody keeps.
    "saved_searches": {
        "id": "uuid not null",
        "account_id": "uuid not null",
        "name": "text not null",
        "query": "text not null",
        "created_at": "timestamp not null",
    },
}

FOREIGN_KEYS = {
    "package_search.package_id -> packages": "cascade",
    "saved_searches.account_id -> account": "cascade",
}

UNIQUE = {
    "package_search_package_id_key": "package_search (package_id)",
    "saved_searches_account_id_name_key": "saved_searches (account_id, name)",
}

INDEXES = {
    "idx_package_search_rank": "package_search (rank DESC, name, id, key)",
    "idx_package_search_registry": "package_search (registry, rank DESC, name, id, key)",
    "idx_package_search_key": "package_search (key, rank DESC, name, id)",
    "idx_package_search_scoped": "package_search (substr(key, strpos(key, '/')), rank DESC, name, id)"
    " WHERE strpos(key, '/') > 0",
    "idx_package_search_name": "package_search (name, id)",
    "idx_package_search_dependents": "package_search (dependents DESC, name, id)",
    "idx_package_search_heaviest": "package_search (coalesce(brings, -1) DESC, name, id)",
    "idx_package_search_dependents_all": "package_search (coalesce(dependents_all, -1) DESC, name, id)",
    "idx_package_search_size": "package_search (coalesce(unpacked_size, -1) DESC, name, id)",
    "idx_package_search_licence": "package_search (coalesce(licence, ' unknown '), id)",
    "idx_package_search_uses": "package_search (uses DESC, name, id)",
    "idx_package_search_released": "package_search (released_at DESC, name, id)",
    "idx_package_search_deprecated": "package_search (rank DESC, name, id) WHERE is_deprecated",
    "idx_package_search_incomplete": "package_search (rank DESC, name, id) WHERE is_incomplete",
    "idx_package_search_failed": "package_search (rank DESC, name, id) WHERE is_failed",
    "idx_package_search_vulnerable": "package_search (rank DESC, name, id)"
    " WHERE severity IS NOT NULL",
}
