"""Catalogues of any size, with names drawn like real ones and the skew that real registries have.

    python -m benchmarks.catalogue DATABASE_URL [--packages 1000000]

The database must be empty. Always the same rows for the same size: names of a few frequent words and many
rare ones, scopes, a part with 5 to 50 versions and one with 20,000, dependencies and tags by Zipf's law. Rows
go in by COPY or executemany with indexes and triggers put aside; a test holds the counts that this leaves in
`package_search` against those that the program makes itself.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from tgtui.data import models
from tgtui.data.bulk import bulk_insert
from tgtui.data.engine import WRITES, open_engine, parse_url
from tgtui.data.migrate import upgrade
from tgtui.data.search_index import ABOUT_LENGTH, rank_of
from tgtui.data.search_models import FULL_TEXT, NEVER, PackageSearch
from tgtui.data.sql import table_of
from tgtui.ids import uuid7
from tgtui.names import fold, name_key, without_separators
from tgtui.versions.semver import sort_key

SEED = 20_26
NOW = datetime.now(UTC).replace(microsecond=0)
CHUNK = 20_000
"""Rows that are made and inserted at once."""
MANY_VERSIONS = 20_000
"""Of the package `many-versions`."""
LONG_AGO_MS = 1_600_000_000_000

FAMOUS = [
    "react",
    "lodash",
    "typescript",
    "express",
    "chalk",
    "axios",
    "commander",
    "debug",
    "tslib",
    "rxjs",
    "vue",
    "webpack",
    "eslint",
    "jest",
    "prettier",
    "next",
    "moment",
    "uuid",
    "yargs",
    "glob",
    "semver",
    "async",
    "dotenv",
    "classnames",
    "inquirer",
    "fs-extra",
    "ws",
    "zod",
    "react-dom",
    "react-router",
    "react-redux",
    "redux",
    "vite",
    "svelte",
    "hono",
    "fastify",
    "mongoose",
    "socket.io",
    "request",
    "@babel/core",
    "@babel/preset-env",
    "@types/node",
    "@types/react",
    "rollup",
    "esbuild",
    "postcss",
    "sass",
    "tailwindcss",
    "underscore",
    "bluebird",
    "body-parser",
    "cors",
    "helmet",
    "passport",
    "jsonwebtoken",
    "bcrypt",
    "mysql2",
    "pg",
    "sqlite3",
    "redis",
    "core-js",
    "regenerator-runtime",
    "left-pad",
    "is-odd",
    "is-even",
    "preact",
    "hapi",
    "koa",
    "ember-cli",
    "angular",
    "jquery",
]
"""The most used of every catalogue, in this order."""
WORDS = [
    "react",
    "node",
    "js",
    "vue",
    "angular",
    "babel",
    "eslint",
    "webpack",
    "plugin",
    "config",
    "loader",
    "cli",
    "api",
    "client",
    "server",
    "utils",
    "core",
    "types",
    "style",
    "css",
    "html",
    "dom",
    "router",
    "store",
    "state",
    "form",
    "input",
    "button",
    "table",
    "chart",
    "map",
    "graph",
    "data",
    "json",
    "yaml",
    "xml",
    "parser",
    "stream",
    "file",
    "path",
    "http",
    "fetch",
    "request",
    "auth",
    "token",
    "session",
    "user",
    "test",
    "mock",
    "lint",
    "build",
    "bundle",
    "pack",
    "deploy",
    "docker",
    "cloud",
    "aws",
    "azure",
    "google",
    "firebase",
    "native",
    "mobile",
    "web",
    "app",
    "kit",
    "ui",
    "component",
    "hook",
    "context",
    "theme",
    "icon",
    "image",
    "video",
    "audio",
    "color",
    "date",
    "time",
    "string",
    "array",
    "object",
    "promise",
    "async",
    "event",
    "emitter",
    "queue",
    "cache",
    "redis",
    "mongo",
    "sql",
    "query",
    "schema",
    "model",
    "graphql",
    "rest",
    "rpc",
    "socket",
    "proxy",
]
SYLLABLES = [
    "ba",
    "be",
    "bi",
    "bo",
    "bu",
    "ca",
    "ce",
    "co",
    "cu",
    "da",
    "de",
    "di",
    "do",
    "du",
    "fa",
    "fe",
    "fi",
    "fo",
    "ga",
    "ge",
    "go",
    "ha",
    "he",
    "hi",
    "ho",
    "ja",
    "jo",
    "ka",
    "ke",
    "ki",
    "ko",
    "la",
    "le",
    "li",
    "lo",
    "lu",
    "ma",
    "me",
    "mi",
    "mo",
    "mu",
    "na",
    "ne",
    "ni",
    "no",
    "nu",
    "pa",
    "pe",
    "pi",
    "po",
    "pu",
    "ra",
    "re",
    "ri",
    "ro",
    "ru",
    "sa",
    "se",
    "si",
    "so",
    "su",
    "ta",
    "te",
    "ti",
    "to",
    "tu",
    "va",
    "ve",
    "vi",
    "vo",
    "wa",
    "we",
    "wi",
    "xa",
    "xe",
    "ya",
    "yo",
    "za",
    "ze",
    "zi",
    "zo",
]
_FILLERS = [
    "a",
    "the",
    "for",
    "and",
    "simple",
    "fast",
    "tiny",
    "lightweight",
    "library",
    "to",
    "of",
    "with",
    "your",
    "module",
    "javascript",
    "typescript",
    "component",
    "tool",
    "wrapper",
    "around",
    "zero",
    "dependency",
    "node",
    "browser",
    "react",
    "support",
    "easy",
    "use",
    "utility",
]
ABOUT_WORDS = [*_FILLERS, *WORDS]
TAGS = (
    ("frontend", 0.03),
    ("backend", 0.02),
    ("tooling", 0.02),
    ("testing", 0.01),
    ("database", 0.005),
    ("devops", 0.004),
    ("utility", 0.002),
    *((f"topic-{number}", 0.001 / number) for number in range(1, 21)),
)
"""Slug and the part of all packages that has it."""
REGISTRIES = (("npm", 0.93), ("apt", 0.99), ("brew", 0.997), ("jsr", 1.0))
"""With the upper end of each one's part."""
EDGES = (0, 0, 1, 1, 2, 3, 4, 8)
"""Dependencies of a package's latest version, each as likely as the others."""

Row = dict[str, Any]


def package_id(number: int) -> UUID:
    return _id(number, 0)


def version_id(number: int) -> UUID:
    """Of a package's latest version."""
    return _id(number, 1)


def _id(number: int, kind: int, sub: int = 0) -> UUID:
    """UUIDv7 by number, so that any row can name any other."""
    millisecond = LONG_AGO_MS + number
    return UUID(int=millisecond << 80 | 7 << 76 | 2 << 62 | kind << 56 | sub)


def package_row(id: UUID, name: str, registry: str, about: str) -> Row:
    """One that was fetched just now."""
    return {
        "id": id,
        "name": name,
        "search_name": fold(name),
        "registry": registry,
        "description": about,
        "homepage": f"https://example.com/{name}",
        "last_fetch_attempt": NOW,
        "last_fetch_success": NOW,
        "created_at": NOW,
        "updated_at": NOW,
    }


def version_row(id: UUID, package: UUID, minor: int) -> Row:
    """`1.minor.0`, loaded."""
    version = f"1.{minor}.0"
    return {
        "id": id,
        "package_id": package,
        "version": version,
        "sort_key": sort_key(version),
        "is_prerelease": False,
        "is_yanked": False,
        "published_at": NOW,
        "dependencies_fetched_at": NOW,
        "created_at": NOW,
    }


def edge_row(package: UUID, version: UUID, target: UUID | None) -> Row:
    """A runtime dependency, on something that is not here where `target` is None."""
    return {
        "id": uuid7(),
        "package_id": package,
        "version_id": version,
        "dependency_registry": "npm",
        "dependency_name": "missing-one",
        "dependency_package_id": target,
        "dependency_version_range": "^1.0.0",
        "resolved_version": "1.0.0",
        "resolved_version_id": None,
        "dependency_type": "runtime",
        "source_field": "dependencies",
        "is_optional": False,
        "created_at": NOW,
    }


class Catalogue:
    """The rows of one size, table by table, in the order they are inserted."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._random = random.Random(SEED)
        self._dependents: Counter[int] = Counter()
        self._uses: Counter[int] = Counter()
        self.names = list(islice(self._names(), size))
        self._of_registry = [self._registry(number) for number in range(size)]

    def packages(self) -> Iterator[Row]:
        for number, name in enumerate(self.names):
            failed = self._is_failed(number)
            fetched = None if failed else NOW
            row = package_row(
                package_id(number), name, self._of_registry[number], self._about(number)
            )
            yield {**row, "last_fetch_success": fetched}

    def versions(self) -> Iterator[Row]:
        for number in range(self.size):
            if self._is_failed(number):
                continue
            count = self._version_count(number)
            for sub in range(count):
                is_latest = sub == count - 1
                id = version_id(number) if is_latest else _id(number, 2, sub)
                yield {
                    **version_row(id, package_id(number), sub),
                    "is_yanked": self._is_deprecated(number),
                    "published_at": self._released(number) - timedelta(days=count - 1 - sub),
                    "dependencies_fetched_at": NOW if is_latest else None,
                }

    def edges(self) -> Iterator[Row]:
        chance = random.Random(SEED + 1)
        for number in range(self.size):
            count = chance.choice(EDGES)
            targets = {self._popular(chance) for _ in range(count)} - {number}
            if self._is_failed(number):
                continue
            for sub, target in enumerate(sorted(targets)):
                is_failed = self._is_failed(target)
                self._dependents[target] += 1
                yield self._edge(number, sub, target, None if is_failed else version_id(target))
            if number % 17 == 3:
                yield self._edge(number, 99, None, None)

    def tags(self) -> Iterator[Row]:
        for place, (slug, _part) in enumerate(TAGS):
            yield {
                "id": _id(place, 5),
                "name": slug.title(),
                "slug": slug,
                "created_at": NOW,
                "updated_at": NOW,
            }

    def package_tags(self, account: UUID) -> Iterator[Row]:
        chance = random.Random(SEED + 2)
        for place, (_slug, part) in enumerate(TAGS):
            for sub, number in enumerate(self._some(chance, part)):
                yield {
                    "id": _id(place, 6, sub),
                    "package_id": package_id(number),
                    "tag_id": _id(place, 5),
                    "created_by": account,
                    "created_at": NOW,
                }

    def interactions(self, account: UUID) -> Iterator[Row]:
        chance = random.Random(SEED + 3)
        seen = Counter(self._popular(chance) for _ in range(self.size // 20))
        for number, count in sorted(seen.items()):
            days = min(count, 400)
            self._uses[number] = days
            for day in range(days):
                yield {
                    "id": _id(number, 7, day),
                    "package_id": package_id(number),
                    "account_id": account,
                    "kind": "view",
                    "day": (NOW - timedelta(days=day)).date(),
                    "created_at": NOW,
                }

    def requests(self) -> Iterator[Row]:
        for number in range(self.size):
            if self._is_failed(number):
                yield {
                    "id": _id(number, 8),
                    "package_name": self.names[number],
                    "registry": self._of_registry[number],
                    "root_request_id": _id(number, 8),
                    "depth": 0,
                    "is_auto_queued": False,
                    "priority": 10,
                    "status": "failed",
                    "is_forced": False,
                    "error_code": "unreachable",
                    "error_message": "The registry did not answer.",
                    "attempt_count": 5,
                    "created_at": NOW,
                    "updated_at": NOW,
                }

    def search(self) -> Iterator[Row]:
        """After edges and interactions, which are counted while they are made."""
        for number, name in enumerate(self.names):
            folded, key = fold(name), name_key(name)
            words = folded
            for sign in "-_./@":
                words = words.replace(sign, "  ")
            dependents, uses = self._dependents[number], self._uses[number]
            failed = self._is_failed(number)
            yield {
                "id": number + 1,
                "package_id": package_id(number),
                "registry": self._of_registry[number],
                "name": folded,
                "key": key,
                "words": f"  {words}  {key}",
                "about": without_separators(self._about(number))[:ABOUT_LENGTH],
                "rank": rank_of(dependents, uses),
                "dependents": dependents,
                "uses": uses,
                "released_at": NEVER if failed else self._released(number),
                "is_deprecated": not failed and self._is_deprecated(number),
                "is_incomplete": not failed and number % 17 == 3,
                "is_failed": failed,
            }

    def _edge(self, number: int, sub: int, target: int | None, version: UUID | None) -> Row:
        row = edge_row(package_id(number), version_id(number), None)
        if target is None:
            return {**row, "id": _id(number, 9, sub)}
        return {
            **row,
            "id": _id(number, 9, sub),
            "dependency_registry": self._of_registry[target],
            "dependency_name": self.names[target],
            "dependency_package_id": package_id(target),
            "resolved_version": f"1.{self._version_count(target) - 1}.0",
            "resolved_version_id": version,
            # What could not be fetched makes others incomplete only by the one edge that is counted.
            "is_optional": version is None,
        }

    def _names(self) -> Iterator[str]:
        given = {*FAMOUS, "many-versions"}
        yield from FAMOUS
        yield "many-versions"
        rare = ["".join(self._random.choices(SYLLABLES, k=3)) for _ in range(30_000)]
        while True:
            name = self._name(rare)
            if name not in given:
                given.add(name)
                yield name

    def _name(self, rare: list[str]) -> str:
        chance = self._random
        words = [
            WORDS[int(len(WORDS) ** chance.random()) - 1]
            if chance.random() < 0.6
            else chance.choice(rare)
            for _ in range(chance.choice((1, 2, 2, 2, 3, 3)))
        ]
        if chance.random() < 0.3:
            return f"@{chance.choice(rare)}/{'-'.join(words)}"
        return chance.choice(("-", "-", "-", "_", ".", "")).join(words)

    def _registry(self, number: int) -> str:
        if number <= len(FAMOUS):
            return "npm"
        share = self._random.random()
        return next(name for name, end in REGISTRIES if share < end)

    def _about(self, number: int) -> str:
        chance = random.Random(number)
        count = len(ABOUT_WORDS)
        words = [ABOUT_WORDS[int(count ** chance.random()) - 1] for _ in range(8)]
        return " ".join(words).capitalize()

    def _popular(self, chance: random.Random) -> int:
        """A package by Zipf's law: the n-th is drawn 1/n as often as the first."""
        return int(float(self.size) ** chance.random()) - 1

    def _some(self, chance: random.Random, part: float) -> list[int]:
        """That part of all, the well known more often."""
        wanted = max(1, round(self.size * part))
        known = {self._popular(chance) for _ in range(wanted // 2)}
        return sorted(known | {chance.randrange(self.size) for _ in range(wanted - len(known))})

    def _version_count(self, number: int) -> int:
        if number == len(FAMOUS):
            return MANY_VERSIONS
        return 5 + number % 46 if number % 20 == 1 or number < len(FAMOUS) else 1

    def _is_failed(self, number: int) -> bool:
        return number % 1_000 == 999

    def _is_deprecated(self, number: int) -> bool:
        return number % 25 == 7

    def _released(self, number: int) -> datetime:
        """Half of them in the last year, a tenth in the last month."""
        days = int(3_000 ** ((number * 7_919 % 10_007) / 10_007))
        return NOW - timedelta(days=days, seconds=number % 80_000)


def fill(url: str, size: int) -> None:
    """Migrate the empty database and put a catalogue of `size` packages into it."""
    engine = open_engine(parse_url(url))
    upgrade(engine)
    catalogue = Catalogue(size)
    with engine.connect().execution_options(**{WRITES: True}) as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        if engine.dialect.name == "sqlite":
            driver.execute("PRAGMA foreign_keys = OFF")
            driver.execute("PRAGMA synchronous = OFF")
            driver.execute("PRAGMA journal_mode = OFF")  # who loses it makes it anew
        with connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
                connection.execute(text("SET LOCAL session_replication_role = replica"))
            put_aside = _put_aside(connection)
            _load(Session(connection), catalogue)
            for statement in put_aside:
                connection.exec_driver_sql(statement)
            if engine.dialect.name == "sqlite":
                for column in ("words", "about"):
                    table = f"{FULL_TEXT}_{column}"
                    connection.exec_driver_sql(f"INSERT INTO {table} ({table}) VALUES ('rebuild')")
            else:
                connection.exec_driver_sql(f"SELECT setval('package_search_number', {size})")
        if engine.dialect.name == "sqlite":
            driver.execute("PRAGMA journal_mode = WAL")
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("SET statement_timeout = 0"))
            connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


def _load(session: Session, catalogue: Catalogue) -> None:
    account = _id(0, 10)
    accounts = [
        {
            "id": account,
            "issuer": "benchmark",
            "subject": "ada",
            "display_name": "Ada",
            "created_at": NOW,
            "updated_at": NOW,
        }
    ]
    for model, rows in (
        (models.Account, accounts),
        (models.Package, catalogue.packages()),
        (models.PackageVersion, catalogue.versions()),
        (models.PackageDependency, catalogue.edges()),
        (models.Tag, catalogue.tags()),
        (models.PackageTag, catalogue.package_tags(account)),
        (models.PackageInteraction, catalogue.interactions(account)),
        (models.PackageRequest, catalogue.requests()),
        (PackageSearch, catalogue.search()),
    ):
        for chunk in _chunks(rows):
            bulk_insert(session, table_of(model), chunk)


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rest = iter(rows)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _put_aside(connection: Connection) -> list[str]:
    """Drop indexes and triggers; the statements that make them again."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(
            "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
            " AND type IN ('index', 'trigger') ORDER BY type, name"
        ).all()
        for kind, name, _sql in found:
            connection.exec_driver_sql(f"DROP {kind} {name}")
        return [row[2] for row in found]
    indexes = connection.exec_driver_sql(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index AS i"
        " JOIN pg_class AS c ON c.oid = i.indexrelid"
        " WHERE c.relnamespace = 'public'::regnamespace"
        " AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid)"
    ).all()
    for name, _definition in indexes:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    return [row[1] for row in indexes]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("--packages", type=int, default=1_000_000)
    given = parser.parse_args()
    fill(given.url, given.packages)


if __name__ == "__main__":
    main()
