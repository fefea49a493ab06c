"""uv's configuration of indexes: `uv.toml`, or `[tool.uv]` of the project's pyproject.toml, then its variables.

Source: uv's documentation of indexes. The nearest file upwards is the project's; the user's and the system's follow.
"""

from __future__ import annotations

import logging
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from msgspec import Struct

from tgtui.basics.files.trouble import why
from tgtui.registries.pypi.configuration.pip import YES

MAX_FILE_BYTES = 1 << 20

log = logging.getLogger(__name__)


class UvConfig(Struct, frozen=True):
    """What uv would use. Addresses may have credentials."""

    indexes: tuple[str, ...] = ()
    """In the order they are asked."""
    default: str | None = None
    """Asked last; None if it is the one built in."""
    find_links: tuple[str, ...] = ()
    """Folders and pages beside the indexes; those of a file are relative to it."""
    is_without_index: bool = False
    insecure_hosts: tuple[str, ...] = ()
    keyring: str = "disabled"
    """`subprocess` or `disabled`."""
    client_cert: str | None = None
    always: tuple[str, ...] = ()
    """Indexes with `authenticate = "always"`: the keyring is asked for a user, too."""
    place: str | None = None


def read_uv(env: Mapping[str, str], folder: Path, home: Path) -> UvConfig:
    """A file that can't be read is left out, with a line in the log."""
    said = _Said(env)
    said.by_variables()
    for file, found in _tables(env, folder, home):
        said.by_file(file, found)
    return said.config()


class _Said:
    """What variables and files say, the nearest first."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._indexes: list[str] = []
        self._default: str | None = None
        self._links: list[str] = []
        self._hosts: list[str] = []
        self._keyring: str | None = None
        self._always: list[str] = []
        self._is_without = ""
        """What says that there is no index; '' if nothing does."""
        self._place: str | None = None
        """Of the first of indexes and links."""

    def by_variables(self) -> None:
        env = self._env
        links = [each for each in re.split(r"[,\s]+", env.get("UV_FIND_LINKS") or "") if each]
        self._find(links, "UV_FIND_LINKS")
        for variable in ("UV_INDEX", "UV_EXTRA_INDEX_URL"):
            for word in (env.get(variable) or "").split():
                self._add(*_named(word), variable)
        for variable in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
            if given := env.get(variable):
                self._fall_back_to(*_named(given), variable)
        if (env.get("UV_NO_INDEX") or "").lower() in YES:
            self._is_without = "UV_NO_INDEX"
        self._hosts += (env.get("UV_INSECURE_HOST") or "").split()
        self._keyring = env.get("UV_KEYRING_PROVIDER") or None

    def by_file(self, file: Path, found: Mapping[str, Any]) -> None:
        where = str(file)
        for told in _dicts(found.get("index")):
            self._by_entry(told, file)
        for address in _strings(found.get("extra-index-url")):
            self._add(address, None, where)
        if isinstance(given := found.get("index-url"), str):
            self._fall_back_to(given, None, where)
        self._find([_placed(each, file) for each in _strings(found.get("find-links"))], where)
        if found.get("no-index") is True:
            self._is_without = self._is_without or where
        self._hosts += _strings(found.get("allow-insecure-host"))
        if isinstance(keyring := found.get("keyring-provider"), str):
            self._keyring = self._keyring or keyring

    def config(self) -> UvConfig:
        is_without = bool(self._is_without)
        return UvConfig(
            indexes=() if is_without else tuple(dict.fromkeys(self._indexes)),
            default=None if is_without else self._default,
            find_links=tuple(dict.fromkeys(self._links)),
            is_without_index=is_without,
            insecure_hosts=tuple(
                urlsplit(each).netloc if "://" in each else each for each in self._hosts
            ),
            keyring=self._keyring or "disabled",
            client_cert=self._env.get("SSL_CLIENT_CERT") or None,
            always=tuple(self._always),
            place=self._place or self._is_without or None,
        )

    def _by_entry(self, told: Mapping[str, Any], file: Path) -> None:
        """One of `[[tool.uv.index]]`."""
        address, called = told.get("url"), told.get("name")
        if not isinstance(address, str) or told.get("explicit") is True:
            return
        if told.get("format") == "flat":
            self._find([_placed(address, file)], str(file))
            return
        if told.get("authenticate") == "always":
            self._always.append(address)
        name = called if isinstance(called, str) else None
        use = self._fall_back_to if told.get("default") is True else self._add
        use(address, name, str(file))

    def _add(self, address: str, name: str | None, where: str) -> None:
        self._indexes.append(_with_login(address, name, self._env))
        self._place = self._place or where

    def _fall_back_to(self, address: str, name: str | None, where: str) -> None:
        self._default = self._default or _with_login(address, name, self._env)
        self._place = self._place or where

    def _find(self, links: list[str], where: str) -> None:
        self._links += links
        if links:
            self._place = self._place or where


def _tables(
    env: Mapping[str, str], folder: Path, home: Path
) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    for above in (folder, *folder.parents):
        if (found := _read(above / "uv.toml")) is not None:
            yield above / "uv.toml", found
            break
        project = _read(above / "pyproject.toml")
        tool = project.get("tool") if project else None
        if isinstance(tool, dict) and isinstance(tool.get("uv"), dict):
            yield above / "pyproject.toml", tool["uv"]
            break
    if os.name == "nt":
        user = Path(env.get("APPDATA") or home / "AppData" / "Roaming")
        system = Path(env.get("ProgramData", "C:/ProgramData"))
    else:
        user, system = Path(env.get("XDG_CONFIG_HOME") or home / ".config"), Path("/etc")
    for place in (user / "uv" / "uv.toml", system / "uv" / "uv.toml"):
        if (found := _read(place)) is not None:
            yield place, found


def _read(file: Path) -> dict[str, Any] | None:
    try:
        if not file.is_file() or file.stat().st_size > MAX_FILE_BYTES:
            return None
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        reason = why(error) if isinstance(error, OSError) else "it is not TOML"
        log.warning("uv's configuration %s can't be read: %s", file, reason)
        return None


def _dicts(found: object) -> list[dict[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _strings(found: object) -> list[str]:
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _named(text: str) -> tuple[str, str | None]:
    """`name=https://…` as (address, name)."""
    name, equals, address = text.partition("=")
    is_named = bool(equals) and re.fullmatch(r"[\w-]+", name) is not None
    return (address, name) if is_named else (text, None)


def _placed(text: str, file: Path) -> str:
    """An address, or a path made absolute."""
    return text if "://" in text else str((file.parent / Path(text).expanduser()).absolute())


def _with_login(address: str, name: str | None, env: Mapping[str, str]) -> str:
    """With the login that the variables have for an index of this name."""
    if not name:
        return address
    called = re.sub(r"[^A-Z0-9]", "_", name.upper())
    user, password = (env.get(f"UV_INDEX_{called}_{word}") for word in ("USERNAME", "PASSWORD"))
    if not user and not password:
        return address
    parts = urlsplit(address)
    login = quote(user or "", safe="") + (f":{quote(password, safe='')}" if password else "")
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{login}@{host}"))
