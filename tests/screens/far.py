"""A search of many packages on the screen, and a way to hold its reading back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection

from tests.screens.driving import PATIENCE_S
from tests.support.rows import add_package, add_tag
from tgtui.widgets.lists.sparse_list import SparseList
from tgtui.widgets.packages.preview import Preview

TOTAL = 1_234


def many(connection: Connection) -> None:
    """TOTAL packages whose names are their places in every order."""
    add_tag(connection, "testing")
    for number in range(TOTAL):
        add_package(connection, name_of(number))


def name_of(line: int) -> str:
    return f"package-{line:04}"


def result_list(app: Any) -> SparseList[Any]:
    """The list in the middle of the search screen."""
    found: SparseList[Any] = app.screen.query_one("#results-list", SparseList)
    return found


def names_in_sight(app: Any) -> list[str | None]:
    """By line; None where a row is not here yet."""
    found = app.screen.results.pages.found
    lines = result_list(app).lines_in_sight()
    return [row and row.name for row in (found[line] for line in lines)]


def is_in_sight(app: Any) -> bool:
    """Every line in sight has the row that belongs there."""
    lines = result_list(app).lines_in_sight()
    return bool(lines) and names_in_sight(app) == [name_of(line) for line in lines]


def position(app: Any) -> str:
    """What stands below the list."""
    return str(app.screen.query_one("#results").border_subtitle)


def preview_title(app: Any) -> str | None:
    """What the preview is of."""
    title = app.screen.query_one(Preview).border_title
    return None if title is None else str(title)


class Held:
    """Calls of one query; they wait once it was told to answer no more of them."""

    def __init__(self, query: Callable[..., Any], limit: int | None) -> None:
        self.calls = 0
        self._query = query
        self._limit = limit
        self._left: int | None = None
        self._told = threading.Condition()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._limit is not None and kwargs.get("limit") != self._limit:
            return self._query(*args, **kwargs)
        with self._told:
            self.calls += 1
            if not self._told.wait_for(lambda: self._left != 0, timeout=PATIENCE_S):
                raise AssertionError("nobody let the query answer")
            if self._left is not None:
                self._left -= 1
        return self._query(*args, **kwargs)

    def answer(self, times: int | None = None) -> None:
        """As many calls from now on, or all."""
        with self._told:
            self._left = times
            self._told.notify_all()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Answers come after this only."""
        self.answer(0)
        try:
            yield
        finally:
            self.answer()


def hold(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, *, limit: int | None = None
) -> Held:
    """The query itself, with a gate before it; with a `limit`, for pages of this many rows only."""
    held = Held(getattr(module, name), limit)
    monkeypatch.setattr(module, name, held)
    return held
