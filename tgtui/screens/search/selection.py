"""Several packages of a list at once: which are marked, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import counted
from tgtui.data.views.packages import PackageRow
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.search.jobs import LongWork
from tgtui.syntax.query import SearchQuery


class Selection:
    """The marked packages, in the order they were marked."""

    def __init__(self) -> None:
        self._rows: dict[UUID, PackageRow] = {}
        self._search: SearchQuery | None = None
        """Of which everything is marked, and nothing was chosen since."""

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
        self._search = None
        if self._rows.pop(row.id, None) is None:
            self._rows[row.id] = row

    def toggle_all(self, rows: Sequence[PackageRow]) -> None:
        """Mark all of these; where all are marked already, none."""
        self._search = None
        if all(row.id in self._rows for row in rows):
            self.clear()
        else:
            self._rows.update((row.id, row) for row in rows)

    def mark_all(self, search: SearchQuery, rows: Sequence[PackageRow]) -> None:
        """Mark these, all that the search finds."""
        self._rows.update((row.id, row) for row in rows)
        self._search = search

    def is_all_of(self, search: SearchQuery) -> bool:
        """All that it finds were marked."""
        return bool(self._rows) and self._search == search

    def clear(self) -> None:
        """Mark nothing."""
        self._rows.clear()
        self._search = None


async def ask_for_all(screen: BaseScreen, rows: Sequence[PackageRow], work: LongWork) -> None:
    """Queue every one that was not read yet, and say how many that were."""
    waiting = [row for row in rows if row.state != "ready"]
    refused: list[str] = []
    for done, row in enumerate(waiting):
        work.progress("asking for", done, len(waiting))
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
