"""The same software in other registries: by address and name, or by name and version."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Connection, update

from tests.support import rows
from tgtui.data.models import tables
from tgtui.data.packages.elsewhere import same_software
from tgtui.data.storage.database import Database
from tgtui.versions.debian.order import upstream_versions


def add(connection: Connection, registry: str, name: str, *versions: str) -> UUID:
    package = rows.add_package(connection, name, registry)
    for version in versions:
        rows.add_version(connection, package, version)
    return package


def found(database: Database, registry: str, name: str, package: UUID) -> list[str]:
    others = database.read_now(same_software, package, registry, name)
    return [f"{each.registry}:{each.name}" for each in others]


@pytest.mark.parametrize(
    ("module", "project"), [("flask", "flask"), ("zc.lockfile", "zc-lockfile"), ("a-b", "a-b")]
)
def test_a_module_in_debian_and_its_project_know_each_other_by_a_version(
    database: Database, module: str, project: str
) -> None:
    with database.engine.begin() as connection:
        flask = add(connection, "pypi", project, "2.2.1", "2.2.2", "3.0")
        packaged = add(connection, "apt", f"python3-{module}", "1:2.2.2+dfsg-3")
        add(connection, "npm", project, "2.2.2")
        add(connection, "apt", project, "2.2.2-1")
    assert found(database, "pypi", project, flask) == [f"apt:python3-{module}"]
    assert found(database, "apt", f"python3-{module}", packaged) == [f"pypi:{project}"]


def test_a_project_of_the_same_name_with_other_versions_is_another_one(database: Database) -> None:
    with database.engine.begin() as connection:
        stranger = add(connection, "pypi", "zeitgeist", "0.1.0")
        bindings = add(connection, "apt", "python3-zeitgeist", "1.0.4-5")
    assert found(database, "pypi", "zeitgeist", stranger) == []
    assert found(database, "apt", "python3-zeitgeist", bindings) == []


def test_both_ways_are_listed_once_and_nothing_that_was_deleted(database: Database) -> None:
    with database.engine.begin() as connection:
        click = add(connection, "pypi", "click", "8.1")
        packaged = add(connection, "apt", "python3-click", "8.1.0-1")
        formula = rows.add_package(connection, "click", "brew")
        for package in (click, packaged, formula):
            rows.add_software(connection, package, "click.example click")
    assert found(database, "pypi", "click", click) == ["apt:python3-click", "brew:click"]
    with database.engine.begin() as connection:
        gone = tables.packages.c.id.in_([packaged, formula])
        connection.execute(update(tables.packages).where(gone).values(deleted_at=rows.DAY_ONE))
    assert found(database, "pypi", "click", click) == []


@pytest.mark.parametrize(
    ("version", "spelled"),
    [
        ("2.2.2-3", "2.2.2"),
        ("4:22.2.0-1", "22.2"),
        ("2022.12.1+ds.1-3", "2022.12.1"),
        ("0.3-4+b4", "0.3"),
        ("2.0~rc1-1", "2.0rc1"),
        ("1.0~dfsg-1", "1.0"),
        ("1-2-3", "1-2"),
        ("7", "7.0"),
    ],
)
def test_the_version_that_was_packaged(version: str, spelled: str) -> None:
    assert spelled in upstream_versions(version)
