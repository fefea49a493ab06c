"""Which files belong to a project, and who reads each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from tgtui.syntax.projects.javascript.bun import read_bun
from tgtui.syntax.projects.javascript.deno import read_deno_json, read_deno_lock
from tgtui.syntax.projects.javascript.manifest import read_package_json
from tgtui.syntax.projects.javascript.npm import read_npm
from tgtui.syntax.projects.javascript.pnpm import read_pnpm
from tgtui.syntax.projects.javascript.yarn import read_yarn
from tgtui.syntax.projects.python.poetry import read_poetry
from tgtui.syntax.projects.python.pylock import read_pylock
from tgtui.syntax.projects.python.pyproject import read_pyproject
from tgtui.syntax.projects.python.uv import read_uv
from tgtui.syntax.projects.system.brewfile import read_brewfile
from tgtui.syntax.projects.system.cellar import read_cellar
from tgtui.syntax.projects.system.dpkg import read_dpkg
from tgtui.syntax.projects.text import SourceFile
from tgtui.syntax.projects.values import Lock, Manifest

ManifestReader = Callable[[SourceFile], Manifest]
LockReader = Callable[[SourceFile, Sequence[Manifest]], Lock]

MANIFESTS: Mapping[str, ManifestReader] = {
    "package.json": read_package_json,
    "deno.json": read_deno_json,
    "deno.jsonc": read_deno_json,
    "pyproject.toml": read_pyproject,
    "Brewfile": read_brewfile,
}
LOCKS: Mapping[str, LockReader] = {
    "npm-shrinkwrap.json": read_npm,
    "package-lock.json": read_npm,
    "pnpm-lock.yaml": read_pnpm,
    "yarn.lock": read_yarn,
    "bun.lock": read_bun,
    "deno.lock": read_deno_lock,
    "uv.lock": read_uv,
    "poetry.lock": read_poetry,
    "pylock.toml": read_pylock,
}
"""In the order in which they are asked for the version of a dependency, if a folder has several."""
PYLOCK = re.compile(r"pylock\.[^.]+\.toml")
DPKG = re.compile(r"/var/lib/dpkg/(status|status\.d/[^/]+(?<!\.md5sums))$")
CELLAR = re.compile(r"/Cellar$")
SCRIPT_LOCK = re.compile(r".+\.py\.lock")
REQUIREMENTS = re.compile(r"(?:.*[-_.])?requirements(?:[-_.].*)?\.txt|constraints\.txt")
REQUIREMENTS_FOLDER = "requirements"
BESIDE = ("pnpm-workspace.yaml", "bun.lockb")
"""What is not read by itself, but says something of the files beside it."""


def manifest_reader(name: str) -> ManifestReader | None:
    """By the name of a file; None if it is no manifest that is read alone."""
    return MANIFESTS.get(name)


def lock_reader(path: str) -> LockReader | None:
    """By the path of a file; None if it is no lock file."""
    name = path.rpartition("/")[2]
    if DPKG.search(f"/{path}"):
        return read_dpkg
    if CELLAR.search(f"/{path}"):
        return read_cellar
    if name in LOCKS:
        return LOCKS[name]
    if PYLOCK.fullmatch(name):
        return read_pylock
    return read_uv if SCRIPT_LOCK.fullmatch(name) else None


def is_requirements(path: str) -> bool:
    """`requirements*.txt`, and any text in a folder called requirements. Constraints only bound."""
    folder, _, name = path.rpartition("/")
    if name == "constraints.txt":
        return False
    in_folder = folder.rpartition("/")[2] == REQUIREMENTS_FOLDER and name.endswith(".txt")
    return in_folder or REQUIREMENTS.fullmatch(name) is not None


def is_read(path: str) -> bool:
    """Whether a file of this path, relative to the project's folder, belongs to what is read of a project."""
    name = path.rpartition("/")[2]
    return (
        name in BESIDE
        or manifest_reader(name) is not None
        or lock_reader(path) is not None
        or is_requirements(path)
    )
