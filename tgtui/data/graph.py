"""The closure of a version: everything an install of it follows, in one recursive query."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tgtui.data.models import Package, PackageDependency, PackageVersion
from tgtui.data.packages import edges_of, installed
from tgtui.data.views import UNRESOLVED, Edge, TreeTotals, is_own_resolution


@dataclass(frozen=True, slots=True)
class ClosureEdge:
    """One edge of the closure."""

    source_id: UUID
    target_id: UUID | None
    """The resolved version; None where the target is not here."""
    registry: str
    name: str
    """Of the target."""
    resolved_version: str
    is_optional: bool


@dataclass(frozen=True, slots=True)
class Closure:
    """A version with all it reaches."""

    root_id: UUID
    edges: tuple[ClosureEdge, ...]
    loaded: frozenset[UUID]
    """Versions reached whose own dependencies are stored."""

    def levels(self) -> dict[UUID, int]:
        """Every version reached, with its distance from the root in edges."""
        targets: dict[UUID, list[UUID]] = {}
        for edge in self.edges:
            if edge.target_id is not None:
                targets.setdefault(edge.source_id, []).append(edge.target_id)
        levels = {self.root_id: 0}
        waiting = deque([self.root_id])
        while waiting:
            source = waiting.popleft()
            for target in targets.get(source, ()):
                if target not in levels:
                    levels[target] = levels[source] + 1
                    waiting.append(target)
        return levels


def closure_of(session: Session, version_id: UUID) -> Closure:
    """One recursive query. `UNION` on the version alone, so that cycles end and paths are not counted."""
    deleted_at = (
        select(Package.deleted_at)
        .where(Package.id == PackageDependency.dependency_package_id)
        .scalar_subquery()
    )
    reached = select(PackageVersion.id.label("id")).where(PackageVersion.id == version_id)
    reach = reached.cte("reach", recursive=True)
    reach = reach.union(
        select(PackageDependency.resolved_version_id)
        .join(reach, PackageDependency.version_id == reach.c.id)
        .where(
            installed(PackageDependency),
            PackageDependency.resolved_version_id.is_not(None),
            PackageDependency.dependency_package_id.is_not(None),
            # Not a join: PostgreSQL without statistics would begin each step with every package.
            deleted_at.is_(None),
        )
    )
    rows = session.execute(
        select(
            reach.c.id,
            PackageVersion.dependencies_fetched_at.is_not(None).label("is_loaded"),
            PackageDependency.id.label("edge_id"),
            PackageDependency.resolved_version_id,
            PackageDependency.dependency_registry,
            PackageDependency.dependency_name,
            PackageDependency.resolved_version,
            PackageDependency.is_optional,
        )
        .join(PackageVersion, PackageVersion.id == reach.c.id)
        .outerjoin(
            PackageDependency,
            (PackageDependency.version_id == reach.c.id) & installed(PackageDependency),
        )
    ).all()
    here = {row.id for row in rows}
    return Closure(
        root_id=version_id,
        edges=tuple(
            ClosureEdge(
                source_id=row.id,
                target_id=row.resolved_version_id if row.resolved_version_id in here else None,
                registry=row.dependency_registry,
                name=row.dependency_name,
                resolved_version=row.resolved_version,
                is_optional=row.is_optional,
            )
            for row in rows
            if row.edge_id is not None
        ),
        loaded=frozenset(row.id for row in rows if row.is_loaded),
    )


def edges_of_each(session: Session, version_ids: Sequence[UUID]) -> dict[UUID, list[Edge]]:
    """What an install follows from each of these versions, in one transaction."""
    return {
        version_id: edges_of(session, version_id, only_installed=True) for version_id in version_ids
    }


def tree_totals(session: Session, version_id: UUID) -> TreeTotals:
    """Counts over the whole closure, whatever is unfolded on a screen."""
    return totals_of(closure_of(session, version_id))


def totals_of(closure: Closure) -> TreeTotals:
    """The same of a closure that was read already."""
    levels = closure.levels()
    arrivals = sum(1 for edge in closure.edges if edge.target_id is not None)
    unresolved = sum(1 for edge in closure.edges if edge.resolved_version == UNRESOLVED)
    return TreeTotals(
        packages=len(levels) - 1,
        depth=max(levels.values()),
        repeated=arrivals - (len(levels) - 1),
        unresolved=unresolved,
        missing=sum(1 for edge in closure.edges if is_missing(edge)),
        not_loaded=len(levels) - len(closure.loaded),
    )


def is_missing(edge: ClosureEdge) -> bool:
    """The target is a published version that is not in the catalogue yet."""
    if edge.target_id is not None or edge.resolved_version == UNRESOLVED:
        return False
    return not is_own_resolution(edge.registry, edge.resolved_version)
