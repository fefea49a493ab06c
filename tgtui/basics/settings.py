"""One tree of settings: defaults < settings file < environment < command line.

The file is TOML, `settings.toml` in the user's configuration folder (or where TGTUI_CONFIG says). Each
setting is also an environment variable: `[worker] concurrency` is TGTUI_WORKER_CONCURRENCY.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from platformdirs import PlatformDirs

from tgtui.basics.errors import SettingsError
from tgtui.basics.files.paths import expanded, sqlite_url
from tgtui.basics.files.trouble import why

Positive = Annotated[int, Meta(ge=1)]
NotNegative = Annotated[int, Meta(ge=0)]
Folder = Annotated[str, Meta(min_length=1)]

EMPTY = "Expected `str` of length >= 1"
"""What msgspec says of one."""
PREFIX = "TGTUI_"
DATABASE_FILE = "catalogue.sqlite3"
KEYS = "keys"
"""The table of keys, which no variable sets."""
SECRETS = frozenset({"analytics.credential", "analytics.pseudonym_key"})
"""Settings whose values are never shown."""


class WorkerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the worker works on the queue."""

    enabled: bool = True
    """Whether the app itself works on the queue; turn it off if `tgtui worker` runs."""
    concurrency: Annotated[int, Meta(ge=1, le=64)] = 16
    """Packages fetched at once from each registry."""
    lease_seconds: Annotated[int, Meta(ge=5, le=3_600)] = 30
    """After this time without a sign of life another worker takes over a request."""
    health_seconds: Annotated[int, Meta(ge=1)] = 60
    """Time between two lines in the log about the worker's health."""
    max_attempts: Positive = 5
    max_depth: Positive = 60
    """How many levels of dependencies below a requested package are queued."""
    max_packages: Positive = 5_000
    """How many packages one request may fetch."""
    refresh_hours: NotNegative = 24
    """Watched packages are fetched again when their last fetch is older; 0 means never."""


class LimitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits that protect registries and teams."""

    cooldown_minutes: NotNegative = 60
    """A package is not fetched again within this time after the last attempt."""
    requests_per_hour: Positive = 200
    """Requests per account and hour."""
    history_days: Positive = 90
    """How long finished requests are kept."""


PLATFORM = "^[a-z0-9]+-[a-z0-9_]+(-(glibc|musl))?$"
"""With Node's names of system and processor."""


class NpmSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The npm registry."""

    registry: str | None = None
    """Its address; by default the one that the user's npm uses."""
    node_version: str | None = None
    """Node.js version that chosen versions must support (`engines`); ignored by default."""
    platform: Annotated[str, Meta(pattern=PLATFORM)] | None = None
    """Platform whose packages count for the weight of an install: `linux-x64-musl`, `darwin-arm64`; by default this machine's."""
    connections: Annotated[int, Meta(ge=1, le=32)] = 6
    """Downloads from one host at once."""


class JsrSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The jsr registry."""

    registry: str | None = None
    """Its address; by default JSR_URL, as deno reads it, else https://jsr.io."""
    npm_registry: str | None = None
    """Where its packages are served for npm; by default npm's `@jsr:registry`, else https://npm.jsr.io."""


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
    """The index is fetched at most this often."""


class AptSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Debian's and other apt repositories."""

    sources: str | list[str] | None = None
    """Lines as in sources.list, `deb [signed-by=/key.gpg] https://host/debian suite main`; by default the machine's own."""
    architectures: str | None = None
    """`amd64 i386`, the native one first; by default the machine's own."""
    preferences: str | list[str] | None = None
    """Files and folders as /etc/apt/preferences and preferences.d; by default the machine's own, with its own sources."""
    default_release: str | None = None
    """apt's APT::Default-Release; by default the machine's own, with its own sources."""
    release: Annotated[str, Meta(pattern=r"^(Debian:\d+|Ubuntu:\d\d\.\d\d)$")] | None = None
    """The release whose advisories count, `Debian:12` or `Ubuntu:24.04`; by default that of the catalogue's packages, else this machine's."""
    recommends: bool = True
    """Whether Recommends are installed, as apt does by default."""
    refresh_hours: Positive = 12
    """The indexes are fetched at most this often."""


class PypiSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The index of Python packages."""

    index: str | None = None
    """Its address, as pip's index-url; by default the one that the user's pip uses, else uv's."""
    extra_indexes: str | list[str] | None = None
    """More of them, whose files are joined with its own, as pip does with extra-index-url."""
    python_version: Annotated[str, Meta(pattern=r"^3\.\d{1,2}(\.\d{1,2})?$")] | None = None
    """The Python that packages are chosen for: `3.12`; by default the one this program runs on."""
    platform: Annotated[str, Meta(pattern=r"^[a-z0-9_]+$")] | None = None
    """The platform that packages are chosen for, as wheels name it: `manylinux_2_28_x86_64`, `macosx_14_0_arm64`, `win_amd64`; by default this machine's."""
    connections: Annotated[int, Meta(ge=1, le=32)] = 6
    """Downloads from one host at once."""


class ArchiveSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is read of a version's archive, for its README, its changelog and its files."""

    packed_megabytes: Positive = 64
    """The largest archive that is downloaded."""
    unpacked_megabytes: Positive = 512
    """The most that an archive may hold."""
    text_megabytes: Annotated[int, Meta(ge=1, le=64)] = 8
    """How much of a file is shown at most."""


class AdvisorySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is asked about flaws of the packages here; dumps can be imported besides."""

    sources: str | list[str] = ""
    """`osv`, which gets the names of packages; `npm` and `pypi`, the registry and the index that npm and pip use, which also get versions. None by default."""
    osv: Folder = "https://api.osv.dev"
    """The address of OSV's interface, or of a mirror of it."""
    pypi: Folder | None = None
    """The address of an index's JSON interface (`https://index.example/pypi`); by default the one beside the index that pip or uv uses."""
    refresh_hours: Positive = 6
    """A package is asked about again after so long."""
    private: str | list[str] = ""
    """Names that are never sent, with * for anything: `@acme/* internal-*`. Scopes with a registry of their own never are."""
    send_private: bool = False
    """Whether private names are sent after all."""


class OidcSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Logging in with an OpenID provider. The program is a public client, so there is no secret to set."""

    issuer: str | None = None
    """Its address, exactly as the provider writes it: `https://login.example/realms/team`; without one there are no logins."""
    client_id: str | None = None
    """tgtui's name at the provider: a public client that may use the device authorization grant."""
    scopes: str | list[str] = "openid profile"
    """The scopes to request. Many providers give a refresh token only for `offline_access`."""
    roles_claim: str = "roles"
    """The claim that gives roles: `groups`, `realm_access.roles`, `https://login.example/roles`."""
    roles: str | dict[str, str] = {}
    """From values of that claim to roles here: `{"garden-admins" = "admin"}`, or `garden-admins=admin, staff=member`."""
    everyone: str = "member"
    """The role of anyone who can log in; `anonymous` if only the claim counts."""
    algorithms: str | list[str] = "RS256 PS256 ES256 EdDSA"
    """Accepted signatures of id tokens; only ones with a public key are allowed."""
    audience: str | None = None
    """The audience of id tokens; by default the client id."""
    ca_file: str | None = None
    """PEM file of an authority to trust besides the system's, for a provider with a private certificate."""


class AnalyticsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the tables of `tgtui analytics` are, and for how long."""

    catalog: Literal["local", "rest"] = "local"
    """`local` keeps the tables in the data folder; `rest` at an Iceberg REST catalog, such as Apache Polaris."""
    uri: str | None = None
    """The REST catalog's address, without `/v1`: `https://polaris.example/api/catalog`."""
    warehouse: str | None = None
    """The warehouse to use there; Polaris calls it a catalog."""
    namespace: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]{1,100}$")] = "tgtui"
    """The namespace of the tables."""
    credential: str | None = None
    """`client id:client secret`; by default the one in the system's keyring, else none is sent."""
    token_uri: str | None = None
    """Where that is exchanged for a token; by default `v1/oauth/tokens` below the catalog's address."""
    scope: str = "PRINCIPAL_ROLE:ALL"
    """The scope to request. Polaris takes this one; a catalog without scopes ignores it."""
    realm: str | None = None
    """Polaris' realm; by default its first."""
    access_delegation: Literal["none", "vended-credentials"] = "none"
    """Whether the catalog is asked for credentials of its storage; with `none` this machine's own are used."""
    ca_file: str | None = None
    """PEM file of the authorities to trust in place of the usual ones, for a catalog with a private certificate."""
    pseudonym_key: Annotated[str, Meta(min_length=16)] | None = None
    """A secret that makes pseudonyms of people; by default one in the data folder. Machines that share tables need the same."""
    retention_days: Positive = 30
    """For how many days packages, versions and dependencies of a day are kept."""
    results_days: Positive = 400
    """For how many days results are kept."""
    snapshot_hours: NotNegative = 24
    """For how long what was replaced can still be read, by programs that had begun to."""
    refresh_hours: NotNegative = 24
    """Results are computed again by themselves when they are older, while the machine is idle; 0 means never."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that can be set."""

    database_url: str | None = None
    """`postgresql://...` for a team; by default a SQLite file in `data_dir`."""
    database_connections: Annotated[int, Meta(ge=4, le=100)] = 10
    """How many connections to PostgreSQL this program opens at most."""
    data_dir: Folder | None = None
    """Folder of the catalogue; by default the user's data folder."""
    backups_kept: NotNegative = 3
    """How many of the backups are kept that are made by themselves, before an upgrade and a restore; 0 makes none."""
    cache_dir: Folder | None = None
    """Folder of fetched documents; by default the user's cache folder."""
    cache_megabytes: Positive = 2_000
    contact: Annotated[str, Meta(pattern=r"^[!-~]{1,200}$")] | None = None
    """Contact for registries, an address or a page; sent with every request, with name and version."""
    theme: str = "techgarden"
    record_interactions: bool = True
    """Whether what you open, request and tag counts for the catalogue's own popularity."""
    worker: WorkerSettings = WorkerSettings()
    limits: LimitSettings = LimitSettings()
    npm: NpmSettings = NpmSettings()
    jsr: JsrSettings = JsrSettings()
    brew: BrewSettings = BrewSettings()
    apt: AptSettings = AptSettings()
    pypi: PypiSettings = PypiSettings()
    archives: ArchiveSettings = ArchiveSettings()
    advisories: AdvisorySettings = AdvisorySettings()
    oidc: OidcSettings = OidcSettings()
    analytics: AnalyticsSettings = AnalyticsSettings()
    keys: dict[str, str] = {}
    """Binding id to key, e.g. `"app.search" = "ctrl+f"`."""

    @property
    def data_folder(self) -> Path:
        """The folder of the embedded catalogue."""
        return expanded(self.data_dir) if self.data_dir else _folders().user_data_path

    @property
    def cache_folder(self) -> Path:
        """The folder of fetched documents; inside the data folder if only that was set."""
        if self.cache_dir:
            return expanded(self.cache_dir)
        return self.data_folder / "cache" if self.data_dir else _folders().user_cache_path

    @property
    def effective_database_url(self) -> str:
        """The given URL, or that of the embedded SQLite file."""
        if self.database_url is None:
            return sqlite_url(self.data_folder / DATABASE_FILE)
        return self.database_url


_DEFAULTS = Settings()

Layer = Literal["default", "file", "environment", "command line"]


class Origin(Struct, frozen=True):
    """Where a setting's value comes from."""

    layer: Layer = "default"
    place: str | None = None
    """The file's path, or the variable's name."""


class LoadedSettings(Struct, frozen=True):
    """Settings, and where each of them comes from."""

    settings: Settings
    origins: Mapping[str, Origin]
    """By dotted name; what is not in it has its default."""


def load_settings(
    overrides: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Read every layer. `overrides` is the command line's, keyed by dotted name (`worker.concurrency`).

    SettingsError names the setting, where it was set and what is wrong.
    """
    return load_layers(overrides, environment).settings


def load_layers(
    overrides: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> LoadedSettings:
    """The same with the origins."""
    environment = os.environ if environment is None else environment
    file = settings_file(environment)
    tree = _read_file(file)
    where = f"in {file}"
    _check(tree, where)
    origins = {name: Origin("file", str(file)) for name in _names_in(tree)}
    for name in setting_names():
        variable = PREFIX + name.replace(".", "_").upper()
        if environment.get(variable):
            _put(tree, name, environment[variable])
            _check(tree, f"in the environment variable {variable}")
            origins[name] = Origin("environment", variable)
    for name, value in (overrides or {}).items():
        if value is not None:
            _put(tree, name, value)
            _check(tree, "on the command line")
            origins[name] = Origin("command line")
    return LoadedSettings(_check(tree, where), origins)


def check_setting(name: str, value: str) -> None:
    """SettingsError if a setting, by dotted name, can't have this value."""
    tree: dict[str, Any] = {}
    _put(tree, name, value)
    _check(tree, "of the catalogue")


def settings_file(environment: Mapping[str, str]) -> Path:
    """The path of the settings file, which need not exist."""
    given = environment.get("TGTUI_CONFIG")
    return expanded(given) if given else _folders().user_config_path / "settings.toml"


def setting_names(defaults: Struct = _DEFAULTS, prefix: str = "") -> list[str]:
    """Every setting by dotted name, without tables such as `keys`."""
    names: list[str] = []
    for name in defaults.__struct_fields__:
        default = getattr(defaults, name)
        if isinstance(default, Struct):
            names.extend(setting_names(default, f"{prefix}{name}."))
        elif name != KEYS:
            names.append(prefix + name)
    return names


def _names_in(tree: Mapping[str, Any]) -> Iterator[str]:
    """The settings that a checked file has."""
    for name in (*setting_names(), KEYS):
        section, _, last = name.rpartition(".")
        if last in (tree.get(section, {}) if section else tree):
            yield name


def _folders() -> PlatformDirs:
    return PlatformDirs("tgtui", appauthor=False)


def _read_file(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"The settings file {file} can't be read: {why(error)}.") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"The settings file {file} can't be read: {error}.") from None
    import tomllib  # most people have no file, and the program starts faster without

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The settings file {file} can't be read: {error}.") from None
    except RecursionError:
        raise SettingsError(
            f"The settings file {file} can't be read: it is nested too deep."
        ) from None


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
        reason = "it is empty; leave it out" if reason == EMPTY else reason
        raise SettingsError(f"A setting {origin} is wrong: {setting}: {reason}.") from None
