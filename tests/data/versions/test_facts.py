"""What is stored of versions and read back, and what a search's row gets of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, select, update

from tests.support.rows import add_release
from tgtui.data.models.facts import package_facts, search_licences
from tgtui.data.models.search import package_search
from tgtui.data.search.index import refresh
from tgtui.data.storage.database import Database
from tgtui.data.versions.facts import facts_of
from tgtui.data.versions.storing_facts import store_facts
from tgtui.registries.base import Facts

FACTS = Facts(
    licence="(MIT OR Apache-2.0)",
    download_size=1_000,
    unpacked_size=5 << 32,
    file_count=7,
    keywords=("CLI", "command line"),
    maintainers=("Ada L.", "bob"),
    author="bob",
    engines=(("node", ">=18"),),
    os=("darwin",),
    install_scripts=(),
    has_types=True,
    modules="dual",
    provenance="attested",
)


def store(database: Database, told: dict[UUID, Facts]) -> None:
    database.write_now(store_facts, told)


def rows_of(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Any]:
    refresh(connection, ids)
    found = connection.execute(select(package_search)).all()
    return {row.package_id: row for row in found}


def test_facts_come_back_as_they_were_stored(database: Database) -> None:
    with database.engine.begin() as connection:
        _package, version = add_release(connection, "a")
        _other, silent = add_release(connection, "b")
    store(database, {version: FACTS, silent: Facts()})
    found = database.read_now(facts_of, [version, silent, uuid4()])
    assert found.keys() == {version, silent}
    facts = found[version]
    assert facts.said == FACTS
    assert (facts.download_size, facts.unpacked_size, facts.file_count) == (1_000, 5 << 32, 7)
    assert (facts.licence.shown, facts.licence.kind) == ("(MIT OR Apache-2.0)", "permissive")
    assert not facts.is_measured
    unknown = found[silent]
    assert (unknown.licence.shown, unknown.unpacked_size) == ("", None)
    assert unknown.said == Facts()


def test_only_what_differs_is_written_and_what_was_measured_stays(database: Database) -> None:
    with database.engine.begin() as connection:
        _package, version = add_release(connection, "a")
    store(database, {version: FACTS})

    def measure(connection: Connection) -> None:
        measured = {"measured_size": 9, "measured_files": 2, "licence": "spoiled"}
        connection.execute(update(package_facts).values(**measured))

    database.write_now(measure)
    store(database, {version: FACTS})
    found = database.read_now(facts_of, [version])[version]
    assert found.licence.words == "spoiled", "nothing differed, so nothing was written"
    store(database, {version: Facts(licence="ISC", unpacked_size=3)})
    found = database.read_now(facts_of, [version])[version]
    assert found.licence.shown == "ISC"
    assert (found.unpacked_size, found.file_count, found.is_measured) == (9, 2, True)


def test_a_searchs_row_has_the_latest_versions(database: Database) -> None:
    with database.engine.begin() as connection:
        package, version = add_release(connection, "a")
        other, _unknown = add_release(connection, "b")
        silent, said_nothing = add_release(connection, "c")
    store(database, {version: FACTS, said_nothing: Facts()})
    rows = database.write_now(rows_of, [package, other, silent])
    row = rows[package]
    assert row.licence == " permissive mit apache-2.0 "
    assert row.terms == "keyword:cli keyword:command-line maintainer:ada-l. maintainer:bob"
    assert row.unpacked_size == 5 << 32
    assert (rows[other].licence, rows[other].terms, rows[other].unpacked_size) == (None,) * 3
    assert (rows[silent].licence, rows[silent].terms) == (" unknown ", "")

    def licences(connection: Connection) -> list[str]:
        rows_of(connection, [package, silent])
        return sorted(connection.scalars(select(search_licences.c.licence)))

    assert database.write_now(licences) == [" permissive mit apache-2.0 ", " unknown "]


def test_a_damaged_row_is_no_error(database: Database) -> None:
    with database.engine.begin() as connection:
        package, version = add_release(connection, "a")
    store(database, {version: FACTS})
    database.write_now(
        lambda connection: connection.execute(update(package_facts).values(details="{"))
    )
    assert database.read_now(facts_of, [version])[version].said.keywords == ()
    assert database.write_now(rows_of, [package])[package].terms == ""
