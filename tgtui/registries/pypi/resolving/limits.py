"""Newer versions that the Python and the platform of an environment kept out of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from tgtui.registries.pypi.documents.page import Page
from tgtui.registries.pypi.resolving.nodes import Asked, Candidate
from tgtui.registries.pypi.resolving.provider import World
from tgtui.versions.pypi.names import plain_name
from tgtui.versions.pypi.order import parsed
from tgtui.versions.pypi.ranges import admits

MAX_SHOWN = 12
"""Packages that a sentence names."""


def limits_in_words(
    world: World, mapping: Mapping[str, Candidate], criteria: Mapping[str, Any]
) -> Iterator[str]:
    """One sentence, or none. `mapping` and `criteria` are resolvelib's, of what is installed."""
    here = world.target.context
    chosen = {each.project: each.version for each in mapping.values()}
    asked = _asked(criteria)
    older = [
        f"{name} {version} ({reason})"
        for name, version in sorted(chosen.items())
        if (reason := _newer(world, name, version, asked[name])) is not None
    ]
    if older:
        yield f"Older versions because of {here}: {_some(older)}."


def _asked(criteria: Mapping[str, Any]) -> dict[str, list[SpecifierSet]]:
    """All ranges that are asked of each package, with extras or without."""
    found: defaultdict[str, list[SpecifierSet]] = defaultdict(list)
    for node, criterion in criteria.items():
        found[plain_name(node)] += (
            each.requirement.wanted
            for each in criterion.information
            if isinstance(each.requirement, Asked)
        )
    return found


def _newer(world: World, name: str, version: Version, asked: Sequence[SpecifierSet]) -> str | None:
    """Why the highest version above this one that is asked for can't be used here; None if there is no such version."""
    page = world.pages.get(name)
    if page is None:
        return None
    by_metadata = _kept_by_metadata(world, page, version)
    for release in page.releases:
        above = parsed(release.text)
        if above is None or above <= version:
            return None
        is_early = above.is_prerelease and not version.is_prerelease
        if (
            release.is_yanked
            or is_early
            or not all(wanted.contains(above, prereleases=True) for wanted in asked)
        ):
            continue
        if above in by_metadata:
            return f"{release.text} needs Python {by_metadata[above]}"
        if release.is_usable or release.best is None:
            continue
        python = release.best.requires_python
        if release.is_kept_from_python and not admits(python, world.target.python):
            return f"{release.text} needs Python {python}"
        return f"{release.text} has no file for it"
    return None


def _kept_by_metadata(world: World, page: Page, version: Version) -> dict[Version, str]:
    """Versions above this one whose metadata asks for another Python, though their files do not."""
    found: dict[Version, str] = {}
    for each in page.candidates:
        if each.version <= version:
            break
        metadata = world.metadata.get(each.file.url)
        if metadata is not None and not admits(metadata.requires_python, world.target.python):
            found[each.version] = metadata.requires_python or ""
    return found


def _some(found: Sequence[str]) -> str:
    more = f" and {len(found) - MAX_SHOWN:,} more" if len(found) > MAX_SHOWN else ""
    return ", ".join(found[:MAX_SHOWN]) + more
