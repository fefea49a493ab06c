"""Every registry of the program, one line each. Light: the modules are imported when they are needed."""

from __future__ import annotations

from collections.abc import Mapping

REGISTERED: Mapping[str, str] = {
    "npm": "tgtui.registries.npm.adapter",
    "jsr": "tgtui.registries.jsr.adapter",
    "brew": "tgtui.registries.brew.adapter",
    "apt": "tgtui.registries.apt.adapter",
}
"""Name to the module whose REGISTRATION describes it (`docs/adding-a-registry.md`)."""
