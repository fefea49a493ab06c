"""Asks the sources that the settings name about the packages of this catalogue, a few hundred at a time.

What failed is noted and asked again later. Nothing is taken for checked that was not answered.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from tgtui.basics.errors import SettingsError
from tgtui.basics.settings import Settings
from tgtui.data.storage.database import Database
from tgtui.data.versions.advisories.due import Due, known_since, packages_due, versions_in_use
from tgtui.data.versions.advisories.evaluating import evaluate, packages_named
from tgtui.data.versions.advisories.here import ecosystem_here
from tgtui.data.versions.advisories.storing import (
    Told,
    note_checks,
    note_source,
    store_advisories,
    told,
)
from tgtui.registries.apt.distribution import distribution
from tgtui.registries.base import REGISTRIES, RegistryError
from tgtui.registries.http.client import HttpClient
from tgtui.registries.npm.npmrc import NpmConfig, read_npm_config
from tgtui.syntax.advisories.orders import ECOSYSTEMS, spelled
from tgtui.syntax.advisories.record import BadRecord, Record, check, read_record, read_time
from tgtui.worker.advisories.npm import advisories_about
from tgtui.worker.advisories.osv import Osv
from tgtui.worker.advisories.private import Privacy

AT_ONCE = 400
"""Packages asked about and judged together; OSV takes 1,000."""
SOURCES = ("osv", "npm")
"""That the settings may name."""

log = logging.getLogger("tgtui.advisories")


class Refreshed(Struct, frozen=True):
    """What a round brought."""

    asked: int = 0
    """Packages."""
    advisories: int = 0
    """New or changed ones."""
    kept_back: int = 0
    """Packages whose names are not sent."""
    problems: tuple[str, ...] = ()
    """A sentence for each source that failed."""

    def __add__(self, other: Refreshed) -> Refreshed:
        return Refreshed(
            self.asked + other.asked,
            self.advisories + other.advisories,
            self.kept_back + other.kept_back,
            (*self.problems, *other.problems),
        )


def sources_of(settings: Settings) -> tuple[str, ...]:
    """Those that are asked. SettingsError for one that there is not."""
    given = settings.advisories.sources
    named = tuple(dict.fromkeys(given.split() if isinstance(given, str) else given))
    for each in named:
        if each not in SOURCES:
            raise SettingsError(
                f"advisories.sources names {each[:40]!r}; there are {' and '.join(SOURCES)}."
            )
    return named


class Refreshing:
    """One round of questions to each source. Made when it is needed: reads npm's configuration."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings.advisories
        self._sources = sources_of(settings)
        self._npm: NpmConfig = read_npm_config(settings.npm.registry)
        self._privacy = Privacy(settings.advisories, self._npm)
        self._contact = settings.contact

    async def run(self) -> Refreshed:
        """Ask about everything that is due. DatabaseError."""
        done = Refreshed()
        for source in self._sources:
            client = HttpClient(
                contact=self._contact,
                authorization=self._npm.authorization_for if source == "npm" else lambda url: None,
                cafile=self._npm.cafile if source == "npm" else None,
            )
            try:
                done += await self._ask(source, client)
            finally:
                await client.aclose()
        return done

    async def _ask(self, source: str, client: HttpClient) -> Refreshed:
        registries = ["npm"] if source == "npm" else _with_advisories()
        about = self._npm_about if source == "npm" else self._osv_about
        total, after = Refreshed(), None
        while True:
            due = await self._database.read(
                packages_due,
                source,
                registries,
                hours=self._settings.refresh_hours,
                after=after,
                limit=AT_ONCE,
            )
            if not due:
                return total
            after = due[-1].id
            asked = [each for each in due if self._privacy.may_send(each.registry, each.name)]
            try:
                count = await about(client, asked) if asked else 0
            except RegistryError as error:
                problem = f"{str(error).rstrip('.')}."
                log.warning("%s: %s", source, problem)
                await self._database.write(_note, source, registries, problem)
                return total + Refreshed(problems=(problem,))
            total += Refreshed(len(asked), count, len(due) - len(asked))
            await self._database.write(_note, source, registries, None)

    async def _osv_about(self, client: HttpClient, due: Sequence[Due]) -> int:
        osv = Osv(client, self._settings.osv)
        named = {_package(each): each for each in due}
        found = await osv.about(list(named))
        modified = {each.id: each.modified for some in found.values() for each in some}
        here = await self._database.read(known_since, list(modified))
        wanted = [
            id
            for id, text in modified.items()
            if id not in here or ((moment := read_time(text)) is not None and moment > here[id])
        ]
        records = await osv.records(wanted)
        group: list[Told] = []
        unread: set[str] = set()
        for id, raw in records.items():
            try:
                group.append(told(read_record(raw), raw))
            except BadRecord as error:
                log.warning("the advisory %s can't be read: %s", id, error)
                unread.add(id)
        # What an advisory says of these is not known: they stay unchecked, and are asked about again.
        checked = [
            each.id for each in due if unread.isdisjoint(k.id for k in found[_package(each)])
        ]
        return await self._database.write(_store, group, "osv", checked)

    async def _npm_about(self, client: HttpClient, due: Sequence[Due]) -> int:
        versions = await self._database.read(versions_in_use, [each.id for each in due])
        asked = {each.name: versions.get(each.name, []) for each in due}
        pairs = await advisories_about(client, self._npm.registry, asked)
        group: list[Told] = []
        for record in _together([record for _name, record in pairs]):
            check(record)
            group.append(told(record, msgspec.json.encode(record)))
        return await self._database.write(_store, group, "npm", [each.id for each in due])


def _with_advisories() -> list[str]:
    return [name for name in REGISTRIES if name in ECOSYSTEMS and ecosystem_here(name)]


def _package(due: Due) -> tuple[str, str]:
    if due.registry == "apt":
        return distribution() or "", due.name
    ecosystem = ECOSYSTEMS[due.registry][0]
    return ecosystem, spelled(ecosystem, due.name)


def _together(records: Sequence[Record]) -> list[Record]:
    """One record for each id: an advisory may be told of several packages."""
    found: dict[str, Record] = {}
    for each in records:
        former = found.get(each.id)
        affected = (*(former.affected or ()), *(each.affected or ())) if former else each.affected
        found[each.id] = msgspec.structs.replace(each, affected=affected)
    return list(found.values())


def _store(
    connection: Connection, group: Sequence[Told], source: str, package_ids: Sequence[UUID]
) -> int:
    stored = store_advisories(connection, group, source)
    evaluate(connection, packages_named(connection, stored.names))
    note_checks(connection, package_ids, source)
    return stored.new + stored.changed


def _note(
    connection: Connection, source: str, registries: Sequence[str], problem: str | None
) -> None:
    for registry in registries:
        ecosystem = ecosystem_here(registry)
        if ecosystem is not None:
            note_source(connection, source, ecosystem, problem=problem)
