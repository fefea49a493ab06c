"""What threatens a version: the advisories about all that it brings, with the paths to each, and what was not checked."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Connection

from tgtui.data.graph.dependents import Step
from tgtui.data.graph.paths import ways_counted
from tgtui.data.graph.reach import VersionName, closure_of, names_of, open_ends, totals_of
from tgtui.data.graph.why import ways_told
from tgtui.data.versions.advisories.reading import findings_of, mending
from tgtui.data.versions.advisories.trust import trust_of
from tgtui.data.versions.edges import INSTALLED
from tgtui.data.views.advisories import Finding, Unchecked
from tgtui.data.views.edges import TreeTotals


class Threat(Struct, frozen=True):
    """A flaw of one version in a tree."""

    name: VersionName
    finding: Finding
    ways: tuple[tuple[Step, ...], ...]
    """From the root to the version, shortest first."""
    has_more_ways: bool
    mended_in: str | None
    """The lowest version above it without this flaw; None if there is none here."""
    file: str | None = None
    """The lock file it is in, of a project."""
    paths: tuple[int, bool] = (0, False)
    """How many lead to the version, and whether there are more."""

    @property
    def package(self) -> str:
        return f"{self.name.registry}:{self.name.name}"


class Audit(Struct, frozen=True):
    """All of it. No threats say nothing about what is in `unchecked`, nor about what is missing."""

    root: VersionName | str
    """The name of a project is a text."""
    versions: int
    """In the tree, the root included."""
    threats: tuple[Threat, ...]
    """The worst first."""
    unchecked: tuple[Unchecked, ...]
    as_of: datetime | None
    """How fresh the oldest of the answers is; None if nothing was checked."""
    totals: TreeTotals
    """What is missing of the tree."""
    problems: tuple[str, ...] = ()
    """Why the last look at a source failed, a sentence each; what could not be read of a project."""
    is_partial: bool = False
    """Something of a project could not be judged, whatever the sources know."""

    @property
    def is_project(self) -> bool:
        return isinstance(self.root, str)


def audit(
    connection: Connection,
    root_id: UUID,
    kinds: Collection[str] = INSTALLED,
    *,
    ways: int = 1,
    extras: str = "",
) -> Audit | None:
    """The tree of a version with these extras of its own (`a,b`), with `ways` paths to each threat; None if the version
    is not in the catalogue."""
    closure = closure_of(connection, root_id, kinds, extras)
    if not len(closure):
        return None
    names = names_of(connection, closure)
    found = findings_of(connection, closure.ids)
    mended = mending(connection, [(id, f.flaw) for id, each in found.items() for f in each])
    threats: list[Threat] = []
    numbers = {number: id for id in found if (number := closure.number_of(id)) is not None}
    paths = ways_counted(closure, numbers)
    for number, id in numbers.items():
        reason = ways_told(connection, closure, number, ways)
        threats += [
            Threat(
                names[number],
                each,
                reason.ways,
                reason.has_more,
                mended.get((id, each.flaw)),
                paths=paths[number],
            )
            for each in found[id]
        ]
    trust = trust_of(connection, closure.ids)
    return Audit(
        root=names[0],
        versions=len(closure),
        threats=tuple(sorted(threats, key=_place)),
        unchecked=trust.unchecked,
        as_of=trust.as_of,
        totals=totals_of(closure, open_ends(connection, closure, kinds)),
        problems=trust.problems,
    )


def _place(threat: Threat) -> tuple[int, str, str, str]:
    name = threat.name
    return -threat.finding.severity, threat.package, name.version, threat.finding.flaw
