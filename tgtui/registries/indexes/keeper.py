"""Keeps one registry's index: on disk for all programs, open in this one, refreshed once per interval."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from tgtui.basics import clock
from tgtui.basics.files.private import make_folder
from tgtui.basics.files.trouble import why
from tgtui.registries.base import Malformed, NotKept, ProgressCallback, Unreachable
from tgtui.registries.http.flight import SingleFlight
from tgtui.registries.indexes.building import Job, build_elsewhere
from tgtui.registries.indexes.file import FORMAT

SUFFIX, UNFINISHED = ".index", ".part"
KEPT = 2
"""Indexes of one kind on disk: programs that have the older one open keep reading it."""
OLDER = timedelta(seconds=1)
ABANDONED_S = 3600.0
"""Age at which unfinished files of dead programs are deleted."""

log = logging.getLogger(__name__)


class Keepable(Protocol):
    """What is kept open: part of a PackageIndex."""

    @property
    def failures(self) -> Sequence[str]: ...

    def close(self) -> None: ...


I = TypeVar("I", bound=Keepable)  # noqa: E741 - an index


class NewIndex(Struct, frozen=True):
    """A new index from a refresh."""

    digest: str
    """Hexadecimal; in the file's name."""
    job: Job
    """For `building`; the file's path is added as `path`."""


Refresh = Callable[[I | None, ProgressCallback], Awaitable[NewIndex | None]]
"""Asks the network about the current index; None if nothing changed. Raises RegistryError."""


class Kept(Struct, Generic[I], frozen=True):
    """An open index."""

    index: I
    path: Path
    confirmed_at: datetime


class IndexKeeper(Generic[I]):
    """Cheap to make; reads the disk on first use."""

    def __init__(
        self,
        folder: Path,
        key: str,
        *,
        label: str,
        opened: Callable[[Path, datetime], I],
        refresh: Refresh[I],
        interval: timedelta,
        now: Callable[[], datetime] = lambda: clock.now(),
    ) -> None:
        """`key` separates indexes of different settings; `label` is the index's name in sentences."""
        self._folder = folder / "indexes"
        self._key = f"{key}-{FORMAT}"
        self._label = label
        self._opened = opened
        self._refresh = refresh
        self._interval = interval
        self._now = now
        self._kept: Kept[I] | None = None
        self._flights = SingleFlight()

    async def get(
        self, max_age: float, on_progress: ProgressCallback | None = None
    ) -> tuple[I, bool]:
        """The index, and whether no request went out. `max_age` in seconds, 0 asks the network. Raises RegistryError.

        If the network fails, a previous index of any age is returned: it was verified. One with failures is not
        used for an interval: the failed sources are asked again.
        """
        kept = await asyncio.to_thread(self._look)
        interval = timedelta() if kept is not None and kept.index.failures else self._interval
        oldest = self._now() - max(timedelta(seconds=max_age), interval)
        if max_age > 0 and kept is not None and oldest < kept.confirmed_at <= self._now():
            return kept.index, True
        try:
            found = await self._flights.run("refresh", self._brought, on_progress)
        except Unreachable as error:
            if kept is None or max_age == 0:
                raise
            log.warning("%s; the index fetched at %s is used", error, kept.confirmed_at)
            return kept.index, True
        return found.index, False

    def known(self) -> I | None:
        """The index on disk, of any age."""
        kept = self._look()
        return kept.index if kept else None

    async def aclose(self) -> None:
        await self._flights.aclose()
        if self._kept is not None:
            self._kept.index.close()
            self._kept = None

    def _look(self) -> Kept[I] | None:
        """The newest index on disk, opened once; another program may have brought a newer one."""
        for confirmed, path in self._files():
            stamp = datetime.fromtimestamp(confirmed, UTC)
            kept = self._kept
            if kept is not None and (kept.path, kept.confirmed_at) == (path, stamp):
                return kept
            try:
                self._kept = Kept(self._opened(path, stamp), path, stamp)
            except (sqlite3.Error, OSError, ValueError, KeyError) as error:
                log.warning("an index is damaged and is dropped: %s: %s", path.name, error)
                with contextlib.suppress(OSError):
                    path.unlink()
            else:
                return self._kept
        return None

    def _files(self) -> list[tuple[float, Path]]:
        """(modification time, path), newest first."""
        found = []
        for path in self._folder.glob(f"{self._key}-*{SUFFIX}"):
            with contextlib.suppress(OSError):
                found.append((path.stat().st_mtime, path))
        return sorted(found, reverse=True)

    async def _brought(self, tell: ProgressCallback) -> Kept[I]:
        try:
            return await self._bring(tell)
        except OSError as error:
            raise NotKept(
                f"{self._label}: the index can't be kept in {self._folder}: {why(error)}"
            ) from error

    async def _bring(self, tell: ProgressCallback) -> Kept[I]:
        kept = await asyncio.to_thread(self._look)
        moment = self._now()
        new = await self._refresh(kept.index if kept else None, tell)
        if new is None:
            if kept is None:
                raise RuntimeError(f"{self._label}: unchanged, but nothing is there")
            await asyncio.to_thread(_stamp, kept.path, moment)
        else:
            await self._build(new, moment)
            self._kept = None  # it may have the same name and time
        found = await asyncio.to_thread(self._look)
        if found is None:
            raise Malformed(f"{self._label}: the index can't be kept in {self._folder}")
        return found

    async def _build(self, new: NewIndex, moment: datetime) -> None:
        await asyncio.to_thread(make_folder, self._folder)
        target = self._folder / f"{self._key}-{new.digest[:16]}{SUFFIX}"
        unfinished = self._folder / f"{target.name}.{os.getpid()}{UNFINISHED}"
        try:
            await build_elsewhere({**new.job, "path": str(unfinished)}, self._label)
            await asyncio.to_thread(self._publish, unfinished, target, moment)
        finally:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
        await asyncio.to_thread(self._prune)

    def _publish(self, unfinished: Path, target: Path, moment: datetime) -> None:
        # The clock may have been set back since: the newest index is the one that was made last.
        for stamp, path in self._files():
            if stamp >= moment.timestamp():
                with contextlib.suppress(OSError):
                    _stamp(path, moment - OLDER)
        _stamp(unfinished, moment)
        unfinished.replace(target)

    def _prune(self) -> None:
        for _, path in self._files()[KEPT:]:
            with contextlib.suppress(OSError):  # open in another program (Windows)
                path.unlink()
        for path in self._folder.glob(f"*{UNFINISHED}"):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < time.time() - ABANDONED_S:
                    path.unlink()


def _stamp(path: Path, moment: datetime) -> None:
    os.utime(path, (moment.timestamp(), moment.timestamp()))
