"""One tree of settings: defaults < settings file < environment < command line.

The file is TOML, `settings.toml` in the user's configuration folder (or where TGTUI_CONFIG says). Each
setting is also an environment variable: `[worker] concurrency` is TGTUI_WORKER_CONCURRENCY.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from platformdirs import PlatformDirs

from tgtui.basics.errors import SettingsError

Positive = Annotated[int, Meta(ge=1)]
NotNegative = Annotated[int, Meta(ge=0)]

PREFIX = "TGTUI_"
DATABASE_FILE = "catalogue.sqlite3"


class WorkerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the queue is worked on."""

    enabled: bool = True
    """Whether the app itself takes requests; off where `tgtui worker` does."""
    concurrency: Annotated[int, Meta(ge=1, le=64)] = 8
    """Packages worked on at once, of each registry."""
    lease_seconds: Annotated[int, Meta(ge=5, le=3_600)] = 30
    """After so long without a sign of life another worker takes a request over."""
    health_seconds: Annotated[int, Meta(ge=1)] = 60
    """Between two lines in the log that say how the worker is."""
    max_attempts: Positive = 5
    max_depth: Positive = 60
    """How far below the package somebody asked for dependencies are queued."""
    max_packages: Positive = 5_000
    """How many packages one person's request may bring in."""


class LimitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What keeps registries and teams at peace."""

    cooldown_minutes: NotNegative = 60
    """A package is not read from the network again sooner than this after its last attempt."""
    requests_per_hour: Positive = 200
    """Of one account."""
    history_days: Positive = 90
    """How long requests that ended are listed."""


class NpmSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The npm registry."""

    registry: str | None = None
    """Its address; by default what the user's npm uses."""
    node_version: str | None = None
    """Node.js version that picks must support (`engines`); by default not looked at."""
    connections: Annotated[int, Meta(ge=1, le=32)] = 6
    """Downloads from one host at once."""


class JsrSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The jsr registry."""

    registry: str | None = None
    """Its address; by default JSR_URL, as deno reads it, else https://jsr.io."""
    npm_registry: str | None = None
    """Where its packages are served as npm's; by default what npm's `@jsr:registry` says, else https://npm.jsr.io."""


class BrewSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Homebrew's index of formulae and casks."""

    api: str | None = None
    """Its address; by default HOMEBREW_API_DOMAIN, as brew reads it, else https://formulae.brew.sh/api."""
    public_key: str | None = None
    """PEM file of the key a private index is signed with; by default the one that Homebrew publishes."""
    system: str | None = None
    """The platform whose dependencies count, as brew names it: `arm64_tahoe`, `x86_64_linux`; by default this machine's."""
    recommended: bool = True
    """Whether recommended dependencies are installed, as brew does by default."""
    refresh_hours: Positive = 12
    """The index is not asked for again sooner."""


class AptSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Debian's and other apt repositories."""

    sources: str | list[str] | None = None
    """Lines as in sources.list, `deb [signed-by=/key.gpg] https://host/debian suite main`; by default the machine's own."""
    architectures: str | None = None
    """`amd64 i386`, the native one first; by default the machine's own."""
    recommends: bool = True
    """Whether Recommends are installed, as apt does by default."""
    refresh_hours: Positive = 12
    """Indexes are not asked for again sooner."""


class OidcSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Logging in with an OpenID provider. The program is a public client: there is no secret to be set."""

    issuer: str | None = None
    """Its address, as it writes itself: `https://login.example/realms/team`; without one nobody logs in."""
    client_id: str | None = None
    """What the provider calls tgtui: a public client that may use the device authorization grant."""
    scopes: str | list[str] = "openid profile"
    """What is asked for. Many providers give a refresh token only for `offline_access`."""
    roles_claim: str = "roles"
    """Which claim says what somebody may do: `groups`, `realm_access.roles`, `https://login.example/roles`."""
    roles: str | dict[str, str] = {}
    """Value of that claim to role here: `{"garden-admins" = "admin"}`, or `garden-admins=admin, staff=member`."""
    everyone: str = "member"
    """The role of whoever can log in; `anonymous` where only the claim counts."""
    algorithms: str | list[str] = "RS256 PS256 ES256 EdDSA"
    """Which signatures of id tokens count; only ones with a public key can be named."""
    audience: str | None = None
    """Whom id tokens are for; by default the client id."""
    ca_file: str | None = None
    """PEM file of an authority to trust besides the system's, where the provider's certificate is private."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that can be set."""

    database_url: str | None = None
    """`postgresql://...` for a team; by default a SQLite file in `data_dir`."""
    data_dir: str | None = None
    """Folder of the catalogue; by default the user's data folder."""
    cache_dir: str | None = None
    """Folder of fetched documents; by default the user's cache folder."""
    cache_megabytes: Positive = 2_000
    contact: Annotated[str, Meta(pattern=r"^[!-~]{1,200}$")] | None = None
    """Address or page that registries may write to; sent with every request, beside name and version."""
    theme: str = "techgarden"
    record_interactions: bool = True
    """Whether what you open, ask for and tag counts for the catalogue's own popularity."""
    worker: WorkerSettings = WorkerSettings()
    limits: LimitSettings = LimitSettings()
    npm: NpmSettings = NpmSettings()
    jsr: JsrSettings = JsrSettings()
    brew: BrewSettings = BrewSettings()
    apt: AptSettings = AptSettings()
    oidc: OidcSettings = OidcSettings()
    keys: dict[str, str] = {}
    """Binding id to key, e.g. `"search.focus" = "ctrl+f"`."""

    @property
    def data_folder(self) -> Path:
        """Where the embedded catalogue lies."""
        return Path(self.data_dir).expanduser() if self.data_dir else _folders().user_data_path

    @property
    def cache_folder(self) -> Path:
        """Where fetched documents are kept; beside the data when only that was set."""
        if self.cache_dir:
            return Path(self.cache_dir).expanduser()
        return self.data_folder / "cache" if self.data_dir else _folders().user_cache_path

    @property
    def effective_database_url(self) -> str:
        """The given one, or that of the embedded SQLite file."""
        return self.database_url or f"sqlite:///{self.data_folder / DATABASE_FILE}"


def load_settings(
    overrides: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Read every layer. `overrides` is the command line's, keyed by dotted name (`worker.concurrency`).

    SettingsError names the setting, where it was set and what is wrong.
    """
    environment = os.environ if environment is None else environment
    file = settings_file(environment)
    tree = _read_file(file)
    origin = f"in {file}"
    _check(tree, origin)
    for name in setting_names():
        variable = PREFIX + name.replace(".", "_").upper()
        if environment.get(variable):
            _put(tree, name, environment[variable])
            _check(tree, f"in the environment variable {variable}")
    for name, value in (overrides or {}).items():
        if value is not None:
            _put(tree, name, value)
            _check(tree, "on the command line")
    return _check(tree, origin)


def settings_file(environment: Mapping[str, str]) -> Path:
    """Where the settings file is looked for; it need not exist."""
    given = environment.get("TGTUI_CONFIG")
    return Path(given).expanduser() if given else _folders().user_config_path / "settings.toml"


def setting_names(struct: type[msgspec.Struct] = Settings, prefix: str = "") -> list[str]:
    """Every setting by dotted name, tables such as `keys` left out."""
    names: list[str] = []
    for field in msgspec.structs.fields(struct):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            names.extend(setting_names(field.type, f"{prefix}{field.name}."))
        elif field.name != "keys":
            names.append(prefix + field.name)
    return names


def _folders() -> PlatformDirs:
    return PlatformDirs("tgtui", appauthor=False)


def _read_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"The settings file {file} can't be read: {error}.") from None


def _put(tree: dict[str, Any], name: str, value: Any) -> None:
    *sections, last = name.split(".")
    for section in sections:
        tree = tree.setdefault(section, {})
    tree[last] = value


def _check(tree: dict[str, Any], origin: str) -> Settings:
    try:
        return msgspec.convert(tree, Settings, strict=False)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$")
        setting = path.strip("`.") or "the settings"
        raise SettingsError(f"A setting {origin} is wrong: {setting}: {reason}.") from None
