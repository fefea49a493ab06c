"""The indexes to ask, in order: those of the settings, else pip's, else uv's, else the one that pip has built in."""

from __future__ import annotations

import base64
import netrc
import os
from collections.abc import Iterable, Mapping
from itertools import takewhile
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from msgspec import Struct, field

from tgtui.basics.errors import SettingsError
from tgtui.basics.files.paths import working_folder
from tgtui.basics.settings import PypiSettings
from tgtui.registries.http.rules import origin_of, shown_host
from tgtui.registries.pypi.configuration.pip import read_pip
from tgtui.registries.pypi.configuration.uv import read_uv


class IndexConfig(Struct, frozen=True):
    """Where packages come from. Addresses end with a slash and have no credentials."""

    indexes: tuple[str, ...]
    """Never empty."""
    is_first_only: bool = False
    """The first index that has a name is the only one for it, as with uv; else files of all are joined, as with pip."""
    credentials: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """By origin: paths, and the Authorization header for what is below each."""
    cafile: Path | None = None
    proxy: str | None = None
    place: str | None = None
    """Whose configuration it is; None for the one built in."""

    def authorization_for(self, url: str) -> str | None:
        """That of the longest path on its own host and port."""
        try:
            origin, path = origin_of(url), urlsplit(url).path
        except ValueError:
            return None
        told = self.credentials.get(origin, ())
        fitting = [(below, header) for below, header in told if path.startswith(below)]
        if fitting:
            return max(fitting, key=lambda each: len(each[0]))[1]
        # Files lie beside the index: pip gives them the credentials of the index on the same host.
        return max(told, key=lambda each: _common(each[0], path))[1] if told else None


def read_index_config(
    settings: PypiSettings,
    *,
    env: Mapping[str, str] | None = None,
    folder: Path | None = None,
    home: Path | None = None,
) -> IndexConfig:
    """Blocks shortly on the disk. SettingsError if an address is none."""
    env = os.environ if env is None else env
    home = Path.home() if home is None else home
    pip = read_pip(env, home)
    extra = settings.extra_indexes
    extras = extra.split() if isinstance(extra, str) else list(extra or ())
    found: tuple[list[str], bool, str | None]
    if settings.index or extras:
        found = [settings.index or built_in(), *extras], False, "the settings"
    elif pip.index or pip.extra_indexes:
        found = [pip.index or built_in(), *pip.extra_indexes], False, pip.place
    else:
        uv = read_uv(env, working_folder() if folder is None else folder, home)
        addresses = [*uv.indexes, uv.default or built_in()] if uv.indexes or uv.default else []
        found = (addresses, True, uv.place) if addresses else ([built_in()], False, None)
    addresses, is_first_only, place = found
    credentials: dict[str, list[tuple[str, str]]] = {}
    indexes = [_address(each, place, credentials) for each in addresses]
    _add_netrc(indexes, credentials, env, home)
    return IndexConfig(
        tuple(dict.fromkeys(indexes)),
        is_first_only,
        {origin: tuple(each) for origin, each in credentials.items()},
        Path(pip.cert).expanduser() if pip.cert else None,
        pip.proxy,
        place,
    )


def built_in() -> str:
    """The address that pip has built in, from packageurl's table of pages."""
    from packageurl.contrib.purl2url import get_repo_url

    url = urlsplit(get_repo_url("pkg:pypi/pip"))  # type: ignore[no-untyped-call]
    return f"{url.scheme}://{url.netloc}/simple/"


def _address(text: str, place: str | None, credentials: dict[str, list[tuple[str, str]]]) -> str:
    try:
        parts = urlsplit(text.strip())
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url:
        raise SettingsError(
            f"The address of an index of Python packages in {place} ({shown_host(text)})"
            " is not an https:// URL."
        )
    path = parts.path.rstrip("/") + "/"
    host = parts.netloc.rpartition("@")[2].lower()
    clean = urlunsplit((parts.scheme, host, path, "", ""))
    if parts.username:
        header = _basic(unquote(parts.username), unquote(parts.password or ""))
        credentials.setdefault(origin_of(clean), []).append((path, header))
    return clean


def _add_netrc(
    indexes: Iterable[str],
    credentials: dict[str, list[tuple[str, str]]],
    env: Mapping[str, str],
    home: Path,
) -> None:
    """For hosts whose address has no credentials."""
    file = Path(env.get("NETRC") or home / ("_netrc" if os.name == "nt" else ".netrc"))
    try:
        known = netrc.netrc(file) if file.exists() else None
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
        return
    for index in indexes:
        host = urlsplit(index).hostname or ""
        if known is None or origin_of(index) in credentials or host not in known.hosts:
            continue
        login, _account, password = known.hosts[host]
        credentials[origin_of(index)] = [("/", _basic(login, password or ""))]


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def _common(one: str, other: str) -> int:
    """Parts at the beginning that are the same."""
    parts = zip(one.split("/"), other.split("/"), strict=False)
    return sum(1 for _same in takewhile(lambda both: both[0] == both[1], parts))
