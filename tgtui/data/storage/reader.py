"""A query function that can be passed on before the database is open. Imports no database library."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

if TYPE_CHECKING:
    from sqlalchemy import Connection  # would cost the first screen 50 ms

    from tgtui.data.storage.database import Database

P = ParamSpec("P")
T = TypeVar("T")


class Reader:
    """`await reader(query, ...)` is `Database.read` of the database that is open at that time."""

    def __init__(self, database: Callable[[], Database]) -> None:
        """`database` may raise TgtuiError while none is open."""
        self._database = database

    async def __call__(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._database().read(query, *args, **kwargs)
