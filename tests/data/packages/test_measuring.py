from __future__ import annotations

from sqlalchemy import Connection, select

from tests.support.rows import add_facts, add_release
from tgtui.data.models.search import package_search
from tgtui.data.packages.measuring import store_measured
from tgtui.data.search.index import drain
from tgtui.data.versions.facts import facts_of
from tgtui.data.versions.storing_facts import store_facts
from tgtui.registries.base import Facts


def test_what_an_archive_shows_comes_before_what_is_said_and_stays(connection: Connection) -> None:
    package, version = add_release(connection, "a")
    _other, unknown = add_release(connection, "b")
    add_facts(connection, version, Facts(licence="MIT", unpacked_size=1, file_count=1))
    store_measured(connection, "npm", "a", "1.0.0", size=4_000, files=2)
    store_measured(connection, "npm", "a", "1.0.0", size=5_000, files=3)
    store_measured(connection, "npm", "b", "1.0.0", size=7, files=1)
    store_measured(connection, "npm", "b", "9.0.0", size=9, files=1)
    store_measured(connection, "jsr", "a", "1.0.0", size=9, files=1)
    store_facts(connection, {version: Facts(licence="ISC"), unknown: Facts(licence="MIT")})
    found = facts_of(connection, [version, unknown])
    assert (found[version].unpacked_size, found[version].file_count) == (5_000, 3)
    assert (found[version].is_measured, found[version].licence.shown) == (True, "ISC")
    assert (found[unknown].unpacked_size, found[unknown].licence.shown) == (7, "MIT")
    drain(connection)
    p = package_search.c
    assert connection.scalar(select(p.unpacked_size).where(p.package_id == package)) == 5_000
