"""Each role is offered on every screen what it may do, and nothing else: no key, no entry, no row of the help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection
from textual.pilot import Pilot

from tests.screens.driving import screen_text, shows, until
from tests.screens.running import NOW, Home, opened
from tests.support import rows
from tgtui.basics.settings import Settings
from tgtui.identity.roles import HOW_TO_GET
from tgtui.screens.app import TgtuiApp
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.catalogue import open_catalogue
from tgtui.screens.dialogs.help import HelpScreen, help_groups
from tgtui.screens.package.deleted.screen import DeletedScreen
from tgtui.screens.package.screen import PackageScreen
from tgtui.screens.palette import declared_bindings
from tgtui.screens.requests.screen import RequestsScreen
from tgtui.screens.search.screen import SearchScreen
from tgtui.screens.tags.screen import TagsScreen
from tgtui.screens.tree.screen import TreeScreen
from tgtui.services.catalogue import Catalogue

ROLES = {
    "anonymous": frozenset({"anonymous"}),
    "authenticated": frozenset({"anonymous", "authenticated"}),
    "admin": frozenset({"anonymous", "authenticated", "admin"}),
}
TAKES = {
    "ask": "authenticated",
    "refresh_package": "authenticated",
    "save_search": "authenticated",
    "watch_packages": "authenticated",
    "show_watched": "authenticated",
    "show_projects": "authenticated",
    "add_project": "authenticated",
    "show_comparisons": "authenticated",
    "retry": "authenticated",
    "cancel": "authenticated",
    "cancel_chain": "authenticated",
    "force_refresh": "admin",
    "mine": "admin",
    "tag_packages": "admin",
    "delete_package": "admin",
    "restore_package": "admin",
    "show_deleted": "admin",
    "new_tag": "admin",
    "edit_tag": "admin",
    "delete_tag": "admin",
    "merge_tag": "admin",
    "toggle_deleted": "admin",
}
"""By action: the role without which it is not offered. What is not named here, everybody may do."""


class Garden:
    """One of everything."""

    def __init__(self, connection: Connection) -> None:
        self.package, self.version = rows.add_release(connection, "react")
        rows.add_edge(connection, (self.package, self.version), "left-pad")
        rows.add_tag(connection, "web")
        rows.add_package(connection, "gone", deleted_at=rows.DAY_ONE)
        rows.add_request(connection, "left-pad", status="failed")


@pytest.fixture
def garden(home: Home) -> Garden:
    return home.fill(Garden)


class AppAs(TgtuiApp):
    """The app of somebody who has these roles."""

    def __init__(self, settings: Settings, roles: frozenset[str]) -> None:
        async def opener(settings: Settings) -> Catalogue:
            catalogue = await open_catalogue(settings)
            catalogue.principal = replace(catalogue.principal, roles=roles)
            return catalogue

        super().__init__(settings, opener, clock=lambda: NOW)
        self.said: list[str] = []
        """Every notice so far; those on the screen go away by themselves."""

    def notify(self, message: str, **options: Any) -> None:
        self.said.append(message)
        super().notify(message, **options)


def screens(garden: Garden) -> list[tuple[Callable[[], BaseScreen] | None, str]]:
    """Each with the list that has the focus."""
    return [
        (None, "#results-list"),
        (lambda: PackageScreen(garden.package), "#versions-list"),
        (lambda: TreeScreen(garden.version, "react@1.0.0"), "TreeView"),
        (RequestsScreen, "#requests"),
        (TagsScreen, "#tags-all"),
        (DeletedScreen, "#deleted-list"),
    ]


@pytest.mark.parametrize("role", ROLES)
async def test_every_screen_offers_what_the_role_may_do(
    home: Home, garden: Garden, role: str
) -> None:
    app = AppAs(home.settings, ROLES[role])
    seen: set[str] = set()
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await shows(pilot, "of 1 package")
        for make, listed in screens(garden):
            screen = await go_to(pilot, make, listed)
            offered = offered_on(screen)
            denied = {
                action for action in offered if TAKES.get(action, "anonymous") not in ROLES[role]
            }
            assert not denied, type(screen).__name__
            seen |= offered
            app.pop_screen() if make is not None else None
    allowed = {action for action, needed in TAKES.items() if needed in ROLES[role]}
    assert allowed <= seen


async def test_who_may_only_read_is_told_once_how_to_ask_and_again_in_the_help(
    home: Home, garden: Garden
) -> None:
    app = AppAs(home.settings, ROLES["anonymous"])
    async with app.run_test(size=(120, 50), notifications=True) as pilot:
        await shows(pilot, "read only")
        await until(pilot, lambda: len(app.said) == 1)
        assert app.said == [HOW_TO_GET["authenticated"]]
        await pilot.press(*"vue")
        await shows(pilot, "`vue` is not in the catalogue.")
        await shows(pilot, "To request packages you need your own login")
        assert "to ask for" not in screen_text(pilot)
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.press("end")
        await shows(pilot, "Not available with your role")
        assert app.said == [HOW_TO_GET["authenticated"]]


async def test_a_member_sees_tags_and_who_curates_them(home: Home, garden: Garden) -> None:
    app = AppAs(home.settings, ROLES["authenticated"])
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await shows(pilot, "of 1 package")
        screen = await go_to(pilot, TagsScreen, "#tags-all")
        await shows(pilot, "0 packages")
        await shows(pilot, "Only admins can change tags and packages")
        assert app.said == []
        await pilot.press("n", "x", "m", "e", "d", "u", "r")
        assert app.screen is screen
        assert app.said == []


async def go_to(
    pilot: Pilot[Any], make: Callable[[], BaseScreen] | None, listed: str
) -> BaseScreen:
    if make is not None:
        pilot.app.push_screen(made := make())
        await opened(pilot, type(made))
    else:
        await opened(pilot, SearchScreen)
    screen = pilot.app.screen
    assert isinstance(screen, BaseScreen)
    rows_of: Any = screen.query_one(listed)
    rows_of.focus()
    await until(pilot, lambda: rows_of.has_focus)
    if not isinstance(screen, RequestsScreen):  # who asked for nothing has no rows there
        await until(pilot, lambda: rows_of.line_count)
    return screen


def offered_on(screen: BaseScreen) -> set[str]:
    """Actions of the keys that work, of the palette, and as many as the key line and the help name."""
    active = {each.binding.action for each in screen.active_bindings.values() if each.enabled}
    declared = [
        (owner, binding)
        for owner in (screen, screen.app)
        for binding in declared_bindings(type(owner))
    ]
    palette = {
        binding.action
        for owner, binding in declared
        if owner.check_action(binding.action.partition("(")[0], ())
    }
    display = screen.app.get_key_display
    groups = help_groups(screen.active_bindings.values(), lambda _node: "here", display)
    helped = {row.text for group in groups for row in group.rows}
    texts = {b.tooltip or b.description: b.action for _owner, b in declared}
    named = {texts[text] for text in helped if text in texts}
    hinted = {hint.label for hint in screen.hints()}
    labels = {b.description: b.action for _owner, b in declared}
    return active | palette | named | {labels[label] for label in hinted if label in labels}
