"""Tags are made, changed, deleted, restored and merged by admins, and nothing is lost on the way."""

from __future__ import annotations

import asyncio

import pytest

from tests.services.curation.doing import delete_package_row, packages, slugs
from tgtui.basics.ids import uuid7
from tgtui.data.storage.database import Database
from tgtui.data.tags.changes import TagChanged
from tgtui.data.tags.names import TagDeleted, TagGone
from tgtui.data.tags.reading import find_tag, list_tags, tag_row
from tgtui.data.views.tags import TagRow
from tgtui.services.curation import Curating
from tgtui.syntax.tag import TagDraft, TagInvalid

pytestmark = pytest.mark.full_on("postgresql")


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
        with pytest.raises(TagChanged, match="Another person changed First") as raised:
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
