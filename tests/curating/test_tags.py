"""Tags are made, changed, deleted, restored and merged by admins, and nothing is lost on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.orm import Session

from tests.curating.conftest import Person
from tests.support import rows
from tgtui.curating import Curating
from tgtui.data.database import Database
from tgtui.data.models import PackageTag, Tag
from tgtui.data.sql import table_of
from tgtui.data.tag_changes import TagChanged
from tgtui.data.tag_names import TagDeleted, TagGone
from tgtui.data.tag_views import TagRow
from tgtui.data.tags import assignments_of, find_tag, list_tags, tag_choices, tag_row, tags_stamp
from tgtui.errors import UsageError
from tgtui.identity import Principal
from tgtui.ids import uuid7
from tgtui.tag_rules import TagDraft, TagInvalid


def packages(database: Database, *names: str) -> list[UUID]:
    return [database.write_now(rows.add_package, name) for name in names]


def slugs(database: Database, package_id: UUID) -> list[str]:
    return [tag.slug for tag in database.read_now(assignments_of, package_id)]


class TestMaking:
    async def test_a_tag_is_there_for_everybody(
        self, curating: Curating, database: Database
    ) -> None:
        made = await curating.create_tag(TagDraft("Front end", "", "What is seen", "#38BDF8"))
        assert (made.name, made.slug, made.description, made.color, made.packages) == (
            "Front end",
            "front-end",
            "What is seen",
            "#38bdf8",
            0,
        )
        assert database.read_now(list_tags) == [made]
        assert database.read_now(find_tag, "FRONT END") == made
        assert database.read_now(find_tag, "front-end") == made

    @pytest.mark.parametrize(
        ("draft", "field"),
        [
            (TagDraft("web", "other"), "name"),
            (TagDraft("WEB", "other"), "name"),
            (TagDraft("Other", "web"), "slug"),
        ],
    )
    async def test_twins_are_refused_beside_their_field(
        self, curating: Curating, draft: TagDraft, field: str
    ) -> None:
        await curating.create_tag(TagDraft("Web"))
        with pytest.raises(TagInvalid) as raised:
            await curating.create_tag(draft)
        assert raised.value.problems == {field: f"Web has this {field} already."}

    @pytest.mark.parametrize("draft", [TagDraft("WEB"), TagDraft("Other", "web")])
    async def test_making_a_deleted_tag_again_offers_to_restore_it(
        self, curating: Curating, draft: TagDraft
    ) -> None:
        web = await curating.create_tag(TagDraft("Web"))
        await curating.delete_tag(web.id)
        with pytest.raises(TagDeleted, match=r"deleted by Ada; restore it") as raised:
            await curating.create_tag(draft)
        assert raised.value.tag.id == web.id
        restored = await curating.restore_tag(raised.value.tag.id)
        assert restored.deleted_at is None

    async def test_of_two_who_make_the_same_tag_one_is_told(self, curating: Curating) -> None:
        drafts = [TagDraft("web"), TagDraft("Web", "the-web"), TagDraft("WEB", "w")]
        made = await asyncio.gather(*map(curating.create_tag, drafts), return_exceptions=True)
        assert sorted(type(each).__name__ for each in made) == [
            "TagInvalid",
            "TagInvalid",
            "TagRow",
        ]


class TestEditing:
    @pytest.fixture
    async def web(self, curating: Curating) -> TagRow:
        return await curating.create_tag(TagDraft("Web", color="#38bdf8"))

    async def test_everything_of_it_changes_and_its_packages_stay(
        self, curating: Curating, database: Database, web: TagRow
    ) -> None:
        [react] = packages(database, "react")
        await curating.change_tags([react], add={web.id}, remove=())
        draft = TagDraft("Browser", "browser", "", "")
        edited = await curating.edit_tag(web.id, draft, seen=web.updated_at)
        assert (edited.name, edited.slug, edited.color, edited.packages) == (
            "Browser",
            "browser",
            None,
            1,
        )
        assert slugs(database, react) == ["browser"]

    async def test_its_own_name_in_other_letters_is_no_twin(
        self, curating: Curating, web: TagRow
    ) -> None:
        edited = await curating.edit_tag(web.id, TagDraft("WEB", "web"), seen=web.updated_at)
        assert edited.name == "WEB"

    async def test_the_second_of_two_who_edit_it_overwrites_nothing(
        self, curating: Curating, database: Database, web: TagRow
    ) -> None:
        first = await curating.edit_tag(web.id, TagDraft("First"), seen=web.updated_at)
        with pytest.raises(TagChanged, match="Somebody else changed First") as raised:
            await curating.edit_tag(web.id, TagDraft("Second"), seen=web.updated_at)
        assert raised.value.tag == first == database.read_now(tag_row, web.id)
        second = await curating.edit_tag(
            web.id, TagDraft("Second"), seen=raised.value.tag.updated_at
        )
        assert second.name == "Second"

    async def test_two_at_once_are_one_and_one_who_is_told(
        self, curating: Curating, web: TagRow
    ) -> None:
        ended = await asyncio.gather(
            *(curating.edit_tag(web.id, TagDraft(n), seen=web.updated_at) for n in ("A", "B")),
            return_exceptions=True,
        )
        assert sorted(type(each).__name__ for each in ended) == ["TagChanged", "TagRow"]

    async def test_a_name_that_another_has_is_refused(
        self, curating: Curating, web: TagRow
    ) -> None:
        gone = await curating.create_tag(TagDraft("Gone"))
        await curating.delete_tag(gone.id)
        with pytest.raises(TagInvalid, match="Gone, which is deleted, has this name; restore"):
            await curating.edit_tag(web.id, TagDraft("gone", "x"), seen=web.updated_at)

    async def test_one_that_was_deleted_meanwhile_is_not_brought_back(
        self, curating: Curating, web: TagRow
    ) -> None:
        await curating.delete_tag(web.id)
        with pytest.raises(TagGone, match="was deleted by Ada; restore it first"):
            await curating.edit_tag(web.id, TagDraft("Web 2"), seen=web.updated_at)
        with pytest.raises(TagGone):
            await curating.edit_tag(uuid7(), TagDraft("x"), seen=web.updated_at)


class TestDeleting:
    async def test_it_tells_how_many_packages_it_touches_and_restoring_brings_all_back(
        self, curating: Curating, database: Database
    ) -> None:
        web = await curating.create_tag(TagDraft("Web"))
        ids = packages(database, "a", "b", "c")
        await curating.change_tags(ids, add={web.id}, remove=())
        database.write_now(lambda s: delete_package_row(s, ids[2]))
        deleted = await curating.delete_tag(web.id)
        assert (deleted.packages, deleted.deleted_by) == (2, "Ada")
        assert database.read_now(list_tags) == []
        assert [tag.slug for tag in database.read_now(list_tags, deleted=True)] == ["web"]
        assert slugs(database, ids[0]) == []
        restored = await curating.restore_tag(web.id)
        assert (restored.packages, restored.deleted_at, restored.deleted_by) == (2, None, None)
        assert slugs(database, ids[0]) == ["web"]

    async def test_a_second_time_says_who_was_first(self, curating: Curating) -> None:
        web = await curating.create_tag(TagDraft("Web"))
        await curating.delete_tag(web.id)
        with pytest.raises(TagGone, match="was deleted by Ada"):
            await curating.delete_tag(web.id)

    async def test_restoring_what_is_there_changes_nothing(self, curating: Curating) -> None:
        web = await curating.create_tag(TagDraft("Web"))
        assert await curating.restore_tag(web.id) == web


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
    session: Session,
) -> None:
    ada, package = rows.add_account(session), rows.add_package(session, "a")
    made: list[dict[str, Any]] = [
        {"id": uuid7(), "name": f"Tag {n:05}", "slug": f"tag-{n:05}"} for n in range(10_000)
    ]
    times = {"created_at": rows.DAY_ONE, "updated_at": rows.DAY_ONE}
    session.execute(insert(table_of(Tag)), [{**tag, **times} for tag in made])
    for tag in made[::1000]:
        rows.add_package_tag(session, package, tag["id"], ada)
    statements: list[str] = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *args: statements.append(args[2]))
    found = list_tags(session)
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


def delete_package_row(session: Session, package_id: UUID) -> None:
    from tgtui.data.removal import delete_package

    by = session.scalar(select(PackageTag.created_by)) or rows.add_account(session, "root")
    delete_package(session, package_id, account_id=by)
