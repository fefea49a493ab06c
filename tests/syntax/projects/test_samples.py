"""Files of real projects: names, versions and edges as the formats' own clients list them (SOURCES.md)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tgtui.syntax.projects.formats import lock_reader
from tgtui.syntax.projects.javascript.deno import read_deno_json, read_deno_lock
from tgtui.syntax.projects.javascript.manifest import read_package_json
from tgtui.syntax.projects.python.requirements import read_requirements
from tgtui.syntax.projects.system.brewfile import read_brewfile
from tgtui.syntax.projects.system.dpkg import read_dpkg
from tgtui.syntax.projects.text import SourceFile, decoded
from tgtui.syntax.projects.values import Lock, Manifest

FOLDER = Path(__file__).parent
SAMPLES = FOLDER / "locks"
NAMES = {
    "package-lock": "package-lock.json",
    "pnpm-lock": "pnpm-lock.yaml",
    "yarn": "yarn.lock",
    "bun": "bun.lock",
    "deno": "deno.lock",
    "uv": "uv.lock",
    "poetry": "poetry.lock",
    "pylock": "pylock.toml",
}
SIZES = {
    "bun.git-commits.lock": (19, 18),
    "bun.nested.lock": (10, 9),
    "bun.workspaces.lock": (6, 4),
    "deno.graph.v5.lock": (6, 6),
    "package-lock.v1.nested-dependencies.json": (6, 3),
    "package-lock.v2.alias.json": (4, 3),
    "package-lock.v2.git-dependencies.json": (15, 9),
    "package-lock.v2.nested-dependencies-dup.json": (37, 0),
    "pnpm-lock.v6.mixed-groups.yaml": (4, 3),
    "pnpm-lock.v6.peer-dependencies.yaml": (6, 7),
    "pnpm-lock.v9.peer-dependencies.yaml": (14, 34),
    "poetry.multiple-packages.v2.lock": (11, 7),
    "poetry.project.lock": (6, 3),
    "pylock.example.toml": (3, 1),
    "pylock.pdm.toml": (10, 0),
    "pylock.pip.toml": (5, 0),
    "yarn.berry.project.lock": (44, 58),
    "yarn.berry.v5-glob.lock": (14, 16),
    "yarn.classic.aliases.lock": (3, 0),
    "yarn.classic.project.lock": (40, 50),
}
"""Packages and edges, counted by a search for their lines."""


def sample(name: str) -> SourceFile:
    return decoded(name, (SAMPLES / name).read_bytes())


def lock_of(name: str, *manifests: Manifest) -> Lock:
    reader = lock_reader(NAMES[name.partition(".")[0]])
    assert reader is not None
    return reader(sample(name), manifests)


def edges_of(lock: Lock) -> set[tuple[str, str]]:
    def label(position: int) -> str:
        package = lock.packages[position]
        is_root = package.source == "workspace" and not package.folder
        return "ROOT" if is_root else f"{package.name}@{package.version}"

    return {(label(edge.dependent), label(edge.dependency)) for edge in lock.edges}


@pytest.mark.parametrize("name", sorted(path.stem for path in (FOLDER / "expected").iterdir()))
def test_edges_are_those_of_the_client(name: str) -> None:
    expected = {
        (one, other)
        for one, other in json.loads((FOLDER / "expected" / f"{name}.json").read_text())
    }
    manifests: list[Manifest] = []
    root = "ROOT"
    if name.startswith("package-lock"):
        document = json.loads(sample(name).text)
        top = document.get("packages", {}).get("")
        if top is None:  # version 1 says nothing of what is direct
            root = f"{document['name']}@{document['version']}"
            direct = {other.rpartition("@")[0]: "*" for one, other in expected if one == root}
            top = {"name": document["name"], "dependencies": direct}
        root = f"{top.get('name', document.get('name'))}@{document.get('version')}"
        manifests = [read_package_json(decoded("package.json", json.dumps(top).encode()))]
    ours = edges_of(lock_of(name, *manifests))
    workspaces = {"@scope1/pkg1@1.0.0", "pkg2@1.0.0"}  # npm has the root use each
    theirs = {
        ("ROOT" if one == root else one, other)
        for one, other in expected
        if not (one == root and other in workspaces)
    }
    assert ours == theirs


@pytest.mark.parametrize("name", sorted(SIZES))
def test_no_package_and_no_edge_is_left_out(name: str) -> None:
    manifests = [read_deno_json(sample("deno.graph.json"))] if name.startswith("deno") else []
    lock = lock_of(name, *manifests)
    assert (len(lock.packages), len(lock.edges)) == SIZES[name]


def test_an_alias_is_the_package_it_stands_for() -> None:
    names = {package.name for package in lock_of("yarn.classic.aliases.lock").packages}
    assert names == {"ansi-regex", "@babel/helper-validator-identifier"}
    lock = lock_of("package-lock.v2.alias.json")
    aliases = {edge.declared_name: lock.packages[edge.dependency].name for edge in lock.edges}
    assert aliases["string-width-cjs"] == "string-width"


def test_git_has_no_version_that_a_registry_could_be_asked_for() -> None:
    lock = lock_of("bun.git-commits.lock")
    from_git = [package for package in lock.packages if package.source == "git"]
    assert {package.name for package in from_git} >= {"is-number", "@prettier/sync"}
    assert all(package.version is None for package in from_git)


def test_peers_are_edges_to_the_version_that_was_chosen() -> None:
    lock = lock_of("pnpm-lock.v6.peer-dependencies.yaml")
    peers = [edge for edge in lock.edges if edge.type == "peer"]
    (peer,) = [(lock.packages[e.dependent].name, lock.packages[e.dependency].name) for e in peers]
    assert peer == ("react-dom", "react")


def test_deno_resolves_what_is_declared_and_what_has_no_range() -> None:
    manifest = read_deno_json(sample("deno.graph.json"))
    assert [(each.name, each.range, each.line) for each in manifest.declared][:2] == [
        ("@std/assert", "1", 16),
        ("@std/async", "^1.0.14", 17),
    ]
    lock = read_deno_lock(sample("deno.graph.v5.lock"), [manifest])
    assert ("@std/path@1.1.2", "@std/internal@1.0.10") in edges_of(lock)


def test_addresses_in_imports_are_no_packages() -> None:
    manifest = read_deno_json(sample("deno.std.json"))
    assert [(each.registry, each.name) for each in manifest.declared] == [
        ("jsr", "@deno/graph"),
        ("jsr", "@deno/doc"),
        ("npm", "fast-check"),
        ("npm", "node-graphviz"),
        ("npm", "typescript"),
    ]


def test_requirements_follow_others_and_say_what_they_can_not_name() -> None:
    def open_sample(path: str) -> SourceFile | None:
        return sample(path) if (SAMPLES / path).exists() else None

    manifest, lock = read_requirements(sample("requirements.example-with-r-and-c.txt"), open_sample)
    declared = {each.name: each.range for each in manifest.declared}
    assert declared["pandas"] == "==2.2.3"  # of -r; -c only bounds
    assert declared["keyring"] == ">=4.1.1"
    assert declared["requests"] == ">=2.8.1,==2.8.*"
    assert {each.line for each in manifest.problems} == {25, 28}
    assert lock is not None
    pinned = {p.name: p.version for p in lock.packages if p.source != "workspace"}
    assert pinned == {"docopt": "0.6.1", "pandas": "2.2.3"}


def test_comments_of_pip_compile_are_edges() -> None:
    manifest, lock = read_requirements(sample("requirements.hashes.deploy.txt"), lambda _path: None)
    assert all(each.range.startswith("==") for each in manifest.declared)
    assert lock is not None
    assert ("ddtrace@4.10.5", "bytecode@0.18.1") in edges_of(lock)


def test_options_of_a_requirement_are_not_its_version() -> None:
    manifest, lock = read_requirements(
        sample("requirements.per-requirement-options.txt"), lambda _path: None
    )
    found = {each.name: each.range for each in manifest.declared}
    assert found["foo1"] == found["foo9"] == found["foo17-hash"] == "==1.0"
    assert lock is not None
    assert all(p.version == "1.0" for p in lock.packages if p.source != "workspace")


def test_a_brewfile_is_read_and_never_run() -> None:
    declared = {each.name: each for each in read_brewfile(sample("Brewfile.mas")).declared}
    assert declared["act"].condition is None
    assert declared["swift-format"].condition is not None
    newer = {each.name: each for each in read_brewfile(sample("Brewfile.mas-2026")).declared}
    assert newer["swiftly"].condition == "MacOS.version < :tahoe"
    assert newer["git"].condition is None
    assert [each.line for each in read_brewfile(sample("Brewfile.brew-docs")).declared] == [3, 4]


def test_dpkg_has_what_is_installed_and_what_uses_it() -> None:
    lock = read_dpkg(sample("dpkg-status.bookworm"))
    installed = {p.name: p.version for p in lock.packages if p.source != "workspace"}
    assert installed["acl"] == "2.3.1-3"
    text = sample("dpkg-status.bookworm").text.replace(
        "install ok installed", "deinstall ok config-files", 1
    )
    fewer = read_dpkg(SourceFile("status", text))
    assert len(fewer.packages) == len(lock.packages) - 1
