"""Stands in for Apache Polaris: it is none, but answers over HTTP as Polaris 1.4.1 was seen to, refusals above all.

Behind it is pyiceberg's own catalog on SQLite, so it says nothing of how Polaris stores; `dev.py test --lake` and a real
Polaris (`TGTUI_TEST_POLARIS_URI`) do. The files are in a folder that both sides write, as with Polaris' FILE storage.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import CommitTableRequest, Table

from tests.support.http_thread import Reply, Request, Served

BASE = "/api/catalog/v1"
REALM = "POLARIS"
CLIENT, SECRET = "root", "s3cr3t"
WAREHOUSE = "c"
SMALLEST = frozenset({"NAMESPACE_CREATE", "TABLE_CREATE", "TABLE_WRITE_DATA"})
"""The smallest set of rights with which an export was seen to work."""
DROPS = SMALLEST | {"TABLE_DROP"}
READS = frozenset({"TABLE_READ_DATA", "NAMESPACE_LIST"})
JSON = {"Content-Type": "application/json"}

_NAMESPACES = "/v1/{prefix}/namespaces"
_TABLES = f"{_NAMESPACES}/{{namespace}}/tables"
ENDPOINTS = [
    f"POST {_NAMESPACES}",
    *(f"{method} {_NAMESPACES}/{{namespace}}" for method in ("GET", "HEAD")),
    f"POST {_TABLES}",
    *(f"{method} {_TABLES}/{{table}}" for method in ("GET", "HEAD", "POST", "DELETE")),
]

ALLOWED = {
    "LOAD_NAMESPACE_METADATA": {"NAMESPACE_CREATE", "NAMESPACE_LIST", "NAMESPACE_READ_PROPERTIES"},
    "CREATE_NAMESPACE": {"NAMESPACE_CREATE"},
    "CREATE_TABLE_DIRECT": {"TABLE_CREATE"},
    "LOAD_TABLE": {"TABLE_READ_DATA", "TABLE_WRITE_DATA"},
    "ADD_TABLE_SNAPSHOT": {"TABLE_WRITE_DATA", "TABLE_ADD_SNAPSHOT"},
    "DROP_TABLE_WITHOUT_PURGE": {"TABLE_DROP"},
}
"""By operation: each of these rights lets it pass."""


class PolarisStandIn(Served):
    """A context manager. `uri` is what a client is given."""

    def __init__(self, folder: Path, warehouse: str = "", **store: str) -> None:
        """The tables are in the folder, or in a store that `store` says how to reach, in pyiceberg's words."""
        super().__init__()
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.catalog = SqlCatalog(
            "inside",
            uri=f"sqlite:///{folder}/inside.sqlite3",
            warehouse=warehouse or f"file://{folder}/wh",
            **store,
        )
        self.rights: frozenset[str] = DROPS
        self.require_realm = False
        self.vended: Mapping[str, str] = {}
        """Credentials of its storage, for who asks for them."""
        self.before_commit: Callable[[], None] | None = None
        """Called once before the next commit: another writer."""
        self.cut: str | None = None
        """Close the connection in the next commit, `before` it is made or `after`."""
        self.lose_race = False
        """Answer the next commit with the other 409, as in close races."""
        self.commits = 0
        self.asked: list[str] = []
        """`METHOD /path` of each request, without the prefix."""
        self._tokens: set[str] = set()

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self.catalog.close()

    @property
    def uri(self) -> str:
        return f"{self.url}/api/catalog"

    def void_tokens(self) -> None:
        """As a restart without key files does."""
        self._tokens.clear()

    def _reply(self, request: Request) -> Reply:
        reply = self._answer(request)
        if request.method == "HEAD":
            return replace(reply, body=b"")
        return reply

    def _answer(self, request: Request) -> Reply:
        parts = urlsplit(request.path)
        path = parts.path.removeprefix(BASE)
        self.asked.append(f"{request.method} {path}")
        if path == parts.path:
            return Reply(404, b"<html>Not Found</html>")
        if self.require_realm and request.headers.get("polaris-realm") != REALM:
            return _error(404, "MissingOrInvalidRealm", "Missing or invalid realm")
        if path == "/oauth/tokens":
            return self._token(parse_qs(request.body.decode()))
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self._tokens:
            return Reply(401, b"", {"www-authenticate": "Bearer"})
        if path == "/config":
            return _config(parse_qs(parts.query))
        steps = [unquote(step) for step in path.removeprefix(f"/{WAREHOUSE}/").split("/")]
        delegated = request.headers.get("x-iceberg-access-delegation", "")
        if len(steps) <= 2:
            return self._namespace(request, steps)
        return self._table(request, steps[1], steps[3] if len(steps) > 3 else None, delegated)

    def _token(self, form: Mapping[str, list[str]]) -> Reply:
        if form.get("client_id") != [CLIENT] or form.get("client_secret") != [SECRET]:
            said = {
                "error": "unauthorized_client",
                "error_description": "The client is not authorized",
            }
            return _json(401, said)
        if not form.get("scope", [""])[0].startswith("PRINCIPAL_ROLE:"):
            return _json(
                400, {"error": "invalid_scope", "error_description": "The scope is invalid"}
            )
        token = secrets.token_hex(8)
        self._tokens.add(token)
        return _json(
            200, {"access_token": token, "token_type": "bearer", "expires_in": 3600, "scope": "x"}
        )

    def _namespace(self, request: Request, steps: list[str]) -> Reply:
        if request.method == "POST":
            if refused := self._refused("CREATE_NAMESPACE"):
                return refused
            name = json.loads(request.body)["namespace"]
            self.catalog.create_namespace(tuple(name))
            return _json(200, {"namespace": name, "properties": {}})
        name = steps[1]
        if not self.catalog.namespace_exists(name):
            return _error(404, "NoSuchNamespaceException", f"Namespace does not exist: {name}")
        if refused := self._refused("LOAD_NAMESPACE_METADATA"):
            return Reply(403) if request.method == "HEAD" else refused
        return Reply(204) if request.method == "HEAD" else _json(200, {"namespace": [name]})

    def _table(self, request: Request, namespace: str, name: str | None, delegated: str) -> Reply:
        if name is None:
            return self._create(request, namespace, delegated)
        try:
            table = self.catalog.load_table((namespace, name))
        except NoSuchTableError:
            said = f"Table does not exist: {namespace}.{name}"
            return (
                Reply(404)
                if request.method == "HEAD"
                else _error(404, "NoSuchTableException", said)
            )
        if request.method == "POST":
            return self._commit(request, table)
        if request.method == "DELETE":
            if refused := self._refused("DROP_TABLE_WITHOUT_PURGE"):
                return refused
            self.catalog.drop_table((namespace, name))
            return Reply(204)
        if refused := self._refused("LOAD_TABLE"):
            return refused
        if delegated and not self.vended:
            said = f"Credential vending was requested for table {namespace}.{name}, but no credentials are available"
            return _error(400, "BadRequestException", said)
        return _loaded(table, self.vended if delegated else {})

    def _create(self, request: Request, namespace: str, delegated: str) -> Reply:
        if refused := self._refused("CREATE_TABLE_DIRECT"):
            return refused
        if delegated and "TABLE_WRITE_DATA" not in self.rights:
            return self._forbidden("CREATE_TABLE_DIRECT_WITH_WRITE_DELEGATION")
        wanted = json.loads(request.body)
        table = self.catalog.create_table(
            (namespace, wanted["name"]),
            Schema.model_validate(wanted["schema"]),
            partition_spec=PartitionSpec.model_validate(wanted["partition-spec"]),
            properties={**wanted["properties"], "created-at": "now"},
        )
        return _loaded(table, self.vended if delegated else {})

    def _commit(self, request: Request, table: Table) -> Reply:
        if refused := self._refused("ADD_TABLE_SNAPSHOT"):
            return refused
        if self.before_commit is not None:
            interrupt, self.before_commit = self.before_commit, None
            interrupt()
        cut, self.cut = self.cut, None
        if cut == "before":
            return Reply(drop=True)
        if self.lose_race:
            self.lose_race = False
            said = "Failed to commit Table or View n.t because it was concurrently modified"
            return _error(409, "CommitConflictException", said)
        wanted = CommitTableRequest.model_validate_json(request.body)
        try:
            self.catalog.commit_table(table, wanted.requirements, wanted.updates)
        except CommitFailedException as error:
            return _error(409, "CommitFailedException", str(error))
        self.commits += 1
        if cut == "after":
            return Reply(drop=True)
        return _loaded(self.catalog.load_table(table.name()), {})

    def _refused(self, operation: str) -> Reply | None:
        return None if ALLOWED[operation] & self.rights else self._forbidden(operation)

    def _forbidden(self, operation: str) -> Reply:
        return _error(
            403,
            "ForbiddenException",
            f"Principal '{CLIENT}' with activated PrincipalRoles '[]' and activated grants via '[]' is not"
            f" authorized for op {operation}",
        )


def _config(query: Mapping[str, list[str]]) -> Reply:
    named = query.get("warehouse", [""])[0]
    if not named:
        return _error(400, "BadRequestException", "Please specify a warehouse")
    if named != WAREHOUSE:
        return _error(404, "NotFoundException", f"Unable to find warehouse {named}")
    said = {"defaults": {}, "overrides": {"prefix": WAREHOUSE}, "endpoints": ENDPOINTS}
    return _json(200, said)


def _loaded(table: Table, config: Mapping[str, str]) -> Reply:
    metadata = json.loads(table.metadata.model_dump_json())
    said = {"metadata-location": table.metadata_location, "metadata": metadata, "config": config}
    return _json(200, said)


def _json(code: int, body: Any) -> Reply:
    return Reply(code, json.dumps(body).encode(), JSON)


def _error(code: int, type: str, message: str) -> Reply:
    return _json(code, {"error": {"message": message, "type": type, "code": code}})
