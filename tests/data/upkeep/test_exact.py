"""What older programs read wrongly heals at `db upgrade`, or is read again at the next request; all else stays."""

from __future__ import annotations

from collections.abc import Callable
from importlib import util

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tests.support import rows
from tests.support.graphs import Release
from tgtui.data.models.search import PackageSearchStale
from tgtui.data.models.tables import PackageDependency, PackageVersion
from tgtui.data.upkeep.migrate import migrations_folder

REMOVED = (
    "npm:gone was removed from the registry for security reasons; only a placeholder has its name"
)


@pytest.fixture
def migrate() -> Callable[[Session], None]:
    """Runs this migration alone."""
    path = migrations_folder() / "versions" / "0010_exact.py"
    spec = util.spec_from_file_location("exact", path)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run(session: Session) -> None:
        session.execute(delete(PackageSearchStale))
        with Operations.context(MigrationContext.configure(session.connection())):
            module.upgrade()
        session.expire_all()

    return run


def is_loaded(session: Session, release: Release) -> bool:
    of = select(PackageVersion.dependencies_fetched_at).where(PackageVersion.id == release[1])
    return session.scalar(of) is not None


def edges(session: Session, release: Release) -> list[tuple[str, str, str | None]]:
    found = session.execute(
        select(
            PackageDependency.dependency_name,
            PackageDependency.resolved_version,
            PackageDependency.resolution_error,
        )
        .where(PackageDependency.version_id == release[1])
        .order_by(PackageDependency.dependency_name)
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
    session: Session, migrate: Callable[[Session], None], cut: dict[str, str]
) -> None:
    target = rows.add_release(session, "target")
    wrong, right = rows.add_release(session, "wrong"), rows.add_release(session, "right")
    rows.add_edge(session, wrong, target=target, **cut)
    rows.add_edge(session, wrong, "other", target)
    rows.add_edge(session, right, "target", target, dependency_version_range="^1 || " + "9" * 500)
    migrate(session)
    assert (edges(session, wrong), is_loaded(session, wrong)) == ([], False)
    assert (len(edges(session, right)), is_loaded(session, right)) == (1, True)
    assert list(session.scalars(select(PackageSearchStale.package_id))) == [wrong[0]]


def test_what_refused_placeholders_is_loaded_again(
    session: Session, migrate: Callable[[Session], None]
) -> None:
    user, other = rows.add_release(session, "user"), rows.add_release(session, "other")
    rows.add_edge(session, user, "gone", resolved_version="unresolved", resolution_error=REMOVED)
    rows.add_edge(session, other, "gone", resolved_version="unresolved", resolution_error="No.")
    migrate(session)
    assert edges(session, user) == [("gone", "unresolved", REMOVED)]
    assert not is_loaded(session, user)
    assert is_loaded(session, other)


def test_what_npm_refuses_is_unresolved_and_what_it_installs_stays(
    session: Session, migrate: Callable[[Session], None]
) -> None:
    user = rows.add_release(session, "user")
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
            session,
            user,
            f"d{number:02}",
            dependency_version_range=wanted,
            resolved_version=wanted,
        )
    apt = rows.add_release(session, "of-apt", registry="apt")
    rows.add_edge(
        session, apt, "libc6", dependency_registry="apt", resolved_version="workspace:1.0-1"
    )
    migrate(session)
    found = edges(session, user)
    assert [version for _name, version, _error in found] == ["unresolved"] * 5 + list(kept)
    for (_name, _version, error), wanted in zip(found, refused, strict=False):
        assert (
            error == f'npm refuses {wanted!r}: Unsupported URL Type "{wanted.partition(":")[0]}:".'
        )
    assert edges(session, apt) == [("libc6", "workspace:1.0-1", None)]
    assert is_loaded(session, user)
    assert list(session.scalars(select(PackageSearchStale.package_id))) == [user[0]]
