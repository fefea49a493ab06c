"""The composition root: builds the database, registries, worker and person from the settings. No Textual here."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from msgspec.structs import replace

from tgtui.basics.errors import DatabaseError, TgtuiError, UsageError
from tgtui.basics.settings import Settings
from tgtui.data.packages.by_name import find_package
from tgtui.data.packages.measuring import store_measured
from tgtui.data.requests import asking
from tgtui.data.storage.database import Database
from tgtui.data.storage.feed import ChangeFeed
from tgtui.data.views.logins import Role
from tgtui.identity.oidc.session import LoginSession
from tgtui.identity.people import Person, Principal
from tgtui.identity.roles import require
from tgtui.registries.adapters import Registries
from tgtui.registries.archives.files import Listing
from tgtui.registries.base import REGISTRIES
from tgtui.registries.registration import RegistryOptions
from tgtui.services.curation import Curating
from tgtui.services.files import Files
from tgtui.services.idle_refreshing import IdleRefreshing, has_time
from tgtui.services.imports import ImportRun
from tgtui.services.login import LoginFollower, login_session
from tgtui.services.opening import (
    Prepared,
    differences,
    prepare_database,
    settings_here,
    who_is_there,
)
from tgtui.services.personal.comparing import SavedComparisons
from tgtui.services.personal.projects.following import Following
from tgtui.services.personal.projects.places import Places
from tgtui.services.personal.projects.projects import Projects
from tgtui.services.personal.searches import SavedSearches
from tgtui.services.personal.watching import Watching
from tgtui.services.requests import Requesting
from tgtui.syntax.reference import PackageReference, parse_reference
from tgtui.worker.events import Activity
from tgtui.worker.queue.claims import ANY_PRIORITY
from tgtui.worker.runner import Worker
from tgtui.worker.tending import Tending

WORKER_BROKE = "This program's worker crashed; the log has the details. Restart tgtui."

log = logging.getLogger("tgtui")


class Catalogue:
    """An open catalogue and everything that can be done with it. Made by `open`, closed by `close`."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        principal: Principal,
        session: LoginSession | None = None,
        person: Person | None = None,
    ) -> None:
        self.settings = settings
        self.differs: Sequence[str] = ()
        """Where this program differs from what all workers of the catalogue do, a sentence each."""
        self.database = database
        self.principal = principal
        self.person = person
        """Who `principal` is; the session may know of somebody else already. None: the database's login."""
        self.session = session
        """The login at an OpenID provider; None if the settings name none."""
        self.following = LoginFollower(session, self.identify) if session is not None else None
        self.backup: Path | None = None
        """What was there before this start migrated it, on SQLite."""
        self.activity = Activity()
        self.changes = ChangeFeed(database.engine)
        self._lost_since: datetime | None = None
        self.changes.subscribe(self._look_whether_lost)
        self.registries = Registries(RegistryOptions.of(settings))
        self.files = Files(self.registries)
        self._imports: dict[str, ImportRun] = {}
        self.tending = Tending(
            database,
            principal.account_id,
            records=settings.record_interactions,
            indexes=principal.can("worker"),
        )
        self.refreshing = IdleRefreshing(settings, database, self._is_idle)
        self.curating = Curating(database, lambda: self.principal, self.tending.note)
        self.requesting = Requesting(
            database,
            settings.limits,
            lambda: self.principal,
            require=self._require,
            called=self.called,
            note_request=self.tending.note_request,
        )
        self.searches = SavedSearches(database, lambda: self.principal, require=self._require)
        self.comparisons = SavedComparisons(database, lambda: self.principal, require=self._require)
        self.watching = Watching(database, lambda: self.principal, require=self._require)
        self.projects = Projects(
            database,
            lambda: self.principal,
            require=self._require,
            places=Places(settings.data_folder),
            requesting=self.requesting,
        )
        self.following_projects = Following(self.projects, self.changes)
        self._worker: Worker | None = None
        self._working: asyncio.Task[None] | None = None
        self._unwaken: Callable[[], None] = lambda: None

    @classmethod
    async def open(
        cls,
        settings: Settings,
        person: Person | None = None,
        *,
        session: LoginSession | None = None,
        is_service: bool = False,
    ) -> Catalogue:
        """Create or migrate the database and find out who uses it. TgtuiError, with a remedy, if it can't be used.

        The person is the one logged in at the settings' provider, unless `person` names another; a service is the
        database's login. A `session` is closed with the catalogue, and restored in the background if it is not yet.
        """
        if session is None and person is None and not is_service:
            session = login_session(settings)
            if session is not None:
                await session.restore()
        begun: list[Database] = []
        try:
            person = session.person if session is not None else person
            prepared, principal, here, differs = await asyncio.to_thread(
                _prepare, settings, person, begun.append
            )
        except BaseException:
            for database in begun:  # its thread may still wait for the server
                database.leave()
            if session is not None:
                await session.close()
            raise
        catalogue = cls(here, prepared.database, principal, session, person)
        catalogue.differs = differs
        catalogue.backup = prepared.backup
        catalogue.changes.start()
        catalogue.tending.start()
        if catalogue.following is not None:
            catalogue.following.start()
        return catalogue

    @property
    def reads_only(self) -> str:
        """Why the catalogue can be read but not changed, a sentence; empty if it can be changed."""
        file = self.database.file
        return file.reads_only if file is not None else ""

    async def identify(self, person: Person | None) -> None:
        """Take over a login, a logout or changed roles: `principal` follows `person`."""
        self.principal = await asyncio.to_thread(who_is_there, self.database, person)
        self.person = person
        self.tending.account_id = self.principal.account_id
        self.tending.indexes = self.principal.can("worker")
        if not self.principal.can("worker"):
            await self._stop_worker()

    async def store_measured(self, registry: str, name: str, version: str, found: Listing) -> None:
        """What the files of a version weigh counts more than what is said of it. Only whoever may fetch packages may
        write it; for others, and if the database can't be written, nothing happens."""
        if found.is_list or not self.principal.can("worker"):
            return
        size, files = found.unpacked_bytes, len(found.installed)
        try:
            await self.database.write(
                store_measured, registry, name, version, size=size, files=files
            )
        except DatabaseError as error:  # what was asked for is here all the same
            log.info("what %s:%s@%s weighs was not stored: %s", registry, name, version, error)

    def start_worker(
        self, *, only_asked: bool = False, after: Callable[[], Awaitable[None]] | None = None
    ) -> Worker:
        """Work on the queue in this program, as a task of the running loop, until `close`.

        `only_asked` leaves the first packages of a new catalogue to other workers. What `after` waits for comes first.
        """
        if self._worker is None:
            self._worker = self.new_worker(only_asked=only_asked)
            self._working = asyncio.create_task(self._worker.run(after=after), name="tgtui-worker")
            self._working.add_done_callback(self._worker_ended)
            self._unwaken = self.changes.subscribe(self._worker.wake)
        return self._worker

    @property
    def working(self) -> asyncio.Task[None] | None:
        """The task of this program's worker. It ends before `close` only by a bug."""
        return self._working

    def new_worker(self, *, only_asked: bool = False, only: Collection[str] = ()) -> Worker:
        """A worker for the caller to run; `only` names its registries, empty means all."""
        for sentence in self.differs:
            log.warning("%s", sentence)
        return Worker(
            self.database,
            self.registries,
            self.activity,
            self.settings,
            max_priority=asking.PRIORITY_AUTO if only_asked else ANY_PRIORITY,
            only=only,
        )

    async def close(self) -> None:
        """Hand unfinished requests back and close everything; takes a few seconds at most, whatever the server does."""
        self.database.leave()
        runs = [run.stop() for run in self._imports.values() if run.is_running]
        await asyncio.gather(self._stop_worker(), *runs)
        if self.following is not None:
            await self.following.stop()
        await self.refreshing.stop()
        await self.following_projects.stop()
        await self.tending.stop()
        await self.changes.stop()
        await self.registries.aclose()
        await asyncio.to_thread(self.database.close)

    async def _stop_worker(self) -> None:
        """Unfinished requests go back to the queue. Raises nothing, whatever the worker died of."""
        if self._worker is not None and self._working is not None:
            self._worker.stop()
            await asyncio.wait([self._working])
            self._unwaken()
            self._worker = self._working = None

    async def called(self, reference: PackageReference) -> PackageReference:
        """The package by its own name, if an index on this machine knows this one as an alias or old name."""
        name = await asyncio.to_thread(self.registries.called, reference.registry, reference.name)
        return replace(reference, name=name)

    async def renamed(self, name: str) -> list[tuple[PackageReference, UUID]]:
        """Packages of the catalogue that `name` is an alias or old name of, with their ids.

        A name without a registry is looked up in all of them. Empty if it can't be a name.
        """
        asked = [name] if ":" in name else [f"{registry}:{name}" for registry in REGISTRIES]
        found = []
        for text in asked:
            with contextlib.suppress(UsageError):
                reference = parse_reference(text)
                own = await self.called(reference)
                if own.name != reference.name:
                    package_id = await self.database.read(find_package, own.registry, own.name)
                    found += [(own, package_id)] if package_id is not None else []
        return found

    def import_index(self, registry: str) -> ImportRun:
        """Import a registry's whole index in a separate process, or follow the import that is running."""
        self._require("worker")
        run = self._imports.get(registry)
        if run is None or not run.is_running:
            run = self._imports[registry] = ImportRun(self.settings, registry)
        return run

    def _is_idle(self) -> bool:
        return not (self.activity.progress or self.reads_only) and has_time()

    def _look_whether_lost(self) -> None:
        """The screens say so at once; they can read nothing meanwhile."""
        if self.changes.lost_since != self._lost_since:
            self._lost_since = self.changes.lost_since
            self.activity.changed()

    def _worker_ended(self, working: asyncio.Task[None]) -> None:
        """Tell at once that the worker died: the screens keep running without it."""
        if not working.cancelled() and (error := working.exception()):
            log.error("the worker ended", exc_info=error)
            known = isinstance(error, TgtuiError)
            self.activity.trouble = str(error) if known else WORKER_BROKE
            self.activity.changed()

    def _require(self, role: Role) -> None:
        session = self.session
        is_out = session is not None and session.person.identity is None
        require(self.principal, role, session.notice if session is not None and is_out else "")


def _prepare(
    settings: Settings, person: Person | None, on_open: Callable[[Database], object]
) -> tuple[Prepared, Principal, Settings, Sequence[str]]:
    prepared = prepare_database(settings, on_open=on_open)
    try:
        principal = who_is_there(prepared.database, person)
        here, shared = settings_here(settings, prepared.database, principal)
        works = principal.can("worker")
        return prepared, principal, here, differences(settings, shared) if works else ()
    except BaseException:
        prepared.database.close()
        raise
