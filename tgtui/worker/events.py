"""What the worker of this process is doing, for whoever looks on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from tgtui.events import Subscribers

Stage = Literal["fetching", "resolving", "writing"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one request is."""

    request_id: UUID
    registry: str
    name: str
    stage: Stage
    done: int = 0
    """Bytes while fetching, packages while resolving."""
    total: int | None = None
    """None where it is not known."""


@dataclass(frozen=True, slots=True)
class RegistryOutage:
    """A registry that is left alone for a while."""

    registry: str
    reason: str
    """A sentence."""
    until: datetime
    """When it is tried again."""


class Activity:
    """The present state; subscribers are told that it changed and read what they need."""

    def __init__(self) -> None:
        self.progress: dict[UUID, Progress] = {}
        self.outages: dict[str, RegistryOutage] = {}
        self.is_running = False
        """A worker of this process takes requests."""
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
