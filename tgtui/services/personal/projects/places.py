"""Where projects lie on this machine: a file in the data folder. The database knows no folder of any machine."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

import msgspec

from tgtui.basics.errors import TgtuiError
from tgtui.basics.files import private
from tgtui.basics.files.trouble import why
from tgtui.basics.text import clean

FILE = "projects.json"


class Places:
    """Read anew each time: another program may have changed it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def all(self) -> dict[UUID, Path]:
        """By the project's id. Empty if there is no file, or a damaged one."""
        try:
            found = msgspec.json.decode(self._file.read_bytes(), type=dict[UUID, str])
        except (OSError, msgspec.MsgspecError, ValueError):
            return {}
        return {id: Path(folder) for id, folder in found.items()}

    def of(self, project_id: UUID) -> Path | None:
        """None if it does not lie on this machine."""
        return self.all().get(project_id)

    def keep(self, project_id: UUID, folder: Path) -> None:
        """TgtuiError if the file can't be written."""
        self._write({**self.all(), project_id: folder})

    def forget(self, project_id: UUID) -> None:
        """TgtuiError if the file can't be written."""
        known = self.all()
        if known.pop(project_id, None) is not None:
            self._write(known)

    def _write(self, places: dict[UUID, Path]) -> None:
        part = self._file.with_name(f".{uuid4().hex}.part")
        body = {str(id): os.fspath(folder) for id, folder in places.items()}
        try:
            private.make_folder(self._file.parent)
            private.write(part, msgspec.json.format(msgspec.json.encode(body), indent=2))
            part.replace(self._file)
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise TgtuiError(
                f"{clean(self._file)} can't be written: {clean(why(error))}."
            ) from None
