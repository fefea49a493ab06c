"""Where the lines of the preview break."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.selection import Selection

from tests.screens.driving import until
from tests.support.edges import edge
from tgtui.data.views.edges import UsedBy
from tgtui.data.views.packages import PackageDetail
from tgtui.widgets.flow import Page, PageText
from tgtui.widgets.packages.preview import Preview, preview_text

NOW = datetime(2026, 1, 3, tzinfo=UTC)
ADDRESS = "https://github.com/babel/babel/tree/main/packages/babel-plugin-transform-classes"
DETAIL: dict[str, Any] = {
    "id": UUID(int=1),
    "registry": "npm",
    "name": "@babel/core",
    "state": "ready",
    "description": None,
    "homepage": None,
    "repository": ADDRESS,
    "latest": None,
    "version_count": 0,
    "dependent_count": 0,
    "used_by": UsedBy(),
    "tags": (),
    "elsewhere": (),
    "fetched_at": NOW,
    "last_attempt_at": NOW,
    "request": None,
}
EDGES = [
    edge("ms", range="^2.1.3"),
    edge("@babel/plugin-syntax-optional-catch-binding", range="^7.0.0-beta.1 || ^8.0.0-alpha.1"),
    edge("react", range=">=16.8.0 <17.0.0-0 || >=17.0.0 <18.0.0-0 || >=18.0.0 <19.0.0-0"),
]


def shown(width: int) -> list[str]:
    page = preview_text(PackageDetail(**DETAIL), EDGES, NOW)
    return page.laid_out(width).plain.split("\n")


def test_a_range_goes_to_a_line_of_its_own_and_breaks_at_its_spaces() -> None:
    lines = shown(36)
    begin = lines.index("Dependencies  3")
    assert lines[begin : begin + 9] == [
        "Dependencies  3",
        "  ms ^2.1.3",
        "  @babel/plugin-syntax-optional-",
        "    catch-binding",
        "    ^7.0.0-beta.1 || ^8.0.0-alpha.1",
        "  react",
        "    >=16.8.0 <17.0.0-0 || >=17.0.0",
        "    <18.0.0-0 || >=18.0.0 <19.0.0-0",
        "Used by  0 known here",
    ]


def test_an_address_breaks_behind_a_sign_and_is_copied_whole() -> None:
    lines = shown(36)
    begin = next(place for place, line in enumerate(lines) if line.startswith("Code"))
    assert lines[begin : begin + 4] == [
        "Code  https://github.com/babel/",
        "      babel/tree/main/packages/",
        "      babel-plugin-transform-classes",
        "",
    ]
    page = preview_text(PackageDetail(**DETAIL), EDGES, NOW)
    selection = Selection(Offset(6, begin), Offset(36, begin + 2))
    assert page.copied(selection, 36) == ADDRESS


@pytest.mark.parametrize("width", range(24, 80, 7))
def test_no_line_is_longer_than_the_preview(width: int) -> None:
    assert [line for line in shown(width) if len(line) > width] == []


class PreviewApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Preview(id="preview")


async def test_a_name_that_is_cut_in_the_border_stands_whole_below_it() -> None:
    name = "@babel/plugin-syntax-optional-catch-binding"
    app = PreviewApp()
    async with app.run_test(size=(30, 20)) as pilot:
        preview = app.query_one(Preview)
        preview.show(PackageDetail(**{**DETAIL, "name": name}), None, NOW)
        await until(pilot, lambda: "@babel/plugin-syntax-" in text(preview))
        assert text(preview).replace("\n", "").replace(" ", "").startswith(name)
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: preview.border_title == name)
        assert name not in text(preview)


def text(preview: Preview) -> str:
    page = preview.query_one(PageText).visual
    assert isinstance(page, Page)
    return page.laid_out(preview.scrollable_content_region.width).plain
