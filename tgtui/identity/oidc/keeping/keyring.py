"""A login in the system's keyring."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from tgtui.basics.files.keyring import AsksOnTerminal, Calls, no_terminal
from tgtui.identity.oidc.config import OidcConfig
from tgtui.identity.oidc.errors import LoginNotOffered, NoKeyring, StoreError
from tgtui.identity.oidc.keeping.kept import KeptLogin, read, written
from tgtui.identity.oidc.keeping.store import Place
from tgtui.identity.oidc.protocol.token import NOT_INSTALLED

T = TypeVar("T")

SERVICE = "tgtui"
"""The service name of the entries in the keyring."""
KEYRING_SECONDS = 30.0
"""Seconds for one call: the system may ask for the keyring's password meanwhile."""
PIECE = 1_000 if sys.platform == "win32" else 1_000_000
"""Characters: an entry of Windows' Credential Manager takes 2,560 bytes of UTF-16."""
MAX_DIGITS = 4
"""Digits of the number of entries, which is untrusted."""
UNSAFE = "keyrings.alt."
"""Modules of backends that keep secrets in plain files, or ask for a password on the terminal. May not be installed."""
PROBE = "check"
"""The secret of an entry that is written and deleted to see whether a login could be stored."""


class KeyringStore:
    """The system's keyring. A call that does not return is given up, and does not block the exit.

    Calls happen in their order, also one that was given up, so that an older login never replaces a newer one.
    """

    place: Place = "keyring"

    def __init__(
        self, config: OidcConfig, seconds: float = KEYRING_SECONDS, piece: int = PIECE
    ) -> None:
        """`piece` is how many characters one entry takes; a longer login is spread over several."""
        self._user = f"{config.client_id} at {config.issuer}"
        self._seconds = seconds
        self._piece = piece
        self._calls = Calls()

    def check(self) -> None:
        def probe(keyring: Any) -> None:
            keyring.set_password(SERVICE, self._entry(0), PROBE)
            keyring.delete_password(SERVICE, self._entry(0))

        self._call("read", lambda keyring: keyring.get_password(SERVICE, self._user))
        self._call("written", probe)

    def load(self) -> KeptLogin | None:
        def assembled(keyring: Any) -> str | None:
            first = keyring.get_password(SERVICE, self._user)
            if not isinstance(first, str):
                return None
            head, _, text = first.partition(":")
            count, _, digest = head.partition(" ")
            is_count = count.isascii() and count.isdigit() and len(count) <= MAX_DIGITS
            for number in range(2, int(count) + 1 if is_count else 0):
                piece = keyring.get_password(SERVICE, self._entry(number))
                if not isinstance(piece, str):
                    return None
                text += piece
            return text if _digest(text) == digest else None

        text = self._call("read", assembled)
        return read(text.encode()) if text is not None else None

    def save(self, login: KeptLogin) -> None:
        def write(keyring: Any) -> None:
            text = written(login).decode()
            pieces = [text[at : at + self._piece] for at in range(0, len(text), self._piece)]
            for number, piece in enumerate(pieces[1:], 2):
                keyring.set_password(SERVICE, self._entry(number), piece)
            head = (
                f"{len(pieces)} {_digest(text)}"  # last, so that half a login is not taken for one
            )
            keyring.set_password(SERVICE, self._user, f"{head}:{pieces[0]}")
            self._delete(keyring, len(pieces) + 1)  # what is left of a longer one

        self._call("written", write)

    def forget(self) -> None:
        self._call("changed", lambda keyring: self._delete(keyring, 1))

    def _delete(self, keyring: Any, first: int) -> None:
        """Delete this entry and those after it."""
        number = first
        while keyring.get_password(SERVICE, self._entry(number)) is not None:
            keyring.delete_password(SERVICE, self._entry(number))
            number += 1

    def _entry(self, number: int) -> str:
        return self._user if number == 1 else f"{self._user} ({number or PROBE})"

    def _call(self, done: str, work: Callable[[Any], T]) -> T:
        try:
            return self._calls.bounded(lambda: work(_Silent(usable_keyring())), self._seconds)
        except (StoreError, LoginNotOffered):
            raise
        except AsksOnTerminal:
            reason = "asks for its password on the terminal, which tgtui needs for itself"
        except TimeoutError:
            reason = f"did not answer within {self._seconds:g} s; is it waiting for a password?"
        except Exception as error:  # noqa: BLE001 - a backend raises what it likes, in words for programmers
            reason = f"can't be {done} ({type(error).__name__})"
        raise StoreError(f"The system's keyring {reason}.")


def secret_of(entry: str) -> str | None:
    """The secret that a person put into the keyring under tgtui and this name; None if there is none, or no keyring."""
    try:
        found = Calls().bounded(
            lambda: _Silent(usable_keyring()).get_password(SERVICE, entry), KEYRING_SECONDS
        )
    except Exception:  # noqa: BLE001 - a backend raises what it likes; what needs the secret says that it lacks one
        return None
    return found if isinstance(found, str) and found else None


def usable_keyring() -> Any:
    """The best keyring of the system. NoKeyring if there is none that keeps secrets."""
    try:
        import keyring
        from keyring.backends import fail, null
        from keyring.backends.chainer import ChainerBackend
    except ImportError:
        raise LoginNotOffered(NOT_INSTALLED) from None
    found: Any = keyring.get_keyring()
    members = list(found.backends) if isinstance(found, ChainerBackend) else [found]
    keeping = [each for each in members if not isinstance(each, fail.Keyring | null.Keyring)]
    for member in keeping:
        if not type(member).__module__.startswith(UNSAFE):
            return member
    if keeping:
        raise NoKeyring(
            "The only keyring here is one of keyrings.alt, which does not protect a login."
        )
    raise NoKeyring("This machine has no usable keyring.")


class _Silent:
    """A backend that raises AsksOnTerminal instead of using the terminal."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def get_password(self, service: str, user: str) -> Any:
        with no_terminal():
            return self._backend.get_password(service, user)

    def set_password(self, service: str, user: str, secret: str) -> None:
        with no_terminal():
            self._backend.set_password(service, user, secret)

    def delete_password(self, service: str, user: str) -> None:
        with no_terminal():
            self._backend.delete_password(service, user)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
