"""What the program knows of apt without its adapter."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tgtui.registries.base import Default, Lane, RegistryAdapter
from tgtui.registries.purls import PurlType
from tgtui.registries.registration import Registration, RegistryOptions
from tgtui.versions.debian.order import DebianRules, debian_name_problem, upstream_versions

if TYPE_CHECKING:
    from tgtui.registries.http.cache import DocumentCache
    from tgtui.registries.http.gate import HostGate

PREFIXES = re.compile(r"(?:node|libjs|python3|ruby|golang|rust|php|r-cran)-")
"""Debian's prefixes to names of a language's own registry."""


def _lanes(options: RegistryOptions) -> tuple[Lane, ...]:
    from tgtui.registries.apt.configuration.sources import lanes

    return lanes(options.apt.sources)


def _make(options: RegistryOptions, cache: DocumentCache, gate: HostGate) -> RegistryAdapter:
    from tgtui.registries.apt.adapter import make

    return make(options, cache, gate)


def _defaults() -> Mapping[str, Default]:
    from tgtui.registries.apt.adapter import defaults

    return defaults()


def _software_names(name: str) -> tuple[str, ...]:
    bare = PREFIXES.sub("", name, count=1)
    return (name, bare) if bare != name else (name,)


def _counterparts(name: str) -> Sequence[tuple[str, str]]:
    prefix, _sign, module = name.partition(":")[0].partition("-")
    if prefix != "python3" or not module:
        return ()
    return (("pypi", re.sub(r"[-.+]+", "-", module)),)


def _vendor_and_name(name: str) -> tuple[str, str]:
    """Without an architecture, which the name of a package URL does not have."""
    return "debian", name.partition(":")[0]


REGISTRATION = Registration(
    name="apt",
    load_rules=DebianRules,
    name_problem=lambda name: debian_name_problem(name.partition(":")[0]),
    lanes=_lanes,
    make=_make,
    install={"apt": "sudo apt install {}"},
    client="apt",
    purl=PurlType("deb", split=_vendor_and_name, join=lambda _vendor, name: name.lower()),
    version_sign="=",
    is_indexed=True,
    keeps_old_versions=False,
    reuses_installed=True,
    withdrawn="gone",
    alias_phrase="written as",
    groups={
        "Pre-Depends": "Pre-Depends",
        "Depends": "Depends",
        "Recommends": "Recommends",
        "Suggests": "Suggests",
    },
    defaults=_defaults,
    no_files="apt's indexes have no README and no list of files.",
    software_names=_software_names,
    counterparts=_counterparts,
    upstream_versions=upstream_versions,
)
