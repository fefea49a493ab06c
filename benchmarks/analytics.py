"""All transitive counts and depths of a catalogue, next to rustworkx, a plain search in Python and recursive SQL.

    .venv/bin/python -m benchmarks.analytics DATABASE_URL [--sample 100] [--only-sample]

The database is a filled catalogue: one of `python -m benchmarks.catalogue`, whose circle of some thousand packages makes
it a bad case, or a whole Debian (`benchmarks.apt` imports one). The peers count the same sample of roots; all must agree.
Without a database it only shows how time grows with graphs like npm's. `--only-sample` leaves out what takes long.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar
from uuid import UUID

import numpy as np
import rustworkx as rx

from tests.support.views import views_of
from tgtui.analytics.answers.closures import Graph, Ints, closures, graph_of
from tgtui.analytics.answers.loading import load
from tgtui.analytics.answers.measures import Measures, measure
from tgtui.analytics.answers.packages import reusing_in
from tgtui.basics import clock
from tgtui.basics.memory import uncollected
from tgtui.data.graph.reach import followed
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url

SEED = 7
SIZES = (25_000, 50_000, 100_000)
"""Packages of the graphs like npm's."""

T = TypeVar("T")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("url", nargs="?")
    parser.add_argument("--sample", type=int, default=100, help="roots that the peers count")
    parser.add_argument("--only-sample", action="store_true")
    asked = parser.parse_args()
    if asked.url is None:
        growth()
    else:
        database = Database(open_engine(parse_url(asked.url)))
        next_to_peers(database, asked.sample, every=not asked.only_sample)
        database.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory: {peak:,} MB (aim 1,500)")


def growth() -> None:
    """Most packages need few others, most of those a few that all need; nothing goes round in a circle."""
    first = None
    for size in SIZES:
        graph = like_npm(size)
        took, counts = timed(partial(all_counts, graph, np.arange(size, dtype=np.int32)))
        each = took / size * 1e6
        first = first or each
        print(
            f"{size:,} packages, {len(graph.targets):,} edges, {int(counts.sum()):,} pairs:"
            f" {took:.2f} s of processor, {each:.0f} µs a package, {each / first:.2f} x the first"
        )


def like_npm(size: int) -> Graph:
    draw = np.random.default_rng(SEED)
    degrees = np.minimum(draw.geometric(0.35, size) - 1, 30)
    sources = np.repeat(np.arange(size), degrees)
    # What is needed is older; half of it is of a few hundred that everybody needs.
    near = (sources * draw.random(len(sources)) ** 0.2).astype(np.int64)
    hot = draw.integers(0, 300, len(sources)) % np.maximum(1, sources)
    targets = np.where(draw.random(len(sources)) < 0.8, hot, near)
    is_real = targets < sources
    return graph_of(
        sources[is_real].astype(np.int32),
        targets[is_real].astype(np.int32),
        np.arange(size, dtype=np.int32),
        size,
    )


def next_to_peers(database: Database, sample: int, *, every: bool) -> None:
    connection = views_of(database, clock.now().date())
    loaded = load(connection)
    graph, roots = loaded.graph, loaded.roots
    print(f"{len(roots):,} packages, {len(graph):,} versions, {len(graph.targets):,} edges")
    some = np.sort(
        np.array(random.Random(SEED).sample(roots.tolist(), min(sample, len(roots))), np.int32)
    )
    ours, counts = timed(lambda: all_counts(graph, some))
    print(f"the same {len(some)} roots, counts and depths: {ours * 1000:.0f} ms of processor")
    ids = {
        number: UUID(key)
        for key, number in connection.execute(
            "SELECT version_id, node FROM answer_nodes"
        ).fetchall()
    }
    sources = np.repeat(np.arange(len(graph), dtype=np.int32), np.diff(graph.starts))
    peers: dict[str, Callable[[], list[int]]] = {
        "rustworkx, counts alone": lambda: with_rustworkx(graph, sources, some),
        "a search in Python, counts alone": lambda: in_python(graph, some),
        "recursive SQL": lambda: [
            len(database.read_now(followed, ids[root])) - 1 for root in some.tolist()
        ],
    }
    for name, peer in peers.items():
        took, theirs = timed(peer)
        assert theirs == counts.tolist(), name
        print(f"  {name}: {took * 1000:.0f} ms, {took / ours:.1f} x")
    if every:
        took, _counts = timed(lambda: all_counts(graph, roots))
        print(f"all roots, each edge by itself: {took:.1f} s of processor (aim 30; Debian 10)")

        def all_trees() -> Measures:
            with uncollected(), reusing_in(connection, database, loaded) as reusing:
                return measure(loaded, reusing)

        before = clock_of_children()
        took, told = timed(all_trees)
        beside = clock_of_children() - before
        print(
            f"all roots as the trees tell them, dependents too: {took:.1f} s of processor here, {beside:.1f} beside;"
            f" choices decide {told.decided:,}, {told.walked:,} of them walked one by one, {told.differing:,} differ"
        )


def all_counts(graph: Graph, roots: Ints) -> Ints:
    found = [block.counts for block in closures(graph, roots)]
    return np.concatenate(found) if found else np.empty(0, np.int32)


def with_rustworkx(graph: Graph, sources: Ints, roots: Ints) -> list[int]:
    """Building its graph included."""
    theirs = rx.PyDiGraph(multigraph=False)
    theirs.add_nodes_from(range(len(graph)))
    theirs.extend_from_edge_list(list(zip(sources.tolist(), graph.targets.tolist(), strict=True)))
    return [len(rx.descendants(theirs, root)) for root in roots.tolist()]


def in_python(graph: Graph, roots: Ints) -> list[int]:
    """Building its lists included."""
    starts, targets = graph.starts.tolist(), graph.targets.tolist()
    lists = [targets[starts[n] : starts[n + 1]] for n in range(len(graph))]
    counts = []
    for root in roots.tolist():
        seen, waiting = {root}, [root]
        while waiting:
            for target in lists[waiting.pop()]:
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
        counts.append(len(seen) - 1)
    return counts


def clock_of_children() -> float:
    """Seconds of processor of the processes that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds of processor, and the result."""
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


if __name__ == "__main__":
    main()
