"""pip's configuration: its files, weakest first, then its variables. Source: pip 26.3, `configuration.py`.

The section weighs more than the file: `[install]` anywhere beats `[global]`; only variables beat both.
"""

from __future__ import annotations

import configparser
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from tgtui.basics.files.trouble import why

PREFIX = "PIP_"
SECTIONS = ("global", "install")
"""The weaker first."""
NAME = "pip.ini" if os.name == "nt" else "pip.conf"
MAX_FILE_BYTES = 1 << 20
YES = ("y", "yes", "t", "true", "on", "1")
"""What switches something on."""

log = logging.getLogger(__name__)


class PipConfig(Struct, frozen=True):
    """What pip would use."""

    index: str | None = None
    extra_indexes: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    """Folders, pages and files beside the indexes."""
    is_without_index: bool = False
    """No index is to be asked."""
    cert: str | None = None
    client_cert: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    proxy: str | None = None
    keyring: str = "auto"
    """`auto`, `import`, `subprocess` or `disabled`."""
    place: str | None = None
    """Where the index, or what stands for one, is named: a file or a variable."""


def read_pip(env: Mapping[str, str], home: Path) -> PipConfig:
    """Of an empty value pip takes no notice."""
    values: dict[str, tuple[str, str]] = {}
    read = [(str(file), _read(file)) for file in _files(env, home)]
    for section in SECTIONS:
        for place, sections in read:
            for key, value in sections.get(section, {}).items():
                if value:
                    values[key] = value, place
    for name, value in env.items():
        if name.startswith(PREFIX) and value:
            values[_key(name.removeprefix(PREFIX))] = value, name

    def text(key: str) -> str | None:
        return values[key][0].strip() if key in values else None

    def words(key: str) -> tuple[str, ...]:
        return tuple((text(key) or "").split())

    def is_set(key: str) -> bool:
        return (text(key) or "").lower() in YES

    is_without = is_set("no-index")
    keys = ("no-index",) if is_without else ("index-url", "extra-index-url", "find-links")
    keyring = text("keyring-provider") or "auto"
    return PipConfig(
        index=None if is_without else text("index-url"),
        extra_indexes=() if is_without else words("extra-index-url"),
        find_links=words("find-links"),
        is_without_index=is_without,
        cert=text("cert") or env.get("REQUESTS_CA_BUNDLE") or env.get("CURL_CA_BUNDLE"),
        client_cert=text("client-cert"),
        trusted_hosts=words("trusted-host"),
        proxy=text("proxy"),
        # pip asks nobody with --no-input, unless it is told whom.
        keyring="disabled" if keyring == "auto" and is_set("no-input") else keyring,
        place=next((values[key][1] for key in keys if key in values), None),
    )


def _files(env: Mapping[str, str], home: Path) -> Iterator[Path]:
    given = env.get("PIP_CONFIG_FILE")
    if given == os.devnull:
        return
    if os.name == "nt":
        yield Path(env.get("ProgramData", "C:/ProgramData")) / "pip" / NAME
    elif sys.platform == "darwin":
        yield Path("/Library/Application Support/pip") / NAME
    else:
        for folder in reversed((env.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")):
            yield Path(folder) / "pip" / NAME
    if os.name != "nt":
        yield Path("/etc") / NAME
    if given is None or not Path(given).exists():
        yield home / ("pip" if os.name == "nt" else ".pip") / NAME
        yield _user_folder(env, home) / NAME
    if prefix := env.get("VIRTUAL_ENV"):
        yield Path(prefix) / NAME
    if given is not None:
        yield Path(given)


def _user_folder(env: Mapping[str, str], home: Path) -> Path:
    if os.name == "nt":
        return Path(env.get("APPDATA") or home / "AppData" / "Roaming") / "pip"
    if sys.platform == "darwin":
        folder = home / "Library" / "Application Support" / "pip"
        if folder.is_dir():
            return folder
    return Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "pip"


def _read(file: Path) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        if not file.is_file() or file.stat().st_size > MAX_FILE_BYTES:
            return {}
        parser.read_string(file.read_text(errors="replace"))
    except (OSError, configparser.Error) as error:
        reason = why(error) if isinstance(error, OSError) else "it is not in pip's format"
        log.warning("pip's configuration %s can't be read: %s", file, reason)
        return {}
    return {
        section.lower(): {_key(key): value for key, value in parser.items(section)}
        for section in parser.sections()
    }


def _key(text: str) -> str:
    return text.lower().replace("_", "-").removeprefix("--")
