"""The places to keep a login, shared by all programs of one person."""

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
    """Starts with the keyring. Changes of the kept login happen under `locked`."""

    def __init__(self, config: OidcConfig, folder: Path) -> None:
        """`folder` has the lock, and the login's file if one was chosen."""
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
        """Stamp of the last change by another program that was noticed."""

    @property
    def place(self) -> Place:
        """Where the login is kept, or would be."""
        return self._store.place

    async def choose(self, place: Place) -> None:
        """Choose where to keep the next login. StoreError if it can't be used, LoginNotOffered without the extra."""
        require_library()
        await aside(self._stores[place].check)
        self._store = self._stores[place]
        async with self.locked():
            pass  # else it would only fail after the code was entered

    async def find(self) -> tuple[KeptLogin | None, str]:
        """The login kept by this or another program, and problems of the search. A file comes first: it was chosen."""
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
        """Load it from the current place."""
        return await aside(self._store.load)

    async def save(self, login: KeptLogin) -> str:
        """Keep a login. Returns why it is only kept in memory, else an empty text. Also deletes an older one in a file."""
        notice = ""
        try:
            await aside(lambda: self._store.save(login))
        except StoreError as error:
            notice = f"{error} The login lasts until this program exits."
            self._store = self._stores["memory"]
            self._store.save(login)
        if self._store.place == "keyring":
            with contextlib.suppress(StoreError):
                await aside(self._stores["file"].forget)
        self._mark()
        return notice

    async def forget(self) -> list[str]:
        """Delete the login everywhere; returns a sentence for each problem."""
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
        """Keep other tasks and programs from changing it. ProviderTrouble if another program takes too long."""
        async with self._turn:
            if self.place == "memory":
                yield
                return
            try:
                async with locked(self._lock_path):
                    yield
            except TimeoutError:
                raise ProviderTrouble(
                    "Another tgtui is renewing the login and does not finish."
                ) from None

    def _mark(self) -> None:
        """Notify other programs, which only look at the lock file's time: a keyring may ask for its password."""
        with contextlib.suppress(OSError):
            if self.place != "memory":
                os.utime(self._lock_path)
        self._stamp = self._stamp_now()

    def _stamp_now(self) -> int:
        try:
            return self._lock_path.stat().st_mtime_ns
        except OSError:
            return 0
