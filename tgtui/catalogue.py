"""The composition root: settings become a database, registries, a worker and a person. No Textual here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from tgtui import clock
from tgtui.curating import Curating
from tgtui.data import cancelling, requests
from tgtui.data.database import Database
from tgtui.data.feed import ChangeFeed
from tgtui.data.limits import RequestRefused, shown_time
from tgtui.data.packages import last_attempt
from tgtui.data.requests import Asked, Limits
from tgtui.data.saved_searches import forget_search, save_search, saved_searches
from tgtui.data.views import SavedSearchRow
from tgtui.errors import SettingsError, TgtuiError
from tgtui.identity import Principal
from tgtui.identity.roles import require
from tgtui.importing import ImportRun, registry_options
from tgtui.opening import prepare_database, who_is_there
from tgtui.references import PackageReference, parse_reference
from tgtui.registries import Registries
from tgtui.registries.indexed import IndexedRegistry
from tgtui.registries.registration import registration
from tgtui.settings import Settings
from tgtui.worker.events import Activity
from tgtui.worker.queue import ANY_PRIORITY
from tgtui.worker.runner import Worker
from tgtui.worker.tending import Tending

WORKER_BROKE = "The worker of this program broke down; the log has the details. Start tgtui again."

log = logging.getLogger("tgtui")


class Catalogue:
    """An open catalogue and everything one may do with it. Made by `open`, ended by `close`."""

    def __init__(self, settings: Settings, database: Database, principal: Principal) -> None:
        self.settings = settings
        self.database = database
        self.principal = principal
        self.activity = Activity()
        self.changes = ChangeFeed(database.engine)
        self.registries = Registries(registry_options(settings))
        self._imports: dict[str, ImportRun] = {}
        self.tending = Tending(
            database,
            principal.account_id,
            records=settings.record_interactions,
            indexes=principal.can("worker"),
        )
        self.curating = Curating(database, lambda: self.principal, self.tending.note)
        self._worker: Worker | None = None
        self._working: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, settings: Settings) -> Catalogue:
        """Make or migrate the database and say who is here. TgtuiError, with what to do, if it can't."""
        database, principal = await asyncio.to_thread(_prepare, settings)
        catalogue = cls(settings, database, principal)
        catalogue.changes.start()
        catalogue.tending.start()
        return catalogue

    def start_worker(self, *, only_asked: bool = False) -> Worker:
        """Work on the queue in this program, as a task of the running loop, until `close`.

        `only_asked` leaves what a new catalogue starts with to others.
        """
        if self._worker is None:
            self._worker = self.new_worker(only_asked=only_asked)
            self._working = asyncio.create_task(self._worker.run(), name="tgtui-worker")
            self._working.add_done_callback(self._worker_ended)
            self.changes.subscribe(self._worker.wake)
        return self._worker

    @property
    def working(self) -> asyncio.Task[None] | None:
        """The worker of this program at work. It ends before `close` only if something is very wrong."""
        return self._working

    def new_worker(self, *, only_asked: bool = False, only: Collection[str] = ()) -> Worker:
        """One that the caller runs; `only` for these registries, none for all."""
        return Worker(
            self.database,
            self.registries,
            self.activity,
            self.settings,
            max_priority=requests.PRIORITY_AUTO if only_asked else ANY_PRIORITY,
            only=only,
        )

    async def close(self) -> None:
        """Within a few seconds: hand back what is not finished, then let go of everything."""
        if self._worker is not None and self._working is not None:
            self._worker.stop()
            await asyncio.wait([self._working])  # however it ended, the rest is closed
        for run in self._imports.values():
            if run.is_running:
                await run.stop()
        await self.tending.stop()
        await self.changes.stop()
        await self.registries.aclose()
        await asyncio.to_thread(self.database.close)

    async def ask(self, package: str | PackageReference, *, force: bool = False) -> Asked:
        """Queue a package or follow its active request. UsageError for a bad name, RequestRefused.

        An admin may `force` it: the registry is asked whatever it said within the cooldown.
        """
        self._require("admin" if force else "authenticated")
        reference = parse_reference(package) if isinstance(package, str) else package
        reference = await asyncio.to_thread(self._canonical, reference)
        self.tending.note_request(reference.registry, reference.name)
        return await self.database.write(
            requests.ask,
            reference.registry,
            reference.name,
            account_id=self.principal.account_id,
            force=force,
            limits=self._limits,
        )

    async def refresh(self, registry: str, name: str, *, force: bool = False) -> Asked:
        """Ask the registry anew. RequestRefused within the cooldown, unless an admin forces it."""
        self._require("admin" if force else "authenticated")
        attempt = await self.database.read(last_attempt, registry, name)
        cooldown = timedelta(minutes=self.settings.limits.cooldown_minutes)
        if not force and attempt is not None and clock.is_within(attempt, cooldown):
            raise RequestRefused(
                f"{registry}:{name} was read at {shown_time(attempt)};"
                f" it can be read again after {shown_time(attempt + cooldown)}."
            )
        return await self.ask(PackageReference(registry, name), force=force)

    async def retry(self, request_id: UUID) -> Asked:
        """Try a waiting or failed request now."""
        self._require("authenticated")
        return await self.database.write(
            requests.retry_request,
            request_id,
            account_id=self.principal.account_id,
            force=self.principal.can("admin"),
            limits=self._limits,
        )

    async def cancel(self, request_id: UUID) -> bool:
        """End a pending request; False where it is left to others who wait for it too. RequestRefused where it is not pending."""
        self._require("authenticated")
        return await self.database.write(
            cancelling.cancel_request, request_id, account_id=self.principal.account_id
        )

    async def cancel_chain(self, root_request_id: UUID) -> int:
        """End every pending request of a chain; how many."""
        self._require("authenticated")
        return await self.database.write(cancelling.cancel_chain, root_request_id)

    async def want_version(self, version_id: UUID) -> None:
        """Have a version's dependencies loaded, before anything else that waits."""
        self._require("authenticated")
        await self.database.write(
            requests.want_dependencies, version_id, account_id=self.principal.account_id
        )

    def import_index(self, registry: str) -> ImportRun:
        """Bring a registry's whole index in, in a process of its own; the one under way if there is one."""
        self._require("worker")
        run = self._imports.get(registry)
        if run is None or not run.is_running:
            run = self._imports[registry] = ImportRun(self.settings, registry)
        return run

    async def open_package(self, registry: str, name: str) -> None:
        """Somebody looks at the package: if it is still queued, it is next."""
        if self.principal.can("ask"):
            await self.database.write(requests.bring_to_front, registry, name)

    @property
    def _limits(self) -> Limits:
        limits = self.settings.limits
        return Limits(limits.requests_per_hour, timedelta(minutes=limits.cooldown_minutes))

    def _worker_ended(self, working: asyncio.Task[None]) -> None:
        """Said as soon as it happens: the screens go on without a worker."""
        if not working.cancelled() and (error := working.exception()):
            log.error("the worker ended", exc_info=error)
            known = isinstance(error, TgtuiError)
            self.activity.trouble = str(error) if known else WORKER_BROKE
            self.activity.changed()

    async def saved_searches(self) -> list[SavedSearchRow]:
        """Your own, by name."""
        return await self.database.read(saved_searches, self.principal.account_id)

    async def save_search(self, name: str, query: str) -> None:
        """Keep a search under a name. UsageError for what can't be kept."""
        self._require("authenticated")
        await self.database.write(save_search, self.principal.account_id, name, query)

    async def forget_search(self, name: str) -> bool:
        """False where there was none of this name."""
        self._require("authenticated")
        return await self.database.write(forget_search, self.principal.account_id, name)

    def _canonical(self, reference: PackageReference) -> PackageReference:
        """The package that an alias or old name stands for, as far as an index on this machine knows."""
        if not registration(reference.registry).is_indexed:
            return reference
        try:
            adapter = self.registries.get(reference.registry)
            index = adapter.known_index() if isinstance(adapter, IndexedRegistry) else None
        except SettingsError:  # the worker says it of the request
            return reference
        name = index.canonical(reference.name) if index is not None else None
        return replace(reference, name=name) if name is not None else reference

    def _require(self, role: str) -> None:
        require(self.principal, role)


def _prepare(settings: Settings) -> tuple[Database, Principal]:
    prepared = prepare_database(settings)
    try:
        return prepared.database, who_is_there(prepared.database)
    except BaseException:
        prepared.database.close()
        raise
