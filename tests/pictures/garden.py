"""The catalogue in the pictures: recorded packages, brought in by the real worker from the fake registry."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import Connection, select, update

from tests.support import rows
from tests.support.fake_registry import FakeRegistry
from tests.support.places import RECORDINGS
from tgtui.basics.settings import NpmSettings, Settings, WorkerSettings
from tgtui.data.models import tables
from tgtui.data.requests import asking
from tgtui.data.requests.lists import chain_members
from tgtui.services.catalogue import Catalogue
from tgtui.worker.runner import Worker

RECORDING = RECORDINGS / "pictures.json"
README = RECORDINGS / "express_readme.md"
"""Published with express 5.3.0."""
STARTED = timedelta(minutes=7)
"""Before the pictures are taken: the catalogue is new."""
READ = timedelta(minutes=4)
"""Before the pictures are taken."""
SEEDS = ("react", "vue", "express", "hono", "typescript", "axios", "zod", "lodash", "prettier")
"""Of what a new catalogue starts with, those that are there by now; the others still wait."""
REACT = ("react-dom", "react-is", "react-redux", "react-refresh", "react-router", "react-hook-form")
FRONTEND = (
    "preact",
    "react-dom",
    "react-redux",
    "react-router",
    "react-router-dom",
    "lucide-react",
)
"""Tagged by a person."""
EXPRESS = ("express-rate-limit", "swagger-ui-express")


class Clock:
    """What the program takes for the present; stands still until it is set."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment


class Garden:
    """A filled catalogue, and what of it the scenes need."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.online = settings
        """With the address of the registry that the catalogue was filled from, which is gone."""
        self.requests: dict[str, UUID] = {}
        """The newest request of each package."""


def read_recording() -> tuple[datetime, dict[str, dict[str, Any]]]:
    """When it was made, and the documents by name."""
    recording = json.loads(RECORDING.read_text(encoding="utf-8"))
    taken_at = datetime.strptime(recording["taken_at"], "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007
    return taken_at.replace(tzinfo=UTC), recording["packages"]


async def plant(folder: Path, patch: pytest.MonkeyPatch) -> Garden:
    """Make the catalogue in `folder`. The program's clock stands still from then on."""
    now, documents = read_recording()
    clock = Clock(now)
    patch.setattr("tgtui.basics.clock.now", clock)
    patch.setenv("LOGNAME", "ada")  # getpass asks it first who is there
    settings = Settings(
        data_dir=str(folder),
        cache_dir=str(folder / "cache"),
        # One at a time, so that rows are made in one order.
        worker=WorkerSettings(enabled=False, concurrency=1),
        # What is opened while the pictures are drawn changes no other picture.
        record_interactions=False,
    )
    garden = Garden(settings, clock)
    with FakeRegistry() as registry:
        for name, document in documents.items():
            registry.add_document(name, document)
        express = {**documents["express"], "readme": README.read_text(encoding="utf-8")}
        registry.add_document("express", {**express, "readmeFilename": "Readme.md"})
        clock.moment = now - STARTED
        online = msgspec.structs.replace(settings, npm=NpmSettings(registry=registry.url))
        catalogue = await Catalogue.open(online)
        try:
            await _history(catalogue, clock, now)
            await catalogue.database.write(_finish, garden, now)
            # From here on it opens without the registry.
            await catalogue.files.readme("npm", "express", express["dist-tags"]["latest"])
            garden.online = online
        finally:
            await catalogue.close()
    return garden


async def _history(catalogue: Catalogue, clock: Clock, now: datetime) -> None:
    """What happened until the pictures are taken, in its order."""

    async def work(*names: str, minutes: int, up_to: int = asking.PRIORITY_AUTO) -> None:
        clock.moment = now - timedelta(minutes=minutes)
        for name in names:
            await catalogue.requesting.ask(f"npm:{name}")
        worker = Worker(
            catalogue.database,
            catalogue.registries,
            catalogue.activity,
            catalogue.settings,
            max_priority=up_to,
        )
        await worker.run(until_empty=True)

    await work(*SEEDS, minutes=6)
    await work("preact", "lucide-react", *REACT, "react-router-dom", minutes=5)
    await work(*EXPRESS, minutes=4)
    await work("mongoose", minutes=3, up_to=asking.PRIORITY_ASKED)
    await work("left-padd", "jest", minutes=2, up_to=asking.PRIORITY_ASKED)
    clock.moment = now - timedelta(minutes=1)
    for name in ("esbuild", "electron"):
        await catalogue.requesting.ask(f"npm:{name}")
    clock.moment = now


def _finish(connection: Connection, garden: Garden, now: datetime) -> None:
    """Put requests in the states they pass through while a worker is at them."""
    packages, table = tables.packages, tables.package_requests
    # Documents are stamped by the real clock.
    fetched = now - READ
    connection.execute(
        update(packages)
        .where(packages.c.last_fetch_success.is_not(None))
        .values(last_fetch_success=fetched, last_fetch_attempt=fetched)
    )
    for name, id in connection.execute(
        select(table.c.package_name, table.c.id).order_by(table.c.id)
    ):
        garden.requests[name] = id

    tag = connection.scalars(select(tables.tags.c.id).where(tables.tags.c.slug == "frontend")).one()
    ada = connection.scalars(
        select(tables.accounts.c.id).where(tables.accounts.c.subject == "ada")
    ).one()
    for id in connection.scalars(select(packages.c.id).where(packages.c.name.in_(FRONTEND))):
        rows.add_package_tag(connection, id, tag, ada)

    def put(names: Iterable[str], status: str, **values: Any) -> None:
        ids = [garden.requests[name] for name in names]
        connection.execute(update(table).where(table.c.id.in_(ids)).values(status=status, **values))

    put(["electron", "@jest/core", "jest-cli"], "fetching", attempt_count=1)
    put(["@jest/types"], "completed", attempt_count=1)
    put(_members(connection, garden.requests["mongoose"])[:4], "completed", attempt_count=1)
    put(
        ["esbuild"],
        "pending",
        attempt_count=2,
        error_code="unreachable",
        error_message="The registry could not be reached.",
        retry_after=now + timedelta(seconds=40),
    )
    rows.count_all(connection)


def _members(connection: Connection, root: UUID) -> list[str]:
    return [row.name for row in chain_members(connection, root)]
