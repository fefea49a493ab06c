"""What each picture shows: steps a person would take in the app, until the screen says what it should."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import Input

from tests.pictures.garden import Garden, plant
from tests.pictures.svg import for_readme
from tests.screens.driving import shows, until
from tests.support.isolation import isolate_environment
from tests.support.places import ROOT
from tgtui.data.views.requests import Step
from tgtui.screens.app import TgtuiApp
from tgtui.widgets.requests.list import RequestList
from tgtui.widgets.requests.model import RequestLine
from tgtui.widgets.tree.view import TreeView
from tgtui.worker.events import Progress

FOLDER = ROOT / "docs" / "pictures"
Size = tuple[int, int]
"""Columns and lines."""
SIZE: Size = (120, 36)
SIZES: dict[str, Size] = {"": SIZE, "-80x24": (80, 24), "-200x50": (200, 50)}
"""By the end of a picture's name."""

Scene = Callable[[Pilot[Any], Garden], Awaitable[None]]


async def draw_all(home: Path) -> dict[str, str]:
    """Every picture by its name, the same at each call; `home` is an empty folder."""
    with pytest.MonkeyPatch.context() as patch:
        isolate_environment(patch, home)
        garden = await plant(home, patch)
        return {name: await draw(*scene, garden) for name, scene in SCENES.items()}


async def draw(scene: Scene, size: Size, garden: Garden) -> str:
    """The picture of a scene as SVG."""
    app = TgtuiApp(
        garden.online if scene is readme else garden.settings,
        clock=garden.clock,
        stopwatch=lambda: 0.0,
    )
    async with app.run_test(size=size, notifications=True) as pilot:
        app.screen.query_one(Input).cursor_blink = False
        await shows(pilot, re.compile(r"of \d+ packages"))
        await scene(pilot, garden)
        await pilot.pause()
        return for_readme(app.export_screenshot())


async def search(pilot: Pilot[Any], garden: Garden) -> None:
    await pilot.press(*"react", "down")
    await shows(pilot, "12 of")
    await shows(pilot, "building user")
    await pilot.press("down")
    await shows(pilot, "scheduler")


async def package(pilot: Pilot[Any], garden: Garden) -> None:
    await pilot.press(*"express", "enter")
    for text in ("minimalist", "body-parser", "swagger-ui-express", "fetching"):
        await shows(pilot, text)


async def readme(pilot: Pilot[Any], garden: Garden) -> None:
    await pilot.press(*"express", "enter")
    await shows(pilot, "minimalist")
    await pilot.press("v")
    await shows(pilot, "Readme.md · ")
    await until(pilot, lambda: pilot.app.screen.check_action("show_contents", ()))
    await pilot.press("c", "home", "down", "enter")
    await shows(pilot, "npm install express")


async def side_by_side(pilot: Pilot[Any], garden: Garden) -> None:
    await pilot.press(*"react", "down")
    await shows(pilot, "12 of")
    await pilot.press("space", "down", "space", "down", "space", "c")
    for text in ("releases/year", "dependencies", "used here"):
        await shows(pilot, text)


async def over_time(pilot: Pilot[Any], garden: Garden) -> None:
    await pilot.press(*"express", "enter")
    await shows(pilot, "minimalist")
    await pilot.press("p")
    for text in ("Releases by month", "most "):
        await shows(pilot, text)


async def tree(pilot: Pilot[Any], garden: Garden) -> None:
    await pilot.press(*"express", "down")
    await shows(pilot, "minimalist")
    await pilot.press("d")
    for text in ("repeated", "as of", "fetching"):
        await shows(pilot, text)
    await _unfold(pilot, "accepts")
    await _unfold(pilot, "body-parser")
    for text in ("9 dependencies of its own", "shown elsewhere", "removing it", "on the right"):
        await shows(pilot, text)


async def requests(pilot: Pilot[Any], garden: Garden) -> None:
    app = pilot.app
    assert isinstance(app, TgtuiApp)
    await pilot.press("down", "q")
    await shows(pilot, "left-padd")
    assert app.catalogue is not None
    activity = app.catalogue.activity
    activity.is_running = True
    for step in _under_way(garden):
        activity.report(step)
    await _go_to_request(pilot, "jest")
    await pilot.press("space")
    for text in ("resolving 12/30", "npm:electron fetching"):
        await shows(pilot, text)
    await _go_to_request(pilot, "left-padd")
    await shows(pilot, "check the spelling")


async def palette(pilot: Pilot[Any], garden: Garden) -> None:
    await search(pilot, garden)
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
    pilot.app.screen.query_one(Input).cursor_blink = False
    await shows(pilot, "Mark every package that the search finds")


async def keys(pilot: Pilot[Any], garden: Garden) -> None:
    await search(pilot, garden)
    await pilot.press("f1")
    await shows(pilot, "Where the focus is")


AT_EVERY_SIZE = {"readme": readme, "side-by-side": side_by_side, "over-time": over_time}
SCENES: dict[str, tuple[Scene, Size]] = {
    "search": (search, SIZE),
    "package": (package, SIZE),
    "tree": (tree, SIZE),
    "requests": (requests, SIZE),
    "palette": (palette, SIZE),
    "help": (keys, SIZE),
    **{
        f"{name}{end}": (scene, size)
        for name, scene in AT_EVERY_SIZE.items()
        for end, size in SIZES.items()
    },
}
"""By the file's name in docs/pictures."""


def _under_way(garden: Garden) -> list[Progress]:
    """What a worker would tell of the requests it holds."""
    electron, core, cli = (garden.requests[name] for name in ("electron", "@jest/core", "jest-cli"))
    return [
        Progress(electron, "npm", "electron", Step("fetching", 3_100_000, 8_400_000)),
        Progress(core, "npm", "@jest/core", Step("resolving", 12, 30)),
        Progress(cli, "npm", "jest-cli", Step("fetching", 96_000, 121_000)),
    ]


async def _unfold(pilot: Pilot[Any], name: str) -> None:
    view = pilot.app.screen.query_one(TreeView)
    await until(pilot, lambda: [row for row in view.model.rows if row.edge.name == name])
    view.move_to(next(row for row in view.model.rows if row.edge.name == name))
    rows = len(view.model.rows)
    await pilot.press("right")
    await until(pilot, lambda: len(view.model.rows) > rows)


async def _go_to_request(pilot: Pilot[Any], name: str) -> None:
    listed = pilot.app.screen.query_one(RequestList)

    def place() -> int | None:
        lines = enumerate(listed.rows)
        return next(
            (at for at, row in lines if isinstance(row, RequestLine) and row.request.name == name),
            None,
        )

    await until(pilot, lambda: place() is not None)
    listed.move_to_line(place() or 0)
    await pilot.pause()
