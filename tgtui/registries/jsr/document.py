"""jsr's three documents: all versions, one version's module graph, and the same package as npm sees it.

Source: jsr's API documentation and the registry's own code. A version's dependencies are the specifiers of its module
graph; the npm document is faster to fetch but lossy: of several constraints on one package it keeps the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote

import msgspec
from msgspec import Raw, Struct

from tgtui.registries.base import (
    DeclaredDependency,
    DocumentVersion,
    Facts,
    Malformed,
    NotFound,
    RegistryName,
    TooLarge,
)
from tgtui.registries.documents import loose_json as loose
from tgtui.registries.documents import telling
from tgtui.registries.jsr.configuration import COMPAT
from tgtui.registries.npm.dependencies import NAME_KEPT, RANGE_KEPT
from tgtui.registries.npm.document import MAX_VERSIONS, OBJECT_BYTES, NpmDocument
from tgtui.registries.npm.times import moment
from tgtui.versions.jsr import ANY
from tgtui.versions.npm.semver import parse_version
from tgtui.versions.rules import LATEST

MAX_DEPENDENCIES = 2_000
MAX_NODES = 200_000
"""Values of a module graph that are looked at."""
COMPAT_NAME = re.compile(rf"{COMPAT}/([^/]+?)__([^/]+)")
"""npm's name for jsr's `@std/path` is `@jsr/std__path`."""
SPECIFIER = re.compile(r"(jsr|npm):/{0,2}(@[^/@]+/[^/@]+|[^/@]+)(?:@([^/]*))?(?:/.*)?", re.DOTALL)
TEXT_KEYS = frozenset({"specifier", "argument", "text"})
"""Keys of specifiers in a module graph, of either version."""


class _Version(Struct, rename="camel"):
    yanked: Raw = Raw()
    created_at: Raw = Raw()


class _Meta(Struct, rename="camel"):
    scope: Raw = Raw()
    name: Raw = Raw()
    latest: Raw = Raw()
    github_repository: Raw = Raw()
    versions: dict[str, Raw] = {}


class _VersionMeta(Struct):
    """Everything else is skipped."""

    manifest: Raw = Raw()
    graph2: Raw = msgspec.field(name="moduleGraph2", default=Raw())
    graph1: Raw = msgspec.field(name="moduleGraph1", default=Raw())


class JsrMeta(Struct, frozen=True):
    """`meta.json`: which versions there are."""

    versions: Sequence[DocumentVersion]
    latest: str | None
    repository: str | None

    @property
    def weight(self) -> int:
        """Bytes in memory, roughly."""
        return OBJECT_BYTES * (1 + len(self.versions))


class JsrVersionMeta(Struct, frozen=True):
    """`VERSION_meta.json`: the imports of one version; None if it has no module graph."""

    dependencies: tuple[DeclaredDependency, ...] | None
    unpacked_size: int | None = None
    file_count: int | None = None
    """Of its manifest of all files; None if that is empty, as of old versions."""

    @property
    def weight(self) -> int:
        """Bytes in memory, roughly."""
        return OBJECT_BYTES * (1 + len(self.dependencies or ()))


class JsrDocument(Struct, frozen=True):
    """One package. Its own edges are the npm document's; `JsrAdapter.load` has the exact ones."""

    name: str
    meta: JsrMeta
    compat: NpmDocument | None
    """None if jsr serves none: every version is yanked, or it was just published."""
    loaded: dict[str, JsrVersionMeta] = {}
    """Versions whose own documents were fetched."""

    @property
    def registry(self) -> RegistryName:
        return "jsr"

    @property
    def description(self) -> str | None:
        return (self.compat.description or None) if self.compat else None

    @property
    def homepage(self) -> str | None:
        return self.compat.homepage if self.compat else None

    @property
    def repository(self) -> str | None:
        return self.meta.repository or (self.compat.repository if self.compat else None)

    @property
    def versions(self) -> Sequence[DocumentVersion]:
        return self.meta.versions

    @property
    def dist_tags(self) -> dict[str, str]:
        """jsr's own `latest`: the npm document's may be a prerelease."""
        return {LATEST: self.meta.latest} if self.meta.latest else {}

    @property
    def weight(self) -> int:
        return self.meta.weight + (self.compat.weight if self.compat else 0)

    def dependencies_of(self, version: str) -> Sequence[DeclaredDependency]:
        """The npm document's edges. KeyError if it does not have the version: a yanked or new one."""
        if self.compat is None:
            raise KeyError(version)
        return [_from_compat(edge) for edge in self.compat.dependencies_of(version)]

    def facts_of(self, version: str) -> Facts:
        """From the version's own document, and the texts of npm's. KeyError if it was not loaded. jsr's have no licence."""
        own = self.loaded[version]
        try:
            compat = self.compat.facts_of(version) if self.compat is not None else Facts()
        except KeyError:
            compat = Facts()
        return msgspec.structs.replace(
            compat,
            unpacked_size=own.unpacked_size,
            file_count=own.file_count,
            has_types=True,  # it publishes TypeScript, and ES modules alone
            modules="esm",
            install_scripts=(),
            provenance=None,  # of the package that is made for npm, which is another
        )


def decode_meta(body: bytes | bytearray, name: str) -> JsrMeta:
    """Read `meta.json` of `name`. Raises NotFound, Malformed, TooLarge."""
    label = f"jsr:{name}"
    try:
        found = loose.decode(body, _Meta)
    except loose.NotJson as error:
        raise Malformed(f"{label}: the registry's answer is no package document") from error
    served = f"@{loose.value(found.scope)}/{loose.value(found.name)}"
    if (found.scope or found.name) and served.lower() != name:
        raise Malformed(f"{label}: the registry's answer is the document of another package")
    if len(found.versions) > MAX_VERSIONS:
        raise TooLarge(f"{label} has more than {MAX_VERSIONS:,} versions")
    versions = [
        version
        for key, raw in found.versions.items()
        if parse_version(key, loose=False) is not None
        and (version := _version(key, raw)) is not None
    ]
    if not versions:
        raise NotFound(f"{label} has no published version")
    latest = loose.value(found.latest)
    names = {version.version for version in versions}
    is_known = isinstance(latest, str) and latest in names
    return JsrMeta(versions, latest if is_known else None, _repository(found))


def decode_version_meta(body: bytes | bytearray, name: str, version: str) -> JsrVersionMeta:
    """Read `VERSION_meta.json`. Raises Malformed, TooLarge."""
    label = f"jsr:{name}@{version}"
    try:
        found = loose.decode(body, _VersionMeta)
        raw = found.graph2 or found.graph1
        graph = loose.decode(raw, object) if raw else None
    except loose.NotJson as error:
        raise Malformed(f"{label}: the registry's answer is no version document") from error
    size, count = _manifest(found.manifest)
    if not isinstance(graph, dict):
        return JsrVersionMeta(None, size, count)
    edges: dict[tuple[str, str, str], DeclaredDependency] = {}
    for specifier in _specifiers(graph, label):
        edge = read_specifier(specifier)
        if edge is not None:
            edges[edge.registry, edge.name, edge.range] = edge
        if len(edges) > MAX_DEPENDENCIES:
            raise TooLarge(f"{label} has more than {MAX_DEPENDENCIES:,} dependencies")
    return JsrVersionMeta(tuple(edges[key] for key in sorted(edges)), size, count)


def _manifest(raw: Raw) -> tuple[int | None, int | None]:
    """Bytes and number of the files it lists."""
    try:
        files = loose.mapping(raw, MAX_NODES)
    except loose.TooMany:
        return None, None
    sizes = [_size(each) for each in files.values()]
    known = [each for each in sizes if each is not None]
    return (sum(known), len(sizes)) if known and len(known) == len(sizes) else (None, None)


def _size(raw: Raw) -> int | None:
    found = loose.value(raw)
    return telling.size(found.get("size")) if isinstance(found, dict) else None


def read_specifier(specifier: str) -> DeclaredDependency | None:
    """`jsr:@std/path@^1/posix`, `npm:chalk@5`; None for what leads to neither registry (`node:`, `./`, `https:`)."""
    match = SPECIFIER.fullmatch(loose.storable(specifier))
    if match is None:
        return None
    registry, name, constraint = match[1], match[2], unquote(match[3] or "")
    if registry == "jsr" and not name.startswith("@"):
        return None
    # What is cut here is refused later, as too long.
    wanted = constraint[:RANGE_KEPT] or ANY
    return DeclaredDependency(registry, name[:NAME_KEPT], None, wanted, "runtime", registry)


def compat_name(name: str) -> str:
    """npm's name for jsr's `@scope/name`."""
    scope, _, bare = name.removeprefix("@").partition("/")
    return f"{COMPAT}/{scope}__{bare}"


def _from_compat(edge: DeclaredDependency) -> DeclaredDependency:
    match = COMPAT_NAME.fullmatch(edge.name)
    registry, name = ("jsr", f"@{match[1]}/{match[2]}") if match else ("npm", edge.name)
    return DeclaredDependency(registry, name, None, edge.range or ANY, "runtime", registry)


def _version(version: str, raw: Raw) -> DocumentVersion | None:
    try:
        found = loose.decode(raw, _Version)
    except loose.NotJson:
        return None
    return DocumentVersion(
        version=version,
        published_at=moment(loose.value(found.created_at)),
        is_yanked=loose.value(found.yanked) is True,
    )


def _repository(found: _Meta) -> str | None:
    linked = loose.value(found.github_repository)
    if not isinstance(linked, dict):
        return None
    owner, name = linked.get("owner"), linked.get("name")
    if not all(
        isinstance(part, str) and re.fullmatch(r"[\w.-]{1,100}", part) for part in (owner, name)
    ):
        return None
    return f"https://github.com/{owner}/{name}"


def _specifiers(graph: Mapping[str, object], label: str) -> Iterator[str]:
    """Walked without recursion, because a graph may be nested to any depth."""
    waiting: list[object] = list(graph.values())
    looked_at = 0
    while waiting:
        looked_at += 1
        if looked_at > MAX_NODES:
            raise TooLarge(f"{label}: its module graph has more than {MAX_NODES:,} parts")
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            for key, value in node.items():
                if isinstance(value, str):
                    if key in TEXT_KEYS:
                        yield value
                elif isinstance(value, dict | list):
                    waiting.append(value)
