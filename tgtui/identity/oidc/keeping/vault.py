"""The places to keep a login, shared by all programs of one person."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from tgtui.basics.files.private import write
from tgtui.identity.oidc.config import OidcConfig
from tgtui.identity.oidc.errors import LoginError, NoKeyring, ProviderTrouble, StoreError
from tgtui.identity.oidc.keeping.aside import aside
from tgtui.identity.oidc.keeping.kept import KeptLogin
from tgtui.identity.oidc.keeping.keyring import KeyringStore
from tgtui.identity.oidc.keeping.lock import locked
from tgtui.identity.oidc.keeping.store import FileStore, MemoryStore, Place, Store
from tgtui.identity.oidc.protocol.token import require_library
from tgtui.identity.oidc.secrets import Secret

RENEWED_ELSEWHERE = (
    "Another tgtui renewed the login and can't store it yet: unlock the keyring, or log in again."
)


class Vault:
    """Starts with the keyring. Changes of the kept login happen under `locked`."""

    def __init__(self, config: OidcConfig, folder: Path) -> None:
        """`folder` has the lock, and the login's file if one was chosen."""
        self._issuer = config.issuer
        self._lock_path = folder / f"login-{config.key}.lock"
        self._spent_path = folder / f"login-{config.key}.spent"
        """The hash of a stored refresh token that was exchanged for one that could not be stored."""
        self._stores: dict[Place, Store] = {
            "file": FileStore(config, folder),
            "keyring": KeyringStore(config),
            "memory": MemoryStore(),
        }
        self._store = self._stores["keyring"]
        self._unsaved: KeptLogin | None = None
        """Newer than what is stored, which could not be replaced yet."""
        self._saving = 0
        self._turn = asyncio.Lock()
        self._stamp = 0
        """Stamp of the last change by another program that was noticed."""

    @property
    def place(self) -> Place:
        """Where the login is kept, or would be."""
        return "memory" if self.has_unsaved else self._store.place

    @property
    def has_unsaved(self) -> bool:
        """The login could not be stored yet; `save_again` tries that."""
        return self._unsaved is not None

    @property
    def is_saving(self) -> bool:
        """A login is being written: the program must not exit now."""
        return self._saving > 0

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
        mine = self._unsaved
        login, store, notice = await self._found(("file", "keyring"))
        if mine is not None and (login is None or login.changed_at <= mine.changed_at):
            return mine, ""
        if store is not None:
            self._store, self._unsaved = store, None
        return login, notice

    async def former(self) -> KeptLogin | None:
        """The login that a new one is going to replace."""
        if self._unsaved is not None or self._store.place == "memory":
            return await self.load()
        places: list[Place] = ["file", self._store.place]
        login, _store, _notice = await self._found(dict.fromkeys(places))
        return login

    async def load(self) -> KeptLogin | None:
        """Load it from the current place. StoreError also if another program has exchanged its refresh token."""
        if self._unsaved is not None:
            return self._unsaved
        login = await aside(self._store.load)
        if login is not None and login.refresh_token is not None:
            spent = await aside(self._read_spent)
            if spent == _digest(login.refresh_token):
                raise StoreError(RENEWED_ELSEWHERE)
        return login

    async def save(self, login: KeptLogin, spent: Secret | None = None) -> str:
        """Keep a login. Returns why it is only kept in memory, else an empty text. Also deletes an older one in a file.

        `spent` is the stored refresh token, if it was exchanged for the login's: other programs must not send it again.
        """
        self._saving += 1
        try:
            return await self._save(login, spent)
        finally:
            self._saving -= 1

    async def save_again(self) -> str:
        """Store what could not be stored before, as `save`; not over another program's change."""
        if self._unsaved is None or self.was_changed_elsewhere:
            return ""
        return await self.save(self._unsaved)

    def put_off(self, login: KeptLogin) -> None:
        """Keep a login in memory, because it could not even be tried to store it; `save_again` does."""
        self._unsaved = login

    async def _save(self, login: KeptLogin, spent: Secret | None) -> str:
        notice = ""
        try:
            await aside(lambda: self._store.save(login))
        except LoginError as error:
            notice = (
                f"{error} The login lasts until this program exits; tgtui keeps trying to store it."
            )
            is_first, self._unsaved = self._unsaved is None, login
            if is_first and spent is not None and spent != login.refresh_token:
                await aside(lambda: self._write_spent(spent))
        else:
            self._unsaved = None
            if self._store.place != "memory":
                await aside(self._forget_spent)
        if self.place == "keyring":
            with contextlib.suppress(StoreError):
                await aside(self._stores["file"].forget)
        self._mark()
        return notice

    async def forget(self) -> list[str]:
        """Delete the login everywhere; returns a sentence for each problem."""
        problems: list[str] = []
        self._unsaved = None
        for store in self._stores.values():
            try:
                await aside(store.forget)
            except LoginError as error:
                if store is self._store:
                    problems.append(str(error))
        await aside(self._forget_spent)
        self._mark()
        return problems

    @property
    def was_changed_elsewhere(self) -> bool:
        """Another program logged in, out, or renewed the login since this one looked."""
        return self._store.place != "memory" and self._stamp_now() != self._stamp

    @contextlib.asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Keep other tasks and programs from changing it. ProviderTrouble if another program takes too long."""
        async with self._turn:
            if self._store.place == "memory":
                yield
                return
            try:
                async with locked(self._lock_path):
                    yield
            except TimeoutError:
                raise ProviderTrouble(
                    "Another tgtui is renewing the login and does not finish."
                ) from None

    async def _found(self, places: Iterable[Place]) -> tuple[KeptLogin | None, Store | None, str]:
        """The first login in these places, where it is, and a problem if none was found."""
        notice = ""
        for place in places:
            store = self._stores[place]
            try:
                login = await aside(store.load)
            except NoKeyring:
                continue
            except LoginError as error:
                notice = str(error)
                continue
            if login is not None and login.issuer == self._issuer:
                return login, store, ""
        return None, None, notice

    def _read_spent(self) -> str:
        try:
            return self._spent_path.read_text("ascii")
        except (OSError, ValueError):
            return ""

    def _write_spent(self, token: Secret) -> None:
        with contextlib.suppress(OSError):
            self._spent_path.unlink(missing_ok=True)
            write(self._spent_path, _digest(token).encode("ascii"))

    def _forget_spent(self) -> None:
        with contextlib.suppress(OSError):
            self._spent_path.unlink(missing_ok=True)

    def _mark(self) -> None:
        """Notify other programs, which only look at the lock file's time: a keyring may ask for its password."""
        with contextlib.suppress(OSError):
            if self._store.place != "memory":
                os.utime(self._lock_path)
        self._stamp = self._stamp_now()

    def _stamp_now(self) -> int:
        try:
            return self._lock_path.stat().st_mtime_ns
        except OSError:
            return 0


def _digest(token: Secret) -> str:
    return hashlib.sha256(token.reveal().encode()).hexdigest()
