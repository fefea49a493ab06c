"""The indexes to ask, in order: those of the settings, else pip's, else uv's, else the one that pip has built in."""

from __future__ import annotations

import base64
import netrc
import os
import re
from collections.abc import Iterable, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import unquote, urlsplit, urlunsplit

from msgspec import Struct, field

from tgtui.basics.errors import SettingsError
from tgtui.basics.files.paths import working_folder
from tgtui.basics.settings import PypiSettings
from tgtui.registries.base import Lane
from tgtui.registries.http.rules import origin_of, shown_host
from tgtui.registries.http.trust import Trust
from tgtui.registries.pypi.configuration.pip import read_pip
from tgtui.registries.pypi.configuration.uv import read_uv

KeyringUse = Literal["auto", "import", "subprocess", "disabled"]
"""Who is asked for a login that an index wants: the keyring library, the program `keyring`, both in turn, nobody."""


class IndexConfig(Struct, frozen=True):
    """Where packages come from. Addresses end with a slash and have no credentials."""

    indexes: tuple[str, ...]
    """Empty only where none is to be asked: pip's and uv's `no-index`."""
    is_first_only: bool = False
    """The first index that has a name is the only one for it, as with uv; else files of all are joined, as with pip."""
    credentials: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """By origin: paths, and the Authorization header for what is below each."""
    users: Mapping[str, str] = field(default_factory=dict)
    """By index: the user in its address, where it has no password."""
    find_links: tuple[str, ...] = ()
    """Pages, folders and files whose packages come beside those of the indexes: https://, or file:// of this machine."""
    trust: Trust = Trust()
    proxy: str | None = None
    keyring: KeyringUse = "auto"
    userless: frozenset[str] = frozenset()
    """Indexes for which the program `keyring` is asked for the user, too."""
    place: str | None = None
    """Whose configuration it is; None for the one built in."""

    def lanes(self) -> tuple[Lane, ...]:
        """The first index's host; another index and the hosts of files have no lane."""
        places = (*self.indexes, *self.find_links)
        return (Lane("pypi", origin_of(places[0]) if places else ""),)

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
        return max(told, key=lambda each: common(each[0], path))[1] if told else None


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
    working = working_folder() if folder is None else folder
    found: tuple[list[str], bool, str | None]
    links: tuple[str, ...] = ()
    hosts, client_cert, keyring = pip.trusted_hosts, pip.client_cert, pip.keyring
    always: tuple[str, ...] = ()
    if settings.index or extras:
        found = [settings.index or built_in(), *extras], False, "the settings"
    elif pip.place is not None:
        links = pip.find_links
        asked = [] if pip.is_without_index else [pip.index or built_in(), *pip.extra_indexes]
        found = asked, False, pip.place
    else:
        uv = read_uv(env, working, home)
        if uv.place is None:
            found = [built_in()], False, None
        else:
            asked = [] if uv.is_without_index else [*uv.indexes, uv.default or built_in()]
            found, links = (asked, True, uv.place), uv.find_links
            hosts, keyring = (*hosts, *uv.insecure_hosts), uv.keyring
            client_cert, always = uv.client_cert or client_cert, uv.always
    addresses, is_first_only, place = found
    credentials: dict[str, list[tuple[str, str]]] = {}
    users: dict[str, str] = {}
    indexes = [_address(each, place, credentials, users) for each in addresses]
    pages = [_link(each, place, working, credentials) for each in links]
    _add_netrc([*indexes, *pages], credentials, env, home)
    return IndexConfig(
        indexes=tuple(dict.fromkeys(indexes)),
        is_first_only=is_first_only,
        credentials={origin: tuple(each) for origin, each in credentials.items()},
        users=users,
        find_links=tuple(dict.fromkeys(pages)),
        trust=Trust(
            cafile=Path(pip.cert).expanduser() if pip.cert else None,
            client_cert=Path(client_cert).expanduser() if client_cert else None,
            hosts=tuple(host for each in hosts if (host := _host(each))),
        ),
        proxy=pip.proxy,
        keyring=keyring if keyring in get_args(KeyringUse) else "disabled",  # type: ignore[arg-type]
        userless=frozenset(_address(each, place, {}, {}) for each in always),
        place=place,
    )


def built_in() -> str:
    """The address that pip has built in, from packageurl's table of pages."""
    from packageurl.contrib.purl2url import get_repo_url

    url = urlsplit(get_repo_url("pkg:pypi/pip"))  # type: ignore[no-untyped-call]
    return f"{url.scheme}://{url.netloc}/simple/"


def _link(
    text: str, place: str | None, working: Path, credentials: dict[str, list[tuple[str, str]]]
) -> str:
    """Of `find-links`: an address, else a path."""
    if text.startswith("file:"):
        return text
    if re.match(r"https?://", text):
        return _address(text, place, credentials, {}).removesuffix("/" * (not text.endswith("/")))
    path = working / Path(text).expanduser()
    try:
        return path.absolute().as_uri()
    except ValueError:
        raise SettingsError(f"{text!r} of find-links in {place} is no path.") from None


def _host(text: str) -> str:
    """`host`, or `host:port`, of what `trusted-host` has; '' if that is neither."""
    host = text.strip().lower().removesuffix(":*")
    return host if re.fullmatch(r"(\[[0-9a-f:.]+\]|[^\s/@:\[\]]+)(:\d+)?", host) else ""


def _address(
    text: str,
    place: str | None,
    credentials: dict[str, list[tuple[str, str]]],
    users: dict[str, str],
) -> str:
    """With a slash at its end; the login in it goes into `credentials`, a user alone into `users` too."""
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
    if parts.username or parts.password:
        header = basic(unquote(parts.username or ""), unquote(parts.password or ""))
        credentials.setdefault(origin_of(clean), []).append((path, header))
    if parts.username and not parts.password:
        users[clean] = unquote(parts.username)
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
        credentials[origin_of(index)] = [("/", basic(login, password or ""))]


def basic(user: str, password: str) -> str:
    """The Authorization header of a login."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def common(one: str, other: str) -> int:
    """How many parts at the beginning of two paths are the same."""
    parts = zip(one.split("/"), other.split("/"), strict=False)
    return sum(1 for _same in takewhile(lambda both: both[0] == both[1], parts))
