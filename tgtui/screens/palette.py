"""The palette's entries: every action of the screen with its key, imports, themes, and packages to go to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from uuid import UUID

from textual import on
from textual.binding import Binding
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.dom import DOMNode
from textual.timer import Timer
from textual.widgets import Input

from tgtui.basics.errors import TgtuiError
from tgtui.basics.text import clean
from tgtui.data.views.packages import PackageRow
from tgtui.registries.registered import REGISTERED
from tgtui.registries.registration import registration
from tgtui.screens.base.opening import OpenAdvisory, Opening, OpenPackage
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.dialogs.dialog import Closing
from tgtui.syntax.measures import read_advisory
from tgtui.syntax.query import parse_search
from tgtui.syntax.reference import PackageReference
from tgtui.widgets.content import safe
from tgtui.widgets.line_input import BLINK_S, BLINKS

PACKAGES_OFFERED = 6
PACKAGE_SCORE = 0.1
"""Of a package that the catalogue finds but the palette's own matching does not."""
RENAMED_SCORE = 0.5
"""Of a package with another name that was called exactly what was typed."""
GO_TO = "go to "
ADVISORY = "advisory:"
NOT_OFFERED = frozenset({"command_palette"})


def declare_keys() -> None:
    """Of all screens: sentences name keys of screens that were not opened yet."""
    import tgtui.screens.package.commands
    import tgtui.screens.package.reading.commands
    import tgtui.screens.requests.commands
    import tgtui.screens.tags.commands
    import tgtui.screens.tree.commands  # noqa: F401


class Palette(Closing, CommandPalette):
    """Textual's own; keys wait for what they act on, and move nothing in an empty list. Its cursor rests like that of
    any line here."""

    def __init__(self) -> None:
        super().__init__(id="--command-palette")
        self._resting: Timer | None = None

    def on_mount(self) -> None:
        self._wake()

    @on(Input.Changed)
    def _wake(self) -> None:
        """The cursor blinks for a while after the last letter."""
        if self._resting is not None:
            self._resting.stop()
        self.query_one(Input).cursor_blink = True
        self._resting = self.set_timer(BLINKS * BLINK_S, self._rest)

    def _rest(self) -> None:
        self.query_one(Input).cursor_blink = False

    def is_behind(self, action: str, *, is_seeking: bool) -> bool:
        """What is typed is still being looked for."""
        groups = (worker.group for worker in self.workers if not worker.is_finished)
        return is_seeking or self._GATHER_COMMANDS_GROUP in groups

    def _action_command_list(self, action: str) -> None:
        # How much a page is, Textual knows only when the list is laid out; the rest needs no layout.
        if self.query_one(CommandList).size or "page" not in action:
            super()._action_command_list(action)


class ActionProvider(Provider):
    """Made from the bindings, so that an action has one name everywhere. Hides actions that can't run now."""

    async def discover(self) -> Hits:
        for text, action in self._entries():
            yield DiscoveryHit(self._shown(Content(text), action), partial(self._run, action), text)
        for text, registry in self._imports():
            yield DiscoveryHit(Content(text), partial(self._import, registry), text)
        yield DiscoveryHit(Content("Change theme"), self._themes, "Change theme")

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for text, action in self._entries():
            # Also by the word of the key line: "export" finds what is described as writing a file.
            if (score := max(matcher.match(text), matcher.match(action.description))) > 0:
                shown = self._shown(matcher.highlight(text), action)
                yield Hit(score, shown, partial(self._run, action), text)
        for text, registry in self._imports():
            if (score := matcher.match(text)) > 0:
                yield Hit(score, matcher.highlight(text), partial(self._import, registry), text)
        if (score := matcher.match("Change theme")) > 0:
            yield Hit(score, matcher.highlight("Change theme"), self._themes, "Change theme")
        for row in await self._packages(query):
            name = clean(f"{row.registry}:{row.name}", 120)
            score = max(matcher.match(name), PACKAGE_SCORE)
            yield Hit(score, safe(f"Go to {name}"), partial(self._go_to, row.id), name)
        if (found := await self._advisory(query)) is not None:
            shown = safe(f"Open the advisory {clean(found.name, 80)}")
            yield Hit(1.0, shown, partial(self._open, found), clean(found.name, 80))
        for own, package_id in await self._renamed(query):
            asked = clean(query.removeprefix(GO_TO), 80)
            shown = safe(f"Go to {own}, as {asked} is now called")
            yield Hit(RENAMED_SCORE, shown, partial(self._go_to, package_id), clean(own, 120))

    @property
    def _live(self) -> BaseScreen | None:
        """The screen below, once its catalogue is open."""
        screen = self.screen
        return screen if isinstance(screen, BaseScreen) and screen.is_live else None

    def _entries(self) -> Iterator[tuple[str, Binding]]:
        said: set[str] = set()
        for node in (self.screen, self.app):  # the screen's own first
            for binding in declared_bindings(type(node)):
                if binding.action in said or binding.action in NOT_OFFERED or not binding.tooltip:
                    continue
                said.add(binding.action)
                name, parameters = _parsed(binding.action)
                if node.check_action(name, parameters):
                    yield binding.tooltip, binding

    def _imports(self) -> Iterator[tuple[str, str]]:
        """(text, registry) for each registry that has an index to import."""
        if self._live is not None and self._live.catalogue.principal.can("worker"):
            for registry in REGISTERED:
                if registration(registry).is_indexed:
                    yield f"Import every package of {registry}", registry

    def _import(self, registry: str) -> None:
        from tgtui.screens.dialogs.importing import ImportScreen

        if self._live is not None:
            self.app.push_screen(ImportScreen(self._live.catalogue.import_index(registry)))

    def _shown(self, text: Content, binding: Binding) -> Content:
        key = binding.key.split(",")[0]
        settings: dict[str, str] = getattr(getattr(self.app, "settings", None), "keys", {})
        given = settings.get(binding.id or "")
        display = clean(given) if given else self.app.get_key_display(_with_key(binding, key))
        # The terminal's own colours are lost on the line under the cursor.
        style = "bold" if self.app.native_ansi_color else "bold $text-accent"
        return Content.assemble(text, "  ", Content.styled(display, style))

    async def _run(self, binding: Binding) -> None:
        is_of_app = any(binding is each for each in declared_bindings(type(self.app)))
        await self.app.run_action(binding.action, self.app if is_of_app else self.screen)

    def _themes(self) -> None:
        from tgtui.screens.dialogs.menus import ThemeScreen

        self.app.push_screen(ThemeScreen(sorted(self.app.available_themes), self.app.theme))

    async def _packages(self, text: str) -> tuple[PackageRow, ...]:
        if self._live is None:
            return ()
        account_id = self._live.catalogue.principal.account_id
        query = parse_search(text.removeprefix(GO_TO)).asked_by(account_id)
        if not query.words:
            return ()
        from tgtui.data.search.results import search_packages

        try:
            page = await self._live.read(search_packages, query, limit=PACKAGES_OFFERED)
        except TgtuiError:  # the screen behind shows it
            return ()
        return page.rows

    async def _renamed(self, text: str) -> list[tuple[PackageReference, UUID]]:
        """Packages that have exactly this as another name."""
        if self._live is None:
            return []
        try:
            return await self._live.catalogue.renamed(text.removeprefix(GO_TO))
        except TgtuiError:  # the screen behind shows it
            return []

    async def _advisory(self, text: str) -> OpenAdvisory | None:
        """The advisory of this id, with `advisory:` before it or not."""
        name = read_advisory(text.removeprefix(GO_TO).removeprefix(ADVISORY).strip())
        if self._live is None or "-" not in name:
            return None
        from tgtui.data.versions.advisories.naming import advisory_named

        try:
            id = await self._live.read(advisory_named, name)
        except TgtuiError:  # the screen behind shows it
            return None
        return OpenAdvisory(id, name) if id is not None else None

    def _go_to(self, package_id: UUID) -> None:
        self._open(OpenPackage(package_id))

    def _open(self, what: Opening) -> None:
        if isinstance(self.screen, BaseScreen):
            self.screen.app.open(what)


def declared_bindings(kind: type[DOMNode]) -> Iterator[Binding]:
    """What a class and its bases declare, letters included that a text box takes."""
    for each in kind.__mro__:
        for binding in each.__dict__.get("BINDINGS", ()):
            if isinstance(binding, Binding):
                yield binding


def _with_key(binding: Binding, key: str) -> Binding:
    return Binding(key, binding.action, key_display=binding.key_display)


def _parsed(action: str) -> tuple[str, tuple[object, ...]]:
    from textual.actions import parse

    _namespace, name, parameters = parse(action)
    return name, parameters
