"""One text of a version: its README, a changelog, or a file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import size
from tgtui.data.packages.detail import package_detail
from tgtui.data.views.packages import PackageDetail
from tgtui.registries.archives.files import PackageText
from tgtui.registries.base import FetchProgress
from tgtui.screens.base.commands import bindings
from tgtui.screens.base.opening import OpenFiles, OpenPages, OpenReadme
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.package.reading.commands import (
    FindInText,
    NextPlace,
    PlaceBefore,
    ShowChangelog,
    ShowContents,
    ShowFiles,
    ShowLinks,
)
from tgtui.screens.package.reading.dialogs import ContentsScreen, LinksScreen
from tgtui.screens.package.reading.find_bar import TextFindBar
from tgtui.screens.package.reading.links import Target, target_of
from tgtui.services.files import NotThere
from tgtui.widgets.content import MAX_NAME, MAX_VERSION, safe
from tgtui.widgets.find_bar import FindBar, FindInput
from tgtui.widgets.keys import key
from tgtui.widgets.labels import MUTED, key_does
from tgtui.widgets.lists.pane import LinePane
from tgtui.widgets.packages.reading.contents import Contents, Heading, contents_of
from tgtui.widgets.packages.reading.text import readable
from tgtui.widgets.packages.reading.view import TextView

ORIGINS = {
    "document": "from the registry's document",
    "archive": "from the archive",
    "file": "from the registry",
}


class ReadmeScreen(BaseScreen):
    """Reads it once: what was published doesn't change."""

    AUTO_FOCUS = "#text-view"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ShowContents,
        FindInText,
        NextPlace,
        PlaceBefore,
        ShowLinks,
        ShowFiles,
        ShowChangelog,
    )

    def __init__(self, wanted: OpenReadme) -> None:
        super().__init__()
        self._wanted = wanted
        self._detail: PackageDetail | None = None
        self._text: PackageText | None = None
        self._contents = Contents()
        self._files: frozenset[str] | None = None
        """Of the version; None until a link needs them."""
        self._view = TextView(id="text-view")
        self._pane = LinePane(self._view, "", id="text")
        self._find_bar = TextFindBar()

    def compose_body(self) -> Iterable[Widget]:
        yield self._pane
        yield self._find_bar

    def on_mount(self) -> None:
        self._pane.wait()

    def place(self) -> Content:
        detail = self._detail
        if detail is None:
            return Content("")
        wanted = self._wanted
        what = (
            f"changelog since {wanted.since}"
            if wanted.since
            else "changelog"
            if wanted.is_changelog
            else wanted.path or "README"
        )
        return Content.assemble(
            safe(f"{detail.registry}:{detail.name}", MAX_NAME),
            safe(f"@{wanted.version}", MAX_VERSION),
            (" › ", MUTED),
            safe(what, MAX_NAME),
        )

    async def refresh_live(self) -> None:
        if self._detail is not None:
            return
        self._detail = await self.read(package_detail, self._wanted.package_id)
        self.draw_frame()
        if self._detail is None:
            self._pane.say(Content("The package is no longer in the catalogue."))
        else:
            self.start("text", self._open, self._detail)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "focus_search":
            return False  # its key finds in the text
        if action == "show_contents":
            return bool(self._contents.headings)
        if action == "find":
            return self._text is not None
        if action == "hit":
            return self._find_bar.has_hits
        if action == "show_files":
            return self._has_files
        if action == "show_changelog":
            return self._has_files and not (self._wanted.is_changelog or self._wanted.since)
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        if action == "show_contents" and self._text is not None:
            return "The text has no headings."
        if action == "hit":
            return f"Find something first: {key('readme.find')} asks for words."
        if action == "show_files" and self._detail is not None:
            return self.catalogue.files.why_none(self._detail.registry)
        return ""

    @property
    def _has_files(self) -> bool:
        return self._detail is not None and not self.catalogue.files.why_none(self._detail.registry)

    async def _open(self, detail: PackageDetail) -> None:
        try:
            text = await self._fetch(detail)
        except TgtuiError as error:
            self._say_why(error, detail)
            return
        read = await asyncio.to_thread(readable, text.text, is_markdown=text.is_markdown)
        self._text = text
        self._view.show(read)
        self._pane.say(None)
        self._pane.entitle(self._title(text))
        self._pane.note(safe(" ".join(text.notes), 400) if text.notes else None)
        self._locate()
        self.refresh_bindings()
        if text.is_markdown:
            self._contents = await asyncio.to_thread(contents_of, read)
            self.refresh_bindings()

    async def _fetch(self, detail: PackageDetail) -> PackageText:
        files, wanted = self.catalogue.files, self._wanted
        package = (detail.registry, detail.name)
        tell = self._tell_progress
        if wanted.path is not None:
            return await files.text(*package, wanted.version, wanted.path, tell)
        if wanted.since is not None:
            return await files.changes(*package, wanted.since, wanted.version, tell)
        if wanted.is_changelog:
            return await files.changelog(*package, wanted.version, tell)
        return await files.readme(*package, wanted.version, tell)

    def _tell_progress(self, progress: FetchProgress) -> None:
        of = f" of {size(progress.total)}" if progress.total else ""
        self._pane.say(Content.styled(f"downloading {size(progress.received)}{of}…", MUTED))

    def _say_why(self, error: TgtuiError, detail: PackageDetail) -> None:
        is_absent = isinstance(error, NotThere)
        parts = [safe(str(error), 600, style="" if is_absent else "$text-error")]
        if is_absent and (page := detail.homepage or detail.repository):
            parts.append(safe(f"Its homepage: {page}", 400, style=MUTED))
        parts.append(key_does(key("readme.links"), "opens the package's pages"))
        if self._has_files and is_absent:
            parts.append(key_does(key("readme.files"), "shows its files"))
        self._pane.say(Content("\n\n").join(parts))
        self.refresh_bindings()

    def _title(self, text: PackageText) -> Content:
        origin = ORIGINS[text.origin]
        proof = f", {text.proof} as stated" if text.proof else ""
        return Content.assemble(
            safe(text.path, MAX_NAME), (f" · {size(text.size)} · {origin}{proof}", MUTED)
        )

    @on(TextView.Moved)
    def _locate(self) -> None:
        is_open = self._text is not None
        self._pane.locate(Content(f"{self._view.percent} %" if is_open else ""))

    # Contents and links.

    def action_show_contents(self) -> None:
        headings = self._contents.headings
        dialog = ContentsScreen(headings, self._view.current(headings))
        self.app.push_screen(dialog, self._go_to_heading)

    def _go_to_heading(self, heading: Heading | None) -> None:
        if heading is not None:
            self._view.go_to(heading)

    def action_show_links(self) -> None:
        links = self._view.links_in_sight() if self._text is not None else []
        if links:
            self.act("links", self._show_links, links)
        elif self._text is not None:
            self.tell("There are no links on the screen.")
        elif self._detail is not None:
            self.app.open(OpenPages(self._detail))

    @on(TextView.LinkClicked)
    def _clicked(self, event: TextView.LinkClicked) -> None:
        self.act("links", self._show_links, [(event.text, event.link)])

    async def _show_links(self, links: Sequence[tuple[str, str]]) -> None:
        """Opens nothing yet: people see first where each leads."""
        detail, text = self._detail, self._text
        assert detail is not None
        assert text is not None
        if self._files is None and any(_is_relative(link) for _text, link in links):
            self._files = await self._paths(detail)
        targets = [
            target_of(words, link, within=text, files=self._files, repository=detail.repository)
            for words, link in links
        ]
        self.app.push_screen(LinksScreen(targets), self._follow)

    async def _paths(self, detail: PackageDetail) -> frozenset[str] | None:
        try:
            found = await self.catalogue.files.listing(
                detail.registry, detail.name, self._wanted.version
            )
        except TgtuiError:  # then the file itself says why it can't be opened
            return None
        return frozenset(file.path for file in found.installed)

    def _follow(self, target: Target | None) -> None:
        if target is None:
            return
        if target.kind == "page":
            self.app.open_url(target.address)
        elif target.kind == "file":
            wanted = self._wanted
            self.app.open(OpenReadme(wanted.package_id, wanted.version, path=target.address))
        elif target.kind == "heading":
            place = self._contents.places.get(target.address.lower())
            if place is None:
                self.tell(f"There is no heading #{target.address} in this text.")
            else:
                self._view.go_to(place)
        else:
            self.tell(f"{target.address}: {target.warning}.")

    def action_show_files(self) -> None:
        self.app.open(OpenFiles(self._wanted.package_id, self._wanted.version))

    def action_show_changelog(self) -> None:
        wanted = self._wanted
        self.app.open(OpenReadme(wanted.package_id, wanted.version, is_changelog=True))

    # Finding.

    def action_find(self) -> None:
        self._find_bar.open()

    def action_hit(self, step: int) -> None:
        self._find_bar.step(step)

    def action_back(self) -> None:
        """The search first, if there is one."""
        if self._find_bar.is_open:
            self._end_find()
        else:
            super().action_back()

    @on(FindBar.Sought)
    def _sought(self, event: FindBar.Sought) -> None:
        self.seek("find", self._find, event.text)

    @on(FindBar.Taken)
    def _taken(self) -> None:
        if self._find_bar.has_hits:
            self._view.focus()
            self._find_bar.step(1)

    @on(TextFindBar.GoTo)
    def _go_to_hit(self, event: TextFindBar.GoTo) -> None:
        self._view.go_to_hit(event.piece, event.ordinal)

    @on(FindInput.Left)
    def _left(self) -> None:
        self._end_find()

    def _end_find(self) -> None:
        self._find_bar.close()
        self._view.focus()
        self.seek("find", self._find, "")

    async def _find(self, text: str) -> None:
        hits = await self._view.find(text)
        self._find_bar.show(hits)
        self.refresh_bindings()


def _is_relative(link: str) -> bool:
    return not link.startswith(("#", "//")) and "://" not in link and not link.startswith("mailto:")
