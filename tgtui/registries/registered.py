"""All registries, one line each. Light: the modules are imported when needed."""

from __future__ import annotations

from collections.abc import Mapping

REGISTERED: Mapping[str, str] = {
    "npm": "tgtui.registries.npm.registration",
    "jsr": "tgtui.registries.jsr.registration",
    "brew": "tgtui.registries.brew.registration",
    "apt": "tgtui.registries.apt.registration",
    "pypi": "tgtui.registries.pypi.registration",
}
"""From names to modules with a REGISTRATION (`docs/adding-a-registry.md`)."""
