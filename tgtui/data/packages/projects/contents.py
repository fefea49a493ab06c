"""What the files of a project say: stored whole, read whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from tgtui.basics.ids import uuid7s
from tgtui.data.models.projects import (
    project_dependencies,
    project_edges,
    project_packages,
    projects,
)
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import AnySelect
from tgtui.data.storage.times import database_now
from tgtui.data.views.projects import (
    ProjectContents,
    ProjectDependency,
    ProjectEdge,
    ProjectFile,
    ProjectPackage,
    ProjectProblem,
)

if TYPE_CHECKING:
    from tgtui.syntax.projects.assembling import Contents

ROWS_AT_ONCE = 5_000


def contents_of(read: Contents) -> ProjectContents:
    """What was read as it is stored: the packages of all lock files in one row."""
    packages: list[ProjectPackage] = []
    edges: list[ProjectEdge] = []
    begins: list[int] = []
    for lock in read.locks:
        begin = len(packages)
        begins.append(begin)
        packages += (
            ProjectPackage(
                each.registry,
                each.name,
                each.version,
                each.source,
                lock.path,
                each.folder,
                each.licence,
                each.deprecated,
            )
            for each in lock.packages
        )
        edges += (
            ProjectEdge(
                begin + each.dependent,
                begin + each.dependency,
                each.range,
                each.type,
                each.declared_name,
            )
            for each in lock.edges
        )
    dependencies = tuple(
        ProjectDependency(
            each.workspace,
            each.declared.path,
            each.declared.line,
            each.declared.registry,
            each.declared.name,
            each.declared.declared_name,
            each.declared.range,
            each.declared.type,
            each.declared.field,
            each.declared.source,
            each.declared.condition,
            begins[each.lock] + each.package if each.lock >= 0 else -1,
        )
        for each in read.stated
    )
    return ProjectContents(tuple(packages), dependencies, tuple(edges))


def store_contents(
    connection: Connection,
    project_id: UUID,
    contents: ProjectContents,
    files: Sequence[ProjectFile],
    problems: Sequence[ProjectProblem],
    digest: str,
) -> None:
    """In place of what was read before."""
    for table in (project_edges, project_dependencies, project_packages):
        connection.execute(delete(table).where(table.c.project_id == project_id))
    ids = uuid7s(len(contents.packages))
    _insert(
        connection,
        project_packages,
        [
            {
                "id": id,
                "project_id": project_id,
                "position": position,
                "path": each.path,
                "registry": each.registry,
                "name": each.name,
                "version": each.version,
                "source": each.source,
                "folder": each.folder,
                "licence": each.licence,
                "deprecated": each.deprecated,
            }
            for position, (id, each) in enumerate(zip(ids, contents.packages, strict=True))
        ],
    )
    _insert(
        connection,
        project_dependencies,
        [
            {
                "id": id,
                "project_id": project_id,
                "position": position,
                "workspace": each.workspace,
                "path": each.path,
                "line": each.line,
                "registry": each.registry,
                "name": each.name,
                "declared_name": each.declared_name,
                "version_range": each.range,
                "dependency_type": each.type,
                "source_field": each.field,
                "source": each.source,
                "condition": each.condition,
                "locked_id": ids[each.locked] if each.locked >= 0 else None,
            }
            for position, (id, each) in enumerate(
                zip(uuid7s(len(contents.dependencies)), contents.dependencies, strict=True)
            )
        ],
    )
    _insert(
        connection,
        project_edges,
        [
            {
                "id": id,
                "project_id": project_id,
                "dependent_id": ids[each.dependent],
                "dependency_id": ids[each.dependency],
                "version_range": each.range,
                "dependency_type": each.type,
                "declared_name": each.declared_name,
            }
            for id, each in zip(uuid7s(len(contents.edges)), contents.edges, strict=True)
        ],
    )
    note_reading(connection, project_id, files, problems, digest)


def note_reading(
    connection: Connection,
    project_id: UUID,
    files: Sequence[ProjectFile] | None,
    problems: Sequence[ProjectProblem],
    digest: str | None,
) -> None:
    """That it was read now, and with which problems; None leaves the files, and the digest, as they are."""
    now = database_now(connection)
    values: dict[str, Any] = {"problems": _encoded(problems), "read_at": now, "updated_at": now}
    if files is not None:
        values["files"] = _encoded(files)
    if digest is not None:
        values["digest"] = digest
    connection.execute(update(projects).where(projects.c.id == project_id).values(**values))
    announce(connection, "packages")


def read_contents(connection: Connection, project_id: UUID) -> ProjectContents:
    """Empty if the project is gone, or was never read."""
    k, d, e = project_packages.c, project_dependencies.c, project_edges.c
    packages: list[ProjectPackage] = []
    at: dict[Any, int] = {}
    for row in connection.execute(
        select(
            k.id, k.registry, k.name, k.version, k.source, k.path, k.folder, k.licence, k.deprecated
        )
        .where(k.project_id == project_id)
        .order_by(k.position)
    ):
        at[row[0]] = len(packages)
        packages.append(ProjectPackage(*row[1:]))
    declared: AnySelect = (
        select(
            d.workspace,
            d.path,
            d.line,
            d.registry,
            d.name,
            d.declared_name,
            d.version_range,
            d.dependency_type,
            d.source_field,
            d.source,
            d.condition,
            d.locked_id,
        )
        .where(d.project_id == project_id)
        .order_by(d.position)
    )
    dependencies: list[ProjectDependency] = []
    make: Any = ProjectDependency
    for row in connection.execute(declared):
        *values, locked_id = row
        made: ProjectDependency = make(*values, at.get(locked_id, -1))
        dependencies.append(made)
    edges = tuple(
        ProjectEdge(at[row[0]], at[row[1]], row[2], row[3], row[4])
        for row in connection.execute(
            select(
                e.dependent_id,
                e.dependency_id,
                e.version_range,
                e.dependency_type,
                e.declared_name,
            )
            .where(e.project_id == project_id)
            .order_by(e.id)
        )
    )
    return ProjectContents(tuple(packages), tuple(dependencies), edges)


def _insert(connection: Connection, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Not by COPY, which PostgreSQL refuses where each row is looked at (row-level security)."""
    for begin in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(insert(table), rows[begin : begin + ROWS_AT_ONCE])


def _encoded(values: Sequence[Any]) -> str:
    return msgspec.json.encode(list(values)).decode()
