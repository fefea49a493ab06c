"""Which projects an account has, or sees because they are shared."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, delete, func, or_, select, update

from tgtui.basics.errors import UsageError
from tgtui.basics.ids import uuid7
from tgtui.basics.text import clean
from tgtui.data.models.projects import project_packages, projects
from tgtui.data.models.tables import accounts
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import changed_rows, insert_missing
from tgtui.data.storage.times import database_now
from tgtui.data.views.projects import ProjectFile, ProjectProblem, ProjectRow, full_name

MAX_PROJECTS = 200
"""Of one account."""
MAX_NAME = 80
FORBIDDEN = frozenset('/\\:"')
"""A name stands behind `in:`, and beside that of its owner."""

p = projects.c


def usable_project_name(name: str) -> str:
    """With a hyphen for each blank. UsageError if it can't be one."""
    name = "-".join(clean(name, MAX_NAME + 1).split())
    if not name or len(name) > MAX_NAME or name in (".", "..") or FORBIDDEN & set(name):
        raise UsageError(
            f"A project's name has 1 to {MAX_NAME} characters, and none of / \\ : and quotes;"
            " give one with --name."
        )
    return name


def add_project(connection: Connection, account_id: UUID, name: str) -> UUID:
    """UsageError for a name that is taken or not usable, and if they are too many."""
    name = usable_project_name(name)
    if find_project(connection, account_id, name) is not None:
        raise UsageError(f"There is already a project {name}; give another name with --name.")
    count = connection.scalar(select(func.count()).where(p.account_id == account_id)) or 0
    if count >= MAX_PROJECTS:
        raise UsageError(f"There are already {MAX_PROJECTS} projects; remove one first.")
    now, id = database_now(connection), uuid7()
    row = {
        "id": id,
        "account_id": account_id,
        "name": name,
        "files": "[]",
        "problems": "[]",
        "digest": None,
        "read_at": None,
        "shared_at": None,
        "created_at": now,
        "updated_at": now,
    }
    insert_missing(connection, projects, [row])
    announce(connection, "packages")
    return id


def project_rows(connection: Connection, account_id: UUID) -> list[ProjectRow]:
    """One's own by name, then those that others share."""
    statement = (
        select(*projects.columns, accounts.c.display_name)
        .select_from(projects.outerjoin(accounts, accounts.c.id == p.account_id))
        .where(or_(p.account_id == account_id, p.shared_at.is_not(None)))
    )
    rows = [_row(row, account_id) for row in connection.execute(statement)]
    return sorted(rows, key=lambda row: (not row.is_own, row.full_name.lower(), row.full_name))


def project_names(connection: Connection, account_id: UUID) -> list[str]:
    """Their full names in the same order; only names are read."""
    statement = (
        select(p.name, p.account_id, accounts.c.display_name)
        .select_from(projects.outerjoin(accounts, accounts.c.id == p.account_id))
        .where(or_(p.account_id == account_id, p.shared_at.is_not(None)))
    )
    named = [
        (
            row.account_id != account_id,
            full_name(row.name, row.account_id == account_id, row.display_name),
        )
        for row in connection.execute(statement)
    ]
    return [name for _of_others, name in sorted(named, key=lambda each: (each[0], each[1].lower()))]


def find_project(connection: Connection, account_id: UUID, name: str) -> ProjectRow | None:
    """One's own by its name, else a shared one by `owner/name`."""
    return next(
        (row for row in project_rows(connection, account_id) if row.full_name == name), None
    )


def projects_with(
    connection: Connection, account_id: UUID, registry: str, name: str, version: str = ""
) -> list[tuple[str, str, str]]:
    """(project, version, lock file) of each project that has the package locked; in any version if none is given."""
    k = project_packages.c
    wanted = [k.registry == registry, k.name == name, k.source == "registry"]
    if version:
        wanted.append(k.version == version)
    names = {row.id: row.full_name for row in project_rows(connection, account_id)}
    rows = connection.execute(select(k.project_id, k.version, k.path).where(*wanted).distinct())
    return sorted(
        (names[row.project_id], row.version or "", row.path)
        for row in rows
        if row.project_id in names
    )


def rename_project(connection: Connection, account_id: UUID, name: str, to: str) -> bool:
    """False if there is none of this name. UsageError for an unusable name, or one that is taken."""
    to = usable_project_name(to)
    if to != name and find_project(connection, account_id, to) is not None:
        raise UsageError(f"There is already a project {to}; remove or rename that first.")
    mine = update(projects).where(p.account_id == account_id, p.name == name)
    announce(connection, "packages")
    return changed_rows(connection, mine.values(name=to, updated_at=database_now(connection))) > 0


def remove_project(connection: Connection, account_id: UUID, name: str) -> bool:
    """False if there was none of this name. Its files stay as they are."""
    announce(connection, "packages")
    mine = delete(projects).where(p.account_id == account_id, p.name == name)
    return changed_rows(connection, mine) > 0


def share_project(
    connection: Connection, account_id: UUID, name: str, *, is_shared: bool = True
) -> bool:
    """Let everyone with an account see it, or no longer. False if there is none of this name."""
    now = database_now(connection)
    values = {"shared_at": now if is_shared else None, "updated_at": now}
    mine = update(projects).where(p.account_id == account_id, p.name == name).values(**values)
    announce(connection, "packages")
    return changed_rows(connection, mine) > 0


def _row(row: Any, account_id: UUID) -> ProjectRow:
    is_own = row.account_id == account_id
    return ProjectRow(
        row.id,
        row.name,
        is_own,
        None if is_own else row.display_name,
        _decoded(row.files, _FILES),
        _decoded(row.problems, _PROBLEMS),
        row.digest,
        row.read_at,
        row.shared_at,
    )


_FILES = msgspec.json.Decoder(tuple[ProjectFile, ...])
_PROBLEMS = msgspec.json.Decoder(tuple[ProjectProblem, ...])


def _decoded(text: str, decoder: Any) -> Any:
    """Nothing of text that another program damaged."""
    try:
        return decoder.decode(text)
    except msgspec.MsgspecError:
        return ()
