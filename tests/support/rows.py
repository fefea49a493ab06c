"""Builders of rows: each inserts one with plain values for what the test does not care about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from tgtui.basics.ids import uuid7
from tgtui.data.models import tables
from tgtui.data.models.base import Base
from tgtui.data.models.search import SavedSearch
from tgtui.data.search.index import drain
from tgtui.data.storage.sql import table_of
from tgtui.syntax.names import fold
from tgtui.versions.npm.semver import is_prerelease, sort_key

CHAINS = table_of(tables.PackageRequestChain)
MEMBERS = table_of(tables.PackageRequestMember)

DAY_ONE = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
"""When everything here happened, unless a test says otherwise."""


def add_account(session: Session, /, subject: str = "ada", **values: Any) -> UUID:
    return _add(
        session,
        tables.Account,
        {"issuer": "local", "subject": subject, "display_name": subject.title(), **_both_times()},
        values,
    )


def add_package(session: Session, /, name: str, registry: str = "npm", **values: Any) -> UUID:
    """A package that was fetched once, unless `last_fetch_success=None`."""
    return _add(
        session,
        tables.Package,
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
    session: Session, /, package_id: UUID, version: str = "1.0.0", **values: Any
) -> UUID:
    """A version whose dependencies are loaded, unless `dependencies_fetched_at=None`."""
    return _add(
        session,
        tables.PackageVersion,
        {
            "package_id": package_id,
            "version": version,
            "sort_key": sort_key(version),
            "is_prerelease": is_prerelease(version),
            "is_yanked": False,
            "published_at": DAY_ONE,
            "dependencies_fetched_at": DAY_ONE,
            "created_at": DAY_ONE,
        },
        values,
    )


def add_dist_tag(session: Session, /, package_id: UUID, version: str, tag: str = "latest") -> UUID:
    row = {"package_id": package_id, "tag": tag, "version": version, "created_at": DAY_ONE}
    return _add(session, tables.PackageDistTag, row, {})


def add_edge(
    session: Session,
    /,
    source: tuple[UUID, UUID],
    name: str = "target",
    target: tuple[UUID | None, UUID | None] = (None, None),
    **values: Any,
) -> UUID:
    """A runtime dependency between (package id, version id) pairs; a target that is not here is None."""
    return _add(
        session,
        tables.PackageDependency,
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
    session: Session, /, name: str, version: str = "1.0.0", registry: str = "npm"
) -> tuple[UUID, UUID]:
    """A package with one version: the (package id, version id) pair that `add_edge` takes."""
    package_id = add_package(session, name, registry)
    return package_id, add_version(session, package_id, version)


ENDED = frozenset({"completed", "failed", "cancelled"})


def add_request(
    session: Session, /, name: str = "express", *, chain: UUID | None = None, **values: Any
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
    _add(session, tables.PackageRequest, row, {})
    is_open = row["status"] not in ENDED
    if chain is None:
        is_charged = row.get("requested_by") is not None and not row["is_auto_queued"]
        add_chain(
            session,
            id=id,
            requested_by=row.get("requested_by"),
            charges=int(is_charged),
            charged_at=row["created_at"] if is_charged else None,
            created_at=row["created_at"],
            updated_at=row["updated_at"],
            settled_at=None if is_open else row["updated_at"],
        )
    elif is_open:
        session.execute(update(CHAINS).where(CHAINS.c.id == chain).values(settled_at=None))
    add_member(session, chain or id, id, is_root=chain is None)
    return id


def add_chain(session: Session, /, **values: Any) -> UUID:
    """A chain of nobody, without a request."""
    row = {"charges": 0, **_both_times()}
    return _add(session, tables.PackageRequestChain, row, values)


def add_member(session: Session, /, chain_id: UUID, request_id: UUID, **values: Any) -> UUID:
    row = {"chain_id": chain_id, "request_id": request_id, "is_root": False, "created_at": DAY_ONE}
    return _add(session, tables.PackageRequestMember, row, values)


def follow(session: Session, /, request_id: UUID, account_id: UUID) -> UUID:
    """A chain of the account's own with the request as its root, and with all that this has brought so far."""
    own = add_chain(session, requested_by=account_id)
    add_member(session, own, request_id, is_root=True)
    of_root = select(MEMBERS.c.request_id).where(
        MEMBERS.c.chain_id == request_id, ~MEMBERS.c.is_root
    )
    for member in session.scalars(of_root).all():
        add_member(session, own, member)
    return own


def add_tag(session: Session, /, slug: str = "database", **values: Any) -> UUID:
    return _add(session, tables.Tag, {"name": slug.title(), "slug": slug, **_both_times()}, values)


def add_package_tag(session: Session, /, package_id: UUID, tag_id: UUID, account_id: UUID) -> UUID:
    row = {"package_id": package_id, "tag_id": tag_id, "created_by": account_id}
    return _add(session, tables.PackageTag, {**row, "created_at": DAY_ONE}, {})


def add_interaction(session: Session, /, package_id: UUID, **values: Any) -> UUID:
    row = {"package_id": package_id, "kind": "view", "day": DAY_ONE.date(), "created_at": DAY_ONE}
    return _add(session, tables.PackageInteraction, row, values)


def add_sign(session: Session, /, worker: str = "garden:1:abc", **values: Any) -> UUID:
    row = {"worker": worker, "looked_at": DAY_ONE, "created_at": DAY_ONE}
    return _add(session, tables.WorkerSign, row, values)


def add_outage(
    session: Session, /, host: str = "https://registry.example:443", **values: Any
) -> UUID:
    row = {"host": host, "machine": "", "registry": "npm", "reason": "It was away.", "failures": 1}
    return _add(
        session, tables.RegistryOutage, {**row, "retry_at": DAY_ONE, **_both_times()}, values
    )


def count_all(session: Session) -> None:
    """Bring the search's counts up to date, as a program with a worker does beside its work."""
    while drain(session):
        pass


def add_software(
    session: Session, /, package_id: UUID, software: str = "forge.example/a a"
) -> UUID:
    row = {"package_id": package_id, "software": software, "created_at": DAY_ONE}
    return _add(session, tables.CrossRegistryLink, row, {})


def add_import(session: Session, /, registry: str = "apt", **values: Any) -> UUID:
    row = {"registry": registry, "digest": "d", "package_count": 0, "version_count": 0}
    return _add(session, tables.RegistryImport, {**row, **_both_times()}, values)


def add_saved_search(session: Session, /, account_id: UUID, name: str = "mine") -> UUID:
    row = {"account_id": account_id, "name": name, "query": "react", "created_at": DAY_ONE}
    return _add(session, SavedSearch, row, {})


def _both_times() -> dict[str, datetime]:
    return {"created_at": DAY_ONE, "updated_at": DAY_ONE}


def _add(session: Session, model: type[Base], usual: dict[str, Any], given: dict[str, Any]) -> UUID:
    """Insert through the table, so that columns go by their names in the database."""
    row = {"id": uuid7(), **usual, **given}
    session.execute(insert(table_of(model)), row)
    id: UUID = row["id"]
    return id
