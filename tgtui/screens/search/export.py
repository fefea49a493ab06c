"""Writes packages of the search screen into a file: those that are marked, or all that was found."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content

from tgtui.basics.errors import UsageError
from tgtui.basics.formatting import counted, number
from tgtui.basics.text import clean
from tgtui.data.views.packages import PackageRow
from tgtui.output.replacing import ReplacedFile
from tgtui.screens.search.jobs import in_thread
from tgtui.screens.search.whole import READ_AT_ONCE, every_match
from tgtui.syntax.lists import CsvText, JsonText, Text
from tgtui.widgets.content import safe

if TYPE_CHECKING:
    from tgtui.screens.search.screen import SearchScreen

EXPORTED_AT_MOST = 100_000
"""Packages of one file."""
EXPORT_FILE = "packages.csv"
FORMATS: dict[str, tuple[str, type[CsvText | JsonText]]] = {
    ".csv": ("CSV", CsvText),
    ".json": ("JSON", JsonText),
}

Pages = AsyncIterator[Sequence[PackageRow]]


def export(screen: SearchScreen) -> None:
    """What is marked, else all that the search finds."""
    found = screen.found
    if found.marked or found.pages.found.is_whole:
        rows = found.marked.rows or found.rows.rows
        _ask(screen, _in_pages(rows), len(rows))
    else:
        screen.start("export", _export_found, screen)


async def _export_found(screen: SearchScreen) -> None:
    query, total = screen.found.query, await screen.found.total()
    if query == screen.found.query:
        _ask(screen, every_match(screen, query, EXPORTED_AT_MOST), total)


def _ask(screen: SearchScreen, pages: Pages, total: int) -> None:
    """Which file; then it is written."""
    from tgtui.screens.dialogs.line import LineScreen

    count, amount = min(total, EXPORTED_AT_MOST), counted(total, "package")
    if count < total:
        amount = f"the first {number(count)} of {amount}"

    def judge(text: str) -> Content:
        path = _path(text)
        kind, _text = FORMATS[path.suffix.lower()]
        replaces = " in place of the file that is there" if path.exists() else ""
        most = " (the most at once)" if count < total else ""
        return safe(f"Writes {amount}{most} as {kind} into {path}{replaces}.", 400)

    async def named(text: str | None) -> None:
        if text is not None:
            write = partial(_write, screen, pages, total, _path(text))
            screen.found.work.start("exporting", "Stopped; nothing was written.", write)

    dialog = LineScreen(f"Export {amount}", "enter writes", EXPORT_FILE, judge)
    screen.app.push_screen(dialog, named)


async def _write(screen: SearchScreen, pages: Pages, total: int, path: Path) -> None:
    _kind, new_text = FORMATS[path.suffix.lower()]
    file, text, done = ReplacedFile(path), new_text(), 0
    try:
        async for rows in pages:
            await in_thread(_add, file, text, rows)
            done += len(rows)
            screen.found.work.progress("exporting", done, min(total, EXPORTED_AT_MOST))
        await in_thread(_end, file, text)
    finally:
        file.discard()
    written = counted(done, "package")
    if EXPORTED_AT_MOST <= done < total:
        written = f"The first {number(done)} of {counted(total, 'package')}"
    screen.tell(f"{written} written into {path}")


def _add(file: ReplacedFile, text: Text, rows: Sequence[PackageRow]) -> None:
    file.write(text.more(row.record() for row in rows))


def _end(file: ReplacedFile, text: Text) -> None:
    file.write(text.end())
    file.finish()


async def _in_pages(rows: Sequence[PackageRow]) -> Pages:
    for start in range(0, len(rows), READ_AT_ONCE):
        yield rows[start : start + READ_AT_ONCE]


def _path(text: str) -> Path:
    """Absolute. UsageError for a name that ends in no known format, a folder that is not there, or what no file
    can be called."""
    try:
        path = Path(text.strip()).expanduser().absolute()
        has_folder, is_folder = path.parent.is_dir(), path.is_dir()
    except (OSError, RuntimeError) as error:  # too long, not to be looked into; nobody's home
        reason = clean(getattr(error, "strerror", None) or error)
        raise UsageError(f"No file can be written there: {reason}.".replace("..", ".")) from None
    if path.suffix.lower() not in FORMATS or not path.stem:
        raise UsageError("Name a file that ends in .csv or .json.")
    if not has_folder:
        raise UsageError(f"There is no folder {path.parent}.")
    if is_folder:
        raise UsageError(f"{path} is a folder; name a file.")
    return path
