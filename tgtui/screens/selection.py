"""Several packages of a list at once: which are marked, and what can be done with them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import UUID

from textual.content import Content

from tgtui.data.views import PackageRow
from tgtui.errors import TgtuiError, UsageError
from tgtui.exporting import as_csv, as_json
from tgtui.formatting import counted
from tgtui.screens.base import BaseScreen
from tgtui.widgets.content import safe

EXPORT_FILE = "packages.csv"
FORMATS = {".csv": "CSV", ".json": "JSON"}


class Selection:
    """The marked packages, in the order they were marked."""

    def __init__(self) -> None:
        self._rows: dict[UUID, PackageRow] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, row: object) -> bool:
        return isinstance(row, PackageRow) and row.id in self._rows

    @property
    def rows(self) -> list[PackageRow]:
        """All of them, also those that the list no longer shows."""
        return list(self._rows.values())

    def toggle(self, row: PackageRow) -> None:
        """Mark it, or no longer."""
        if self._rows.pop(row.id, None) is None:
            self._rows[row.id] = row

    def toggle_all(self, rows: Sequence[PackageRow]) -> None:
        """Mark all of these; where all are marked already, none."""
        if all(row.id in self._rows for row in rows):
            self._rows.clear()
        else:
            self._rows.update((row.id, row) for row in rows)

    def clear(self) -> None:
        """Mark nothing."""
        self._rows.clear()


async def ask_for_all(screen: BaseScreen, rows: Sequence[PackageRow]) -> None:
    """Queue every one that was not read yet, and say how many that were."""
    waiting = [row for row in rows if row.state != "ready"]
    refused: list[str] = []
    for row in waiting:
        try:
            await screen.catalogue.requesting.ask(f"{row.registry}:{row.name}")
        except TgtuiError as error:
            refused.append(str(error))
    asked = len(waiting) - len(refused)
    here = len(rows) - len(waiting)
    parts = [f"{counted(asked, 'package')} asked for"] if asked else []
    parts += [f"{counted(here, 'package')} here already"] if here else []
    parts += [f"{len(refused)} refused: {refused[0]}"] if refused else []
    screen.tell("; ".join(parts), is_error=bool(refused))
    screen.hint()


async def tag_all(screen: BaseScreen, rows: Sequence[PackageRow]) -> None:
    """Let people give and take tags of these packages."""
    title = rows[0].name if len(rows) == 1 else counted(len(rows), "package")
    await tag_packages(screen, [row.id for row in rows], title)


async def tag_packages(screen: BaseScreen, ids: Sequence[UUID], title: str) -> None:
    """The picker, and what was chosen in it."""
    from tgtui.data.tags import tag_choices
    from tgtui.screens.tagging import TagChange, TagScreen, pick_row

    choices = await screen.catalogue.database.read(tag_choices, ids)
    # In a thread: ten thousand rows take longer than a frame.
    rows = await asyncio.to_thread(lambda: [pick_row(choice, len(ids)) for choice in choices])

    async def chosen(change: TagChange | None) -> None:
        if change is None:
            return
        try:
            tagged = await screen.catalogue.curating.change_tags(
                ids, add=change.add, remove=change.remove
            )
        except TgtuiError as error:
            screen.tell(error, is_error=True)
        else:
            parts = [f"{counted(tagged.changed, 'tag assignment')} changed"]
            parts += [f"{counted(tagged.gone, 'tag')} deleted meanwhile"] if tagged.gone else []
            gone = counted(tagged.missing, "package")
            parts += [f"{gone} deleted meanwhile"] if tagged.missing else []
            screen.tell("; ".join(parts) + ".", is_error=bool(tagged.gone or tagged.missing))
            screen.hint()

    picker = TagScreen(title, len(ids), rows, screen.catalogue, screen.app.now())
    screen.app.push_screen(picker, chosen)


def export(screen: BaseScreen, rows: Sequence[PackageRow]) -> None:
    """Ask for a file and write these packages into it."""
    from tgtui.screens.line import LineScreen

    count = counted(len(rows), "package")

    async def named(text: str | None) -> None:
        if text is None:
            return
        path = _path(text)
        try:
            await asyncio.to_thread(_write, path, rows)
        except OSError as error:
            screen.tell(f"{path} can't be written: {error.strerror or error}.", is_error=True)
        else:
            screen.tell(f"{count} written into {path.absolute()}")

    def judge(text: str) -> Content:
        path = _path(text)
        kind = FORMATS[path.suffix.lower()]
        replaces = " in place of the file that is there" if path.exists() else ""
        return safe(f"Writes {count} as {kind} into {path.absolute()}{replaces}.", 300)

    dialog = LineScreen(f"Export {count}", "enter writes", EXPORT_FILE, judge)
    screen.app.push_screen(dialog, named)


def _path(text: str) -> Path:
    """UsageError for a name that ends in no known format, or a folder that is not there."""
    path = Path(text.strip()).expanduser()
    if path.suffix.lower() not in FORMATS or not path.stem:
        raise UsageError("Name a file that ends in .csv or .json.")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"There is no folder {path.absolute().parent}.")
    if path.is_dir():
        raise UsageError(f"{path.absolute()} is a folder; name a file.")
    return path


def _write(path: Path, rows: Iterable[PackageRow]) -> None:
    records = [row.record() for row in rows]
    text = as_json(records) if path.suffix.lower() == ".json" else as_csv(records)
    path.write_text(text, encoding="utf-8", newline="")
