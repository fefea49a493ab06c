"""A whole index in the catalogue: resolved, linked, repeated, interrupted."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from tests.support.apt_archive import MADE, packages, stanza
from tgtui.data.models.facts import package_facts
from tgtui.data.models.search import package_search, package_search_stale
from tgtui.data.models.tables import packages as packages_table
from tgtui.data.packages.by_name import find_package
from tgtui.data.packages.dependents import dependents_page
from tgtui.data.packages.detail import package_detail
from tgtui.data.packages.elsewhere import same_software
from tgtui.data.search.index import drain
from tgtui.data.storage.database import Database
from tgtui.data.versions.edges import edges_of
from tgtui.data.versions.facts import facts_of
from tgtui.data.views.edges import UNRESOLVED
from tgtui.registries.apt.index.build import build
from tgtui.registries.apt.index.view import AptIndex
from tgtui.registries.base import Facts
from tgtui.registries.indexes import feed
from tgtui.worker.imports import importing
from tgtui.worker.imports.importing import Imported, Importer, ImportProgress, ImportStopped
from tgtui.worker.imports.known import versions as versions_table
from tgtui.worker.ingest.statements import edges as edges_table

pytestmark = pytest.mark.full_on("postgresql")

GARDEN = (
    stanza("shed", "1.0", Depends="rake (>= 1), missing | hoe", Recommends="cat", Suggests="dog"),
    stanza("rake", "1.5", Depends="handle", Homepage="https://rake.example/", Description="rakes"),
    stanza("hoe", "0.1", Depends="handle, shed"),
    stanza("handle", "3"),
    stanza("cat", "9"),
)

Make = Callable[..., AptIndex]
needs_shell = pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")


@pytest.fixture
def index_of(tmp_path: Path) -> Iterator[Make]:
    made: list[AptIndex] = []

    def make(
        *stanzas: str, digest: str = "one", at: datetime = MADE, is_partial: bool = False
    ) -> AptIndex:
        source, target = tmp_path / "Packages", tmp_path / f"{len(made)}.index"
        source.write_bytes(packages(*stanzas))
        part = {"path": str(source), "compression": "", "label": "garden", "sha256": "", "size": 0}
        facts = {
            "architecture": "amd64",
            "digest": digest,
            "failures": '["orchard is down"]' if is_partial else "[]",
            "is_partial": "true" if is_partial else "false",
        }
        suites = {"suites": '[{"name": "garden", "pin": 500}]'}
        build(
            {
                "path": str(target),
                "architecture": "amd64",
                "problems": [],
                "parts": [{**part, "source": 0, "pin": 500}],
                "facts": {**facts, **suites},
            }
        )
        made.append(AptIndex(target, at, recommends=True))
        return made[-1]

    yield make
    for index in made:
        index.close()


def bring(database: Database, index: AptIndex, **how: Any) -> Imported:
    return Importer(database, "apt", index, lambda progress: None).run(**how)


def edges(database: Database, name: str) -> dict[str, tuple[str, bool, str]]:
    """By target: resolved version, whether it leads to a stored version, the registry's word."""
    package_id = database.read_now(find_package, "apt", name)
    assert package_id is not None
    detail = database.read_now(package_detail, package_id)
    assert detail is not None
    assert detail.latest is not None
    assert detail.latest.dependencies_loaded
    return {
        edge.name: (edge.resolved_version, edge.resolved_version_id is not None, edge.source_field)
        for edge in database.read_now(edges_of, detail.latest.id)
    }


def test_every_package_is_there_resolved_and_linked(database: Database, index_of: Make) -> None:
    done = bring(database, index_of(*GARDEN))
    assert (done.packages, done.dependencies, done.was_current) == (5, 7, False)
    assert edges(database, "shed") == {
        "rake": ("1.5", True, "Depends"),
        "hoe": ("0.1", True, "Depends"),
        "cat": ("9", True, "Recommends"),
        "dog": (UNRESOLVED, False, "Suggests"),
    }
    handle = database.read_now(find_package, "apt", "handle")
    assert handle is not None
    users = database.read_now(dependents_page, handle)
    assert {row.name for row in users.rows} == {"rake", "hoe"}
    assert edges(database, "handle") == {}


def test_the_same_index_again_compares_nothing(database: Database, index_of: Make) -> None:
    bring(database, index_of(*GARDEN))
    later = index_of(*GARDEN, at=MADE + timedelta(hours=13))
    again = bring(database, later)
    assert again.was_current
    package = database.read_now(find_package, "apt", "rake")
    assert package is not None
    detail = database.read_now(package_detail, package)
    assert detail is not None
    assert detail.fetched_at == later.confirmed_at


def test_forced_it_compares_everything_and_writes_nothing(
    database: Database, index_of: Make
) -> None:
    bring(database, index_of(*GARDEN))
    before = rows(database)
    again = bring(database, index_of(*GARDEN), force=True)
    assert (again.was_current, again.changed, again.dependencies, again.gone) == (False, 0, 0, 0)
    assert rows(database) == before


def test_a_changed_index_writes_what_changed(database: Database, index_of: Make) -> None:
    bring(database, index_of(*GARDEN))
    before = rows(database)
    changed = [
        text.replace("Version: 3", "Version: 4") for text in GARDEN if "Package: cat" not in text
    ]
    done = bring(database, index_of(*changed, stanza("spade"), digest="two"))
    assert done.gone == 1
    assert edges(database, "rake") == {"handle": ("4", True, "Depends")}
    assert edges(database, "shed")["cat"] == (UNRESOLVED, False, "Recommends")
    after = rows(database)
    # hoe's other edge is written anew with it; what did not change kept its rows.
    assert after["packages"] >= before["packages"]
    assert set(version_texts(database, "handle")) == {"4"}


def test_a_package_that_is_gone_stays_and_says_so(database: Database, index_of: Make) -> None:
    bring(database, index_of(*GARDEN))
    bring(database, index_of(*GARDEN[:-1], digest="two"))
    package = database.read_now(find_package, "apt", "cat")
    assert package is not None
    detail = database.read_now(package_detail, package)
    assert detail is not None
    assert detail.latest is not None
    assert detail.latest.is_yanked
    assert detail.latest.yank_message == "No longer in the registry's index."
    bring(database, index_of(*GARDEN, digest="three"))
    detail = database.read_now(package_detail, package)
    assert detail is not None
    assert detail.latest is not None
    assert not detail.latest.is_yanked


def test_an_index_without_one_of_its_sources_adds_and_takes_nothing_away(
    database: Database, index_of: Make
) -> None:
    bring(database, index_of(*GARDEN))
    before = {name: edges(database, name) for name in ("shed", "rake", "hoe", "cat")}
    left = [
        text.replace("Version: 1.5", "Version: 1.6")
        for text in GARDEN
        if "Package: cat" not in text and "Package: handle" not in text
    ]
    done = bring(database, index_of(*left, stanza("spade"), digest="two", is_partial=True))
    assert (done.gone, done.failures) == (0, ("orchard is down",))
    assert set(version_texts(database, "rake")) == {"1.5", "1.6"}
    assert set(version_texts(database, "handle")) == {"3"}
    assert {name: edges(database, name) for name in ("shed", "hoe", "cat")} == {
        name: found for name, found in before.items() if name != "rake"
    }
    package = database.read_now(find_package, "apt", "spade")
    assert package is not None
    whole = bring(database, index_of(*left, digest="three"))
    assert whole.gone == 3
    assert set(version_texts(database, "rake")) == {"1.6"}
    assert edges(database, "hoe")["handle"] == (UNRESOLVED, False, "Depends")


@pytest.mark.parametrize("stage", ["packages", "dependencies"])
def test_interrupted_it_leaves_whole_packages_and_goes_on(
    database: Database, index_of: Make, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PACKAGES_AT_ONCE", 2)
    monkeypatch.setattr(importing, "EDGES_AT_ONCE", 2)
    index = index_of(*GARDEN)

    def stop(progress: ImportProgress) -> None:
        if progress.stage == stage:
            importer.stop()

    importer = Importer(database, "apt", index, stop)
    with pytest.raises(ImportStopped):
        importer.run()
    loaded = database.read_now(
        lambda connection: connection.scalars(
            select(versions_table.c.id).where(versions_table.c.dependencies_fetched_at.is_not(None))
        ).all()
    )
    with_edges = database.read_now(
        lambda connection: connection.scalars(select(edges_table.c.version_id).distinct()).all()
    )
    assert set(with_edges) <= set(loaded)
    assert not bring(database, index).was_current
    assert edges(database, "shed")["rake"] == ("1.5", True, "Depends")
    assert bring(database, index).was_current


@needs_shell
def test_a_reader_that_dies_is_started_again(
    database: Database, index_of: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = tmp_path / "python"
    dies_once = f"[ -e {tmp_path}/died ] || {{ touch {tmp_path}/died; printf '\\0\\0'; exit 9; }}"
    reader.write_text(f'#!/bin/sh\n{dies_once}\nexec {sys.executable} "$@"\n')
    reader.chmod(0o755)
    monkeypatch.setattr(feed, "LARGE", 1)
    monkeypatch.setattr(sys, "executable", str(reader))
    done = bring(database, index_of(*GARDEN))
    assert (done.packages, done.dependencies) == (5, 7)
    assert (tmp_path / "died").exists()


def test_a_package_an_admin_removed_stays_removed(database: Database, index_of: Make) -> None:
    bring(database, index_of(*GARDEN))
    database.write_now(
        lambda connection: connection.execute(
            update(packages_table)
            .where(packages_table.c.name == "rake")
            .values(deleted_at=MADE)
            .returning(packages_table.c.id)
        ).all()
    )
    bring(database, index_of(*GARDEN, digest="two"))
    assert database.read_now(find_package, "apt", "rake") is None


def test_the_same_software_of_another_registry(database: Database, index_of: Make) -> None:
    bring(database, index_of(*GARDEN))
    from tests.support import rows as build_rows

    def add(connection: Any) -> Any:
        other = build_rows.add_package(connection, "rake", "brew")
        build_rows.add_software(connection, other, "rake.example rake")
        stranger = build_rows.add_package(connection, "rake", "npm")
        build_rows.add_software(connection, stranger, "other.example rake")
        return other

    other = database.write_now(add)
    rake = database.read_now(find_package, "apt", "rake")
    assert rake is not None
    found = database.read_now(same_software, rake, "apt", "rake")
    assert [(each.package_id, each.registry, each.name) for each in found] == [
        (other, "brew", "rake")
    ]


def version_texts(database: Database, name: str) -> list[str]:
    return list(
        database.read_now(
            lambda connection: connection.scalars(
                select(versions_table.c.version)
                .join(packages_table, packages_table.c.id == versions_table.c.package_id)
                .where(packages_table.c.name == name)
            ).all()
        )
    )


def rows(database: Database) -> dict[str, int]:
    def count(connection: Any) -> dict[str, int]:
        return {
            name: connection.scalar(select(func.count()).select_from(table))
            for name, table in (
                ("packages", packages_table),
                ("versions", versions_table),
                ("edges", edges_table),
            )
        }

    return database.read_now(count)


def test_facts_are_there_and_come_to_a_catalogue_that_had_none(
    database: Database, index_of: Make
) -> None:
    told = stanza(
        "rake", "1.5-2", Size="2048", **{"Installed-Size": "7"}, Section="utils",
        Source="garden (1.5)", Maintainer="Ada <ada@mail.example>", Priority="optional",
    )  # fmt: skip
    silent = stanza("hoe", "0.1")
    bring(database, index_of(told, silent))
    facts = facts_by_name(database)
    assert facts["hoe"] == Facts(source="hoe", source_version="0.1")
    assert facts["rake"] == Facts(
        download_size=2048,
        unpacked_size=7 * 1024,
        maintainers=("Ada",),
        section="utils",
        priority="optional",
        source="garden",
        source_version="1.5",
    )
    # As one that a former program imported.
    with database.engine.begin() as connection:
        connection.execute(delete(package_facts))
        connection.execute(delete(package_search_stale))
    done = bring(database, index_of(told, silent, digest="read otherwise"))
    assert done.dependencies == 0
    assert facts_by_name(database) == facts
    database.write_now(drain)
    assert searched(database) == {"rake": 7 * 1024, "hoe": None}
    # What differs is written, and counted.
    bigger = told.replace("Installed-Size: 7", "Installed-Size: 8")
    assert bring(database, index_of(bigger, silent, digest="three")).changed == 1
    assert facts_by_name(database)["rake"].unpacked_size == 8 * 1024
    database.write_now(drain)
    assert searched(database)["rake"] == 8 * 1024


def facts_by_name(database: Database) -> dict[str, Facts]:
    with database.engine.connect() as connection:
        named = dict(
            connection.execute(
                select(versions_table.c.id, packages_table.c.name).join(
                    packages_table, packages_table.c.id == versions_table.c.package_id
                )
            ).all()
        )
        return {named[id]: facts.said for id, facts in facts_of(connection, named).items()}


def searched(database: Database) -> dict[str, int | None]:
    """Sizes that a search knows."""
    with database.engine.connect() as connection:
        p = package_search.c
        return dict(connection.execute(select(p.name, p.unpacked_size)).all())
