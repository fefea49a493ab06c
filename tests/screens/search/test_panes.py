"""Panes of the search screen without their screen."""

from __future__ import annotations

from functools import partial
from typing import Any

from msgspec.structs import replace
from textual import on
from textual.app import App, ComposeResult
from textual.widget import Widget

from tests.screens.driving import NOW, until
from tgtui.basics.errors import TgtuiError
from tgtui.basics.ids import uuid7
from tgtui.data.packages.detail import package_detail
from tgtui.data.storage.reader import Reader
from tgtui.data.views.packages import PackageRow
from tgtui.screens.base.work import Failed, start
from tgtui.screens.search.jobs import Job, Told
from tgtui.screens.search.preview_pane import PreviewPane


class Database:
    """Notes which packages are read, and finds none."""

    def __init__(self, error: TgtuiError | None = None) -> None:
        self.read_ids: list[Any] = []
        self.error = error

    async def read(self, query: Any, package_id: Any) -> None:
        assert query is package_detail
        self.read_ids.append(package_id)
        if self.error is not None:
            raise self.error


class PaneApp(App[None]):
    """Shows one pane and keeps what it says."""

    def __init__(self, pane: Widget) -> None:
        super().__init__()
        self.pane = pane
        self.said: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.pane

    @on(Failed)
    def _failed(self, event: Failed) -> None:
        self.said.append(event.error)

    @on(Told)
    def _told(self, event: Told) -> None:
        self.said.append(str(event.text))


def preview(database: Database) -> PreviewPane:
    reads: Any = database
    return PreviewPane(Reader(lambda: reads), lambda: NOW, id="preview")


def row(name: str) -> PackageRow:
    return PackageRow(uuid7(), "npm", name, "ready", "1.0.0", NOW, False, None, ())


async def test_only_the_package_that_the_cursor_rests_on_is_read() -> None:
    database = Database()
    pane = preview(database)
    rows = [row(name) for name in ("ant", "bee", "cat")]
    async with PaneApp(pane).run_test() as pilot:
        for each in rows:
            pane.row = each
        await until(pilot, lambda: database.read_ids and not len(pane.workers))
        pane.row = replace(rows[2], description="the same package, listed again")
        assert not len(pane.workers)
        assert database.read_ids == [rows[2].id]


async def test_a_package_that_cannot_be_read_is_told_to_the_screen() -> None:
    error = TgtuiError("The disk is gone.")
    pane = preview(Database(error))
    app = PaneApp(pane)
    async with app.run_test() as pilot:
        pane.row = row("ant")
        await until(pilot, lambda: app.said == [error])


async def test_a_job_says_how_far_it_is_and_what_became_of_it() -> None:
    titles: list[str] = []
    app = PaneApp(Widget())
    pane = app.pane
    job = Job(
        partial(start, pane, "job"),
        lambda: pane.workers.cancel_group(pane, "job"),
        pane.post_message,
        lambda: titles.append(job.said),
    )

    async def count() -> Told:
        job.progress(1_000, 2_000)
        return Told("2,000 counted")

    async def fail() -> Told:
        raise TgtuiError("The disk is gone.")

    async with app.run_test() as pilot:
        job.start("counting", "Stopped.", count)
        job.start("counting", "Stopped.", count)
        await until(pilot, lambda: len(app.said) == 2)
        assert titles == ["counting", "counting 1,000 of 2,000", ""]
        job.start("failing", "Stopped.", fail)
        await until(pilot, lambda: len(app.said) == 3)
        assert app.said == ["Still counting; esc stops it.", "2,000 counted", "The disk is gone."]
