"""Imports a whole index into the catalogue, in transactions of bounded size, writing only what differs.

First all packages and versions, then the edges, which by then find their targets, then what is gone. A program
that stops in between leaves each package with its old edges or its new ones; versions whose edges were not
reached are marked as not loaded, and the next import continues with them. An index that lacks a source adds, and
takes nothing away.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal, TypeVar

from msgspec import Struct
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from tgtui.data.storage.bulk import DriverForm
from tgtui.data.storage.database import Database
from tgtui.data.storage.times import by_database, database_now
from tgtui.data.versions.advisories.evaluating import evaluate_registry
from tgtui.registries.indexes.feed import FeedBroken, ToldPackage, ToldVersion, feed
from tgtui.registries.indexes.indexed import PackageIndex
from tgtui.registries.registration import GONE
from tgtui.worker.imports.known import KnownPackage, KnownVersion, read_known
from tgtui.worker.imports.rows import Comparison
from tgtui.worker.imports.statements import (
    EdgeChanges,
    confirm_packages,
    count_rows_anew,
    is_current,
    record_import,
    remove_and_withdraw,
    write_edges,
    write_packages,
)

PACKAGES_AT_ONCE = 8_000
"""Packages that are read, compared and written in one transaction."""
EDGES_AT_ONCE = 50_000
MANY_ROWS = 10_000
"""Rows written from which on PostgreSQL's statistics are refreshed at once."""
ATTEMPTS = 3
"""Attempts of an import that collides with another program writing the same packages."""

log = logging.getLogger(__name__)

T = TypeVar("T")
ImportStage = Literal["packages", "dependencies", "cleaning"]


class ImportStopped(Exception):
    """It was stopped; what was written stays, and the next import continues."""


class ImportProgress(Struct, frozen=True):
    stage: ImportStage
    done: int
    total: int
    """Packages; in the stage `dependencies` versions whose edges differ."""


class Imported(Struct, frozen=True):
    """The result of an import."""

    packages: int
    """In the index."""
    changed: int
    """Packages, versions and tags that were new or different."""
    dependencies: int
    """Edges that were written."""
    resolved_anew: int
    """Versions whose edges were written."""
    gone: int
    """Packages that are no longer in the index."""
    was_current: bool
    """This exact index was imported before, so nothing was compared."""
    problems: tuple[str, ...]
    """Entries of the index that could not be read, a sentence each."""
    failures: tuple[str, ...]
    """Sources of the index that could not be read, a sentence each. What they gave before is still there."""


class Importer:
    """One import of one index. Every method blocks: run it in a thread or a process."""

    def __init__(
        self,
        database: Database,
        registry: str,
        index: PackageIndex,
        on_progress: Callable[[ImportProgress], None],
    ) -> None:
        self._database = database
        self._registry = registry
        self._index = index
        self._on_progress = on_progress
        self._form = DriverForm(database.is_sqlite)
        self._total = len(index)
        self._stopping = False
        self._current: dict[str, frozenset[str]] = {}
        """The versions in the index, by package."""
        self._waiting: list[tuple[KnownPackage, KnownVersion, ToldVersion]] = []
        """The versions whose edges must be written, by package."""

    def stop(self) -> None:
        """Make `run` raise ImportStopped after the current transaction."""
        self._stopping = True

    def run(self, *, force: bool = False) -> Imported:
        """`force` compares everything even if this exact index was imported before. DatabaseError."""
        if not force and self._database.read_now(is_current, self._registry, self._index):
            self._database.write_now(confirm_packages, self._registry, self._index)
            return self._outcome(was_current=True)
        for attempt in itertools.count(1):
            try:
                return self._bring()
            except (IntegrityError, FeedBroken) as error:
                # Another program stored one of the packages meanwhile, or cancelled the connection: compare again.
                log.warning("the import of %s starts again: %s", self._registry, error)
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError

    def _bring(self) -> Imported:
        with feed(self._registry, self._index) as told:
            known = self._database.read_now(read_known, self._registry, self._form)
            self._current, self._waiting = {}, []
            changed = self._bring_packages(known, told)
        resolved_anew, edges = self._bring_edges(known)
        gone = self._clean(known)
        self._database.write_now(confirm_packages, self._registry, self._index)
        self._database.write_now(record_import, self._registry, self._index)
        self._database.write_now(evaluate_registry, self._registry)
        if changed + edges >= MANY_ROWS:
            self._database.write_now(count_rows_anew)
        return self._outcome(
            changed=changed, dependencies=edges, resolved_anew=resolved_anew, gone=gone
        )

    def _outcome(
        self,
        *,
        changed: int = 0,
        dependencies: int = 0,
        resolved_anew: int = 0,
        gone: int = 0,
        was_current: bool = False,
    ) -> Imported:
        return Imported(
            packages=self._total,
            changed=changed,
            dependencies=dependencies,
            resolved_anew=resolved_anew,
            gone=gone,
            was_current=was_current,
            problems=tuple(self._index.problems),
            failures=tuple(self._index.failures),
        )

    def _report(self, stage: ImportStage, done: int, total: int | None = None) -> None:
        self._on_progress(ImportProgress(stage, done, self._total if total is None else total))
        if self._stopping:
            raise ImportStopped

    def _bring_packages(
        self, known: dict[str, KnownPackage], told: Iterator[Sequence[ToldPackage]]
    ) -> int:
        done = changed = 0
        for some in _parts(itertools.chain.from_iterable(told), PACKAGES_AT_ONCE):
            confirmed_at, now = self._database.read_now(_times, self._index)
            comparison = Comparison(
                self._registry,
                known,
                self._form,
                confirmed_at,
                now,
                is_partial=self._index.is_partial,
            )
            for package in some:
                self._current[package.name] = frozenset(v.version for v in package.versions)
                stored = comparison.add(package)
                if not stored.is_deleted:
                    self._remember_edges(package, stored)
            changes = comparison.changes
            if len(changes) or changes.new_tags or changes.new_links or changes.new_facts:
                self._database.write_now(write_packages, changes, self._form)
            changed += len(changes)
            done += len(some)
            self._report("packages", done)
        return changed

    def _remember_edges(self, package: ToldPackage, stored: KnownPackage) -> None:
        """Find what differs, keeping it in its compact form until it is written.

        A partial index may lack the targets of edges that are known.
        """
        for version in package.versions:
            known = stored.versions[version.version]
            differs = known.fingerprint != version.fingerprint and not self._index.is_partial
            if not known.is_loaded or differs:
                self._waiting.append((stored, known, version))

    def _bring_edges(self, known: dict[str, KnownPackage]) -> tuple[int, int]:
        edges_written = 0
        waiting = self._edge_changes()
        total = len(self._waiting)
        for done, (package, stored, version) in enumerate(self._waiting, 1):
            waiting.add(package, stored, version, known, self._registry)
            stored.is_loaded, stored.fingerprint = True, version.fingerprint
            if len(waiting.rows) >= EDGES_AT_ONCE or done == total:
                edges_written += len(waiting.rows)
                self._database.write_now(write_edges, waiting)
                waiting = self._edge_changes()
                self._report("dependencies", done, total)
        self._waiting = []
        return total, edges_written

    def _edge_changes(self) -> EdgeChanges:
        return EdgeChanges(self._form, self._database.read_now(database_now))

    def _clean(self, known: dict[str, KnownPackage]) -> int:
        """Delete versions that are no longer in the index, and mark packages that are gone; not if it is partial."""
        self._report("cleaning", 0)
        if self._index.is_partial:
            return 0
        old = [
            self._form.id(version.key)
            for name, current in self._current.items()
            for text, version in known[name].versions.items()
            if text not in current
        ]
        left = [
            package
            for name, package in known.items()
            if name not in self._current
            and package.is_fetched
            and not package.is_deleted
            and package.versions
        ]
        withdrawn = [
            {
                "of_id": self._form.id(version.key),
                "is_yanked": True,
                "yank_message": GONE,
                "published_at": None,
            }
            for package in left
            for version in package.versions.values()
            if version.yank_message != GONE
        ]
        if old or withdrawn:
            self._database.write_now(remove_and_withdraw, old, withdrawn)
        return len(left)


def _times(connection: Connection, index: PackageIndex) -> tuple[datetime, datetime]:
    """By the database's clock: when the index was confirmed, and now."""
    return by_database(connection, index.confirmed_at), database_now(connection)


def _parts(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while part := list(itertools.islice(rest, size)):
        yield part
