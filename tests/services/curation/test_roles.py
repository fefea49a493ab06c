"""The same list of actions for every role, through the services: each does it, or says how to get the role."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, delete, select

from tests.services.curation.conftest import ROLES, Person
from tests.support import rows
from tgtui.basics.errors import TgtuiError
from tgtui.basics.settings import Settings
from tgtui.data.models import tables as models
from tgtui.data.models.personal import package_comparisons, package_watches
from tgtui.data.models.search import saved_searches
from tgtui.data.storage.database import Database
from tgtui.data.tags.reading import tag_row
from tgtui.data.views.logins import Role
from tgtui.data.views.tags import Merged
from tgtui.identity.roles import HOW_TO_GET, NotAllowed, lacking
from tgtui.services.catalogue import Catalogue
from tgtui.syntax.reference import references_in
from tgtui.syntax.tag import TagDraft
from tgtui.syntax.tag_file import FileTag, TagFile


class Garden:
    """What the actions are done to."""

    def __init__(self, connection: Connection, asked_by: UUID | None) -> None:
        self.package, self.version = rows.add_release(connection, "react")
        self.loading = rows.add_version(
            connection, self.package, "0.1.0", dependencies_fetched_at=None
        )
        self.deleted = rows.add_package(connection, "gone", deleted_at=rows.DAY_ONE)
        self.tag, self.other = rows.add_tag(connection, "web"), rows.add_tag(connection, "cli")
        self.deleted_tag = rows.add_tag(connection, "old", deleted_at=rows.DAY_ONE)
        self.waiting, self.failed = (
            rows.add_request(connection, "a", requested_by=asked_by),
            rows.add_request(connection, "b", status="failed", requested_by=asked_by),
        )


Do = Callable[[Catalogue, Garden], Awaitable[Any]]


@dataclass(frozen=True)
class Action:
    """Something a role may do."""

    name: str
    role: Role
    do: Do


def merged(catalogue: Catalogue, garden: Garden) -> Merged:
    source, into = (
        catalogue.database.read_now(tag_row, id) for id in (garden.deleted_tag, garden.other)
    )
    assert source is not None
    assert into is not None
    return Merged(source, into, ())


async def imports(catalogue: Catalogue, garden: Garden) -> None:
    await catalogue.import_index("brew").stop()


ACTIONS = (
    Action("ask", "authenticated", lambda c, g: c.requesting.ask("npm:vue")),
    Action("refresh", "authenticated", lambda c, g: c.requesting.refresh("npm", "react")),
    Action("retry", "authenticated", lambda c, g: c.requesting.retry(g.failed)),
    Action("cancel", "authenticated", lambda c, g: c.requesting.cancel(g.waiting)),
    Action("cancel a chain", "authenticated", lambda c, g: c.requesting.cancel_chain(g.waiting)),
    Action("load a version", "authenticated", lambda c, g: c.requesting.want_version(g.loading)),
    Action("save a search", "authenticated", lambda c, g: c.searches.save("mine", "react")),
    Action("forget a search", "authenticated", lambda c, g: c.searches.forget("mine")),
    Action("watch", "authenticated", lambda c, g: c.watching.watch([g.package])),
    Action("end watching", "authenticated", lambda c, g: c.watching.unwatch([g.package])),
    Action("see what is new", "authenticated", lambda c, g: c.watching.mark_seen({})),
    Action(
        "save a comparison",
        "authenticated",
        lambda c, g: c.comparisons.save("mine", references_in("a b")),
    ),
    Action("rename one", "authenticated", lambda c, g: c.comparisons.rename("mine", "other")),
    Action("delete one", "authenticated", lambda c, g: c.comparisons.delete("mine")),
    Action("force", "admin", lambda c, g: c.requesting.ask("npm:react", force=True)),
    Action(
        "force a refresh", "admin", lambda c, g: c.requesting.refresh("npm", "react", force=True)
    ),
    Action("make a tag", "admin", lambda c, g: c.curating.create_tag(TagDraft("New"))),
    Action(
        "edit a tag",
        "admin",
        lambda c, g: c.curating.edit_tag(g.tag, TagDraft("Other"), seen=rows.DAY_ONE),
    ),
    Action("delete a tag", "admin", lambda c, g: c.curating.delete_tag(g.tag)),
    Action("restore a tag", "admin", lambda c, g: c.curating.restore_tag(g.deleted_tag)),
    Action("merge tags", "admin", lambda c, g: c.curating.merge_tags(g.tag, g.other)),
    Action("undo a merge", "admin", lambda c, g: c.curating.unmerge_tags(merged(c, g))),
    Action(
        "give a tag",
        "admin",
        lambda c, g: c.curating.change_tags([g.package], add={g.tag}, remove=()),
    ),
    Action(
        "take a tag",
        "admin",
        lambda c, g: c.curating.change_tags([g.package], add=(), remove={g.tag}),
    ),
    Action(
        "import tags",
        "admin",
        lambda c, g: c.curating.import_tags(TagFile((FileTag(TagDraft("New")),))),
    ),
    Action("delete a package", "admin", lambda c, g: c.curating.delete_package(g.package)),
    Action("restore a package", "admin", lambda c, g: c.curating.restore_package(g.deleted)),
    Action("import an index", "worker", imports),
)


@pytest.fixture
async def open_as(
    database: Database, person: Person, tmp_path: Path
) -> AsyncIterator[Callable[[str], Catalogue]]:
    """`open_as(role)`: the catalogue as somebody of that role has it."""
    opened: list[Catalogue] = []

    def open_it(role: str) -> Catalogue:
        opened.append(Catalogue(Settings(data_dir=str(tmp_path)), database, person(role, role)))
        return opened[-1]

    yield open_it
    for catalogue in opened:
        await catalogue.registries.aclose()


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_may_do_what_is_its_own_and_is_told_how_to_get_the_rest(
    open_as: Callable[[str], Catalogue], database: Database, role: str
) -> None:
    catalogue = open_as(role)
    for action in ACTIONS:
        garden = database.write_now(fresh_garden, catalogue.principal.account_id)
        if action.role in ROLES[role]:
            await action.do(catalogue, garden)
            continue
        before = database.read_now(everything)
        with pytest.raises(NotAllowed) as raised:
            await action.do(catalogue, garden)
        assert str(raised.value) == lacking(catalogue.principal, action.role), action.name
        assert database.read_now(everything) == before, action.name


async def test_somebody_who_loses_a_role_meanwhile_is_refused(
    open_as: Callable[[str], Catalogue], database: Database
) -> None:
    catalogue, garden = open_as("admin"), database.write_now(fresh_garden)
    await catalogue.curating.delete_tag(garden.tag)
    catalogue.principal = open_as("authenticated").principal
    with pytest.raises(NotAllowed):
        await catalogue.curating.restore_tag(garden.tag)


def test_a_role_that_is_lacking_is_told_in_one_sentence() -> None:
    for role in ("authenticated", "admin", "worker"):
        assert HOW_TO_GET[role].count(".") == 1
    assert issubclass(NotAllowed, TgtuiError)
    assert NotAllowed.exit_code == 5


TABLES = (
    saved_searches,
    package_watches,
    package_comparisons,
    models.package_requests,
    models.package_tags,
    models.tags,
    models.package_versions,
    models.packages,
)
"""All that an action could change."""


def fresh_garden(connection: Connection, asked_by: UUID | None = None) -> Garden:
    """In place of what an action before it left."""
    for model in TABLES:
        connection.execute(delete(model))
    return Garden(connection, asked_by)


def everything(connection: Connection) -> list[list[tuple[Any, ...]]]:
    """Every row of it."""
    return [[tuple(row) for row in connection.execute(select(table))] for table in TABLES]
