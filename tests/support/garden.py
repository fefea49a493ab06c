"""A small catalogue with something of everything that analytics read, and hostile text in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from tests.support import rows
from tgtui.data.storage.database import Database

HOSTILE = "a \"quoted\", 100 % \\N text\nin lines\ttab \r\n é ☃ 😀 '' ;"
TODAY = datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Garden:
    """Ids of what is in it."""

    ada: UUID
    bob: UUID
    app: UUID
    app_new: UUID
    app_next: UUID
    lib: UUID
    lib_version: UUID
    gone: UUID
    bare: UUID


def planted(database: Database) -> Garden:
    """app 2.0.0 (latest by its tag, 3.0.0 is next) needs lib, wants a package that was deleted and one that is unknown."""
    return database.write_now(_plant)


def _plant(connection: Connection) -> Garden:
    ada, bob = rows.add_account(connection, "ada"), rows.add_account(connection, "bob")
    app = rows.add_package(connection, "app", description=HOSTILE)
    rows.add_version(connection, app, "1.0.0", is_yanked=True)
    new = rows.add_version(connection, app, "2.0.0", published_at=rows.DAY_ONE + timedelta(days=3))
    later = rows.add_version(connection, app, "3.0.0-beta.1", is_prerelease=True, published_at=None)
    rows.add_dist_tag(connection, app, "2.0.0")
    lib, lib_version = rows.add_release(connection, "lib", registry="jsr")
    gone = rows.add_package(connection, "gone", deleted_at=rows.DAY_ONE)
    gone_version = rows.add_version(connection, gone)
    bare = rows.add_package(connection, "bare", description="", last_fetch_success=None)
    rows.add_edge(connection, (app, new), "lib", (lib, lib_version), dependency_registry="jsr")
    rows.add_edge(connection, (app, new), "gone", (gone, gone_version))
    rows.add_edge(
        connection, (app, new), "unknown", resolved_version="unresolved", dependency_type="dev"
    )
    rows.add_edge(connection, (app, new), "maybe", dependency_type="peer", is_optional=True)
    tag = rows.add_tag(connection, "garden")
    rows.add_package_tag(connection, app, tag, ada)
    for account, package, day in ((ada, app, 0), (ada, lib, 0), (bob, app, 1), (None, app, 1)):
        moment = rows.DAY_ONE + timedelta(days=day)
        rows.add_interaction(
            connection, package, account_id=account, day=moment.date(), created_at=moment
        )
    rows.add_interaction(connection, gone, account_id=ada)
    return Garden(ada, bob, app, new, later, lib, lib_version, gone, bare)
