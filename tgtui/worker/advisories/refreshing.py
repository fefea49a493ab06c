"""Asks the sources that the settings name about the packages of this catalogue, a few hundred at a time.

What failed is noted and asked again later. Nothing is taken for checked that was not answered.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from tgtui.basics.errors import SettingsError
from tgtui.basics.settings import Settings
from tgtui.data.storage.database import Database
from tgtui.data.versions.advisories.due import (
    Due,
    known_about,
    known_since,
    packages_due,
    versions_in_use,
)
from tgtui.data.versions.advisories.evaluating import evaluate, packages_named
from tgtui.data.versions.advisories.here import APT, ecosystem_here, release_here
from tgtui.data.versions.advisories.partial import retract, with_known
from tgtui.data.versions.advisories.storing import (
    Told,
    note_checks,
    note_source,
    remove_advisories,
    store_advisories,
    told,
)
from tgtui.registries.base import RegistryError
from tgtui.registries.http.client import HttpClient
from tgtui.registries.npm.npmrc import NpmConfig, read_npm_config
from tgtui.registries.pypi.configuration.indexes import IndexConfig, read_index_config
from tgtui.registries.pypi.configuration.keyring import Logins
from tgtui.registries.pypi.connecting import client_for
from tgtui.syntax.advisories.orders import ECOSYSTEMS, spelled
from tgtui.syntax.advisories.record import BadRecord, Record, check, read_record, read_time
from tgtui.worker.advisories.npm import advisories_about
from tgtui.worker.advisories.osv import Osv
from tgtui.worker.advisories.private import Privacy
from tgtui.worker.advisories.pypi import Pypi, address_of

AT_ONCE = 400
"""Packages asked about and judged together; OSV takes 1,000."""
AT_ONCE_PYPI = 50
"""Each of their versions is a question."""
SOURCES = ("osv", "npm", "pypi")
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
                f"advisories.sources names {each[:40]!r}; there are {', '.join(SOURCES[:-1])} and {SOURCES[-1]}."
            )
    return named


class Refreshing:
    """One round of questions to each source. Made when it is needed: reads npm's and pip's configuration."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings.advisories
        self._sources = sources_of(settings)
        self._npm: NpmConfig = read_npm_config(settings.npm.registry)
        self._release: str | None = None
        """Of apt's packages."""
        self._index: IndexConfig | None = None
        if "pypi" in self._sources:
            self._index = read_index_config(settings.pypi)
        self._connections = settings.pypi.connections
        self._privacy = Privacy(settings.advisories, self._npm)
        self._contact = settings.contact

    async def run(self) -> Refreshed:
        """Ask about everything that is due. DatabaseError."""
        done = Refreshed()
        for source in self._sources:
            client = self._client(source)
            try:
                done += await self._ask(source, client)
            finally:
                await client.aclose()
        return done

    def _client(self, source: str) -> HttpClient:
        if source == "npm":
            npm = self._npm
            return HttpClient(
                contact=self._contact, authorization=npm.authorization_for, cafile=npm.cafile
            )
        index = self._index
        if source == "pypi" and index is not None:
            return client_for(
                index, Logins(index), contact=self._contact, connections=self._connections
            )
        return HttpClient(contact=self._contact)

    async def _ask(self, source: str, client: HttpClient) -> Refreshed:
        registries = [source]
        if source == "osv":
            self._release = await self._database.read(release_here)
            registries = [name for name in ECOSYSTEMS if name != APT or self._release]
        about = {"osv": self._osv_about, "npm": self._npm_about, "pypi": self._pypi_about}[source]
        total, after = Refreshed(), None
        while True:
            due = await self._database.read(
                packages_due,
                source,
                registries,
                hours=self._settings.refresh_hours,
                after=after,
                limit=AT_ONCE_PYPI if source == "pypi" else AT_ONCE,
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
        called = {each.id: _package(each, self._release) for each in due}
        found = await osv.about(list(dict.fromkeys(called.values())))
        modified = {each.id: each.modified for some in found.values() for each in some}
        here = await self._database.read(known_since, list(modified))
        wanted = [
            id
            for id, text in modified.items()
            if id not in here or ((moment := read_time(text)) is not None and moment > here[id])
        ]
        # What was withdrawn is not named any more; its record says so.
        former = await self._database.read(known_about, set(called.values()))
        unnamed = {id for key, ids in former.items() for id in ids} - set(modified)
        wanted += sorted(unnamed)
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
            each.id for each in due if unread.isdisjoint(k.id for k in found[called[each.id]])
        ]
        gone = unnamed - set(records)
        return await self._database.write(_store, group, checked, gone)

    async def _npm_about(self, client: HttpClient, due: Sequence[Due]) -> int:
        asked = await self._versions(due)
        pairs = await advisories_about(client, self._npm.registry, asked)
        records = [record for _name, record in pairs]
        return await self._database.write(_store_partial, "npm", due, records, asked)

    async def _pypi_about(self, client: HttpClient, due: Sequence[Due]) -> int:
        assert self._index is not None  # it is a source
        pypi = Pypi(client, address_of(self._settings, self._index))
        answers = await pypi.about(await self._versions(due))
        return await self._database.write(
            _store_partial, "pypi", due, answers.records, answers.answered
        )

    async def _versions(self, due: Sequence[Due]) -> dict[str, list[str]]:
        versions = await self._database.read(versions_in_use, [each.id for each in due])
        return {each.name: versions.get(each.name, []) for each in due}


def _package(due: Due, release: str | None) -> tuple[str, str]:
    if due.registry == APT:
        return release or "", due.name
    ecosystem = ECOSYSTEMS[due.registry][0]
    return ecosystem, spelled(ecosystem, due.name)


def _store(
    connection: Connection,
    group: Sequence[Told],
    package_ids: Sequence[UUID],
    gone: Collection[str],
) -> int:
    stored = store_advisories(connection, group, "osv")
    names = stored.names | remove_advisories(connection, gone, "osv")
    # All that were asked about: those of apt may have been judged for another release before.
    evaluate(connection, dict.fromkeys([*packages_named(connection, names), *package_ids]))
    note_checks(connection, package_ids, "osv")
    return stored.new + stored.changed


def _store_partial(
    connection: Connection,
    source: str,
    due: Sequence[Due],
    records: Sequence[Record],
    answered: Mapping[str, Collection[str]],
) -> int:
    """What a source told that answers only for single versions."""
    group: list[Told] = []
    unread: set[str] = set()
    for record in with_known(connection, records):
        try:
            check(record)
        except BadRecord as error:
            log.warning("the advisory %s can't be read: %s", record.id, error)
            unread.update(each.package.name for each in record.affected or () if each.package)
            continue
        group.append(told(record, msgspec.json.encode(record)))
    stored = store_advisories(connection, group, source)
    named = {
        (record.id, each.package.name)
        for record in records
        for each in record.affected or ()
        if each.package
    }
    names = stored.names | retract(connection, ECOSYSTEMS[source][0], answered, named)
    evaluate(connection, packages_named(connection, names))
    versions = {each.id: answered.get(each.name, ()) for each in due if each.name not in unread}
    note_checks(connection, list(versions), source, versions)
    return stored.new + stored.changed


def _note(
    connection: Connection, source: str, registries: Sequence[str], problem: str | None
) -> None:
    for registry in registries:
        ecosystem = ecosystem_here(connection, registry)
        if ecosystem is not None:
            note_source(connection, source, ecosystem, problem=problem)
