"""Promises of the tags screen and of the dialog that creates and changes a tag."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update
from textual.pilot import Pilot
from textual.widgets import Input

from tests.screens.driving import HOSTILE, HOSTILE_SHOWN, screen_text, shows, until
from tests.screens.running import Home, opened, running
from tests.support import rows
from tgtui.basics import clock
from tgtui.basics.ids import uuid7
from tgtui.data.models.tables import package_tags, packages, tags
from tgtui.screens.dialogs.tag_editor import TagEditor
from tgtui.screens.search.screen import SearchScreen
from tgtui.screens.tags.screen import TagsScreen
from tgtui.widgets.lists.row_list import RowList


class Garden:
    """`web` on a and b, `cli` on b, `old` is deleted."""

    def __init__(self, connection: Connection) -> None:
        ada = rows.add_account(connection)
        self.web = rows.add_tag(connection, "web", color="#38bdf8", description="What is seen")
        self.cli = rows.add_tag(connection, "cli")
        self.old = rows.add_tag(connection, "old", deleted_at=rows.DAY_ONE, deleted_by=ada)
        for name, given in (("a", [self.web]), ("b", [self.web, self.cli])):
            package = rows.add_release(connection, name)[0]
            for tag in given:
                rows.add_package_tag(connection, package, tag, ada)


@pytest.fixture
def garden(home: Home) -> Garden:
    return home.fill(Garden)


def shown(pilot: Pilot[Any]) -> list[str]:
    """Slugs of the list, a heading as it is."""
    lines = pilot.app.screen.query_one("#tags-all", RowList).rows
    return [line.tag.slug if line.tag else line.heading for line in lines]


def stored(home: Home, slug: str) -> tuple[Any, ...]:
    """(name, description, colour, is deleted, packages)."""

    def read(connection: Connection) -> tuple[Any, ...]:
        tag = connection.execute(select(tags).where(tags.c.slug == slug)).one()
        has = select(packages.c.name).join(package_tags, package_tags.c.package_id == packages.c.id)
        names = connection.scalars(
            has.where(package_tags.c.tag_id == tag.id).order_by(packages.c.name)
        ).all()
        return tag.name, tag.description, tag.color, tag.deleted_at is not None, list(names)

    return home.fill(read)


async def test_tags_are_listed_with_their_packages_found_and_searched_for(
    home: Home, garden: Garden
) -> None:
    async with running(home.app(TagsScreen, SearchScreen), TagsScreen) as pilot:
        await until(pilot, lambda: shown(pilot) == ["cli", "web"])
        await shows(pilot, "2 packages")
        await pilot.press("slash", *"seen")
        await until(pilot, lambda: shown(pilot) == ["web"])
        await shows(pilot, "1 of 2 tags")
        await pilot.press("enter", "enter")
        await opened(pilot, SearchScreen)
        await shows(pilot, "2 of 2 packages")
        assert pilot.app.screen.query_one("#box", Input).value == "tag:web"


async def test_a_tag_is_made_with_its_slug_and_a_colour_and_the_making_undone(
    home: Home, garden: Garden
) -> None:
    async with running(home.app(TagsScreen), TagsScreen) as pilot:
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, TagEditor))
        await pilot.press(*"My tools")
        await until(
            pilot, lambda: pilot.app.screen.query_one("#tag-slug", Input).value == "my-tools"
        )
        await pilot.press("down", "down", *"Mine", "down", "ctrl+u", *"#abc", "enter")
        await opened(pilot, TagsScreen)
        await until(pilot, lambda: shown(pilot) == ["cli", "my-tools", "web"])
        assert stored(home, "my-tools") == ("My tools", "Mine", "#aabbcc", False, [])
        await until(pilot, lambda: current(pilot) == "my-tools")
        await pilot.press("u")
        await until(pilot, lambda: shown(pilot) == ["cli", "web"])


async def test_what_is_wrong_is_said_beside_its_field_while_one_types(
    home: Home, garden: Garden
) -> None:
    async with running(home.app(TagsScreen), TagsScreen) as pilot:
        for typed, said in {
            "WEB": "Web has this name already.",
            "web": "Web has this slug already.",
            "!": "Give the tag a slug: letters and digits.",
            "n" * 41: "A name has 40 characters at most",
            "old": "which is deleted, has this name",
        }.items():
            await pilot.press("n", *typed)
            await shows(pilot, said)
            await pilot.press("enter")
            await shows(pilot, said if typed != "old" else "ctrl+r restores it to 0 packages")
            assert isinstance(pilot.app.screen, TagEditor)
            await pilot.press("escape")
            await opened(pilot, TagsScreen)


async def test_a_deleted_tag_is_restored_in_place_of_making_it_again(
    home: Home, garden: Garden
) -> None:
    async with running(home.app(TagsScreen), TagsScreen) as pilot:
        await pilot.press("n", *"OLD", "enter")
        await shows(pilot, "ctrl+r restores it")
        await pilot.press("ctrl+r")
        await opened(pilot, TagsScreen)
        await until(pilot, lambda: shown(pilot) == ["cli", "old", "web"])


async def test_an_edit_is_undone(home: Home, garden: Garden) -> None:
    async with running(home.app(TagsScreen), TagsScreen) as pilot:
        await go_to(pilot, "web")
        await pilot.press("e", "ctrl+u", *"Browser", "down", "ctrl+u", *"browser", "enter")
        await until(pilot, lambda: shown(pilot) == ["browser", "cli"])
        assert stored(home, "browser") == ("Browser", "What is seen", "#38bdf8", False, ["a", "b"])
        await pilot.press("u")
        await until(pilot, lambda: shown(pilot) == ["cli", "web"])
        assert stored(home, "web")[0] == "Web"


async def test_the_second_of_two_who_edit_a_tag_sees_what_the_first_made_of_it(
    home: Home, garden: Garden
) -> None:
    def other(connection: Connection) -> None:
        connection.execute(
            update(tags)
            .where(tags.c.id == garden.web)
            .values(description="Theirs", updated_at=clock.now())
        )

    async with running(home.app(TagsScreen), TagsScreen) as pilot:
        await go_to(pilot, "web")
        await pilot.press("e", "ctrl+u", *"Mine")
        home.fill(other)
        await pilot.press("enter")
        await shows(pilot, "description What is seen → Theirs")
        assert stored(home, "web")[:2] == ("Web", "Theirs")
        await pilot.press("enter")
        await opened(pilot, TagsScreen)
        assert stored(home, "web")[:2] == ("Mine", "What is seen")


async def test_a_deleted_tag_is_told_with_its_packages_undone_listed_and_restored(
    home: Home, garden: Garden
) -> None:
    async with running(home.app(TagsScreen), TagsScreen) as pilot:
        await go_to(pilot, "web")
        await pilot.press("x")
        await shows(pilot, "Web is deleted; 2 packages had it. u undoes it.")
        await until(pilot, lambda: shown(pilot) == ["cli"])
        await pilot.press("u")
        await until(pilot, lambda: shown(pilot) == ["cli", "web"])
        await pilot.press("x", "Z")
        await until(pilot, lambda: shown(pilot) == ["cli", "Deleted", "web", "old"])
        await go_to(pilot, "web")
        await shows(pilot, "r restore")
        await pilot.press("r")
        await until(pilot, lambda: shown(pilot) == ["cli", "web", "Deleted", "old"])
        assert stored(home, "web")[3:] == (False, ["a", "b"])


async def test_two_tags_are_merged_and_parted_again(home: Home, garden: Garden) -> None:
    async with running(home.app(TagsScreen), TagsScreen) as pilot:
        await go_to(pilot, "web")
        await pilot.press("m")
        await shows(pilot, "2 packages move from Web to Cli")
        await pilot.press("enter")
        await shows(pilot, "1 package moved from Web to Cli; Web is deleted")
        await until(pilot, lambda: shown(pilot) == ["cli"])
        assert stored(home, "cli")[4] == ["a", "b"]
        await pilot.press("u")
        await until(pilot, lambda: shown(pilot) == ["cli", "web"])
        assert (stored(home, "cli")[4], stored(home, "web")[4]) == (["b"], ["a", "b"])


async def test_what_another_program_does_is_seen(home: Home, garden: Garden) -> None:
    async with running(home.app(TagsScreen), TagsScreen) as pilot:
        await until(pilot, lambda: shown(pilot) == ["cli", "web"])
        home.fill(lambda connection: rows.add_tag(connection, "new"))
        await until(pilot, lambda: shown(pilot) == ["cli", "new", "web"])


async def test_hostile_tags_are_text(home: Home) -> None:
    home.fill(lambda s: rows.add_tag(s, "odd", name=HOSTILE, description=HOSTILE, color=HOSTILE))
    async with running(home.app(TagsScreen), TagsScreen, (200, 50)) as pilot:
        await shows(pilot, HOSTILE_SHOWN)
        await pilot.press("e")
        await shows(pilot, f"Edit {HOSTILE_SHOWN}")
        assert all(map(str.isprintable, screen_text(pilot).splitlines()))


async def test_ten_thousand_tags_are_there_and_one_is_found_by_a_letter(home: Home) -> None:
    def fill(connection: Connection) -> None:
        times = {"created_at": rows.DAY_ONE, "updated_at": rows.DAY_ONE}
        made = [{"id": uuid7(), "name": f"T{n}", "slug": f"t{n}", **times} for n in range(10_000)]
        connection.execute(insert(tags), made)

    home.fill(fill)
    async with running(home.app(TagsScreen), TagsScreen) as pilot:
        await shows(pilot, "10,000 tags")
        await pilot.press("slash", *"t9999")
        await until(pilot, lambda: shown(pilot) == ["t9999"])


def current(pilot: Pilot[Any]) -> str | None:
    line = pilot.app.screen.query_one("#tags-all", RowList).current
    return line.tag.slug if line is not None and line.tag is not None else None


async def go_to(pilot: Pilot[Any], slug: str) -> None:
    listed = pilot.app.screen.query_one("#tags-all", RowList)

    await until(pilot, lambda: listed.move_to_key(slug) and current(pilot) == slug)
