"""Reads projects again when the app starts, and when their files change, as the system tells it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from tgtui.basics.errors import TgtuiError
from tgtui.data.storage.feed import ChangeFeed
from tgtui.data.views.projects import ProjectRow
from tgtui.services.personal.projects.projects import Projects

REST_MS = 200
"""A file that was not written to for so long is read."""
LONGEST_MS = 1_500
"""A file that is written to all the time is read after so long."""
PAUSE_S = 0.5
"""Between two looks whether other projects are to be followed, however much changes in the catalogue."""

Watched = Mapping[Path, Collection[str]]
"""Folders with files of projects, and the names of these projects."""

log = logging.getLogger("tgtui.projects")


class Following:
    """A task of the running loop, from `start` to `stop`."""

    def __init__(self, projects: Projects, changes: ChangeFeed) -> None:
        self._projects = projects
        self._changes = changes
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Read all that lies on this machine, and follow it."""
        if self._task is None:
            self._unsubscribe = self._changes.subscribe(self._changed.set)
            self._task = asyncio.create_task(self._run(), name="tgtui-projects")

    async def stop(self) -> None:
        """Follow nothing any more."""
        self._unsubscribe()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        with self._told():
            await self._projects.read_all_again()
        while True:
            self._changed.clear()
            watched: Watched = {}
            with self._told():
                watched = await self._watched()
            if watched:
                with self._told():
                    await self._follow(watched)
            else:
                await self._changed.wait()
            await asyncio.sleep(PAUSE_S)

    async def _follow(self, watched: Watched) -> None:
        """Until other folders are to be followed, or one of these is gone."""
        from watchfiles import awatch

        stop = asyncio.Event()
        looking = asyncio.create_task(self._until_others(watched, stop))
        changes = awatch(
            *watched,
            watch_filter=_is_of_a_project,
            step=REST_MS,
            debounce=LONGEST_MS,
            recursive=False,
            ignore_permission_denied=True,
            stop_event=stop,
        )
        try:
            async for found in changes:
                folders = {Path(path).parent for _change, path in found} & watched.keys()
                names = {name for folder in folders for name in watched[folder]}
                for row in await self._projects.rows():
                    if row.is_own and row.name in names:
                        await self._projects.read_again(row)
                if not all(folder.is_dir() for folder in folders):
                    return
        finally:
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking

    async def _until_others(self, watched: Watched, stop: asyncio.Event) -> None:
        with self._told():  # what changed before the system was asked to tell
            await self._projects.read_all_again()
        while True:
            await self._changed.wait()
            self._changed.clear()
            with self._told():
                if await self._watched() != watched:
                    stop.set()
                    return
            await asyncio.sleep(PAUSE_S)

    async def _watched(self) -> Watched:
        places = self._projects.places.all()
        if not places:
            return {}
        rows = await self._projects.rows()
        return await asyncio.to_thread(_folders, rows, places)

    @contextlib.contextmanager
    def _told(self) -> Any:
        """What fails is told in the log, and tried again when something changes."""
        try:
            yield
        except (TgtuiError, OSError, RuntimeError) as error:
            log.warning("projects were not followed: %s", error)


def _folders(rows: Collection[ProjectRow], places: Mapping[Any, Path]) -> Watched:
    found: dict[Path, set[str]] = {}
    for row in rows:
        folder = places.get(row.id)
        if folder is None or not row.is_own:
            continue
        below = {folder, *((folder / file.path).parent for file in row.files)}
        for each in below:
            if each.is_dir():
                found.setdefault(each, set()).add(row.name)
    return found


def _is_of_a_project(_change: object, path: str) -> bool:
    from tgtui.syntax.projects.formats import is_read

    return is_read("/".join(Path(path).parts[-2:]))
