"""Which ecosystems' advisories are about the packages of this catalogue: of apt those of one release."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection, select

from tgtui.data.models.tables import package_dist_tags, packages
from tgtui.registries.apt.distribution import distribution, release_of
from tgtui.syntax.advisories.orders import ECOSYSTEMS, ecosystem_of

APT = "apt"
RELEASE = "apt_release"
"""The option of the engine that has what the settings say: `Debian:12`."""
SAMPLE = 400
"""Tags of apt's packages that are looked at; each names the suite it is of."""


def release_here(connection: Connection) -> str | None:
    """`Debian:12`: what the settings say, else the release that most of the catalogue is of, else this machine's. None
    if none of them is known, as of a catalogue of Debian's unstable."""
    chosen: str | None = connection.get_execution_options().get(RELEASE)
    if chosen:
        return chosen
    some = (
        select(package_dist_tags.c.tag)
        .join(packages, packages.c.id == package_dist_tags.c.package_id)
        .where(packages.c.registry == APT, packages.c.deleted_at.is_(None))
        .limit(SAMPLE)
    )
    tags = connection.scalars(some).all()
    if not tags:
        return distribution()
    counts = Counter(release for tag in tags if (release := release_of(tag)) is not None)
    return max(counts, key=lambda release: (counts[release], release), default=None)


def is_of(release: str | None, ecosystem: str) -> bool:
    """Whether it is about that release: `Ubuntu:22.04:LTS` is about `Ubuntu:22.04`."""
    if release is None:
        return False
    name, its = ecosystem_of(ecosystem)
    return f"{name}:{its}" == release or ecosystem.startswith(f"{release}:")


def ecosystem_here(connection: Connection, registry: str) -> str | None:
    """The ecosystem, without a release, whose advisories are about a registry's packages here."""
    names = ECOSYSTEMS.get(registry)
    if not names:
        return None
    if len(names) == 1:
        return names[0]
    here = release_here(connection)
    return ecosystem_of(here)[0] if here else None
