"""Collects the packages of a lock file and what each uses, within bounds."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable

from msgspec.structs import replace

from tgtui.basics.formatting import number
from tgtui.basics.masking import masked
from tgtui.basics.text import clean
from tgtui.registries.base import DependencyType
from tgtui.syntax.projects.text import SourceFile
from tgtui.syntax.projects.values import (
    Declared,
    Lock,
    Locked,
    LockedEdge,
    Manifest,
    Problem,
    Source,
)

MAX_PACKAGES = 200_000
MAX_EDGES = 2_000_000
MAX_NAME = 214
MAX_TEXT = 500
"""Characters kept of a version, range or licence."""
MAX_PROBLEMS = 100


def is_name(name: str) -> bool:
    """Whether a package may have this name, in any registry."""
    return 0 < len(name) <= MAX_NAME and name.isprintable() and " " not in name


def bounded(text: str | None) -> str | None:
    """A short harmless line, without credentials in addresses."""
    return None if text is None else clean(masked(text) if "://" in text else text, MAX_TEXT)


class Graph:
    """Of one lock file. Packages are told apart by keys of the format."""

    def __init__(self, file: SourceFile, registry: str) -> None:
        self.file = file
        self.registry = registry
        self._positions: dict[Hashable, int] = {}
        self.packages: list[Locked] = []
        self._edges: dict[tuple[int, int, str | None], LockedEdge] = {}
        self._problems: list[Problem] = []

    def problem(self, message: str, line: int = 0) -> None:
        """Report what can't be read; `message` is a sentence."""
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(Problem(self.file.path, line, clean(message, MAX_TEXT)))

    def add(
        self,
        key: Hashable,
        name: str,
        version: str | None,
        *,
        source: Source = "registry",
        folder: str | None = None,
        licence: str | None = None,
        deprecated: str | None = None,
        registry: str | None = None,
    ) -> int | None:
        """The position of the package with this key, added if it is new; None if it can't have this name."""
        if (known := self._positions.get(key)) is not None:
            return known
        if not is_name(name) and source != "workspace":
            self.problem(f"{clean(name, 80)!r} is no name of a package; the entry was left out.")
            return None
        if len(self.packages) >= MAX_PACKAGES:
            raise self.file.error(f"it has more than {number(MAX_PACKAGES)} packages.")
        position = self._positions[key] = len(self.packages)
        self.packages.append(
            Locked(
                registry or self.registry,
                clean(name, MAX_NAME),
                bounded(version) or None,
                source,
                folder,
                bounded(licence),
                bounded(deprecated),
            )
        )
        return position

    def workspace(self, folder: str, name: str | None, version: str | None = None) -> int:
        """The position of a workspace, added if it is new."""
        shown = name or folder.rpartition("/")[2] or "."
        found = self.add(
            ("workspace", folder), shown, version, source="workspace", folder=bounded(folder) or ""
        )
        assert found is not None
        return found

    def find(self, key: Hashable) -> int | None:
        """The position of the package with this key."""
        return self._positions.get(key)

    def has_workspace(self, folder: str) -> bool:
        return ("workspace", folder) in self._positions

    def mark(self, position: int, source: Source) -> None:
        """Say where a package comes from, now that an edge tells it."""
        self.packages[position] = replace(self.packages[position], source=source)

    def edge(
        self,
        dependent: int,
        dependency: int,
        range: str = "",
        type: DependencyType = "runtime",
        declared_name: str | None = None,
    ) -> None:
        """A later one between the same packages replaces an earlier one."""
        if len(self._edges) >= MAX_EDGES:
            raise self.file.error(f"it has more than {number(MAX_EDGES)} dependencies.")
        alias = declared_name if declared_name != self.packages[dependency].name else None
        edge = LockedEdge(dependent, dependency, bounded(range) or "", type, bounded(alias))
        self._edges[dependent, dependency, alias] = edge

    def declared(
        self, manifest: Manifest, position: int, find: Callable[[Declared], int | None]
    ) -> None:
        """Add what a manifest declares, of which `find` knows the locked package."""
        for each in manifest.declared:
            found = find(each)
            if found is not None:
                self.edge(position, found, each.range, each.type, each.declared_name)

    def lock(self, format: str, *, has_edges: bool = True) -> Lock:
        """All of it."""
        return Lock(
            self.file.path,
            format,
            tuple(self.packages),
            tuple(self._edges.values()),
            tuple(self._problems),
            has_edges,
        )


def manifest_in(manifests: Iterable[Manifest], folder: str) -> Manifest | None:
    """That of a folder."""
    return next((each for each in manifests if each.folder == folder), None)


def joined(folder: str, path: str) -> str | None:
    """A path relative to a folder, without `.` and `..`; None if it leads out of the project."""
    parts = [part for part in folder.split("/") if part]
    for part in path.replace("\\", "/").split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
