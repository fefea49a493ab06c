"""One advisory: what it says, whom it affects here, and through what the one under the cursor is brought."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from textual import on
from textual.binding import BindingType
from textual.content import Content

from tgtui.basics.formatting import counted
from tgtui.data.graph.dependents import nearest_reachers
from tgtui.data.versions.advisories.reading import (
    advisory_detail,
    affected_here,
    affected_versions,
    standings,
)
from tgtui.data.views.advisories import AdvisoryDetail, AffectedHere
from tgtui.output.advisories.words import trust
from tgtui.registries.base import REGISTRIES
from tgtui.screens.base.commands import bindings
from tgtui.screens.base.opening import OpenPackage, OpenTree
from tgtui.screens.base.work import start
from tgtui.screens.package.advisories.beside import ListBesideText
from tgtui.screens.package.advisories.commands import OpenAffected, ShowBringers
from tgtui.screens.package.advisories.text import Bringing, record_text
from tgtui.syntax.advisories.orders import registry_of
from tgtui.widgets.content import MAX_NAME, MAX_VERSION, safe
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.lists.pane import ListPane
from tgtui.widgets.lists.row_list import RowList

WAYS = 8
"""Packages that bring the affected one, each with its path."""
NONE = "No version in this catalogue is affected."
GONE = "This advisory is no longer in the catalogue."


class AdvisoryScreen(ListBesideText):
    """It follows the catalogue while it is open."""

    AUTO_FOCUS = "#affected-list"
    BINDINGS: ClassVar[list[BindingType]] = bindings(OpenAffected, ShowBringers)

    def __init__(self, advisory_id: UUID, name: str) -> None:
        """`name` is hostile text."""
        self._advisory_id = advisory_id
        self._name_of_advisory = name
        self._detail: AdvisoryDetail | None = None
        self._projects: list[tuple[str, str, str]] = []
        self._list = RowList[AffectedHere](
            [
                Column(
                    lambda row: safe(f"{row.registry}:{row.name}", MAX_NAME), share=3, tells=True
                ),
                Column(lambda row: safe(_up_to(row), MAX_VERSION), share=1, tells=True),
                Column(lambda row: safe(_mended(row), MAX_VERSION), share=2, from_width=44),
            ],
            key=lambda row: row.package_id,
            id="affected-list",
        )
        super().__init__(ListPane(self._list, "Affected here", id="affected"))

    def place(self) -> Content:
        return Content("advisory ") + safe(self._name_of_advisory, 100)

    async def refresh_live(self) -> None:
        self._detail = await self.read(advisory_detail, self._advisory_id)
        here = await self.read(affected_here, self._advisory_id)
        self._projects = await self.catalogue.projects.affected_by(self._advisory_id)
        self._list.set_rows(here)
        self._pane.locate(Content(counted(len(here), "package")))
        self._pane.say(None if here else Content(NONE if self._detail else GONE))
        self._pane.note(Content("\n").join(await self._fresh()))
        self._show()

    async def _fresh(self) -> list[Content]:
        """How far no one affected means anything, of each registry that it is about."""
        about = (
            {registry_of(each.ecosystem) for each in self._detail.affected} if self._detail else ()
        )
        by_registry, _by_package = await self.read(standings, (), REGISTRIES)
        return [
            safe(f"{registry}: {trust(by_registry[registry])}", 200)
            for registry in REGISTRIES
            if registry in about
        ]

    @on(RowList.Highlighted)
    def _show(self) -> None:
        start(self, "advisory", self._load)
        self.refresh_bindings()

    async def _load(self) -> None:
        row, detail = self._list.current, self._detail
        if detail is None:
            self._text.update("")
            return
        bringing = None
        if row is not None:
            versions = await self.read(affected_versions, detail.id, row.package_id)
            found, count = await self.read(nearest_reachers, versions, WAYS)
            bringing = Bringing(row, tuple(each.way for each in found), count)
        if row is self._list.current:
            self._text.update(record_text(detail, bringing, self._projects))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"open_affected", "show_bringers"}:
            return self._list.current is not None
        return super().check_action(action, parameters)

    @on(RowList.Selected)
    def action_open_affected(self) -> None:
        row = self._list.current
        if row is not None:
            self.app.open(OpenPackage(row.package_id, row.newest))

    def action_show_bringers(self) -> None:
        row = self._list.current
        if row is not None:
            self.app.open(OpenTree(row.newest_id, f"{row.name}@{row.newest}", is_upwards=True))


def _up_to(row: AffectedHere) -> str:
    newest = row.newest if row.versions == 1 else f"≤ {row.newest}"
    return f"{newest}, latest" if row.is_latest else newest


def _mended(row: AffectedHere) -> str:
    return f"fixed in {row.fixed_in}" if row.fixed_in else "not fixed"
