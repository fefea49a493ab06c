"""A fifth registry, to see that one module, one line and one migration bring it: one JSON document a package.

`{TOY_REGISTRY}/NAME.json` is `{"versions": {"1.0.0": {"rake": "^1"}}}`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import partial

import msgspec

from tgtui.registries.base import (
    DeclaredDependency,
    DocumentVersion,
    Facts,
    FetchedDocument,
    InvalidName,
    Lane,
    Malformed,
    ProgressCallback,
)
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.http.client import HttpClient
from tgtui.registries.http.documents import DocumentSource, Wanted
from tgtui.registries.http.gate import HostGate
from tgtui.registries.http.rules import origin_of
from tgtui.registries.registration import Registration, RegistryOptions
from tgtui.versions.jsr import JsrRules


class _Body(msgspec.Struct):
    versions: dict[str, dict[str, str]]


class ToyDocument:
    registry = "toy"
    description: str | None = "A toy."
    homepage: str | None = None
    repository: str | None = None
    weight = 1_000

    def __init__(self, name: str, versions: Mapping[str, Mapping[str, str]]) -> None:
        self.name = name
        self._versions = versions
        self.versions: Sequence[DocumentVersion] = [DocumentVersion(v, None) for v in versions]
        self.dist_tags: dict[str, str] = {}

    def dependencies_of(self, version: str) -> Sequence[DeclaredDependency]:
        return [
            DeclaredDependency("toy", name, None, wanted, "runtime", "needs")
            for name, wanted in self._versions[version].items()
        ]

    def facts_of(self, version: str) -> Facts:
        return Facts(licence="MIT", unpacked_size=len(self._versions[version]))


class ToyAdapter:
    name = "toy"

    def __init__(self, address: str, cache: DocumentCache, gate: HostGate) -> None:
        self._address = address
        self._documents: DocumentSource[ToyDocument] = DocumentSource(HttpClient(gate=gate), cache)

    def validate_name(self, name: str) -> None:
        if problem := toy_name_problem(name):
            raise InvalidName(problem)

    async def fetch(
        self, name: str, *, max_age: float, on_progress: ProgressCallback | None = None
    ) -> FetchedDocument:
        wanted = Wanted(
            label=f"toy:{name}",
            url=f"{self._address}/{name}.json",
            accept="application/json",
            decode=partial(_decode, name),
        )
        had, from_cache = await self._documents.get(wanted, max_age, on_progress)
        return FetchedDocument(had.document, had.confirmed_at, from_cache)

    async def aclose(self) -> None:
        await self._documents.aclose()


def _decode(name: str, body: bytes | bytearray) -> ToyDocument:
    try:
        return ToyDocument(name, msgspec.json.decode(body, type=_Body).versions)
    except msgspec.MsgspecError as error:
        raise Malformed(f"toy:{name}: {error}") from error


def toy_name_problem(name: str) -> str | None:
    return None if re.fullmatch("[a-z]{1,20}", name) else "A toy is called by a few letters."


def _lanes(options: RegistryOptions) -> tuple[Lane, ...]:
    return (Lane("toy", origin_of(os.environ["TOY_REGISTRY"])),)


def _make(options: RegistryOptions, cache: DocumentCache, gate: HostGate) -> ToyAdapter:
    return ToyAdapter(os.environ["TOY_REGISTRY"], cache, gate)


REGISTRATION = Registration(
    name="toy",
    load_rules=JsrRules,
    name_problem=toy_name_problem,
    lanes=_lanes,
    make=_make,
    install={"toybox": "toybox get {}"},
    client="toybox",
    groups={"needs": "Needs"},
    withdrawn="broken",
)
