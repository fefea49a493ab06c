"""What the program knows of Python packages without their adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tgtui.registries.archives.files import FileSource
from tgtui.registries.base import Default, Lane, RegistryAdapter
from tgtui.registries.purls import PurlType
from tgtui.registries.registration import Registration, RegistryOptions
from tgtui.versions.rules import VersionRules

if TYPE_CHECKING:
    from tgtui.registries.http.cache import DocumentCache
    from tgtui.registries.http.gate import HostGate


def _rules() -> VersionRules:
    from tgtui.versions.pypi.rules import PypiRules

    return PypiRules()


def _name_problem(name: str) -> str | None:
    from tgtui.versions.pypi.names import pypi_name_problem

    return pypi_name_problem(name)


def _plain_name(name: str) -> str:
    from tgtui.versions.pypi.names import plain_name

    return plain_name(name)


def _extras(name: str) -> str:
    from tgtui.versions.pypi.names import split_extras

    return ",".join(split_extras(name)[1])


def _lanes(options: RegistryOptions) -> tuple[Lane, ...]:
    from tgtui.registries.pypi.configuration.indexes import read_index_config

    return read_index_config(options.pypi).lanes()


def _make(options: RegistryOptions, cache: DocumentCache, gate: HostGate) -> RegistryAdapter:
    from tgtui.registries.pypi.adapter import make

    return make(options, cache, gate)


def _files(options: RegistryOptions, cache: DocumentCache, gate: HostGate) -> FileSource:
    from tgtui.registries.pypi.files import make_files

    return make_files(options, cache, gate)


def _defaults() -> Mapping[str, Default]:
    from tgtui.registries.pypi.adapter import defaults

    return defaults()


def _shared(options: RegistryOptions) -> Mapping[str, str]:
    from tgtui.registries.pypi.target import target_of

    target = target_of(options.pypi)
    return {"python_version": target.python, "platform": target.platform}


def _page(name: str) -> str | None:
    from packageurl.contrib.purl2url import get_repo_url

    found: str | None = get_repo_url(f"pkg:pypi/{name}")  # type: ignore[no-untyped-call]
    return found


def _software_names(name: str) -> tuple[str, ...]:
    """Without what only says that it is for Python: `python-dateutil` is Debian's `python3-dateutil`."""
    bare = name.removeprefix("python-").removesuffix("-python")
    return (name, bare) if bare != name else (name,)


def _counterparts(name: str) -> Sequence[tuple[str, str]]:
    """Debian keeps the dot of `zc.lockfile`."""
    return tuple(
        ("apt", f"python3-{each}") for each in dict.fromkeys((name, name.replace("-", ".", 1)))
    )


REGISTRATION = Registration(
    name="pypi",
    load_rules=_rules,
    name_problem=_name_problem,
    lanes=_lanes,
    make=_make,
    install={"pip": "pip install {}", "uv": "uv add {}", "pipx": "pipx install {}"},
    client="pip",
    version_sign="==",
    other_version_sign="@",
    resolves_whole=True,
    plain_name=_plain_name,
    extras=_extras,
    admits_sources=True,
    purl=PurlType(join=lambda _namespace, name: _plain_name(name)),
    page=_page,
    withdrawn="yanked",
    alias_phrase="written as",
    groups={"requires": "Requires", "elsewhere": "On other platforms and Pythons"},
    defaults=_defaults,
    shared=_shared,
    files=_files,
    software_names=_software_names,
    counterparts=_counterparts,
)
