"""What threatens a version and all that it brings: each flaw, and the one under the cursor with its paths and who else
here is affected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from textual import on
from textual.binding import BindingType
from textual.content import Content

from tgtui.data.graph.audit import Threat, audit
from tgtui.data.packages.by_name import find_package
from tgtui.data.versions.advisories.naming import advisory_named
from tgtui.data.versions.advisories.reading import advisory_detail, affected_here
from tgtui.data.views.advisories import AdvisoryDetail, AffectedHere
from tgtui.output.advisories.words import gaps, paths_of, trust_of_audit
from tgtui.output.marks import advisories_in_short, through_in_words
from tgtui.screens.base.commands import bindings
from tgtui.screens.base.opening import OpenAdvisory, OpenPackage
from tgtui.screens.base.work import start
from tgtui.screens.package.advisories.beside import ListBesideText
from tgtui.screens.package.advisories.commands import OpenRecord, OpenThreatened
from tgtui.screens.package.advisories.text import advisory_text
from tgtui.widgets.content import MAX_NAME, MAX_VERSION, safe
from tgtui.widgets.labels import severity_label
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.lists.pane import ListPane
from tgtui.widgets.lists.row_list import RowList

WAYS = 5
"""Paths to each."""


class AdvisoriesScreen(ListBesideText):
    """It follows the catalogue while it is open."""

    AUTO_FOCUS = "#threats-list"
    BINDINGS: ClassVar[list[BindingType]] = bindings(OpenThreatened, OpenRecord)

    def __init__(self, version_id: UUID, name: str) -> None:
        """`name` is hostile text."""
        self._version_id = version_id
        self._name_of_version = name
        self._list = RowList[Threat](
            [
                Column(lambda row: severity_label(row.finding.severity), width=8),
                Column(lambda row: safe(row.name.name, MAX_NAME), share=3, tells=True),
                Column(lambda row: safe(row.name.version, MAX_VERSION), share=1, tells=True),
                Column(lambda row: safe(row.finding.flaw, 60), share=2, from_width=60),
            ],
            key=lambda row: (row.name, row.finding.flaw),
            id="threats-list",
        )
        super().__init__(ListPane(self._list, "Advisories", id="threats"))

    def place(self) -> Content:
        return safe(self._name_of_version, 100) + Content(" · advisories")

    async def refresh_live(self) -> None:
        found = await self.read(audit, self._version_id, ways=WAYS)
        if found is None:
            self._list.set_rows([])
            self._pane.say(Content("This version is no longer in the catalogue."))
            return
        self._list.set_rows(found.threats)
        ranks = [each.finding.severity for each in found.threats]
        in_short = advisories_in_short(ranks)
        is_checked = found.as_of is not None
        none_known = "none known" if is_checked else "not checked"
        self._pane.locate(Content(in_short or none_known))
        count, is_more = paths_of(found.threats)
        through = f"; {through_in_words(count, is_more=is_more)}" if count else ""
        fresh = f"{trust_of_audit(found)}{through}"
        none = "No advisories known." if is_checked else "Not checked for advisories."
        self._pane.say(None if found.threats else Content(none))
        told = [f"{fresh[:1].upper()}{fresh[1:]}."] if is_checked or found.threats else []
        notes = [safe(each, 300) for each in (*told, *gaps(found))]
        self._pane.note(Content("\n").join(notes))
        self._show()

    @on(RowList.Highlighted)
    def _show(self) -> None:
        start(self, "advisory", self._load)
        self.refresh_bindings()

    async def _load(self) -> None:
        threat = self._list.current
        if threat is None:
            self._text.update("")
            return
        detail: AdvisoryDetail | None = None
        here: Sequence[AffectedHere] = ()
        projects: list[tuple[str, str, str]] = []
        names = threat.finding.names
        id = await self.read(advisory_named, names[0]) if names else None
        if id is not None:
            detail = await self.read(advisory_detail, id)
        if id is not None and detail is not None:
            here = await self.read(affected_here, id)
            projects = await self.catalogue.projects.affected_by(id)
        if threat is self._list.current:
            self._text.update(advisory_text(threat, detail, here, projects))

    @on(RowList.Selected)
    async def action_open_threatened(self) -> None:
        threat = self._list.current
        if threat is not None:
            id = await self.read(find_package, threat.name.registry, threat.name.name)
            if id is not None:
                self.app.open(OpenPackage(id, threat.name.version))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "open_record":
            return self._list.current is not None
        return super().check_action(action, parameters)

    async def action_open_record(self) -> None:
        threat = self._list.current
        if threat is not None:
            id = await self.read(advisory_named, threat.finding.flaw)
            if id is not None:
                self.app.open(OpenAdvisory(id, threat.finding.flaw))
