"""Imports a registry's whole index: fetches and verifies it, then compares and writes it.

The app runs it in a separate process and reads its steps, because it keeps an interpreter busy for half a minute.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from tgtui.basics.errors import TgtuiError, UsageError
from tgtui.basics.formatting import counted, number, size
from tgtui.basics.leaving import HANG_UP, TERMINATE, leaving
from tgtui.basics.settings import Settings
from tgtui.identity.people import ROLES, Person
from tgtui.registries.adapters import Registries
from tgtui.registries.base import FetchProgress, RegistryError
from tgtui.registries.indexes.indexed import IndexedRegistry
from tgtui.registries.registered import REGISTERED
from tgtui.registries.registration import RegistryOptions
from tgtui.services.child import ChildRun, say
from tgtui.services.opening import prepare_database, who_is_there
from tgtui.worker.imports.importing import Imported, Importer, ImportProgress

STAGES = {
    "fetching": "fetching the index",
    "reading": "reading the index",
    "packages": "packages",
    "dependencies": "dependencies",
    "cleaning": "removing what is gone",
}
"""In order."""


class ImportStep(Struct, frozen=True):
    """The progress of an import."""

    stage: str
    """A key of STAGES."""
    done: int = 0
    """Bytes while fetching, then packages."""
    total: int | None = None

    @property
    def words(self) -> str:
        """`dependencies, 12,000 of 63,440 packages`."""
        told = STAGES[self.stage]
        if self.stage == "fetching":
            of = f" of {size(self.total)}" if self.total else ""
            return f"{told}, {size(self.done)}{of}" if self.done else told
        if self.stage in ("packages", "dependencies") and self.total:
            return f"{told}, {number(self.done)} of {number(self.total)}"
        return told


class ImportFailed(UsageError):
    """The registry's index could not be fetched or used; the sentence says why. The catalogue is unchanged."""

    exit_code = 1


async def import_registry(
    settings: Settings,
    registry: str,
    on_step: Callable[[ImportStep], None],
    *,
    force: bool = False,
    person: Person | None = None,
) -> Imported:
    """Run the whole import. UsageError for a registry without an index, ImportFailed, DatabaseError.

    `person` is who wants it, as for `opening.who_is_there`. `on_step` is called in any thread. Cancelled, it stops
    after the current transaction.
    """
    if registry not in REGISTERED:
        raise UsageError(f"There is no registry {registry[:40]!r}; known: {', '.join(REGISTERED)}.")
    registries = Registries(RegistryOptions.of(settings))
    prepared = await asyncio.to_thread(prepare_database, settings)
    database = prepared.database
    try:
        if "worker" not in (await asyncio.to_thread(who_is_there, database, person)).roles & ROLES:
            raise UsageError("Importing an index needs the role worker.")
        adapter = registries.get(registry)
        if not isinstance(adapter, IndexedRegistry):
            raise UsageError(f"{registry} has no index to import; request its packages by name.")
        on_step(ImportStep("fetching"))

        def on_progress(progress: FetchProgress) -> None:
            on_step(ImportStep("fetching", progress.received, progress.total))
            if progress.total is not None and progress.received >= progress.total:
                on_step(ImportStep("reading"))

        try:
            # The registry's own interval decides, unless it is forced.
            index = await adapter.index(max_age=0 if force else 1, on_progress=on_progress)
        except RegistryError as error:
            raise ImportFailed(f"{error}. The catalogue was not changed.") from error
        on_step(ImportStep("reading"))
        importer = Importer(database, registry, index, lambda told: on_step(_step(told)))
        return await _in_thread(importer, force=force)
    finally:
        await registries.aclose()
        await asyncio.to_thread(database.close)


async def _in_thread(importer: Importer, *, force: bool) -> Imported:
    work = asyncio.create_task(asyncio.to_thread(importer.run, force=force))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        importer.stop()
        await asyncio.wait([work])
        raise


def _step(told: ImportProgress) -> ImportStep:
    return ImportStep(told.stage, told.done, told.total)


def outcome(registry: str, done: Imported) -> str:
    """The result of an import, as a sentence; failures are only counted."""
    told = _changes(registry, done)
    if not done.failures:
        return told
    verb = "was" if len(done.failures) == 1 else "were"
    return f"{told} {counted(len(done.failures), 'source')} {verb} not read:"


def _changes(registry: str, done: Imported) -> str:
    verb = "is" if done.packages == 1 else "are"
    found = f"{counted(done.packages, 'package')} of {registry} {verb} in the catalogue"
    if done.was_current:
        return f"{found}; nothing has changed since the last import."
    if not (done.changed or done.resolved_anew or done.gone):
        return f"{found}; nothing has changed."
    changes = [
        f"{done.changed:,} packages and versions were new or changed",
        f"{done.dependencies:,} dependencies of {done.resolved_anew:,} versions were resolved",
    ]
    if done.gone:
        changes.append(
            f"{counted(done.gone, 'package')} no longer in the index, and marked as such"
        )
    return f"{found}: {'; '.join(changes)}."


class ImportRun(ChildRun[ImportStep]):
    """An import in a separate process."""

    STOPPED = "The import was stopped; what it wrote stays."
    CRASHED = "The import crashed; run it again."

    def __init__(self, settings: Settings, registry: str) -> None:
        self.registry = registry
        self.has_failures = False
        """It ended, but without some of the registry's sources; `result` says which."""
        self.has_notice = False
        """Its end is announced even if its dialog is closed."""
        job = {"registry": registry, "settings": msgspec.to_builtins(settings)}
        super().__init__(f"import-{registry}", __name__, job, ImportStep("fetching"))

    def step_of(self, told: dict[str, Any]) -> ImportStep:
        return ImportStep(**told)

    def outcome_of(self, told: dict[str, Any]) -> str:
        self.has_failures = bool(told["failures"])
        return " ".join([str(told["ended"]), *(f"{each}." for each in told["failures"])])


def main() -> int:
    """The process of an ImportRun: reads a job as JSON from stdin, writes one JSON object per line to stdout."""
    job = json.load(sys.stdin)
    settings = msgspec.convert(job["settings"], Settings)
    try:
        done = asyncio.run(_work(settings, str(job["registry"])))
    except TgtuiError as error:
        say({"failed": str(error)})
        return error.exit_code
    except asyncio.CancelledError:
        return 1
    say({"ended": outcome(str(job["registry"]), done), "failures": done.failures})
    return 1 if done.failures else 0


async def _work(settings: Settings, registry: str) -> Imported:
    task = asyncio.ensure_future(
        import_registry(settings, registry, lambda step: say({"step": asdict(step)}))
    )
    loop = asyncio.get_running_loop()

    def asked(_number: int) -> None:
        loop.call_soon_threadsafe(task.cancel)

    with leaving(asked, TERMINATE, HANG_UP):
        return await task


if __name__ == "__main__":
    sys.exit(main())
