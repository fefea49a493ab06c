"""All registries, one line each. Light: the modules are imported when needed."""

from __future__ import annotations

from collections.abc import Mapping

REGISTERED: Mapping[str, str] = {
    "npm": "tgtui.registries.npm.adapter",
    "jsr": "tgtui.registries.jsr.adapter",
    "brew": "tgtui.registries.brew.adapter",
    "apt": "tgtui.registries.apt.adapter",
}
"""From names to modules with a REGISTRATION (`docs/adding-a-registry.md`)."""
