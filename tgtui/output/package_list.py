"""Writes packages to a CSV or JSON file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Callable, Sequence
from pathlib import Path

from tgtui.basics.errors import UsageError
from tgtui.basics.files.paths import expanded, working_folder
from tgtui.basics.files.trouble import why
from tgtui.basics.text import clean
from tgtui.data.views.packages import PackageRow
from tgtui.output.replacing import ReplacedFile
from tgtui.syntax.lists import CsvText, JsonText, Text

EXPORTED_AT_MOST = 100_000
"""Packages in one file."""
FORMATS: dict[str, tuple[str, type[CsvText | JsonText]]] = {
    ".csv": ("CSV", CsvText),
    ".json": ("JSON", JsonText),
}


async def write_list(
    pages: AsyncIterable[Sequence[PackageRow]], path: Path, progress: Callable[[int], object]
) -> int:
    """Write all of them, and return how many. A file that is not finished leaves no trace.

    `progress` is told how many are written so far.
    """
    _kind, new_text = FORMATS[path.suffix.lower()]
    file, text, done = ReplacedFile(path), new_text(), 0
    try:
        async for rows in pages:
            await _in_thread(_add, file, text, rows)
            done += len(rows)
            progress(done)
        await _in_thread(_end, file, text)
    finally:
        file.discard()
    return done


def file_named(text: str) -> Path:
    """Absolute. UsageError for a name without a known ending, a missing folder, or what can't be a file's name."""
    try:
        path = working_folder() / expanded(text.strip())
        has_folder, is_folder = path.parent.is_dir(), path.is_dir()
    except OSError as error:  # too long, not readable
        reason = clean(why(error))
        raise UsageError(f"No file can be written there: {reason}.") from None
    if path.suffix.lower() not in FORMATS or not path.stem:
        raise UsageError("Name a file that ends in .csv or .json.")
    if not has_folder:
        raise UsageError(f"There is no folder {path.parent}.")
    if is_folder:
        raise UsageError(f"{path} is a folder; name a file.")
    return path


def _add(file: ReplacedFile, text: Text, rows: Sequence[PackageRow]) -> None:
    file.write(text.more(row.record() for row in rows))


def _end(file: ReplacedFile, text: Text) -> None:
    file.write(text.end())
    file.finish()


async def _in_thread(call: Callable[..., None], *args: object) -> None:
    """Waits for the thread when it is cancelled too: its file must not be removed while it writes."""
    running = asyncio.ensure_future(asyncio.to_thread(call, *args))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
