"""What tests of a login share: a clock that waiting moves, one that a test moves, keyrings, sessions."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from tgtui.basics.settings import OidcSettings
from tgtui.identity.oidc.config import OidcConfig, needed_config

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class JumpingClock:
    """Whoever waits is there at once, and what was to happen meanwhile has happened."""

    def __init__(self) -> None:
        self.moment = START
        self.waits: list[float] = []
        """How long was waited, in seconds, each time."""
        self._events: list[tuple[datetime, Callable[[], object]]] = []

    def now(self) -> datetime:
        return self.moment

    def seconds(self) -> float:
        """Since 1970."""
        return self.moment.timestamp()

    def after(self, seconds: float, happens: Callable[[], object]) -> None:
        """Counted from the start."""
        self._events.append((START + timedelta(seconds=seconds), happens))

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.moment += timedelta(seconds=seconds)
        due = [event for event in self._events if event[0] <= self.moment]
        self._events = [event for event in self._events if event not in due]
        for _moment, happens in due:
            happens()
        await asyncio.sleep(0)


class HandClock:
    """Stands still until a test moves it; whoever waits for the moment goes on then."""

    def __init__(self) -> None:
        self.moment = START
        self._waiting: list[tuple[datetime, asyncio.Event]] = []

    def now(self) -> datetime:
        return self.moment

    def seconds(self) -> float:
        return self.moment.timestamp()

    async def wait(self, seconds: float) -> None:
        entry = (self.moment + timedelta(seconds=seconds), asyncio.Event())
        self._waiting.append(entry)
        try:
            await entry[1].wait()
        finally:
            if entry in self._waiting:
                self._waiting.remove(entry)

    @property
    def is_waited_for(self) -> bool:
        """Somebody waits for a moment, and nothing happens until it comes."""
        return bool(self._waiting)

    def move(self, **span: float) -> None:
        """`move(minutes=5)`."""
        self.moment += timedelta(**span)
        for until, event in self._waiting:
            if until <= self.moment:
                event.set()
        self._waiting = [each for each in self._waiting if not each[1].is_set()]


class MemoryKeyring(KeyringBackend):
    """A keyring that keeps what it is given, as the system's does."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.entries.pop((service, username), None) is None:
            raise PasswordDeleteError("there is no such password")


class HangingKeyring(MemoryKeyring):
    """Waits for a password that nobody types, until the test lets it go."""

    def __init__(self) -> None:
        super().__init__()
        self.is_asked = threading.Event()
        self.released = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.is_asked.set()
        self.released.wait()
        return None


class AskingKeyring(MemoryKeyring):
    """Asks for its password on the terminal, as encrypted files do: in the way that `ask` does."""

    def __init__(self, ask: Callable[[], object], *, to_read: bool = True) -> None:
        super().__init__()
        self._ask = ask
        self._asks_to_read = to_read

    def get_password(self, service: str, username: str) -> str | None:
        if self._asks_to_read:
            self._ask()
        return super().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self._ask()
        super().set_password(service, username, password)


class LockedKeyring(MemoryKeyring):
    """Raises what a backend likes, with the secret in its text."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError(f"could not store {password}")


def config_for(issuer: str, **more: Any) -> OidcConfig:
    """Roles are in `roles`: `admins` are admins, `workers` work."""
    settings = {"roles": "admins=admin, workers=worker", **more}
    return needed_config(OidcSettings(issuer=issuer, client_id="tgtui", **settings))
