"""The Textual app: wires the services to the screens, nothing else.

The search screen is painted first; the catalogue, and with it the database's libraries, comes after.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from rich.color import ColorSystem
from textual import events, on
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.dom import DOMNode
from textual.driver import Driver
from textual.filter import LineFilter

from tgtui.basics import clock, memory
from tgtui.basics.errors import ScreensEnded, TgtuiError
from tgtui.basics.leaving import HANG_UP
from tgtui.basics.settings import Settings
from tgtui.screens.base import opening
from tgtui.screens.base.commands import LogIn, Quit, ShowAccount, Suspend, bindings
from tgtui.screens.base.keys import clashing
from tgtui.screens.base.mending import mend
from tgtui.screens.base.opening import Opening
from tgtui.screens.base.screen import BaseScreen, Shell
from tgtui.screens.catalogue import Opener, open_catalogue, tell_backup
from tgtui.screens.opened import screen_of
from tgtui.screens.search.screen import SearchScreen
from tgtui.screens.terminal.theme import DARK, THEMES, colourless, variable_defaults
from tgtui.widgets import keys

if TYPE_CHECKING:
    from tgtui.data.views.packages import PackageDetail
    from tgtui.screens.dialogs.menus import Choice
    from tgtui.screens.dialogs.tag_picker import TagsChanged
    from tgtui.screens.terminal.driver import TerminalDriver
    from tgtui.services.catalogue import Catalogue

LEAVE_S = 5.0
"""Seconds after a signal until whatever keeps the screens from closing is cancelled."""
TICK_S = 60
"""How often ages such as "12 min ago" are updated, and what is shown is loaded again."""
LEFT_BUTTON = 1
LOOK_S = 1.0
"""Seconds between two looks whether the terminal is still there."""

log = logging.getLogger("tgtui.screens")


def _palette() -> type[Provider]:
    from tgtui.screens.palette import ActionProvider

    return ActionProvider


def _declare_keys() -> None:
    from tgtui.screens.palette import declare_keys

    declare_keys()


class TgtuiApp(Shell):
    """Tests pass `opener`, `clock` and `stopwatch`."""

    TITLE = "TechGarden"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_palette}
    BINDINGS: ClassVar[list[BindingType]] = bindings(LogIn, ShowAccount, Suspend, Quit)

    def __init__(
        self,
        settings: Settings,
        opener: Opener = open_catalogue,
        *,
        clock: Callable[[], datetime] = clock.now,
        stopwatch: Callable[[], float] = time.perf_counter,
    ) -> None:
        mend()
        keys.use(settings.keys, _declare_keys)
        super().__init__()
        self.settings = settings
        self.left_by = 0
        """The signal to leave, or 0."""
        self._leave: Callable[[], None] | None = None
        self.failure: TgtuiError | None = None
        """Why the catalogue could not be opened; the app has exited then."""
        self.crash: Exception | None = None
        """What nobody expected, and ended the screens."""
        self.stopwatch = stopwatch
        self._collector: memory.Collector | None = None
        self._opener = opener
        self._clashes: set[str] = set()
        self._clock = clock
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = settings.theme if settings.theme in self.available_themes else DARK.name

    def get_default_screen(self) -> SearchScreen:
        return SearchScreen()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults(self.current_theme.to_color_system().generate())

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = super().get_line_filters()
        return colourless(filters, self.native_ansi_color) if self.no_color else filters

    def get_key_display(self, binding: Binding) -> str:
        return super().get_key_display(binding).replace("⏎", "enter")  # few fonts have the sign

    def now(self) -> datetime:
        return self._clock()

    def on_mount(self) -> None:
        if self.settings.keys:
            self.set_keymap(self.settings.keys)
        if self.settings.theme not in self.available_themes:
            name = self.settings.theme
            self.tell(
                f"There is no theme {name!r}; {keys.PALETTE}, Change theme lists them all.",
                "warning",
            )
        if self._terminal is not None:
            self.set_interval(LOOK_S, self._terminal.look)
        # A timer of the screen's own would keep the screen in memory until it is over, also a stopped one.
        self.set_interval(TICK_S, self._tick)
        opening: Any = self._open
        self.call_after_refresh(self.run_worker, opening)

    def _tick(self) -> None:
        for screen in self._screens():
            screen.hint()

    def get_driver_class(self) -> type[Driver]:
        found = super().get_driver_class()
        if found.__name__ != "LinuxDriver":
            return found
        from tgtui.screens.terminal.driver import TerminalDriver

        return TerminalDriver

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.MouseDown | events.MouseUp) and event.button > LEFT_BUTTON:
            return  # the other buttons mean nothing here
        if self._collector is not None and isinstance(event, events.InputEvent):
            self._collector.pressed()
        await super().on_event(event)

    @on(Driver.SignalResume)
    def _paint_again(self) -> None:
        """Nothing of the screen is left after the shell had it."""
        self.screen.refresh(layout=True)

    def pop_screen(self) -> AwaitComplete:
        if self._collector is not None:
            self._collector.closed(self.screen)
        return super().pop_screen()

    async def run_until_left(self) -> None:
        """Run in this terminal until someone quits, or a signal asks to leave."""
        loop, running = asyncio.get_running_loop(), asyncio.current_task()
        assert running is not None

        def cancel() -> None:
            if self.is_running:  # else it is being closed, which must not be cancelled
                running.cancel()

        def end() -> None:
            if self._terminal is not None:
                self._terminal.leave()
            self.exit(return_code=128 + self.left_by)
            loop.call_later(LEAVE_S, cancel)

        def leave() -> None:
            loop.call_soon_threadsafe(end)

        self._leave = leave
        if not self.left_by:
            await self.run_async()

    def leave(self, number: int) -> None:
        """Quit because of a signal; within its handler, at any moment. Further ones change nothing."""
        if self.left_by:
            return
        self.left_by = number
        if self._terminal is not None:
            self._terminal.leave()  # the loop may be waiting for it
        if self._leave is not None:
            self._leave()

    def _handle_exception(self, error: Exception) -> None:
        """Textual's own prints a page with the values of variables, and leaves no line in the log."""
        log.critical("the screens ended", exc_info=error)
        self._return_code = ScreensEnded.exit_code
        if self.crash is None:
            self.crash = self._exception = error
            self._exception_event.set()
        self._close_messages_no_wait()

    def on_terminal_gone(self) -> None:
        self.leave(HANG_UP)

    def _display(self, screen: Any, renderable: Any) -> None:
        """Textual's own writes each frame in full, and has them wait in a queue."""
        terminal = self._terminal
        if terminal is None or not isinstance(renderable, (LayoutUpdate, ChopsUpdate)):
            super()._display(screen, renderable)
            return
        if self._running and not (self._closed or self._batch_count):
            size = self.screen.outer_size
            terminal.show(
                renderable,
                size,
                size.clamp_offset(self.cursor_position),
                self.console._color_system or ColorSystem.TRUECOLOR,
                is_synchronized=self._sync_available,
            )
        self.post_display_hook()

    @property
    def is_terminal_stuck(self) -> bool:
        """Whether something still waits to be written to a terminal that reads nothing."""
        return self._terminal is not None and self._terminal.is_stuck

    @property
    def _terminal(self) -> TerminalDriver | None:
        """None on Windows, and without a terminal."""
        if sys.platform == "win32":
            return None
        from tgtui.screens.terminal.driver import TerminalDriver

        return self._driver if isinstance(self._driver, TerminalDriver) else None

    async def on_unmount(self) -> None:
        """Returns unfinished requests to the queue."""
        if self._collector is not None:
            self._collector.stop()
        catalogue, self.catalogue = self.catalogue, None
        if catalogue is not None:
            await catalogue.close()

    def action_command_palette(self) -> None:
        from tgtui.screens.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def handle_bindings_clash(self, clashed_bindings: set[Binding], node: Any) -> None:
        """The settings put two actions on one key: say so once; the first one keeps the key."""
        names = ", ".join(clashing(clashed_bindings, self.settings.keys))
        if names and names not in self._clashes:
            self._clashes.add(names)
            self.tell(f"The settings assign one key to several actions: {names}.", "warning")

    def open(self, what: Opening) -> None:
        """A screen of its own, or a dialog that this app answers."""
        match what:
            case opening.OpenSearch(query):
                self._go_to_search(query)
            case opening.OpenAddProject():
                self._open_add_project()
            case opening.OpenAsk(text):
                self._open_ask(text)
            case opening.OpenTagPicker(package_ids, title):
                self._open_tag_picker(package_ids, title)
            case opening.OpenCopies(registry, name, version):
                self._open_copies(registry, name, version)
            case opening.OpenPages(detail):
                self._open_pages(detail)
            case opening.OpenHelp():
                self._open_help()
            case _:
                self._open_screen(what)

    def _open_screen(self, what: Opening) -> None:
        """What is opened without saying of what, there is only one of."""
        screen = screen_of(what)
        is_the_one = not what.__struct_fields__ and type(screen) is type(self.screen)
        if screen is not None and not is_the_one:
            self.push_screen(screen)

    def _open_add_project(self) -> None:
        from tgtui.screens.account.projects.screen import ProjectsScreen

        self.open(opening.OpenProjects())
        if isinstance(self.screen, ProjectsScreen):
            self.screen.ask_folder()

    def _go_to_search(self, query: str | None) -> None:
        while len(self.screen_stack) > 1 and not isinstance(self.screen, SearchScreen):
            self.pop_screen()
        if isinstance(self.screen, SearchScreen):
            self.screen.focus_box()
            if query is not None:
                self.screen.write(query)

    def _open_ask(self, text: str) -> None:
        from tgtui.screens.dialogs.ask import AskScreen
        from tgtui.syntax.reference import references_in

        asking = self.screen

        def written(names: str | None) -> None:
            if names and isinstance(asking, BaseScreen):
                asking.act("ask", asking.ask_for_all, references_in(names))

        self.push_screen(AskScreen(text), written)

    def _open_tag_picker(self, package_ids: Sequence[UUID], title: str) -> None:
        from tgtui.data.storage.reader import Reader
        from tgtui.screens.dialogs.tag_picker import TagScreen

        catalogue = self.catalogue
        if catalogue is None:
            return
        asking = self.screen
        read = Reader(lambda: catalogue.database)

        def changed(told: TagsChanged | None) -> None:
            if told is not None and isinstance(asking, BaseScreen):
                asking.tell(told.sentence, is_error=told.is_partial)
                asking.hint()

        picker = TagScreen(title, package_ids, read, catalogue.curating, self.now())
        self.push_screen(picker, changed)

    def _open_copies(self, registry: str, name: str, version: str | None) -> None:
        from tgtui.screens.dialogs.menus import MenuScreen, copy_choices

        choices = copy_choices(registry, name, version)
        self.push_screen(MenuScreen("Copy", "copies", choices), self._copy)

    def _copy(self, choice: Choice | None) -> None:
        if choice is not None:
            self.copy_to_clipboard(choice.text)
            self.tell(f"Copied: {choice.text}")

    def _open_pages(self, detail: PackageDetail) -> None:
        from tgtui.screens.dialogs.menus import MenuScreen, open_choices

        choices = open_choices(detail)
        if choices:
            self.push_screen(MenuScreen("Open", "opens the browser", choices), self._browse)
        else:
            self.tell("The package has no web pages to open.")

    def _browse(self, choice: Choice | None) -> None:
        if choice is not None:
            self.open_url(choice.text)

    def _open_help(self) -> None:
        from tgtui.screens.dialogs.help import HelpScreen, Place, help_groups, lacking_roles

        screen = self.screen

        def place_of(node: DOMNode) -> Place:
            return "app" if node is self else "screen" if node is screen else "here"

        groups = help_groups(screen.active_bindings.values(), place_of, self.get_key_display)
        person = self.catalogue.principal if self.catalogue is not None else None
        self.push_screen(HelpScreen(groups, lacking_roles(person)))

    def go_live(self, catalogue: Catalogue) -> None:
        """From here on screens may read."""
        self.catalogue = catalogue
        if catalogue.following is not None:
            from tgtui.screens.account.notices import LoginNotices

            LoginNotices(catalogue, self.tell, changed=self._person_changed)
        for screen in self._screens():
            screen.go_live()
        self._start_worker(catalogue)
        tell_backup(catalogue.backup, self.tell, self.size.width)
        if not catalogue.principal.can("authenticated"):
            from tgtui.identity.roles import lacking

            self.tell(lacking(catalogue.principal, "authenticated"), "warning")

    def _person_changed(self) -> None:
        """The text that was typed and the place people are at stay; other keys work."""
        if self.catalogue is None:
            return
        self._start_worker(self.catalogue)
        for screen in self.screen_stack:
            screen.refresh_bindings()
        for screen in self._screens():
            screen.draw_frame()
            screen.hint()

    def _screens(self) -> list[BaseScreen]:
        """Those that are open, without dialogs."""
        return [screen for screen in self.screen_stack if isinstance(screen, BaseScreen)]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without an OpenID provider there is nothing to log in to, which the account says; without a shell no one
        continues the program."""
        if action == "suspend":
            return self._terminal is not None
        if action in {"log_in", "show_account"}:
            session = self.catalogue.session if self.catalogue is not None else None
            is_login = session is not None and session.person.identity is None
            return self.catalogue is not None and is_login == (action == "log_in")
        return super().check_action(action, parameters)

    def action_suspend(self) -> None:
        if self._terminal is not None:
            self._terminal.suspend()

    def action_log_in(self) -> None:
        from tgtui.screens.account.login import LoginScreen

        if self.catalogue is not None and self.catalogue.session is not None:
            self.push_screen(LoginScreen(self.catalogue.session))

    def action_show_account(self) -> None:
        from tgtui.screens.account.account import AccountScreen
        from tgtui.services.login import who_am_i

        catalogue = self.catalogue
        if catalogue is not None:
            session, is_sqlite = catalogue.session, catalogue.database.is_sqlite
            who = who_am_i(catalogue.principal, session, is_sqlite=is_sqlite)
            self.push_screen(AccountScreen(session, who))

    def _start_worker(self, catalogue: Catalogue) -> None:
        if catalogue.settings.worker.enabled and catalogue.principal.can("worker"):
            # What is on the screen is read first: the worker's libraries take as long to import as that.
            screens = self._screens()
            catalogue.start_worker(after=screens[-1].shown if screens else None)

    async def _open(self) -> None:
        try:
            catalogue = await self._opener(self.settings)
            self._collect_between_keys()
            self.go_live(catalogue)
        except TgtuiError as error:
            self.failure = error
            self.exit(return_code=error.exit_code)

    def _collect_between_keys(self) -> None:
        """Not sooner: while the program is loaded there is nothing to collect, and much to walk."""
        if not self.is_headless:
            self._collector = memory.Collector(
                lambda: len(self.screen_stack) == 1, lambda screen: not screen.is_running
            )
            self._collector.start()
