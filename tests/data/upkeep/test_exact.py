"""What older programs read wrongly heals at `db upgrade`, or is read again at the next request; all else stays."""

from __future__ import annotations

from collections.abc import Callable
from importlib import util

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, delete, select

from tests.support import rows
from tests.support.graphs import Release
from tgtui.data.models.search import package_search_stale
from tgtui.data.models.tables import package_dependencies, package_versions
from tgtui.data.upkeep.migrate import migrations_folder

REMOVED = (
    "npm:gone was removed from the registry for security reasons; only a placeholder has its name"
)


@pytest.fixture
def migrate() -> Callable[[Connection], None]:
    """Runs this migration alone."""
    path = migrations_folder() / "versions" / "0010_exact.py"
    spec = util.spec_from_file_location("exact", path)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run(connection: Connection) -> None:
        connection.execute(delete(package_search_stale))
        with Operations.context(MigrationContext.configure(connection)):
            module.upgrade()

    return run


def is_loaded(connection: Connection, release: Release) -> bool:
    of = select(package_versions.c.dependencies_fetched_at).where(
        package_versions.c.id == release[1]
    )
    return connection.scalar(of) is not None


def edges(connection: Connection, release: Release) -> list[tuple[str, str, str | None]]:
    found = connection.execute(
        select(
            package_dependencies.c.dependency_name,
            package_dependencies.c.resolved_version,
            package_dependencies.c.resolution_error,
        )
        .where(package_dependencies.c.version_id == release[1])
        .order_by(package_dependencies.c.dependency_name)
    )
    return [(name, version, error) for name, version, error in found]


@pytest.mark.parametrize(
    "cut",
    [
        {"dependency_version_range": "1.0.0 || " + "9" * 990 + "…"},
        {"dependency_version_range": "^1.0.0-" + "9" * 993, "dependency_registry": "jsr"},
        {"dependency_name": "a" * 213 + "…"},
        {"declared_name": "a" * 213 + "…"},
    ],
)
def test_edges_of_cut_texts_are_forgotten_and_loaded_again(
    connection: Connection, migrate: Callable[[Connection], None], cut: dict[str, str]
) -> None:
    target = rows.add_release(connection, "target")
    wrong, right = rows.add_release(connection, "wrong"), rows.add_release(connection, "right")
    rows.add_edge(connection, wrong, target=target, **cut)
    rows.add_edge(connection, wrong, "other", target)
    rows.add_edge(
        connection, right, "target", target, dependency_version_range="^1 || " + "9" * 500
    )
    migrate(connection)
    assert (edges(connection, wrong), is_loaded(connection, wrong)) == ([], False)
    assert (len(edges(connection, right)), is_loaded(connection, right)) == (1, True)
    assert list(connection.scalars(select(package_search_stale.c.package_id))) == [wrong[0]]


def test_what_refused_placeholders_is_loaded_again(
    connection: Connection, migrate: Callable[[Connection], None]
) -> None:
    user, other = rows.add_release(connection, "user"), rows.add_release(connection, "other")
    rows.add_edge(connection, user, "gone", resolved_version="unresolved", resolution_error=REMOVED)
    rows.add_edge(connection, other, "gone", resolved_version="unresolved", resolution_error="No.")
    migrate(connection)
    assert edges(connection, user) == [("gone", "unresolved", REMOVED)]
    assert not is_loaded(connection, user)
    assert is_loaded(connection, other)


def test_what_npm_refuses_is_unresolved_and_what_it_installs_stays(
    connection: Connection, migrate: Callable[[Connection], None]
) -> None:
    user = rows.add_release(connection, "user")
    refused = ("workspace:*", "catalog:react18", "link:../a", "portal:../a", "jsr:^1")
    kept = (
        "github:a/b",
        "git+https://host/a.git#v1",
        "https://host/a.tgz",
        "file:../a",
        "a/b",
        "1.0.0",
    )
    for number, wanted in enumerate((*refused, *kept)):
        rows.add_edge(
            connection,
            user,
            f"d{number:02}",
            dependency_version_range=wanted,
            resolved_version=wanted,
        )
    apt = rows.add_release(connection, "of-apt", registry="apt")
    rows.add_edge(
        connection, apt, "libc6", dependency_registry="apt", resolved_version="workspace:1.0-1"
    )
    migrate(connection)
    found = edges(connection, user)
    assert [version for _name, version, _error in found] == ["unresolved"] * 5 + list(kept)
    for (_name, _version, error), wanted in zip(found, refused, strict=False):
        assert (
            error == f'npm refuses {wanted!r}: Unsupported URL Type "{wanted.partition(":")[0]}:".'
        )
    assert edges(connection, apt) == [("libc6", "workspace:1.0-1", None)]
    assert is_loaded(connection, user)
    assert list(connection.scalars(select(package_search_stale.c.package_id))) == [user[0]]
