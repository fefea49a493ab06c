"""What the program knows of npm without its adapter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from tgtui.registries.archives.files import FileSource
from tgtui.registries.base import Default, Lane, RegistryAdapter
from tgtui.registries.npm.names import UNESCAPED, unscoped
from tgtui.registries.registration import Registration, RegistryOptions
from tgtui.versions.npm.names import npm_name_problem
from tgtui.versions.rules import VersionRules

if TYPE_CHECKING:
    from tgtui.registries.http.cache import DocumentCache
    from tgtui.registries.http.gate import HostGate

HOLDER_VERSION = re.compile(r"0\.0\.[1-9][0-9]*-security(?:\.[0-9]+)?")
"""What npm's security team publishes in place of what it removed; npm installs it like any other version."""


def _rules() -> VersionRules:
    from tgtui.versions.npm.rules import NpmRules

    return NpmRules()


def _lanes(options: RegistryOptions) -> tuple[Lane, ...]:
    from tgtui.registries.npm.npmrc import read_npm_config

    return read_npm_config(options.npm.registry).lanes()


def _make(options: RegistryOptions, cache: DocumentCache, gate: HostGate) -> RegistryAdapter:
    from tgtui.registries.npm.adapter import make

    return make(options, cache, gate)


def _files(options: RegistryOptions, cache: DocumentCache, gate: HostGate) -> FileSource:
    from tgtui.registries.npm.files import make

    return make(options, cache, gate)


def _defaults() -> Mapping[str, Default]:
    from tgtui.registries.npm.adapter import defaults

    return defaults()


def _page(name: str) -> str | None:
    """From packageurl's table of pages; the name is put in here, because the table folds its case."""
    from packageurl.contrib.purl2url import get_repo_url

    found: str | None = get_repo_url("pkg:npm/npm")  # type: ignore[no-untyped-call]
    return found.removesuffix("npm") + quote(name, safe=UNESCAPED + "/") if found else None


REGISTRATION = Registration(
    name="npm",
    load_rules=_rules,
    name_problem=npm_name_problem,
    lanes=_lanes,
    make=_make,
    install={
        "npm": "npm install {}",
        "pnpm": "pnpm add {}",
        "yarn": "yarn add {}",
        "bun": "bun add {}",
        "deno": "deno add npm:{}",
    },
    client="npm",
    admits_sources=True,
    page=_page,
    placeholder=lambda version: HOLDER_VERSION.fullmatch(version) is not None,
    defaults=_defaults,
    files=_files,
    software_names=unscoped,
)
