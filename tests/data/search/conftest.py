"""What tests of searches share."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Connection

from tests.support import rows
from tgtui.data.search.index import refresh


@pytest.fixture
def garden(connection: Connection) -> Connection:
    """Sixty packages of all kinds, with ties in every order."""
    ada, tag = rows.add_account(connection), rows.add_tag(connection, "web")
    ids: list[UUID] = []
    for number in range(60):
        start = ("tool", "a-tool", "xtool", "other", "to-ol", "Tool_kit")[number % 6]
        package = rows.add_package(
            connection,
            f"{start}-{number // 2}" if number % 3 else f"{start}-{number}",
            ("npm", "jsr", "brew")[number % 3],
            description="a tool for all" if number % 4 == 0 else None,
        )
        rows.add_version(
            connection,
            package,
            is_yanked=number % 5 == 0,
            published_at=rows.DAY_ONE.replace(day=1 + number % 7),
        )
        for _ in range(number % 3):
            rows.add_interaction(connection, package)
        if number % 2:
            rows.add_package_tag(connection, package, tag, ada)
        ids.append(package)
    refresh(connection, ids)
    return connection
