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

from sqlalchemy import Row, bindparam, delete, exists, func, not_, or_, select, update
from sqlalchemy.orm import Session, aliased

from tgtui.basics.ids import milliseconds_of, uuid7
from tgtui.data.models.live import deleted_packages
from tgtui.data.models.search import NEVER, PackageSearch, PackageSearchStale
from tgtui.data.models.tables import Package, PackageDependency, PackageInteraction, PackageVersion
from tgtui.data.requests.lists import newest_request_status
from tgtui.data.storage.bulk import bulk_insert
from tgtui.data.storage.sql import dialect_of, slices, table_of
from tgtui.data.storage.times import database_now
from tgtui.data.versions.edges import installed, is_sourced
from tgtui.data.versions.latest import latest_version_id
from tgtui.data.versions.uses import used_by
from tgtui.data.views.edges import UsedBy
from tgtui.syntax.names import without_separators

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

_search = table_of(PackageSearch)
_stale = table_of(PackageSearchStale)
_USED = ("optional_dependents", "peer_dependents", "suggested_dependents", "dev_dependents")
_COUNTED = ("about", "rank", "dependents", *_USED, "uses", "released_at")
_FLAGS = ("is_deprecated", "is_incomplete", "is_failed")


def rank_of(users: int, uses: int) -> int:
    """Higher comes first; twice as many packages that use it in any way weigh as much as twice as many uses by people."""
    return round(RANK_STEPS * (log2(1 + users) + log2(1 + uses)))


def touch(session: Session, package_ids: Iterable[UUID]) -> None:
    """Note that counts of these packages changed, for the next `drain`."""
    rows = [{"id": uuid7(), "package_id": package_id} for package_id in package_ids]
    bulk_insert(session, _stale, rows)


def packages_stored(
    session: Session, package_ids: Collection[UUID], linked: Iterable[UUID] = ()
) -> None:
    """Call at the end of an ingest's transaction: counts its packages at once, and notes those they depend on
    and those in `linked`, whose edges now lead to them."""
    refresh(session, list(package_ids))
    touch(session, _targets(session, package_ids).union(linked).difference(package_ids))


def presence_changed(session: Session, package_id: UUID) -> None:
    """Call when it was deleted or restored: notes it, its dependents, which now lack it or have it back, and its
    dependencies, which have one dependent less or more."""
    dependents = session.scalars(_DEPENDENTS, {"package_id": package_id})
    touch(session, {package_id, *_targets(session, [package_id]), *dependents})


def _targets(session: Session, package_ids: Collection[UUID]) -> set[UUID]:
    """What edges of these packages lead to."""
    found: set[UUID] = set()
    for some in slices(list(package_ids)):
        found.update(session.scalars(_TARGETS, {"package_ids": some}))
    return found


def refresh(session: Session, package_ids: Sequence[UUID]) -> None:
    """Count these packages now."""
    changed: list[dict[str, Any]] = []
    for some in slices(package_ids):
        used = used_by(session, some)
        for row in session.execute(_counts(), {"ids": some}):
            counted = _counted(row, used[row.package_id])
            if any(row._mapping[name] != value for name, value in counted.items()):
                changed.append({"of_id": row.id, **counted})
    if changed:
        session.connection().execute(_UPDATE, changed)


def is_stale(session: Session) -> bool:
    """Whether a package waits to be counted again."""
    return session.scalar(select(_stale.c.id).limit(1)) is not None


def drain(session: Session) -> int:
    """Count some of the noted packages; returns how many. 0 means there is nothing to do now."""
    if dialect_of(session) == "postgresql" and not session.scalar(
        select(func.pg_try_advisory_xact_lock(DRAIN_LOCK))
    ):
        return 0  # another program is doing it
    notes = session.execute(select(_stale).order_by(_stale.c.id).limit(NOTES_AT_ONCE)).all()
    by_package: dict[UUID, list[UUID]] = {}
    for id, package_id in notes:
        by_package.setdefault(package_id, []).append(id)
    due = _due(session, by_package)[:COUNTED_AT_ONCE]
    refresh(session, due)
    done = [id for package_id in due for id in by_package[package_id]]
    for some in slices(done):
        session.execute(delete(_stale).where(_stale.c.id.in_(some)))
    return len(due)


def _due(session: Session, by_package: dict[UUID, list[UUID]]) -> list[UUID]:
    """Packages worth counting: lodash is not counted again for each new dependent."""
    many: dict[UUID, int] = {}
    p = PackageSearch
    users = p.dependents + func.coalesce(p.suggested_dependents, 0)
    users += func.coalesce(p.dev_dependents, 0)
    for some in slices(list(by_package)):
        rows = session.execute(
            select(p.package_id, users.label("users")).where(
                p.package_id.in_(some), users > PATIENCE
            )
        )
        many.update((row.package_id, row.users) for row in rows)
    waited = (database_now(session) - PATIENCE_TIME).timestamp() * 1000
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
    }


@cache
def _counts() -> Any:
    latest, edge = aliased(PackageVersion), aliased(PackageDependency)
    uses = (
        select(func.count())
        .where(PackageInteraction.package_id == Package.id)
        .correlate(Package)
        .scalar_subquery()
    )
    incomplete = exists().where(
        edge.version_id == latest.id,
        installed(edge),
        edge.is_optional.is_(False),
        or_(edge.resolved_version_id.is_(None), edge.dependency_package_id.in_(deleted_packages())),
        not_(is_sourced(edge)),  # nothing is missing there
    )
    return (
        select(
            PackageSearch.id,
            PackageSearch.package_id,
            *(_search.c[name] for name in (*_COUNTED, *_FLAGS)),
            Package.description,
            latest.published_at,
            latest.is_yanked,
            incomplete.label("now_incomplete"),
            uses.label("now_uses"),
            newest_request_status().label("status"),
        )
        .join(Package, Package.id == PackageSearch.package_id)
        .outerjoin(latest, latest.id == latest_version_id(Package.id))
        .where(PackageSearch.package_id.in_(bindparam("ids", expanding=True)))
    )


_UPDATE = (
    update(_search)
    .where(_search.c.id == bindparam("of_id"))
    .values({name: bindparam(name) for name in (*_COUNTED, *_FLAGS)})
)
_TARGETS = (
    select(PackageDependency.dependency_package_id)
    .where(
        PackageDependency.package_id.in_(bindparam("package_ids", expanding=True)),
        PackageDependency.dependency_package_id.is_not(None),
    )
    .distinct()
)
_DEPENDENTS = (
    select(PackageDependency.package_id)
    .where(PackageDependency.dependency_package_id == bindparam("package_id"))
    .distinct()
)
