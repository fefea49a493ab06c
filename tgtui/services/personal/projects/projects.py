"""Projects of the person who uses the program: added, read again, assessed. Roles are checked here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from msgspec import Struct

from tgtui.basics.errors import TgtuiError, UsageError
from tgtui.basics.formatting import counted
from tgtui.basics.text import clean
from tgtui.data.packages.projects import assessing, contents, judging, kept
from tgtui.data.storage.database import Database
from tgtui.data.views.logins import Role
from tgtui.data.views.projects import (
    STALE,
    ProjectContents,
    ProjectProblem,
    ProjectReport,
    ProjectRow,
)
from tgtui.data.views.requests import MAX_PACKAGES
from tgtui.identity.people import Principal
from tgtui.services.personal.keeping import Kept
from tgtui.services.personal.projects.places import Places
from tgtui.services.requests import AskedFor, RefusedFor, Requesting
from tgtui.syntax.reference import PackageReference

if TYPE_CHECKING:
    from tgtui.services.personal.projects.walking import Reading

GONE = "The project's folder is no longer where it was on this machine."


class Added(Struct, frozen=True):
    """A project that was added or read again."""

    row: ProjectRow
    folder: Path


class Asked(Struct, frozen=True):
    """What became of the packages of a project that are not in the catalogue."""

    queued: int
    refused: tuple[RefusedFor, ...]
    left: int
    """More than can be requested at once."""
    first: AskedFor | None = None

    @property
    def sentence(self) -> str:
        """Empty if there was nothing to request."""
        parts = []
        if self.queued:
            parts.append(f"{counted(self.queued, 'package')} requested, as one request.")
        if self.refused:
            first = self.refused[0]
            more = f" ({len(self.refused) - 1} more)" if len(self.refused) > 1 else ""
            parts.append(f"{first.package.package} was refused: {first.reason}{more}")
        if self.left:
            parts.append(f"{counted(self.left, 'package')} can be requested after these.")
        return " ".join(parts)


class Projects(Kept):
    """Without a login there are none; a folder can be read all the same."""

    def __init__(
        self,
        database: Database,
        principal: Callable[[], Principal],
        *,
        require: Callable[[Role], None],
        places: Places,
        requesting: Requesting,
    ) -> None:
        super().__init__(database, principal, require=require)
        self.places = places
        self._requesting = requesting

    async def rows(self) -> list[ProjectRow]:
        """One's own by name, then those that others share."""
        account_id = self._own
        if account_id is None:
            return []
        return await self._database.read(kept.project_rows, account_id)

    async def names(self) -> list[str]:
        """Of the same, as `in:` takes them."""
        account_id = self._own
        if account_id is None:
            return []
        return await self._database.read(kept.project_names, account_id)

    async def find(self, name: str) -> ProjectRow | None:
        """By its name, or `owner/name` of one that is shared."""
        account_id = self._own
        if account_id is None:
            return None
        return await self._database.read(kept.find_project, account_id, name)

    async def add(self, folder: Path, name: str | None = None) -> Added:
        """UsageError if the folder has nothing to read, or the name is taken; one that is here already is read again."""
        account_id = self._account()
        folder = await asyncio.to_thread(_absolute, folder)
        known = {place: id for id, place in self.places.all().items()}
        if folder in known:
            found = next((row for row in await self.rows() if row.id == known[folder]), None)
            if found is not None:
                if name is not None and name != found.name:
                    await self.rename(found.name, name)
                await self.read_again(found)
                return Added(await self._row(found.id), folder)
        reading = await asyncio.to_thread(_read, folder)
        assert reading is not None
        name = kept.usable_project_name(name or folder.name or "this machine")
        id = await self._database.write(kept.add_project, account_id, name)
        try:
            self.places.keep(id, folder)
            await self._store(id, reading)
        except BaseException:
            await self._database.write(kept.remove_project, account_id, name)
            raise
        return Added(await self._row(id), folder)

    async def rename(self, name: str, to: str) -> bool:
        """False if there was none of this name. UsageError if the new one is taken or not usable."""
        return await self._database.write(kept.rename_project, self._account(), name, to)

    async def remove(self, name: str) -> bool:
        """False if there was none of this name. The folder itself is left alone."""
        row = await self.find(name)
        done = await self._database.write(kept.remove_project, self._account(), name)
        if done and row is not None:
            self.places.forget(row.id)
        return done

    async def share(self, name: str, *, is_shared: bool = True) -> bool:
        """Let everyone with an account see it, or no longer. False if there is none of this name."""
        return await self._database.write(
            kept.share_project, self._account(), name, is_shared=is_shared
        )

    async def read_again(self, row: ProjectRow) -> bool:
        """Read the files if the project lies on this machine; True if anything changed.

        If a file can't be read, or the folder is gone, what was read before stays, and the problem is kept.
        """
        folder = self.places.of(row.id)
        if folder is None or not row.is_own:
            return False
        try:
            reading = await asyncio.to_thread(_read, folder, row.digest)
        except UsageError as error:
            reason = GONE if not folder.is_dir() else str(error).replace(str(folder), "The folder")
            problems = (ProjectProblem(".", 0, clean(reason)),)
            return await self._note(row, problems)
        if reading is None:
            return False
        if not reading.is_whole and row.digest is not None:
            return await self._note(row, reading.problems)
        await self._store(row.id, reading)
        return True

    async def read_all_again(self) -> int:
        """How many changed."""
        changed = 0
        for row in await self.rows():
            changed += await self.read_again(row)
        return changed

    async def contents(self, row: ProjectRow) -> ProjectContents:
        """What its files said when they were last read."""
        return await self._database.read(contents.read_contents, row.id)

    async def report(self, row: ProjectRow) -> ProjectReport:
        """How it stands now."""
        return await self.assess(await self.contents(row))

    async def assess(self, said: ProjectContents) -> ProjectReport:
        """How what was read stands now."""
        return await self._database.read(assessing.assess, said)

    async def affected_by(self, advisory_id: UUID) -> list[tuple[str, str, str]]:
        """(project, package, lock file) of those that have an affected version locked."""
        account_id = self._own
        if account_id is None:
            return []
        return await self._database.read(judging.projects_affected, account_id, advisory_id)

    async def opened(self, reference: str) -> tuple[str, Sequence[ProjectProblem], ProjectContents]:
        """Name, problems and contents of a project by its name, or of a folder that need not be added.

        UsageError if there is neither.
        """
        row = await self.find(reference)
        if row is not None:
            await self.read_again(row)
            row = await self._row(row.id)
            return row.full_name, row.problems, await self.contents(row)
        folder = await asyncio.to_thread(_absolute, Path(reference))
        if not folder.is_dir():
            raise UsageError(
                f"There is no project {clean(reference, 80)!r}, and no folder of that name;"
                " `tgtui project list` shows what there is."
            )
        reading = await asyncio.to_thread(_read, folder)
        assert reading is not None
        return folder.name or "this machine", reading.problems, reading.contents

    async def folder_of(self, reference: str) -> Path | None:
        """Where what `opened` opens lies; None of a project that is not on this machine."""
        row = await self.find(reference)
        if row is not None:
            return self.places.of(row.id)
        return await asyncio.to_thread(_absolute, Path(reference))

    async def ask_missing(self, report: ProjectReport) -> Asked:
        """Request what is not in the catalogue as one chain, which counts once. NotAllowed, RequestRefused."""
        missing = assessing.missing_names(report)
        some = [PackageReference(registry, name) for registry, name in missing[:MAX_PACKAGES]]
        if not some:
            return Asked(0, (), 0)
        outcomes = await self._requesting.ask_all(some)
        refused = tuple(each for each in outcomes if isinstance(each, RefusedFor))
        asked = [each for each in outcomes if isinstance(each, AskedFor)]
        return Asked(len(asked), refused, len(missing) - len(some), asked[0] if asked else None)

    async def _row(self, id: UUID) -> ProjectRow:
        row = next((row for row in await self.rows() if row.id == id), None)
        if row is None:
            raise TgtuiError("The project was removed meanwhile.")
        return row

    async def _note(self, row: ProjectRow, problems: Sequence[ProjectProblem]) -> bool:
        if tuple(problems) == row.problems:
            return False
        digest = f"{STALE}{(row.digest or '').removeprefix(STALE)}"
        await self._database.write(contents.note_reading, row.id, None, problems, digest)
        return True

    async def _store(self, id: UUID, reading: Reading) -> None:
        await self._database.write(
            contents.store_contents,
            id,
            reading.contents,
            reading.files,
            reading.problems,
            reading.digest,
        )


def _absolute(folder: Path) -> Path:
    try:
        return folder.expanduser().resolve()
    except (OSError, RuntimeError) as error:
        raise UsageError(f"{clean(folder)} can't be read: {clean(error)}.") from None


def _read(folder: Path, known_digest: str | None = None) -> Reading | None:
    # Imported here: the readers of all formats take a while, and few commands need them.
    from tgtui.services.personal.projects.walking import read_folder

    return read_folder(folder, known_digest)
