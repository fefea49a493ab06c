"""The compiler, drizzle-kit and drizzle-zero take what we write."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.data.replicas.test_shape import RECORDED, SCOPES
from tests.support.databases import migrate
from tests.support.live_schema import read_schema
from tests.support.node import Node
from tests.support.postgres import Databases
from tgtui.data.replicas.drizzle import drizzle_schema
from tgtui.data.replicas.shape import Scope
from tgtui.data.replicas.zero import zero_schema
from tgtui.data.storage.engine import open_engine, parse_url

pytestmark = pytest.mark.zero

HERE = Path(__file__).parent
TSC, KIT = "node_modules/typescript/bin/tsc", "node_modules/drizzle-kit/bin.cjs"


def project(node: Node, folder: Path, scope: Scope) -> Path:
    """The example with both schemas."""
    made = node.project(folder)
    for name, lines in (("schema", zero_schema(scope)), ("drizzle", drizzle_schema(scope))):
        (made / "src" / f"{name}.ts").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return made


@pytest.mark.parametrize("scope", SCOPES)
def test_the_compiler_takes_the_schemas_and_the_example(
    node: Node, tmp_path: Path, scope: Scope
) -> None:
    made = project(node, tmp_path / "example", scope)
    if scope == "public":  # without requests, which the example asks for
        for name in ("queries", "server", "client"):
            (made / "src" / f"{name}.ts").unlink()
    node.run(made, TSC, "-p", ".")


def test_drizzle_zero_makes_of_one_schema_the_other(node: Node, tmp_path: Path) -> None:
    made = project(node, tmp_path / "example", "all")
    shutil.copy(HERE / "describe.mts", made)
    said = node.run(made, "describe.mts")
    told = json.loads(said[said.index('{"theirs"') :])
    assert told["theirs"] == told["ours"]
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    if recorded != told["theirs"]:
        RECORDED.write_text(
            json.dumps(told["theirs"], indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )
        pytest.fail(f"{RECORDED.name} was out of date, and is written anew: look at the difference")


def test_what_drizzle_kit_would_create_is_what_the_migrations_made(
    node: Node,
    tmp_path: Path,
    postgres_databases: Databases,
    postgres_template: Callable[[str, Callable[[str], None]], str],
) -> None:
    """Its own SQL, run in an empty database: every column, key, reference, check and index is the same."""
    made = project(node, tmp_path / "example", "all")
    where = ("--dialect=postgresql", "--schema=./src/drizzle.ts", "--out=./made")
    node.run(made, KIT, "generate", *where)
    (script,) = (made / "made").glob("*.sql")
    with postgres_databases.fresh() as url:
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("CREATE EXTENSION pg_trgm")
            connection.execute(script.read_text(encoding="utf-8"))
        theirs = schema_of(url)
    assert theirs == schema_of(postgres_template("migrated", migrate))


def schema_of(url: str) -> object:
    engine = open_engine(parse_url(url))
    try:
        with engine.connect() as connection:
            return read_schema(connection)
    finally:
        engine.dispose()
