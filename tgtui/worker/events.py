"""What the worker of this process is doing, for whoever looks on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from tgtui.basics.events import Subscribers
from tgtui.data.views.requests import RegistryOutage, Step


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one request is."""

    request_id: UUID
    registry: str
    name: str
    step: Step


class Activity:
    """The present state; subscribers are told that it changed and read what they need."""

    def __init__(self) -> None:
        self.progress: dict[UUID, Progress] = {}
        self.outages: dict[str, RegistryOutage] = {}
        """By host."""
        self.is_running = False
        """A worker of this process takes requests."""
        self.trouble = ""
        """Why the worker of this process ended by itself, as a sentence."""
        self._subscribers = Subscribers()

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Called in the event loop after each change; returns what ends it."""
        return self._subscribers.add(callback)

    def report(self, progress: Progress) -> None:
        """The request is at this point."""
        self.progress[progress.request_id] = progress
        self.changed()

    def finished(self, request_id: UUID) -> None:
        """Nobody here works on the request any more."""
        self.progress.pop(request_id, None)
        self.changed()

    def changed(self) -> None:
        """Tell every subscriber."""
        self._subscribers.tell()
