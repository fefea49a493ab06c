"""Who is logged in, as long as a program runs: restored, renewed before it runs out, taken away when it has."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tgtui import clock
from tgtui.events import Subscribers
from tgtui.identity import Person
from tgtui.identity.oidc_client import DeviceCode, Grant, OidcClient
from tgtui.identity.oidc_config import OidcConfig
from tgtui.identity.oidc_device import Wait, wait_for_login
from tgtui.identity.oidc_errors import LoginError, LoginOver, NoKeyring, ProviderTrouble, StoreError
from tgtui.identity.oidc_http import ProviderHttp
from tgtui.identity.oidc_kept import KeptLogin
from tgtui.identity.oidc_keyring import KeyringStore
from tgtui.identity.oidc_roles import roles_of
from tgtui.identity.oidc_store import FileStore, MemoryStore, Place, Store
from tgtui.identity.oidc_token import require_library
from tgtui.identity.store_lock import locked

RENEWED_AFTER = timedelta(hours=1)
"""What the provider says of somebody is asked anew at least so often: roles may have changed."""
MARGIN_SHARE = 0.2
"""Of a login's life: so long before its end it is renewed, if that is less than MARGIN."""
MARGIN = timedelta(minutes=2)
RETRY_SECONDS = 30.0
LONGEST_RETRY_SECONDS = 300.0
LOOK_SECONDS = 30.0
"""The clock is looked at so often: it goes on while a machine sleeps, waiting does not."""
STOP_SECONDS = 5.0
"""How long closing waits for a renewal that is under way, so that its new token is kept."""

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
        keyring: Store | None = None,
    ) -> None:
        """`folder` has the lock, and the login's file where somebody chose one."""
        self.config = config
        self.notice = ""
        """Why nobody is logged in any more, or the login is not kept; empty where nothing is wrong."""
        self.is_restored = False
        """The login of an earlier program was looked for."""
        self.now = now
        self._wait = wait
        self._http = ProviderHttp(config)
        self._client = OidcClient(config, self._http, now)
        self._lock_path = folder / f"login-{config.key}.lock"
        file = FileStore(config, folder)
        self._stores: dict[Place, Store] = {
            "file": file,
            "keyring": keyring or KeyringStore(config),
            "memory": MemoryStore(),
        }
        self._store: Store = self._stores["keyring"]
        self._login: KeptLogin | None = None
        self._retry_at: datetime | None = None
        self._retry_seconds = RETRY_SECONDS
        self._told = self.person
        self._subscribers = Subscribers()
        self._changed = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None

    @property
    def person(self) -> Person:
        """Whoever is logged in now, else somebody without an identity who may look around."""
        login = self._login
        if login is None or self.now() >= login.grant.expires_at:
            return Person(None, frozenset({"anonymous"}))
        return Person(login.grant.identity, roles_of(self.config, self.values))

    @property
    def login(self) -> KeptLogin | None:
        """Also one that has run out and is being renewed."""
        return self._login

    @property
    def values(self) -> tuple[str, ...]:
        """Of the claim with the roles; none while they were read from another claim, by other settings."""
        login = self._login
        known = login is not None and login.roles_claim == self.config.roles_claim
        return login.grant.values if login is not None and known else ()

    @property
    def place(self) -> Place:
        """Where the login is kept, or would be."""
        return self._store.place

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Returns what ends it."""
        return self._subscribers.add(callback)

    async def restore(self, *, renews: bool = True) -> None:
        """Take up the login of an earlier program, and renew it if that is due. What hinders it is said in `notice`."""
        for place in ("file", "keyring"):
            store = self._stores[place]
            try:
                login = await asyncio.to_thread(store.load)
            except NoKeyring:
                continue
            except LoginError as error:
                self.notice = str(error)
                continue
            if login is not None and login.grant.identity.issuer == self.config.issuer:
                self._store, self.notice = store, ""
                self._login = login
                if renews:
                    await self._attempt()
                break
        self.is_restored = True
        self._tell()

    async def choose(self, place: Place) -> None:
        """Where the next login is kept. StoreError where that can't be, LoginNotOffered without the extra."""
        require_library()
        await asyncio.to_thread(self._stores[place].check)
        self._store = self._stores[place]

    async def new_code(self) -> DeviceCode:
        """Begin a login."""
        return await self._client.new_code()

    def seconds_left(self, code: DeviceCode) -> float:
        """How long the code is good for; below zero afterwards."""
        return (code.expires_at - self.now()).total_seconds()

    async def complete(
        self, code: DeviceCode, told: Callable[[str], object] = lambda _sentence: None
    ) -> Person:
        """Wait until somebody has entered the code, and keep the login. LoginError where it came to nothing."""
        grant = await wait_for_login(self._client, code, now=self.now, wait=self._wait, told=told)
        # Not cancelled with whoever waits: the provider has given the login away.
        await asyncio.shield(asyncio.ensure_future(self._take_up(grant)))
        return self.person

    async def log_out(self) -> list[str]:
        """Forget the login everywhere, at the provider too where it offers that; sentences on what did not work."""
        problems: list[str] = []
        async with self._locked():
            login = await self._stored(problems)
            if login is not None and login.grant.refresh_token is not None:
                try:
                    if not await self._client.revoke(login.grant.refresh_token):
                        problems.append(
                            f"{self.config.host} offers no revocation; the login there runs out by itself."
                        )
                except LoginError as error:
                    problems.append(f"The login at the provider could not be ended: {error}")
            for store in self._stores.values():
                try:
                    await asyncio.to_thread(store.forget)
                except LoginError as error:
                    if store is self._store:
                        problems.append(str(error))
        self._login = None
        self.notice = ""
        self._tell()
        return problems

    def start(self) -> None:
        """Renew it from now on, in the running event loop, until `close`."""
        self._keeping = asyncio.create_task(self._watch(), name="tgtui-login")

    async def close(self) -> None:
        """Within seconds; a token that was just exchanged is kept."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])
        if self._renewing is not None and not self._renewing.done():
            await asyncio.wait([self._renewing], timeout=STOP_SECONDS)
        await self._http.aclose()

    async def renew(self) -> None:
        """Have the provider say anew who it is and which roles they have. LoginOver where it is over."""
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew(), name="tgtui-login-renewal")
        # Not cancelled with whoever waits: the old token is worth nothing once the new one is under way.
        await asyncio.shield(self._renewing)

    async def _take_up(self, grant: Grant) -> None:
        async with self._locked():
            await self._keep(grant)
            if self._store.place != "file":
                with contextlib.suppress(StoreError):
                    await asyncio.to_thread(self._stores["file"].forget)
        self._tell()

    async def _watch(self) -> None:
        while True:
            self._changed.clear()
            await self._pause()
            await self._attempt()
            self._tell()

    async def _pause(self) -> None:
        """Until something is due, but never longer than LOOK_SECONDS where there is a login."""
        due = self._next_moment()
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._changed.wait())]
        if due is not None:
            left = max(0.0, (due - self.now()).total_seconds())
            waits.append(asyncio.ensure_future(_waited(self._wait, min(left, LOOK_SECONDS))))
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
        expires_at = login.grant.expires_at
        margin = min(MARGIN, MARGIN_SHARE * (expires_at - login.obtained_at))
        return min(login.obtained_at + RENEWED_AFTER, expires_at - margin)

    async def _attempt(self) -> None:
        """Renew the login if that is due. What hinders it is tried again; the roles last as long as was said."""
        login = self._login
        if login is None:
            return
        is_over = self.now() >= login.grant.expires_at
        if login.grant.refresh_token is None:
            if is_over:
                self._login = None
                self.notice = f"The login at {self.config.host} has run out; log in again."
            return
        trouble = ""
        if self.now() >= self._renewal_at(login):
            try:
                await self.renew()
                return
            except LoginOver as over:
                self.notice = str(over)
                return
            except LoginError as error:
                trouble = f" {error}"
                log.warning("the login could not be renewed: %s", error)
                self._retry_at = self.now() + timedelta(seconds=self._retry_seconds)
                self._retry_seconds = min(2 * self._retry_seconds, LONGEST_RETRY_SECONDS)
        if is_over and not self.notice:
            self.notice = (
                f"The login has run out and can't be renewed yet.{trouble} tgtui goes on trying."
            )

    async def _renew(self) -> None:
        async with self._locked():
            mine = self._login
            kept = await asyncio.to_thread(self._store.load)
            if mine is None or kept is None:
                self._forget()
                raise LoginOver("The login was ended in another program.")
            self._adopt(kept)
            if kept.obtained_at > mine.obtained_at and self.now() < self._renewal_at(kept):
                return  # another program has just done it
            try:
                grant = await self._client.refresh(kept.grant)
            except LoginOver:
                self._forget()
                with contextlib.suppress(StoreError):
                    await asyncio.to_thread(self._store.forget)
                raise
            await self._keep(grant)

    async def _keep(self, grant: Grant) -> None:
        """From now on this is the login. Where it can't be stored, it lasts as long as the program."""
        login = KeptLogin(grant, self.now(), self.config.roles_claim)
        self._adopt(login)
        try:
            await asyncio.to_thread(self._store.save, login)
        except StoreError as error:
            self.notice = f"{error} The login lasts until this program ends."
            self._store = self._stores["memory"]
            self._store.save(login)

    async def _stored(self, problems: list[str]) -> KeptLogin | None:
        """The newest login of any program, ours if the store can't be read."""
        try:
            return await asyncio.to_thread(self._store.load)
        except LoginError as error:
            problems.append(str(error))
            return self._login

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

    @contextlib.asynccontextmanager
    async def _locked(self) -> AsyncIterator[None]:
        """No other program of this person changes the login meanwhile. ProviderTrouble where one does for long."""
        if self._store.place == "memory":
            yield
            return
        try:
            async with locked(self._lock_path):
                yield
        except TimeoutError:
            raise ProviderTrouble("Another tgtui is renewing the login and does not end.") from None


async def _waited(wait: Wait, seconds: float) -> None:
    await wait(seconds)
