"""Builders of rows: each inserts one with plain values for what the test does not care about."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, insert, select, update

from tgtui.basics.ids import uuid7
from tgtui.data.models import insights, personal, projects, settings, tables
from tgtui.data.models.base import METADATA
from tgtui.data.models.environments import package_environment_members, package_environments
from tgtui.data.models.facts import package_facts, search_licences
from tgtui.data.models.search import saved_searches
from tgtui.data.search.index import drain
from tgtui.data.versions.storing_facts import values_of
from tgtui.registries.base import Facts
from tgtui.syntax.names import fold
from tgtui.versions.npm.semver import is_prerelease, sort_key
from tgtui.versions.sorting import sort_text

CHAINS = tables.package_request_chains
MEMBERS = tables.package_request_members

DAY_ONE = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
"""When everything here happened, unless a test says otherwise."""


def add_account(connection: Connection, /, subject: str = "ada", **values: Any) -> UUID:
    return _add(
        connection,
        tables.accounts,
        {"issuer": "local", "subject": subject, "display_name": subject.title(), **_both_times()},
        values,
    )


def add_package(connection: Connection, /, name: str, registry: str = "npm", **values: Any) -> UUID:
    """A package that was fetched once, unless `last_fetch_success=None`."""
    return _add(
        connection,
        tables.packages,
        {
            "name": name,
            "search_name": fold(name),
            "registry": registry,
            "last_fetch_attempt": DAY_ONE,
            "last_fetch_success": DAY_ONE,
            **_both_times(),
        },
        values,
    )


def add_version(
    connection: Connection, /, package_id: UUID, version: str = "1.0.0", **values: Any
) -> UUID:
    """A version whose dependencies are loaded, unless `dependencies_fetched_at=None`."""
    return _add(
        connection,
        tables.package_versions,
        {
            "package_id": package_id,
            "version": version,
            "sort_key": sort_text(sort_key(version)),
            "is_prerelease": is_prerelease(version),
            "is_yanked": False,
            "published_at": DAY_ONE,
            "dependencies_fetched_at": DAY_ONE,
            "created_at": DAY_ONE,
        },
        values,
    )


def add_dist_tag(
    connection: Connection, /, package_id: UUID, version: str, tag: str = "latest"
) -> UUID:
    row = {"package_id": package_id, "tag": tag, "version": version, "created_at": DAY_ONE}
    return _add(connection, tables.package_dist_tags, row, {})


def add_edge(
    connection: Connection,
    /,
    source: tuple[UUID, UUID],
    name: str = "target",
    target: tuple[UUID | None, UUID | None] = (None, None),
    **values: Any,
) -> UUID:
    """A runtime dependency between (package id, version id) pairs; a target that is not here is None."""
    return _add(
        connection,
        tables.package_dependencies,
        {
            "package_id": source[0],
            "version_id": source[1],
            "dependency_registry": "npm",
            "dependency_name": name,
            "dependency_package_id": target[0],
            "dependency_version_range": "^1.0.0",
            "resolved_version": "1.0.0",
            "resolved_version_id": target[1],
            "dependency_type": "runtime",
            "source_field": "dependencies",
            "is_optional": False,
            "created_at": DAY_ONE,
        },
        values,
    )


def add_release(
    connection: Connection, /, name: str, version: str = "1.0.0", registry: str = "npm"
) -> tuple[UUID, UUID]:
    """A package with one version: the (package id, version id) pair that `add_edge` takes."""
    package_id = add_package(connection, name, registry)
    return package_id, add_version(connection, package_id, version)


ENDED = frozenset({"completed", "failed", "cancelled"})


def add_request(
    connection: Connection, /, name: str = "express", *, chain: UUID | None = None, **values: Any
) -> UUID:
    """A pending request of nobody in particular: the root of a chain with its id, or a member of `chain`.

    A chain counts as complete if its root has ended, until something pending is added.
    """
    id = values.pop("id", None) or uuid7()
    row = {
        "id": id,
        "package_name": name,
        "registry": "npm",
        "depth": 0,
        "is_auto_queued": False,
        "priority": 10,
        "status": "pending",
        "is_forced": False,
        "attempt_count": 0,
        **_both_times(),
        **values,
    }
    _add(connection, tables.package_requests, row, {})
    is_open = row["status"] not in ENDED
    if chain is None:
        is_charged = row.get("requested_by") is not None and not row["is_auto_queued"]
        add_chain(
            connection,
            id=id,
            requested_by=row.get("requested_by"),
            charges=int(is_charged),
            charged_at=row["created_at"] if is_charged else None,
            created_at=row["created_at"],
            updated_at=row["updated_at"],
            settled_at=None if is_open else row["updated_at"],
        )
    elif is_open:
        connection.execute(update(CHAINS).where(CHAINS.c.id == chain).values(settled_at=None))
    add_member(connection, chain or id, id, is_root=chain is None)
    return id


def add_chain(connection: Connection, /, **values: Any) -> UUID:
    """A chain of nobody, without a request."""
    row = {"charges": 0, **_both_times()}
    return _add(connection, tables.package_request_chains, row, values)


def add_member(connection: Connection, /, chain_id: UUID, request_id: UUID, **values: Any) -> UUID:
    row = {"chain_id": chain_id, "request_id": request_id, "is_root": False, "created_at": DAY_ONE}
    return _add(connection, tables.package_request_members, row, values)


def follow(connection: Connection, /, request_id: UUID, account_id: UUID) -> UUID:
    """A chain of the account's own with the request as its root, and with all that this has brought so far."""
    own = add_chain(connection, requested_by=account_id)
    add_member(connection, own, request_id, is_root=True)
    of_root = select(MEMBERS.c.request_id).where(
        MEMBERS.c.chain_id == request_id, ~MEMBERS.c.is_root
    )
    for member in connection.scalars(of_root).all():
        add_member(connection, own, member)
    return own


def add_tag(connection: Connection, /, slug: str = "database", **values: Any) -> UUID:
    return _add(
        connection, tables.tags, {"name": slug.title(), "slug": slug, **_both_times()}, values
    )


def add_package_tag(
    connection: Connection, /, package_id: UUID, tag_id: UUID, account_id: UUID
) -> UUID:
    row = {"package_id": package_id, "tag_id": tag_id, "created_by": account_id}
    return _add(connection, tables.package_tags, {**row, "created_at": DAY_ONE}, {})


def add_interaction(connection: Connection, /, package_id: UUID, **values: Any) -> UUID:
    row = {"package_id": package_id, "kind": "view", "day": DAY_ONE.date(), "created_at": DAY_ONE}
    return _add(connection, tables.package_interactions, row, values)


def add_sign(connection: Connection, /, worker: str = "garden:1:abc", **values: Any) -> UUID:
    row = {"worker": worker, "looked_at": DAY_ONE, "created_at": DAY_ONE}
    return _add(connection, tables.worker_signs, row, values)


def add_outage(
    connection: Connection, /, host: str = "https://registry.example:443", **values: Any
) -> UUID:
    row = {"host": host, "machine": "", "registry": "npm", "reason": "It was away.", "failures": 1}
    return _add(
        connection, tables.registry_outages, {**row, "retry_at": DAY_ONE, **_both_times()}, values
    )


def count_all(connection: Connection) -> None:
    """Bring the search's counts up to date, as a program with a worker does beside its work."""
    while drain(connection):
        pass


def add_software(
    connection: Connection, /, package_id: UUID, software: str = "forge.example/a a"
) -> UUID:
    row = {"package_id": package_id, "software": software, "created_at": DAY_ONE}
    return _add(connection, tables.cross_registry_links, row, {})


def add_import(connection: Connection, /, registry: str = "apt", **values: Any) -> UUID:
    row = {"registry": registry, "digest": "d", "package_count": 0, "version_count": 0}
    return _add(connection, tables.registry_imports, {**row, **_both_times()}, values)


def add_saved_search(connection: Connection, /, account_id: UUID, name: str = "mine") -> UUID:
    row = {"account_id": account_id, "name": name, "query": "react", "created_at": DAY_ONE}
    return _add(connection, saved_searches, row, {})


def add_setting(connection: Connection, /, name: str = "pypi.platform") -> UUID:
    row = {"name": name, "value": "win_amd64", **_both_times()}
    return _add(connection, settings.catalogue_settings, row, {})


def add_watch(connection: Connection, /, account_id: UUID, package_id: UUID, **values: Any) -> UUID:
    row = {"account_id": account_id, "package_id": package_id, "created_at": DAY_ONE}
    return _add(connection, personal.package_watches, row, values)


def add_comparison(connection: Connection, /, account_id: UUID, name: str = "mine") -> UUID:
    row = {"account_id": account_id, "name": name, "packages": "npm:react npm:vue"}
    return _add(connection, personal.package_comparisons, {**row, **_both_times()}, {})


def add_project(connection: Connection, /, account_id: UUID, name: str = "web") -> UUID:
    row = {"account_id": account_id, "name": name, "files": "[]", "problems": "[]"}
    more = {"digest": None, "read_at": None, "shared_at": None}
    return _add(connection, projects.projects, {**row, **more, **_both_times()}, {})


def add_project_package(
    connection: Connection, /, account_id: UUID, project_id: UUID | None = None, **values: Any
) -> UUID:
    row = {
        "project_id": project_id or add_project(connection, account_id),
        "position": 0,
        "path": "package-lock.json",
        "registry": "npm",
        "name": "ms",
        "version": "2.0.0",
        "source": "registry",
        "folder": None,
        "licence": None,
        "deprecated": None,
    }
    return _add(connection, projects.project_packages, row, values)


def add_project_dependency(connection: Connection, /, account_id: UUID) -> UUID:
    row = {
        "project_id": add_project(connection, account_id),
        "position": 0,
        "workspace": "",
        "path": "package.json",
        "line": 3,
        "registry": "npm",
        "name": "ms",
        "declared_name": None,
        "version_range": "^2",
        "dependency_type": "runtime",
        "source_field": "dependencies",
        "source": "registry",
        "condition": None,
        "locked_id": None,
    }
    return _add(connection, projects.project_dependencies, row, {})


def add_project_edge(connection: Connection, /, account_id: UUID) -> UUID:
    project = add_project(connection, account_id)
    one = add_project_package(connection, account_id, project)
    other = add_project_package(connection, account_id, project, position=1)
    row = {"project_id": project, "dependent_id": one, "dependency_id": other}
    more = {"version_range": "", "dependency_type": "runtime", "declared_name": None}
    return _add(connection, projects.project_edges, {**row, **more}, {})


def add_facts(
    connection: Connection, /, version_id: UUID, facts: Facts | None = None, **values: Any
) -> UUID:
    """Of what a registry says; without it nothing is said."""
    row = {"id": version_id, **values_of(facts or Facts())}
    return _add(connection, package_facts, row, values)


def add_environment(connection: Connection, /, version_id: UUID, **values: Any) -> UUID:
    row = {
        "version_id": version_id,
        "extras": "",
        "context": "Python 3.11 on here",
        "created_at": DAY_ONE,
    }
    return _add(connection, package_environments, row, values)


def add_environment_member(
    connection: Connection,
    /,
    environment_id: UUID,
    name: str,
    version: str = "1.0.0",
    extras: str = "",
) -> UUID:
    row = {"environment_id": environment_id, "package_name": name, "version": version}
    return _add(connection, package_environment_members, row, {"extras": extras})


def add_advisory_part(
    connection: Connection, part: str, package_id: UUID, version_id: UUID
) -> UUID:
    """A row of one of the tables of advisories, with the advisory it needs."""
    table, words = METADATA.tables[part], {"name": "GHSA-1", "source": "osv", "links": "[]"}
    when = {"modified_at": DAY_ONE, "created_at": DAY_ONE}
    about = {"digest": b"8", "severity": 3, "is_malware": False}
    advisory = METADATA.tables["advisories"]
    if part == "advisories":
        return _add(connection, advisory, {**words, **when, **about}, {})
    id = _add(connection, advisory, {**words, **when, **about}, {})
    values: dict[str, dict[str, Any]] = {
        "advisory_aliases": {"advisory_id": id, "name": "CVE-1"},
        "advisory_packages": {"advisory_id": id, "ecosystem": "npm", "name": "a"},
        "advisory_findings": {
            "package_id": package_id,
            "version_id": version_id,
            "advisory_id": id,
            "flaw": "GHSA-1",
            "severity": 3,
        },
        "advisory_sources": {
            "source": "osv",
            "ecosystem": "npm",
            "records": 1,
            "tried_at": DAY_ONE,
        },
        "advisory_checks": {"package_id": package_id, "source": "osv", "as_of": DAY_ONE},
    }
    if part == "advisory_ranges":
        package = values["advisory_packages"]
        affected = _add(connection, METADATA.tables["advisory_packages"], package, {})
        return _add(
            connection, table, {"affected_id": affected, "type": "SEMVER", "events": "[]"}, {}
        )
    return _add(connection, table, values[part], {})


def add_search_licence(connection: Connection, /, licence: str = " permissive mit ") -> UUID:
    return _add(connection, search_licences, {"licence": licence}, {})


def add_result(connection: Connection, /, insight: str = "popular", **values: Any) -> UUID:
    row = {"insight": insight, "registry": "", "period": "", "rank": 1, "name": "", "key": ""}
    return _add(
        connection, insights.insight_results, {**row, "value": 1.0, "details": "{}"}, values
    )


def add_refresh(connection: Connection, /, **values: Any) -> UUID:
    row = {"day": DAY_ONE.date(), "created_at": DAY_ONE}
    return _add(connection, insights.insight_refreshes, row, values)


def add_measure(connection: Connection, /, package_id: UUID, **values: Any) -> UUID:
    """It brings nothing and nothing needs it, unless told otherwise."""
    counts = {"packages": 0, "depth": 0, "dependents": 0, "dependents_all": 0}
    row = {"package_id": package_id, "day": DAY_ONE.date(), **counts}
    return _add(connection, insights.package_measures, row, values)


def add_use_week(connection: Connection, /, package_id: UUID, **values: Any) -> UUID:
    row = {"package_id": package_id, "week": date(2025, 12, 29), "uses": 1}
    return _add(connection, insights.package_use_weeks, row, values)


def _both_times() -> dict[str, datetime]:
    return {"created_at": DAY_ONE, "updated_at": DAY_ONE}


def _add(
    connection: Connection, table: Table[Any], usual: dict[str, Any], given: dict[str, Any]
) -> UUID:
    row = {"id": uuid7(), **usual, **given}
    connection.execute(insert(table), row)
    id: UUID = row["id"]
    return id
