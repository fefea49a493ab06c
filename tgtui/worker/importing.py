"""Brings a whole index into the catalogue, in transactions of bounded size, writing only what differs.

First every package and version, then the edges, which by then find their targets, then what is gone. A program
that ends in between leaves each package with its old edges or its new ones; a version whose edges were not
reached says that they are not loaded, and the next import goes on.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

from sqlalchemy.exc import IntegrityError

from tgtui import clock
from tgtui.data.database import Database
from tgtui.registries.base import PackageDocument
from tgtui.registries.indexed import PackageIndex
from tgtui.registries.registration import registration
from tgtui.worker.import_known import KnownPackage, read_known
from tgtui.worker.import_rows import PackageChanges, compare_package, fingerprint
from tgtui.worker.import_statements import (
    EdgeChanges,
    confirm_packages,
    is_current,
    record_import,
    remove_and_withdraw,
    write_edges,
    write_packages,
)

PACKAGES_AT_ONCE = 2_000
"""Read, compared and written in one transaction."""
EDGES_AT_ONCE = 50_000
ATTEMPTS = 3
"""Of an import that meets another program writing the same packages."""

T = TypeVar("T")
ImportStage = Literal["packages", "dependencies", "cleaning"]


class ImportStopped(Exception):
    """It was asked to stop; what is written stays, and the next import goes on."""


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import is."""

    stage: ImportStage
    done: int
    total: int
    """Packages."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    packages: int
    """In the index."""
    changed: int
    """Packages, versions and tags that were new or different."""
    dependencies: int
    """Edges that were written."""
    resolved_anew: int
    """Versions whose edges were written."""
    gone: int
    """Packages that are in the index no longer."""
    was_current: bool
    """The very index had been imported before, and nothing was compared."""
    problems: tuple[str, ...]
    """What of the index could not be read."""


class Importer:
    """One import of one index. Every method blocks: a thread or a process of its own runs it."""

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
        self._rules = registration(registry).rules
        self._total = len(index)
        self._stopping = False
        self._current: dict[str, frozenset[str]] = {}
        """The versions in the index, by package."""

    def stop(self) -> None:
        """Ask for the end: `run` raises ImportStopped after the transaction that is under way."""
        self._stopping = True

    def run(self, *, force: bool = False) -> Imported:
        """`force` compares everything even where this very index was imported before. DatabaseError."""
        if not force and self._database.read_now(is_current, self._registry, self._index):
            self._database.write_now(confirm_packages, self._registry, self._index)
            return self._outcome(was_current=True)
        self._index.load()
        for attempt in itertools.count(1):
            try:
                return self._bring()
            except IntegrityError:
                # Another program stored one of the packages meanwhile: compare anew.
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError

    def _bring(self) -> Imported:
        known = self._database.read_now(read_known, self._registry)
        self._current = {}
        changed = self._bring_packages(known)
        resolved_anew, edges = self._bring_edges(known)
        gone = self._clean(known)
        self._database.write_now(confirm_packages, self._registry, self._index)
        self._database.write_now(record_import, self._registry, self._index)
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
        )

    def _report(self, stage: ImportStage, done: int) -> None:
        self._on_progress(ImportProgress(stage, done, self._total))
        if self._stopping:
            raise ImportStopped

    def _bring_packages(self, known: dict[str, KnownPackage]) -> int:
        done = changed = 0
        for some in _parts(self._index.documents(), PACKAGES_AT_ONCE):
            changes = PackageChanges()
            now = clock.now()
            for document in some:
                self._current[document.name] = frozenset(v.version for v in document.versions)
                compare_package(
                    document, known, changes, self._rules, self._index.confirmed_at, now
                )
            if len(changes) or changes.new_tags or changes.new_links:
                self._database.write_now(write_packages, changes)
            changed += len(changes)
            done += len(some)
            self._report("packages", done)
        return changed

    def _bring_edges(self, known: dict[str, KnownPackage]) -> tuple[int, int]:
        versions_written = edges_written = done = 0
        waiting = EdgeChanges()
        for document in self._index.documents():
            package = known[document.name]
            if not package.is_deleted:
                self._compare_edges(document, package, known, waiting)
            done += 1
            if len(waiting.rows) >= EDGES_AT_ONCE or len(waiting.loaded) >= EDGES_AT_ONCE:
                versions_written += len(waiting.loaded)
                edges_written += len(waiting.rows)
                self._database.write_now(write_edges, waiting)
                waiting = EdgeChanges()
                self._report("dependencies", done)
        if waiting.loaded:
            self._database.write_now(write_edges, waiting)
        self._report("dependencies", done)
        return versions_written + len(waiting.loaded), edges_written + len(waiting.rows)

    def _compare_edges(
        self,
        document: PackageDocument,
        package: KnownPackage,
        known: dict[str, KnownPackage],
        waiting: EdgeChanges,
    ) -> None:
        for version in document.versions:
            stored = package.versions[version.version]
            found = self._index.resolve(document.dependencies_of(version.version))
            mark = fingerprint(found)
            if stored.is_loaded and stored.fingerprint == mark:
                continue
            waiting.add(package, stored, found, mark, known, self._registry)
            stored.is_loaded, stored.fingerprint = True, mark

    def _clean(self, known: dict[str, KnownPackage]) -> int:
        """Versions the index has no longer, and packages: these stay, with the note that they are gone."""
        self._report("cleaning", 0)
        old = [
            version.id
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
        message = "It is in the registry's index no longer."
        withdrawn = [
            {
                "of_id": version.id,
                "is_yanked": True,
                "yank_message": message,
                "published_at": None,
            }
            for package in left
            for version in package.versions.values()
            if version.yank_message != message
        ]
        if old or withdrawn:
            self._database.write_now(remove_and_withdraw, old, withdrawn)
        return len(left)


def _parts(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while part := list(itertools.islice(rest, size)):
        yield part
