"""What an administrator curates on a database that guards itself."""

from __future__ import annotations

from tests.data.access.test_program import Office, office  # noqa: F401 - a fixture
from tgtui.data.packages.by_name import find_package
from tgtui.syntax.tag import TagDraft


async def test_an_admin_curates_everything_in_its_own_name(office: Office) -> None:  # noqa: F811
    async with office.open("ada") as ada:
        await ada.requesting.ask("npm:a")
        await office.work()
        await ada.requesting.ask("npm:b")
    async with office.open("cleo") as cleo, office.open("dora") as dora:
        one = await cleo.curating.create_tag(TagDraft("One", "one", "x", "#112233"))
        two = await cleo.curating.create_tag(TagDraft("Two", "two", "x", "#112233"))
        one = await cleo.curating.edit_tag(
            one.id, TagDraft("Uno", "uno", "y", "#445566"), seen=one.updated_at
        )
        a = await cleo.database.read(find_package, "npm", "a")
        b = await cleo.database.read(find_package, "npm", "b")
        assert a is not None
        assert b is not None
        assert (await cleo.curating.change_tags([a], add=[one.id], remove=[])).given == 1
        assert (await cleo.curating.change_tags([a, b], add=[two.id], remove=[])).given == 2
        await dora.curating.unmerge_tags(await dora.curating.merge_tags(one.id, two.id))
        await dora.curating.delete_tag(two.id)
        await cleo.curating.restore_tag(two.id)
        assert (await cleo.curating.delete_package(b)).requests == 1
        await dora.curating.restore_package(b)
