"""The login while a program runs: restored, renewed before it expires, dropped when it has."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from tgtui.basics import clock
from tgtui.basics.events import Subscribers
from tgtui.identity.oidc.config import OidcConfig
from tgtui.identity.oidc.device import LONGEST_PAUSE_SECONDS, Wait, wait_for_login
from tgtui.identity.oidc.errors import LoginError, LoginOver, TokenExpired, TokenRefused
from tgtui.identity.oidc.keeping.kept import KeptLogin
from tgtui.identity.oidc.keeping.keyring import KEYRING_SECONDS
from tgtui.identity.oidc.keeping.store import Place
from tgtui.identity.oidc.keeping.vault import Vault
from tgtui.identity.oidc.protocol.client import DeviceCode, OidcClient, Tokens
from tgtui.identity.oidc.protocol.http import ProviderHttp
from tgtui.identity.oidc.roles import roles_of
from tgtui.identity.oidc.secrets import Secret
from tgtui.identity.people import Person

RETRY_SECONDS = 5.0
"""Seconds to the first retry. A provider that lost its answer takes the old refresh token again, if soon enough."""
LONGEST_RETRY_SECONDS = 300.0
LONGEST_SAVE_RETRY_SECONDS = 3_600.0
"""A keyring may ask for its password each time."""
CONFIRM_SECONDS = 300.0
"""Seconds for which a new login is tried to be verified while the person waits, and in which its tokens are used for that."""
LOOK_SECONDS = 30.0
"""Seconds between looks at the clock and at changes by other programs; timers stop while a machine sleeps."""
STOP_SECONDS = 5.0
"""Seconds that closing waits for a running exchange, so that its new token is kept."""

UNVERIFIED = (
    "tgtui can't verify your login yet and gives you no rights until it can. It keeps trying."
)
KEPT = (
    "The login is kept; tgtui verifies it when it starts again, or by itself if it keeps running."
)

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
        """Why no one is logged in any more, or the login can't be renewed or kept; empty if all is well."""
        self.is_restored = False
        """Whether a kept login was looked for."""
        self._wait = wait
        self._http = ProviderHttp(config)
        self._client = OidcClient(config, self._http, now)
        self._vault = Vault(config, folder)
        self._login: KeptLogin | None = None
        self._retry_at: datetime | None = None
        self._retry_seconds = RETRY_SECONDS
        self._trouble: LoginError | None = None
        """Why the last renewal failed."""
        self._save_at: datetime | None = None
        self._save_seconds = RETRY_SECONDS
        self._told = self.person
        self._subscribers = Subscribers()
        self._changed = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._exchanges: set[asyncio.Task[None]] = set()

    @property
    def person(self) -> Person:
        """The person logged in now, else an anonymous one without an identity."""
        grant = self._login.grant if self._login is not None else None
        if grant is None or self.now() >= grant.expires_at:
            return Person(None, frozenset({"anonymous"}))
        return Person(grant.identity, roles_of(self.config, self.values))

    @property
    def login(self) -> KeptLogin | None:
        """The current login, also one that has expired or was not verified yet: those give no rights."""
        return self._login

    @property
    def values(self) -> tuple[str, ...]:
        """Values of the claim with the roles; empty if they are from another claim, by other settings."""
        login = self._login
        if login is None or login.grant is None or login.roles_claim != self.config.roles_claim:
            return ()
        return login.grant.values

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
        """Wait until the code is entered, keep the login, and verify it. LoginError if it fails.

        While the provider can't be asked for what verifies it, `told` gets a sentence, and it is tried again. If it
        can't for CONFIRM_SECONDS, the error is raised and the login stays kept: a later renewal verifies it.
        """
        tokens = await wait_for_login(self._client, code, now=self.now, wait=self._wait, told=told)
        await asyncio.shield(self._begin(self._take_up(tokens)))
        await self._confirm_new(tokens, told)
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
            for refresh_token in _refresh_tokens(login):
                try:
                    if not await self._client.revoke(refresh_token):
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
        if self._exchanges and self._vault.is_saving:
            await asyncio.wait(self._exchanges, timeout=KEYRING_SECONDS)
        if self._vault.has_unsaved:
            await asyncio.wait([self._begin(self._save_again())], timeout=STOP_SECONDS)
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
                if self._save_at is not None and self.now() >= self._save_at:
                    await self._save_again()
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
        moments = [self._renewal_at(login)] if _is_renewable(login) else []
        if self._save_at is not None:
            moments.append(self._save_at)
        if login.grant is not None and self.now() < login.grant.expires_at:
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
        if not _is_renewable(login):
            if login.grant is None or self.now() >= login.grant.expires_at:
                self._login = None
                self.notice = f"The login at {self.config.host} has expired; log in again."
            return
        if self.now() < self._renewal_at(login):
            if self._trouble is not None:
                self.notice = self._delayed(self._trouble)
            return
        try:
            await self.renew()
        except LoginOver as over:
            self.notice = str(over)
        except LoginError as error:
            log.warning("the login could not be renewed: %s", error)
            self._trouble = error
            self._retry_at = self.now() + timedelta(seconds=self._retry_seconds)
            self._retry_seconds = min(2 * self._retry_seconds, LONGEST_RETRY_SECONDS)
            self.notice = self._delayed(error)

    def _delayed(self, error: LoginError) -> str:
        """What a person is told after a renewal that failed and is tried again."""
        login = self._login
        if login is None:
            return f"{error} Log in again."
        grant = login.grant
        if grant is None:
            return f"Your login is kept, but can't be verified yet. {error} tgtui keeps trying."
        if self.now() >= grant.expires_at:
            return f"The login has expired and can't be renewed yet. {error} tgtui keeps trying."
        until = f"{grant.expires_at.astimezone():%H:%M}"
        return (
            f"The login can't be renewed yet, and lasts until {until}. {error} tgtui keeps trying."
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
                return None  # another program has just renewed it
            if kept.unverified is not None and self._is_fresh(kept.unverified):
                try:
                    return await self._confirm(kept, kept.unverified)
                except TokenExpired:
                    if kept.unverified.refresh_token is None:
                        await self._refuse(kept, kept.unverified)
                        raise
                except TokenRefused:
                    await self._refuse(kept, kept.unverified)
                    raise
            kept, tokens = await self._exchange(kept)
            try:
                await self._confirm(kept, tokens)
            except TokenRefused:
                await self._refuse(kept, tokens)
                raise

    def _is_fresh(self, tokens: Tokens) -> bool:
        """They may still be verified; older ones are exchanged, if they can be."""
        if tokens.refresh_token is None:
            return True
        seconds = min(tokens.lifetime or CONFIRM_SECONDS, CONFIRM_SECONDS)
        return self.now() < tokens.received_at + timedelta(seconds=seconds)

    async def _exchange(self, kept: KeptLogin) -> tuple[KeptLogin, Tokens]:
        """Exchange its refresh token, and keep the answer before anything else is done with it."""
        newest = kept.unverified or kept.grant
        assert newest is not None  # a login has one of them
        sent = newest.refresh_token
        try:
            if sent is None:
                raise LoginOver(f"The login at {self.config.host} has expired; log in again.")
            is_new = kept.unverified is not None and kept.unverified.is_new
            tokens = await self._client.refresh(sent, newest.nonce, is_new=is_new)
        except LoginOver:
            if kept.unverified is None or not await self._return_to_former(kept, kept.unverified):
                self._forget()
                await self._vault.forget()
            raise
        if tokens.refresh_token != sent or kept.unverified is not None:
            kept = self._login = replace(kept, unverified=tokens)
            await self._save(kept, spent=sent)
        return kept, tokens

    async def _confirm(self, kept: KeptLogin, tokens: Tokens) -> None:
        """Verify them and take over what they say. TokenRefused, or another LoginError: try again."""
        grant = await self._client.confirmed(tokens, None if tokens.is_new else kept.grant)
        login = KeptLogin(grant, tokens.received_at, self.config.roles_claim)
        self._adopt(login)
        await self._save(login)

    async def _refuse(self, kept: KeptLogin, tokens: Tokens) -> None:
        """Drop tokens that do not count. A renewal's refresh token stays, because the one before it may be spent."""
        if tokens.is_new:
            if not await self._return_to_former(kept, tokens):
                self._forget()
                await self._vault.forget()
            return
        assert kept.grant is not None  # only a new login has none
        grant = replace(kept.grant, refresh_token=tokens.refresh_token)
        login = self._login = replace(kept, grant=grant, unverified=None)
        if login != kept:
            await self._save(login)

    async def _return_to_former(self, kept: KeptLogin, tokens: Tokens) -> bool:
        """After a new login that failed: the one before it, if there was one."""
        if not tokens.is_new or kept.grant is None:
            return False
        login = replace(kept, unverified=None)
        self._adopt(login)
        await self._save(login)
        return True

    async def _look_again(self) -> None:
        """Take over a login, logout or renewal by another program."""
        async with self._vault.locked():  # else it may be half written
            login, notice = await self._vault.find()
        if login is not None:
            self._adopt(login)
        elif not notice and self._login is not None:
            self._forget()
            self.notice = "Another program logged out."

    async def _take_up(self, tokens: Tokens) -> None:
        """Keep the answer to a code. The login before stays until this one is verified."""
        former = self._login or await self._vault.former()
        login = KeptLogin(None, tokens.received_at, self.config.roles_claim, tokens)
        if former is not None and former.grant is not None:
            is_renewed = former.unverified is not None and not former.unverified.is_new
            newest = former.refresh_token if is_renewed else former.grant.refresh_token
            grant = replace(former.grant, refresh_token=newest)
            login = replace(former, grant=grant, unverified=tokens)
        self._adopt(login)
        try:
            async with self._vault.locked():
                await self._save(login)
        except LoginError as error:
            self._vault.put_off(login)
            self._put_off_saving(str(error))

    async def _confirm_new(self, tokens: Tokens, told: Callable[[str], object]) -> None:
        ends, pause = self.now() + timedelta(seconds=CONFIRM_SECONDS), RETRY_SECONDS
        has_told = False
        while self._login is not None and self._login.unverified is not None:
            try:
                await self.renew()
            except (TokenRefused, LoginOver):
                raise
            except LoginError as error:
                if self.now() >= ends:
                    kept = f" {KEPT}" if self.place != "memory" else ""
                    raise type(error)(f"{error}{kept}") from None
                told(f"You are logged in at {self.config.host}, but {UNVERIFIED} {error}")
                has_told = True
                await self._wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        if has_told:
            told("")
        self._tell()
        if self._login is None or self._login.obtained_at < tokens.received_at:
            raise LoginOver(self.notice or "The login was refused; log in again.")

    async def _save(self, login: KeptLogin, spent: Secret | None = None) -> None:
        self._put_off_saving(await self._vault.save(login, spent))

    async def _save_again(self) -> None:
        async with self._vault.locked():
            notice = await self._vault.save_again()
        self._put_off_saving(notice)

    def _put_off_saving(self, notice: str) -> None:
        """`notice` says why the login is not stored; empty if it is, or if it need not be."""
        if not self._vault.has_unsaved:
            if self._save_at is not None:
                self.notice = ""
            self._save_at, self._save_seconds = None, RETRY_SECONDS
            return
        self.notice = notice or self.notice
        self._save_at = self.now() + timedelta(seconds=self._save_seconds)
        self._save_seconds = min(2 * self._save_seconds, LONGEST_SAVE_RETRY_SECONDS)
        self._changed.set()

    def _adopt(self, login: KeptLogin) -> None:
        self._login = login
        self.notice = ""
        self._retry_at, self._retry_seconds, self._trouble = None, RETRY_SECONDS, None
        self._changed.set()

    def _forget(self) -> None:
        self._login = None
        self._changed.set()

    def _tell(self) -> None:
        if self.person != self._told:
            self._told = self.person
            self._subscribers.tell()


def _is_renewable(login: KeptLogin) -> bool:
    """Something can still come of it without the person."""
    return login.unverified is not None or login.refresh_token is not None


def _refresh_tokens(login: KeptLogin | None) -> Iterable[Secret]:
    """All that may still be good."""
    if login is None:
        return
    given = login.unverified.refresh_token if login.unverified is not None else None
    before = login.grant.refresh_token if login.grant is not None else None
    yield from dict.fromkeys(token for token in (given, before) if token is not None)
