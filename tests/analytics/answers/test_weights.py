"""The heaviest trees are those that the tree screen weighs the most, exactly, on catalogues of every kind."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import Connection, delete, select

from tests.analytics.answers.test_measures import plant, some_archive
from tests.data.graph.choosing.test_root import bring
from tests.support import rows
from tests.support.mass import mass
from tests.support.views import views_of
from tgtui.analytics.answers import weights
from tgtui.analytics.answers.loading import NOWHERE, load
from tgtui.analytics.answers.measures import measure
from tgtui.analytics.answers.packages import reusing_in
from tgtui.analytics.answers.weights import Weights, sizes_in
from tgtui.data.graph.weighing import weight_of
from tgtui.data.models.facts import package_facts
from tgtui.data.models.tables import package_versions, packages
from tgtui.data.storage.database import Database
from tgtui.data.versions.latest import latest_version_id
from tgtui.registries.base import Facts
from tgtui.versions.npm.platform import Platform

pytestmark = pytest.mark.full_on("postgresql")

DAY = date(2026, 3, 4)
HERE = Platform.read("linux-x64")

Told = tuple[int, int, int]
"""Bytes, versions, and of how many of them the size is known."""


def weighted(connection: Connection, random: Random) -> None:
    """Sizes of any kind, some unknown; some versions are for other platforms."""
    connection.execute(delete(package_facts))
    for id in connection.scalars(select(package_versions.c.id)).all():
        if random.random() < 0.2:
            continue
        size = random.choice([None, 0, 1, random.randrange(100), random.randrange(10**9)])
        os = random.choice([(), (), ("linux",), ("win32",), ("!linux",)])
        rows.add_facts(connection, id, Facts(unpacked_size=size, os=os))


def expected(connection: Connection) -> dict[UUID, Told]:
    found: dict[UUID, Told] = {}
    p = packages.c
    for id, version in connection.execute(
        select(p.id, latest_version_id(p.id)).select_from(packages).where(p.deleted_at.is_(None))
    ).all():
        if version is not None:
            weight = weight_of(connection, version, HERE)
            found[id] = (weight.size, weight.packages, weight.sizes_known)
    return found


def heaviest(database: Database) -> dict[UUID, Told]:
    connection = views_of(database, DAY)
    loaded = load(connection)
    ids = [
        UUID(row[0])
        for row in connection.execute("SELECT package_id FROM packages ORDER BY number").fetchall()
    ]
    weighing = Weights(loaded.graph, sizes_in(connection, database, loaded.graph, HERE))
    with reusing_in(connection, database, loaded) as reusing:
        measure(loaded, reusing, weighing)
    found = weighing.heaviest(loaded, reusing, np.flatnonzero(loaded.latest != NOWHERE))
    assert [each.bytes for each in found] == sorted((each.bytes for each in found), reverse=True)
    return {ids[each.package]: (each.bytes, each.packages, each.known) for each in found}


def compare(database: Database, listed: int) -> None:
    found, all_of_them = heaviest(database), database.read_now(expected)
    assert found.items() <= all_of_them.items()
    sizes = sorted((told[0] for told in all_of_them.values() if told[0]), reverse=True)
    assert sorted((told[0] for told in found.values()), reverse=True) == sizes[:listed]


@pytest.mark.parametrize("number", mass(6, full=[60]))
def test_each_weighs_what_its_tree_does(
    database: Database, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    random = Random(3)
    for _ in range(number):
        database.write_now(lambda connection: connection.execute(packages.delete()))
        database.write_now(plant, random, "npm")
        database.write_now(weighted, random)
        listed = random.choice([1, 5, 200])
        monkeypatch.setattr(weights, "LISTED", listed)
        monkeypatch.setattr(weights, "FIRST_WEIGHED", random.choice([1, 3, 400]))
        compare(database, listed)


@pytest.mark.parametrize("number", mass(4, full=[40]))
def test_of_apt_what_it_would_install(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    random = Random(5)
    for place in range(number):
        database.write_now(lambda connection: connection.execute(packages.delete()))
        folder = tmp_path / str(place)
        folder.mkdir()
        bring(database, folder, some_archive(random))
        database.write_now(_sized, random)
        listed = random.choice([1, 3, 200])
        monkeypatch.setattr(weights, "LISTED", listed)
        monkeypatch.setattr(weights, "FIRST_WEIGHED", 1)
        compare(database, listed)


def test_a_catalogue_of_zero_and_one_without_sizes(database: Database) -> None:
    assert heaviest(database) == {}
    database.write_now(plant, Random(1), "npm")
    assert heaviest(database) == {}


def _sized(connection: Connection, random: Random) -> None:
    connection.execute(delete(package_facts))
    for id in connection.scalars(select(package_versions.c.id)).all():
        if random.random() < 0.9:
            rows.add_facts(connection, id, Facts(unpacked_size=random.randrange(10**6)))
