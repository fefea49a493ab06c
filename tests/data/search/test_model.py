"""A search next to a model of it in a few lines of Python, over random catalogues and searches of all kinds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, select, update

from tests.support import rows
from tests.support.mass import mass
from tgtui.data.models.search import NEVER, package_search
from tgtui.data.models.tables import package_dependencies, package_tags, packages, tags
from tgtui.data.search import jumps, pages, walk
from tgtui.data.search.facets import search_facets
from tgtui.data.search.index import refresh
from tgtui.data.search.jumps import count_matches, search_cuts
from tgtui.data.search.results import search_packages
from tgtui.data.views.edges import USES
from tgtui.registries.base import Facts
from tgtui.syntax.names import fold, name_key, without_separators
from tgtui.syntax.query import SORTS, SearchQuery, parse_search

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PACKAGES = 70
SEED = 1
SIZES: tuple[dict[str, int], ...] = (
    {},
    {"RARE": -1},
    {"RARE": -1, "NEAR": -1, "MERGED": -1, "LOOKED_AT": 5},
    {"RARE": 3, "NEAR": 6, "MERGED": 8},
    {"RARE": 10, "NEAR": 10},
    {"RARE": -1, "NEAR": 20, "MERGED": 100},
)
"""Of `data/search/pages.py`, so small that every way to rows is gone."""
NAMES = ("core/core", "a/a", "python@3.11", "@babel/core", "@a/b")
"""Beside those that are drawn."""
PARTS = ["a", "b", "ab", "tool", "too", "core", "ore", "x", "d3", "Tool", "%", "\\", "'", '"', "👍", "é", "ß", "*", "AND", "@3", "c++"]  # fmt: skip
WORDS = [*PARTS, "@a", "@", "@ab/", "@ab", "@too", "@tool/core", "/", "a/a", "core/core", "/core", "-", "--", "_", "''", "(", "NEAR(", "tool*", "zzz", "ol-c", "oo", "ool", "to_ol", "tol"]  # fmt: skip
FILTERS = ["npm:", "brew:", "jsr:", "tag:web", "tag:old", "tag:none", "dep:tool", "dep:tool@1.0.0", "dep:npm:tool", "dep:none", "devdep:tool", "devdep:tool@1.0.0", "sugdep:tool", "sugdep:npm:a", "updated:<30d", "updated:>30d", "is:deprecated", "is:failed", "is:missing", "tag:''", "license:mit", "license:gpl-*", "license:*bsd*", "license:unknown", "license:copyleft", "license:see-license-in-%", "license:none", "keyword:cli", "keyword:command-line", 'keyword:"', "maintainer:ada", "maintainer:none", "size:>1kb", "size:<1kb", "size:>5gb"]  # fmt: skip


LICENCES = [
    None,
    "MIT",
    "MIT",
    "ISC OR GPL-3.0-only",
    "GPL-2.0-or-later",
    "BSD",
    "SEE LICENSE IN %",
    "(0BSD)",
]


def said(random: Random) -> Facts:
    """What a registry says of a version."""
    return Facts(
        licence=random.choice(LICENCES),
        unpacked_size=random.choice([None, 0, 999, 1_000, 1_000, 6_000_000_000]),
        keywords=tuple(random.sample(["cli", "CLI", "command line", "cli-tool", '"', "c"], 2)),
        maintainers=tuple(random.sample(["Ada", "ada l", "bob", "cli"], random.randrange(3))),
        author=random.choice([None, "ada"]),
    )


def plant(connection: Connection, random: Random) -> None:
    """Packages with ties in every order."""
    ada = rows.add_account(connection)
    tags = [rows.add_tag(connection, "web"), rows.add_tag(connection, "old")]
    rows.add_tag(connection, "gone", deleted_at=NOW)
    ids, seen = list[UUID](), set[Any]()
    while len(ids) < PACKAGES:
        name = "".join(
            random.choice(PARTS) + random.choice(["", "-", "_", ".", "/", "", "-"])
            for _ in range(random.randint(1, 3))
        )
        if random.random() < 0.2:
            name = f"@{random.choice(['a', 'ab', 'tool'])}/{name}"
        if len(ids) < len(NAMES):
            name = NAMES[len(ids)]
        registry = random.choice(["npm", "npm", "jsr", "brew"])
        if (registry, fold(name)) in seen:
            continue
        seen.add((registry, fold(name)))
        described = random.choice([None, None, "a tool", "the core's b_c of %", "AND 👍", "zzz"])
        package = rows.add_package(connection, name, registry, description=described)
        version = None
        if random.random() < 0.8:
            published = random.choice([None, NOW - timedelta(days=random.choice([1, 20, 40, 400]))])
            version = rows.add_version(
                connection, package, is_yanked=random.random() < 0.3, published_at=published
            )
        if version and random.random() < 0.8:
            rows.add_facts(connection, version, said(random))
        if version and random.random() < 0.3:
            for _ in range(random.choice([1, 1, 2, 3])):
                rows.add_edge(
                    connection,
                    (package, version),
                    random.choice(["tool", "a"]),
                    dependency_type=random.choice(["runtime", "optional", "peer", "dev", "dev"]),
                    is_optional=random.random() < 0.5,
                    resolved_version=random.choice(["1.0.0", "1.0.0", "2.0.0", "git:tool"]),
                )
        for tag in tags:
            if random.random() < 0.3:
                rows.add_package_tag(connection, package, tag, ada)
        for _ in range(random.choice([0, 0, 0, 1, 2])):
            rows.add_interaction(connection, package)
        if random.random() < 0.2:
            rows.add_request(
                connection,
                name,
                registry=registry,
                package_id=package,
                status="failed",
                error_message="x",
            )
        ids.append(package)
    refresh(connection, ids)


class Model:
    """What a search finds, row by row."""

    def __init__(self, connection: Connection) -> None:
        p = package_search.c
        self.rows = list(connection.execute(select(*p)).all())
        self.tags: dict[Any, set[str]] = {}
        for package, slug in connection.execute(
            select(package_tags.c.package_id, tags.c.slug)
            .join(tags, tags.c.id == package_tags.c.tag_id)
            .where(tags.c.deleted_at.is_(None))
        ):
            self.tags.setdefault(package, set()).add(slug)
        self.edges: dict[Any, set[tuple[str, str, str, str, bool]]] = {}
        for package, name, registry, version, type, is_optional in connection.execute(
            select(
                package_dependencies.c.package_id,
                package_dependencies.c.dependency_name,
                package_dependencies.c.dependency_registry,
                package_dependencies.c.resolved_version,
                package_dependencies.c.dependency_type,
                package_dependencies.c.is_optional,
            )
        ):
            edge = (name, registry, version, type, is_optional)
            self.edges.setdefault(package, set()).add(edge)
        self.about = {
            id: without_separators(text or "")
            for id, text in connection.execute(select(packages.c.id, packages.c.description))
        }

    def find(self, query: SearchQuery) -> list[UUID]:
        """In order."""
        keys = [name_key(word) for word in query.words if fold(word)]
        found = [row for row in self.rows if self._passes(row, query) and self._has(row, keys)]
        metric = {
            "updated": "released_at",
            "dependents": "dependents",
            "popular": "uses",
            "heaviest": "brings",
            "dependents-all": "dependents_all",
            "size": "unpacked_size",
        }.get(query.sort, "rank")

        def order(row: Any) -> Any:
            value = getattr(row, metric)
            value = -1 if value is None else value
            value = value.timestamp() if isinstance(value, datetime) else value
            first = () if query.sort == "name" else (-value,)
            kind = (self._kind(row, query, keys),) if keys and query.sort == "relevance" else ()
            return (*kind, *first, row.name, row.id)

        return [row.package_id for row in sorted(found, key=order)]

    def _has(self, row: Any, keys: list[str]) -> bool:
        for key in keys:
            if len(keys) == 1 and key.startswith("@"):
                ok = row.key.startswith(key)
            elif len(key) < 3:
                ok = f"  {key}" in row.words
            elif key.startswith("@"):
                ok = key in row.words
            else:
                ok = key in row.words or key in self.about[row.package_id]
            if not ok:
                return False
        return True

    def _kind(self, row: Any, query: SearchQuery, keys: list[str]) -> int:
        joined = "".join(keys)
        if row.name == fold(" ".join(query.words)).strip():
            return 0
        if row.key == joined:
            return 1
        if row.key.startswith(joined):
            return 2
        if (
            not (len(keys) == 1 and joined.startswith("@"))
            and "/" in row.key
            and row.key[row.key.index("/") :] == f"/{joined}"
        ):
            return 2
        if all(f"  {key}" in row.words for key in keys):
            return 3
        return 4 if all(key in row.words for key in keys) else 5

    def _passes(self, row: Any, query: SearchQuery) -> bool:
        tags, edges = self.tags.get(row.package_id, set()), self.edges.get(row.package_id, set())

        def has_edge(edge: Any) -> bool:
            uses = {
                "suggested" if type == "peer" and is_optional else type
                for name, registry, version, type, is_optional in edges
                if name == edge.name
                and edge.registry in ("", registry)
                and (edge.version == version or (not edge.version and ":" not in version))
            }
            best = min(uses, key=USES.index, default=None)
            if edge.operator == "dep":
                return best in ("runtime", "optional", "peer")
            return best == ("dev" if edge.operator == "devdep" else "suggested")

        flags = {
            "deprecated": row.is_deprecated,
            "missing": row.is_incomplete,
            "failed": row.is_failed,
        }
        names = (row.licence or "unknown").split()
        terms = (row.terms or "").split()

        def has_licence(licence: str) -> bool:
            return any(fnmatchcase(name, licence) for name in names)

        def has_term(term: str) -> bool:
            return term in terms

        size = -1 if row.unpacked_size is None else row.unpacked_size
        is_told = (
            all(map(has_licence, query.licences))
            and not any(map(has_licence, query.without_licences))
            and all(has_term(f"keyword:{each}") for each in query.keywords)
            and not any(has_term(f"keyword:{each}") for each in query.without_keywords)
            and all(has_term(f"maintainer:{each}") for each in query.maintainers)
            and not any(has_term(f"maintainer:{each}") for each in query.without_maintainers)
            and (query.larger_than is None or size >= query.larger_than)
            and (query.smaller_than is None or 0 <= size < query.smaller_than)
        )
        return (
            is_told
            and (not query.registries or row.registry in query.registries)
            and row.registry not in query.without_registries
            and query.tags <= tags
            and not query.without_tags & tags
            and all(map(has_edge, query.dependencies))
            and not any(map(has_edge, query.without_dependencies))
            and (
                query.newer_than is None
                or row.released_at >= NOW - timedelta(days=query.newer_than)
            )
            and (
                query.older_than is None
                or NEVER < row.released_at < NOW - timedelta(days=query.older_than)
            )
            and all(flags[state] for state in query.states)
            and not any(flags[state] for state in query.without_states)
            and not any(name_key(word) in row.words for word in query.without_words if fold(word))
        )


def some_search(random: Random) -> str:
    """Words, operators and a sort, each turned round now and then."""
    words = [random.choice(WORDS) for _ in range(random.choice([0, 1, 1, 1, 2, 2, 3]))]
    words = [f"-{word}" if random.random() < 0.1 else word for word in words]
    filters = [random.choice(FILTERS) for _ in range(random.choice([0, 0, 1, 1, 2, 3]))]
    filters = [f"-{each}" if random.random() < 0.3 else each for each in filters]
    sort = random.choice(["", "", *(f"sort:{sort}" for sort in SORTS)])
    return " ".join([*words, *filters, sort])


def measure(connection: Connection, random: Random) -> None:
    """Counts as a refresh of the insights stores them, for some packages; with ties."""
    p = package_search
    for id in connection.scalars(select(p.c.id)).all():
        if random.random() < 0.7:
            counts = {"brings": random.randrange(4), "dependents_all": random.randrange(4)}
            connection.execute(update(p).where(p.c.id == id).values(counts))


def listed(
    connection: Connection, query: SearchQuery, limit: int
) -> tuple[list[UUID], dict[int, str]]:
    """Every row of every page, and where pages begin."""
    found: list[UUID] = []
    cursors: dict[int, str] = {}
    after = None
    while True:
        page = search_packages(connection, query, after=after, limit=limit, now=NOW)
        found += [row.id for row in page.rows if row.id not in page.similar]
        after = page.next_cursor
        if after is None:
            return found, cursors
        cursors[len(found)] = after
        assert len(found) < 500, "the pages do not end"


@pytest.mark.parametrize("searches", mass(15, full=[60]))
def test_a_search_finds_what_its_model_does(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, searches: int
) -> None:
    random = Random(SEED)
    plant(connection, random)
    measure(connection, random)
    model = Model(connection)
    for _ in range(searches):
        text = some_search(random)
        query, limit = parse_search(text), random.choice([1, 2, 3, 7, 50, 100])
        sizes = random.choice(SIZES)
        expected, about = model.find(query), (text, limit, sizes)
        with monkeypatch.context() as patch:
            for name, value in sizes.items():
                patch.setattr(pages, name, value)
            if sizes:
                patch.setattr(walk, "FIRST_SLICE", random.choice([1, 3, 20]))
                patch.setattr(walk, "MAX_SLICE", random.choice([1, 12, 40]))
                patch.setattr(walk, "IN_INDEX", random.choice([1, 4]))
            patch.setattr(jumps, "TAIL", random.choice([5, 30]))
            found, cursors = listed(connection, query, limit)
            assert found == expected, about
            assert count_matches(connection, query, now=NOW) == len(expected), about
            counted = search_facets(connection, query, now=NOW)
            if counted.is_bound:
                assert counted.matching <= len(expected), about
            else:
                assert counted.matching == len(expected), about
            for total in (None, len(expected)) if cursors else ():
                offset = random.choice(sorted(cursors))
                for offsets in (
                    range(offset, offset + 1, limit),
                    range(limit, len(expected) + 1, limit),
                ):
                    cuts = search_cuts(connection, query, offsets, total=total, now=NOW).cursors
                    assert {each: cuts[each] for each in offsets if each in cursors} == {
                        each: cursors[each] for each in offsets if each in cursors
                    }, (about, total)
