"""Which ecosystems' advisories are about the packages of this catalogue."""

from __future__ import annotations

from tgtui.registries.apt.distribution import distribution
from tgtui.syntax.advisories.orders import ECOSYSTEMS, ecosystem_of


def is_of_distribution(ecosystem: str) -> bool:
    """Whether it is about this machine's release: `Ubuntu:22.04:LTS` is about 22.04."""
    here = distribution()
    if here is None:
        return False
    name, release = ecosystem_of(ecosystem)
    return f"{name}:{release}" == here or ecosystem.startswith(f"{here}:")


def ecosystem_here(registry: str) -> str | None:
    """The ecosystem, without a release, whose advisories are about a registry's packages on this machine."""
    names = ECOSYSTEMS.get(registry)
    if not names:
        return None
    if len(names) == 1:
        return names[0]
    here = distribution()
    return ecosystem_of(here)[0] if here else None
