"""What the program knows of Homebrew without its adapter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tgtui.registries.base import Default, Lane, RegistryAdapter
from tgtui.registries.brew.names import in_tap, page, software_names, tap_and_name
from tgtui.registries.purls import PurlType
from tgtui.registries.registration import Registration, RegistryOptions
from tgtui.versions.homebrew import HomebrewRules, homebrew_name_problem

if TYPE_CHECKING:
    from tgtui.registries.http.cache import DocumentCache
    from tgtui.registries.http.gate import HostGate


def _lanes(options: RegistryOptions) -> tuple[Lane, ...]:
    from tgtui.registries.brew.configuration import lanes

    return lanes(options.brew.api)


def _make(options: RegistryOptions, cache: DocumentCache, gate: HostGate) -> RegistryAdapter:
    from tgtui.registries.brew.adapter import make

    return make(options, cache, gate)


def _defaults() -> Mapping[str, Default]:
    from tgtui.registries.brew.adapter import defaults

    return defaults()


REGISTRATION = Registration(
    name="brew",
    load_rules=HomebrewRules,
    name_problem=homebrew_name_problem,
    lanes=_lanes,
    make=_make,
    install={"brew": "brew install {}"},
    client="brew",
    purl=PurlType(split=tap_and_name, join=in_tap),
    version_sign="",
    installs_versions=False,
    is_indexed=True,
    keeps_old_versions=False,
    withdrawn_further="disabled",
    page=page,
    alias_phrase="written as",
    groups={
        "dependencies": "Dependencies",
        "recommended_dependencies": "Recommended",
        "optional_dependencies": "Optional",
        "build_dependencies": "Build",
        "test_dependencies": "Test",
        "uses_from_macos": "From macOS",
        "depends_on formula": "Formulae",
        "depends_on cask": "Casks",
    },
    defaults=_defaults,
    no_files="Homebrew's index has no README and no list of files.",
    software_names=software_names,
)
