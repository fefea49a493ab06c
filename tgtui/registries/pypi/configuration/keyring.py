"""Logins that the user's keyring has for an index that wants one, asked for as pip does.

Source: pip 26.3, `network/auth.py`: first for the index's address, then for its host. uv's documentation of
authentication: with `authenticate = "always"` the program is asked for an index whose address names no user.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tgtui.basics.files.keyring import Calls, no_terminal
from tgtui.registries.http.rules import origin_of, shown_host
from tgtui.registries.pypi.configuration.indexes import IndexConfig, basic, common

KEYRING_SECONDS = 30.0
"""For one call: the system may ask for the keyring's password meanwhile."""
UNKNOWN_SECONDS = 60.0
"""A keyring that had nothing is asked again after so long."""
PROGRAM = "keyring"

log = logging.getLogger(__name__)


class Logins:
    """Of one adapter: the configuration's logins, and what the keyring had where these were refused."""

    def __init__(self, config: IndexConfig, now: Callable[[], float] = time.monotonic) -> None:
        """`now` in seconds."""
        self._config = config
        self._now = now
        self._lock = threading.Lock()
        self._calls = Calls()
        self._found: dict[str, tuple[str | None, float]] = {}
        """By index or origin: the header, None for none, and when that was found out."""

    def authorization(self, url: str) -> str | None:
        """The header for an address."""
        known = self._found.get(self._asked_as(url))
        return known[0] if known and known[0] else self._config.authorization_for(url)

    def challenged(self, url: str) -> str | None:
        """The header from the keyring for an address that wanted a login; None if it has none. Blocks."""
        service = self._asked_as(url)
        with self._lock:
            known = self._found.get(service)
            if known is None or (known[0] is None and self._now() - known[1] > UNKNOWN_SECONDS):
                known = self._found[service] = (self._ask(service, url), self._now())
            return known[0]

    def _asked_as(self, url: str) -> str:
        """The index that it is below, else the nearest on its host, else its origin."""
        origin = origin_of(url)
        own = [index for index in self._config.indexes if origin_of(index) == origin]
        return max(
            own, key=lambda index: common(urlsplit(index).path, urlsplit(url).path), default=origin
        )

    def _ask(self, service: str, url: str) -> str | None:
        user = self._config.users.get(service)
        may_ask_user = service in self._config.userless
        host = urlsplit(url).netloc.rpartition("@")[2]
        names = [service if service in self._config.indexes else host, host]
        if self._config.is_first_only:
            names.insert(1, service.removesuffix("/"))  # uv asks for an address as it is written
        for asked in dict.fromkeys(names):
            for way in self._ways(may_ask_user=may_ask_user):
                try:
                    login = self._calls.bounded(
                        lambda way=way, asked=asked: way(asked, user),  # type: ignore[misc]
                        KEYRING_SECONDS,
                    )
                except Exception as error:  # noqa: BLE001 - a backend raises what it likes
                    log.info(
                        "the keyring has no login for %s: %s", shown_host(url), type(error).__name__
                    )
                    continue
                if login is not None:
                    return basic(*login)
        return None

    def _ways(
        self, *, may_ask_user: bool
    ) -> list[Callable[[str, str | None], tuple[str, str] | None]]:
        use = self._config.keyring
        return [
            *([_of_library] if use in ("auto", "import") else []),
            *([_of_program] if use in ("auto", "subprocess") else []),
            *([_of_program_with_user] if use == "subprocess" and may_ask_user else []),
        ]


def _of_library(service: str, user: str | None) -> tuple[str, str] | None:
    import keyring

    with no_terminal():
        found: Any = keyring.get_credential(service, user)
    return (str(found.username or ""), str(found.password)) if found is not None else None


def _of_program(service: str, user: str | None) -> tuple[str, str] | None:
    """As pip calls it, which needs a user."""
    if user is None:
        return None
    secret = _told_by_program(service, user).strip("\r\n")
    return (user, secret) if secret else None


def _of_program_with_user(service: str, user: str | None) -> tuple[str, str] | None:
    """As uv calls it where nobody names a user: two lines, the user and the password."""
    lines = _told_by_program(service, "--mode", "creds").splitlines() if user is None else []
    return (lines[0], lines[1]) if len(lines) > 1 and lines[1] else None


def _told_by_program(service: str, *more: str) -> str:
    """What `keyring get` writes; '' if there is none, or it has nothing."""
    program = shutil.which(PROGRAM)
    if program is None:
        return ""
    told = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    with contextlib.suppress(subprocess.TimeoutExpired):
        ended = subprocess.run(  # noqa: S603 - the user's own program, found as pip finds it
            [program, "get", service, *more],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=told,
            timeout=KEYRING_SECONDS,
            check=False,
            start_new_session=True,
        )
        if ended.returncode == 0:
            return ended.stdout.decode("utf-8", "replace")
    return ""
