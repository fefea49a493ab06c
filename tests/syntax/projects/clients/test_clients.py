"""Each client makes a project and lists it; what is read of the lock file is the same: names, versions and edges."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.syntax.projects.clients import listings, making
from tests.syntax.projects.clients.listings import Listing, label, of_edges
from tests.syntax.projects.clients.programs import Client, GetClient
from tgtui.data.views.projects import ProjectContents
from tgtui.services.personal.projects.walking import read_folder

pytestmark = pytest.mark.clients


def ours(folder: Path) -> tuple[ProjectContents, Listing]:
    reading = read_folder(folder)
    assert reading is not None
    assert reading.problems == ()
    said = reading.contents

    def named(position: int) -> str:
        package = said.packages[position]
        if package.is_workspace and not package.folder:
            return "top"
        return label(package.name, package.version)

    edges = {(named(each.dependent), named(each.dependency)) for each in said.edges}
    return said, of_edges(edges, map(named, range(len(said.packages))))


def compare(folder: Path, theirs: Listing) -> ProjectContents:
    said, found = ours(folder)
    assert found.edges == theirs.edges
    assert found.packages == theirs.packages
    assert len(found.packages) > 15
    return said


@pytest.mark.parametrize("version", [1, 2, 3])
def test_npm(client: GetClient, tmp_path: Path, version: int) -> None:
    npm = client("npm")
    making.make_javascript(tmp_path, "npm", has_workspaces=version > 1)  # 1 knows none
    args = ("--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund")
    npm.run(tmp_path, "install", *args, "--lockfile-version", str(version))
    said = compare(tmp_path, listings.npm(npm, tmp_path))
    assert {each.type for each in said.dependencies} == {"runtime", "dev"}


def test_pnpm(client: GetClient, tmp_path: Path) -> None:
    pnpm = client("pnpm")
    making.make_javascript(tmp_path, "pnpm")
    pnpm.run(tmp_path, "install", "--lockfile-only", "--ignore-scripts")
    compare(tmp_path, listings.pnpm(pnpm, tmp_path))


def test_yarn_1(client: GetClient, tmp_path: Path) -> None:
    yarn = client("yarn")
    making.make_javascript(tmp_path, "yarn")
    yarn.run(tmp_path, "install", "--ignore-scripts", "--ignore-engines", "--non-interactive")
    theirs = listings.installed(tmp_path)
    if sys.platform != "darwin":  # locked everywhere, and installed only there
        theirs.packages.add("fsevents@2.3.3")
        theirs.edges.add(("chokidar@3.6.0", "fsevents@2.3.3"))
    compare(tmp_path, theirs)


def test_yarn_from_2_on(client: GetClient, tmp_path: Path) -> None:
    yarn = client("berry")
    making.make_javascript(tmp_path, "berry")
    yarn.run(tmp_path, "install", "--mode=update-lockfile")
    compare(tmp_path, listings.berry(yarn, tmp_path))


def test_bun(client: GetClient, tmp_path: Path) -> None:
    bun = client("bun")
    making.make_javascript(tmp_path, "bun")
    bun.run(tmp_path, "install", "--lockfile-only", "--ignore-scripts")
    compare(tmp_path, listings.bun(bun, tmp_path))


LISTED: dict[str, tuple[Callable[[Path], None], Callable[[Client, Path], Listing], tuple[str, ...]]]
LISTED = {
    "deno": (making.make_deno, listings.deno, ("install", "--lockfile-only", "--quiet")),
    "uv": (making.make_uv, listings.uv, ("lock",)),
    "poetry": (making.make_poetry, listings.poetry, ("lock", "--no-interaction")),
}


@pytest.mark.parametrize("name", LISTED)
def test_others(client: GetClient, tmp_path: Path, name: str) -> None:
    program = client(name)
    make, listed, lock = LISTED[name]
    make(tmp_path)
    program.run(tmp_path, *lock)
    compare(tmp_path, listed(program, tmp_path))
