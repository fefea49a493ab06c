"""Advisories, beside the specification's schema."""

from __future__ import annotations

COLUMNS: dict[str, dict[str, str]] = {
    # A published record about a flaw, in the words of OSV's schema.
    "advisories": {
        "id": "uuid not null",
        "name": "text not null",
        "source": "text not null",
        "digest": "bytes not null",
        "severity": "integer not null",
        "score": "double",
        "vector": "text",
        "is_malware": "boolean not null",
        "summary": "text",
        "details": "text",
        "links": "text not null",
        "modified_at": "timestamp not null",
        "published_at": "timestamp",
        "withdrawn_at": "timestamp",
        "created_at": "timestamp not null",
    },
    # Other names of the flaw: one flaw is one line.
    "advisory_aliases": {
        "id": "uuid not null",
        "advisory_id": "uuid not null",
        "name": "text not null",
    },
    # What it affects, whether it is in the catalogue or not.
    "advisory_packages": {
        "id": "uuid not null",
        "advisory_id": "uuid not null",
        "ecosystem": "text not null",
        "name": "text not null",
        "versions": "text",
    },
    "advisory_ranges": {
        "id": "uuid not null",
        "affected_id": "uuid not null",
        "type": "text not null",
        "events": "text not null",
    },
    # What that means for the versions that are here.
    "advisory_findings": {
        "id": "uuid not null",
        "package_id": "uuid not null",
        "version_id": "uuid not null",
        "advisory_id": "uuid not null",
        "flaw": "text not null",
        "severity": "integer not null",
    },
    # No advisories may mean that nobody looked: when somebody did.
    "advisory_sources": {
        "id": "uuid not null",
        "source": "text not null",
        "ecosystem": "text not null",
        "records": "integer not null",
        "as_of": "timestamp",
        "tried_at": "timestamp not null",
        "problem": "text",
    },
    "advisory_checks": {
        "id": "uuid not null",
        "package_id": "uuid not null",
        "source": "text not null",
        "as_of": "timestamp not null",
        # Of sources that know only the versions they are asked about.
        "versions": "text",
    },
}

FOREIGN_KEYS = {
    "advisory_aliases.advisory_id -> advisories": "cascade",
    "advisory_packages.advisory_id -> advisories": "cascade",
    "advisory_ranges.affected_id -> advisory_packages": "cascade",
    "advisory_findings.package_id -> packages": "cascade",
    "advisory_findings.version_id -> package_versions": "cascade",
    "advisory_findings.advisory_id -> advisories": "cascade",
    "advisory_checks.package_id -> packages": "cascade",
}

UNIQUE = {
    "advisories_name_key": "advisories (name)",
    "advisory_findings_version_id_advisory_id_key": "advisory_findings (version_id, advisory_id)",
    "advisory_sources_source_ecosystem_key": "advisory_sources (source, ecosystem)",
    "advisory_checks_package_id_source_key": "advisory_checks (package_id, source)",
}

INDEXES = {
    "idx_advisory_aliases_name": "advisory_aliases (name)",
    "idx_advisory_aliases_advisory_id": "advisory_aliases (advisory_id)",
    "idx_advisory_packages_name": "advisory_packages (name, ecosystem)",
    "idx_advisory_packages_advisory_id": "advisory_packages (advisory_id)",
    "idx_advisory_ranges_affected_id": "advisory_ranges (affected_id)",
    "idx_advisory_findings_package_id": "advisory_findings (package_id)",
    "idx_advisory_findings_advisory_id": "advisory_findings (advisory_id, version_id)",
    "idx_advisory_findings_malware": "advisory_findings (version_id) WHERE severity = 5",
    "idx_advisory_findings_flaw": "advisory_findings (flaw, version_id)",
}
