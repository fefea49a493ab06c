"""What the program knows about a registry besides its adapter, found by name and imported on first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from tgtui.basics.settings import (
    AptSettings,
    ArchiveSettings,
    BrewSettings,
    JsrSettings,
    NpmSettings,
    PypiSettings,
    Settings,
)
from tgtui.registries.archives.files import FileSource, Limits
from tgtui.registries.base import Default, Lane, RegistryAdapter, RegistryName
from tgtui.registries.purls import PurlType
from tgtui.registries.registered import REGISTERED
from tgtui.versions.rules import VersionRules

if TYPE_CHECKING:
    from tgtui.registries.http.cache import DocumentCache
    from tgtui.registries.http.gate import HostGate


MEGABYTE = 1 << 20


class RegistryOptions(Struct, frozen=True):
    """The program's settings for registries."""

    cache_folder: Path
    """Where downloaded documents and indexes are kept."""
    cache_bytes: int = 2 << 30
    """Most bytes of documents on disk."""
    contact: str | None = None
    """Contact for registries about this program's requests."""
    max_document_bytes: int = 128 << 20
    """Most bytes of one document, compressed or not."""
    npm: NpmSettings = field(default_factory=NpmSettings)
    jsr: JsrSettings = field(default_factory=JsrSettings)
    brew: BrewSettings = field(default_factory=BrewSettings)
    apt: AptSettings = field(default_factory=AptSettings)
    pypi: PypiSettings = field(default_factory=PypiSettings)
    archives: ArchiveSettings = field(default_factory=ArchiveSettings)

    @property
    def limits(self) -> Limits:
        """Of what is read of a version's files."""
        kept = self.archives
        return Limits(
            packed=kept.packed_megabytes * MEGABYTE,
            unpacked=kept.unpacked_megabytes * MEGABYTE,
            text=kept.text_megabytes * MEGABYTE,
        )

    @classmethod
    def of(cls, settings: Settings) -> RegistryOptions:
        return cls(
            cache_folder=settings.cache_folder,
            cache_bytes=settings.cache_megabytes * MEGABYTE,
            contact=settings.contact,
            npm=settings.npm,
            jsr=settings.jsr,
            brew=settings.brew,
            apt=settings.apt,
            pypi=settings.pypi,
            archives=settings.archives,
        )


FileSourceMaker = Callable[[RegistryOptions, "DocumentCache", "HostGate"], FileSource]


def _no_page(name: str) -> str | None:
    return None


def _no_extras(name: str) -> str:
    return ""


def _never(version: str) -> bool:
    return False


def _no_defaults() -> Mapping[str, Default]:
    return {}


def _none_shared(options: RegistryOptions) -> Mapping[str, str]:
    return {}


def _itself(text: str) -> Sequence[str]:
    return (text,)


def _no_counterparts(name: str) -> Sequence[tuple[str, str]]:
    return ()


class Registration(Struct, frozen=True, dict=True):
    """What the program needs to know about a registry besides its adapter. One per registry."""

    name: RegistryName
    load_rules: Callable[[], VersionRules]
    name_problem: Callable[[str], str | None]
    """Why no package can have this name, a sentence; None if one can."""
    lanes: Callable[[RegistryOptions], tuple[Lane, ...]]
    """Every host that serves its packages, the default one first. SettingsError."""
    make: Callable[[RegistryOptions, DocumentCache, HostGate], RegistryAdapter]
    install: Mapping[str, str]
    """How each client installs a package: `npm install {}`."""
    client: str
    """The client that would refuse a bad name: `npm`, `brew`."""
    version_sign: str = "@"
    """Between name and version, as the client writes it."""
    other_version_sign: str = ""
    """Another one that people write, as for other registries; '' for none."""
    installs_versions: bool = True
    """Whether the client can install a given version."""
    is_indexed: bool = False
    """Whether its adapter is an IndexedRegistry, whose index can be imported whole."""
    keeps_old_versions: bool = True
    """Whether old versions stay available when a newer one comes; else edges to one that is gone are resolved again."""
    reuses_installed: bool = False
    """Whether its client takes what is installed anyway if that satisfies a dependency: then the root decides, too."""
    resolves_whole: bool = False
    """Whether its client installs one version of each name, chosen for all that the root brings (`ResolvesWhole`)."""
    plain_name: Callable[[str], str] = str
    """The name by which a package is kept, from one as people write it: `Flask_SQLAlchemy`, `requests[socks]`."""
    extras: Callable[[str], str] = _no_extras
    """What a name as people write it asks for besides, `socks` of `requests[socks]`; '' for nothing."""
    admits_sources: bool = False
    """Whether a dependency may name a git repository, file or URL in place of a range."""
    purl: PurlType = PurlType()  # frozen
    """How its names are written as package URLs."""
    page: Callable[[str], str | None] = _no_page
    """The registry's own page of a package."""
    withdrawn: str = "deprecated"
    """Its word for a version that should no longer be used."""
    withdrawn_further: str | None = None
    """A stronger word, if it has one, with which the reasons of such versions begin: Homebrew's `disabled`."""
    placeholder: Callable[[str], bool] = _never
    """Whether a version only holds the name of a package that was removed for security."""
    alias_phrase: str = "installed as"
    """Introduces a dependency's declared name, if it differs."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """Headings of dependency groups by the registry's own word (`source_field`), if it has better ones."""
    defaults: Callable[[], Mapping[str, Default]] = _no_defaults
    """By setting, what is used if it is not set: what this machine's own client uses. SettingsError. Blocks shortly."""
    shared: Callable[[RegistryOptions], Mapping[str, str]] = _none_shared
    """By setting, what all workers of a catalogue should do in the same way, as this program would. SettingsError."""
    files: FileSourceMaker | None = None
    """Makes what reads the files of a version; None if the registry has none that can be shown."""
    no_files: str = "This registry has no README and no list of files."
    """Why there are none, a sentence."""
    software_names: Callable[[str], Sequence[str]] = _itself
    """Names of a package in other registries: its name without this registry's additions."""
    counterparts: Callable[[str], Sequence[tuple[str, str]]] = _no_counterparts
    """(registry, name) of packages that are the same software if a version is the same, too: apt's `python3-flask` and
    `flask`. Both registries name them."""
    upstream_versions: Callable[[str], Sequence[str]] = _itself
    """How another registry may write the version of the software that a version packages: `2.2.2` of `2.2.2-3`."""

    @cached_property
    def rules(self) -> VersionRules:
        return self.load_rules()


EXTRA = "extra "
"""Before an extra's name in `source_field`, of registries whose packages have extras."""
HOLDS_A_NAME = "This version only holds the name of a package that was removed for security."
"""Of a version that is a placeholder."""
GONE = "No longer in the registry's index."
"""The reason of a withdrawn version that is no longer in the index."""


def heading(registry: str, source_field: str) -> str | None:
    """Of a group of dependencies, if the registry has a better one than their type."""
    known = registration(registry)
    if known.resolves_whole and source_field.startswith(EXTRA):
        return f"Extra {source_field.removeprefix(EXTRA)}"
    return known.groups.get(source_field)


def withdrawal(registry: str, reason: str | None) -> tuple[str, str]:
    """(word, reason) of a withdrawn version: `yanked`, `disabled` ..., and the rest of the reason."""
    known = registration(registry)
    further = known.withdrawn_further
    if reason == GONE:
        return "gone", GONE
    if further is not None and reason is not None and reason.startswith(further):
        return further, reason.removeprefix(further).lstrip(" :")
    return known.withdrawn, reason or "no reason is given"


@cache
def registration(name: str) -> Registration:
    """KeyError if there is no such registry."""
    found: Registration = import_module(REGISTERED[name]).REGISTRATION
    return found
