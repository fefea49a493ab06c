"""Writes a file bit by bit; an older one of its name stays until the new one is complete."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import TextIO
from uuid import uuid4

from tgtui.basics.errors import TgtuiError
from tgtui.basics.files.paths import working_folder
from tgtui.basics.files.trouble import why
from tgtui.basics.text import clean


class NotReplaced(TgtuiError):
    """The file can't be written; the sentence says why. The old file is untouched."""


class ReplacedFile:
    """Call `finish` at the end, or `discard`, which leaves nothing behind. Errors are NotReplaced."""

    def __init__(self, path: Path) -> None:
        self._path = working_folder() / path
        self._target = path.resolve()
        """A link stays one."""
        self._is_replaced = self._target.is_file() or not self._target.exists()
        """Else it is a device or a pipe, which is written to as it is."""
        self._part = (
            self._target.with_name(f".{uuid4().hex}.part") if self._is_replaced else self._target
        )
        self._file: TextIO | None = None

    def write(self, text: str) -> None:
        """More of it."""
        try:
            if self._file is None:
                self._file = self._part.open(
                    "x" if self._is_replaced else "w", encoding="utf-8", newline=""
                )
            self._file.write(text)
        except OSError as error:
            raise self._not_written(error) from None

    def finish(self) -> None:
        """It is complete: replace the older one."""
        try:
            self.write("")
            assert self._file is not None
            self._file.close()
            if self._is_replaced:
                with suppress(FileNotFoundError):
                    shutil.copymode(self._target, self._part)
                self._part.replace(self._target)
        except OSError as error:
            raise self._not_written(error) from None

    def discard(self) -> None:
        """Drop what was written; does nothing after `finish`."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            with suppress(OSError):
                if self._is_replaced:
                    self._part.unlink(missing_ok=True)

    def _not_written(self, error: OSError) -> NotReplaced:
        reason = clean(why(error))
        return NotReplaced(f"{clean(self._path)} can't be written: {reason}.")
