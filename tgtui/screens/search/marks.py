"""The packages that are marked, to do something with several at once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from tgtui.data.views.packages import PackageRow
from tgtui.syntax.query import SearchQuery


class Marks:
    """In the order they were set."""

    def __init__(self) -> None:
        self._rows: dict[UUID, PackageRow] = {}
        self._search: SearchQuery | None = None
        """The search whose results are all marked, until a mark is set or removed by hand."""

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, row: object) -> bool:
        return isinstance(row, PackageRow) and row.id in self._rows

    @property
    def rows(self) -> list[PackageRow]:
        """All of them, including those the list no longer shows."""
        return list(self._rows.values())

    def toggle(self, row: PackageRow) -> None:
        self._search = None
        if self._rows.pop(row.id, None) is None:
            self._rows[row.id] = row

    def toggle_all(self, rows: Sequence[PackageRow]) -> None:
        """Mark all of these; if all are marked already, clear every mark."""
        self._search = None
        if all(row.id in self._rows for row in rows):
            self.clear()
        else:
            self._rows.update((row.id, row) for row in rows)

    def mark_all(self, search: SearchQuery, rows: Sequence[PackageRow]) -> None:
        """Mark these, which are all that the search finds."""
        self._rows.update((row.id, row) for row in rows)
        self._search = search

    def is_all_of(self, search: SearchQuery) -> bool:
        """All that it finds were marked."""
        return bool(self._rows) and self._search == search

    def clear(self) -> None:
        self._rows.clear()
        self._search = None
