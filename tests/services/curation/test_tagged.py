"""Tags are given, taken and merged, with who and when kept; and listed quickly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert

from tests.services.curation.conftest import Person
from tests.services.curation.doing import delete_package_row, packages, slugs
from tests.support import rows
from tgtui.basics.errors import UsageError
from tgtui.basics.ids import uuid7
from tgtui.data.models.tables import tags
from tgtui.data.storage.database import Database
from tgtui.data.tags.names import TagGone
from tgtui.data.tags.reading import assignments_of, list_tags, tag_choices, tags_stamp
from tgtui.identity.people import Principal
from tgtui.services.curation import Curating
from tgtui.syntax.tag import TagDraft

pytestmark = pytest.mark.full_on("postgresql")


class TestMerging:
    async def test_packages_move_with_who_and_when_and_come_back(
        self, curating: Curating, database: Database, ada: Principal, person: Person
    ) -> None:
        eve = person("admin", "eve").account_id
        assert eve is not None
        old, new = [await curating.create_tag(TagDraft(name)) for name in ("Old", "New")]
        only_old, both = packages(database, "only-old", "both")
        for package in (only_old, both):
            database.write_now(rows.add_package_tag, package, old.id, eve)
        await curating.change_tags([both], add={new.id}, remove=())
        merged = await curating.merge_tags(old.id, new.id)
        assert (len(merged.moved), merged.into.packages) == (1, 2)
        [moved] = database.read_now(assignments_of, only_old)
        assert (moved.slug, moved.assigned_by, moved.assigned_at) == ("new", "Eve", rows.DAY_ONE)
        [kept] = database.read_now(assignments_of, both)
        assert (kept.slug, kept.assigned_by) == ("new", "Ada")
        assert [tag.slug for tag in database.read_now(list_tags)] == ["new"]

        await curating.unmerge_tags(merged)
        assert slugs(database, only_old) == ["old"]
        assert slugs(database, both) == ["new", "old"]
        [back] = database.read_now(assignments_of, only_old)
        assert (back.assigned_by, back.assigned_at) == ("Eve", rows.DAY_ONE)

    async def test_what_can_not_be_merged_says_why(self, curating: Curating) -> None:
        a, b = [await curating.create_tag(TagDraft(name)) for name in "ab"]
        with pytest.raises(UsageError, match="itself"):
            await curating.merge_tags(a.id, a.id)
        await curating.delete_tag(b.id)
        for pair in ((a.id, b.id), (b.id, a.id)):
            with pytest.raises(TagGone, match="The tag b was deleted"):
                await curating.merge_tags(*pair)
        with pytest.raises(TagGone):
            await curating.merge_tags(a.id, uuid7())


class TestGiving:
    async def test_who_gave_a_tag_stays_whoever_gives_it_again(
        self, curating: Curating, database: Database, person: Person
    ) -> None:
        eve = person("admin", "eve").account_id
        assert eve is not None
        web = await curating.create_tag(TagDraft("Web"))
        [react] = packages(database, "react")
        database.write_now(rows.add_package_tag, react, web.id, eve)
        tagged = await curating.change_tags([react], add={web.id}, remove=())
        assert tagged.changed == 0
        [choice] = database.read_now(tag_choices, [react])
        assert (choice.count, choice.assigned_by, choice.assigned_at) == (1, "Eve", rows.DAY_ONE)

    async def test_a_tag_that_is_deleted_meanwhile_is_told_and_the_others_are_given(
        self, curating: Curating, database: Database
    ) -> None:
        web, cli = [await curating.create_tag(TagDraft(name)) for name in ("Web", "Cli")]
        react, gone = packages(database, "react", "gone")
        await curating.delete_tag(web.id)
        database.write_now(lambda s: delete_package_row(s, gone))
        tagged = await curating.change_tags([react, gone], add={web.id, cli.id}, remove=())
        assert (tagged.given, tagged.gone, tagged.missing) == (1, 1, 1)
        await curating.restore_tag(web.id)
        assert slugs(database, react) == ["cli"]

    async def test_deleting_a_tag_while_it_is_given_leaves_no_half_state(
        self, curating: Curating, database: Database
    ) -> None:
        """Either it was given first and comes back with the tag, or it was not and that was said."""
        ids = packages(database, *(f"p{n}" for n in range(40)))
        for round in range(5):
            web = await curating.create_tag(TagDraft(f"Web {round}"))
            tagged, _ = await asyncio.gather(
                curating.change_tags(ids, add={web.id}, remove=()), curating.delete_tag(web.id)
            )
            restored = await curating.restore_tag(web.id)
            assert restored.packages == tagged.given
            assert (tagged.given, tagged.gone) in {(len(ids), 0), (0, 1)}

    async def test_taking_takes_only_what_is_named(
        self, curating: Curating, database: Database
    ) -> None:
        web, cli = [await curating.create_tag(TagDraft(name)) for name in ("Web", "Cli")]
        ids = packages(database, "a", "b")
        await curating.change_tags(ids, add={web.id, cli.id}, remove=())
        tagged = await curating.change_tags(ids[:1], add=(), remove={web.id})
        assert (tagged.given, tagged.taken) == (0, 1)
        assert [slugs(database, id) for id in ids] == [["cli"], ["cli", "web"]]


def test_ten_thousand_tags_are_listed_with_their_packages_in_three_statements(
    connection: Connection,
) -> None:
    ada, package = rows.add_account(connection), rows.add_package(connection, "a")
    made: list[dict[str, Any]] = [
        {"id": uuid7(), "name": f"Tag {n:05}", "slug": f"tag-{n:05}"} for n in range(10_000)
    ]
    times = {"created_at": rows.DAY_ONE, "updated_at": rows.DAY_ONE}
    connection.execute(insert(tags), [{**tag, **times} for tag in made])
    for tag in made[::1000]:
        rows.add_package_tag(connection, package, tag["id"], ada)
    statements: list[str] = []
    connection = connection
    event.listen(connection, "before_cursor_execute", lambda *args: statements.append(args[2]))
    found = list_tags(connection)
    assert len(statements) == 3
    assert [tag.slug for tag in found] == [tag["slug"] for tag in made]
    assert sum(tag.packages for tag in found) == 10
    assert found[9000].packages == 1
    assert found[0].updated_at - rows.DAY_ONE == timedelta(0)


async def test_a_list_that_would_differ_has_another_stamp(
    curating: Curating, database: Database
) -> None:
    web, cli = [await curating.create_tag(TagDraft(name)) for name in ("Web", "Cli")]
    a, b = packages(database, "a", "b")
    steps: list[Callable[[], Awaitable[object]]] = [
        lambda: curating.change_tags([a], add={web.id}, remove=()),
        lambda: curating.change_tags([b], add={cli.id}, remove=()),
        lambda: curating.change_tags([b], add=(), remove={cli.id}),
        lambda: curating.change_tags([b], add={web.id}, remove=()),
        lambda: curating.delete_package(a),
        lambda: curating.restore_package(a),
        lambda: curating.merge_tags(web.id, cli.id),
        lambda: curating.restore_tag(web.id),
        lambda: curating.delete_tag(cli.id),
        lambda: curating.create_tag(TagDraft("New")),
    ]
    known = {database.read_now(tags_stamp): database.read_now(list_tags)}
    for step in steps:
        await step()
        listed = database.read_now(list_tags)
        assert known.setdefault(database.read_now(tags_stamp), listed) == listed
    # Taking a tag, and restoring a package, lead back to what was before.
    assert len(known) == len(steps) - 1
