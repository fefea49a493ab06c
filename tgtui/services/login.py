"""Who uses the program: the login at the settings' provider, followed while it changes, and described to people."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime

from msgspec import Struct

from tgtui.basics.errors import DatabaseError
from tgtui.basics.events import Subscribers
from tgtui.basics.settings import Settings
from tgtui.identity.oidc.config import oidc_config
from tgtui.identity.oidc.roles import reasons
from tgtui.identity.oidc.session import LoginSession
from tgtui.identity.people import Person, Principal

SHOWN_ROLES = {"authenticated": "member", "admin": "admin", "worker": "worker"}
"""Names for people of the roles that allow more than reading."""
RETRY_S = 5.0
"""Seconds to wait after the database could not tell the person's roles."""

log = logging.getLogger("tgtui.login")


KEPT_IN: dict[str, str] = {
    "keyring": "the system's keyring",
    "file": "a file that only you can read",
    "memory": "not stored: gone when tgtui exits",
}
"""Where a login is kept, in words."""


class WhoAmI(Struct, frozen=True):
    """Who a person is here, what they may do, and why."""

    name: str
    """Empty if no one is logged in; untrusted text."""
    source: str
    """`local`, `postgresql`, or the provider's address."""
    subject: str | None
    roles: tuple[str, ...]
    because: tuple[str, ...]
    """One line per reason."""
    until: datetime | None
    """When the login expires unless it is renewed; None if it does not expire."""
    is_renewed: bool
    """The program renews it automatically."""
    kept_in: str | None
    """`keyring`, `file` or `memory`."""
    notice: str
    """What is wrong with the login, a sentence; else empty."""

    @property
    def is_known(self) -> bool:
        """Whether the person is known by name."""
        return bool(self.name)

    @property
    def roles_in_words(self) -> str:
        return roles_in_words(self.roles)


def login_session(settings: Settings) -> LoginSession | None:
    """None if the settings name no provider: then the person is the database's login."""
    config = oidc_config(settings.oidc)
    return LoginSession(config, settings.data_folder) if config is not None else None


async def person_of(
    settings: Settings, told: Callable[[str], object] = log.warning
) -> Person | None:
    """Who is logged in, for a single question; None if the settings name no provider. `told` gets any problem."""
    session = login_session(settings)
    if session is None:
        return None
    try:
        await session.restore()
        if session.notice:
            told(session.notice)
        return session.person
    finally:
        await session.close()


def who_am_i(principal: Principal, session: LoginSession | None, *, is_sqlite: bool) -> WhoAmI:
    """What `tgtui whoami` and the account screen show."""
    roles = tuple(sorted(principal.roles))
    if session is None:
        source = "local" if is_sqlite else "postgresql"
        reason = (
            "anyone who can open an embedded catalogue has every role"
            if is_sqlite
            else "the database's login says so, and no OpenID provider is set"
        )
        return WhoAmI(principal.display_name, source, None, roles, (reason,), None, False, None, "")
    identity, login = session.person.identity, session.login
    if identity is None or login is None or login.grant is None:
        reason = "no one is logged in: `tgtui login`, or L in the app"
        return WhoAmI(
            "", session.config.issuer, None, roles, (reason,), None, False, None, session.notice
        )
    because = reasons(session.config, session.values)
    lacking = [SHOWN_ROLES.get(r, r) for r in sorted(session.person.roles - principal.roles)]
    if lacking:
        because.append(f"the database's login does not allow {', '.join(lacking)}")
    return WhoAmI(
        name=identity.display_name,
        source=identity.issuer,
        subject=identity.subject,
        roles=roles,
        because=tuple(because),
        until=login.grant.expires_at,
        is_renewed=login.refresh_token is not None,
        kept_in=session.place,
        notice=session.notice,
    )


def roles_in_words(roles: Collection[str]) -> str:
    """`member, admin`; `read only` if there are none of these."""
    return ", ".join(shown for role, shown in SHOWN_ROLES.items() if role in roles) or "read only"


class LoginFollower:
    """Restores the login, and calls `identify` whenever the person or their roles change."""

    def __init__(
        self, session: LoginSession, identify: Callable[[Person], Awaitable[None]]
    ) -> None:
        self.people = Subscribers()
        """Called after each change, in the event loop."""
        self._session = session
        self._identify = identify
        self._changed = asyncio.Event()
        self._unsubscribe = session.subscribe(self._changed.set)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start in the running event loop."""
        self._task = asyncio.create_task(self._run(), name="tgtui-login-follower")

    async def stop(self) -> None:
        """Stop within seconds; the kept login stays."""
        self._unsubscribe()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._session.close()

    async def _run(self) -> None:
        if not self._session.is_restored:
            await self._session.restore()
            self.people.tell()  # even if it failed: the screens tell how to log in
        self._session.start()
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._identify(self._session.person)
            except DatabaseError as error:
                log.warning("who is there could not be stored: %s", error)
            except Exception:  # else the program would run on as the previous person
                log.exception("who is there could not be found out")
            else:
                self.people.tell()
                continue
            self._changed.set()
            await asyncio.sleep(RETRY_S)
