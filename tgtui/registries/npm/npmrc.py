"""Which registry serves a package, and with which credentials, as npm itself reads its configuration.

Order, first wins: the program's own setting, `npm_config_*` variables, the project's .npmrc, the user's, the
global one, the well-known address. Source: npm's documentation of `config` and `npmrc`, and the behaviour of
@npmcli/config, ini and npm-registry-fetch.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import os
import re
import shutil
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from tgtui.basics.errors import SettingsError
from tgtui.basics.files.paths import working_folder
from tgtui.basics.files.trouble import why
from tgtui.registries.base import Lane
from tgtui.registries.http.rules import origin_of, shown_host
from tgtui.registries.npm.names import UNESCAPED

ENV_PREFIX = "npm_config_"
MAX_FILE_BYTES = 1 << 20
"""Bytes; a larger file is not a configuration file."""
VARIABLE = re.compile(r"(?<!\\)(\\*)\$\{([^${}?]+)(\?)?\}")
PROJECT_MARKS = ("package.json", "node_modules")
"""Entries that make a folder a project's root for npm."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NpmConfig:
    """npm's configuration of registries and credentials."""

    registry: str
    """The registry of unscoped names and of scopes without their own; ends with a slash."""
    scopes: Mapping[str, str] = field(default_factory=dict)
    """`@scope` to its own registry."""
    cafile: Path | None = None
    """A file of certificates to trust besides the usual ones."""
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    """`//host/path/` to the Authorization header's value."""

    def lanes(self) -> tuple[Lane, ...]:
        """The default registry's lane, then one for each scope with another host."""
        usual = origin_of(self.registry)
        hosts = {scope: origin_of(url) for scope, url in sorted(self.scopes.items())}
        others = {scope: host for scope, host in hosts.items() if host != usual}
        return (
            Lane("npm", usual, elsewhere=tuple(others)),
            *(Lane("npm", host, scope) for scope, host in others.items()),
        )

    def registry_for(self, name: str) -> str:
        """The address of the registry that has `name`; ends with a slash."""
        scope = name.split("/", 1)[0] if name.startswith("@") else ""
        return self.scopes.get(scope, self.registry)

    def address_of(self, name: str) -> str:
        """The address of the packument of a valid name: `{registry}@scope%2fname`."""
        return self.registry_for(name) + quote(name.replace("/", "%2f", 1), safe=UNESCAPED + "%")

    def authorization_for(self, url: str) -> str | None:
        """The Authorization header for `url`: that of the longest path on its own host and port, else None."""
        if not self.credentials:
            return None
        try:
            parts = urlsplit(url)
            key = f"//{_host(parts.netloc)}{parts.path}"
        except ValueError:
            return None
        while len(key) > 2:
            if key in self.credentials:
                return self.credentials[key]
            key = re.sub(r"([^/]+|/)$", "", key)
        return None


def read_npm_config(
    setting: str | None = None,
    *,
    env: Mapping[str, str] | None = None,
    folder: Path | None = None,
    home: Path | None = None,
) -> NpmConfig:
    """The configuration of an npm started in `folder` (default: the working directory).

    `setting` is the registry address of the program's own settings and goes before npm's. Raises
    SettingsError if the address to use is not valid.
    """
    env = os.environ if env is None else env
    home = Path.home() if home is None else home
    values = _read_all(env, working_folder() if folder is None else folder, home)
    credentials = _credentials(values)
    address, source = (
        setting or values.get("registry"),
        "setting" if setting else "npm configuration",
    )
    registry = _address(address or well_known_registry(), credentials, source)
    scopes = {
        key.removesuffix(":registry"): _address(value, credentials, f"npm configuration {key}")
        for key, value in values.items()
        if key.startswith("@") and key.endswith(":registry") and value
    }
    cafile = values.get("cafile")
    return NpmConfig(registry, scopes, _path(cafile, home) if cafile else None, credentials)


def place_of(key: str) -> str | None:
    """The file or the variable from which npm has a key's value here; None if it has none."""
    for file, values in _layers(os.environ, working_folder(), Path.home()):
        if values.get(key):
            return file or f"{ENV_PREFIX}{key}"
    return None


def well_known_registry() -> str:
    """The public registry's address, from packageurl's table of download addresses."""
    from packageurl.contrib.purl2url import get_download_url

    url = urlsplit(get_download_url("pkg:npm/npm@1.0.0"))  # type: ignore[no-untyped-call]
    return f"{url.scheme}://{url.netloc}/"


def parse_npmrc(text: str, env: Mapping[str, str]) -> dict[str, str]:
    """The top-level keys of an .npmrc, with `${VARIABLE}` replaced; sections and lists are left out."""
    values: dict[str, str] = {}
    for line in re.split(r"[\r\n]+", text):
        stripped = line.strip()
        if not stripped or stripped[0] in ";#":
            continue
        if stripped.startswith("[") and stripped.endswith("]"):
            break  # a section's keys are not npm's own
        key, equals, value = stripped.partition("=")
        key = _expand(_plain(key), env)
        if key and not key.endswith("[]"):
            values[key] = _expand(_plain(value), env) if equals else "true"
    return values


def _read_all(env: Mapping[str, str], folder: Path, home: Path) -> Mapping[str, str]:
    """Every layer, in order of precedence."""
    return ChainMap(*(values for _place, values in _layers(env, folder, home)))


def _layers(
    env: Mapping[str, str], folder: Path, home: Path
) -> list[tuple[str | None, dict[str, str]]]:
    """The same, each with its file; None for the environment."""
    variables = _from_env(env)
    layers: list[tuple[str | None, dict[str, str]]] = [(None, variables)]

    def add(file: Path) -> None:
        layers.append((str(file), _read(file, env)))

    def found() -> Mapping[str, str]:
        return ChainMap(*(values for _place, values in layers))

    user_file = _path(variables.get("userconfig") or str(home / ".npmrc"), home)
    project_file = _project_root(folder) / ".npmrc"
    if not _same(project_file, user_file):
        add(project_file)
    add(_path(found().get("userconfig") or str(user_file), home))
    add(_path(str(found().get("globalconfig") or _global_file(found(), env, home)), home))
    return layers


def _from_env(env: Mapping[str, str]) -> dict[str, str]:
    """`npm_config_foo_bar`, in any case, is `foo-bar`; keys of a host stay as they are."""
    values = {}
    for name, value in env.items():
        if name.lower().startswith(ENV_PREFIX) and value:
            key = name[len(ENV_PREFIX) :]
            if not key.startswith("//"):
                key = key[:1] + key[1:].replace("_", "-")
                key = key.lower()
            values[key] = value
    return values


def _read(path: Path, env: Mapping[str, str]) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        log.warning("npm's configuration %s can't be read: %s", path, why(error))
        return {}
    if len(data) > MAX_FILE_BYTES:
        log.warning("npm's configuration %s is too large and is left out", path)
        return {}
    return parse_npmrc(data.decode("utf-8", "replace").removeprefix("\ufeff"), env)


def _project_root(folder: Path) -> Path:
    """The nearest folder upwards that is a project for npm, else `folder` itself."""
    for candidate in (folder, *folder.parents):
        if any((candidate / mark).exists() for mark in PROJECT_MARKS):
            return candidate
    return folder


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _global_file(values: Mapping[str, str], env: Mapping[str, str], home: Path) -> Path:
    """`{prefix}/etc/npmrc`; the prefix is the folder of node's installation unless it is set."""
    prefix = values.get("prefix") or env.get("PREFIX")
    if not prefix:
        node = shutil.which("node", path=env.get("PATH"))
        if node is None:
            prefix = "/usr/local"
        else:
            bin_folder = Path(node).resolve().parent
            prefix = str(bin_folder if os.name == "nt" else bin_folder.parent)
    return _path(prefix, home) / "etc" / "npmrc"


def _path(text: str, home: Path) -> Path:
    """`~/` at its start is the home folder; npm knows no `~name`."""
    is_below = text.startswith(("~/", "~\\") if os.name == "nt" else "~/")
    return home / text[2:] if is_below else Path(text)


def _plain(text: str) -> str:
    """A key or value of npm's ini dialect: quoted like JSON, or up to the first unescaped `;` or `#`."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        inner = text[1:-1] if text[0] == "'" else text
        try:
            return str(json.loads(inner))
        except (ValueError, RecursionError):
            return inner
    plain = re.match(r"(?:\\.|[^\\;#]|\\$)*", text)
    return re.sub(r"\\([\\;#])", r"\1", plain[0] if plain else "").strip()


def _expand(text: str, env: Mapping[str, str]) -> str:
    """Replace `${NAME}` where NAME is set, and `${NAME?}` always; a backslash before it keeps it."""

    def value(match: re.Match[str]) -> str:
        slashes, name, optional = match[1], match[2], match[3]
        if len(slashes) % 2:
            return match[0][(len(slashes) + 1) // 2 :]
        unset = "" if optional else f"${{{name}}}"
        return slashes[len(slashes) // 2 :] + env.get(name, unset)

    return VARIABLE.sub(value, text)


def _credentials(values: Mapping[str, str]) -> dict[str, str]:
    """`//host/path/` to an Authorization header. Only keys that name their host count, as in npm since 9."""
    found: dict[str, str] = {}
    for key in {key.rpartition(":")[0] for key in values if key.startswith("//")}:
        token, basic = values.get(f"{key}:_authToken"), values.get(f"{key}:_auth")
        user, secret = values.get(f"{key}:username"), values.get(f"{key}:_password")
        header = None
        if token:
            header = f"Bearer {token}"
        elif basic:
            header = f"Basic {basic}"
        elif user and secret:
            header = _basic(user, _from_base64(secret))
        if header and header.isascii() and header.isprintable():
            host, slash, path = key.removeprefix("//").partition("/")
            found[f"//{host.lower()}{slash}{path}"] = header
    return found


def _from_base64(text: str) -> str:
    try:
        return base64.b64decode(text).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def _address(text: str, credentials: dict[str, str], source: str) -> str:
    """A registry address with a slash at its end. A user name and password in it move to `credentials`."""
    try:
        parts = urlsplit(text.strip())
        host = _host(parts.netloc)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url:
        shown = shown_host(text)
        raise SettingsError(
            f"The registry address in the {source} ({shown}) is not an https:// URL."
        )
    path = parts.path if parts.path.endswith("/") else parts.path + "/"
    if parts.username:
        secret = unquote(parts.password or "")
        credentials.setdefault(f"//{host}{path}", _basic(unquote(parts.username), secret))
    return urlunsplit((parts.scheme, host, path, "", ""))


def _host(netloc: str) -> str:
    """Host and port without user name and password."""
    return netloc.rpartition("@")[2].lower()
