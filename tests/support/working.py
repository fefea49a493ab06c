"""A worker on a database and the fake registry, and what tests read back from the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Row, select, update

from tests.support.fake_registry import FakeRegistry
from tgtui.basics import clock
from tgtui.basics.settings import NpmSettings, Settings
from tgtui.data.models import tables
from tgtui.data.requests import asking
from tgtui.data.requests.asking import Asked
from tgtui.data.storage.database import Database
from tgtui.registries.adapters import Registries
from tgtui.registries.base import Lane
from tgtui.registries.registration import RegistryOptions
from tgtui.worker.events import Activity
from tgtui.worker.runner import Worker

REQUESTS = tables.package_requests
PACKAGES = tables.packages
VERSIONS = tables.package_versions
EDGES = tables.package_dependencies
TAGS = tables.package_dist_tags
OUTAGES = tables.registry_outages

NPM = Lane("npm", "http://127.0.0.1:1")
"""For claims in which nobody is asked."""


@dataclass
class Workplace:
    """One program's worker and registries; another one on the same database is another program."""

    database: Database
    registry: FakeRegistry
    folder: Path
    """Of the documents on disk."""
    activity: Activity = field(default_factory=Activity)
    registries: Registries = field(init=False)

    def __post_init__(self) -> None:
        self.use(NpmSettings(registry=self.registry.url))

    def use(self, npm: NpmSettings) -> None:
        """For the workers that are made from now on."""
        self.registries = Registries(RegistryOptions(cache_folder=self.folder, npm=npm))

    @property
    def host(self) -> str:
        """Of the fake registry, as lanes and outages name it."""
        return self.registries.lanes()[0].host

    def worker(self, *, only: Collection[str] = (), **settings: Any) -> Worker:
        """With these settings of `[worker]`; `only` for these registries."""
        defaults = Settings()
        chosen = msgspec.structs.replace(
            defaults, worker=msgspec.structs.replace(defaults.worker, **settings)
        )
        return Worker(self.database, self.registries, self.activity, chosen, only=only)

    async def work(self, **settings: Any) -> None:
        """Until nothing is due."""
        await self.worker(**settings).run(until_empty=True)

    async def ask(self, name: str, **how: Any) -> Asked:
        return await self.database.write(
            asking.ask, "npm", name, account_id=how.pop("account_id", None), **how
        )

    async def bring(self, *names: str, **settings: Any) -> None:
        """Ask for these packages and work until nothing is due."""
        for name in names:
            await self.ask(name)
        await self.work(**settings)

    async def read(self, statement: Any) -> Sequence[Row[Any]]:
        return await self.database.read(lambda connection: connection.execute(statement).all())

    async def change(self, statement: Any) -> None:
        def execute(connection: Connection) -> None:
            connection.execute(statement)

        await self.database.write(execute)

    async def request(self, name: str) -> Row[Any]:
        """The newest request for a package."""
        rows = await self.read(
            select(REQUESTS).where(REQUESTS.c.package_name == name).order_by(REQUESTS.c.id.desc())
        )
        return rows[0]

    async def statuses(self) -> dict[str, str]:
        """Of the newest request of every package."""
        rows = await self.read(select(REQUESTS).order_by(REQUESTS.c.id))
        return {row.package_name: row.status for row in rows}

    async def package(self, name: str) -> Row[Any] | None:
        rows = await self.read(select(PACKAGES).where(PACKAGES.c.name == name))
        return rows[0] if rows else None

    async def versions(self, name: str) -> dict[str, Row[Any]]:
        rows = await self.read(
            select(VERSIONS)
            .join(PACKAGES, PACKAGES.c.id == VERSIONS.c.package_id)
            .where(PACKAGES.c.name == name)
        )
        return {row.version: row for row in rows}

    async def loaded(self, name: str) -> set[str]:
        """Versions whose edges are stored."""
        versions = await self.versions(name)
        return {text for text, row in versions.items() if row.dependencies_fetched_at is not None}

    async def edges(self, name: str, version: str) -> dict[str, Row[Any]]:
        """By the name they are declared under."""
        version_id = (await self.versions(name))[version].id
        rows = await self.read(select(EDGES).where(EDGES.c.version_id == version_id))
        return {row.declared_name or row.dependency_name: row for row in rows}

    async def age(self, by: timedelta, *names: str) -> None:
        """Let what is stored of these packages be so much older, in the database and on disk."""
        stamps = {"last_fetch_attempt", "last_fetch_success"}
        for row in await self.read(select(PACKAGES).where(PACKAGES.c.name.in_(names))):
            older = {name: getattr(row, name) - by for name in stamps if getattr(row, name)}
            await self.change(update(PACKAGES).where(PACKAGES.c.id == row.id).values(**older))
            for version in await self.read(
                select(VERSIONS).where(
                    VERSIONS.c.package_id == row.id, VERSIONS.c.dependencies_fetched_at.is_not(None)
                )
            ):
                loaded = version.dependencies_fetched_at - by
                await self.change(
                    update(VERSIONS)
                    .where(VERSIONS.c.id == version.id)
                    .values(dependencies_fetched_at=loaded)
                )
        self.age_documents(by, *names)

    def age_documents(self, by: timedelta, *names: str) -> None:
        """Let the cached documents of these packages have been confirmed so much earlier."""
        adapter: Any = self.registries.get("npm")
        cache = adapter._source._cache
        for name in names:
            url = adapter.address_of(name)
            if (entry := cache.look_up(url)) is not None:
                cache.confirm(url, entry.confirmed_at - by)
            adapter._source._recent.drop(url)

    async def make_due(self, name: str) -> None:
        """Let a waiting request's time have come."""
        await self.change(
            update(REQUESTS).where(REQUESTS.c.package_name == name).values(retry_after=None)
        )

    async def pass_time(self, by: timedelta) -> None:
        """Let every wait, of requests and of registries, have that much less to go."""
        for table, column in ((REQUESTS, "retry_after"), (OUTAGES, "retry_at")):
            for row in await self.read(select(table).where(table.c[column].is_not(None))):
                earlier = {column: getattr(row, column) - by}
                await self.change(update(table).where(table.c.id == row.id).values(**earlier))
        for host, outage in self.activity.outages.items():
            self.activity.outages[host] = msgspec.structs.replace(outage, until=outage.until - by)
        gate: Any = self.registries.gate
        stopwatch = gate._stopwatch
        gate._stopwatch = lambda: stopwatch() + by.total_seconds()

    async def let_lease_expire(self, request_id: UUID) -> None:
        past = clock.now() - timedelta(hours=1)
        await self.change(
            update(REQUESTS).where(REQUESTS.c.id == request_id).values(lease_expires_at=past)
        )

    def asked_for(self, name: str) -> int:
        """Requests the registry got for a package."""
        return len(self.registry.requests_for(name))


MakeWorkplace = Callable[..., Workplace]
