"""The palette's entries: every action of the screen with its key, themes, and packages to go to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import UUID

from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen

from tgtui.basics.errors import TgtuiError
from tgtui.basics.text import clean
from tgtui.data.views.packages import PackageRow
from tgtui.registries.registered import REGISTERED
from tgtui.registries.registration import registration
from tgtui.screens.base.opening import OpenPackage
from tgtui.screens.base.screen import BaseScreen
from tgtui.syntax.query import parse_search
from tgtui.syntax.reference import PackageReference
from tgtui.widgets.content import safe

PACKAGES_OFFERED = 6
PACKAGE_SCORE = 0.1
"""Of a package that the catalogue finds and the palette's own matching does not."""
RENAMED_SCORE = 0.5
"""Of a package that goes by exactly what was typed, though it is called otherwise."""
GO_TO = "go to "
NOT_OFFERED = frozenset({"command_palette"})


class ActionProvider(Provider):
    """Made from the bindings, so that an action has one name everywhere. Hides what can't run now."""

    async def discover(self) -> Hits:
        for text, action in self._entries():
            yield DiscoveryHit(self._shown(Content(text), action), partial(self._run, action), text)
        for text, registry in self._imports():
            yield DiscoveryHit(Content(text), partial(self._import, registry), text)
        yield DiscoveryHit(Content("Change theme"), self._themes, "Change theme")

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for text, action in self._entries():
            # By the word of the key line too: "export" for what is described as writing a file.
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
        for own, package_id in await self._renamed(query):
            asked = clean(query.removeprefix(GO_TO), 80)
            shown = safe(f"Go to {own}, which {asked} is now")
            yield Hit(RENAMED_SCORE, shown, partial(self._go_to, package_id), clean(own, 120))

    def _entries(self) -> Iterator[tuple[str, Binding]]:
        said: set[str] = set()
        for node, binding in screen_bindings(self.screen):
            text = binding.tooltip or binding.description
            if binding.action in said or binding.action in NOT_OFFERED or not binding.tooltip:
                continue
            said.add(binding.action)
            name, parameters = _parsed(binding.action)
            if node.check_action(name, parameters):
                yield text, binding

    def _imports(self) -> Iterator[tuple[str, str]]:
        """(text, registry) for each registry that has an index to import."""
        screen = self.screen
        if not isinstance(screen, BaseScreen) or not screen.is_live:
            return
        if screen.catalogue.principal.can("worker"):
            for registry in REGISTERED:
                if registration(registry).is_indexed:
                    yield f"Import every package of {registry}", registry

    def _import(self, registry: str) -> None:
        from tgtui.screens.dialogs.importing import ImportScreen

        screen = self.screen
        if isinstance(screen, BaseScreen) and screen.is_live:
            self.app.push_screen(ImportScreen(screen.catalogue.import_index(registry)))

    def _shown(self, text: Content, binding: Binding) -> Content:
        key = binding.key.split(",")[0]
        settings: dict[str, str] = getattr(getattr(self.app, "settings", None), "keys", {})
        given = settings.get(binding.id or "")
        display = clean(given) if given else self.app.get_key_display(_with_key(binding, key))
        return Content.assemble(text, "  ", Content.styled(display, "bold $text-accent"))

    async def _run(self, binding: Binding) -> None:
        is_of_app = any(binding is each for each in _declared(self.app))
        await self.app.run_action(binding.action, self.app if is_of_app else self.screen)

    def _themes(self) -> None:
        from tgtui.screens.dialogs.menus import ThemeScreen

        self.app.push_screen(ThemeScreen(sorted(self.app.available_themes), self.app.theme))

    async def _packages(self, text: str) -> tuple[PackageRow, ...]:
        screen = self.screen
        query = parse_search(text.removeprefix(GO_TO))
        if not isinstance(screen, BaseScreen) or not screen.is_live or not query.words:
            return ()
        from tgtui.data.search.results import search_packages

        try:
            page = await screen.catalogue.database.read(
                search_packages, query, limit=PACKAGES_OFFERED
            )
        except TgtuiError:  # the screen behind says it
            return ()
        return page.rows

    async def _renamed(self, text: str) -> list[tuple[PackageReference, UUID]]:
        """Packages that go by this very name, which is not their own."""
        screen = self.screen
        if not isinstance(screen, BaseScreen) or not screen.is_live:
            return []
        try:
            return await screen.catalogue.renamed(text.removeprefix(GO_TO))
        except TgtuiError:  # the screen behind says it
            return []

    def _go_to(self, package_id: UUID) -> None:
        if isinstance(self.screen, BaseScreen):
            self.screen.app.open(OpenPackage(package_id))


def screen_bindings(screen: Screen[Any]) -> Iterator[tuple[DOMNode, Binding]]:
    """What a screen and its app declare, the screen's own first, letters included that a text box takes."""
    for node in (screen, screen.app):
        for binding in _declared(node):
            yield node, binding


def _declared(node: DOMNode) -> Iterator[Binding]:
    for kind in type(node).__mro__:
        for binding in kind.__dict__.get("BINDINGS", ()):
            if isinstance(binding, Binding):
                yield binding


def _with_key(binding: Binding, key: str) -> Binding:
    return Binding(key, binding.action, key_display=binding.key_display)


def _parsed(action: str) -> tuple[str, tuple[object, ...]]:
    from textual.actions import parse

    _namespace, name, parameters = parse(action)
    return name, parameters
