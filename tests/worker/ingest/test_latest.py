"""The worker's latest version is the one every query shows: else a package would look unloaded for ever."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.support.rows import add_dist_tag, add_package, add_version
from tests.support.working import PACKAGES, VERSIONS
from tgtui.data.storage.database import Database
from tgtui.data.versions.latest import latest_version_id
from tgtui.versions.npm.pick import PickIndex, latest_version

VERSION = st.sampled_from(
    ["0.1.0", "1.0.0", "1.0.0-rc.1", "1.0.0+build", "2.0.0-beta", "2.0.0", "1.2", "v1", "nonsense"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    versions=st.lists(VERSION, min_size=1, max_size=5, unique=True),
    yanked=st.sets(VERSION),
    latest=st.none() | VERSION,
)
def test_worker_and_queries_agree_on_the_latest_version(
    database: Database, versions: list[str], yanked: set[str], latest: str | None
) -> None:
    tags = {"latest": latest} if latest in versions and latest else {}
    in_python = latest_version(PickIndex(versions, tags, yanked))
    with database.engine.connect() as connection:
        package = add_package(connection, "a")
        for version in versions:
            add_version(connection, package, version, is_yanked=version in yanked)
        for tag, version in tags.items():
            add_dist_tag(connection, package, version, tag)
        found = connection.scalar(
            select(VERSIONS.c.version).where(
                VERSIONS.c.id == select(latest_version_id(PACKAGES.c.id)).scalar_subquery()
            )
        )
        connection.rollback()
    assert found == in_python
