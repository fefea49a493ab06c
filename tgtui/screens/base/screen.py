"""What every screen shares: the frame around it, the catalogue, live refreshes, the way back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec
from uuid import UUID

from textual import events, getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, Static

from tgtui.basics.errors import TgtuiError
from tgtui.basics.text import clean
from tgtui.data.storage.reader import Reader
from tgtui.screens.base.asking import outcome
from tgtui.screens.base.commands import (
    OF_AN_ACCOUNT,
    AddProject,
    AskFor,
    Back,
    FocusSearch,
    Help,
    ShowComparisons,
    ShowDeleted,
    ShowInsights,
    ShowProjects,
    ShowRequests,
    ShowTags,
    ShowWatched,
    bindings,
    opens,
)
from tgtui.screens.base.keys import key_hints
from tgtui.screens.base.live import Alarm, Coalescer
from tgtui.screens.base.opening import (
    OpenAddProject,
    OpenAsk,
    OpenComparisons,
    OpenDeleted,
    OpenHelp,
    Opening,
    OpenInsights,
    OpenProjects,
    OpenRequests,
    OpenSearch,
    OpenTags,
    OpenWatched,
)
from tgtui.screens.base.ordering import AWAITED, SOUGHT, OrderedKeys
from tgtui.screens.base.status import lasts, queue_state, unattended, who_is_here
from tgtui.screens.base.telling import NOTICE_LENGTH
from tgtui.screens.base.work import Failed, Work, outliving, start
from tgtui.syntax.reference import PackageReference
from tgtui.widgets.selecting import Selecting
from tgtui.widgets.shell import KeyHint, KeyLine, QueueState, QueueStrip, TopLine

if TYPE_CHECKING:
    from tgtui.data.views.packages import DeletedPackage
    from tgtui.data.views.requests import QueueView
    from tgtui.services.catalogue import Catalogue

P = ParamSpec("P")

MOMENT_S = 1.0
"""Words that time changes are drawn at most that often."""
TOO_SMALL = (
    "This terminal is too small for tgtui: make it at least 60 columns wide and 16 lines high."
)
TOO_SMALL_CLASSES = frozenset({"-tiny", "-flat"})


class Shell(OrderedKeys):
    """What screens know about the app."""

    CSS_PATH = [  # noqa: RUF012
        Path(__file__).with_name("base.tcss"),
        Path(__file__).parent.parent / "search" / "search.tcss",
    ]

    catalogue: Catalogue | None = None
    """None until it is open."""
    opening_note: str = "Opening the catalogue…"
    """Shown until then."""

    stopwatch: Callable[[], float]
    """Seconds, to show how long something took."""

    def now(self) -> datetime:
        """The time that ages are counted from."""
        raise LookupError("the app has the clock")

    def open(self, what: Opening) -> None:
        """Open a screen or a dialog, in this turn of the loop: the next key is meant for it."""
        raise LookupError("the app opens screens")

    def open_url(self, url: str, *, new_tab: bool = True) -> None:
        """Textual's own says nothing if there is no browser, and may start one in this terminal."""
        from tgtui.screens.terminal.browsing import open_or_copy

        opening: Any = partial(open_or_copy, url, self.copy_to_clipboard, self.tell)
        self.run_worker(opening, group="browse", exit_on_error=False)

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        """A key that does nothing where it is pressed says why."""
        if await super()._check_bindings(key, priority):
            return True
        screen = self.screen
        if not priority and isinstance(screen, BaseScreen):
            chain = [bindings for _, bindings in screen._modal_binding_chain]
            actions = [each.action for one in chain for each in one.key_to_bindings.get(key, ())]
            why = next(filter(None, map(screen.why_not, actions)), "")
            if why:
                self.tell(why, "warning")
        return False

    def tell(
        self, text: object, severity: SeverityLevel = "information", *, timeout: float | None = None
    ) -> None:
        """Show a passing notice, unless the program is already on its way out."""
        if self.is_running:
            notice = clean(text, NOTICE_LENGTH)
            self.notify(notice, markup=False, severity=severity, timeout=timeout)


class BaseScreen(Selecting, Screen[None]):
    """Subclasses yield their widgets in `compose_body` and load their data in `refresh_live`."""

    app = getters.app(Shell)

    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - as Screen declares it
        (0, "-tiny"),
        (60, "-narrow"),
        (100, "-medium"),
        (160, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (16, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        FocusSearch,
        AskFor,
        ShowRequests,
        ShowTags,
        ShowInsights,
        ShowWatched,
        ShowProjects,
        AddProject,
        ShowComparisons,
        ShowDeleted,
        Back,
        Help,
    )

    def __init__(self) -> None:
        super().__init__()
        self.read = Reader(lambda: self.catalogue.database)
        """For panes, which are created before the catalogue is open."""
        self._live = self.coalescer(self._refresh_live)
        self._progress = self.coalescer(self._refresh_progress)
        self._queue: QueueView | None = None
        self._alarm = Alarm(self._move_strip_on)
        self._unsubscribe: list[Callable[[], None]] = []
        self._loads = 1
        """How often keys had to wait for what is shown to be loaded; the first time when the screen opens."""
        self._loaded = 0
        """Which of these is done, or failed."""
        self._has_loaded = asyncio.Event()
        """For the first time, or that failed."""
        self._hidden: Widget | None = None
        """The widget that had the focus until the terminal became too small."""

    @property
    def catalogue(self) -> Catalogue:
        """The open catalogue; TgtuiError while it is still being opened."""
        catalogue = self.app.catalogue
        if catalogue is None:
            raise TgtuiError("The catalogue is still being opened; try again in a moment.")
        return catalogue

    @property
    def is_live(self) -> bool:
        """The catalogue is open."""
        return self.app.catalogue is not None

    def now(self) -> datetime:
        """The time that ages are counted from; for panes too, which are created before the screen is in the app."""
        return self.app.now()

    def compose(self) -> ComposeResult:
        self._fit()
        yield TopLine()
        yield from self.compose_body()
        yield QueueStrip()
        yield KeyLine()
        yield Static(Content(TOO_SMALL), id="too-small")

    def _fit(self) -> None:
        """Have the classes for this size before there are widgets, which the first resize would style once more."""
        width, height = self.app.size
        of_width = self._get_breakpoint_classes(width, self.HORIZONTAL_BREAKPOINTS)
        of_height = self._get_breakpoint_classes(height, self.VERTICAL_BREAKPOINTS)
        if not (of_width | of_height) & TOO_SMALL_CLASSES:  # what is hidden can't get the focus
            self.add_class(*of_width, *of_height)

    def compose_body(self) -> Iterable[Widget]:
        """The widgets between the top line and the queue strip."""
        return ()

    def place(self) -> Content:
        """Where people are, for the top line."""
        return Content("")

    async def refresh_live(self) -> None:
        """Load what is shown again. Called when the catalogue was opened or changed, and by `TgtuiApp` every minute."""

    def refresh_progress(self) -> None:
        """The worker made progress (`catalogue.activity.progress`). Called at most ten times a second."""

    def on_mount(self) -> None:
        self.bindings_updated_signal.subscribe(self, lambda _: self._draw_keys())
        if self.is_live:
            self.go_live()
        else:
            self.draw_frame()

    def go_live(self) -> None:
        """The catalogue is open: follow it."""
        if self._unsubscribe:
            return
        self._unsubscribe = [
            self.catalogue.changes.subscribe(self._live.hint),
            self.catalogue.activity.subscribe(self._progress.hint),
        ]
        self.draw_frame()
        self._live.hint()

    def on_unmount(self) -> None:
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()
        self._alarm.stop()

    def on_screen_resume(self) -> None:
        if self.is_live:
            self.go_live()
            self._live.hint()
            self._progress.resume()
        self._draw_keys()

    def unattended(self, registry: str) -> str:
        """What holds up requests to a registry, as a sentence; empty if a worker is on them."""
        return unattended(self.catalogue, self._queue, registry, self.now())

    @on(Failed)
    def _pane_failed(self, event: Failed) -> None:
        if event.of_person:
            self.tell(event.error, is_error=True)
        else:
            self.report(event.error)

    def hint(self) -> None:
        """`refresh_live` is called soon."""
        self._live.hint()

    def load(self) -> None:
        """The same, and the keys that follow act on what it shows."""
        self._loads += 1
        self._live.hint()

    def is_behind(self, action: str, *, is_seeking: bool) -> bool:
        """What this action acts on is not here yet."""
        return is_seeking or self._loaded < self._loads

    def tell(self, text: object, *, is_error: bool = False) -> None:
        """Show a passing notice; the text may come from anywhere."""
        self.app.tell(text, "error" if is_error else "information")

    def coalescer(self, refresh: Callable[[], Awaitable[None]]) -> Coalescer:
        """Runs `refresh` for hints, while this screen is seen."""

        async def run() -> None:
            with outliving(self):
                await refresh()

        return Coalescer(run, is_seen=lambda: self.is_current, start=self.run_worker)

    def draw_frame(self) -> None:
        """Draw the top line and the queue strip."""
        self.query_one(TopLine).show(self.place(), who_is_here(self.app.catalogue))
        self._draw_strip()

    def _draw_strip(self) -> None:
        self.query_one(QueueStrip).show(self._queue_state())
        if self.app.catalogue is not None:
            seconds = lasts(self.app.catalogue, self._queue, self.now())
            self._alarm.set(max(MOMENT_S, seconds))

    def _move_strip_on(self) -> None:
        """It counts down to the next try."""
        if self.is_live and self.is_current:
            with outliving(self):
                self._draw_strip()

    def report(self, error: TgtuiError) -> None:
        """The database can't be read: the queue strip says so until a refresh succeeds."""
        self.query_one(QueueStrip).show(QueueState(note=str(error)))

    @property
    def _is_too_small(self) -> bool:
        return bool(self.classes & TOO_SMALL_CLASSES)

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        if self._is_too_small:
            self._hidden = event.widget

    def on_resize(self) -> None:
        if self._hidden is not None:
            self.call_after_refresh(self._focus_again)

    def _focus_again(self) -> None:
        if self._hidden is None or self._is_too_small:
            return
        if self.focused is None and self._hidden.is_attached:
            self._hidden.focus()
        self._hidden = None

    def start(
        self,
        group: str,
        work: Callable[P, Coroutine[Any, Any, None]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Run `work` in the background; this cancels earlier work of the same group."""
        self._start("", group, partial(work, *args, **kwargs))

    def act(
        self,
        group: str,
        work: Callable[P, Coroutine[Any, Any, None]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """The same for what a key asked for; the next one waits for it."""
        self._start(AWAITED, group, partial(work, *args, **kwargs))

    def seek(
        self,
        group: str,
        work: Callable[P, Coroutine[Any, Any, None]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """The same for what is read to be acted on; what is typed into a line doesn't wait."""
        self._start(SOUGHT, group, partial(work, *args, **kwargs))

    def _start(self, name: str, group: str, work: Work) -> None:
        start(self, group, work, self.report, name=name)

    async def shown(self) -> None:
        """Wait until what was loaded first is on the terminal."""
        await self._has_loaded.wait()
        await self.painted()

    async def painted(self) -> None:
        """Wait until what is shown now has reached the terminal."""
        done = asyncio.Event()
        self.call_after_refresh(done.set)
        await done.wait()

    async def ask_for(self, wanted: str | PackageReference) -> None:
        """Queue a package, and show what happened."""
        try:
            asked = await self.catalogue.requesting.ask(wanted)
        except TgtuiError as error:
            self.tell(error, is_error=True)
            return
        what = "is queued" if asked.is_new else "was already requested and is queued"
        self.tell(f"{asked.package.package} {what}; the line below shows the progress.")
        self.hint()

    async def ask_for_all(self, wanted: Sequence[PackageReference]) -> None:
        """Queue packages as one chain, and show what happened. A refusal does not stop the others."""
        from tgtui.services.requests import RefusedFor

        if len(wanted) == 1:
            await self.ask_for(wanted[0])
            return
        try:
            outcomes = await self.catalogue.requesting.ask_all(wanted)
        except TgtuiError as error:
            self.tell(error, is_error=True)
            return
        refused = [each.reason for each in outcomes if isinstance(each, RefusedFor)]
        self.tell(outcome(len(outcomes) - len(refused), refused), is_error=bool(refused))
        self.hint()

    async def toggle_watched(self, package_ids: Sequence[UUID], name: str) -> None:
        """Watch packages, or no longer if all are watched, and say so; `name` is that of a single one."""
        try:
            watched = await self.catalogue.watching.toggle(package_ids)
        except TgtuiError as error:
            self.tell(error, is_error=True)
        else:
            self.tell(watched.sentence(name))
        self.hint()

    async def restore(self, package: DeletedPackage) -> None:
        """Restore a deleted package, and say so."""
        try:
            restored = await self.catalogue.curating.restore_package(package.id)
        except TgtuiError as error:
            self.tell(error, is_error=True)
        else:
            again = ", and is queued again" if restored.is_queued else ""
            self.tell(f"{package.registry}:{package.name} is restored{again}.")
        self.load()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hides actions that can't run now."""
        if action in OF_AN_ACCOUNT:
            return self.is_live and self.catalogue.principal.can("authenticated")
        if action == "show_deleted":
            return self.is_live and self.catalogue.principal.can("admin")
        if action in {"show_requests", "show_tags"}:
            return self.is_live
        return True

    def why_not(self, action: str) -> str:
        """A sentence on why a key does nothing here; empty if it means nothing, or is not for this person's role."""
        return ""

    async def action_ask(self) -> None:
        self.app.open(OpenAsk())

    def action_back(self) -> None:
        """One level back; the search screen is the last one."""
        if len(self.app.screen_stack) > 1:
            self.app.pop_screen()

    def action_focus_search(self) -> None:
        self.app.open(OpenSearch())

    action_show_requests = opens(OpenRequests)
    action_show_tags = opens(OpenTags)
    action_show_insights = opens(OpenInsights)
    action_show_watched = opens(OpenWatched)
    action_show_projects = opens(OpenProjects)
    action_add_project = opens(OpenAddProject)
    action_show_comparisons = opens(OpenComparisons)
    action_show_deleted = opens(OpenDeleted)
    action_show_help = opens(OpenHelp)

    async def _refresh_live(self) -> None:
        if not self.is_live:
            return
        loads = self._loads
        try:
            self._queue = await self.catalogue.requesting.queue()
            self.draw_frame()
            await self.refresh_live()
        except TgtuiError as error:
            self.report(error)
        finally:
            self._loaded = loads
            self._has_loaded.set()

    async def _refresh_progress(self) -> None:
        if self.is_live:
            self._draw_strip()
            self.refresh_progress()

    def _queue_state(self) -> QueueState:
        catalogue = self.app.catalogue
        if catalogue is None:
            return QueueState(note=self.app.opening_note)
        return queue_state(catalogue, self._queue, self.now())

    def hints(self) -> list[KeyHint]:
        """For the key line: the keys that work where the focus is."""
        is_typing = isinstance(self.focused, Input)
        bindings = self.active_bindings.values()
        return key_hints(bindings, self.app.get_key_display, is_typing=is_typing)

    def _draw_keys(self) -> None:
        if self.is_mounted:
            self.query_one(KeyLine).show(self.hints())
