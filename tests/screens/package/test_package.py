"""Promises of the package screen."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, select, update

from tests.screens.driving import (
    HOSTILE,
    HOSTILE_SHOWN,
    NOW,
    Fill,
    catalogue_settings,
    running,
    screen_text,
    shows,
    until,
)
from tests.support.rows import (
    add_dist_tag,
    add_edge,
    add_package,
    add_release,
    add_request,
    add_version,
)
from tgtui.basics.settings import Settings
from tgtui.data.models.tables import package_requests, packages
from tgtui.data.views.edges import NOT_LOOKED_UP, UsedBy
from tgtui.data.views.packages import PackageDetail
from tgtui.screens.base.opening import OpenPackage
from tgtui.screens.dialogs.menus import copy_choices, open_choices
from tgtui.screens.package.screen import PackageScreen
from tgtui.widgets.lists.row_list import RowList

Make = Callable[[Fill], Settings]


@pytest.fixture
def catalogue(tmp_path: Path, migrated_sqlite_file: Path) -> Make:
    """Settings of a catalogue that holds what the test puts in."""
    return lambda fill: catalogue_settings(tmp_path, migrated_sqlite_file, fill)


def express(connection: Connection) -> None:
    """express 1.0.0, 2.0.0 (latest) and 3.0.0-beta.1, with one dependency of every kind."""
    package = add_package(connection, "express", description="A web framework")
    old = add_version(connection, package, "1.0.0", is_yanked=True, yank_message="Use 2.0.0.")
    latest = add_version(connection, package, "2.0.0")
    add_version(connection, package, "3.0.0-beta.1", dependencies_fetched_at=None)
    add_dist_tag(connection, package, "2.0.0")
    add_dist_tag(connection, package, "3.0.0-beta.1", "next")
    add_edge(connection, (package, old), "only-in-one")
    debug = add_release(connection, "debug", "1.0.0")
    add_version(connection, debug[0], "2.0.0")
    add_edge(connection, (package, latest), "debug", debug)
    add_edge(connection, (package, latest), "not-here")
    add_edge(
        connection,
        (package, latest),
        "impossible",
        resolved_version="unresolved",
        resolution_error="No version of impossible satisfies ^9.",
    )
    add_edge(connection, (package, latest), "typescript", dependency_type="dev")
    add_edge(
        connection, (package, latest), "string-width", declared_name="string-width-cjs",
        is_optional=True, dependency_type="optional",
    )  # fmt: skip
    user = add_release(connection, "web-app", "4.5.6")
    add_edge(connection, user, "express", (package, latest), dependency_version_range="^2.0.0")


@asynccontextmanager
async def opened(
    settings: Settings, name: str = "express", size: tuple[int, int] = (120, 36)
) -> AsyncIterator[tuple[Any, Any]]:
    async with running(settings, size) as (app, pilot):
        app.open(OpenPackage(package_id(app, name)))
        await until(pilot, lambda: isinstance(app.screen, PackageScreen))
        await shows(pilot, "TechGarden › npm:")
        yield app, pilot


def package_id(app: Any, name: str) -> UUID:
    query = select(packages.c.id).where(packages.c.name == name)
    found: UUID = app.catalogue.database.read_now(lambda connection: connection.scalar(query))
    return found


def rows(app: Any, pane: str) -> RowList[Any]:
    found: RowList[Any] = app.screen.query_one(f"#{pane}-list", RowList)
    return found


async def test_it_opens_on_the_latest_version_with_its_dependencies_and_users(
    catalogue: Make,
) -> None:
    async with opened(catalogue(express)) as (app, pilot):
        await shows(pilot, "[2] Dependencies of 2.0.0 · 5")
        await shows(pilot, "[3] Used by 1")
        assert [row.version for row in rows(app, "versions").rows] == [
            "3.0.0-beta.1",
            "2.0.0",
            "1.0.0",
        ]
        selected = rows(app, "versions").current
        assert selected is not None
        assert selected.version == "2.0.0"
        for words in ("A web framework", "as of 2 d ago", "Runtime 3", "Development 1", "web-app"):
            await shows(pilot, words)


async def test_the_other_panes_follow_the_version_under_the_cursor(catalogue: Make) -> None:
    async with opened(catalogue(express)) as (_app, pilot):
        await shows(pilot, "of 2.0.0 · 5")
        await pilot.press("down")
        await shows(pilot, "of 1.0.0 · 1")
        await shows(pilot, "Deprecated 1.0.0: Use 2.0.0.")


async def test_marks_are_explained_below_the_list(catalogue: Make) -> None:
    async with opened(catalogue(express)) as (app, pilot):
        await shows(pilot, "of 2.0.0 · 5")
        await pilot.press("2")
        edges = rows(app, "dependencies")
        await until(pilot, lambda: edges.has_focus)
        for name, words in (
            ("debug", "A newer version is available."),
            ("impossible", "No version of impossible satisfies ^9."),
            ("not-here", "Not in the catalogue yet; a asks for it."),
            ("string-width", "Installed as string-width-cjs"),
        ):
            row = next(row for row in edges.rows if row.edge and row.edge.name == name)
            edges.move_to_key(row.edge.id)
            await shows(pilot, words)


async def test_a_asks_for_the_missing_dependency_under_the_cursor(catalogue: Make) -> None:
    async with opened(catalogue(express)) as (app, pilot):
        await shows(pilot, "of 2.0.0 · 5")
        await pilot.press("2")
        edges = rows(app, "dependencies")
        edges.move_to_key(
            next(row.edge.id for row in edges.rows if row.edge and row.edge.name == "not-here")
        )
        await pilot.press("a")
        query = select(package_requests.c.package_name)
        read = app.catalogue.database.read_now
        await until(pilot, lambda: read(lambda connection: connection.scalar(query)) == "not-here")


async def test_a_dependency_nobody_looked_up_is_no_fault_and_can_be_asked_for(
    catalogue: Make,
) -> None:
    def fill(connection: Connection) -> None:
        root = add_release(connection, "express")
        add_dist_tag(connection, root[0], "1.0.0")
        add_edge(
            connection, root, "mocha", dependency_type="dev",
            resolved_version="unresolved", resolution_error=NOT_LOOKED_UP,
        )  # fmt: skip

    async with opened(catalogue(fill)) as (app, pilot):
        await shows(pilot, "mocha")
        assert "unresolved" not in screen_text(app)
        await pilot.press("2", "a")
        query = select(package_requests.c.package_name)
        read = app.catalogue.database.read_now
        await until(pilot, lambda: read(lambda connection: connection.scalar(query)) == "mocha")


async def test_enter_on_a_dependency_and_on_a_user_opens_that_package(catalogue: Make) -> None:
    async with opened(catalogue(express)) as (app, pilot):
        await shows(pilot, "[3] Used by 1")
        await pilot.press("2", "enter")
        await shows(pilot, "› npm:debug")
        await shows(pilot, "Dependencies of 1.0.0")
        await pilot.press("escape")
        await shows(pilot, "› npm:express")
        await pilot.press("3", "enter")
        await shows(pilot, "› npm:web-app")
        assert len(app.screen_stack) == 3


async def test_a_refresh_within_the_cooldown_says_when_it_is_allowed_again(
    catalogue: Make,
) -> None:
    def just_read(connection: Connection) -> None:
        from tgtui.basics import clock

        package, _ = add_release(connection, "express")
        connection.execute(
            update(packages).where(packages.c.id == package).values(last_fetch_attempt=clock.now())
        )

    async with opened(catalogue(just_read)) as (app, pilot):
        await pilot.press("R")
        await shows(pilot, "it can be fetched")
        assert app.catalogue.database.read_now(
            lambda connection: connection.scalar(select(package_requests.c.id)) is None
        )


async def test_opening_a_queued_package_moves_its_request_to_the_front(catalogue: Make) -> None:
    def queued(connection: Connection) -> None:
        add_package(connection, "left-pad", last_fetch_success=None)
        add_request(connection, "left-pad", created_at=NOW - timedelta(minutes=3))

    async with opened(catalogue(queued), "left-pad") as (app, pilot):
        await shows(pilot, "It has been queued for 3 min.")
        query = select(package_requests.c.priority)
        read = app.catalogue.database.read_now
        await until(pilot, lambda: read(lambda connection: connection.scalar(query)) == 0)


async def test_on_a_narrow_screen_there_is_one_pane_at_a_time(catalogue: Make) -> None:
    async with opened(catalogue(express), size=(80, 24)) as (app, pilot):
        await shows(pilot, "[1] Versions 3")

        def seen() -> list[str]:
            return [pane.id for pane in app.screen.query(".pane") if pane.display]

        assert seen() == ["versions"]
        await pilot.press("3")
        await until(pilot, lambda: seen() == ["dependents"])
        await pilot.press("h")
        await until(pilot, lambda: seen() == ["dependencies"])
        await pilot.click("#tab-versions")
        await until(pilot, lambda: seen() == ["versions"])


async def test_a_version_far_down_is_found_when_it_is_the_latest(catalogue: Make) -> None:
    def many(connection: Connection) -> None:
        package = add_package(connection, "react")
        for number in range(450):
            add_version(connection, package, f"2.0.0-canary.{number}")
        add_version(connection, package, "1.0.0")
        add_dist_tag(connection, package, "1.0.0")

    async with opened(catalogue(many), "react") as (app, pilot):
        versions = rows(app, "versions")
        await until(pilot, lambda: versions.current and versions.current.version == "1.0.0")
        await shows(pilot, "latest")


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_the_versions_amount_and_order_are_whole(
    catalogue: Make, size: tuple[int, int]
) -> None:
    def many(connection: Connection) -> None:
        package = add_package(connection, "react")
        for number in range(1_234):
            add_version(connection, package, f"2.0.{number}")

    async with opened(catalogue(many), "react", size) as (_app, pilot):
        for order in ("", "lowest first", "by date", "by date, oldest first"):
            await shows(pilot, re.compile(rf"(?<=─) ?{order} ?─?╯"))
            assert "[1] Versions 1,234 " in screen_text(pilot)
            await pilot.press("s")


async def test_the_copy_menu_copies_what_is_chosen(catalogue: Make) -> None:
    async with opened(catalogue(express)) as (app, pilot):
        await shows(pilot, "of 2.0.0 · 5")
        await pilot.press("y")
        await shows(pilot, "pnpm add express@2.0.0")
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.clipboard == "express@2.0.0")


def test_a_purl_and_an_install_command_of_every_client_can_be_copied() -> None:
    choices = {choice.label: choice.text for choice in copy_choices("npm", "@babel/core", "7.0.0")}
    assert choices["purl"] == "pkg:npm/%40babel/core@7.0.0"
    assert choices["deno"] == "deno add npm:@babel/core@7.0.0"
    assert set(choices) >= {"name", "version", "npm", "pnpm", "yarn", "bun"}


def test_what_is_copied_is_whole_however_long_and_in_its_case() -> None:
    name, version = "JSON" + "a" * 210, "1.0.0-" + "Rc" * 120
    choices = {choice.label: choice.text for choice in copy_choices("npm", name, version)}
    assert choices["purl"] == f"pkg:npm/{name}@{version}"
    assert choices["npm"] == f"npm install {name}@{version}"


def test_only_web_addresses_are_offered_to_be_opened() -> None:
    detail = PackageDetail(
        elsewhere=(),
        id=UUID(int=1), registry="npm", name="x", state="ready", description=None,
        homepage="javascript:alert(1)", repository="https://example.org/\u202egro", latest=None,
        version_count=0, dependent_count=0, used_by=UsedBy(), tags=(), fetched_at=None, last_attempt_at=None,
        request=None,
    )  # fmt: skip
    assert [choice.label for choice in open_choices(detail)] == ["registry"]


async def test_registry_text_is_shown_as_text_in_every_pane(catalogue: Make) -> None:
    def fill(connection: Connection) -> None:
        values = {"description": HOSTILE, "homepage": HOSTILE, "repository": HOSTILE}
        package = add_package(connection, HOSTILE, **values)
        hostile = {"is_yanked": True, "yank_message": HOSTILE}
        version = add_version(connection, package, "1.0.0", **hostile)
        add_dist_tag(connection, package, "1.0.0", HOSTILE)
        add_edge(
            connection, (package, version), HOSTILE, dependency_version_range=HOSTILE,
            resolved_version="unresolved", resolution_error=HOSTILE, declared_name=HOSTILE,
        )  # fmt: skip
        user = add_release(connection, HOSTILE + "user", "1.0.0")
        add_edge(connection, user, HOSTILE, (package, version), dependency_version_range=HOSTILE)

    async with opened(catalogue(fill), HOSTILE, (200, 50)) as (app, pilot):
        await shows(pilot, "[3] Used by 1")
        await pilot.press("2")
        await until(pilot, lambda: screen_text(pilot).count(HOSTILE_SHOWN[:4]) >= 10)
        text = screen_text(pilot)
        assert "\x1b" not in text
        assert "\u202e" not in text
        await pilot.press("y")
        await shows(pilot, "npm install a[/]b")
        await pilot.press("enter")
        await shows(pilot, "Copied: a[/]b")
        await pilot.press("o", "escape")
        assert app.is_running
