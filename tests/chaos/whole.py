"""Compares the stored catalogue with the one the closure says is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.chaos.closure import Closure, text
from tests.chaos.stores import Store

SHOWN = 5
"""Differences of a kind that are told one by one."""

EDGES = """
SELECT p.name, v.version, d.dependency_name, d.dependency_version_range, d.dependency_type,
       d.resolved_version, target.name, chosen.version, owner.name
FROM package_dependencies d
JOIN package_versions v ON v.id = d.version_id
JOIN packages p ON p.id = v.package_id
JOIN packages owner ON owner.id = d.package_id
LEFT JOIN packages target ON target.id = d.dependency_package_id
LEFT JOIN package_versions chosen ON chosen.id = d.resolved_version_id
"""
DOUBLES = {
    "packages": "SELECT name, registry FROM packages GROUP BY 1, 2 HAVING count(*) > 1",
    "versions": "SELECT package_id, version FROM package_versions GROUP BY 1, 2 HAVING count(*) > 1",
    "active requests": "SELECT package_name, registry FROM package_requests"
    " WHERE status IN ('pending', 'fetching') GROUP BY 1, 2 HAVING count(*) > 1",
}


def differences(store: Store, closure: Closure) -> list[str]:
    """Sentences; none where every package is whole and nothing is there twice or too much."""
    loaded = closure.loaded()
    names = {name for name, _version in loaded}
    problems = [
        f"{what} are there twice: {rows[:SHOWN]}"
        for what, query in DOUBLES.items()
        if (rows := store.rows(query))
    ]
    problems += _compare(
        "package",
        [(name,) for name in names],
        store.rows("SELECT name FROM packages WHERE last_fetch_success IS NOT NULL"),
    )
    problems += _compare(
        "version",
        [(name, text(version)) for name in names for version in closure.versions[name]],
        store.rows(
            "SELECT p.name, v.version FROM package_versions v JOIN packages p ON p.id = v.package_id"
        ),
    )
    problems += _compare(
        "tag",
        [(name, "latest", text(closure.versions[name][-1])) for name in names],
        store.rows(
            "SELECT p.name, t.tag, t.version FROM package_dist_tags t"
            " JOIN packages p ON p.id = t.package_id"
        ),
    )
    problems += _compare(
        "loaded version",
        list(loaded),
        store.rows(
            "SELECT p.name, v.version FROM package_versions v"
            " JOIN packages p ON p.id = v.package_id WHERE v.dependencies_fetched_at IS NOT NULL"
        ),
    )
    return problems + _edge_differences(store, closure)


def absent(store: Store, closure: Closure) -> list[str]:
    """Packages that should be there and are not."""
    here = {
        name
        for (name,) in store.rows("SELECT name FROM packages WHERE last_fetch_success IS NOT NULL")
    }
    return sorted({name for name, _version in closure.loaded()} - here)


def _edge_differences(store: Store, closure: Closure) -> list[str]:
    loaded = closure.loaded()
    right = [
        (
            *version,
            edge.name,
            edge.range,
            edge.type,
            edge.picked,
            edge.name,
            edge.picked,
            version[0],
        )
        for version, edges in loaded.items()
        for edge in edges
    ]
    return _compare("edge", right, [row for row in store.rows(EDGES) if row[:2] in loaded])


def _compare(
    what: str, right: Iterable[tuple[Any, ...]], stored: Iterable[tuple[Any, ...]]
) -> list[str]:
    wanted, found = Counter(right), Counter(map(tuple, stored))
    missing, extra = wanted - found, found - wanted
    told = [f"{what} missing: {row}" for row in sorted(missing, key=str)[:SHOWN]]
    told += [f"{what} too much: {row}" for row in sorted(extra, key=str)[:SHOWN]]
    left = len(missing) + len(extra) - len(told)
    return [*told, f"... and {left} more of {what}"] if left > 0 else told
