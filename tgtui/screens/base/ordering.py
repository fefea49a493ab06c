"""Keys act in their order, each on what the keys before it brought about, however fast they are typed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, auto
from inspect import iscoroutinefunction
from typing import Any, Protocol, runtime_checkable
from weakref import ref

from textual import events
from textual.actions import ActionParseResult
from textual.app import App
from textual.binding import Binding, BindingsMap
from textual.css.query import NoMatches
from textual.dom import DOMNode, NoScreen
from textual.message import Message
from textual.message_pump import MessagePump
from textual.widget import Widget
from textual.widgets import Input
from textual.worker import Worker

AWAITED = "keys wait"
"""Name of a worker that does what a key asked for: the next one waits."""
SOUGHT = "keys wait for what it finds"
"""Name of a worker that reads what keys act on: text can be typed meanwhile."""
AT_ONCE_S = 0.25
"""Escape and the key that quits wait for the keys before them no longer than this."""
PROMPT_S = 0.05
"""An action that takes longer goes on beside the messages, so that escape and quit are heard."""
LOOKS_AT_ONCE = 20
"""Turns of the loop for which what a key set in motion is followed closely."""
LOOK_S = 0.002
"""Between two looks after that."""

STOPPABLE = frozenset({
    "jump", "open", "open_menu", "open_package", "search", "show_tree", "unfold", "why",
})  # fmt: skip
"""Groups of awaited work that reads what it is to open; what changes something is not stopped half-way."""
EDITS = frozenset(each.action for each in Input.BINDINGS if isinstance(each, Binding)) - {"submit"}
MOVES = frozenset({"cursor_down", "cursor_up", "first", "last", "page_down", "page_up"})
"""Actions of a list that take the focus nowhere."""
FREE = frozenset({
    "apply", "back", "clear_search", "command_palette", "dismiss", "escape", "focus_search", "log_in", "quit", "revert",
    "show_account", "show_deleted", "show_help", "show_requests", "show_tags", "toggle_facets", "toggle_preview",
})  # fmt: skip
"""Actions that need nothing of what is being read."""

Typed = events.Key | events.Paste


class Path(Enum):
    """How a key comes to act."""

    WRITTEN = auto()
    """The line that has the focus writes it."""
    STEADY = auto()
    """It bubbles up to the app, which edits that line, or moves the cursor of that list."""
    ANY = auto()
    """It may take the focus elsewhere."""


@runtime_checkable
class Seeking(Protocol):
    """A screen that knows whether what its keys act on is here."""

    def is_behind(self, action: str, *, is_seeking: bool) -> bool:
        """What this action acts on is not; "" stands for a key without one. `is_seeking`: a worker that is named SOUGHT
        is at work on this screen."""
        ...


class OrderedKeys(App[int]):
    """Hands on a key when what the one before it set in motion has happened.

    Textual alone gives each key to what has the focus when it is read, and looks for its action when it has bubbled
    up: those behind it in a burst act on a dialog that is being closed, or miss one that is being opened.
    """

    def __init__(self) -> None:
        super().__init__()
        self._held: deque[Typed] = deque()
        self._released: deque[Typed] = deque()
        """On their way from the held ones to what has the focus."""
        self._last_at = 0.0
        """When a key was handed on."""
        self._last_path = Path.ANY
        self._last_focus: ref[Widget] | None = None
        """Of the last key, whose screen may be closed by now."""
        self._releasing: asyncio.Task[None] | None = None

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._released and event is self._released[0]:
            self._released.popleft()
            await super().on_event(event)
        elif not self._held and self._may_act(event, is_in_turn=True):
            self._note(event)
            await super().on_event(event)
        else:
            self._held.append(event)
            if self._releasing is None or self._releasing.done():
                self._releasing = asyncio.create_task(self._release_held())

    def on_app_focus(self) -> None:
        """A screen that was opened while another window had the keys has no focus yet."""
        self.app_focus = True
        if self._screen_stack:
            self.screen._update_auto_focus()

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        node = self if default_namespace is None else default_namespace
        target, name, _ = self._parse_action(action, node, namespaces)
        run = getattr(target, f"_action_{name}", None) or getattr(target, f"action_{name}", None)
        if not iscoroutinefunction(run):
            return await super().run_action(action, default_namespace, namespaces)
        running = asyncio.ensure_future(super().run_action(action, default_namespace, namespaces))
        done, _ = await asyncio.wait({running}, timeout=PROMPT_S)
        if done:
            return running.result()

        async def rest() -> None:
            await running

        node.run_worker(rest(), name=AWAITED, group=name)
        return True

    async def _release_held(self) -> None:
        try:
            await self._release_each()
        except Exception as error:  # noqa: BLE001 - no one waits for this task
            self._handle_exception(error)

    async def _release_each(self) -> None:
        looks = 0
        while self._held and self._screen_stack and not (self._exit or self._closing):
            if self._may_act(self._held[0], is_in_turn=False):
                self._release(self._held.popleft())
                looks = 0
                continue
            if (leaving := self._first_leaving()) is not None and self._is_overdue(leaving):
                self._take_back(leaving)
                looks = 0
            looks += 1
            await asyncio.sleep(0 if looks < LOOKS_AT_ONCE else LOOK_S)

    def _release(self, event: Typed) -> None:
        self._note(event)
        self._released.append(event)
        self.post_message(event)

    def _note(self, event: Typed) -> None:
        self._last_at = asyncio.get_running_loop().time()
        self._last_focus = None if self.focused is None else ref(self.focused)
        self._last_path = self._path(event)

    def _take_back(self, leaving: Typed) -> None:
        """Keys that wait before this one don't act any more, nor does what the last one began. If there were any, an
        escape has done its part."""
        has_stopped = leaving is not self._held[0]
        while self._held.popleft() is not leaving:
            pass
        for worker in self._at_work(AWAITED):
            if worker.group in STOPPABLE:
                worker.cancel()
                has_stopped = True
        if not has_stopped or self._is_quit(leaving):
            self._release(leaving)

    def _first_leaving(self) -> Typed | None:
        return next((event for event in self._held if self._is_leaving(event)), None)

    def _is_overdue(self, leaving: Typed) -> bool:
        """It has come so long ago, and no key was handed on since."""
        since = max(self._last_at, leaving.time)
        return asyncio.get_running_loop().time() - since > AT_ONCE_S

    def _may_act(self, event: Typed, *, is_in_turn: bool) -> bool:
        """What it is meant for is there. `is_in_turn`: asked while the app handles the event."""
        if not self._screen_stack:
            return False
        if self._follows(event):
            return True
        if (
            self._released
            or not self._is_quiet(is_in_turn=is_in_turn)
            or any(self._at_work(AWAITED))
        ):
            return False
        if self._is_text(event) or self._is_leaving(event):
            return True
        action = next(iter(self._actions(event)), "").rpartition(".")[2]
        if "page" in action and self.screen._layout_required:
            return False  # how much a page is depends on it
        return action in FREE or not self._is_behind(action)

    def _follows(self, event: Typed) -> bool:
        """It takes the way of the key before it, and can't overtake that."""
        focus = self.focused
        last = None if self._last_focus is None else self._last_focus()
        if self._last_path is Path.ANY or focus is None or focus is not last:
            return False
        path = self._path(event)
        return path is Path.STEADY or (path is self._last_path is Path.WRITTEN)

    def _path(self, event: Typed) -> Path:
        focus = self.focused
        if focus is None:
            return Path.ANY
        own = _own(focus, event)
        if own and own[0].action in (EDITS if isinstance(focus, Input) else MOVES):
            return Path.STEADY
        return Path.WRITTEN if not own and self._is_text(event) else Path.ANY

    def _is_behind(self, action: str) -> bool:
        is_seeking, screen = any(self._at_work(SOUGHT)), self.screen
        if isinstance(screen, Seeking):
            return screen.is_behind(action, is_seeking=is_seeking)
        return is_seeking

    def _is_quiet(self, *, is_in_turn: bool) -> bool:
        """Every message has been handled."""
        if is_in_turn:
            if not all(isinstance(each, events.InputEvent) for each in _waiting(self)):
                return False
        elif not _is_idle(self):
            return False
        return all(_is_idle(each) for each in self._registry)

    def _at_work(self, name: str) -> Iterator[Worker[Any]]:
        """For the screen that has the keys."""
        for worker in tuple(self.workers):
            if worker.name == name and not worker.is_finished:
                try:
                    if worker.node is self or worker.node.screen is self.screen:
                        yield worker
                except (NoScreen, NoMatches):
                    continue

    def _is_text(self, event: Typed) -> bool:
        """It changes what is written in a line, and does nothing else."""
        box = self.focused
        if not isinstance(box, Input) or isinstance(event, events.Paste):
            return isinstance(box, Input)
        if any(each.priority for each in _bindings_of(event, self.screen._binding_chain)):
            return False
        own = _own(box, event)
        return any(each.action in EDITS for each in own) or (event.is_printable and not own)

    def _actions(self, event: Typed) -> list[str]:
        """The key's, where the focus is first."""
        return [each.action for each in _bindings_of(event, self.screen._modal_binding_chain)]

    def _is_leaving(self, event: Typed) -> bool:
        if isinstance(event, events.Paste) or self._is_text(event):
            return False
        return event.key == "escape" or self._is_quit(event)

    def _is_quit(self, event: Typed) -> bool:
        return "quit" in self._actions(event)


def _is_idle(pump: MessagePump) -> bool:
    """It waits for a message, or for none any more."""
    is_waiting = not _waiting(pump) and pump._message_queue.ready_event._waiters
    return bool(is_waiting) or pump._closing or pump._closed


def _waiting(pump: MessagePump) -> deque[Message | None]:
    return pump._message_queue.values


def _bindings_of(event: Typed, chain: Iterable[tuple[DOMNode, BindingsMap]]) -> Iterator[Binding]:
    if isinstance(event, events.Key):
        for _, bindings in chain:
            yield from bindings.key_to_bindings.get(event.key, ())


def _own(focus: Widget, event: Typed) -> list[Binding]:
    """What the widget itself does with the key."""
    return list(_bindings_of(event, [(focus, focus._bindings)]))
