"""The answers about packages as a graph: counts of each, the most needed, heaviest and deepest, single points of
failure."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tgtui.analytics.answers.closures import Ints
from tgtui.analytics.answers.dominators import single_points
from tgtui.analytics.answers.helping import Helper, processors
from tgtui.analytics.answers.loading import NOWHERE, Loaded, load, numbers_of
from tgtui.analytics.answers.measures import Measures, measure
from tgtui.analytics.answers.reusing import Reusing
from tgtui.analytics.answers.weights import Weights, sizes_in
from tgtui.basics.memory import uncollected
from tgtui.data.graph.choosing.all_roots import Choices
from tgtui.data.storage.database import Database
from tgtui.data.views.insights import LISTED, MEASURE_KEYS, MEASURES, Result
from tgtui.registries.base import REGISTRIES
from tgtui.registries.registration import registration
from tgtui.versions.npm.platform import Platform

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

POINTS_SOUGHT = 60
"""The most needed packages of a registry whose single points are looked for: each takes a search of all that need it."""
ROWS_AT_ONCE = 20_000
LARGE = 20_000
"""Packages of a registry for which a second process is worth its start."""

log = logging.getLogger("tgtui.analytics")


def about_packages(
    connection: DuckDBPyConnection, database: Database, platform: Platform
) -> Iterator[Result]:
    """Everything that is computed from the graph; every package's own counts first. What is for other platforms
    weighs nothing."""
    loaded = load(connection)
    weights = Weights(loaded.graph, sizes_in(connection, database, loaded.graph, platform))
    with uncollected(), reusing_in(connection, database, loaded) as reusing:
        told = measure(loaded, reusing, weights)
    if told.decided:
        log.info(
            "choices decide %d trees, %d were walked one by one, %d differ",
            told.decided, told.walked, told.differing,
        )  # fmt: skip
    yield from _each(connection, told)
    ids = _Names(connection)
    for registry in ("", *sorted(set(loaded.registry.tolist()))):
        heaviest = weights.heaviest(loaded, reusing, _among(loaded, told, registry))
        yield from _ranked(loaded, told, registry, ids)
        for rank, each in enumerate(heaviest, start=1):
            package_id, name = ids[each.package]
            details = {"packages": each.packages, "known": each.known}
            yield Result(
                "heaviest-bytes", registry, "", rank, package_id, name, "", float(each.bytes),
                json.dumps(details),
            )  # fmt: skip
        yield from _points(connection, loaded, told, registry, ids)


@contextmanager
def reusing_in(
    connection: DuckDBPyConnection, database: Database, loaded: Loaded
) -> Iterator[list[Reusing]]:
    """The registries in the graph whose trees are decided by what is being installed anyway.

    Of a large one trees are walked by a second process too, until this ends."""
    with ExitStack() as closing:
        found: list[Reusing] = []
        for registry in REGISTRIES:
            count = int((loaded.registry == registry).sum())
            if not count or not registration(registry).reuses_installed:
                continue
            numbers = numbers_of(connection, registry)
            helper = None
            if count >= LARGE and processors() > 1:
                helper = Helper(
                    database.engine.url.render_as_string(hide_password=False),
                    registry,
                    partial(_known, numbers),
                )
                closing.callback(helper.close)
            choices = database.read_now(Choices, registry)
            found.append(Reusing(choices, numbers, loaded.graph, helper))
        yield found


def _known(numbers: Mapping[str, int], keys: Sequence[str]) -> Ints:
    return np.fromiter((numbers.get(key, -1) for key in keys), np.int32, len(keys))


class _Names:
    """Ids and names of packages by number, looked up when they are needed: lists are short."""

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self._connection = connection

    def __getitem__(self, number: int) -> tuple[str, str]:
        found = self._connection.execute(
            "SELECT package_id, name FROM packages WHERE number = ?", [number]
        ).fetchone()
        assert found is not None
        return found[0], found[1]


def _each(connection: DuckDBPyConnection, told: Measures) -> Iterator[Result]:
    columns = (told.packages, told.depth, told.dependents, told.dependents_all)
    names = connection.cursor().execute(
        "SELECT number, package_id, registry, name FROM packages ORDER BY number"
    )
    while some := names.fetchmany(ROWS_AT_ONCE):
        for number, package_id, registry, name in some:
            if told.packages[number] == NOWHERE:
                continue
            for key, column in zip(MEASURE_KEYS, columns, strict=True):
                value = float(column[number])
                yield Result(MEASURES, registry, "", 0, package_id, name, key, value)


def _ranked(loaded: Loaded, told: Measures, registry: str, names: _Names) -> Iterator[Result]:
    lists = {
        "dependents-all": (told.dependents_all, {"dependents": told.dependents}),
        "dependents": (told.dependents, {"dependents-all": told.dependents_all}),
        "heaviest": (told.packages, {"depth": told.depth}),
        "deepest": (told.depth, {"packages": told.packages}),
    }
    among = _among(loaded, told, registry)
    for insight, (values, further) in lists.items():
        (more,) = further.values()
        order = among[np.lexsort((among, -more[among], -values[among]))][:LISTED]
        for rank, number in enumerate(order[values[order] > 0].tolist(), start=1):
            package_id, name = names[number]
            details = {key: int(column[number]) for key, column in further.items()}
            yield Result(
                insight, registry, "", rank, package_id, name, "", float(values[number]),
                json.dumps(details),
            )  # fmt: skip


def _points(
    connection: DuckDBPyConnection, loaded: Loaded, told: Measures, registry: str, names: _Names
) -> Iterator[Result]:
    if not registry:
        return  # who needs whom is told by registry; all together would be those of the largest
    among = _among(loaded, told, registry)
    most = among[np.argsort(-told.dependents_all[among], kind="stable")][:POINTS_SOUGHT]
    needed = loaded.latest[most[told.dependents_all[most] > 1]]
    package = loaded.graph.package
    found = single_points(loaded.graph, loaded.roots, needed, LISTED)
    for rank, each in enumerate(found, start=1):
        package_id, name = names[int(package[each.point])]
        _id, of = names[int(package[each.needed])]
        details = {"needs": each.needing, "share": round(each.roots / each.needing, 3)}
        yield Result(
            "single-points", registry, "", rank, package_id, name, of, float(each.roots),
            json.dumps(details),
        )  # fmt: skip


def _among(
    loaded: Loaded, told: Measures, registry: str
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    is_among = told.packages != NOWHERE
    if registry:
        is_among &= loaded.registry == registry
    return np.flatnonzero(is_among)
