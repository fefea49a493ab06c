"""What this process's worker is doing, for screens and commands to show."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from msgspec import Struct

from tgtui.basics.events import Subscribers
from tgtui.data.views.requests import RegistryOutage, Step


class Progress(Struct, frozen=True):
    """The progress of one request."""

    request_id: UUID
    registry: str
    name: str
    step: Step


class Activity:
    """The current state; subscribers are called when it changes and read what they need."""

    def __init__(self) -> None:
        self.progress: dict[UUID, Progress] = {}
        self.outages: dict[str, RegistryOutage] = {}
        """By host."""
        self.is_running = False
        """Whether a worker of this process takes requests."""
        self.trouble = ""
        """Why this process's worker died, or can't work for now, a sentence."""
        self.settled = Subscribers()
        """Called when the worker has settled chains of requests: who waits for one need not wait for a hint."""
        self._subscribers = Subscribers()

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` in the event loop after each change. Returns a function that unsubscribes it."""
        return self._subscribers.add(callback)

    def report(self, progress: Progress) -> None:
        """Show the progress of a request."""
        self.progress[progress.request_id] = progress
        self.changed()

    def say(self, trouble: str) -> None:
        """Show why the worker can't work; empty if it can."""
        if trouble != self.trouble:
            self.trouble = trouble
            self.changed()

    def finished(self, request_id: UUID) -> None:
        """Drop the progress of a request that is no longer worked on here."""
        self.progress.pop(request_id, None)
        self.changed()

    def changed(self) -> None:
        """Tell every subscriber."""
        self._subscribers.tell()
