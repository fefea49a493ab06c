"""The panes of the package screen, each without it: they need functions, and post what happens in them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot

from tests.screens.driving import until
from tests.screens.running import NOW, Home
from tests.support import rows
from tgtui.data.packages.detail import package_detail
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.storage.reader import Reader
from tgtui.data.views.packages import PackageDetail
from tgtui.identity.people import Principal
from tgtui.screens.package.dependencies_pane import DependenciesPane
from tgtui.screens.package.dependents_pane import DependentsPane
from tgtui.screens.package.versions_pane import VersionsPane
from tgtui.widgets.packages.panes import TabbedPane

READER = Principal(None, "Eve", frozenset())


class PaneApp(App[None]):
    """Keeps what the one pane posts."""

    def __init__(self, pane: TabbedPane) -> None:
        super().__init__()
        self._pane = pane
        self.posted: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self._pane

    def on_versions_pane_under_cursor(self, event: VersionsPane.UnderCursor) -> None:
        self.posted.append(event)

    def on_versions_pane_chosen(self, event: VersionsPane.Chosen) -> None:
        self.posted.append(event)

    def on_dependencies_pane_chosen(self, event: DependenciesPane.Chosen) -> None:
        self.posted.append(event)

    def on_dependents_pane_chosen(self, event: DependentsPane.Chosen) -> None:
        self.posted.append(event)


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    opened = Database(open_engine(parse_url(home.settings.effective_database_url)))
    yield opened
    opened.close()


@pytest.fixture
def vue(database: Database) -> PackageDetail:
    """vue 1.0.0, 2.0.0 and 3.0.0 (latest), which depends on csstype, and which nuxt depends on."""

    def fill(connection: Connection) -> UUID:
        package = rows.add_package(connection, "vue")
        for number in "12":
            rows.add_version(connection, package, f"{number}.0.0", dependencies_fetched_at=None)
        latest = package, rows.add_version(connection, package, "3.0.0")
        rows.add_edge(connection, latest, "csstype")
        rows.add_edge(connection, rows.add_release(connection, "nuxt", "4.0.0"), "vue", latest)
        return package

    detail = database.read_now(package_detail, database.write_now(fill))
    assert detail is not None
    return detail


def versions(database: Database, detail: PackageDetail, wanted: str | None = None) -> VersionsPane:
    return VersionsPane(
        detail.id,
        wanted,
        read=Reader(lambda: database),
        now=lambda: NOW,
        person=lambda: READER,
        unattended=lambda registry: "",
    )


@asynccontextmanager
async def alone(pane: TabbedPane) -> AsyncIterator[tuple[PaneApp, Pilot[Any]]]:
    app = PaneApp(pane)
    async with app.run_test(size=(60, 20)) as pilot:
        pane.list.focus()
        yield app, pilot


async def test_versions_say_where_the_cursor_is_and_which_one_is_chosen(
    database: Database, vue: PackageDetail
) -> None:
    pane = versions(database, vue, wanted="2.0.0")
    async with alone(pane) as (app, pilot):
        await pane.renew_selected(vue)
        await pane.show(vue)
        assert pane.selected is not None
        assert pane.selected.version == "2.0.0"
        await pilot.press("down", "enter")
        await until(pilot, lambda: len(app.posted) == 3)
        told = [(type(event).__name__, event.version.version) for event in app.posted]  # type: ignore[attr-defined]
        assert told == [("UnderCursor", "2.0.0"), ("UnderCursor", "1.0.0"), ("Chosen", "1.0.0")]
        assert pane.selected.version == "2.0.0"  # who shows a version says when


@pytest.mark.parametrize("turns", range(4))
async def test_of_two_marked_versions_the_older_comes_first_in_every_order(
    database: Database, vue: PackageDetail, turns: int
) -> None:
    pane = versions(database, vue)
    async with alone(pane) as (_app, pilot):
        for _ in range(turns):
            pane.turn()
        await pane.show(vue)
        await pilot.press("home")
        assert pane.mark() is None
        await pilot.press("end")
        pair = pane.mark()
        assert pair is not None
        assert [version.version for version in pair] == ["1.0.0", "3.0.0"]
        assert pane.mark() is None  # of the next pair


async def test_dependencies_of_a_version_are_shown_or_why_they_are_not(
    database: Database, vue: PackageDetail
) -> None:
    pane = DependenciesPane(
        read=Reader(lambda: database),
        now=lambda: NOW,
        person=lambda: READER,
        unattended=lambda registry: "",
    )
    listed = versions(database, vue, wanted="1.0.0")
    await listed.renew_selected(vue)
    async with alone(pane) as (app, pilot):
        await pane.show(vue, vue.latest)
        await pilot.press("enter")
        await until(pilot, lambda: [type(each) for each in app.posted] == [DependenciesPane.Chosen])
        assert pane.current is not None
        assert pane.current.name == "csstype"
        await pane.show(vue, listed.selected)
        assert pane.list.current is None
        await pilot.press("enter")
        assert len(app.posted) == 1
        await pane.show(vue, None)
        assert str(pane.border_title) == "[2] Dependencies"


async def test_dependents_are_counted_in_border_and_tab_and_one_is_chosen(
    database: Database, vue: PackageDetail
) -> None:
    pane = DependentsPane(vue.id, read=Reader(lambda: database))
    async with alone(pane) as (app, pilot):
        await pane.show(vue)
        assert str(pane.border_title) == str(pane.tab.content) == "[3] Used by 1"
        await pilot.press("enter")
        await until(pilot, lambda: app.posted)
        [chosen] = app.posted
        assert isinstance(chosen, DependentsPane.Chosen)
        assert chosen.dependent.name == "nuxt"


async def test_dependents_that_an_install_leaves_alone_stand_under_headings(
    database: Database,
) -> None:
    def fill(connection: Connection) -> UUID:
        target = rows.add_release(connection, "target")
        for number in range(120):
            source = rows.add_release(connection, f"tests-{number:03}")
            rows.add_edge(connection, source, "target", target, dependency_type="dev")
        rows.add_edge(connection, rows.add_release(connection, "runs"), "target", target)
        likes = rows.add_release(connection, "likes")
        rows.add_edge(connection, likes, "target", target, dependency_type="peer", is_optional=True)
        return target[0]

    target = database.write_now(fill)
    detail = database.read_now(package_detail, target)
    assert detail is not None
    pane = DependentsPane(target, read=Reader(lambda: database))
    async with alone(pane) as (_app, pilot):
        await pane.show(detail)
        assert str(pane.border_title) == "[3] Used by 1"
        await pilot.press("end")
        await until(pilot, lambda: len(pane.list.rows) == 125)
        found = [row if isinstance(row, str) else row.name for row in pane.list.rows]
        assert found[:5] == [
            "An install brings it 1", "runs", "Only suggest it 1", "likes", "For development only 120",
        ]  # fmt: skip
        assert found[5:] == [f"tests-{number:03}" for number in range(120)]
