"""A way to query that can be handed on before the database is open. Imports no library of a database."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

if TYPE_CHECKING:
    from sqlalchemy.orm import Session  # 50 ms that the first screen does without

    from tgtui.data.storage.database import Database

P = ParamSpec("P")
T = TypeVar("T")


class Reader:
    """`await reader(query, ...)` is `Database.read`, of the database that is open by then."""

    def __init__(self, database: Callable[[], Database]) -> None:
        """`database` may raise TgtuiError while there is none."""
        self._database = database

    async def __call__(
        self, query: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._database().read(query, *args, **kwargs)
