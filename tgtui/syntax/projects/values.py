"""What the readers of all formats return. Text in them is hostile, and bounded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

from tgtui.basics.errors import TgtuiError
from tgtui.registries.base import DependencyType

Source = Literal["registry", "workspace", "folder", "archive", "git", "url"]
"""Where a package comes from. Only what is of a registry is ever asked for there."""
PYPI = "pypi"
"""Registry of Python's packages."""


class ProjectFileError(TgtuiError):
    """A file of a project that can't be read. What was known of the project before stays."""

    def __init__(self, path: str, reason: str, line: int = 0) -> None:
        """`reason` is a sentence that begins in lower case; `line` is 0 if it has none."""
        super().__init__(f"{path}{f', line {line}' if line else ''}: {reason}")
        self.path, self.line, self.reason = path, line, reason


class Problem(Struct, frozen=True):
    """What could not be read; the rest of the file was."""

    path: str
    """Of the file, relative to the project's folder."""
    line: int
    """From 1; 0 if unknown."""
    message: str
    """A sentence."""


class Declared(Struct, frozen=True):
    """A dependency as a manifest declares it."""

    registry: str
    """`npm`, `jsr`, `brew`, `apt`, `pypi`; it need not be one that the catalogue has."""
    name: str
    """The package's own name."""
    range: str
    """As declared, without an alias's name; empty if any version will do."""
    type: DependencyType
    field: str
    """The file's own word: `devDependencies`, `dependency-groups.test`."""
    path: str
    """Of the file, relative to the project's folder."""
    line: int = 0
    """From 1; 0 if unknown."""
    declared_name: str | None = None
    """The alias it is declared under."""
    source: Source = "registry"
    condition: str | None = None
    """Where it applies: a marker of Python, `if` of a Brewfile."""


class Manifest(Struct, frozen=True):
    """What one manifest says: a package.json, a pyproject.toml."""

    path: str
    """Of the file, relative to the project's folder."""
    registry: str
    name: str | None = None
    version: str | None = None
    declared: tuple[Declared, ...] = ()
    workspaces: tuple[str, ...] = ()
    """Patterns of folders that belong to it."""
    resolutions: Mapping[str, str] = field(default_factory=dict)
    """Yarn's: ranges that replace what others declare."""
    problems: tuple[Problem, ...] = ()

    @property
    def folder(self) -> str:
        """Relative to the project's; empty for that itself."""
        return self.path.rpartition("/")[0]


class Locked(Struct, frozen=True):
    """A package in a lock file, in one version."""

    registry: str
    name: str
    """The package's own name, never an alias."""
    version: str | None
    """None if the file does not say it: folders, git."""
    source: Source = "registry"
    folder: str | None = None
    """Of a workspace, relative to the project's folder."""
    licence: str | None = None
    deprecated: str | None = None
    """The registry's reason, as the lock file has it."""


class LockedEdge(Struct, frozen=True):
    """One locked package uses another."""

    dependent: int
    """Position among the packages, as in the next one."""
    dependency: int
    range: str = ""
    """As declared; empty if the file does not say it."""
    type: DependencyType = "runtime"
    declared_name: str | None = None
    """The alias it is declared under."""


class Lock(Struct, frozen=True):
    """What a lock file says."""

    path: str
    format: str
    """`npm 3`, `pnpm 9.0`, `uv`."""
    packages: tuple[Locked, ...]
    edges: tuple[LockedEdge, ...]
    problems: tuple[Problem, ...] = ()
    has_edges: bool = True
    """False if the format has no dependencies between packages."""
