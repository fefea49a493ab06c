"""Counts and depths are those of the tree screen, on catalogues of every kind; who needs whom follows from its trees."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import Connection, select, update

from tests.data.graph.choosing.test_root import bring
from tests.support import rows
from tests.support.apt_archive import packages as written
from tests.support.apt_archive import stanza
from tests.support.mass import mass
from tests.support.views import views_of
from tgtui.analytics.answers import closures
from tgtui.analytics.answers.loading import NOWHERE, load
from tgtui.analytics.answers.measures import measure
from tgtui.analytics.answers.packages import reusing_in
from tgtui.data.graph.reach import closure_of
from tgtui.data.graph.tree import TreeQuery, overview
from tgtui.data.models.tables import package_versions, packages
from tgtui.data.storage.database import Database
from tgtui.data.versions.latest import latest_version_id

pytestmark = pytest.mark.full_on("postgresql")

DAY = date(2026, 3, 4)
TYPES = ("runtime", "runtime", "runtime", "peer", "optional", "dev")


def plant(connection: Connection, random: Random, registry: str) -> None:
    """Some versions each, edges anywhere, circles and knots included; some lead nowhere, some packages are deleted."""
    versions = [
        (package, rows.add_version(connection, package, f"{number}.0.0"))
        for name in range(random.randrange(2, 25))
        for package in [rows.add_package(connection, f"p{name}", registry)]
        for number in range(1, random.choice([2, 2, 3, 4]))
    ]
    for _ in range(random.randrange(3 * len(versions))):
        target = random.choice(versions) if random.random() < 0.9 else (None, None)
        rows.add_edge(
            connection,
            random.choice(versions),
            "x",
            target,
            dependency_type=random.choice(TYPES),
            is_optional=random.random() < 0.3,
            dependency_registry=registry,
        )
    for package in {package for package, _version in versions}:
        if random.random() < 0.1:
            connection.execute(
                update(packages).where(packages.c.id == package).values(deleted_at=rows.DAY_ONE)
            )


def some_archive(random: Random) -> bytes:
    """Alternatives, providers, conflicts, recommendations and what is nowhere."""
    names = [f"p{number}" for number in range(random.randrange(3, 16))]
    stanzas = []
    for name in names:

        def group() -> str:
            some = random.choices([*names, "virtual", "nowhere"], k=random.choice([1, 1, 2, 3]))
            return " | ".join(dict.fromkeys(some))

        fields = {"Depends": ", ".join(group() for _ in range(random.choice([0, 1, 1, 2, 3])))}
        if random.random() < 0.4:
            fields["Recommends"] = group()
        if random.random() < 0.2:
            fields["Conflicts"] = random.choice(names)
        if random.random() < 0.2:
            fields["Provides"] = "virtual"
        stanzas.append(stanza(name, **{key: text for key, text in fields.items() if text}))
    return written(*stanzas)


def expected(connection: Connection) -> dict[UUID, tuple[int, int, int, int]]:
    """By package; from the trees as they are shown, one by one."""
    latest: dict[UUID, UUID | None] = {
        row[0]: row[1]
        for row in connection.execute(
            select(packages.c.id, latest_version_id(packages.c.id))
            .select_from(packages)
            .where(packages.c.deleted_at.is_(None))
        )
    }
    v = package_versions
    of = {row[0]: row[1] for row in connection.execute(select(v.c.id, v.c.package_id))}
    needing: dict[UUID, set[UUID]] = {id: set() for id in latest}
    direct: dict[UUID, set[UUID]] = {id: set() for id in latest}
    found: dict[UUID, tuple[int, int]] = {}
    for package, version in latest.items():
        if version is None:
            continue
        totals = overview(connection, TreeQuery(version)).totals
        found[package] = (totals.packages, totals.depth)
        closure = closure_of(connection, version)
        for id in closure.ids[1:]:
            needing[of[id]].add(package)
        for number in closure.targets[0]:
            direct[of[closure.id_of(number)]].add(package)
    return {
        id: (*counts, len(direct[id] - {id}), len(needing[id] - {id}))
        for id, counts in found.items()
    }


def measured(
    database: Database, differing: list[int] | None = None
) -> dict[UUID, tuple[int, int, int, int]]:
    """`differing` gets how many trees are not what edges lead to by themselves."""
    connection = views_of(database, DAY)
    loaded = load(connection)
    ids = [
        UUID(row[0])
        for row in connection.execute("SELECT package_id FROM packages ORDER BY number").fetchall()
    ]
    with reusing_in(connection, database, loaded) as reusing:
        told = measure(loaded, reusing)
    if differing is not None:
        differing.append(told.differing)
    table = np.stack([told.packages, told.depth, told.dependents, told.dependents_all], axis=1)
    return {
        id: (row[0], row[1], row[2], row[3])
        for id, row in zip(ids, table.tolist(), strict=True)
        if row[0] != NOWHERE
    }


@pytest.mark.parametrize("number", mass(6, full=[60]))
@pytest.mark.parametrize("registry", ["npm", "brew"])
def test_counts_are_those_of_every_tree(
    database: Database, monkeypatch: pytest.MonkeyPatch, registry: str, number: int
) -> None:
    random = Random(7)
    for _ in range(number):
        database.write_now(_empty)
        database.write_now(plant, random, registry)
        monkeypatch.setattr(closures, "CELLS", random.choice([1, 100, 10_000]))
        monkeypatch.setattr(closures, "WORDS", random.choice([1, 2, 32]))
        monkeypatch.setattr(closures, "WORDS_AT_ONCE", random.choice([1, 5, 10_000]))
        assert measured(database) == database.read_now(expected)


@pytest.mark.parametrize("number", mass(8, full=[80]))
def test_counts_of_apt_are_those_of_what_it_would_install(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    random = Random(11)
    differing: list[int] = []
    for place in range(number):
        database.write_now(_empty)
        folder = tmp_path / str(place)
        folder.mkdir()
        bring(database, folder, some_archive(random))
        monkeypatch.setattr(closures, "CELLS", random.choice([1, 100, 10_000]))
        assert measured(database, differing) == database.read_now(expected)
    assert sum(differing) > number, "else nothing was decided by what is there anyway"


def test_an_empty_catalogue_has_no_counts(database: Database) -> None:
    assert measured(database) == {}


def _empty(connection: Connection) -> None:
    connection.execute(packages.delete())


def test_a_chain_of_any_depth_is_counted() -> None:
    """Deeper than any recursion."""
    length = 20_000
    arrows = np.arange(length - 1, dtype=np.int32)
    graph = closures.graph_of(arrows, arrows + 1, np.arange(length, dtype=np.int32), length)
    (block,) = closures.closures(graph, np.array([0, length - 1], np.int32))
    assert block.counts.tolist() == [length - 1, 0]
    assert block.depths.tolist() == [length - 1, 0]


@pytest.fixture
def knot() -> Callable[[int], closures.Graph]:
    def made(size: int) -> closures.Graph:
        ring = np.arange(size, dtype=np.int32)
        return closures.graph_of(ring, np.roll(ring, -1), ring, size)

    return made


def test_in_a_knot_everyone_reaches_everyone(knot: Callable[[int], closures.Graph]) -> None:
    graph = knot(300)
    for block in closures.closures(graph, np.arange(300, dtype=np.int32)):
        assert set(block.counts.tolist()) == {299}
        assert set(block.depths.tolist()) == {299}
