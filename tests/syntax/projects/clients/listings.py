"""What the clients list of a locked project: packages and edges, each package as `name@version`, or as its name if it comes from no registry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from msgspec import Struct

from tests.syntax.projects.clients.making import LOCAL
from tests.syntax.projects.clients.programs import Client

PNPM_GROUPS = ("dependencies", "devDependencies", "optionalDependencies")
BUN_USER = re.compile(r"  [├└]─ (?:(?:peer|dev|optional) )*(\S+)(?: \(requires .*\))?$")
LOCATOR = re.compile(r"(?P<name>@?[^@]+)@(?:virtual:[0-9a-f]+#)?(?P<reference>.+)", re.DOTALL)
POETRY_LINE = re.compile(r"^([│├└─ ]*)(\S+) ")
UV_ID = re.compile(r"([^\[:=]+)(?:\[[^\]]+\]|:[^=]+)?==([^@]+)@")


class Listing(Struct):
    packages: set[str]
    edges: set[tuple[str, str]]


def label(name: str, version: str | None) -> str:
    return name if name in LOCAL or not version else f"{name}@{version}"


def of_edges(edges: Iterable[tuple[str, str]], packages: Iterable[str] = ()) -> Listing:
    """Without edges of the root to its workspaces, which are no dependencies, and of a package to itself."""
    found = {(one, other) for one, other in edges if one != other}
    found -= {("top", each) for each in ("@loc/a", "@loc/b")}
    return Listing({*packages, *(each for edge in found for each in edge)} - {"top"}, found)


def npm(client: Client, folder: Path) -> Listing:
    said = client.run(
        folder, "ls", "--all", "--json", "--long", "--package-lock-only", may_fail=True
    )

    def walk(node: Mapping[str, Any], own: str) -> Iterator[tuple[str, str]]:
        for key, each in (node.get("dependencies") or {}).items():
            if not each.get("missing"):
                name = label(each.get("name") or key, each.get("version"))
                yield own, name
                yield from walk(each, name)

    root = json.loads(said)
    return of_edges(walk(root, label(root["name"], root.get("version"))))


def pnpm(client: Client, folder: Path) -> Listing:
    args = ("list", "-r", "--json", "--depth", "Infinity", "--lockfile-only")

    def walk(node: Mapping[str, Any], own: str) -> Iterator[tuple[str, str]]:
        for group in PNPM_GROUPS:
            for key, each in (node.get(group) or {}).items():
                version = each["version"]
                name = label(each.get("from") or key, version)
                yield own, name
                yield from walk(each, name)

    importers = json.loads(client.run(folder, *args))
    return of_edges(edge for each in importers for edge in walk(each, each["name"]))


def berry(client: Client, folder: Path) -> Listing:
    edges: set[tuple[str, str]] = set()
    packages: set[str] = set()

    def named(locator: str) -> str:
        found = LOCATOR.fullmatch(locator)
        assert found is not None, locator
        reference = found["reference"]
        if reference.startswith("patch:"):  # of yarn itself; the package stays what it is
            reference = unquote(reference).partition("@")[2].partition("#")[0]
        return label(found["name"], reference.removeprefix("npm:"))

    for line in client.run(folder, "info", "-AR", "--virtuals", "--json").splitlines():
        each = json.loads(line)
        own = named(each["value"])
        packages.add(own)
        for used in each["children"].get("Dependencies", []):
            edges.add((own, named(used["locator"])))
        for used in each["children"].get("Peer dependencies", []):
            if used.get("locator"):
                edges.add((own, named(used["locator"])))
    return of_edges(edges, packages)


def bun(client: Client, folder: Path) -> Listing:
    edges: set[tuple[str, str]] = set()
    packages: set[str] = set()
    own = ""
    for line in client.run(folder, "why", "*", "--depth", "1").splitlines():
        if line and not line.startswith(" "):
            own = _bun_label(line.strip())
            packages.add(own)
        elif (found := BUN_USER.fullmatch(line)) is not None:
            edges.add((_bun_label(found[1]), own))
    return of_edges(edges, packages)


def _bun_label(text: str) -> str:
    name, _, version = text[1:].partition("@")
    return label(text[:1] + name, version)


def deno(client: Client, folder: Path) -> Listing:
    said = json.loads(client.run(folder, "info", "--json", "main.ts"))
    packages = said["npmPackages"]

    def named(key: str) -> str:
        return label(packages[key]["name"], packages[key]["version"])

    edges = {
        (named(key), named(each))
        for key, entry in packages.items()
        for each in entry["dependencies"]
    }
    direct = {key.removeprefix("npm:/") for key in said["redirects"].values()}
    return of_edges(
        edges | {("top", named(_key(packages, each))) for each in direct}, map(named, packages)
    )


def _key(packages: Mapping[str, Any], label: str) -> str:
    """Deno's keys carry peers after `_`."""
    return next(key for key in packages if key == label or key.startswith(f"{label}_"))


def uv(client: Client, folder: Path) -> Listing:
    args = ("tree", "--frozen", "--universal", "--all-groups")
    said = json.loads(client.run(folder, *args, "--no-dedupe", "--format", "json"))

    def named(id: str) -> str:
        found = UV_ID.match(id)
        assert found is not None, id
        return label(found[1], found[2])

    entries = {id: each for id, each in said["resolution"].items() if "==" in id}
    edges = {
        (named(id), named(each["id"]))
        for id, entry in entries.items()
        for each in entry["dependencies"]
    }
    return of_edges(edges, map(named, entries))


def poetry(client: Client, folder: Path) -> Listing:
    """Names of edges; only where no package is locked twice."""
    locked = json.loads(client.run(folder, "show", "--all", "--format", "json"))
    versions = {each["name"]: each["version"] for each in locked}
    edges: set[tuple[str, str]] = set()
    way: list[str] = []
    for line in client.run(folder, "show", "--tree", "--no-ansi").splitlines():
        if (found := POETRY_LINE.match(line)) is not None:
            depth = len(found[1]) // 4
            name = label(found[2], versions[found[2]])
            way[depth:] = [name]
            edges.add((way[depth - 1] if depth else "top", name))
    return of_edges(edges, (label(*each) for each in versions.items()))


def installed(folder: Path) -> Listing:
    """Of node_modules, looked up as Node does: yarn 1 lists ranges, and not what was chosen for them."""
    edges: set[tuple[str, str]] = set()
    packages: set[str] = set()
    for manifest in [folder / "package.json", *folder.rglob("package.json")]:
        within = manifest.relative_to(folder).parent.parts
        is_installed = "node_modules" in within
        inside = within[len(within) - within[::-1].index("node_modules") :] if is_installed else ()
        if is_installed and len(inside) != (2 if inside[0].startswith("@") else 1):
            continue
        said = json.loads(manifest.read_text(encoding="utf-8"))
        own = label(said["name"], said["version"])
        packages.add(own)
        groups = ["dependencies", "optionalDependencies"]
        if not is_installed:
            groups.append("devDependencies")
        for name in {name for group in groups for name in said.get(group, {})}:
            other = _resolved(manifest.parent.resolve(), name)
            if other is not None:
                edges.add((own, label(other["name"], other["version"])))
    return of_edges(edges, packages)


def _resolved(folder: Path, name: str) -> dict[str, Any] | None:
    for above in (folder, *folder.parents):
        manifest = above / "node_modules" / name / "package.json"
        if manifest.exists():
            found: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
            return found
    return None
