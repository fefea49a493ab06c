"""A real zero-cache on a real PostgreSQL, the example's server, and clients that see what happens in the catalogue."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import update

from tests.support import rows
from tests.support.node import Node, answers
from tests.support.postgres import PostgresServer, free_port
from tgtui.data.models.tables import packages, tags
from tgtui.data.replicas.publication import NAME, publish
from tgtui.data.replicas.zero import zero_schema
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep.migrate import upgrade
from tgtui.versions.npm.semver import sort_key
from tgtui.versions.sorting import sort_text

pytestmark = pytest.mark.zero

CACHE = "node_modules/@rocicorp/zero/out/zero/src/cli.js"
PEOPLE = {
    "of-ada": {"issuer": "https://login.example", "subject": "ada", "name": "Ada"},
    "of-bob": {"issuer": "https://login.example", "subject": "bob", "name": "Bob"},
}
Until = Callable[[Callable[[str], Any]], Any]


@dataclass(frozen=True)
class Front:
    """All that a web front has, but the browser."""

    node: Node
    project: Path
    owner: str
    """Address of the catalogue for its owner."""
    superuser: str
    cache: int
    server: int

    @contextmanager
    def client(self, query: str, args: object = None, token: str = "") -> Iterator[Until]:
        given = [] if args is None else [json.dumps(args)]
        settings = {
            "CACHE": f"http://127.0.0.1:{self.cache}",
            "SERVER": f"http://127.0.0.1:{self.server}",
            **({"TOKEN": token} if token else {}),
        }
        with self.node.running(
            self.project, "src/client.ts", query, *given, settings=settings
        ) as until:
            yield until

    def ask(self, name: str, token: str) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.server}/ask",
            json.dumps({"registry": "npm", "name": name}).encode(),
            {"authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def open(self) -> Database:
        """The caller closes it."""
        return Database(open_engine(parse_url(self.owner)))


def see(until: Until, is_there: Callable[[Any], bool]) -> Any:
    """The first answer of a client in which it is there."""

    def look(line: str) -> Any:
        found = answers(line)
        return [found] if found is not None and is_there(found) else None

    return until(look)[0]


@pytest.fixture(scope="module")
def front(
    node: Node, replicated: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("zero")
    project = node.project(folder / "example")
    schema = "\n".join(zero_schema("requests"))
    (project / "src" / "schema.ts").write_text(schema, encoding="utf-8")
    with ExitStack() as stack:
        admin = replicated.own_url()
        plain = f"postgresql://postgres@127.0.0.1:{admin.port}"
        with psycopg.connect(f"{plain}/postgres", autocommit=True) as connection:
            connection.execute("CREATE ROLE garden_owner LOGIN PASSWORD 'x'")
            connection.execute("CREATE DATABASE garden OWNER garden_owner")
        owner = admin.set(
            username="garden_owner",
            password="x",
            host="127.0.0.1",
            database="garden",
            query={},
        ).render_as_string(hide_password=False)
        front = Front(node, project, owner, f"{plain}/garden", free_port(), free_port())
        fill(front)
        people = {
            "PEOPLE": json.dumps(PEOPLE),
            "DATABASE_URL": owner.replace("+psycopg", ""),
            "PORT": str(front.server),
        }
        until = stack.enter_context(node.running(project, "src/server.ts", settings=people))
        until(lambda line: "ready" in line)
        cache = {
            "ZERO_UPSTREAM_DB": front.superuser,
            "ZERO_REPLICA_FILE": str(folder / "replica.db"),
            "ZERO_PORT": str(front.cache),
            "ZERO_APP_PUBLICATIONS": NAME,
            "ZERO_QUERY_URL": f"http://127.0.0.1:{front.server}/query",
            "ZERO_MUTATE_URL": f"http://127.0.0.1:{front.server}/mutate",
            "ZERO_ADMIN_PASSWORD": "x",
            "ZERO_NUM_SYNC_WORKERS": "1",
            "ZERO_ENABLE_TELEMETRY": "false",
        }
        until = stack.enter_context(node.running(project, CACHE, settings=cache))
        until(lambda line: "listening at" in line)
        yield front


def fill(front: Front) -> None:
    """A package with versions that no alphabet sorts, and one that it depends on."""
    database = front.open()
    upgrade(database.engine)
    with database.engine.begin() as connection:
        package = rows.add_package(connection, "express")
        version = None
        for number in ("4.9.0", "4.10.0", "5.0.0-beta.2"):
            key = sort_text(sort_key(number))
            version = rows.add_version(connection, package, number, sort_key=key)
        assert version is not None
        target = rows.add_release(connection, "debug")
        rows.add_edge(connection, (package, version), "debug", target)
        tag = rows.add_tag(connection, "web")
        rows.add_package_tag(connection, package, tag, rows.add_account(connection))
        publish(connection, with_requests=True)
    database.close()


def test_a_package_comes_with_its_versions_in_order_and_their_dependencies(front: Front) -> None:
    with front.client("package", {"registry": "npm", "name": "express"}) as until:
        package = see(until, lambda data: bool(data) and bool(data["versions"][0]["dependencies"]))
    versions = [version["version"] for version in package["versions"]]
    assert versions == ["5.0.0-beta.2", "4.10.0", "4.9.0"]
    (edge,) = package["versions"][0]["dependencies"]
    assert (edge["dependencyName"], edge["resolved"]["version"]) == ("debug", "1.0.0")


def test_a_search_sees_a_package_come_be_tagged_and_go(front: Front) -> None:
    database = front.open()
    try:
        with front.client("search", {"words": "EXPR"}) as until:
            first = see(until, lambda data: len(data) == 1 and bool(data[0]["packageTags"]))
            assert first[0]["packageTags"][0]["tag"]["name"] == "Web"
            database.write_now(rows.add_package, "expression")
            see(until, lambda data: [each["name"] for each in data] == ["express", "expression"])
            change(database, update(tags).values(name="www"))
            see(until, lambda data: data[0]["packageTags"][0]["tag"]["name"] == "www")
            change(database, update(tags).values(deleted_at=rows.DAY_ONE))
            see(until, lambda data: data[0]["packageTags"] == [])
            gone = update(packages).where(packages.c.name == "expression")
            change(database, gone.values(deleted_at=rows.DAY_ONE))
            see(until, lambda data: [each["name"] for each in data] == ["express"])
    finally:
        database.close()


def test_a_request_arrives_live_and_only_with_who_made_it(front: Front) -> None:
    with front.client("myRequests", token="of-ada") as ada:
        see(ada, lambda data: data == [])
        assert front.ask("koa", "of-ada")["outcome"] == "new"
        found = see(ada, lambda data: bool(data) and bool(data[0]["members"][0].get("request")))
    assert found[0]["members"][0]["request"]["packageName"] == "koa"
    assert front.ask("lodash", "of-bob")["outcome"] == "new"
    with front.client("myRequests", token="of-bob") as bob:
        found = see(bob, lambda data: bool(data) and bool(data[0]["members"][0].get("request")))
    assert [chain["members"][0]["request"]["packageName"] for chain in found] == ["lodash"]
    with front.client("myRequests") as nobody:
        nobody(lambda line: line.startswith('{"type":"complete","data":[]'))


def test_a_column_that_the_owner_adds_leaves_clients_living(front: Front) -> None:
    """After the grants that `db upgrade` names."""
    database = front.open()
    with psycopg.connect(front.superuser, autocommit=True) as superuser:
        superuser.execute("GRANT USAGE ON SCHEMA zero_0 TO garden_owner")
        superuser.execute(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA zero_0 TO garden_owner"
        )
    try:
        with front.client("search", {"words": "live"}) as until:
            see(until, lambda data: data == [])
            with psycopg.connect(front.owner.replace("+psycopg", ""), autocommit=True) as owner:
                owner.execute("ALTER TABLE packages ADD COLUMN stars integer")
            database.write_now(rows.add_package, "live")
            see(until, lambda data: [each["name"] for each in data] == ["live"])
            with psycopg.connect(front.owner.replace("+psycopg", ""), autocommit=True) as owner:
                owner.execute("ALTER TABLE packages DROP COLUMN stars")
            database.write_now(rows.add_package, "lively")
            see(until, lambda data: [each["name"] for each in data] == ["live", "lively"])
    finally:
        database.close()


def change(database: Database, statement: Any) -> None:
    with database.engine.begin() as connection:
        connection.execute(statement)
