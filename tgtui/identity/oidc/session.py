"""The login while a program runs: restored, renewed before it expires, dropped when it has."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tgtui.basics import clock
from tgtui.basics.events import Subscribers
from tgtui.identity.oidc.config import OidcConfig
from tgtui.identity.oidc.device import Wait, wait_for_login
from tgtui.identity.oidc.errors import LoginError, LoginOver
from tgtui.identity.oidc.keeping.kept import KeptLogin
from tgtui.identity.oidc.keeping.store import Place
from tgtui.identity.oidc.keeping.vault import Vault
from tgtui.identity.oidc.protocol.client import DeviceCode, Grant, OidcClient
from tgtui.identity.oidc.protocol.http import ProviderHttp
from tgtui.identity.oidc.roles import roles_of
from tgtui.identity.people import Person

RETRY_SECONDS = 30.0
LONGEST_RETRY_SECONDS = 300.0
LOOK_SECONDS = 30.0
"""Seconds between looks at the clock and at changes by other programs; timers stop while a machine sleeps."""
STOP_SECONDS = 5.0
"""Seconds that closing waits for a running exchange, so that its new token is kept."""

log = logging.getLogger("tgtui.login")


class LoginSession:
    """One program's login at one provider. Subscribers are told in the event loop when `person` changes."""

    def __init__(
        self,
        config: OidcConfig,
        folder: Path,
        *,
        now: Callable[[], datetime] = clock.now,
        wait: Wait = asyncio.sleep,
    ) -> None:
        """`folder` as in Vault."""
        self.config = config
        self.now = now
        self.notice = ""
        """Why no one is logged in any more, or the login is not kept; empty if all is well."""
        self.is_restored = False
        """Whether a kept login was looked for."""
        self._wait = wait
        self._http = ProviderHttp(config)
        self._client = OidcClient(config, self._http, now)
        self._vault = Vault(config, folder)
        self._login: KeptLogin | None = None
        self._retry_at: datetime | None = None
        self._retry_seconds = RETRY_SECONDS
        self._told = self.person
        self._subscribers = Subscribers()
        self._changed = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._exchanges: set[asyncio.Task[None]] = set()

    @property
    def person(self) -> Person:
        """The person logged in now, else an anonymous one without an identity."""
        login = self._login
        if login is None or self.now() >= login.grant.expires_at:
            return Person(None, frozenset({"anonymous"}))
        return Person(login.grant.identity, roles_of(self.config, self.values))

    @property
    def login(self) -> KeptLogin | None:
        """The current login, also an expired one that is being renewed."""
        return self._login

    @property
    def values(self) -> tuple[str, ...]:
        """Values of the claim with the roles; empty if they are from another claim, by other settings."""
        login = self._login
        known = login is not None and login.roles_claim == self.config.roles_claim
        return login.grant.values if login is not None and known else ()

    @property
    def place(self) -> Place:
        """Where the login is kept, or would be."""
        return self._vault.place

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` when `person` changes. Returns a function that unsubscribes it."""
        return self._subscribers.add(callback)

    async def restore(self, *, renews: bool = True) -> None:
        """Take over the kept login, and renew it if needed. Problems are in `notice`."""
        login, self.notice = await self._vault.find()
        if login is not None:
            self._adopt(login)
            if renews:
                await self._renew_if_due()
        self.is_restored = True
        self._tell()

    async def choose(self, place: Place) -> None:
        """Choose where to keep the next login. StoreError if it can't be used, LoginNotOffered without the extra."""
        await self._vault.choose(place)

    async def new_code(self) -> DeviceCode:
        """Begin a login."""
        return await self._client.new_code()

    def seconds_left(self, code: DeviceCode) -> float:
        """Seconds for which the code is still valid; negative afterwards."""
        return (code.expires_at - self.now()).total_seconds()

    async def complete(
        self, code: DeviceCode, told: Callable[[str], object] = lambda _sentence: None
    ) -> Person:
        """Wait until the code is entered, and keep the login. LoginError if it fails."""
        grant = await wait_for_login(self._client, code, now=self.now, wait=self._wait, told=told)
        await asyncio.shield(self._begin(self._take_up(grant)))
        return self.person

    async def log_out(self) -> list[str]:
        """Delete the login everywhere, and revoke it if the provider offers that; returns a sentence for each problem."""
        problems: list[str] = []
        async with self._vault.locked():
            try:
                login = await self._vault.load()
            except LoginError as error:
                problems.append(str(error))
                login = self._login
            if login is not None and login.grant.refresh_token is not None:
                try:
                    if not await self._client.revoke(login.grant.refresh_token):
                        problems.append(
                            f"{self.config.host} does not offer revocation; the login there expires by itself."
                        )
                except LoginError as error:
                    problems.append(f"The login at the provider could not be revoked: {error}")
            problems += await self._vault.forget()
            self._forget()
        self.notice = ""
        self._tell()
        return list(dict.fromkeys(problems))

    def start(self) -> None:
        """Keep renewing it in the running event loop, until `close`."""
        self._watching = asyncio.create_task(self._watch(), name="tgtui-login")

    async def close(self) -> None:
        """Stop within seconds; a token that was just exchanged is kept."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        if self._exchanges:
            await asyncio.wait(self._exchanges, timeout=STOP_SECONDS)
        await self._http.aclose()

    async def renew(self) -> None:
        """Confirm the person and their roles at the provider. LoginOver if the login is over."""
        if self._renewing is None or self._renewing.done():
            self._renewing = self._begin(self._renew())
        await asyncio.shield(self._renewing)

    def _begin(self, exchange: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Not cancelled with its caller: a request sent to the provider is lost without its answer."""
        task = asyncio.create_task(exchange, name="tgtui-login-exchange")
        self._exchanges.add(task)
        task.add_done_callback(self._exchanges.discard)
        return task

    async def _watch(self) -> None:
        while True:
            self._changed.clear()
            await self._pause()
            try:
                if self._vault.was_changed_elsewhere:
                    await self._look_again()
                await self._renew_if_due()
            except Exception:  # else it would go unnoticed until the roles are gone
                log.exception("the login could not be looked after")
            self._tell()

    async def _pause(self) -> None:
        """Seconds until something is due, at most LOOK_SECONDS."""
        left = LOOK_SECONDS
        if (due := self._next_moment()) is not None:
            left = min(left, max(0.0, (due - self.now()).total_seconds()))
        waits: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(self._changed.wait()),
            asyncio.ensure_future(self._wait(left)),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()

    def _next_moment(self) -> datetime | None:
        login = self._login
        if login is None:
            return None
        moments = [] if login.grant.refresh_token is None else [self._renewal_at(login)]
        if self.now() < login.grant.expires_at:
            moments.append(login.grant.expires_at)
        return min(moments, default=None)

    def _renewal_at(self, login: KeptLogin) -> datetime:
        if self._retry_at is not None:
            return self._retry_at
        if login.roles_claim != self.config.roles_claim:
            return login.obtained_at
        return login.renewal_at

    async def _renew_if_due(self) -> None:
        """Renew the login. Failures are retried later; the roles last as long as the provider said."""
        login = self._login
        if login is None:
            return
        is_over = self.now() >= login.grant.expires_at
        if login.grant.refresh_token is None:
            if is_over:
                self._login = None
                self.notice = f"The login at {self.config.host} has expired; log in again."
            return
        trouble = ""
        if self.now() >= self._renewal_at(login):
            try:
                await self.renew()
            except LoginOver as over:
                self.notice = str(over)
            except LoginError as error:
                trouble = f" {error}"
                log.warning("the login could not be renewed: %s", error)
                self._retry_at = self.now() + timedelta(seconds=self._retry_seconds)
                self._retry_seconds = min(2 * self._retry_seconds, LONGEST_RETRY_SECONDS)
            else:
                return
        if is_over and not self.notice:
            self.notice = (
                f"The login has expired and can't be renewed yet.{trouble} tgtui keeps trying."
            )

    async def _renew(self) -> None:
        async with self._vault.locked():
            mine = self._login
            kept = await self._vault.load()
            if mine is None or kept is None:
                self._forget()
                raise LoginOver("Another program logged out.")
            if kept != mine:
                self._adopt(kept)
            if kept.obtained_at > mine.obtained_at and self.now() < self._renewal_at(kept):
                return  # another program has just renewed it
            try:
                grant = await self._client.refresh(kept.grant)
            except LoginOver:
                self._forget()
                await self._vault.forget()
                raise
            await self._keep(grant)

    async def _look_again(self) -> None:
        """Take over a login, logout or renewal by another program."""
        async with self._vault.locked():  # else it may be half written
            login, notice = await self._vault.find()
        if login is not None:
            self._adopt(login)
        elif not notice and self._login is not None:
            self._forget()
            self.notice = "Another program logged out."

    async def _take_up(self, grant: Grant) -> None:
        async with self._vault.locked():
            await self._keep(grant)
        self._tell()

    async def _keep(self, grant: Grant) -> None:
        login = KeptLogin(grant, self.now(), self.config.roles_claim)
        self._adopt(login)
        self.notice = await self._vault.save(login)

    def _adopt(self, login: KeptLogin) -> None:
        self._login = login
        self.notice = ""
        self._retry_at, self._retry_seconds = None, RETRY_SECONDS
        self._changed.set()

    def _forget(self) -> None:
        self._login = None
        self._changed.set()

    def _tell(self) -> None:
        if self.person != self._told:
            self._told = self.person
            self._subscribers.tell()
