"""Places to keep a login between runs: the system's keyring, a file if chosen, or memory only."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Protocol

from tgtui.basics.files.private import create, make_folder
from tgtui.basics.files.trouble import why
from tgtui.identity.oidc.config import OidcConfig
from tgtui.identity.oidc.errors import StoreError
from tgtui.identity.oidc.keeping.kept import KeptLogin, read, written

Place = Literal["keyring", "file", "memory"]


class Store(Protocol):
    """A place to keep a login. Every call may block: call it in a thread. StoreError says what is wrong."""

    place: Place

    def check(self) -> None:
        """Raise StoreError if nothing can be kept, before a login that would be lost."""

    def load(self) -> KeptLogin | None:
        """The kept login; None if there is none."""

    def save(self, login: KeptLogin) -> None:
        """Keep a login, replacing the previous one."""

    def forget(self) -> None:
        """Delete the login, if there is one."""


class MemoryStore:
    """Keeps a login until the program exits."""

    place: Place = "memory"

    def __init__(self) -> None:
        self._login: KeptLogin | None = None

    def check(self) -> None:
        pass

    def load(self) -> KeptLogin | None:
        return self._login

    def save(self, login: KeptLogin) -> None:
        self._login = login

    def forget(self) -> None:
        self._login = None


class FileStore:
    """A file that only its owner can read. Created only if the person chose it."""

    place: Place = "file"

    def __init__(self, config: OidcConfig, folder: Path) -> None:
        self.path = folder / f"login-{config.key}.json"

    def check(self) -> None:
        with self._failures():
            make_folder(self.path.parent)
            if not os.access(self.path.parent, os.W_OK):
                raise StoreError(f"The login can't be kept: {self.path.parent} is not writable.")

    def load(self) -> KeptLogin | None:
        with self._failures():
            try:
                descriptor = os.open(self.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
            except FileNotFoundError:
                return None
            with os.fdopen(descriptor, "rb") as file:
                about = os.fstat(file.fileno())
                if os.name != "nt" and (
                    stat.S_IMODE(about.st_mode) & 0o077 or about.st_uid != os.getuid()
                ):
                    raise StoreError(
                        f"Other users can read or write {self.path}, so its login is not used:"
                        " delete the file and log in again."
                    )
                return read(file.read())

    def save(self, login: KeptLogin) -> None:
        with self._failures():
            make_folder(self.path.parent)
            unfinished = self.path.with_suffix(f".{os.getpid()}.part")
            unfinished.unlink(missing_ok=True)
            descriptor = create(unfinished)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(written(login))
                    file.flush()
                    os.fsync(file.fileno())
                unfinished.replace(self.path)
            except OSError:
                unfinished.unlink(missing_ok=True)
                raise

    def forget(self) -> None:
        with self._failures():
            self.path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(f"The login's file {self.path} can't be used: {why(error)}.") from None
