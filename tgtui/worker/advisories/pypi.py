"""PyPI's JSON interface, which an index may offer: what it knows of single versions, without ranges and severities.

Source: pypi/warehouse, `docs/user/api/json.md`. One question for each version. Mirrors often lack the interface, or keep
its answers as they were when they were copied: a version that is known to be affected is asked about first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

import msgspec
from msgspec import Struct

from tgtui.basics.settings import AdvisorySettings
from tgtui.registries.base import Malformed
from tgtui.registries.http.client import HttpClient
from tgtui.registries.pypi.configuration.indexes import IndexConfig
from tgtui.syntax.advisories.record import (
    UNSAID,
    Affected,
    Event,
    Package,
    Range,
    Record,
    Reference,
)
from tgtui.worker.advisories.decoding import decoded, found_at

LABEL = "the index's advisories"
CANARY = ("jinja2", "2.4.1")
"""Affected by GHSA-462w-v97r-4m45 since 2019, and others."""
ENDING = "/simple/"
"""Of an index's address; what it tells as JSON is beside that."""
FOLDER = "pypi"
MAX_ANSWER_BYTES = 16 << 20
NO_ADDRESS = (
    "{index} does not say where its JSON interface is: set advisories.pypi to its address"
    " (https://index.example/pypi)."
)
SEVERAL = (
    "uv has several indexes here, and which of them has a name is not known: set advisories.pypi to the address of the"
    " JSON interface of one (https://index.example/pypi), and advisories.private to the names of the others."
)
NO_INDEX = (
    "pip or uv is told to ask no index: set advisories.pypi to the address of a JSON interface"
    " (https://index.example/pypi), or leave pypi out of advisories.sources."
)


class _Told(Struct, frozen=True):
    """One vulnerability of an answer."""

    id: str
    link: str | None = None
    aliases: tuple[str, ...] | None = None
    details: str | None = None
    summary: str | None = None
    fixed_in: tuple[str, ...] | None = None
    withdrawn: str | None = None


class _Answer(Struct, frozen=True):
    vulnerabilities: tuple[_Told, ...] | None = None


_ANSWER = msgspec.json.Decoder(_Answer)


class Answers(Struct, frozen=True):
    """What an index told of packages."""

    records: tuple[Record, ...]
    """One for each advisory and package."""
    answered: Mapping[str, tuple[str, ...]]
    """By package, the versions it answered for."""


class Pypi:
    """Every method raises RegistryError. No answer, or one without the field, is never taken for nothing found."""

    def __init__(self, client: HttpClient, address: str) -> None:
        self._client = client
        self._address = address.rstrip("/")

    async def about(self, versions: Mapping[str, Iterable[str]]) -> Answers:
        """Everything it tells of these versions; Malformed if it does not know what everyone knows."""
        name, version = CANARY
        known = await self._of(name, version)
        if not known:
            raise Malformed(
                f"{LABEL}: it does not name what everyone knows of {name} {version}, so what it says of others counts"
                " for nothing"
            )
        tasks = {
            (name, version): asyncio.create_task(self._of(name, version))
            for name, some in versions.items()
            for version in some
        }
        try:
            found = dict(zip(tasks, await asyncio.gather(*tasks.values()), strict=True))
        finally:
            for task in tasks.values():
                task.cancel()
        answered: dict[str, list[str]] = {}
        affected: dict[tuple[str, str], list[str]] = {}
        told: dict[tuple[str, str], _Told] = {}
        for (name, version), some in found.items():
            if some is None:
                continue
            answered.setdefault(name, []).append(version)
            for each in some:
                if each.withdrawn is None:
                    affected.setdefault((name, each.id), []).append(version)
                    told[name, each.id] = each
        return Answers(
            tuple(_record(key[0], told[key], affected[key]) for key in told),
            {name: tuple(some) for name, some in answered.items()},
        )

    async def _of(self, name: str, version: str) -> tuple[_Told, ...] | None:
        """None if it does not have the version, or says nothing of its vulnerabilities."""
        label = f"{LABEL} about {name[:80]} {version[:40]}"
        url = f"{self._address}/{quote(name, safe='')}/{quote(version, safe='')}/json"
        got = await found_at(self._client, url, label=label, max_bytes=MAX_ANSWER_BYTES)
        if got is None:
            return None
        return decoded(
            _ANSWER, got.body, got.encoding, max_bytes=MAX_ANSWER_BYTES, label=label
        ).vulnerabilities


def address_of(settings: AdvisorySettings, config: IndexConfig) -> str:
    """Of the JSON interface: that of the settings, else the one beside the index. Malformed if it can't be told."""
    if settings.pypi:
        return settings.pypi
    if config.is_first_only and len(config.indexes) > 1:
        raise Malformed(SEVERAL)
    if not config.indexes:
        raise Malformed(NO_INDEX)
    index = config.indexes[0]
    if not index.endswith(ENDING):
        raise Malformed(NO_ADDRESS.format(index=index))
    return f"{index.removesuffix(ENDING)}/{FOLDER}"


def _record(name: str, told: _Told, versions: Sequence[str]) -> Record:
    """In OSV's schema. What is fixed stands in a range that begins nowhere: it affects nothing by itself."""
    fixed = tuple(Event(fixed=version) for version in told.fixed_in or ())
    return Record(
        id=told.id,
        modified=UNSAID,
        aliases=told.aliases,
        summary=told.summary,
        details=told.details,
        references=(Reference("WEB", told.link),) if told.link else None,
        affected=(
            Affected(
                package=Package("PyPI", name),
                ranges=(Range("ECOSYSTEM", fixed),) if fixed else None,
                versions=tuple(sorted(versions)),
            ),
        ),
    )
