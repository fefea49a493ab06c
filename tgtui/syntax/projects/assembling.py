"""Reads all files of a project and says which locked package each declared dependency is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from tgtui.syntax.projects.formats import is_requirements, lock_reader, manifest_reader
from tgtui.syntax.projects.javascript.bun import BINARY
from tgtui.syntax.projects.javascript.manifest import read_package_json
from tgtui.syntax.projects.python.requirements import read_requirements
from tgtui.syntax.projects.text import SourceFile
from tgtui.syntax.projects.values import (
    PYPI,
    Declared,
    Lock,
    Manifest,
    Problem,
    ProjectFileError,
)

FAMILIES = {
    "npm": ("npm", "pnpm", "yarn", "bun", "deno"),
    "jsr": ("deno",),
    PYPI: ("uv", "poetry", "pylock", "requirements"),
}
"""Formats of lock files that hold what manifests of a registry declare."""

Open = Callable[[str], SourceFile | None]
"""Reads a file of the project by its path in it. None if there is none; ProjectFileError."""


class Stated(Struct, frozen=True):
    """A declared dependency, and the package that is locked for it."""

    declared: Declared
    workspace: str
    """Folder of the manifest, relative to the project's; empty for that itself."""
    lock: int = -1
    """Position of the lock file; -1 if nothing is locked for it."""
    package: int = -1
    """Position of the package in it."""


class Contents(Struct, frozen=True):
    """What the files of a project say."""

    stated: tuple[Stated, ...]
    locks: tuple[Lock, ...]
    problems: tuple[Problem, ...]
    broken: tuple[str, ...]
    """Files that could not be read at all; among the problems is why."""

    @property
    def is_whole(self) -> bool:
        """Whether every file could be read."""
        return not self.broken


def read_contents(paths: Sequence[str], open: Open) -> Contents:
    """`paths` are those of `formats.is_read`. Nothing is raised: what can't be read is among the problems."""
    return _Reading(paths, open).contents()


class _Reading:
    def __init__(self, paths: Sequence[str], open: Open) -> None:
        self._paths = sorted(paths)
        self._open = open
        self._manifests: list[Manifest] = []
        self._locks: list[Lock] = []
        self._problems: list[Problem] = []
        self._broken: list[str] = []

    def contents(self) -> Contents:
        for path in self._paths:
            self._guarded(path, self._read_manifest)
        included = self._included()
        self._manifests = [each for each in self._manifests if each.path not in included]
        self._locks = [each for each in self._locks if each.path not in included]
        for path in self._lock_paths():
            self._guarded(path, self._read_lock)
        for manifest in self._manifests:
            self._problems += manifest.problems
        for lock in self._locks:
            self._problems += lock.problems
        return Contents(
            tuple(self._stated()),
            tuple(self._locks),
            tuple(dict.fromkeys(self._problems)),
            tuple(self._broken),
        )

    def _included(self) -> set[str]:
        """Requirements that others include, and that are read with them; of two that include each other one stays."""
        found: set[str] = set()
        for manifest in self._manifests:
            if any(
                each.path == manifest.path
                for other in self._manifests
                if other is not manifest and other.path not in found
                for each in other.declared
            ):
                found.add(manifest.path)
        return found

    def _guarded(self, path: str, read: Callable[[str, SourceFile], None]) -> None:
        name = path.rpartition("/")[2]
        reads_manifest = manifest_reader(name) is not None or is_requirements(path)
        if reads_manifest != (read == self._read_manifest):
            return
        try:
            file = self._open(path)
            if file is not None:
                read(path, file)
        except ProjectFileError as error:
            self._problems.append(Problem(error.path, error.line, _sentence(error.reason)))
            self._broken.append(path)

    def _read_manifest(self, path: str, file: SourceFile) -> None:
        name = path.rpartition("/")[2]
        if name == "package.json":
            beside = f"{file.folder}/pnpm-workspace.yaml".lstrip("/")
            workspaces = self._open(beside) if beside in self._paths else None
            self._manifests.append(read_package_json(file, workspaces))
        elif (reader := manifest_reader(name)) is not None:
            self._manifests.append(reader(file))
        else:
            manifest, lock = read_requirements(file, self._open)
            self._manifests.append(manifest)
            if lock is not None:
                self._locks.append(lock)

    def _read_lock(self, path: str, file: SourceFile) -> None:
        reader = lock_reader(path)
        if reader is not None:
            self._locks.append(reader(file, self._manifests))

    def _lock_paths(self) -> Iterator[str]:
        known = set(self._paths)
        for path in self._paths:
            folder, slash, name = path.rpartition("/")
            beside = folder + slash
            if name == "bun.lockb" and f"{beside}bun.lock" not in known:
                self._problems.append(Problem(path, 0, _sentence(BINARY)))
            hidden_by = f"{beside}npm-shrinkwrap.json"
            if lock_reader(path) is not None and not (
                name == "package-lock.json" and hidden_by in known
            ):
                yield path

    def _stated(self) -> Iterator[Stated]:
        direct = [_direct(lock) for lock in self._locks]
        for manifest in self._manifests:
            candidates = self._candidates(manifest)
            for each in manifest.declared:
                key = each.declared_name or each.name
                stated = Stated(each, manifest.folder)
                for position in candidates:
                    lock = self._locks[position]
                    where = manifest.path if lock.path == manifest.path else manifest.folder
                    found = direct[position].get((where, key))
                    if found is None and lock.path == manifest.path:
                        found = _by_name(lock, each)
                    if found is not None:
                        stated = replace(stated, lock=position, package=found)
                        break
                yield stated

    def _candidates(self, manifest: Manifest) -> list[int]:
        """Lock files that may hold what it declares, the nearest first."""
        formats = FAMILIES.get(manifest.registry, ())
        own = [at for at, lock in enumerate(self._locks) if lock.path == manifest.path]
        if own:
            return own
        found = []
        for at, lock in enumerate(self._locks):
            folder = lock.path.rpartition("/")[0]
            is_above = (
                not folder or manifest.folder == folder or manifest.folder.startswith(f"{folder}/")
            )
            if is_above and lock.format.split(" ")[0] in formats:
                found.append((-len(folder), at))
        return [at for _depth, at in sorted(found)]


def _direct(lock: Lock) -> dict[tuple[str, str], int]:
    """What each workspace uses, by its folder and the name it is declared under."""
    found: dict[tuple[str, str], int] = {}
    for edge in lock.edges:
        user = lock.packages[edge.dependent]
        if user.source == "workspace":
            name = edge.declared_name or lock.packages[edge.dependency].name
            found[user.folder or "", name] = edge.dependency
    return found


def _by_name(lock: Lock, each: Declared) -> int | None:
    return next(
        (
            at
            for at, package in enumerate(lock.packages)
            if package.name == each.name and package.source != "workspace"
        ),
        None,
    )


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:]
