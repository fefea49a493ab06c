"""docs/queries.md as it stands: its SQL finds something on both databases, by the index that the page names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, text

from tests.support import rows
from tests.support.places import ROOT
from tgtui.data.storage.types import Key, UtcTimestamp

PAGE = ROOT / "docs" / "queries.md"
TYPES: dict[str, Any] = {"account": Key(), "since": UtcTimestamp()}
"""Of parameters; of others what the driver takes them for."""


@dataclass(frozen=True)
class Pattern:
    """One heading of the page."""

    name: str
    sql: str
    is_for_both: bool
    drizzle: str
    zero: str
    """Empty where Zero can't."""
    index: str
    """By which it is found; empty if it reads a table whole."""


def patterns() -> list[Pattern]:
    _, *parts = PAGE.read_text(encoding="utf-8").split("\n### ")
    return [pattern(part) for part in parts]


def pattern(part: str) -> Pattern:
    def block(language: str) -> str:
        found = re.search(rf"```{language}\n(.*?)\n```", part, re.DOTALL)
        return found[1] if found else ""

    index = re.search(r"^Found by `(\w+)`", part, re.MULTILINE)
    return Pattern(
        part.partition("\n")[0],
        block("sql") or block("sql postgresql"),
        bool(block("sql")),
        block("ts drizzle"),
        block("ts zero"),
        index[1] if index else "",
    )


def fill(connection: Connection) -> dict[str, Any]:
    """A catalogue in which every pattern finds something; the parameters of the page."""
    account = rows.add_account(connection)
    package = rows.add_package(connection, "express")
    version = rows.add_version(connection, package, "4.18.1")
    rows.add_dist_tag(connection, package, "4.18.1")
    target = rows.add_release(connection, "debug", "2.6.9")
    edge = {"dependency_version_range": "^2", "resolved_version": "2.6.9"}
    rows.add_edge(connection, (package, version), "debug", target, **edge)
    rows.add_package_tag(connection, package, rows.add_tag(connection, "web"), account)
    for each in (package, rows.add_package(connection, "express", "jsr")):
        rows.add_software(connection, each)
    rows.add_package(connection, "gone", deleted_at=rows.DAY_ONE, deleted_by=account)
    request = rows.add_request(connection, "koa", requested_by=account)
    chain = rows.add_chain(connection, requested_by=account, charged_at=rows.DAY_ONE)
    rows.add_member(connection, chain, request, is_root=True)
    return {
        "registry": "npm", "name": "express", "version": "4.18.1", "dependency": "debug",
        "resolved": "2.6.9", "slug": "web", "start": "exp", "end": "exq", "account": account,
        "since": rows.DAY_ONE - timedelta(hours=1),
    }  # fmt: skip


@pytest.fixture
def given(connection: Connection) -> dict[str, Any]:
    return fill(connection)


def test_the_page_has_what_the_specification_announces() -> None:
    names = PAGE.read_text(encoding="utf-8")
    for group in ("Search", "A package", "The graph", "Requests", "The queue", "Tags", "Roles"):
        assert f"\n## {group}\n" in names
    assert all(each.sql and each.drizzle for each in patterns())
    assert sum(bool(each.zero) for each in patterns()) > 12


@pytest.mark.parametrize("each", patterns(), ids=lambda each: each.name)
def test_it_finds_something_by_its_index(
    connection: Connection, given: dict[str, Any], each: Pattern
) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite and not each.is_for_both:
        pytest.skip("SQLite has no logins")
    names = re.findall(r"(?<!:):(\w+)", each.sql)
    typed = [bindparam(name, type_=TYPES.get(name)) for name in names if name in TYPES]
    parameters = {name: given[name] for name in names}
    found = connection.execute(text(each.sql).bindparams(*typed), parameters).all()
    assert found or "roles" in each.name  # the tests' superuser is in no group
    if each.index and is_sqlite:  # PostgreSQL plans by statistics: of a few rows it reads all
        explain = text("EXPLAIN QUERY PLAN " + each.sql).bindparams(*typed)
        said = "\n".join(str(row) for row in connection.execute(explain, parameters))
        # It gives the index of a constraint a name of its own.
        name = each.index if each.index.startswith("idx_") else "sqlite_autoindex"
        assert name in said, said
    elif each.index:
        assert connection.scalar(text("SELECT to_regclass(:name)"), {"name": each.index})
