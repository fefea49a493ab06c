"""The places a login may be kept in, and what programs of one person owe each other about them."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from tgtui.identity.oidc.config import OidcConfig
from tgtui.identity.oidc.errors import LoginError, NoKeyring, ProviderTrouble, StoreError
from tgtui.identity.oidc.keeping.aside import aside
from tgtui.identity.oidc.keeping.kept import KeptLogin
from tgtui.identity.oidc.keeping.keyring import KeyringStore
from tgtui.identity.oidc.keeping.lock import locked
from tgtui.identity.oidc.keeping.store import FileStore, MemoryStore, Place, Store
from tgtui.identity.oidc.protocol.token import require_library


class Vault:
    """Starts with the keyring. Whoever changes what is kept holds `locked` meanwhile."""

    def __init__(self, config: OidcConfig, folder: Path) -> None:
        """`folder` has the lock, and the login's file where somebody chose one."""
        self._issuer = config.issuer
        self._lock_path = folder / f"login-{config.key}.lock"
        self._stores: dict[Place, Store] = {
            "file": FileStore(config, folder),
            "keyring": KeyringStore(config),
            "memory": MemoryStore(),
        }
        self._store = self._stores["keyring"]
        self._turn = asyncio.Lock()
        self._stamp = 0
        """Of what another program changed last, as far as it was looked at."""

    @property
    def place(self) -> Place:
        """Where the login is kept, or would be."""
        return self._store.place

    async def choose(self, place: Place) -> None:
        """Where the next login is kept. StoreError where that can't be, LoginNotOffered without the extra."""
        require_library()
        await aside(self._stores[place].check)
        self._store = self._stores[place]
        async with self.locked():
            pass  # else it would be found out once somebody has entered the code

    async def find(self) -> tuple[KeptLogin | None, str]:
        """The login of an earlier program or another one, and what hindered the search. A file goes first: somebody chose it."""
        self._stamp = self._stamp_now()
        notice = ""
        for place in ("file", "keyring"):
            store = self._stores[place]
            try:
                login = await aside(store.load)
            except NoKeyring:
                continue
            except LoginError as error:
                notice = str(error)
                continue
            if login is not None and login.grant.identity.issuer == self._issuer:
                self._store = store
                return login, ""
        return None, notice

    async def load(self) -> KeptLogin | None:
        """From where it is kept."""
        return await aside(self._store.load)

    async def save(self, login: KeptLogin) -> str:
        """Empty, or why it is kept in memory only. Also ends an older one in a file."""
        notice = ""
        try:
            await aside(lambda: self._store.save(login))
        except StoreError as error:
            notice = f"{error} The login lasts until this program ends."
            self._store = self._stores["memory"]
            self._store.save(login)
        if self._store.place == "keyring":
            with contextlib.suppress(StoreError):
                await aside(self._stores["file"].forget)
        self._mark()
        return notice

    async def forget(self) -> list[str]:
        """Everywhere; sentences on what did not work."""
        problems: list[str] = []
        for store in self._stores.values():
            try:
                await aside(store.forget)
            except LoginError as error:
                if store is self._store:
                    problems.append(str(error))
        self._mark()
        return problems

    @property
    def was_changed_elsewhere(self) -> bool:
        """Another program logged in, out, or renewed the login since this one looked."""
        return self.place != "memory" and self._stamp_now() != self._stamp

    @contextlib.asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """No other task and no other program changes it meanwhile. ProviderTrouble where one does for long."""
        async with self._turn:
            if self.place == "memory":
                yield
                return
            try:
                async with locked(self._lock_path):
                    yield
            except TimeoutError:
                raise ProviderTrouble(
                    "Another tgtui is renewing the login and does not end."
                ) from None

    def _mark(self) -> None:
        """For other programs, which look at the lock file's time only: a keyring may ask for its password."""
        with contextlib.suppress(OSError):
            if self.place != "memory":
                os.utime(self._lock_path)
        self._stamp = self._stamp_now()

    def _stamp_now(self) -> int:
        try:
            return self._lock_path.stat().st_mtime_ns
        except OSError:
            return 0
