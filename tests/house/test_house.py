"""How the program is built: no circles, no function that works on somebody else's screen, folders one can look through."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.drawing import levels
from tests.house.plan import Plan, read_plan

CHECKOUT = Path(__file__).parents[2]
MOST_ENTRIES = 14
"""Of a folder; about a dozen is what one takes in at a glance."""

BAD: dict[str, str] = {
    "screens/base.py": "from textual.screen import Screen\nclass Base(Screen[None]):\n    pass\n",
    "screens/list.py": (
        "from typing import TYPE_CHECKING\n"
        "from tgtui.widgets.line import Line\n"
        "if TYPE_CHECKING:\n"
        "    from tgtui.screens.page import Page\n"
        "def mark(page: 'Page | None', kind: type[Page]) -> None: ...\n"
        "class Helper:\n"
        "    def __init__(self, page: Page) -> None:\n"
        "        self._screen = page\n"
        "        self._pane = page\n"
    ),
    "screens/page.py": (
        "from tgtui.screens.base import Base\n"
        "class Page(Base):\n"
        "    def open(self) -> None:\n"
        "        self._pane = None\n"
        "        from tgtui.screens import list\n"
    ),
    "widgets/line.py": "from tgtui.screens import base\nclass Line:\n    pass\n",
    "widgets/long.py": "x = 1\n" * 501,
}
"""A program with one of each thing that is counted."""


@pytest.fixture(scope="module")
def plan() -> Plan:
    return read_plan(CHECKOUT)


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    for name, text in BAD.items():
        file = tmp_path / "tgtui" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        (file.parent / "__init__.py").touch()
    return tmp_path


def test_no_modules_import_each_other_in_a_circle(plan: Plan) -> None:
    assert plan.module_circles == []


def test_no_neighbouring_rooms_import_each_other_in_a_circle(plan: Plan) -> None:
    assert plan.room_circles == []


def test_nothing_takes_or_keeps_a_screen_or_the_app(plan: Plan) -> None:
    assert plan.takes_screen == ()
    assert plan.keeps_screen == ()
    assert plan.keeps_widget == ()


def test_folders_can_be_looked_through(plan: Plan) -> None:
    assert {name: n for name, n in plan.folders.items() if n > MOST_ENTRIES} == {}


def test_no_file_is_long(plan: Plan) -> None:
    assert plan.long_files == []


def test_each_of_these_is_found(bad: Path) -> None:
    plan = read_plan(bad)
    assert plan.module_circles == [["tgtui.screens.list", "tgtui.screens.page"]]
    assert plan.room_circles == [
        ["tgtui.screens", "tgtui.widgets"],
        ["tgtui.screens.list", "tgtui.screens.page"],
    ]
    assert plan.takes_screen == (
        "tgtui.screens.list:mark(page)",
        "tgtui.screens.list:Helper.__init__(page)",
    )
    assert plan.keeps_screen == ("tgtui.screens.list:_screen",)
    assert plan.keeps_widget == ("tgtui.screens.list:Helper._pane",)
    assert plan.folders == {"tgtui": 2, "tgtui/screens": 3, "tgtui/widgets": 2}
    assert plan.long_files == [("tgtui.widgets.long", 501)]


def test_rooms_stand_above_what_they_import(plan: Plan) -> None:
    imports = plan.between_rooms("tgtui")
    level = {room: number for number, rooms in enumerate(levels(imports)) for room in rooms}
    assert all(level[importer] < level[other] for importer, other in imports)


def test_the_drawing_is_text_or_a_flowchart(bad: Path) -> None:
    def printed(*options: str) -> list[str]:
        command = [sys.executable, "-m", "tests.house", "--of", str(bad), *options]
        done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    assert printed()[:3] == [
        "level 1",
        "  screens      -> widgets 1",
        "  widgets      -> screens 1",
    ]
    assert printed("--mermaid", "--room", "tgtui.screens") == [
        "flowchart TD",
        "    list",
        "    page",
        "    base",
        "    list -->|1| page",
        "    page -->|1| base",
        "    page -->|1| list",
    ]
