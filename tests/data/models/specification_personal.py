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
}

FOREIGN_KEYS = {
    "package_watches.account_id -> account": "cascade",
    "package_watches.package_id -> packages": "cascade",
    "package_comparisons.account_id -> account": "cascade",
}

UNIQUE = {
    "package_watches_account_id_package_id_key": "package_watches (account_id, package_id)",
    "package_comparisons_account_id_name_key": "package_comparisons (account_id, name)",
}

INDEXES = {
    "idx_package_watches_package_id": "package_watches (package_id)",
    "idx_package_watches_news": "package_watches (account_id, news_at DESC)"
    " WHERE news_at IS NOT NULL",
}
