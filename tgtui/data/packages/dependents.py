"""Who depends on a package, in pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from tgtui.basics import clock
from tgtui.basics.errors import UsageError
from tgtui.data.models.tables import package_dependencies, package_versions, packages
from tgtui.data.search.order import Place
from tgtui.data.search.pages import Search
from tgtui.data.search.walk import Found
from tgtui.data.search.words import SPELLED
from tgtui.data.storage.sql import hidden
from tgtui.data.versions.edges import place_of_use
from tgtui.data.views.edges import USES, Dependent, DependentPage
from tgtui.syntax.query import OPERATORS, Dependency, Operator, SearchQuery

DEPENDENTS_PAGE = 100


def dependents_page(
    connection: Connection,
    package_id: UUID,
    *,
    operators: Sequence[Operator] = OPERATORS,
    version: str = "",
    after: str | None = None,
    limit: int = DEPENDENTS_PAGE,
) -> DependentPage:
    """Packages in the catalogue that use the package, or this version of it; keyset pages. `operators` narrows it.

    Found in the same way as by `dep:`, so that a page costs the same for ten and for a hundred thousand.
    """
    package = connection.execute(
        select(packages.c.registry, packages.c.name).where(
            packages.c.id == package_id, packages.c.deleted_at.is_(None)
        )
    ).one_or_none()
    operator, place = _dependent_place(after, operators)
    if package is None:
        return DependentPage((), None)
    found: list[tuple[Operator, Found]] = []
    for each in operators[operators.index(operator) :]:
        depends = Dependency(package.name, version, package.registry, each)
        query = SearchQuery(dependencies=frozenset({depends}), sort="name")
        search = Search(connection, query, clock.now())
        rows = search.page(place, limit + 1 - len(found))
        found += [(each, row) for row in rows]
        place = None
        if len(found) > limit:
            break
    cursor = None
    if len(found) > limit:
        last, row = found[limit - 1]
        cursor = f"{last} {row.place.id} {row.place.name}"
    sources = [row.package_id for _operator, row in found[:limit]]
    named = _dependents(connection, package_id, package.name, version, sources)
    return DependentPage(tuple(named[id] for id in sources if id in named), cursor)


def _dependents(
    connection: Connection, package_id: UUID, name: str, version: str, sources: Sequence[UUID]
) -> dict[UUID, Dependent]:
    """How each of these packages uses the one of this name."""
    edge = package_dependencies
    statement = (
        select(
            edge.c.package_id,
            edge.c.version_id,
            edge.c.dependency_version_range,
            edge.c.resolved_version,
            edge.c.dependency_type,
            packages.c.registry,
            packages.c.name,
            package_versions.c.version,
            place_of_use(edge.c).label("place"),
        )
        .join(packages, packages.c.id == edge.c.package_id)
        .join(package_versions, package_versions.c.id == edge.c.version_id)
        .where(
            edge.c.package_id.in_(sources),
            edge.c.dependency_name == name,
            hidden(edge.c.dependency_package_id) == package_id,
        )
        .order_by(place_of_use(edge.c), package_versions.c.sort_key.desc(), edge.c.id)
    )
    if version:
        statement = statement.where(edge.c.resolved_version == version)
    first: dict[UUID, Any] = {}
    versions: dict[UUID, set[UUID]] = {}
    for row in connection.execute(statement):
        first.setdefault(row.package_id, row)
        versions.setdefault(row.package_id, set()).add(row.version_id)
    return {
        id: Dependent(
            package_id=id,
            version_id=row.version_id,
            registry=row.registry,
            name=row.name,
            version=row.version,
            range=row.dependency_version_range,
            resolved_version=row.resolved_version,
            type=row.dependency_type,
            use=USES[row.place],
            other_versions=len(versions[id]) - 1,
        )
        for id, row in first.items()
    }


def operator_in(cursor: str | None) -> Operator | None:
    """The operator that finds what stands before the page of this cursor."""
    written = (cursor or "").partition(" ")[0]
    return next((each for each in OPERATORS if each == written), None)


def _dependent_place(
    cursor: str | None, operators: Sequence[Operator]
) -> tuple[Operator, Place | None]:
    """Read a cursor: the use it is in, and the place there. UsageError if it is from another list."""
    if cursor is None:
        return operators[0], None
    operator = operator_in(cursor)
    _written, _space, rest = cursor.partition(" ")
    id, space, name = rest.partition(" ")
    if (
        operator is None
        or operator not in operators
        or not space
        or not (id.isascii() and id.isdecimal())
    ):
        raise UsageError("That page cursor is not from this list; start at its first page.")
    return operator, Place(SPELLED, None, name, int(id))
