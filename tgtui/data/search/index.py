"""Keeps `package_search` up to date: the counts of each package, and notes on packages to be counted again.

A trigger adds and removes the row of a package. Code that changes a package calls `touch`, an ingest
`packages_stored`; `drain`, run now and then by a program with a worker, counts the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from functools import cache
from math import log2
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    delete,
    distinct,
    exists,
    func,
    not_,
    or_,
    select,
    update,
)

from tgtui.basics.ids import milliseconds_of, uuid7
from tgtui.data.models.advisories import advisory_findings
from tgtui.data.models.facts import package_facts, search_licences
from tgtui.data.models.live import DELETED_PACKAGES
from tgtui.data.models.search import NEVER, package_search, package_search_stale
from tgtui.data.models.tables import (
    package_dependencies,
    package_interactions,
    package_versions,
    packages,
)
from tgtui.data.requests.lists import newest_request_status
from tgtui.data.storage.bulk import bulk_insert
from tgtui.data.storage.sql import dialect_of, slices
from tgtui.data.storage.times import database_now
from tgtui.data.versions.edges import installed, is_sourced
from tgtui.data.versions.facts import details_of
from tgtui.data.versions.latest import latest_version_id
from tgtui.data.versions.uses import used_by
from tgtui.data.views.edges import UsedBy
from tgtui.syntax.licences import licence_of, names_of
from tgtui.syntax.names import term_of, without_separators

ABOUT_LENGTH = 300
"""Characters of a description that are searched."""
RANK_STEPS = 64
"""Ranks to a doubling of users or uses: about one percent a rank."""
NOTES_AT_ONCE = 20_000
"""Notes that one `drain` looks at."""
COUNTED_AT_ONCE = 100
"""Packages that one `drain` counts: it holds the one writer for some tens of milliseconds."""
PATIENCE = 50
"""A package that n others use is counted again after n / PATIENCE notes, or when one has waited ..."""
PATIENCE_TIME = timedelta(minutes=10)
DRAIN_LOCK = 0x6472_6169
"""Key of PostgreSQL's advisory lock: 'drai' in ASCII."""

_USED = ("optional_dependents", "peer_dependents", "suggested_dependents", "dev_dependents")
_COUNTED = ("about", "rank", "dependents", *_USED, "uses", "released_at")
_FACTS = ("licence", "terms", "unpacked_size")
_FLAGS = ("is_deprecated", "is_incomplete", "is_failed")
_ADVISORIES = ("severity", "advisories")
_ALL = (*_COUNTED, *_FLAGS, *_FACTS, *_ADVISORIES)


def rank_of(users: int, uses: int) -> int:
    """Higher comes first; twice as many packages that use it in any way weigh as much as twice as many uses by people."""
    return round(RANK_STEPS * (log2(1 + users) + log2(1 + uses)))


def touch(connection: Connection, package_ids: Iterable[UUID]) -> None:
    """Note that counts of these packages changed, for the next `drain`."""
    rows = [{"id": uuid7(), "package_id": package_id} for package_id in package_ids]
    bulk_insert(connection, package_search_stale, rows)


def packages_stored(
    connection: Connection, package_ids: Collection[UUID], linked: Iterable[UUID] = ()
) -> None:
    """Call at the end of an ingest's transaction: counts its packages at once, and notes those they depend on
    and those in `linked`, whose edges now lead to them."""
    refresh(connection, list(package_ids))
    touch(connection, _targets(connection, package_ids).union(linked).difference(package_ids))


def presence_changed(connection: Connection, package_id: UUID) -> None:
    """Call when it was deleted or restored: notes it, its dependents, which now lack it or have it back, and its
    dependencies, which have one dependent less or more."""
    dependents = connection.scalars(_DEPENDENTS, {"package_id": package_id})
    touch(connection, {package_id, *_targets(connection, [package_id]), *dependents})


def _targets(connection: Connection, package_ids: Collection[UUID]) -> set[UUID]:
    """What edges of these packages lead to."""
    found: set[UUID] = set()
    for some in slices(list(package_ids)):
        found.update(connection.scalars(_TARGETS, {"package_ids": some}))
    return found


def refresh(connection: Connection, package_ids: Sequence[UUID]) -> None:
    """Count these packages now."""
    changed: list[dict[str, Any]] = []
    for some in slices(package_ids):
        used = used_by(connection, some)
        for row in connection.execute(_counts(), {"ids": some}):
            counted = _counted(row, used[row.package_id])
            if any(row._mapping[name] != value for name, value in counted.items()):
                changed.append({"of_id": row.id, **counted})
    if changed:
        _note_licences(connection, {row["licence"] for row in changed if row["licence"]})
        connection.execute(_UPDATE, changed)


def is_stale(connection: Connection) -> bool:
    """Whether a package waits to be counted again."""
    return connection.scalar(select(package_search_stale.c.id).limit(1)) is not None


def drain(connection: Connection) -> int:
    """Count some of the noted packages; returns how many. 0 means there is nothing to do now."""
    if dialect_of(connection) == "postgresql" and not connection.scalar(
        select(func.pg_try_advisory_xact_lock(DRAIN_LOCK))
    ):
        return 0  # another program is doing it
    notes = connection.execute(
        select(package_search_stale).order_by(package_search_stale.c.id).limit(NOTES_AT_ONCE)
    ).all()
    by_package: dict[UUID, list[UUID]] = {}
    for id, package_id in notes:
        by_package.setdefault(package_id, []).append(id)
    due = _due(connection, by_package)[:COUNTED_AT_ONCE]
    refresh(connection, due)
    done = [id for package_id in due for id in by_package[package_id]]
    for some in slices(done):
        connection.execute(delete(package_search_stale).where(package_search_stale.c.id.in_(some)))
    return len(due)


def _due(connection: Connection, by_package: dict[UUID, list[UUID]]) -> list[UUID]:
    """Packages worth counting: lodash is not counted again for each new dependent."""
    many: dict[UUID, int] = {}
    p = package_search
    users = p.c.dependents + func.coalesce(p.c.suggested_dependents, 0)
    users += func.coalesce(p.c.dev_dependents, 0)
    for some in slices(list(by_package)):
        rows = connection.execute(
            select(p.c.package_id, users.label("users")).where(
                p.c.package_id.in_(some), users > PATIENCE
            )
        )
        many.update((row.package_id, row.users) for row in rows)
    waited = (database_now(connection) - PATIENCE_TIME).timestamp() * 1000
    return [
        package_id
        for package_id, ids in by_package.items()
        if len(ids) * PATIENCE >= many.get(package_id, 0) or milliseconds_of(ids[0]) < waited
    ]


def _counted(row: Row[*tuple[Any, ...]], used: UsedBy) -> dict[str, Any]:
    return {
        "about": without_separators(row.description or "")[:ABOUT_LENGTH],
        "rank": rank_of(used.total, row.now_uses),
        "dependents": used.installed,
        "optional_dependents": used.optional,
        "peer_dependents": used.peer,
        "suggested_dependents": used.suggested,
        "dev_dependents": used.dev,
        "uses": row.now_uses,
        "released_at": row.published_at or NEVER,
        "is_deprecated": bool(row.is_yanked),
        "is_incomplete": bool(row.now_incomplete),
        "is_failed": row.status == "failed",
        "severity": row.now_severity,
        "advisories": row.now_advisories or None,
        **_facts(row),
    }


def _facts(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    """All null until the latest version's facts are known."""
    if row.details is None:
        return dict.fromkeys(_FACTS)
    licence = licence_of(row.now_licence or "", row.expression or "", row.licence_kind)
    said = details_of(row.details)
    people = dict.fromkeys((*said.maintainers, *((said.author,) if said.author else ())))
    terms = [f"keyword:{term_of(each)}" for each in said.keywords]
    terms += [f"maintainer:{term_of(each)}" for each in people]
    return {
        "licence": f" {' '.join(names_of(licence))} ",
        "terms": " ".join(dict.fromkeys(terms)),
        "unpacked_size": row.now_size,
    }


def _note_licences(connection: Connection, licences: set[str]) -> None:
    """Add those that no package had before."""
    known: set[str] = set()
    for some in slices(sorted(licences)):
        known.update(connection.scalars(_LICENCES, {"licences": some}))
    new = sorted(licences - known)
    bulk_insert(
        connection, search_licences, [{"id": uuid7(), "licence": licence} for licence in new]
    )


@cache
def _counts() -> Any:
    latest, edge, facts = package_versions.alias(), package_dependencies.alias(), package_facts
    uses = (
        select(func.count())
        .where(package_interactions.c.package_id == packages.c.id)
        .correlate(packages)
        .scalar_subquery()
    )
    incomplete = exists().where(
        edge.c.version_id == latest.c.id,
        installed(edge.c),
        edge.c.is_optional.is_(False),
        or_(
            edge.c.resolved_version_id.is_(None),
            edge.c.dependency_package_id.in_(DELETED_PACKAGES),
        ),
        not_(is_sourced(edge.c)),  # nothing is missing there
    )
    findings = advisory_findings
    of_latest = findings.c.version_id == latest.c.id
    return (
        select(
            package_search.c.id,
            package_search.c.package_id,
            _scalar(func.max(findings.c.severity), of_latest).label("now_severity"),
            _scalar(func.count(distinct(findings.c.flaw)), of_latest).label("now_advisories"),
            *(package_search.c[name] for name in _ALL),
            packages.c.description,
            latest.c.published_at,
            latest.c.is_yanked,
            facts.c.licence.label("now_licence"),
            facts.c.expression,
            facts.c.licence_kind,
            func.coalesce(facts.c.measured_size, facts.c.unpacked_size).label("now_size"),
            facts.c.details,
            incomplete.label("now_incomplete"),
            uses.label("now_uses"),
            newest_request_status().label("status"),
        )
        .join(packages, packages.c.id == package_search.c.package_id)
        .outerjoin(latest, latest.c.id == latest_version_id(packages.c.id))
        .outerjoin(facts, facts.c.id == latest.c.id)
        .where(package_search.c.package_id.in_(bindparam("ids", expanding=True)))
    )


def _scalar(value: Any, condition: Any) -> Any:
    return select(value).where(condition).scalar_subquery()


_UPDATE = (
    update(package_search)
    .where(package_search.c.id == bindparam("of_id"))
    .values({name: bindparam(name) for name in _ALL})
)
_LICENCES = select(search_licences.c.licence).where(
    search_licences.c.licence.in_(bindparam("licences", expanding=True))
)
_TARGETS = (
    select(package_dependencies.c.dependency_package_id)
    .where(
        package_dependencies.c.package_id.in_(bindparam("package_ids", expanding=True)),
        package_dependencies.c.dependency_package_id.is_not(None),
    )
    .distinct()
)
_DEPENDENTS = (
    select(package_dependencies.c.package_id)
    .where(package_dependencies.c.dependency_package_id == bindparam("package_id"))
    .distinct()
)
