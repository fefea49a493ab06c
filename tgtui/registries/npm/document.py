"""npm's packument, normalised: unvalidated data becomes typed and bounded, or an error.

Rules of shape and order: the behaviour of @npmcli/package-json (normalize), Arborist and npm-pick-manifest.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

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
    Unreachable,
)
from tgtui.registries.documents import loose_json as loose
from tgtui.registries.documents.links import homepage_of, repository_of
from tgtui.registries.npm.dependencies import MAX_DEPENDENCIES, RANGE_KEPT, DependencyMaps, declared
from tgtui.registries.npm.facts import NOTHING, SILENT, Telling, read_facts
from tgtui.registries.npm.times import published_at, times_of, why_no_versions
from tgtui.versions.npm.semver import parse_version

MAX_VERSIONS = 20_000
MAX_TAGS = 20_000
MAX_TAG_CHARS = 214
MAX_DESCRIPTION = 4_000
MAX_MESSAGE = 1_000
SLICE = 100
"""Versions decoded at once, before other threads run."""
OBJECT_BYTES = 300
"""Rough cost in memory of one version's objects."""

K = TypeVar("K")
V = TypeVar("V")


class _Document(Struct, Generic[K], rename={"id": "_id", "dist_tags": "dist-tags"}):
    """The document, undecoded except for the list of versions."""

    versions: dict[K, Raw] | None = None
    name: Raw = Raw()
    id: Raw = Raw()
    dist_tags: Raw = Raw()
    time: Raw = Raw()
    description: Raw = Raw()
    homepage: Raw = Raw()
    repository: Raw = Raw()
    license: Raw = NOTHING
    maintainers: Raw = NOTHING
    keywords: Raw = NOTHING
    author: Raw = NOTHING

    def telling(self) -> Telling:
        """What is said of the package as of a version."""
        return Telling(self.license, NOTHING, self.author, self.maintainers, self.keywords)


class _Head(Struct, rename="camel", gc=False):
    """What is read of each version's object, undecoded."""

    deprecated: Raw = NOTHING
    engines: Raw = NOTHING


class _Version(Telling, rename="camel"):
    """What is read of the object of a version that is needed, undecoded."""

    dependencies: Raw = NOTHING
    optional_dependencies: Raw = NOTHING
    peer_dependencies: Raw = NOTHING
    peer_dependencies_meta: Raw = NOTHING
    dev_dependencies: Raw = NOTHING

    def maps(self) -> DependencyMaps:
        """Its dependencies, as JSON."""
        return DependencyMaps(
            bytes(self.dependencies),
            bytes(self.optional_dependencies),
            bytes(self.peer_dependencies),
            bytes(self.peer_dependencies_meta),
            bytes(self.dev_dependencies),
        )


_HEADS = msgspec.json.Decoder(_Head)
_VERSIONS = msgspec.json.Decoder(_Version)


class _VersionTexts(Struct):
    """Fields that poor mirrors have only in the version."""

    description: Raw = Raw()
    homepage: Raw = Raw()
    repository: Raw = Raw()


class NpmDocument(Struct, frozen=True):
    """A packument's content. What is needed of few versions stays JSON until then: decoding it for all takes longer
    than all the rest."""

    name: str
    description: str | None
    homepage: str | None
    repository: str | None
    versions: Sequence[DocumentVersion]
    dist_tags: dict[str, str]
    weight: int
    """Bytes in memory, roughly."""
    _objects: dict[str, Raw]
    """By version; parts of the text that was served, all of which they keep in memory."""
    _whole: Telling
    """What the document itself says, which holds for its latest version."""
    _latest: str

    @property
    def registry(self) -> RegistryName:
        return "npm"

    def dependencies_of(self, version: str) -> Sequence[DeclaredDependency]:
        """One version's edges. KeyError if it is not published, TooLarge above 2,000 edges."""
        try:
            return declared(self._object(version).maps())
        except loose.TooMany as error:
            raise TooLarge(
                f"npm:{self.name}: version {version} has more than {MAX_DEPENDENCIES:,} dependencies"
            ) from error

    def facts_of(self, version: str) -> Facts:
        """What it says of one version. KeyError if it is not published."""
        whole = self._whole if version == self._latest else SILENT
        return read_facts(self._object(version), whole)

    def _object(self, version: str) -> _Version:
        found = _read(self._objects[version], _VERSIONS)
        assert found is not None  # its head could be read
        return found


def decode_packument(body: bytes | bytearray, name: str) -> NpmDocument:
    """Read the document that the registry served for `name`.

    Lets other threads run every 100 versions; only the first pass over the whole text is in one piece (0.6 ms per
    megabyte). Raises NotFound, Malformed, TooLarge, or Unreachable if the text ends early.
    """
    label = f"npm:{name}"
    document = _outer(body, label)
    raw_versions = document.versions or {}
    served_as = loose.value(document.name) or loose.value(document.id)
    if served_as is None and not raw_versions:
        raise Malformed(f"{label}: the registry's answer is no package document")
    if served_as is not None and str(served_as).lower() != name.lower():
        raise Malformed(f"{label}: the registry's answer is the document of another package")
    times = times_of(document.time)
    if not raw_versions:
        raise NotFound(why_no_versions(label, times))
    versions, objects = _decode_versions(raw_versions, times)
    if not versions:
        raise Malformed(f"{label}: the registry's document has no version that can be read")
    tags = _dist_tags(document.dist_tags, objects, label)
    latest = tags.get("latest") or versions[-1].version
    texts = _texts(document, raw_versions.get(latest))
    return NpmDocument(
        name=name,
        description=loose.text(texts.description, MAX_DESCRIPTION),
        homepage=homepage_of(texts.homepage),
        repository=repository_of(texts.repository),
        versions=versions,
        dist_tags=tags,
        weight=len(body) + OBJECT_BYTES * len(versions),
        _objects=objects,
        _whole=document.telling(),
        _latest=latest,
    )


def _outer(body: bytes | bytearray, label: str) -> _Document[Any]:
    try:
        if len(body) > loose.COUNTED_BYTES:
            return loose.decode(body, _Document[loose.Key], MAX_VERSIONS)
        document = loose.decode(body, _Document[str])
        if document.versions is not None and len(document.versions) > MAX_VERSIONS:
            raise loose.TooMany
        return document
    except loose.TooMany as error:
        raise TooLarge(f"{label} has more than {MAX_VERSIONS:,} versions") from error
    except loose.NotJson as error:
        if error.ended_early:
            message = f"{label}: the registry's answer ended early"
            raise Unreachable(message) from error
        raise Malformed(f"{label}: the registry's answer is no package document") from error


def _decode_versions(
    raws: Mapping[str, Raw], times: Mapping[str, Raw]
) -> tuple[list[DocumentVersion], dict[str, Raw]]:
    """Every readable version, and its object."""
    versions: list[DocumentVersion] = []
    objects: dict[str, Raw] = {}
    nodes = _Nodes()
    for number, (key, raw) in enumerate(raws.items(), 1):
        if number % SLICE == 0:
            time.sleep(0)  # lets the screen run
        head = _read(raw, _HEADS)
        name = str(key)
        if head is None or parse_version(name) is None:
            continue
        node = nodes[bytes(head.engines)]
        versions.append(_document_version(name, head.deprecated, node, published_at(times, name)))
        objects[name] = raw
    return versions, objects


class _Nodes(dict[bytes, str | None]):
    """`engines.node` of a version's `engines`: most versions of a package have the same."""

    def __missing__(self, engines: bytes) -> str | None:
        found = loose.value(engines)
        node = found.get("node") if isinstance(found, dict) else None
        self[engines] = loose.storable(node[:RANGE_KEPT]) if isinstance(node, str) else None
        return self[engines]


def _read(raw: Raw, decoder: msgspec.json.Decoder[V]) -> V | None:
    """None if it is not an object."""
    try:
        return decoder.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        pass
    try:
        return loose.decode(raw, decoder.type)
    except loose.NotJson:
        return None


def _document_version(
    version: str, deprecation: Raw, node: str | None, published: datetime | None
) -> DocumentVersion:
    deprecated = _deprecation(deprecation) if deprecation else None
    return DocumentVersion(
        version=version,
        published_at=published,
        is_yanked=isinstance(deprecated, dict | list) or bool(deprecated),
        yank_message=loose.text(deprecated, MAX_MESSAGE) if deprecated else None,
        engines_node=node,
    )


def _deprecation(data: Raw) -> object:
    """Read at any length: one too long to be shown still deprecates."""
    found = loose.value(data)
    return loose.string(data) if found is None else found


def _dist_tags(data: Raw, published: Mapping[str, object], label: str) -> dict[str, str]:
    """Only tags of published versions."""
    try:
        raws = loose.mapping(data, MAX_TAGS)
    except loose.TooMany as error:
        raise TooLarge(f"{label} has more than {MAX_TAGS:,} dist-tags") from error
    tags = {}
    for tag, raw in raws.items():
        version = loose.value(raw)
        if isinstance(version, str) and version in published and 0 < len(tag) <= MAX_TAG_CHARS:
            tags[loose.storable(tag)] = version
    return tags


class _Texts(Struct, frozen=True):
    """The field that describes the package, of any shape."""

    description: object
    homepage: object
    repository: object


def _texts(document: _Document[Any], latest: Raw | None) -> _Texts:
    """From the document, else from its latest version, as on poor mirrors."""
    own = _Texts(*map(loose.value, (document.description, document.homepage, document.repository)))
    if latest is None:
        return own
    try:
        raw = loose.decode(latest, _VersionTexts)
    except loose.NotJson:
        return own
    return _Texts(
        own.description or loose.value(raw.description),
        own.homepage or loose.value(raw.homepage),
        own.repository or loose.value(raw.repository),
    )
