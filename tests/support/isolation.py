"""Keeps tests apart from the developer's machine: its network, its settings, its home."""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FOREIGN_SETTINGS = re.compile(
    r"^(npm_config_|pip_|uv_|tgtui_(?!test_)|pg[a-z]|xdg_|textual(?!_snapshot)|(http|https|all|no)_proxy$"
    r"|no_color$|force_color$|columns$|lines$|lang$|lc_|ssl_c|sslkeylog|requests_ca|curl_ca)",
    re.IGNORECASE,
)
"""Variables that change what tgtui or a library under it does; a test sets those it is about."""
TERMINAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
"""What the pictures of the screens were taken with."""
NO_PIP = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:9/simple/"}
"""pip then reads none of the machine's files, and no test asks the public index."""
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
"""No test touches the developer's own secrets; one that is about a keyring brings it along."""
HOME_FOLDERS = {
    "HOME": "",
    "USERPROFILE": "",
    "APPDATA": "AppData/Roaming",
    "LOCALAPPDATA": "AppData/Local",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
    "XDG_CONFIG_HOME": ".config",
    "XDG_CACHE_HOME": ".cache",
    "TGTUI_DATA_DIR": ".local/share/tgtui",
}


class NetworkUse(AssertionError):
    """A test reached for a machine other than this one."""


def isolate_environment(patch: pytest.MonkeyPatch, home: Path) -> None:
    """Take every foreign setting out of the environment and move the home folder to `home`."""
    for name in list(os.environ):
        if FOREIGN_SETTINGS.match(name):
            patch.delenv(name)
    for name, value in {**TERMINAL, **NO_PIP, **NO_KEYRING}.items():
        patch.setenv(name, value)
    for name, folder in HOME_FOLDERS.items():
        patch.setenv(name, str(home / folder))
    if hasattr(time, "tzset"):
        time.tzset()


def refuse_network(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let sockets reach this machine only. Run as a generator around a test.

    A refused attempt raises NetworkUse where it happens, and again at the end of the test: code that
    turns every error of a connection into "offline" must not hide it.
    """
    attempts: list[str] = []

    def refuse(target: str) -> NetworkUse:
        attempts.append(target)
        return NetworkUse(f"a test tried to reach {target}; tests talk to this machine only")

    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
    getaddrinfo = socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if not _is_local(self.family, address):
            self.close()  # nobody else will: callers expect an OSError
            raise refuse(str(address))
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        if not _is_local(self.family, address):
            self.close()  # nobody else will: callers expect an OSError
            raise refuse(str(address))
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        asks_nobody = kwargs.get("flags", 0) & socket.AI_NUMERICHOST
        if name is None or name == "localhost" or _is_address(name) or asks_nobody:
            return getaddrinfo(host, *args, **kwargs)
        if name.endswith(".invalid"):  # RFC 2606: never resolves, so no server needs asking
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        raise refuse(name)

    patch.setattr(socket.socket, "connect", guarded_connect)
    patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
    yield
    if attempts:
        pytest.fail(f"this test tried to reach {', '.join(attempts)}", pytrace=False)


def _is_local(family: int, address: Any) -> bool:
    if family not in (socket.AF_INET, socket.AF_INET6):
        return True
    host = address[0]
    return host in ("localhost", "") or (
        _is_address(host) and ipaddress.ip_address(host).is_loopback
    )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
