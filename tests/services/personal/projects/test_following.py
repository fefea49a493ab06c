"""Files that change are read again by the system's notification, and what changed while nobody looked at the start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.support import rows
from tgtui.basics.settings import Settings
from tgtui.services.catalogue import Catalogue

PATIENCE_S = 60


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=str(tmp_path / "data"))


async def locked(catalogue: Catalogue) -> dict[str, list[str]]:
    return {
        row.name: sorted(
            package.label for package in (await catalogue.projects.contents(row)).packages
        )
        for row in await catalogue.projects.rows()
    }


async def until(holds: Callable[[], Coroutine[Any, Any, bool]], catalogue: Catalogue) -> None:
    """Looks again after each change of the catalogue."""
    changed = asyncio.Event()
    unsubscribe = catalogue.changes.subscribe(changed.set)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await holds():
                await changed.wait()
                changed.clear()
    finally:
        unsubscribe()


async def test_a_changed_file_is_read_again_and_so_is_what_changed_meanwhile(
    settings: Settings, tmp_path: Path
) -> None:
    web, api = tmp_path / "web", tmp_path / "api"
    for folder in (web, api):
        folder.mkdir()
        (folder / "requirements.txt").write_text("a==1\n")
    catalogue = await Catalogue.open(settings)
    try:
        await catalogue.projects.add(web)
        (web / "requirements.txt").write_text("a==2\n")
        catalogue.following_projects.start()

        async def has(name: str, label: str) -> bool:
            return label in (await locked(catalogue)).get(name, [])

        await until(lambda: has("web", "a@2"), catalogue)
        await catalogue.projects.add(api)  # followed from now on, too

        async def is_followed() -> bool:
            (api / "requirements.txt").write_text("a==3\n")
            return await has("api", "a@3")

        await until(is_followed, catalogue)
        (web / "requirements.txt").write_text("a==4\n")
        await until(lambda: has("web", "a@4"), catalogue)
    finally:
        await catalogue.close()


async def test_a_search_finds_what_a_project_has(settings: Settings, tmp_path: Path) -> None:
    from tgtui.data.search.results import search_packages
    from tgtui.syntax.query import NEEDS_LOGIN, parse_search

    (tmp_path / "package.json").write_text('{"dependencies": {"alpha": "1"}}')
    catalogue = await Catalogue.open(settings)
    try:
        for name in ("alpha", "beta"):
            await catalogue.database.write(rows.add_release, name)
        await catalogue.projects.add(tmp_path, "web")
        me = catalogue.principal.account_id

        async def found(text: str) -> list[str]:
            query = parse_search(text).asked_by(me)
            assert not query.problems
            assert str(query) == text
            return [
                row.name for row in (await catalogue.database.read(search_packages, query)).rows
            ]

        assert await found("in:web") == ["alpha"]
        others = await found("-in:web")  # a new catalogue has names of its own
        assert "beta" in others
        assert "alpha" not in others
        assert await found("in:nothing") == []
        assert await found("al in:web") == ["alpha"]
        assert parse_search("in:web").asked_by(None).problems == (NEEDS_LOGIN,)
        assert "is not complete" in parse_search("in:").problems[0]
    finally:
        await catalogue.close()
