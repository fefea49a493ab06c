"""Are the trees what npm would take? Every edge next to npm's own modules, every package next to npm's lockfile.

    python -m benchmarks.mirror record ROOT ...        # once, for the roots below
    python -m benchmarks.exactness [ROOT ...]

For each root, on the mirror: `tgtui ask --wait` and `tgtui tree --json`; the same tree walked by npm's
npm-package-arg, npm-pick-manifest and pacote (`npm_tree.js`), which must agree edge by edge; and the packages of
the lockfile that `npm install --package-lock-only` writes, which is a different thing: it hoists and takes one
version for several ranges where it can. Those differences are listed, not failures.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.mirror import Mirror, require_recordings, serve

ROOTS = (
    "lodash", "typescript", "prettier", "debug", "commander", "chalk", "hono", "react", "vue", "axios",
    "rollup", "vite", "styled-components", "socket.io", "koa", "@babel/core", "request", "fastify",
    "express", "mocha", "eslint", "webpack", "next", "jest", "@angular/cli", "react-scripts",
)  # fmt: skip
"""From none to well over a thousand packages."""
SHOWN = 12
"""Differences that are written out for each root."""

Edge = tuple[str, str, str, str | None]
"""(name it is declared under, range, type, `name@version` or None)"""


@dataclass(frozen=True, slots=True)
class Tree:
    """Who asks for what, and what that resolves to."""

    root: str
    edges: dict[str, frozenset[Edge]]

    def packages(self) -> set[str]:
        return set(self.edges) - {self.root}


def tree_of_tgtui(root: str, mirror: Mirror, folder: str) -> Tree:
    """Asked for in an empty catalogue."""
    env = {**os.environ, "TGTUI_NPM_REGISTRY": mirror.url, "TGTUI_DATA_DIR": folder}
    tgtui = [sys.executable, "-m", "tgtui"]
    # Exit code 1 where a part of it can't be had, which then shows as a difference.
    subprocess.run([*tgtui, "ask", f"npm:{root}", "--wait", "--quiet"], env=env)
    printed = subprocess.run(
        [*tgtui, "tree", f"npm:{root}", "--json"], env=env, stdout=subprocess.PIPE, check=True
    ).stdout
    found: dict[str, Any] = json.loads(printed)
    return Tree(
        _plain(found["root"]),
        {
            _plain(package["package"]): frozenset(map(_edge, package["dependencies"]))
            for package in found["packages"]
        },
    )


def tree_of_npm(root: str, mirror: Mirror, folder: str) -> Tree:
    """By npm's modules."""
    script = Path(__file__).with_name("npm_tree.js")
    printed = subprocess.run(
        ["node", str(script), mirror.url, root], cwd=folder, stdout=subprocess.PIPE, check=True
    ).stdout
    found: dict[str, Any] = json.loads(printed)
    return Tree(
        found["root"],
        {name: frozenset(tuple(edge) for edge in edges) for name, edges in found["edges"].items()},
    )


def lockfile_of_npm(root: str, mirror: Mirror, folder: str) -> set[str]:
    """`name@version` of every package npm would put into node_modules."""
    Path(folder, "package.json").write_text("{}")
    subprocess.run(
        ["npm", "install", "--package-lock-only", "--no-audit", "--no-fund", "--silent",
         "--registry", mirror.url, "--cache", f"{folder}/npm-cache", root],
        cwd=folder, check=True,
    )  # fmt: skip
    packages = json.loads(Path(folder, "package-lock.json").read_text())["packages"]
    found = {
        f"{entry.get('name') or place.rpartition('node_modules/')[2]}@{entry['version']}"
        for place, entry in packages.items()
        if place and "version" in entry
    }
    return {name for name in found if not name.startswith(f"{root}@")}


def compare(root: str, mirror: Mirror) -> bool:
    """One line and what differs; True where every edge agrees."""
    with tempfile.TemporaryDirectory() as folder:
        ours = tree_of_tgtui(root, mirror, folder)
        theirs = tree_of_npm(root, mirror, folder)
        locked = lockfile_of_npm(root, mirror, folder)
    names = {*ours.edges, *theirs.edges}
    differing = {
        name: (ours.edges.get(name, frozenset()), theirs.edges.get(name, frozenset()))
        for name in names
        if ours.edges.get(name) != theirs.edges.get(name)
    }
    count = sum(map(len, theirs.edges.values()))
    packages = ours.packages()
    more, less = packages - locked, locked - packages
    print(
        f"{root:20}{len(packages):6} packages{count:7} edges{len(differing):4} differ"
        f"   lockfile {len(locked):5}: {len(more)} only in the tree, {len(less)} only in the lockfile",
        flush=True,
    )
    for name, (mine, npms) in sorted(differing.items())[:SHOWN]:
        print(
            f"    {name}: tgtui {sorted(mine - npms, key=str)}, npm {sorted(npms - mine, key=str)}"
        )
    for label, some in (("only in the tree", more), ("only in the lockfile", less)):
        if some:
            shown = ", ".join(sorted(some)[:SHOWN])
            print(f"    {label}: {shown}{' ...' if len(some) > SHOWN else ''}")
    return not differing


def _edge(edge: dict[str, Any]) -> Edge:
    chosen = edge["resolved"]
    is_published = edge["package"] is not None or edge["is_missing"]
    target = f"{edge['name']}@{chosen}" if is_published else None
    # An alias is one specifier in a manifest and two columns in the catalogue.
    range = f"npm:{edge['name']}@{edge['range']}" if edge["alias"] else edge["range"]
    return (edge["alias"] or edge["name"], range, edge["type"], target)


def _plain(package: str) -> str:
    return package.removeprefix("npm:")


def main() -> None:
    """Every root in turn; exit code 1 where an edge differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("roots", nargs="*", default=list(ROOTS))
    options = parser.parse_args()
    if shutil.which("npm") is None:
        sys.exit("This compares with npm; install Node.js first.")
    require_recordings(options.roots or ROOTS)
    with serve() as mirror:
        agree = [compare(root, mirror) for root in options.roots or ROOTS]
    print(f"{sum(agree)} of {len(agree)} trees agree with npm in every edge")
    sys.exit(0 if all(agree) else 1)


if __name__ == "__main__":
    main()
