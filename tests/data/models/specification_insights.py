"""What the insights add to the specification's schema. All of it is derived and can be computed again."""

from __future__ import annotations

COLUMNS: dict[str, dict[str, str]] = {
    # Answers that are lists or series, of the last refresh.
    "insight_results": {
        "id": "uuid not null",
        "insight": "text not null",
        "registry": "text not null",
        "period": "text not null",
        "rank": "integer not null",
        "package_id": "uuid",
        "account_id": "uuid",
        "name": "text not null",
        "key": "text not null",
        "value": "double not null",
        "details": "text not null",
    },
    # "As of", and whether it is time for another one.
    "insight_refreshes": {
        "id": "uuid not null",
        "day": "date not null",
        "created_at": "timestamp not null",
    },
    # A package's counts over time.
    "package_measures": {
        "id": "uuid not null",
        "package_id": "uuid not null",
        "day": "date not null",
        "packages": "integer not null",
        "depth": "integer not null",
        "dependents": "integer not null",
        "dependents_all": "integer not null",
    },
    # Its use over time, for everyone: nobody else's interactions may be read.
    "package_use_weeks": {
        "id": "uuid not null",
        "package_id": "uuid not null",
        "week": "date not null",
        "uses": "integer not null",
    },
}

FOREIGN_KEYS = {
    "insight_results.package_id -> packages": "cascade",
    "insight_results.account_id -> account": "cascade",
    "package_measures.package_id -> packages": "cascade",
    "package_use_weeks.package_id -> packages": "cascade",
}

UNIQUE = {
    "insight_results_insight_registry_period_rank_key": (
        "insight_results (insight, registry, period, rank)"
    ),
    "insight_refreshes_day_key": "insight_refreshes (day)",
    "package_measures_package_id_day_key": "package_measures (package_id, day)",
    "package_use_weeks_package_id_week_key": "package_use_weeks (package_id, week)",
}

INDEXES = {
    "idx_insight_results_package_id": "insight_results (package_id)",
    "idx_insight_results_account_id": "insight_results (account_id)",
}
