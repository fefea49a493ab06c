"""The dialogs of the package screen: there with the key, whatever they have to read first."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, select

from tests.screens.driving import HOSTILE, HOSTILE_SHOWN, screen_text, shows, until
from tests.screens.package.test_loading import busy
from tests.screens.running import Home, running
from tests.support import rows
from tgtui.data.models.tables import packages
from tgtui.data.views.edges import UsedBy
from tgtui.data.views.packages import PackageDetail
from tgtui.screens.package.dialogs import DeleteScreen, HistoryScreen, deletion_text
from tgtui.screens.package.screen import PackageScreen


@pytest.fixture
def package(home: Home) -> UUID:
    """left-pad, whose request failed once and now waits."""

    def fill(connection: Connection) -> UUID:
        package, _version = rows.add_release(connection, "left-pad")
        ada = rows.add_account(connection)
        rows.add_request(
            connection, "left-pad", status="failed", error_message=HOSTILE, attempt_count=5,
            requested_by=ada,
        )  # fmt: skip
        rows.add_request(connection, "left-pad")
        return package

    return home.fill(fill)


def on(home: Home, package: UUID) -> Any:
    return home.app(lambda: PackageScreen(package))


async def test_the_question_before_deleting_is_there_with_the_key_and_counts_the_requests_then(
    home: Home, package: UUID
) -> None:
    async with running(on(home, package), PackageScreen) as pilot:
        await shows(pilot, "of 1.0.0 · 0")
        with busy(pilot):
            await pilot.press("delete")
            assert isinstance(pilot.app.screen, DeleteScreen)
            assert "npm:left-pad disappears" in screen_text(pilot)
            assert "cancelled" not in screen_text(pilot)
        await shows(pilot, "request will be cancelled")


async def test_who_answers_before_the_requests_are_counted_is_understood(
    home: Home, package: UUID
) -> None:
    async with running(on(home, package), PackageScreen) as pilot:
        await shows(pilot, "of 1.0.0 · 0")
        with busy(pilot):
            await pilot.press("delete", "enter")
            assert isinstance(pilot.app.screen, PackageScreen)
        await shows(pilot, "npm:left-pad was deleted by")

    def deleted(connection: Connection) -> bool:
        at = connection.scalar(select(packages.c.deleted_at).where(packages.c.id == package))
        return at is not None

    assert home.fill(deleted)


async def test_the_history_is_there_with_the_key_and_says_who_asked_and_what_came_of_it(
    home: Home, package: UUID
) -> None:
    async with running(on(home, package), PackageScreen) as pilot:
        await shows(pilot, "of 1.0.0 · 0")
        with busy(pilot):
            await pilot.press("H")
            assert isinstance(pilot.app.screen, HistoryScreen)
            assert "Requests for npm:left-pad" in screen_text(pilot)
            await shows(pilot, "loading…")
        await shows(pilot, "queued")
        await shows(pilot, "Not tried yet.")
        assert "loading…" not in screen_text(pilot)
        await pilot.press("down")
        await shows(pilot, f"5 attempts. {HOSTILE_SHOWN}")
        await shows(pilot, "requested by ")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, PackageScreen))


async def test_a_package_that_no_one_requested_says_how_it_came_here(home: Home) -> None:
    package = home.fill(lambda connection: rows.add_release(connection, "left-pad")[0])
    async with running(on(home, package), PackageScreen) as pilot:
        await shows(pilot, "of 1.0.0 · 0")
        await pilot.press("H")
        await shows(pilot, "Not requested by anyone: imported, or fetched as a dependency.")


@pytest.mark.parametrize(
    ("dependents", "requests", "sentence"),
    [
        (UsedBy(), 0, "npm:x disappears from every list, search, tree and count; new requests are"),
        (
            UsedBy(1),
            0,
            "1 package known here depends on it and will lack it; new requests are refused.",
        ),
        (
            UsedBy(1_234),
            2,
            "1,234 packages known here depend on it and will lack it; 2 requests will be",
        ),
        (UsedBy(suggested=1), 0, "1 uses it for development only or suggests it; new requests"),
        (
            UsedBy(1, 1, 1, 1, 1),
            0,
            "3 packages known here depend on it and will lack it; 2 use it for development only or suggest it;",
        ),
    ],
)
def test_the_question_names_what_deleting_touches(
    dependents: UsedBy, requests: int, sentence: str
) -> None:
    detail = PackageDetail(
        elsewhere=(),
        id=UUID(int=1), registry="npm", name="x", state="ready", description=None,
        homepage=None, repository=None, latest=None, version_count=0,
        dependent_count=dependents.installed, used_by=dependents, tags=(), fetched_at=None, last_attempt_at=None, request=None,
    )  # fmt: skip
    assert sentence in deletion_text(detail, requests).plain
