"""The environment of one root: what is needed is fetched in waves, then resolved in memory.

First come the pages of all names that are met, then the metadata of the version that each range alone would choose:
that guess is nearly always the choice. What the resolution misses is fetched, and it begins anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Any, Protocol

from packaging.specifiers import SpecifierSet
from packaging.version import Version
from resolvelib import BaseReporter, ResolutionImpossible, ResolutionTooDeep, Resolver

from tgtui.registries.base import Environment, Member, RegistryError
from tgtui.registries.pypi.documents.metadata import Metadata
from tgtui.registries.pypi.documents.page import Candidate as Found
from tgtui.registries.pypi.documents.page import Page
from tgtui.registries.pypi.fetching import NeedsBuild
from tgtui.registries.pypi.resolving.limits import limits_in_words
from tgtui.registries.pypi.resolving.nodes import PYTHON, Asked, Requirement
from tgtui.registries.pypi.resolving.provider import Missing, Provider, World, needed
from tgtui.registries.pypi.target import Target
from tgtui.versions.pypi.order import parsed

MAX_ROUNDS = 20_000
"""Of resolvelib: more is given up."""
MAX_DOCUMENTS = 5_000
"""Pages and metadata of one environment."""
MAX_SHOWN = 12
"""Versions and causes that a sentence names."""


class Fetches(Protocol):
    """What the environment is made of. Both raise RegistryError."""

    async def page(self, name: str) -> Page: ...
    async def metadata(self, name: str, found: Found) -> Metadata:
        """Raises NeedsBuild too."""
        ...


class GivenUp(Exception):
    """It takes too many documents or rounds."""


async def resolve_environment(
    fetches: Fetches, target: Target, name: str, version: str, extras: tuple[str, ...]
) -> Environment:
    """What pip would install for `name==version` with these extras. RegistryError for what asking again may mend."""
    root = parsed(version)
    if root is None:
        reason = f"pip can't install {name} {version[:80]}: its version is none that PEP 440 knows."
        return Environment(target.context, error=reason)
    world = World(target)
    gathering = _Gathering(world, fetches)
    await gathering.waves(name, root, extras)
    while True:
        try:
            return await asyncio.to_thread(_resolve, world, name, root, extras)
        except Missing as missing:
            try:
                await gathering.fetch(missing)
            except GivenUp:
                reason = f"Given up: it takes more than {MAX_DOCUMENTS:,} documents to find what goes together."
                return Environment(target.context, error=reason)


class _Gathering:
    """Fetches for one environment."""

    def __init__(self, world: World, fetches: Fetches) -> None:
        self._world = world
        self._fetches = fetches
        self._count = 0

    async def waves(self, name: str, version: Version, extras: tuple[str, ...]) -> None:
        """Everything that ranges alone lead to."""
        world = self._world
        wave = [Asked(name, extras, SpecifierSet(f"=={version}"))]
        seen: set[tuple[str, tuple[str, ...]]] = set()
        while wave and self._count < MAX_DOCUMENTS:
            await self._all(self._page(each.project) for each in wave)
            chosen: list[tuple[Asked, Found]] = []
            for asked in wave:
                only = version if asked.project == name else None
                left = world.tried(asked.project, asked.wanted, only)
                if left and (left[0].file.url, asked.extras) not in seen:
                    seen.add((left[0].file.url, asked.extras))
                    chosen.append((asked, left[0]))
            await self._all(self._metadata(asked.project, found) for asked, found in chosen)
            wave = [
                below
                for asked, found in chosen
                if (metadata := world.metadata.get(found.file.url)) is not None
                for those in ({(), asked.extras})
                for below in needed(world, metadata, those)
            ]

    async def fetch(self, missing: Missing) -> None:
        """GivenUp, RegistryError."""
        if self._count >= MAX_DOCUMENTS:
            raise GivenUp
        if missing.found is None:
            await self._page(missing.name)
        else:
            await self._metadata(missing.name, missing.found)

    async def _all(self, some: Iterable[Awaitable[None]]) -> None:
        """RegistryError, the first."""
        results = await asyncio.gather(*some, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _page(self, name: str) -> None:
        world = self._world
        if name in world.pages or name in world.absent:
            return
        self._count += 1
        try:
            world.pages[name] = await self._fetches.page(name)
        except RegistryError as error:
            if not error.is_permanent:
                raise
            world.absent[name] = str(error)

    async def _metadata(self, name: str, found: Found) -> None:
        world, url = self._world, found.file.url
        if url in world.metadata or url in world.unknown or url in world.unusable:
            return
        self._count += 1
        try:
            world.metadata[url] = await self._fetches.metadata(name, found)
        except NeedsBuild as unknown:
            world.unknown[url] = str(unknown)
        except RegistryError as error:
            if not error.is_permanent:
                raise
            world.unusable[url] = str(error)


def _resolve(world: World, name: str, version: Version, extras: tuple[str, ...]) -> Environment:
    """In a thread. Missing."""
    context = world.target.context
    provider = Provider(world, name, version)
    resolver: Resolver[Requirement, Any, str] = Resolver(provider, BaseReporter())
    wanted = SpecifierSet(f"=={version}")
    roots: list[Requirement] = [Asked(name, (), wanted)]
    if extras:
        roots.append(Asked(name, extras, wanted))
    try:
        result = resolver.resolve(roots, max_rounds=MAX_ROUNDS)
    except ResolutionImpossible as impossible:
        return Environment(context, error=_words(world, impossible.causes, name, version))
    except ResolutionTooDeep:
        return Environment(
            context,
            error=f"Given up: after {MAX_ROUNDS:,} steps nothing was found that goes together.",
        )
    members: dict[str, tuple[str, set[str]]] = {}
    notes = dict(world.notes)
    warnings: list[str] = []
    reached = _reached(result)
    installed = {
        node: each for node, each in result.mapping.items() if node != PYTHON and node in reached
    }
    for candidate in installed.values():
        project = candidate.base.name
        _version, asked = members.setdefault(project, (str(candidate.version), set()))
        asked.update(candidate.extras)
        url = candidate.base.file.url
        if url in world.unknown:
            notes[project] = world.unknown[url]
    for project, (chosen, _asked) in sorted(members.items()):
        page = world.pages.get(project)
        if page is not None and (warning := page.from_where(chosen)) is not None:
            warnings.append(warning)
    return Environment(
        context,
        tuple(
            Member(project, version, ",".join(sorted(asked)))
            for project, (version, asked) in sorted(members.items())
        ),
        notes=(
            *warnings,
            *(notes[project] for project in sorted(notes)),
            *limits_in_words(world, installed, result.criteria),
        ),
    )


def _reached(result: Any) -> set[str]:
    """Nodes that the root still leads to; resolvelib's mapping has no others, its graph may."""
    return {node for node in result.mapping if node in result.graph}


def _words(world: World, causes: Iterable[Any], name: str, version: Version) -> str:
    """Why nothing goes together, as pip tells it, in plain words."""
    causes = list(causes)
    target = world.target
    python = [c for c in causes if c.requirement.name == PYTHON]
    if python:
        told = _each(f"{_parent(c, name, version)} needs {c.requirement}" for c in python)
        return f"Not for Python {target.python}: {told}."
    if len(causes) == 1:
        return _lone(world, causes[0], name, version)
    told = _each(f"{_parent(c, name, version)} depends on {c.requirement}" for c in causes)
    return f"pip finds no versions that go together: {told}."


def _lone(world: World, cause: Any, name: str, version: Version) -> str:
    requirement = cause.requirement
    project = requirement.project
    who = f"{_parent(cause, name, version)} depends on {requirement}, but "
    if cause.parent is None:
        who = f"{requirement}: "
    if project in world.absent:
        return f"{who}{world.absent[project]}."
    page = world.pages.get(project)
    if page is None:
        return f"{who}nothing is known of it."
    offered = dict.fromkeys(str(c.version) for c in page.candidates if not c.is_yanked)
    yanked = dict.fromkeys(
        str(c.version) for c in page.candidates if c.is_yanked and str(c.version) not in offered
    )
    fitting = [
        world.unusable[c.file.url]
        for c in page.candidates
        if c.file.url in world.unusable and requirement.admits(c)
    ]
    parts = [f"there are {_some(offered)}" if offered else "there is none for this machine"]
    if fitting:
        parts.append(f"of one that fits {fitting[0]}")
    if yanked:
        parts.append(f"yanked are {_some(yanked)}")
    if others := page.kept_from_python:
        parts.append(
            f"for another Python than {world.target.python} are {_some(dict.fromkeys(others))}"
        )
    return f"{who}no version fits: {'; '.join(parts)}."


def _parent(cause: Any, name: str, version: Version) -> str:
    return repr(cause.parent) if cause.parent is not None else f"{name} {version}"


def _some(versions: dict[str, None]) -> str:
    found = list(versions)
    more = f" and {len(found) - MAX_SHOWN:,} more" if len(found) > MAX_SHOWN else ""
    return ", ".join(found[:MAX_SHOWN]) + more


def _each(parts: Iterable[str]) -> str:
    found = list(dict.fromkeys(parts))
    more = f"; and {len(found) - MAX_SHOWN:,} more" if len(found) > MAX_SHOWN else ""
    return "; ".join(found[:MAX_SHOWN]) + more
