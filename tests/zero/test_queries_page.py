"""docs/queries.md as it stands: its TypeScript compiles, and finds something on a real PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.data.test_queries_page import fill, patterns
from tests.support.node import Node
from tests.support.postgres import PostgresServer
from tgtui.data.replicas.drizzle import drizzle_schema
from tgtui.data.replicas.zero import zero_schema
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine
from tgtui.data.upkeep.migrate import upgrade

pytestmark = pytest.mark.zero

BEFORE = """
import { and, count, desc, eq, gt, gte, inArray, isNotNull, isNull, lt, notInArray, sql, sum } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { zeroNodePg } from "@rocicorp/zero/server/adapters/pg";
import pg from "pg";
import * as s from "./drizzle.ts";
import { schema, zql } from "./schema.ts";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
const db = drizzle(pool, { schema: s });
const zero = zeroNodePg(schema, pool);
const given = JSON.parse(process.env.GIVEN ?? "{}");
const registry = given.registry as "npm";
const { name, version, dependency, resolved, slug, start, end, account } = given as Record<string, string>;
const since = new Date(given.since);

function counted(found: unknown): number {
  if (Array.isArray(found)) return found.length;
  const rows = (found as { rows?: unknown[] } | undefined)?.rows;
  return rows ? rows.length : found ? 1 : 0;
}
const found: Record<string, number> = {};
"""
AFTER = """
console.log(JSON.stringify(found));
await pool.end();
"""


def program() -> Iterator[str]:
    yield BEFORE
    for each in patterns():
        name = json.dumps(f"drizzle {each.name}")
        yield f"found[{name}] = counted(await {each.drizzle});"
        if each.zero:
            name = json.dumps(f"zero {each.name}")
            yield f"found[{name}] = counted(await zero.transaction((tx) => tx.run({each.zero})));"
    yield AFTER


def test_every_query_of_the_page_compiles_and_finds_something(
    node: Node, replicated: PostgresServer, tmp_path: Path
) -> None:
    project = node.project(tmp_path / "example")
    for name in ("client", "queries", "server"):
        (project / "src" / f"{name}.ts").unlink()
    for name, lines in (
        ("schema", zero_schema("requests")),
        ("drizzle", drizzle_schema("all")),
        ("page", program()),
    ):
        (project / "src" / f"{name}.ts").write_text("\n".join(lines) + "\n", encoding="utf-8")
    node.run(project, "node_modules/typescript/bin/tsc", "-p", ".")
    url = replicated.own_url()
    database = Database(open_engine(url))
    upgrade(database.engine)
    with database.engine.begin() as connection:
        given = fill(connection)
    database.close()
    environment = {
        "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{url.port}/postgres",
        "GIVEN": json.dumps({name: str(value) for name, value in given.items()}),
    }
    with node.running(project, "src/page.ts", settings=environment) as until:
        told = until(lambda line: json.loads(line) if line.startswith("{") else None)
    empty = [name for name, rows in told.items() if not rows]
    assert empty == ["drizzle Which roles a login of PostgreSQL has"]
    assert len(told) == sum(1 + bool(each.zero) for each in patterns())
