"""What the program knows of jsr without its adapter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tgtui.registries.archives.files import FileSource
from tgtui.registries.base import Default, Lane, RegistryAdapter
from tgtui.registries.npm.names import unscoped
from tgtui.registries.registration import Registration, RegistryOptions
from tgtui.versions.rules import VersionRules

if TYPE_CHECKING:
    from tgtui.registries.http.cache import DocumentCache
    from tgtui.registries.http.gate import HostGate


def _rules() -> VersionRules:
    from tgtui.versions.jsr import JsrRules

    return JsrRules()


def _name_problem(name: str) -> str | None:
    from tgtui.versions.jsr import jsr_name_problem

    return jsr_name_problem(name)


def _lanes(options: RegistryOptions) -> tuple[Lane, ...]:
    from tgtui.registries.jsr.configuration import lanes

    return lanes(options)


def _make(options: RegistryOptions, cache: DocumentCache, gate: HostGate) -> RegistryAdapter:
    from tgtui.registries.jsr.adapter import make

    return make(options, cache, gate)


def _files(options: RegistryOptions, cache: DocumentCache, gate: HostGate) -> FileSource:
    from tgtui.registries.jsr.files import make

    return make(options, cache, gate)


def _defaults() -> Mapping[str, Default]:
    from tgtui.registries.jsr.configuration import defaults

    return defaults()


REGISTRATION = Registration(
    name="jsr",
    load_rules=_rules,
    name_problem=_name_problem,
    lanes=_lanes,
    make=_make,
    install={"deno": "deno add jsr:{}", "npx": "npx jsr add {}"},
    client="jsr",
    admits_sources=True,
    page=lambda name: f"https://jsr.io/{name}",
    withdrawn="yanked",
    groups={"jsr": "jsr", "npm": "npm"},
    defaults=_defaults,
    files=_files,
    software_names=unscoped,
)
